# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bypass matrix: what succeeds on a host as it was, and what becomes of it once that is hardened."""

from __future__ import annotations

import json

import pytest
from end_to_end.run import custom, play, succeeded

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import oci, policy, stored

from .rows import BUILD, DAEMON, IMAGE, REFUSED, ROWS

# the bits of a capability set, from the lowest
BITS = (
    *("CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"),
    *("LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER"),
    *("SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE"),
    *("SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP"),
)
SERVER = f"""docker run --detach --name server --network web --memory 64m --publish 127.0.0.1:8081:80 -v data:/data \\
    {IMAGE} /bin/httpd -f -h /www"""
PROJECT = f"""set -e
mkdir -p /srv/project
cd /srv/project
printf 'FROM {IMAGE}\\nRUN ["/bin/touch", "/built"]\\n' > Dockerfile
printf 'services:\\n  one:\\n    build: .\\n    command: [/bin/sleep, infinity]\\n' > compose.yaml
docker compose up --detach --build 2>&1
docker compose exec -T one /bin/ls /built
docker compose down
"""
TAMPERING = """nft flush table inet bulwark_docker
sysctl -q kernel.dmesg_restrict=0
apparmor_parser -R /etc/apparmor.d/docker-hardened
chmod 666 /run/docker.sock
auditctl -D > /dev/null
rm /etc/systemd/system/docker.service.d/50-bulwark-hardening.conf
"""


def mask(names) -> str:
    """The bounding set of capabilities, as the kernel prints it."""
    return f"{sum(1 << BITS.index(name.removeprefix('CAP_')) for name in names):016x}"


@pytest.fixture(scope="module")
def before(host):
    """All rows on the host as it was."""
    return host.tried()


@pytest.fixture(scope="module")
def hardened(host, before):
    """The host, hardened: the first run, with the process of the container that was there."""
    host.kept = host.run("docker inspect --format '{{.State.Pid}}' kept").strip()
    host.first = succeeded(host.play())
    return host


@pytest.fixture(scope="module")
def after(hardened):
    """All rows on the hardened host."""
    return hardened.tried()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_before_it_succeeds(before, row):
    found = before[row.id]
    assert found["process"] or found["code"] == 0, found["said"]


def test_what_a_privileged_container_was_before(before):
    """Else what is refused later would prove nothing."""
    found = before["privileged"]["process"]
    assert (found["NoNewPrivs"], found["Seccomp"], found["label"]) == ("0", "0", "unconfined")
    assert int(found["CapBnd"], 16) & 1 << BITS.index("SYS_MODULE")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_after_it_is_refused_or_capped(after, row):
    found = after[row.id]
    if row.outcome in (REFUSED, DAEMON):
        assert found["process"] is None
        assert found["code"] != 0
        expected = f"bulwark policy: {row.rule}: " if row.outcome == REFUSED else ""
        assert expected in found["said"] or f"; {row.rule}: " in found["said"], found["said"]
        return
    seen = found["process"]
    allowed = policy.BUILD_CAPABILITIES if row.outcome == BUILD else policy.CAPABILITIES
    assert {name: seen[name] for name in ("CapBnd", "NoNewPrivs", "Seccomp", "label")} == {
        "CapBnd": mask(allowed), "NoNewPrivs": "1", "Seccomp": "2", "label": "docker-hardened (enforce)",
    }  # fmt: skip
    assert seen["host"] == ["user"]
    assert int(seen["oom"]) >= 0
    assert seen["pids.max"] == "4096"


def test_every_field_of_the_engine_is_classified(hardened):
    """A new engine may have a field that no rule looks at: then this fails, and somebody has to decide."""
    config = json.loads(hardened.run("docker inspect kept"))[0]["HostConfig"]
    assert set(config) - set(stored.FIELDS["HostConfig"]) == set()
    identity = hardened.run("docker inspect --format '{{.Id}}' kept").strip()
    spec = json.loads(hardened.run(f"cat /run/containerd/io.containerd.runtime.v2.task/moby/{identity}/config.json"))
    unknown = [
        f"{where}: {name}"
        for where, fields in oci.FIELDS.items()
        for found in oci.objects(spec, where)
        for name in found
        if name not in fields
    ]
    assert unknown == []


def test_what_users_do_every_day_still_works(hardened):
    run = hardened.run
    run("docker network create web && docker volume create data")
    run(SERVER)
    assert run("busybox wget -qO- http://127.0.0.1:8081/") == "served\n"
    assert run(f"docker run --rm --network web {IMAGE} /bin/wget -qO- http://server/") == "served\n"
    run("docker exec server /bin/touch /data/kept")
    assert run(f"docker run --rm --network none -v data:/data {IMAGE} /bin/ls /data").split() == ["kept"]
    assert "server" in run("docker stats --no-stream --format '{{.Name}}'")
    process = run("docker inspect --format '{{.State.Pid}}' server").strip()
    group = run(f"cat /proc/{process}/cgroup").strip().split(":", 2)[2]
    assert run(f"cat /sys/fs/cgroup{group}/memory.max").strip() == str(64 << 20)
    run("docker rm --force server")
    assert run(f"docker run --name speaks --network none {IMAGE} /bin/sh -c 'echo said'") == "said\n"
    assert run("docker logs speaks") == "said\n"


def test_compose_and_builds_still_work(hardened):
    assert "/built" in hardened.run(PROJECT)


def test_containers_survive_and_are_told_to_have_old_limits(hardened):
    assert hardened.run("docker inspect --format '{{.State.Pid}}' kept").strip() == hardened.kept
    assert "CapBnd:\t00000000a80425fb" in hardened.run(f"cat /proc/{hardened.kept}/status")


def test_the_second_run_changes_nothing(hardened):
    run = succeeded(hardened.play("--diff"))
    assert run.numbers("changed") == {"hardened1": 0}, run.output[-4000:]


def test_what_a_second_run_costs(hardened, capsys):
    """At most ten round trips and six modules for a host: the role alone, with a word for each command over SSH."""
    role = {"import_role": {"name": "bulwark.azure_docker.docker_hardening"}}
    address = {"ansible_host": hardened.machine.address, "ansible_user": "azureuser"}
    known = f"-o UserKnownHostsFile={hardened.site.certificates}/known_hosts/hardened1 -o HostKeyAlias=hardened1"
    play_of = {
        "hosts": "docker_hosts", "gather_facts": False, "tasks": [role],
        "vars": {**hardened.variables, **address, "ansible_ssh_common_args": known},
    }  # fmt: skip
    run = succeeded(play(hardened.site, custom(hardened.site, "alone", [play_of]), "-vvvv"))
    assert run.numbers("changed") == {"hardened1": 0}
    trips, modules = run.output.count("SSH: EXEC"), run.output.count("Using module file")
    with capsys.disabled():
        print(f"\nsecond run of the role: {trips} round trips, {modules} modules")
    assert trips <= 10
    assert modules <= 6


def test_dockerd_cannot_replace_our_profiles(hardened):
    """Neither at its start nor by any program that has its rights."""
    place = "/sys/kernel/security/apparmor/policy/profiles/docker-default.*/sha256"
    ours = hardened.run(f"cat {place}")
    hardened.run("systemctl restart docker.service")
    assert hardened.run(f"cat {place}") == ours
    hardened.run("printf 'profile docker-default { file, }\\nprofile docker-hardened { file, }\\n' > /srv/evil")
    ceiling = hardened.run("systemctl show --value --property CapabilityBoundingSet docker.service").strip()
    limited = f"systemd-run --quiet --wait --pipe --property 'CapabilityBoundingSet={ceiling}'"
    done = hardened.run(f"{limited} apparmor_parser -r /srv/evil 2>&1; echo $?")
    assert done.strip().splitlines()[-1] != "0"
    assert hardened.run(f"cat {place}") == ours


def test_break_glass_works_and_ends(hardened):
    privileged = f"docker run --rm --network none --privileged {IMAGE} /bin/id 2>&1; echo code $?"
    hardened.run("bulwark-docker-break-glass 20s a test of the way out")
    assert "code 0" in hardened.run(privileged)
    hardened.run("bulwark-docker-break-glass 1s a test of its end; sleep 2")
    assert "masked-paths" in hardened.run(privileged)
    assert "a test of the way out" in hardened.run("journalctl --identifier bulwark-runc --output cat")


def test_what_drifted_is_mended(hardened):
    hardened.run(TAMPERING)
    run = succeeded(hardened.play("--diff"))
    assert run.numbers("changed")["hardened1"] > 0
    assert "ct status dnat drop" in hardened.run("nft list table inet bulwark_docker")
    assert hardened.run("sysctl -n kernel.dmesg_restrict").strip() == "1"
    assert "docker-hardened" in hardened.run("aa-status")
    assert hardened.run("stat -c %a /run/docker.sock").strip() == "660"
    assert "-w /etc/docker -p wa" in hardened.run("auditctl -l")
    assert succeeded(hardened.play()).numbers("changed") == {"hardened1": 0}


def test_after_the_next_reboot_the_containers_have_the_new_limits(hardened):
    before = hardened.run("cat /proc/sys/kernel/random/boot_id")
    hardened.restart(before)
    process = hardened.run("docker inspect --format '{{.State.Pid}}' kept").strip()
    status = hardened.run(f"cat /proc/{process}/status")
    assert f"CapBnd:\t{mask(policy.CAPABILITIES)}" in status
    assert "NoNewPrivs:\t1" in status
    assert "docker-hardened (enforce)" in hardened.run(f"cat /proc/{process}/attr/current")
    assert succeeded(hardened.play()).numbers("changed") == {"hardened1": 0}


def test_taken_back_the_host_is_as_it_was(hardened, before):
    succeeded(hardened.play(docker_hardening_state="absent"))
    assert hardened.run("ls /usr/local/libexec/bulwark-azure-docker/path 2>&1 || true").count("runc") == 0
    again = hardened.tried()
    assert {name for name, found in again.items() if not found["process"] and found["code"]} == set()

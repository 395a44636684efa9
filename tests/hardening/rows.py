# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried on a host, before the hardening and after it. Data.

Each row succeeds on the host as it was. Once that is hardened, it is refused, by the runtime policy or by dockerd,
or runs with the limits of every container.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

IMAGE = "matrix"
REFUSED, CAPPED, BUILD, DAEMON = "refused", "capped", "build", "daemon"
MARKERS = itertools.count(40001)


class Row(NamedTuple):
    """``given``: as inside.py takes it; ``outcome``: REFUSED (by ``rule``), CAPPED, BUILD (a build's limits) or DAEMON;
    ``fields``: the fields of HostConfig that it sets."""

    id: str
    given: dict[str, Any]
    outcome: str
    rule: str = ""
    fields: tuple[str, ...] = ()


def run(
    name: str,
    options: str,
    outcome: str,
    rule: str = "",
    fields: str = "",
    prepare: tuple[str, ...] = (),
    clean: tuple[str, ...] = (),
    words: str = "",
) -> Row:
    marker = next(MARKERS)
    command = f"docker run --detach --name row --network none {options} {IMAGE} {words or f'/bin/sleep {marker}'}"
    if "--net" in options:
        command = command.replace("--network none ", "")
    given = {
        "id": name, "run": command, "marker": marker, "prepare": [*prepare], "clean": ["docker rm -f row", *clean],
    }  # fmt: skip
    return Row(name, given, outcome, rule, tuple(fields.split()))


def other(name: str, command: str, outcome: str, rule: str = "", marker: int | None = None, **more: Any) -> Row:
    return Row(name, {"id": name, "run": command, **({"marker": marker} if marker else {}), **more}, outcome, rule)


VOLUME = (
    "--mount 'type=volume,dst=/h,volume-driver=local,volume-opt=type={type},volume-opt=device={device},"
    '"volume-opt=o={options}"\''
)
WHOLE_HOST = "docker volume create -o type=none -o o=bind -o device=/ rootvol"
BASE = f"docker run --detach --name base --network none {IMAGE} /bin/sleep 39999"
CONTEXT = (
    'mkdir -p /tmp/context && printf \'FROM matrix\\nRUN ["/bin/sleep", "{marker}"]\\n\' > /tmp/context/Dockerfile'
)
END_BUILD = ["pkill -KILL -f '^/bin/sleep {marker}'"]


def build(name: str, kit: int, options: str, outcome: str, rule: str = "") -> Row:
    marker = next(MARKERS)
    return Row(
        name,
        {
            "id": name, "prepare": [CONTEXT.format(marker=marker)], "marker": marker,
            "run": f"DOCKER_BUILDKIT={kit} docker build --no-cache {options} /tmp/context",
            "end": [text.format(marker=marker) for text in END_BUILD],
            "clean": ["docker container prune --force"],  # a step that was killed stays, with what it was asked to have
        },
        outcome,
        rule,
    )  # fmt: skip


def execution(name: str, options: str) -> Row:
    marker = next(MARKERS)
    return Row(
        name,
        {
            "id": name, "prepare": [BASE], "run": f"docker exec --detach {options} base /bin/sleep {marker}",
            "marker": marker, "clean": ["docker rm -f base"],
        },
        CAPPED,
    )  # fmt: skip


ROWS = (
    run("plain", "", CAPPED),
    run("privileged", "--privileged", REFUSED, "masked-paths", "Privileged"),
    run("privileged by the runtime runc", "--privileged --runtime=runc", REFUSED, "masked-paths", "Runtime"),
    run("privileged by the shim", "--privileged --runtime=io.containerd.runc.v2", REFUSED, "masked-paths"),
    run("all capabilities", "--cap-add ALL", CAPPED, fields="CapAdd"),
    run("CAP_SYS_ADMIN", "--cap-add SYS_ADMIN", CAPPED),
    run("CAP_SYS_MODULE", "--cap-add SYS_MODULE", DAEMON),
    run("no AppArmor", "--security-opt apparmor=unconfined", CAPPED, fields="SecurityOpt"),
    run("another AppArmor profile", "--security-opt apparmor=lsb_release", CAPPED),
    run("no seccomp", "--security-opt seccomp=unconfined", CAPPED),
    run("new privileges", "--security-opt no-new-privileges=false", CAPPED),
    run(
        "everything at once",
        "--cap-add ALL --security-opt apparmor=unconfined --security-opt seccomp=unconfined "
        "--security-opt no-new-privileges=false --runtime=runc",
        CAPPED,
    ),
    run("open system paths", "--security-opt systempaths=unconfined", REFUSED, "masked-paths", "MaskedPaths"),
    run("the root directory", "-v /:/h", REFUSED, "bind-protected", "Binds"),
    run("the root directory by --mount", "--mount type=bind,src=/,dst=/h", REFUSED, "bind-protected", "Mounts"),
    run("a directory of the system", "-v /etc/ssh:/h:ro", REFUSED, "binds"),
    run("the socket", "-v /run/docker.sock:/h", REFUSED, "bind-protected"),
    run("a parent of the socket", "-v /run:/h", REFUSED, "bind-protected"),
    run("the data of containerd", "-v /var/lib/containerd:/h", REFUSED, "bind-protected"),
    run("shared propagation", "-v /srv:/h:rshared", REFUSED, "propagation"),
    run(
        "a volume of a device", "-v rootvol:/h", REFUSED, "volumes.backed", "VolumeDriver",
        prepare=(WHOLE_HOST,), clean=("docker volume rm -f rootvol",),
    ),
    run("a volume by options", VOLUME.format(type="none", options="bind", device="/etc"), REFUSED, "volumes.backed"),
    run(
        "a volume of an overlay",
        VOLUME.format(type="overlay", options="lowerdir=/etc,upperdir=/srv/u,workdir=/srv/w", device="overlay"),
        REFUSED, "volumes.backed", prepare=("mkdir -p /srv/u /srv/w",),
    ),
    run("a volume of a disk", VOLUME.format(type="ext4", options="rw", device="/dev/vda"), REFUSED, "volumes.backed"),
    run(
        "volumes of another container", "--volumes-from source", REFUSED, "volumes.backed", "VolumesFrom",
        prepare=(WHOLE_HOST, f"docker create --name source -v rootvol:/h {IMAGE} /bin/sleep 1"),
        clean=("docker rm -f source", "docker volume rm -f rootvol"),
    ),
    run("processes of the host", "--pid=host", REFUSED, "namespaces.pid", "PidMode"),
    run("network of the host", "--network=host", REFUSED, "namespaces.network", "NetworkMode"),
    run("IPC of the host", "--ipc=host", REFUSED, "namespaces.ipc", "IpcMode"),
    run("names of the host", "--uts=host", REFUSED, "namespaces.uts", "UTSMode"),
    run("control groups of the host", "--cgroupns=host", REFUSED, "namespaces.cgroup", "CgroupnsMode"),
    run("users of the host", "--userns=host", CAPPED, fields="UsernsMode"),
    run("a disk", "--device /dev/vda", REFUSED, "devices", "Devices"),
    run("any device by rule", "--device-cgroup-rule 'a *:* rwm'", REFUSED, "devices", "DeviceCgroupRules"),
    run("an annotation", "--annotation run.oci.handler=krun", REFUSED, "annotations", "Annotations"),
    run("any number of processes", "--pids-limit -1", CAPPED, fields="PidsLimit"),
    run("never out of memory", "--oom-score-adj -500", CAPPED, fields="OomScoreAdj"),
    execution("a command", ""),
    execution("a privileged command", "--privileged"),
    execution("a privileged command of root", "--privileged --user 0:0"),
    build("a build", 0, "", CAPPED),
    build("a build by BuildKit", 1, "", BUILD),
    build("a build in the network of the host", 0, "--network host", REFUSED, "namespaces.network"),
    build("a build by BuildKit in the network of the host", 1, "--network host --allow network.host", DAEMON),
    other("a swarm", "docker swarm init --advertise-addr 127.0.0.1", DAEMON, clean=["docker swarm leave --force"]),
)  # fmt: skip

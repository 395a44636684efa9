# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo leaves the host as it found it, however it ends. Runs outside the lab, as root."""

from __future__ import annotations

import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time

import pytest

TESTS = pathlib.Path(__file__).resolve().parent.parent
LAB = re.compile("local_azure|systemd-nspawn|qemu-system|slirp4netns|ansible-playbook|waagent|dockerd")
SEED = int(os.environ.get("CLEAN_UP_SEED", time.time()))
MOMENTS = [(name, number) for number in range(3) for name in ("SIGINT", "SIGKILL")][:5]


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def processes() -> list[str]:
    """Those of a lab, by their first words: other programs may name its files further on."""
    lines = [line.split() for line in output("ps", "-eo", "pid,args").splitlines()]
    own = str(os.getpid())
    return sorted(" ".join(words[1:]) for words in lines if words[0] != own and LAB.search(" ".join(words[1:4])))


def control_groups() -> list[str]:
    return sorted(str(path) for path in pathlib.Path("/sys/fs/cgroup").glob("**/local-azure-*"))


def host() -> dict[str, object]:
    """What a user's machine must keep as it was."""
    return {
        "processes": processes(),
        "namespaces": output("ip", "netns", "list"),
        "links": output("ip", "-brief", "link"),
        "mounts": sorted(pathlib.Path("/proc/mounts").read_text().splitlines()),
        "listeners": sorted(line.split()[3] for line in output("ss", "-Hltn").splitlines()),
        "packet filter": output("nft", "list", "ruleset"),
        "kernel settings": output("sysctl", "net.ipv4.ip_forward", "net.bridge", "net.ipv4.conf.all"),
        "control groups": control_groups(),
        "run": sorted(str(path) for path in pathlib.Path("/run/systemd").glob("nspawn/**/vm-*")),
    }


def demo(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "local_azure.demo", *arguments],
        env={**os.environ, "PYTHONPATH": str(TESTS)}, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def settled(expected: dict[str, object], seconds: float = 10) -> dict[str, object]:
    """What ``expected`` names, once the kernel has torn the namespaces down (it does so after the last process)."""
    deadline = time.monotonic() + seconds
    while (seen := {name: value for name, value in host().items() if name in expected}) != expected:
        if time.monotonic() > deadline:
            break
        time.sleep(0.2)
    return seen


@pytest.fixture(scope="module")
def clean() -> dict[str, object]:
    if os.geteuid() != 0:
        pytest.fail("local Azure needs root: run these tests with sudo")
    sweep()
    before = host()
    assert before["processes"] == [], "something of a lab runs already; end it first"
    return before


def sweep() -> None:
    """A start that ends at once: it sweeps what a killed lab left."""
    subprocess.run(
        [sys.executable, "-m", "local_azure", "sweep"], env={**os.environ, "PYTHONPATH": str(TESTS)}, check=True
    )


@pytest.mark.parametrize(("name", "number"), MOMENTS)
def test_stopped_at_a_random_moment(clean, name, number):
    moment = random.Random(f"{SEED} {name} {number}").uniform(0.3, 25)
    run = demo()
    time.sleep(moment)
    os.kill(run.pid, getattr(signal, name))
    run.wait(60)
    if name == "SIGKILL":
        # only empty control groups may be left: nobody is there to remove them; the next start does
        expected = {name: value for name, value in clean.items() if name != "control groups"}
        assert settled(expected) == expected, f"seed {SEED}, after {moment:.1f} s"
        sweep()
    assert settled(clean) == clean, f"seed {SEED}, after {moment:.1f} s"


def test_whole_demo_leaves_nothing(clean):
    run = demo()
    assert run.wait(600) == 0
    assert settled(clean) == clean

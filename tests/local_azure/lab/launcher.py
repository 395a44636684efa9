# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a command in a lab: namespaces of its own, user-mode networking, nothing left when it ends.

The lab is one ``unshare`` with its own network, mount, process, host name and IPC namespaces. It dies with this
process (parent-death signals), however this process dies; ``slirp4netns`` ends with a pipe that the lab holds.
"""

from __future__ import annotations

import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping

from . import caller, cgroups

SITE = "site"  # below the state directory: inventory, keys, certificates and report, for people to read
NAMESPACES = ("--net", "--mount", "--pid", "--uts", "--ipc")
TOOLS = {
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "slirp4netns": "slirp4netns",
    "nft": "nftables",
    "ip": "iproute2",
    "openssl": "openssl",
    "ssh-keygen": "openssh-client",
}


class LabError(Exception):
    """The lab cannot start; the text says what was found, what is needed and the next step."""


def check_machine(tools: Mapping[str, str]) -> None:
    """Raise LabError where something is missing; ``tools`` are those that the kind of guests needs beside TOOLS."""
    if os.geteuid() != 0:
        raise LabError("local Azure needs root for its namespaces and guests; run the same command with sudo")
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = sorted({package for tool, package in {**TOOLS, **tools}.items() if not shutil.which(tool, path=path)})
    if missing:
        raise LabError("local Azure misses these packages: " + " ".join(missing) + "; install them and run again")
    if not os.path.exists("/dev/net/tun"):
        raise LabError("found no /dev/net/tun, which the lab's network needs; load it (modprobe tun) and run again")


def lock(state: pathlib.Path) -> int:
    """One lab per state directory: a descriptor that holds the lock until the process ends."""
    state.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = (state / "lock").read_text() or "unknown"
        raise LabError(f"another local Azure (pid {owner}) uses {state}; wait for it, end it or use --state") from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor


def dies_with_parent(*command: str) -> list[str]:
    return ["setpriv", "--pdeathsig", "KILL", *command]


def start_namespace(inside: list[str], group: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start ``inside`` as process 1 of a new lab; it waits until a byte comes through the returned descriptor."""
    gate_read, gate_write = os.pipe()
    environment = dict(os.environ, LOCAL_AZURE_GATE=str(gate_read), LOCAL_AZURE_CGROUP=group)
    environment["PATH"] = environment.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
    lab = subprocess.Popen(
        dies_with_parent(
            "unshare", *NAMESPACES, "--fork", "--kill-child", "--mount-proc",
            sys.executable, "-m", "local_azure.lab.init", *inside,
        ),
        env=environment, pass_fds=(gate_read,),
    )  # fmt: skip
    os.close(gate_read)
    return lab, gate_write


def start_network(lab: subprocess.Popen[bytes], log: pathlib.Path) -> tuple[subprocess.Popen[bytes], int]:
    """Connect the lab to the package mirrors; ends when the returned descriptor closes."""
    ready_read, ready_write = os.pipe()
    exit_read, exit_write = os.pipe()
    with log.open("wb") as output:
        slirp = subprocess.Popen(
            dies_with_parent(
                "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback",
                f"--ready-fd={ready_write}", f"--exit-fd={exit_read}", str(lab.pid), "tap0",
            ),
            stdout=output, stderr=output, pass_fds=(ready_write, exit_read),
        )  # fmt: skip
    os.close(ready_write)
    os.close(exit_read)
    if not os.read(ready_read, 1):
        lab.kill()
        raise LabError(f"slirp4netns did not connect the lab to the network: {log.read_text().strip()}")
    os.close(ready_read)
    return slirp, exit_write


def wait_for_namespace(lab: subprocess.Popen[bytes]) -> None:
    """Wait until ``unshare`` has made the network namespace: before, slirp4netns would meet the host's."""
    host = os.readlink("/proc/self/ns/net")
    while lab.poll() is None and os.readlink(f"/proc/{lab.pid}/ns/net") == host:
        time.sleep(0.01)
    if lab.poll() is not None:
        raise LabError(f"unshare ended with {lab.returncode} before the lab began; are namespaces allowed here?")


def sweep() -> None:
    """Remove what labs that were killed could not: their empty control groups."""
    swept = cgroups.sweep()
    if swept:
        print(f"local Azure: swept what a killed lab left: {', '.join(swept)}", file=sys.stderr)


def remove_group(group: str) -> None:
    """The kernel needs a moment to bury the lab's processes; until then their group cannot be removed."""
    deadline = time.monotonic() + 5
    while not cgroups.remove(group) and time.monotonic() < deadline:
        time.sleep(0.05)


def empty(state: pathlib.Path) -> None:
    """Forget an earlier Azure; called with the lock held, so that no running lab loses its state."""
    for entry in state.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != "lock":
            entry.unlink()


def run(inside: list[str], state: pathlib.Path, tools: Mapping[str, str], fresh: bool = False) -> int:
    """Run ``inside`` (a command) in a lab and return its exit code; ``fresh`` begins with an empty Azure."""
    check_machine(tools)
    sweep()
    descriptor = lock(state)
    if fresh:
        empty(state)
    group = f"{cgroups.PREFIX}{os.getpid()}"
    lab, gate = start_namespace(inside, group)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # the lab's process 1 stops everything in order; unshare itself only waits for it
        signal.signal(number, lambda received, _frame: pass_on(lab, received))
    try:
        wait_for_namespace(lab)
        slirp, leash = start_network(lab, state / "network.log")
        os.write(gate, b"1")
        code = lab.wait()
        os.close(leash)
        slirp.wait(10)
        return code
    finally:
        if lab.poll() is None:
            lab.kill()
            lab.wait()
        remove_group(group)
        hand_over(state)
        os.close(descriptor)


def hand_over(state: pathlib.Path) -> None:
    """Give the site to the user who called sudo; disks, logs and the rest of the state stay root's."""
    ids = caller.find(state)
    if ids and (state / SITE).is_dir():
        caller.give(state / SITE, *ids)


def pass_on(lab: subprocess.Popen[bytes], number: int) -> None:
    children = pathlib.Path(f"/proc/{lab.pid}/task/{lab.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), number)

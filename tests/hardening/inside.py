# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in the VM as root: does what the rows say and prints what the kernel says of it. Standard library only.

Standard input: ``[{"id", "prepare": [command], "run": command, "marker": seconds, "end": [command],
"clean": [command]}]``, commands of a shell. What shall be looked at is the process ``sleep MARKER``. Standard output: a
JSON object, by id: {"code", "said", "process": {...} or null}.
"""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

STATUS = ("CapBnd", "CapEff", "NoNewPrivs", "Seccomp")
NAMESPACES = ("pid", "net", "ipc", "uts", "mnt", "cgroup", "user")
LIMITS = ("pids.max", "memory.max")
PATIENCE, AFTERWARDS = 30.0, 10.0


def begin(command: str) -> subprocess.Popen[str]:
    """Start a command of a shell, whose two streams are one, in a group of processes of its own."""
    return subprocess.Popen(
        ["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace", start_new_session=True,
    )  # fmt: skip


def shell(command: str) -> tuple[int, str]:
    running = begin(command)
    said = running.communicate()[0]
    return running.returncode, said


def find(marker: str) -> int | None:
    """The process ``sleep MARKER``, whatever its program is called."""
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if words[-2:] == [marker, ""] and words[0].endswith("sleep"):
            return int(entry.name)
    return None


def read(path: pathlib.Path) -> str:
    """ "" where there is none: BuildKit's steps have control groups without limits."""
    return path.read_text().strip() if path.exists() else ""


def look(pid: int) -> dict[str, object]:
    place = pathlib.Path("/proc") / str(pid)
    lines = dict(line.split(":\t", 1) for line in (place / "status").read_text().splitlines() if ":\t" in line)
    own = {name: os.readlink(place / "ns" / name) for name in NAMESPACES}
    group = (place / "cgroup").read_text().strip().split(":", 2)[2]
    limits = {name: read(pathlib.Path("/sys/fs/cgroup") / group.lstrip("/") / name) for name in LIMITS}
    return {
        **{name: lines[name].strip() for name in STATUS},
        "label": (place / "attr/current").read_text().strip("\0\n "),
        "host": sorted(name for name, link in own.items() if link == os.readlink(f"/proc/1/ns/{name}")),
        "uid_map": (place / "uid_map").read_text().split(),
        "oom": (place / "oom_score_adj").read_text().strip(),
        **limits,
    }


def row(one: dict[str, object]) -> dict[str, object]:
    for command in one.get("prepare", []):
        code, said = shell(command)
        if code:
            return {"code": code, "said": f"not prepared: {command}: {said}", "process": None}
    command, marker = str(one["run"]), one.get("marker")
    if not marker:
        code, said = shell(command)
        return {"code": code, "said": said, "process": None}
    running = begin(command)
    deadline, pid, seen = time.monotonic() + PATIENCE, None, None
    while pid is None and time.monotonic() < deadline:
        ended = running.poll() is not None
        pid = find(str(marker))
        if pid is None and ended and running.returncode:
            break
        time.sleep(0.3)
    if pid is not None:
        seen = look(pid)
    for command in one.get("end", []):
        shell(command)
    try:
        said = running.communicate(timeout=AFTERWARDS)[0]
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        said = running.communicate()[0]
    return {"code": running.returncode, "said": said, "process": seen}


def main() -> None:
    found = {}
    for one in json.load(sys.stdin):
        found[one["id"]] = row(one)
        for command in one.get("clean", []):
            shell(command)
        print(f"{one['id']}: {found[one['id']]['code']}", file=sys.stderr, flush=True)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()

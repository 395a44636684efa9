# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""runc's command line, by one table for the guard and for the sh script that stands before it."""

from __future__ import annotations

import os
import pathlib
import subprocess
import typing as t

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import arguments
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Closed

SCRIPT = pathlib.Path(__file__).parents[5] / "plugins" / "module_utils" / "_guard" / "runc"
FREE, GUARD, CLOSED = "free", "guard", "closed"
SHIM = "--root /run/r --log LOG --log-format json --systemd-cgroup"

# command line, what becomes of it: the real runc at once, the guard, the guard that will not have it
LINES = {
    "": FREE,
    "--version": FREE,
    "-v": FREE,
    "--help": FREE,
    "features": FREE,
    "state ID": FREE,
    f"{SHIM} state ID": FREE,
    f"{SHIM} delete --force ID": FREE,
    f"{SHIM} kill ID 9": FREE,
    f"{SHIM} start ID": FREE,
    "--root=/run/r --log=LOG --debug state ID": FREE,
    "-root /run/r -debug=true -log LOG list": FREE,
    "--rootless auto --criu /x checkpoint ID": FREE,
    "--root create state ID": FREE,
    "--root": FREE,
    f"{SHIM} create --bundle /b --pid-file /p ID": GUARD,
    f"{SHIM} create --bundle=/b --no-pivot=false ID": GUARD,
    f"{SHIM} run --bundle /b --keep ID": GUARD,
    "run -b /b -d ID": GUARD,
    "run ID": GUARD,
    f"{SHIM} restore --bundle /b --image-path /i --work-path /w --detach ID": GUARD,
    f"{SHIM} exec --process /p --console-socket /c --detach --pid-file /f --tty ID": GUARD,
    "exec -p /p ID": GUARD,
    f"{SHIM} update --resources=- ID": GUARD,
    "--version create --bundle /b ID": GUARD,
    "--root state create --bundle /b ID": GUARD,
    "create --bundle /b": CLOSED,
    "create --bundle /a --bundle /b ID": CLOSED,
    "create --bundle /a -b /b ID": CLOSED,
    "create --bundle /a ID --bundle /b": CLOSED,
    "create --bundle /a -- ID": CLOSED,
    "create --bundle": CLOSED,
    "create --bundle /a --preserve-fds 3 ID": CLOSED,
    "create --bundle /a --unknown ID": CLOSED,
    "exec ID sh": CLOSED,
    "exec --process /p --cap CAP_SYS_ADMIN ID": CLOSED,
    "exec --process /p --apparmor unconfined ID": CLOSED,
    "exec --process /p -p /q ID": CLOSED,
    "exec --process /p --additional-gids 0 ID": CLOSED,
    "update --pids-limit -1 ID": CLOSED,
    "--unknown state ID": CLOSED,
    "--unknown=x create ID": CLOSED,
    "-- create ID": CLOSED,
    "- create ID": CLOSED,
    "---root x create ID": CLOSED,
    "unknown ID": CLOSED,
    "CREATE --bundle /b ID": CLOSED,
}


@pytest.mark.parametrize("line", LINES)
def test_guard(line: str) -> None:
    words = line.split()
    if LINES[line] == CLOSED:
        with pytest.raises(Closed, match=r"arguments: found .*expected"):
            arguments.parse(words)
    else:
        assert arguments.parse(words).free is (LINES[line] == FREE)


def test_empty_words_are_no_command() -> None:
    for words in (["", "state"], ["create", "--bundle", "/b", ""]):
        with pytest.raises(Closed):
            arguments.parse(words)


@pytest.mark.parametrize(
    ("line", "log"),
    [
        (f"{SHIM} create ID", "LOG"),
        ("--log=LOG create ID", "LOG"),
        ("-log LOG --unknown create", "LOG"),
        ("--root --log create ID", None),
        ("create --log LOG", None),
        ("--log", None),
        ("", None),
    ],
)
def test_log_file(line: str, log: t.Optional[str]) -> None:
    assert arguments.log_file(line.split()) == log


def test_options() -> None:
    call = arguments.parse(["create", "-b", "/b", "--pid-file=/p=x", "ID"])
    assert (call.verb, call.options, call.container) == ("create", {"bundle": "/b", "pid-file": "/p=x"}, "ID")


class Machine:
    """The script with its places moved below a directory."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.glass = root / "run" / "break-glass"
        self.runc = root / "usr" / "bin" / "runc"
        self.python = root / "python3"
        self.guard = root / "guard"
        self.script = root / "path" / "runc"
        for path in (self.glass, self.runc, self.script):
            path.parent.mkdir(parents=True)
        self.guard.mkdir()
        (self.guard / "start.py").touch()
        text = SCRIPT.read_text()
        text = text.replace("python=/usr/bin/python3", f"python={self.python}")
        text = text.replace("/usr/local/libexec/bulwark-azure-docker/guard", str(self.guard))
        text = text.replace("/run/bulwark-azure-docker/break-glass", str(self.glass))
        for directory in ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"):
            text = text.replace(f" {directory}/runc", f" {root}{directory}/runc")
        program(self.script, text)
        program(self.runc, '#!/bin/sh\necho "runc:$*"\n')
        program(self.python, '#!/bin/sh\nshift 5\necho "guard:$*"\n')

    def run(self, *words: str, shell: str = "dash") -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{self.root}/bin:{os.environ['PATH']}"}
        command = [shell, str(self.script), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def program(path: pathlib.Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: pathlib.Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize("line", LINES)
def test_script(machine: Machine, line: str) -> None:
    done = machine.run(*line.split())
    assert (done.stdout, done.stderr, done.returncode) == (
        f"{'runc' if LINES[line] == FREE else 'guard'}:{line}\n",
        "",
        0,
    )


def test_script_keeps_words_as_they_are(machine: Machine) -> None:
    program(machine.python, '#!/bin/sh\nshift 5\nprintf "<%s>" "$@"\n')
    assert machine.run("create", "--bundle", "/a b*", "", "'x").stdout == "<create><--bundle></a b*><><'x>"
    assert machine.run("", "state").stdout == "<><state>"


def test_script_has_no_fork_on_its_way(machine: Machine) -> None:
    """An empty PATH: whatever is no builtin would fail."""
    machine.run()
    done = subprocess.run(
        ["/bin/sh", str(machine.script), "state", "ID"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/none"},
    )
    assert (done.stdout, done.stderr) == ("runc:state ID\n", "")


@pytest.mark.parametrize("missing", ["python", "guard"])
def test_script_without_guard_is_closed(machine: Machine, missing: str) -> None:
    (machine.python if missing == "python" else machine.guard / "start.py").unlink()
    log = machine.root / "log.json"
    log.write_text("before\n")
    done = machine.run("--log", str(log), "--log-format", "json", "create", "--bundle", "/b", "ID")
    assert done.returncode == 1 and done.stdout == "" and "bulwark-docker-break-glass" in done.stderr
    first, second = log.read_text().splitlines()
    assert first == "before" and second.startswith('{"level":"error","msg":"bulwark policy: found no ')
    assert machine.run("state", "ID").stdout == "runc:state ID\n"


def test_script_never_takes_itself_for_runc(machine: Machine) -> None:
    machine.runc.unlink()
    machine.runc.symlink_to(machine.script)
    done = machine.run("state", "ID")
    assert done.returncode == 1 and "found no runc" in done.stderr


# the file, whether it counts
GLASSES = {"{in_an_hour} a reason\n": True, "{in_an_hour}\n": True, "{in_an_hour}": True, "{past} x\n": False}
GLASSES.update({"{in_two_days} x\n": False, "99999999999999999999 x\n": False, "x\n": False, "\n": False, "": False})


@pytest.mark.parametrize("content", GLASSES)
@pytest.mark.parametrize("runs", [True, False])
def test_script_under_break_glass(machine: Machine, content: str, runs: bool) -> None:
    """The guard judges and logs under break-glass; only where it cannot run, the script passes by it."""
    now = int(subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True).stdout)
    times = {"in_an_hour": now + 3600, "in_two_days": now + 172800, "past": now - 5}
    machine.glass.write_text(content.format(**times))
    program(machine.root / "bin" / "logger", f'#!/bin/sh\necho "$*" >> {machine.root}/logged\n')
    if not runs:
        program(machine.python, "#!/bin/sh\nexit 1\n")
    done = machine.run("create", "--bundle", "/b", "ID")
    passed = GLASSES[content] and not runs
    assert done.stdout == (
        "runc:create --bundle /b ID\n" if passed else "guard:create --bundle /b ID\n" if runs else ""
    )
    assert (machine.root / "logged").exists() is passed

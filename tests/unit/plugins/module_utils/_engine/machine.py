# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine for the engine program: files below a temporary directory, real openssl, everything else scripted."""

from __future__ import annotations

import os
import pathlib
import shutil
import socketserver
import tempfile
import threading

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import (
    absence,
    apply,
    apt,
    daemon_json,
    keys,
    live,
    lock,
    observe,
    offline,
    ownership,
    packages,
    packages_apt,
    projects,
    repository_apt,
    scratch,
    system,
    unit,
    upgrade,
)

from .fake_docker import Docker
from .material import COMMAND

OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 13"\nID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n'
UNIT = "lib/systemd/system/docker.service"


class Machine:
    """``events`` is what acted on it, in order; ``dockerd_refuses`` tells whether dockerd will not start."""

    def __init__(self, root):
        self.root = root
        self.events = []
        self.packages = {}
        self.available = ["26.1.5+dfsg1-9", "26.1.4+dfsg1-9", "20.10.24"]
        self.apt_code = 0
        self.dependents = []
        self.active = False
        self.deaf = False
        self.environ = {}
        self.environment = ""  # as `systemctl show` prints it
        self.environment_files = []
        self.dockerd_refuses = lambda: False
        self.validation = (0, "configuration OK")
        self.started = 0  # clock ticks
        self.groups = {"docker": []}
        self.users = ["ada", "bob"]
        self.containers = []
        self.docker = Docker(self)
        self.put("etc/os-release", OS_RELEASE)

    def path(self, path):
        """Where ``path`` of the machine is on this one."""
        text = str(path)
        return pathlib.Path(text) if text.startswith(str(self.root)) else self.root / text.lstrip("/")

    def put(self, path, text):
        """Somebody makes a file by hand."""
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def text(self, path):
        """The text of a file, None when there is none."""
        target = self.path(path)
        return target.read_text(encoding="utf-8") if target.exists() else None

    def mode(self, path):
        """The permission bits of a file."""
        return self.path(path).stat().st_mode & 0o777

    def have_engine(self, version="26.1.5+dfsg1-9"):
        """The engine's package is there and runs."""
        self.packages["docker.io"] = version
        self.put(UNIT, "[Service]\nExecStart=%s\n" % COMMAND)
        self._start()

    def _start(self):
        self.active = True
        self.started += 100
        self.put("proc/4711/stat", "4711 (docker d) S %s %d 0" % ("1 " * 18, self.started))
        self.put("proc/uptime", "1.00 1.00")

    def restart(self):
        """dockerd reads its configuration."""
        self.active = not self.dockerd_refuses()
        if self.active:
            self._start()
        lines = (self.text(unit.DROP_IN) or "").splitlines()
        self.environ = dict(line.split("=", 2)[1:] for line in lines if line.startswith("Environment="))

    def logged(self, command, environment=None, lines=8):
        """Stands for system.logged."""
        self.events.append(" ".join(command))
        if command[:2] == ["systemctl", "restart"]:
            self.restart()
            return (0, "") if self.active else (1, "Job for docker.service failed.")
        if command[0] == "apt-get" and "install" in command and not self.apt_code:
            self.packages.update(dict.fromkeys(("containerd", "runc"), "1"))
            for word in command[command.index("install") + 1 :]:
                name, _equals, version = word.partition("=")
                if name not in packages_apt.NEEDED and not name.startswith("-"):
                    self.packages[name] = version or self.available[0]
            self.have_engine(self.packages.get("docker.io", self.available[0]))
        if command[0] == "apt-get" and "remove" in command and not self.apt_code:
            for name in command[command.index("remove") + 1 :]:
                del self.packages[name]
            self.active = "docker.io" in self.packages and self.active
        if "--validate" in command:
            return self.validation
        if command[0] == "gpasswd":
            members = self.groups["docker"]
            (members.append if command[1] == "--add" else members.remove)(command[2])
        if command[:3] == ["docker", "container", "stop"]:
            self.containers = []
        return (self.apt_code, "E: the mirror is on fire") if command[0] == "apt-get" else (0, "")

    def execute(self, command, stdin="", **options):
        """Stands before system.execute."""
        return (
            self.docker(command, options["env"]) if command[0] == "docker" else REAL_EXECUTE(command, stdin, **options)
        )

    def output(self, command, stdin=""):
        """Stands for system.output."""
        if command[0] == "openssl":
            return REAL_OUTPUT(command, stdin)
        return getattr(self, "_" + command[0].replace("-", "_"))(command)

    def _apt_get(self, command):
        assert "--simulate" in command
        names = command[command.index("remove") + 1 :]
        return "".join("Remv %s [1]\n" % name for name in [*names, *self.dependents])

    def _dpkg_query(self, command):
        assert command[:3] == ["dpkg-query", "-W", "-f"]
        return "".join("installed %s %s\n" % pair for pair in self.packages.items())

    def _apt_config(self, _command):
        return ""

    def _apt_cache(self, command):
        if command[1] == "show":
            return "Package: %s\n" % command[-1]
        return "".join(" docker.io | %s | mirror\n" % version for version in self.available)

    def _systemctl(self, command):
        assert (command[:2], command[3]) == (["systemctl", "show"], "--property")
        if command[2] != "docker.service":
            return "ActiveState=inactive\nMainPID=0\n"
        fragment = self.path(UNIT) if "docker.io" in self.packages else ""
        drop_ins = sorted(self.path("etc/systemd/system/docker.service.d").glob("*.conf"))
        state = "active" if self.active else "inactive"
        shown = [
            ("MainPID", 4711 if self.active else 0),
            ("Environment", self.environment),
            *(("EnvironmentFiles", "%s (ignore_errors=yes)" % path) for path in self.environment_files),
            ("ActiveState", state),
            ("FragmentPath", fragment),
            ("DropInPaths", " ".join(str(path) for path in drop_ins)),
        ]
        return "".join("%s=%s\n" % pair for pair in shown if pair[0] in command[4].split(","))

    def _getent(self, command):
        if command[1] == "passwd":
            return "%s:x:1000\n" % command[2] if command[2] in self.users else None
        members = self.groups.get(command[2]) if "docker.io" in self.packages else None
        return None if members is None else "%s:x:999:%s\n" % (command[2], ",".join(members))

    def _docker(self, command):
        assert command[:3] == ["docker", "container", "ls"]
        return "".join("%s\n" % name for name in self.containers)

    def _ss(self, _command):
        ours = self.active and not self.deaf and self.text(unit.DROP_IN) is not None
        return "LISTEN 0 4096 %s 0.0.0.0:*\n" % ("10.0.0.4:2376" if ours else "127.0.0.1:53")

    def _journalctl(self, _command):
        return "failed to load listeners\n"

    def read(self, path):
        """Stands for system.read."""
        if str(path) == "/proc/4711/environ":
            return "\0".join("%s=%s" % pair for pair in {"PATH": "/bin", **self.environ}.items())
        return REAL_READ(self.path(path))

    def write(self, path, text, mode):
        """Stands before system.write."""
        # the note says what the daemon has read, and what is for a moment is no change of the machine either
        if str(path) != str(live.NOTE) and scratch.PREFIX not in str(path):
            self.events.append("write " + pathlib.Path(path).name)
        REAL_WRITE(path, text, mode)


REAL_EXECUTE, REAL_OUTPUT = system.execute, system.output
REAL_READ, REAL_WRITE = system.read, system.write


class _Ping(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(100)
        self.request.sendall(b"HTTP/1.0 %d x\r\n\r\nOK" % (200 if self.server.machine.active else 503))


@pytest.fixture
def docker_socket():
    """Path for a socket; not below tmp_path, which may be longer than a socket's path can be."""
    directory = tempfile.mkdtemp(prefix="engine-")
    yield os.path.join(directory, "docker.sock")
    shutil.rmtree(directory)


class Clock:
    """Stands for the module ``time``: it goes on while somebody sleeps, so a deadline does not depend on the load."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def machine(tmp_path, monkeypatch, docker_socket):
    """A bare Debian; the engine's modules see it instead of this machine."""
    machine = Machine(tmp_path / "root")
    for module, names in (
        (keys, ("DIRECTORY", "KEY", "NEXT", "OWNER")),
        (unit, ("DROP_IN", "CERTIFICATE", "CLIENT_AUTHORITIES")),
        (daemon_json, ("PATH", "RECORD")),
        (live, ("NOTE", "PROC")),
        (observe, ("DATA_ROOT",)),
        (lock, ("PATH",)),
        (ownership, ("RECORD",)),
        (offline, ("RECORD",)),
        (upgrade, ("RECORD",)),
        (packages, ("SNAPS",)),
        (projects, ("ROOT",)),
        (scratch, ("PLACE",)),
        (repository_apt, ("KEY", "SOURCES", "PREFERENCES", "APT")),
        (system, ("LOG",)),
    ):
        for name in names:
            path = getattr(module, name)
            monkeypatch.setattr(module, name, type(path)(machine.path(path)))
    monkeypatch.setattr(absence, "CONTAINERD_ROOT", str(machine.path(absence.CONTAINERD_ROOT)))
    places = (repository_apt.KEY, repository_apt.PREFERENCES, repository_apt.SOURCES)
    for module in (repository_apt, packages_apt):
        monkeypatch.setattr(module, "PLACES", places)
        monkeypatch.setattr(module, "KEY", repository_apt.KEY)
    monkeypatch.setattr(apt, "PAUSE", 0)
    monkeypatch.setattr(apply, "SOCKET", docker_socket)
    machine.clock = Clock()
    for module in (apply, upgrade):
        monkeypatch.setattr(module, "time", machine.clock)
    for name in ("execute", "logged", "output", "read", "write"):
        monkeypatch.setattr(system, name, getattr(machine, name))
    machine.path(lock.PATH).parent.mkdir()
    machine.path(system.LOG).parent.mkdir(parents=True, exist_ok=True)
    server = socketserver.ThreadingUnixStreamServer(docker_socket, _Ping)
    server.machine = machine
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield machine
    server.shutdown()
    server.server_close()
    thread.join()

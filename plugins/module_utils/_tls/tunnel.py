# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Connections through SSH hosts, by the ssh command: one connection to each host, in which every other one travels."""

from __future__ import annotations

import collections
import contextlib
import math
import os
import socket
import subprocess
import tempfile
import threading
import typing as t

IDLE_END = 60
"""Seconds without a connection after which ssh ends by itself, should this process be killed before it ends it."""
_ENDING = 5.0
_LONGEST_BASE = 60
"""The path of a socket has at most 107 bytes, of which ssh needs 17 for a name of its own."""

Line = t.Tuple[socket.socket, t.Callable[[], str]]
"""A socket, and what says why it never led to the server, "" when it did. It ends the connection."""


class Ssh(t.NamedTuple):
    """How to reach an SSH host. None and (): as the user's own configuration of ssh says."""

    host: str
    port: t.Optional[int] = None
    user: t.Optional[str] = None
    private_key_file: t.Optional[str] = None
    known_hosts_file: t.Optional[str] = None
    extra_args: t.Tuple[str, ...] = ()


def settings(shared: t.Optional[t.Mapping[str, t.Any]], own: t.Optional[t.Mapping[str, t.Any]]) -> t.Optional[Ssh]:
    """The options of one target over those that all share; None without a host: connect directly."""
    given = {key: value for options in (shared, own) for key, value in (options or {}).items() if value is not None}
    if not given.get("host"):
        return None
    return Ssh(**{**given, "extra_args": tuple(given.get("extra_args") or ())})


def command(ssh: Ssh, control: str, timeout: float, *arguments: str) -> t.List[str]:
    """The command line of ssh. control: path of the socket of its shared connection; timeout: seconds to connect.

    ssh takes the first value of an option: so extra_args cannot make it ask questions or trust unknown hosts.
    """
    options = ["BatchMode=yes", "StrictHostKeyChecking=yes", "ConnectTimeout=%d" % max(1, math.ceil(timeout))]
    if ssh.known_hosts_file:
        options.append('UserKnownHostsFile="%s"' % ssh.known_hosts_file)
    if ssh.private_key_file:
        options.append("IdentitiesOnly=yes")
    line = ["ssh", "-T", "-S", control] + [word for option in options for word in ("-o", option)]
    for flag, value in (("-p", ssh.port), ("-l", ssh.user), ("-i", ssh.private_key_file)):
        if value:
            line += [flag, str(value)]
    return line + list(ssh.extra_args) + list(arguments) + ["--", ssh.host]


class Tunnel:
    """One SSH host for a number of targets. Its connection opens with the first of them and closes with the last."""

    def __init__(self, ssh: Ssh, control: str, targets: int, timeout: float) -> None:
        self._ssh, self._control, self._left, self._timeout = ssh, control, targets, timeout
        self._lock = threading.Lock()
        self._opened = False
        self._fault = ""

    @contextlib.contextmanager
    def held(self) -> t.Iterator[None]:
        """The time in which one target needs the connection. It does not raise: connect() does."""
        with self._lock:
            if not self._opened:
                self._opened = True
                self._fault = self._open()
        try:
            yield
        finally:
            with self._lock:
                self._left -= 1
                if not self._left:
                    self.close()

    @contextlib.contextmanager
    def connect(self, address: str, port: int, timeout: float) -> t.Iterator[Line]:
        """A connection from the SSH host to an address. OSError with ssh's own words when there is none."""
        if self._fault:
            raise OSError(self._fault)
        where = "[%s]:%d" % (address, port)
        ours, theirs = socket.socketpair()
        with ours, tempfile.TemporaryFile() as errors:
            with theirs:
                line = command(self._ssh, self._control, timeout, "-o", "ControlMaster=no", "-W", where)
                # run_command gives a process no socket as its streams.
                process = subprocess.Popen(  # pylint: disable=ansible-bad-function
                    line, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=errors
                )
            try:
                yield ours, lambda: self._fault_of(ours, process, errors)
            finally:
                _end(process)

    def close(self) -> None:
        """End the shared connection, and so the process that holds it."""
        if self._opened and not self._fault:
            self._opened = False
            self._run("-O", "exit")

    def _open(self) -> str:
        # In the background once it is authenticated: so the end of this command is the news that it is ready.
        arguments = ("ControlMaster=yes", "ControlPersist=%d" % IDLE_END, "ClearAllForwardings=yes")
        return self._run("-N", "-f", *(word for option in arguments for word in ("-o", option)))

    def _run(self, *arguments: str) -> str:
        """Run ssh to its end; what went wrong, "" when nothing did."""
        line = command(self._ssh, self._control, self._timeout, *arguments)
        # A file, because the process in the background would keep a pipe open.
        with tempfile.TemporaryFile() as errors:
            try:
                done = subprocess.run(  # pylint: disable=ansible-bad-function
                    line,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    timeout=self._timeout,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return "ssh %s was not connected in %g s" % (self._ssh.host, self._timeout)
            except OSError as error:
                return "the command ssh cannot be run: %s" % error.strerror
            return self._said(errors) if done.returncode else ""

    def _fault_of(self, ours: socket.socket, process: "subprocess.Popen[bytes]", errors: t.IO[bytes]) -> str:
        # Whether the server hung up or ssh never got there only ssh knows, and says so by its exit status.
        ours.close()
        try:
            return self._said(errors) if process.wait(_ENDING) else ""
        except subprocess.TimeoutExpired:
            return ""

    def _said(self, errors: t.IO[bytes]) -> str:
        errors.seek(0)
        lines = [line.strip() for line in errors.read().decode("utf-8", "replace").splitlines()]
        said = next((line for line in reversed(lines) if line), "failed without a word")
        return "ssh %s: %s" % (self._ssh.host, said)


class Tunnels:
    """The tunnels of one run."""

    def __init__(self, directory: str, wanted: t.Iterable[t.Optional[Ssh]], timeout: float) -> None:
        """directory: a private one with a short path; wanted: the SSH host of each target, None for none."""
        targets = collections.Counter(ssh for ssh in wanted if ssh)
        self._by_host = {
            ssh: Tunnel(ssh, os.path.join(directory, str(number)), times, timeout)
            for number, (ssh, times) in enumerate(targets.items())
        }

    def get(self, ssh: Ssh) -> Tunnel:
        """The tunnel to one of the SSH hosts that were wanted."""
        return self._by_host[ssh]

    def close(self) -> None:
        """Close those that are still open."""
        for tunnel in self._by_host.values():
            tunnel.close()


@contextlib.contextmanager
def tunnels(wanted: t.Sequence[t.Optional[Ssh]], timeout: float) -> t.Iterator[Tunnels]:
    """Tunnels that are closed at the end, whatever happens. timeout: seconds to connect to an SSH host."""
    if not any(wanted):
        yield Tunnels("", (), timeout)
        return
    base = "/tmp" if len(tempfile.gettempdir()) > _LONGEST_BASE else None  # noqa: S108 a private directory in it
    with tempfile.TemporaryDirectory(prefix="dtp-", dir=base) as directory:
        made = Tunnels(directory, wanted, timeout)
        try:
            yield made
        finally:
            made.close()


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_ENDING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A script with its parameters: where it is written, the command that runs it, what came of it."""

from __future__ import annotations

import base64
import os
import pathlib
import pwd
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable

from . import processes
from .agent import AGENT, Refused

HOME = pathlib.Path("/home")
TAIL = 4096
TELL_SECONDS = 15.0
DOWNLOAD_FAILED, NO_SUCH_USER = -100, -102


class Script:
    """`folder` holds the script, stdout and stderr."""

    def __init__(self, folder: pathlib.Path, command: list, variables: dict, given: str | None = None) -> None:
        self.folder, self.command, self.variables, self.given = folder, command, variables, given

    @classmethod
    def managed(cls, settings: dict, protected: dict, name: str, sequence: int) -> Script:
        source = settings.get("source") or {}
        if bool(source.get("script")) == bool(source.get("scriptUri")):
            text = "Either 'source.script' or 'source.scriptUri' has to be specified"
            raise Refused(f"failed to get configuration: invalid configuration: {text}")
        folder = AGENT / "run-command-handler/download" / name / str(sequence)
        if source.get("script"):
            path = write(folder / "script.sh", source["script"].encode())
        else:
            path = download(source["scriptUri"], protected.get("sourceSASToken") or "", folder)
        parameters = [*(settings.get("parameters") or []), *(protected.get("protectedParameters") or [])]
        parameters = [parameter for parameter in parameters if parameter.get("value")]
        variables = {parameter["name"]: parameter["value"] for parameter in parameters if parameter.get("name")}
        words = "".join(f" {parameter['value']}" for parameter in parameters if not parameter.get("name"))
        user = settings.get("runAsUser")
        if not user:
            return cls(folder, ["/bin/bash", "-c", f"{path}{words}"], variables)
        copy = copy_for(user, path, pathlib.Path("download") / name / str(sequence))
        command = ["/bin/bash", "-c", f'sudo -S -u "$0" {copy}{words}', user]
        return cls(folder, command, variables, f"{protected.get('runAsPassword') or ''}\n")

    @classmethod
    def action(cls, protected: dict, sequence: int) -> Script:
        folder = AGENT / "run-command/download" / str(sequence)
        path = write(folder / "script.sh", unix_line_ends(base64.b64decode(protected["script"])))
        parameters = protected.get("parameters") or []
        variables = {parameter["name"]: parameter["value"] for parameter in parameters if parameter.get("name")}
        values = [parameter.get("value") or "" for parameter in parameters]
        return cls(folder, ["/bin/sh", "-c", '"$0" "$@"', str(path), *values], variables)

    def run(self, pid_file: pathlib.Path, timeout: float, tell: Callable[[str, str], None]) -> int:
        """The exit code, -1 of a script that a signal ended. `tell` gets the output now and then."""
        environment = {**os.environ, **{name: value for name, value in self.variables.items() if "=" not in name}}
        with (self.folder / "stdout").open("wb") as out, (self.folder / "stderr").open("wb") as err:
            process = subprocess.Popen(
                self.command, cwd=self.folder, stdin=subprocess.PIPE, stdout=out, stderr=err, env=environment,
                start_new_session=True,
            )  # fmt: skip
        processes.remember(pid_file, os.getpid(), process.pid)
        self._feed(process)
        end = time.monotonic() + timeout if timeout else float("inf")
        while (left := end - time.monotonic()) > 0:
            try:
                process.wait(min(TELL_SECONDS, left))
                break
            except subprocess.TimeoutExpired:
                tell(*self.tails())
        if process.poll() is None:
            processes.kill_group(process.pid)
            process.wait()
        pid_file.unlink(missing_ok=True)
        return -1 if process.returncode < 0 else process.returncode

    def _feed(self, process: subprocess.Popen) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write((self.given or "").encode())
            process.stdin.close()
        except BrokenPipeError:
            return

    def tails(self) -> tuple[str, str]:
        """The ends of output and error."""
        return tail(self.folder / "stdout"), tail(self.folder / "stderr")


def tail(path: pathlib.Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        return file.read().decode(errors="replace")


def unix_line_ends(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").removeprefix(b"\xef\xbb\xbf")


def write(path: pathlib.Path, data: bytes) -> pathlib.Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    path.touch(mode=0o700)
    path.write_bytes(data)
    path.chmod(0o500)
    return path


def download(uri: str, token: str, folder: pathlib.Path) -> pathlib.Path:
    name = pathlib.PurePosixPath(urllib.parse.urlsplit(uri).path).name
    try:
        with urllib.request.urlopen(f"{uri}?{token}" if token else uri, timeout=60) as answer:
            return write(folder / (name or "script.sh"), unix_line_ends(answer.read()))
    except (OSError, ValueError, urllib.error.URLError) as error:
        text = (
            "File downloads failed. Use either a public script URI that points to .sh file, Azure storage blob SAS URI "
            f"or storage blob accessible by a managed identity and retry.: failed to download file {uri}. : {error}"
        )
        raise Refused(text, DOWNLOAD_FAILED) from error


def copy_for(user: str, script: pathlib.Path, below: pathlib.Path) -> pathlib.Path:
    """A copy of the script that the user can run: the script's own directory is closed to all but root."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError as error:
        text = (
            f"failed to execute command: Failed to lookup RunAs user '{user}'. Looks like user does not exist. For "
            "RunAs to work properly, contact admin of VM and make sure RunAs user is added on the VM and user has "
            "access to resources accessed by the Run Command (Directories, Files, Network etc.). Refer: "
            f"https://aka.ms/RunCommandManagedLinux: user: unknown user {user}"
        )
        raise Refused(text, NO_SUCH_USER) from error
    target = HOME / user / "waagent/run-command-handler-runas" / below / script.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(script, target)
    os.chown(target, entry.pw_uid, os.getegid())
    target.chmod(0o550)
    return target

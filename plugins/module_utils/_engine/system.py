# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Files: read what is there, replace atomically, run commands with their noise in a log."""

from __future__ import annotations

import errno
import os
import pathlib
import shutil
import subprocess
import typing as t

LOG = pathlib.Path("/var/log/bulwark-azure-docker.log")


def read(path: t.Union[str, pathlib.Path]) -> t.Optional[str]:
    """The text of a file with its own line ends, None when it does not exist."""
    try:
        return pathlib.Path(path).read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None


def has_content(directory: t.Union[str, pathlib.Path]) -> bool:
    """Whether there is such a directory with something in it."""
    try:
        return any(os.scandir(directory))
    except FileNotFoundError:
        return False


def purge(directory: t.Union[str, pathlib.Path]) -> None:
    """Delete a directory with all it holds; of a mount point (a data disk), what it holds."""
    for entry in os.scandir(directory):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)
    if not os.path.ismount(directory):
        os.rmdir(directory)


def remove_empty(directory: t.Union[str, pathlib.Path]) -> None:
    """Remove a directory of ours, unless somebody keeps something in it."""
    try:
        os.rmdir(directory)
    except FileNotFoundError:
        pass
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise


def write(path: t.Union[str, pathlib.Path], text: str, mode: int) -> None:
    """Replace a file at once, owned by root; a reader sees the old or the new one, a crash leaves one of them."""
    target = pathlib.Path(path)
    for directory in reversed(target.parents):
        if not directory.exists():  # whatever the umask is: others than root read below /etc
            directory.mkdir()
            os.chmod(directory, 0o755)  # noqa: S103
    temporary = target.with_name(f".{target.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(temporary, mode)
    os.replace(temporary, target)


def execute(command: t.Sequence[str], stdin: str = "", **options: t.Any) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end and catch both streams. Raises FileNotFoundError when it does not exist.

    The one place that starts processes: the program has no AnsibleModule, whose run_command a module would use.
    """
    return subprocess.run(  # pylint: disable=ansible-bad-function
        command, input=stdin, capture_output=True, encoding="utf-8", errors="replace", check=False, **options
    )


def output(command: t.Sequence[str], stdin: str = "") -> t.Optional[str]:
    """Standard output of a command that only reads; None when it fails or does not exist."""
    try:
        done = execute(command, stdin)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def logged(
    command: t.Sequence[str], environment: t.Optional[t.Mapping[str, str]] = None, lines: int = 8
) -> t.Tuple[int, str]:
    """Run a command that acts; its output goes to the log file. Returns the exit code and the output's last lines."""
    done = execute(command, env=dict(os.environ, **(environment or {})))
    text = done.stdout + done.stderr
    log(command, text)
    return done.returncode, "\n".join(text.strip().splitlines()[-lines:])


def log(command: t.Sequence[str], text: str) -> None:
    """Keep what a command said, in the log file."""
    descriptor = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("$ {0}\n{1}\n".format(" ".join(command), text))

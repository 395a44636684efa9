# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``run``: a command beside a local Azure of its own, or beside the one that runs already."""

from __future__ import annotations

import argparse
import os
import pathlib
import sys
from typing import NoReturn

from .. import options as server_options
from .. import server_file
from ..guests.kinds import KINDS
from ..lab import join, launcher, plain


def run(options: argparse.Namespace) -> int:
    """Return the command's exit code, 2 where it could not be run."""
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        print("local_azure run: found no command; give one after --, for example: run -- bash", file=sys.stderr)
        return 2
    server = None if options.fresh else server_file.find(options.state.resolve())
    if server is not None:
        _join(server, command)
    if options.guests == "null":
        return plain.run(
            [*server_options.arguments(options), "--", *command], options.state.resolve(), options.fresh
        )  # fmt: skip
    kind, image = KINDS[options.guests], server_options.image(options)
    if not (image / kind.proof).exists():
        print(f"local_azure run: no guest image in {image}; build it: tests/toolchain/{kind.build}", file=sys.stderr)
        return 2
    inside = [sys.executable, "-m", "local_azure.lab.inside", *server_options.arguments(options), "--", *command]
    return launcher.run(inside, options.state.resolve(), kind.tools, options.fresh)


def _join(server: server_file.Server, command: list[str]) -> NoReturn:
    print(f"local Azure: beside the one that runs (pid {server.pid}), with its options", file=sys.stderr, flush=True)
    environment = dict(os.environ, **server.variables)
    if not join.is_inside(server):
        environment["PATH"] = environment.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
        command = join.command(server.pid, pathlib.Path.cwd(), command)
    try:
        os.execvpe(command[0], command, environment)  # so that signals and the exit code are the command's own
    except FileNotFoundError as error:
        raise launcher.LabError(f"found no command {command[0]!r}; give its path, or one that is on PATH") from error

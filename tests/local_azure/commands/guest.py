# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``guest``: a machine that runs, as its operator sees it: commands inside, snapshots."""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import sys

from .. import server_file
from ..guests.guest import CARD, DIRECTORY, Operator
from ..guests.kinds import KINDS
from ..lab import join
from ..lab.launcher import LabError


def guest(options: argparse.Namespace) -> int:
    """Do it, in the lab; return the exit code of the command inside."""
    server = server_file.find(options.state.resolve())
    if server is None:
        raise LabError(f"none runs in {options.state}; start one: python -m local_azure start --state {options.state}")
    if server.guests not in KINDS:
        raise LabError(f"found guests {server.guests}, which are no machines; start with --guests {' or '.join(KINDS)}")
    if not join.is_inside(server):
        again = join.command(server.pid, pathlib.Path.cwd(), [sys.executable, "-m", "local_azure", *sys.argv[1:]])
        os.execvp(again[0], again)
    machine = find(options.state.resolve(), server.guests, options.vm)
    if options.action != "run":
        (machine.snapshot if options.action == "snapshot" else machine.restore)(options.name)
        return 0
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if not command:
        raise LabError("found no command; give one after the VM, for example: guest run VM -- uname -r")
    done = machine.run(*command)
    print(done.stdout, end="", flush=True)
    print(done.stderr, end="", file=sys.stderr, flush=True)
    return done.returncode if done.returncode >= 0 else 128 - done.returncode


def find(state: pathlib.Path, guests: str, vm: str) -> Operator:
    """Return the operator of a VM, by its name or its id; for processes in the lab. LabError where it is not one VM."""
    cards = [json.loads(path.read_text()) for path in (state / DIRECTORY).glob(f"*/{CARD}")]
    found = [card for card in cards if vm.lower() in (card["name"].lower(), card["vm_id"].lower())]
    if len(found) != 1:
        known = ", ".join(f"{card['name']} ({card['vm_id']})" for card in cards) or "none"
        raise LabError(f"found {len(found)} VMs called {vm!r}, expected one; there are: {known}")
    return KINDS[guests].operator(found[0]["vm_id"], found[0]["address"])

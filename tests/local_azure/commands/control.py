# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``status``, ``reset`` and ``faults``: what the control paths answer, for people."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from .. import server_file
from ..lab.launcher import LabError
from .client import Client

NOT_RUNNING = 3  # as systemctl status has it


def _server(options: argparse.Namespace) -> server_file.Server:
    server = server_file.find(options.state.resolve())
    if server is None:
        raise LabError(f"none runs in {options.state}; start one: python -m local_azure start --state {options.state}")
    return server


def status(options: argparse.Namespace) -> int:
    """Print what runs, as a table or as JSON."""
    server = server_file.find(options.state.resolve())
    if server is None:
        print(json.dumps({"running": False}) if options.json else f"local Azure: none runs in {options.state}")
        return NOT_RUNNING
    found = {**Client(server).send("GET", "status"), "pid": server.pid, "base_url": server.base_url}
    print(json.dumps({"running": True, **found}, indent=1) if options.json else _table(found))
    return 0


def _table(found: dict[str, Any]) -> str:
    settings = found["settings"]
    rows = [
        ("local Azure", f"{found['base_url']}, pid {found['pid']}, guests {found['guests']}"),
        ("state", found["state"]),
        ("settings", f"limits {settings['limits']}, timing {settings['timing']}, "
                     f"clock scale {settings['clock_scale']:g}"),
        *_counts("resources", found["resources"]),
        *_counts("requests", found["requests"]),
        *(("operation", f"{each['kind']} {each['target']} since {each['start']}") for each in found["operations"]),
        ("fault rules", str(found["faults"])),
    ]  # fmt: skip
    return "\n".join(f"{name:<12} {text}" for name, text in rows)


def _counts(name: str, counts: dict[str, int]) -> list[tuple[str, str]]:
    lines = [f"{number:>5} {what}" for what, number in counts.items()] or ["none"]
    return [(name if index == 0 else "", line) for index, line in enumerate(lines)]


def reset(options: argparse.Namespace) -> int:
    """Empty it."""
    removed = Client(_server(options)).send("POST", "reset")
    print(f"local Azure: removed {removed['removed']} resources, {removed['machines']} of them machines")
    return 0


def faults(options: argparse.Namespace) -> int:
    """List, add or clear fault rules."""
    client = Client(_server(options))
    if options.action == "clear":
        removed = client.send("DELETE", "faults" + (f"/{options.rule}" if options.rule else ""))
        print(f"local Azure: removed {removed['removed']} fault rules")
        return 0
    rules = client.send("GET", "faults") if options.action == "list" else client.send("POST", "faults", _given(options))
    for rule in rules["value"]:
        which = "every" if rule["every"] else f"{rule['times']} times"
        print(
            f"{rule['id']}  {rule['method']} {rule['path']}  from {rule['nth']} on, {which}  "
            f"seen {rule['seen']}, fired {rule['fired']}  {json.dumps(rule['then'])}"
        )
    return 0


def _given(options: argparse.Namespace) -> Any:
    text = sys.stdin.read() if options.rule == "-" else options.rule
    try:
        return json.loads(text)
    except ValueError as error:
        raise LabError(f"the rule is no JSON ({error}); give an object or a list of them, or - to read it") from error

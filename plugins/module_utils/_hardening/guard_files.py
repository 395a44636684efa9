# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Layer L3: the program in the place of runc, as files of a host. Read where this collection is installed."""

from __future__ import annotations

import json
import os
import typing as t

from .. import _guard
from . import places
from .entries import Entry, Layer, command, file


def texts() -> t.Dict[str, str]:
    """The guard's files by their names, the two shell scripts among them."""
    directory = os.path.dirname(str(_guard.__file__))
    names = [name for name in os.listdir(directory) if name.endswith(".py") or "." not in name]
    found = {}
    for name in sorted(names):
        path = os.path.join(directory, name)
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as source:
                found[name] = source.read()
    return found


def wants(policy: t.Mapping[str, t.Any]) -> Layer:
    """The wrapper, what it runs, its policy, and the way out."""
    programs = {"runc": places.RUNC, "bulwark-docker-break-glass": places.BREAK_GLASS}
    found = texts()
    entries: t.List[Entry] = [file(path, found.pop(name), "0755") for name, path in programs.items()]
    entries += [file(f"{places.GUARD}/{name}", text) for name, text in found.items()]
    entries.append(file(places.POLICY, json.dumps(policy, indent=1, sort_keys=True) + "\n"))
    check = command(
        "the guard starts", "/usr/bin/python3", "-I", "-S", "-B", "{root}%s/start.py" % places.GUARD, "--check"
    )
    return Layer(files=tuple(entries), validate=(check,))

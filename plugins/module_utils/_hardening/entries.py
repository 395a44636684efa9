# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What a layer contributes to the set of files: entries of the module host_files. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

Entry = t.Dict[str, t.Any]  # of the option files, validate or after of host_files


@dataclasses.dataclass(frozen=True)
class Layer:
    """``files``, ``validate`` and ``after`` as host_files takes them."""

    files: t.Tuple[Entry, ...] = ()
    validate: t.Tuple[Entry, ...] = ()
    after: t.Tuple[Entry, ...] = ()


def file(path: str, content: str, mode: str = "0644") -> Entry:
    return {"path": path, "content": content, "mode": mode}


def at_most(path: str, mode: str, owner: str = "root", group: str = "root") -> Entry:
    """Attributes of what is there; ``mode`` is the most."""
    return {"path": path, "state": "attributes", "mode": mode, "owner": owner, "group": group}


def command(about: str, *argv: str, when: t.Sequence[str] = ()) -> Entry:
    """A command; ``when``: the paths of which one must have changed."""
    return {"command": list(argv), "about": about, **({"when_changed": list(when)} if when else {})}


def joined(layers: t.Iterable[Layer]) -> Layer:
    """All layers as one, in their order."""
    found = list(layers)
    return Layer(
        tuple(entry for layer in found for entry in layer.files),
        tuple(entry for layer in found for entry in layer.validate),
        tuple(entry for layer in found for entry in layer.after),
    )


HEAD = "# Written by the role docker_hardening of bulwark.azure_docker: change its variables, not this file.\n"

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Hosts and clients that are declared absent: what is removed, and what others left in the way. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import CLIENTS, SERVERS, Remains
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import Reason

FILES = {
    SERVERS: ("cert.pem", "csr.pem", "key.pem", "host.json", "next-csr.pem", "next-key.pem"),
    CLIENTS: ("cert.pem", "key.pem", "ca.pem", "next-csr.pem", "next-key.pem"),
}
"""Our files by room, in the order in which they go: a set without its certificate is seen to be incomplete."""


class Forget(t.NamedTuple):
    """A directory to remove. label: relative; files: those of ours that are in it, in the order in which they go."""

    label: str
    files: t.Tuple[str, ...]


def labels(desired: Desired) -> t.List[str]:
    """The directories of everything that is declared absent, relative to the certificate directory."""
    rooms = ((SERVERS, desired.absent_hosts), (CLIENTS, desired.absent_clients))
    return ["%s/%s" % (room, name) for room, names in rooms for name in names]


def forget(remains: t.Iterable[Remains]) -> t.Tuple[Forget, ...]:
    """What to remove. A directory in which only others' files are left counts as absent: nothing of ours is in it."""
    found = [(left, Forget(left.label, tuple(name for name in _ours(left) if name in left.names))) for left in remains]
    return tuple(gone for left, gone in found if gone.files or not left.names)


def reasons(forgotten: t.Iterable[Forget], room: str, name: str) -> t.Tuple[Reason, ...]:
    """Why a host or client that is declared absent changes; () when it is absent already."""
    if any(gone.label == "%s/%s" % (room, name) for gone in forgotten):
        return (Reason("absent_declared", "declared absent"),)
    return ()


def warnings(remains: t.Iterable[Remains]) -> t.List[str]:
    """One text for each directory that stays, because it holds files that are not ours."""
    texts = []
    for left in remains:
        others = [name for name in left.names if name not in _ours(left)]
        if others:
            texts.append(
                "The directory %s stays although it is declared absent: it holds %s, expected only %s. "
                "Next step: move what is of use to another place, then remove the directory."
                % (left.label, ", ".join(others), ", ".join(_ours(left)))
            )
    return texts


def _ours(left: Remains) -> t.Tuple[str, ...]:
    return FILES[left.label.partition("/")[0]]

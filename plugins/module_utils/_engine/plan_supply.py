# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Decide about package source, engine and version (pure)."""

from __future__ import annotations

import typing as t

from . import versions
from .change import Change
from .desired import NOW, Desired
from .observe import Observed
from .refusal import Refusal
from .source import DISTRIBUTION, OFFLINE


class Due(t.NamedTuple):
    """Why packages are to be installed; ``restarts``: whether that restarts an engine that is there."""

    reason: str
    restarts: bool = False


def due(desired: Desired, seen: Observed) -> t.Optional[Due]:
    """None where all is there. Raises Refusal for what this program never does by itself: swap or downgrade it."""
    version, wanted, source = seen.engine_version, desired.engine_version, desired.source
    if version is None:
        return Due("not installed")
    name = next(iter(seen.engines))
    foreign = source.kind != OFFLINE and name not in seen.supply.engines
    if foreign and (source.kind != DISTRIBUTION or seen.supply.ours):
        raise swap(desired, seen, name)
    if source.kind == OFFLINE and seen.supply.missing:
        return Due(f"not installed from the declared files: {', '.join(seen.supply.missing)}", True)
    if not versions.matches(version, wanted):
        if foreign:
            raise Refusal(
                f"found {name} {version}, wanted version {wanted}; another vendor's engine is kept as it is: upgrade "
                "it yourself, or ask for no version"
            )
        if source.kind == OFFLINE:
            raise Refusal(
                f"found {name} {version} from the declared files, wanted version {wanted}; declare the files of that "
                "version, or no version"
            )
        if versions.is_older(wanted or "", version):
            raise Refusal(
                f"found {name} {version}, wanted version {wanted}, which is older; an engine is not downgraded over "
                "its data: ask for this version or none, or declare the state absent first (images, containers and "
                "volumes stay on the disk; that the older engine reads them is not sure)"
            )
        return Due(f"version {version}, wanted {wanted}", True)
    return Due(f"{', '.join(seen.supply.missing)} not installed") if seen.supply.missing else None


def swap(desired: Desired, seen: Observed, name: str) -> Refusal:
    by, way = "somebody else", "remove that engine yourself, or declare kind distribution, with which it is kept"
    if seen.supply.ours:
        by, way = (
            "this collection",
            ("declare the state absent first (images, containers and volumes stay on the disk), then this source"),
        )
    return Refusal(
        f"found {name} {seen.engine_version}, installed by {by}; wanted is {' or '.join(seen.supply.engines)} from "
        f"kind {desired.source.kind}, and an engine is never swapped for another silently: {way}"
    )


def is_postponed(desired: Desired, found: t.Optional[Due]) -> bool:
    return found is not None and found.restarts and desired.restart != NOW


def changes(desired: Desired, seen: Observed) -> t.Tuple[t.List[Change], t.Optional[str]]:
    """(changes in order; why an upgrade is left pending, as it restarts the engine)."""
    found = due(desired, seen)
    result = [
        Change("write", path, "absent" if seen.files.get(path) is None else "content differs", text)
        if text is not None
        else Change("remove", path, f"kind {desired.source.kind} needs none")
        for path, text in seen.supply.wanted.items()
        if seen.files.get(path) != text
    ]
    if found is None or is_postponed(desired, found):
        return result, found and f"{found.reason} (an upgrade restarts the daemon)"
    return [*result, Change("install", "engine", found.reason)], None

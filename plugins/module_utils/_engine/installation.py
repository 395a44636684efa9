# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Install the engine, or bring it to another version, from the declared source."""

from __future__ import annotations

import functools
import typing as t

from . import offline, ownership, packages, release, supply, upgrade, versions
from .desired import Desired
from .refusal import Refusal
from .source import OFFLINE, Source


def selection(
    source: Source,
    backend: packages.Backend,
    engine: str,
    installed: t.Mapping[str, str],
    wanted: t.Optional[str],
) -> t.Dict[str, t.Optional[str]]:
    """What to install: name and version, None for the newest. Raises Refusal where ``wanted`` is not to be had.

    Where the engine is right only what lacks is added: the rest would be upgraded by the way.
    """
    names = source.packages if source.has_repository else (engine, *backend.extras())
    if engine in installed and versions.matches(installed[engine], wanted):
        return {name: None for name in names if name not in installed}
    names = tuple(name for name in names if name not in backend.NEEDED or name not in installed)
    if wanted is None:
        return dict.fromkeys(names)
    version = versions.newest(wanted, backend.versions(engine))
    twins = {name for name in names if name in backend.TWINS and version in backend.versions(name)}
    return {name: version if name == engine or name in twins else None for name in names}


def install(desired: Desired, answers: upgrade.Answers) -> None:
    """Bring engine and companions, and remember what came. ``answers``: whether dockerd does. Raises Refusal."""
    backend, found = packages.current(), release.look()
    source = supply.complete(desired.source, backend, found)
    installed = backend.everything()
    runs = any(name in installed for name in backend.ENGINES)

    def act(step: t.Callable[[], None]) -> None:
        if runs:
            upgrade.carry_out(backend, step, answers)
        else:
            step()

    with ownership.remembering(backend):
        if source.kind == OFFLINE:
            offline.install(source, backend, desired.engine_version, act)
            return
        (engine,) = supply.engines_of(source, backend, found)
        complaints = backend.refresh()
        wanted = selection(source, backend, engine, installed, desired.engine_version)
        act(functools.partial(backend.install, wanted, complaints))


def install_compose() -> None:
    """Install the Compose plugin (version 2 or later) where the engine came from. Raises Refusal."""
    backend = packages.current()
    complaints = backend.refresh()
    fitting = (name for name in backend.COMPOSE if versions.numbers(next(iter(backend.versions(name)), "0")) >= (2,))
    name = next(fitting, None)
    if name is None:
        raise Refusal(
            "the package sources of this machine have no Compose plugin of version 2 or later, looked for "
            f"{', '.join(backend.COMPOSE)}; declare package source docker, or a mirror of it, and run again"
        )
    with ownership.remembering(backend):
        backend.install({name: None}, complaints)

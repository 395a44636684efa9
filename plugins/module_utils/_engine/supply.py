# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Look where this machine's engine comes from. Nothing is changed; a key that is wanted and not there is fetched."""

from __future__ import annotations

import dataclasses
import io
import typing as t

from . import fetching, offline, openpgp, ownership, packages, release, system
from .refusal import Refusal
from .source import OFFLINE, Source, completed

KEY_BYTES = 1 << 20


@dataclasses.dataclass(frozen=True)
class Supply:
    """``known``: whether there is a back end for this machine; ``engines``: those that the source has, () where that
    shows only later; ``wanted``: texts of the repository's files, None for no file; ``missing``: declared packages or
    package files that are not installed; ``ours``: whether the engine came with an installation of ours."""

    known: bool = True
    engines: t.Tuple[str, ...] = ()
    wanted: t.Mapping[str, t.Optional[str]] = dataclasses.field(default_factory=dict)
    missing: t.Tuple[str, ...] = ()
    ours: bool = False


def complete(source: Source, backend: packages.Backend, found: t.Mapping[str, str]) -> Source:
    """The source with the vendor's values for this distribution. Raises Refusal."""
    directory = next((backend.VENDOR[name] for name in release.names(found) if name in backend.VENDOR), None)
    return completed(source, directory, backend.suite(found), backend.FINGERPRINT)


def key(source: Source, backend: packages.Backend) -> t.Optional[str]:
    """The repository's key: the stored one where it is right, or fetched. Raises Refusal for one that is not pinned."""
    if not source.has_repository:
        return None
    stored = system.read(backend.KEY)
    try:
        if stored and openpgp.accepted(stored.encode(), source.key_fingerprints, backend.KEY) == stored:
            return stored
    except Refusal:  # drift: it is replaced
        pass
    content = io.BytesIO()
    fetching.fetch(source.key_url, content, KEY_BYTES, backend.proxies())
    return openpgp.accepted(content.getvalue(), source.key_fingerprints, source.key_url)


def engines_of(source: Source, backend: packages.Backend, found: t.Mapping[str, str]) -> t.Tuple[str, ...]:
    """Names of the engines in the source; just one but for files. Raises Refusal."""
    if source.kind == OFFLINE:
        return ()
    own = backend.own_engine(found)
    names = source.packages if source.has_repository else tuple(filter(None, (own,)))
    engines = tuple(name for name in names if name in backend.ENGINES)
    if len(engines) != 1:
        what = "packages" if source.has_repository else f"kind {source.kind} on {found.get('ID')}"
        raise Refusal(
            f"desired state: engine.source.{what} has {' and '.join(engines) or 'no engine'}, expected just one of "
            f"{', '.join(backend.ENGINES)}"
        )
    return engines


def look(declared: Source) -> t.Dict[str, t.Any]:
    """The part of an observation that is about packages. Raises Refusal."""
    found = release.look()
    backend = packages.of(found)
    if backend is None:
        return {"engines": {}, "strangers": (), "supply": Supply(known=False)}
    source = complete(declared, backend, found)
    installed = backend.everything()
    engines = {name: installed[name] for name in backend.ENGINES if name in installed}
    if source.kind == OFFLINE:
        missing = offline.missing(source.files, backend, installed)
    else:
        missing = tuple(name for name in source.packages if name not in installed)
    supply = Supply(
        engines=engines_of(source, backend, found),
        wanted=backend.texts(source, key(source, backend), backend.others() if source.has_repository else ""),
        missing=missing,
        ours=bool(engines) and set(engines) <= ownership.recorded(),
    )
    return {"engines": engines, "strangers": packages.strangers(backend, installed), "supply": supply}

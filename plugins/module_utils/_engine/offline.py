# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Package files instead of a package source: each fetched, checked by its checksum, and only then installed."""

from __future__ import annotations

import hashlib
import pathlib
import tempfile
import typing as t

from . import fetching, system, versions
from .packages import Backend
from .refusal import Refusal
from .source import File, Source

RECORD = pathlib.Path("/var/lib/bulwark-azure-docker/offline")  # "SHA256 NAME VERSION" a line: what was installed
LIMIT = 1 << 30  # bytes of one package file

Package = t.Tuple[str, str]


def recorded() -> t.Dict[str, Package]:
    rows = (line.split(" ") for line in (system.read(RECORD) or "").splitlines())
    return {row[0]: (row[1], row[2]) for row in rows if len(row) == 3}


def missing(files: t.Sequence[File], backend: Backend, installed: t.Mapping[str, str]) -> t.Tuple[str, ...]:
    """Names of the files whose package is not installed in their version."""
    known = recorded()

    def is_there(file: File) -> bool:
        if file.sha256 not in known and file.path and pathlib.Path(file.path).exists():
            name, version = backend.control(file.path)
        else:
            name, version = known.get(file.sha256, ("", ""))
        return bool(version) and installed.get(name) == version

    return tuple(file.name for file in files if not is_there(file))


def copied(path: str, target: t.BinaryIO) -> str:
    """Copy a file of this machine, so that what is checked is what is installed; its SHA-256 (hex)."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb") as original:
            for piece in iter(lambda: original.read(1 << 18), b""):
                digest.update(piece)
                target.write(piece)
    except OSError as error:
        raise Refusal(f"{path} cannot be read ({error.strerror}); bring the file there, or declare its url") from None
    return digest.hexdigest()


def bring(file: File, target: t.BinaryIO, source: Source, backend: Backend) -> None:
    """Copy or fetch one file and check it. Raises Refusal with both checksums where they differ."""
    if file.url:
        token = fetching.token_of(source.managed_identity) if source.managed_identity and file.in_storage else None
        found = fetching.fetch(file.url, target, LIMIT, backend.proxies(), token)
    else:
        found = copied(file.path, target)
    if found != file.sha256:
        raise Refusal(
            f"{file.url or file.path} has the SHA-256 {found}, expected {file.sha256}; nothing was installed: find out "
            "which of the two is wrong, and trust neither until then"
        )


def prepare(
    source: Source, directory: pathlib.Path, backend: Backend, installed: t.Mapping[str, str], wanted: t.Optional[str]
) -> t.Dict[pathlib.Path, t.Tuple[File, Package]]:
    """Bring the missing files and read what they are. Raises Refusal for files that are not to be installed here."""
    absent = missing(source.files, backend, installed)
    brought = {}
    for number, file in enumerate(source.files):
        if file.name in absent:
            target = directory / f"{number:02}{pathlib.PurePath(file.name).suffix}"
            with target.open("w+b") as content:
                bring(file, content, source, backend)
            brought[target] = (file, backend.control(str(target)))
    engines = {name: version for _file, (name, version) in brought.values() if name in backend.ENGINES}
    there = [name for name in backend.ENGINES if name in installed]
    for name, version in engines.items():
        if there and name not in there:
            raise Refusal(
                f"found the engine {' and '.join(there)}, the declared files hold {name}: an engine is never swapped "
                "for another silently; remove it (state absent, where this collection installed it) and run again"
            )
        if not versions.matches(version, wanted):
            raise Refusal(f"the declared files hold {name} {version}, wanted version {wanted}; make the two agree")
    if not engines and not there:
        raise Refusal(f"the declared files hold no engine, expected one of {', '.join(backend.ENGINES)} among them")
    return brought


def install(
    source: Source, backend: Backend, wanted: t.Optional[str], act: t.Callable[[t.Callable[[], None]], None]
) -> None:
    """Install the declared files and remember their packages. ``act`` runs what changes packages. Raises Refusal."""
    RECORD.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="files-", dir=RECORD.parent) as directory:
        brought = prepare(source, pathlib.Path(directory), backend, backend.everything(), wanted)
        act(lambda: backend.install_files([str(path) for path in brought]))
    now = {**recorded(), **{file.sha256: package for file, package in brought.values()}}
    lines = [f"{file.sha256} {' '.join(now[file.sha256])}\n" for file in source.files if file.sha256 in now]
    system.write(RECORD, "".join(lines), 0o644)

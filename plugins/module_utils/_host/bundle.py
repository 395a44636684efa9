# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The bundle: the engine program and one desired state as a shell script that any carrier can bring to a VM.

ASCII only; a short sh stub, the program as base64 of a zip with nothing that varies (fixed times, sorted), and the
desired state as JSON. The files come through each module's loader, so that it works from AnsiballZ too. The zip is
compressed, as Azure takes 256 KB; two builds of zlib may compress in other ways, so what counts is what is in it.
"""

from __future__ import annotations

import base64
import dataclasses
import functools
import hashlib
import io
import json
import re
import textwrap
import typing as t
import zipfile
import zlib

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import (
    absence,
    apply,
    apt,
    change,
    compose,
    compose_apply,
    compose_model,
    compose_plan,
    daemon_json,
    desired,
    docker_command,
    fetching,
    group,
    installation,
    keys,
    live,
    lock,
    logins,
    observe,
    offline,
    openpgp,
    options,
    ownership,
    packages,
    packages_apt,
    packages_dnf,
    packages_zypper,
    plan,
    plan_supply,
    plan_tls,
    program,
    projects,
    refusal,
    release,
    repository_apt,
    rpm,
    scratch,
    source,
    supply,
    system,
    unit,
    upgrade,
    versions,
)

MARKER = "# bulwark.azure_docker engine program"
MODULES = (
    *(absence, apply, apt, change, daemon_json, desired, fetching, group, installation, keys, live, lock),
    *(observe, offline, openpgp, options, ownership, packages, packages_apt, packages_dnf, packages_zypper),
    *(plan, plan_supply, plan_tls, program, refusal, release, repository_apt, rpm, source, supply, system),
    *(unit, upgrade, versions),
    *(compose, compose_apply, compose_model, compose_plan, docker_command, logins, projects, scratch),
)
ENTRY = "import sys\n\nfrom engine.program import main\n\nsys.exit(main())\n"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold

STUB = """#!/bin/sh
{marker} {digest}
set -eu
umask 077
{forget}
command -v python3 > /dev/null || {{
    echo "bulwark.azure_docker: found no python3 on this machine, expected Python 3.9 or newer; install it" >&2
    exit 1
}}
directory=$(mktemp -d /tmp/bulwark-azure-docker.XXXXXX)
trap 'rm -rf "$directory"' EXIT
base64 -d > "$directory/program.zip" << 'END-OF-PROGRAM'
{program}
END-OF-PROGRAM
python3 "$directory/program.zip" << 'END-OF-DESIRED-STATE'
{desired}
END-OF-DESIRED-STATE
"""
PROGRAM = re.compile(r"<< 'END-OF-PROGRAM'\n(.*)\nEND-OF-PROGRAM\n", re.DOTALL)
DESIRED_STATE = re.compile(r"<< 'END-OF-DESIRED-STATE'\n(.*)\nEND-OF-DESIRED-STATE\n", re.DOTALL)
DIGEST = re.compile(re.escape(MARKER) + r" ([0-9a-f]{64})\n")


@dataclasses.dataclass(frozen=True)
class Bundle:
    """What a script that we made says: a digest of everything but the desired state, and that."""

    digest: str
    desired: t.Mapping[str, t.Any]


def text_of(module: t.Any) -> bytes:
    """The text of a module, whatever loaded it (files, AnsiballZ's zip, Ansible's collection loader)."""
    text = module.__spec__.loader.get_source(module.__name__)
    return text if isinstance(text, bytes) else text.encode("utf-8")  # bytes from Ansible's collection loader


@functools.lru_cache(maxsize=None)
def files() -> t.Mapping[str, bytes]:
    """The program's files by their names in the zip."""
    found = {"engine/" + module.__name__.rpartition(".")[2] + ".py": text_of(module) for module in MODULES}
    return {**found, "engine/__init__.py": b"", "__main__.py": ENTRY.encode("ascii")}


@functools.lru_cache(maxsize=None)
def archive() -> bytes:
    """The program as a zip: the same bytes from every Python version, by the same zlib."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for name, text in sorted(files().items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            bundle.writestr(entry, text)
    return buffer.getvalue()


def content_sha256(contents: t.Mapping[str, bytes]) -> str:
    """SHA-256 (hex) of files by name, however they are packed."""
    lines = [f"{hashlib.sha256(text).hexdigest()} {name}\n" for name, text in sorted(contents.items())]
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()


def unpacked(program: str) -> t.Dict[str, bytes]:
    """The files of a program as it stands in a script. Raises ValueError for what is no such program."""
    try:
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(program))) as bundle:
            return {name: bundle.read(name) for name in bundle.namelist()}
    except (zipfile.BadZipFile, zlib.error, OSError) as error:
        raise ValueError(str(error)) from None


def plain(script: str) -> str:
    """A script with a digest of its program's files in the program's place; a program that is damaged stays there."""
    found = PROGRAM.search(script)
    try:
        return script.replace(found.group(1), content_sha256(unpacked(found.group(1))), 1) if found else script
    except ValueError:
        return script


def fingerprint(script: str) -> str:
    """SHA-256 (hex) of a script without its desired state: marker, stub and the program's files."""
    return hashlib.sha256(DESIRED_STATE.sub("", plain(script), count=1).encode("utf-8")).hexdigest()


@functools.lru_cache(maxsize=None)
def digest() -> str:
    """The fingerprint of the scripts that this version makes."""
    return fingerprint(build({}))


# CustomScript keeps the script it ran; one with a secret in it must not stay. A shell goes on reading an unlinked file.
FORGET = 'rm -f -- "$0"'
KEEP = ":"


def build(desired_state: t.Mapping[str, t.Any]) -> str:
    """The script that carries the program and ``desired_state`` (JSON-able)."""
    return STUB.format(
        forget=FORGET if options.secrets(desired_state) else KEEP,
        marker=MARKER,
        digest=content_sha256(files()),
        program="\n".join(textwrap.wrap(base64.b64encode(archive()).decode("ascii"), 120)),
        desired=json.dumps(desired_state, sort_keys=True, indent=1, ensure_ascii=True),
    )


def encoded(script: str) -> str:
    """As CustomScript's ``script`` setting wants it."""
    return base64.b64encode(script.encode("ascii")).decode("ascii")


def decode(setting: t.Optional[str]) -> t.Optional[Bundle]:
    """Read a ``script`` setting of CustomScript back; None for anything that this collection did not make."""
    try:
        return read(base64.b64decode(setting or "", validate=True).decode("ascii"))
    except ValueError:
        return None


def read(script: str) -> t.Optional[Bundle]:
    """Read a script back; None for anything that this collection did not make."""
    try:
        found, state = DIGEST.search(script), DESIRED_STATE.search(script)
        if found is None or state is None:
            return None
        desired_state = json.loads(state.group(1))
        if not isinstance(desired_state, dict) or not isinstance(desired_state.get("tls"), (dict, type(None))):
            return None
        return Bundle(fingerprint(script), desired_state)
    except ValueError:
        return None

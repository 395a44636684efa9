# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Contexts of Docker's command, as it stores them: a file that says where, and links to the client's certificate.

Docker's format: ``contexts/meta/ID/meta.json`` and ``contexts/tls/ID/docker/{ca,cert,key}.pem`` below its configuration
directory, where ID is the SHA-256 (hex) of the context's name.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shlex
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure

MATERIAL = ("ca.pem", "cert.pem", "key.pem")
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.+-]+\Z")  # as the docker command takes it
HOST = re.compile(r"tcp://[^\s/:]+(:[0-9]+)?\Z|tcp://\[[0-9a-fA-F:]+\](:[0-9]+)?\Z")
RESERVED = "default"
FILE, LINK = "file", "link"

Entry = t.Tuple[str, str]  # (FILE, text) or (LINK, target)
Entries = t.Dict[str, t.Optional[Entry]]  # by path below the configuration directory; None for what is not there


class Context(t.NamedTuple):
    """One context. host: tcp://ADDRESS:PORT; present: whether it shall be there."""

    name: str
    host: str = ""
    description: str = ""
    present: bool = True

    @property
    def id(self) -> str:
        return hashlib.sha256(self.name.encode("utf-8")).hexdigest()


def parse(given: t.Sequence[t.Mapping[str, t.Any]]) -> t.Tuple[Context, ...]:
    """The contexts of an option. Raises Failure for what Docker would not take, and for a name given twice."""
    found = tuple(
        Context(one["name"], one.get("host") or "", one.get("description") or "", one.get("state") != "absent")
        for one in given
    )
    faults = list(_faults(found))
    if faults:
        raise Failure(
            "The contexts cannot be used: %s." % "; ".join(faults),
            code="InvalidOptions",
            hint="Correct them and run again. Nothing was written.",
        )
    return found


def _faults(contexts: t.Sequence[Context]) -> t.Iterator[str]:
    seen: t.Set[str] = set()
    for context in contexts:
        if not NAME.match(context.name) or context.name == RESERVED:
            yield "the name %r is none that the docker command takes" % context.name
        if context.name in seen:
            yield "the name %s is given twice" % context.name
        seen.add(context.name)
        if context.present and not HOST.match(context.host):
            yield "the host of %s is %r, expected tcp://ADDRESS:PORT" % (context.name, context.host)


def wanted(contexts: t.Sequence[Context], client: str, environment: bool) -> Entries:
    """What shall be below the configuration directory (pure). client: absolute directory of the certificate."""
    entries: Entries = {}
    for context in contexts:
        entries.update(_of(context, client, environment))
    return entries


def _of(context: Context, client: str, environment: bool) -> Entries:
    meta, tls = "contexts/meta/%s/meta.json" % context.id, "contexts/tls/%s/docker" % context.id
    variables = "env/%s.env" % context.name
    paths = [meta, *("%s/%s" % (tls, name) for name in MATERIAL), variables]
    if not context.present:
        return dict.fromkeys(paths)
    document = {
        "Name": context.name,
        "Metadata": {"Description": context.description} if context.description else {},
        "Endpoints": {"docker": {"Host": context.host, "SkipTLSVerify": False}},
    }
    entries: Entries = {meta: (FILE, json.dumps(document, sort_keys=True))}
    entries.update({"%s/%s" % (tls, name): (LINK, os.path.join(client, name)) for name in MATERIAL})
    lines = ("DOCKER_HOST=%s" % context.host, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH=%s" % shlex.quote(client))
    text = "".join("export %s\n" % line for line in lines)
    entries[variables] = (FILE, text) if environment else None
    return entries


def found(directory: str, paths: t.Iterable[str]) -> Entries:
    """What is there of these paths. Raises Failure for what cannot be read."""
    entries: Entries = {}
    for path in paths:
        full = os.path.join(directory, path)
        try:
            if os.path.islink(full):
                entries[path] = (LINK, os.readlink(full))
            else:
                with open(full, encoding="utf-8", errors="replace") as stream:
                    entries[path] = (FILE, stream.read())
        except (FileNotFoundError, NotADirectoryError):
            entries[path] = None
        except OSError as error:
            raise _failure("read", full, error) from error
    return entries


def same(one: t.Optional[Entry], other: t.Optional[Entry]) -> bool:
    """Whether two entries mean the same: Docker may have written its JSON in another order."""
    if one is None or other is None or one[0] != FILE or other[0] != FILE:
        return one == other
    try:
        return bool(json.loads(one[1]) == json.loads(other[1]))
    except ValueError:
        return one[1] == other[1]


def plan(desired: Entries, there: Entries) -> Entries:
    """The entries that are to be made, changed or removed (pure)."""
    return {path: entry for path, entry in desired.items() if not same(entry, there.get(path))}


def apply(directory: str, changes: Entries) -> None:
    """Make the changes; each entry is replaced at once. Raises Failure."""
    for path, entry in changes.items():
        full = os.path.join(directory, path)
        try:
            if entry is None:
                os.unlink(full)
                _remove_empty(directory, os.path.dirname(full))
            else:
                os.makedirs(os.path.dirname(full), mode=0o700, exist_ok=True)
                _put(full, entry)
        except OSError as error:
            raise _failure("write", full, error) from error


def _put(path: str, entry: Entry) -> None:
    temporary = "%s.new" % path
    if os.path.lexists(temporary):
        os.unlink(temporary)
    if entry[0] == LINK:
        os.symlink(entry[1], temporary)
    else:
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8"
        ) as stream:
            stream.write(entry[1])
    os.replace(temporary, path)


def _remove_empty(top: str, directory: str) -> None:
    """Remove a directory and those above it, as far as nothing else is in them."""
    while directory.startswith(top + os.sep):
        try:
            os.rmdir(directory)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                return
            raise
        directory = os.path.dirname(directory)


def _failure(verb: str, path: str, error: OSError) -> Failure:
    return Failure(
        "Could not %s %s: %s." % (verb, path, error.strerror or error),
        code="DockerConfigurationUnusable",
        hint="Give this user the configuration directory, then run again.",
    )


def converge(options: t.Mapping[str, t.Any], check_mode: bool) -> t.Dict[str, t.Any]:
    """Everything that docker_context returns."""
    contexts = parse(options["contexts"])
    directory = os.path.abspath(os.path.expanduser(options["config_directory"]))
    client = os.path.abspath(os.path.expanduser(options["client_directory"] or ""))
    _check_client(contexts, options["client_directory"], client)
    desired = wanted(contexts, client, bool(options["environment_files"]))
    there = found(directory, desired)
    changes = plan(desired, there)
    if not check_mode:
        apply(directory, changes)
    return {
        "changed": bool(changes),
        "contexts": {one.name: _told(directory, one, changes, options["environment_files"]) for one in contexts},
        "diff": {
            "before": {path: _text(there[path]) for path in changes if there[path]},
            "after": {path: _text(entry) for path, entry in changes.items() if entry},
        },
    }


def _check_client(contexts: t.Sequence[Context], given: t.Optional[str], client: str) -> None:
    if not any(context.present for context in contexts):
        return
    lacking = [name for name in MATERIAL if not os.path.exists(os.path.join(client, name))] if given else MATERIAL
    if lacking:
        raise Failure(
            "The client directory %s lacks %s, expected a client that docker_tls made."
            % (given or "", ", ".join(lacking)),
            code="ClientDirectoryIncomplete",
            hint="Give client_directory as docker_tls returns it in clients.NAME.directory.",
        )


def _told(directory: str, context: Context, changes: Entries, environment: bool) -> t.Dict[str, t.Any]:
    mine = _of(context, "", environment)
    entry = {"changed": any(path in changes for path in mine), "host": context.host or None}
    if context.present and environment:
        entry["environment_file"] = os.path.join(directory, "env/%s.env" % context.name)
    return entry


def _text(entry: t.Optional[Entry]) -> str:
    """An entry as a diff shows it; a link is its target, never what is there."""
    return "" if entry is None else entry[1] if entry[0] == FILE else "-> %s" % entry[1]

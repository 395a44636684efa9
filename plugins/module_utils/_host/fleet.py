# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The calls behind docker_host and docker_host_info: many hosts at once, results by host name."""

from __future__ import annotations

import pathlib
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.fleet import each
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.outcome import collect
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import options as engine_options

from . import host as one
from .desired import Document, Host, Site

Options = t.Mapping[str, t.Any]


def by_name(options: Options) -> t.Dict[str, Options]:
    """The declared hosts by name. Raises Failure for a name or a VM that is declared twice."""
    hosts: t.Dict[str, Options] = {}
    ids: t.Dict[str, str] = {}
    for entry in options["hosts"]:
        name, key = entry["name"], entry["id"].rstrip("/").lower()
        if name in hosts or key in ids:
            raise Failure(
                f"The hosts {ids.get(key, name)!r} and {name!r} are one: found twice, expected each name and VM once.",
                code="DuplicateHost",
                hint=f"Look for a second entry of {entry['id']}.",
            )
        hosts[name], ids[key] = entry, name
    return hosts


def declared(entry: Options, key: t.Optional[str]) -> Host:
    """One host's options as a Host; empty texts, as templates give them, mean "not given"."""
    texts = ("address", "certificate", "vm_id")
    return Host(
        name=entry["name"],
        id=entry["id"],
        port=entry["port"],
        repair=entry["repair"],
        key=key,
        engine={name: entry.get(name) for name in engine_options.SPEC},
        **{name: entry[name] or "" for name in texts},
    )


def secret(options: Options, needed_by: str, *path: str) -> str:
    """The text of a secret file in the certificate directory. Raises Failure saying what it is needed for."""
    if not options["certificate_directory"]:
        raise Failure(
            f"{needed_by}, but no certificate_directory is given, expected the directory of docker_tls.",
            code="CertificateDirectoryMissing",
            hint="Give certificate_directory.",
        )
    file = pathlib.Path(options["certificate_directory"]).expanduser().joinpath(*path)
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise Failure(
            f"{needed_by}, but {file} cannot be read: {error.strerror}.",
            code="KeyNotReadable",
            hint="Let docker_tls make it (keys: hosts[].key_origin: controller).",
        ) from None


def key_of(options: Options, name: str) -> t.Optional[str]:
    """A host's private key (PEM); None where keys are made on the VM."""
    if options["key_origin"] != "controller":
        return None
    return secret(options, "key_origin is controller", "servers", name, "key.pem")


def digest_key(options: Options) -> t.Optional[str]:
    """The key of the digests that stand for what travels as a secret; None where nothing secret travels."""
    if options["key_origin"] == "controller":
        return secret(options, "key_origin is controller", "digest.key")
    if any(engine_options.secrets(engine_options.parts(entry)) for entry in options["hosts"]):
        return secret(options, "protected options are compared by their digest", "digest.key")
    return None


def converge(session: Session, options: Options, check: bool) -> Document:
    """Everything docker_host returns, and "warnings"."""
    hosts = by_name(options)
    site = Site(
        extension_name=options["extension_name"],
        client_authorities=options["client_authorities"] or "",
        server_authority_sha256=options["server_authority_sha256"] or "",
        digest_key=None if options["state"] == "absent" else digest_key(options),
        carrier=options["carrier"],
    )

    def work(name: str) -> Document:
        if options["state"] == "absent":
            return one.remove(session, declared(hosts[name], None), site, check)
        return one.converge(session, declared(hosts[name], key_of(options, name)), site, check)

    results = each(hosts, work, options["concurrency"])
    warnings = [
        f"{name}: {warning}"
        for name, result in results.items()
        if not isinstance(result, Failure)
        for warning in result.pop("warnings", [])
    ]
    return dict(collect(results, "hosts"), warnings=warnings)


def information(session: Session, options: Options) -> Document:
    """Everything docker_host_info returns."""
    hosts = by_name(options)
    how = (options["carrier"], options["extension_name"])
    results = each(hosts, lambda name: one.information(session, hosts[name]["id"], *how), options["concurrency"])
    result = collect(results, "hosts")
    return {name: result[name] for name in result if name != "diff"}

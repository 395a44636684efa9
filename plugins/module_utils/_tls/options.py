# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The options of docker_tls as a declaration."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import (
    ABSENT,
    EXTERNAL,
    ORIGIN_CONTROLLER,
    ORIGIN_VM,
    ClientDesired,
    Desired,
    HostDesired,
    RotationDesired,
    TrustedAuthority,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import normal_sha256
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import directory_fault, subject_names
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.option_faults import faults as faults_of

LONGEST_PASSPHRASE = 1023
"""In bytes; what OpenSSL takes."""


def parse(options: t.Mapping[str, t.Any]) -> Desired:
    """Desired of the options of docker_tls. Failure for what spoils the whole call; a host keeps its own faults."""
    server = options.get("server_authority") or {}
    hosts, absent_hosts = _by_state(options["hosts"])
    clients, absent_clients = _by_state(options["clients"])
    desired = Desired(
        site=options["site"],
        server_common_name=server.get("common_name") or "%s docker server authority" % options["site"],
        server_valid_days=server.get("valid_days") or 3650,
        client_authorities=tuple(sorted(set(options["client_authorities"]))),
        client_valid_days=options["client_authority_valid_days"],
        clients=tuple(_client(given, options) for given in clients),
        hosts=tuple(_host(given, options.get("leaf_key_type")) for given in hosts),
        leaf_days=options["leaf_valid_days"],
        renew_before_days=options["renew_before_days"],
        trusted=tuple(_trusted(given) for given in options["trusted_authorities"]),
        replace_foreign=options["on_foreign_authority"] == "replace",
        absent_hosts=absent_hosts,
        absent_clients=absent_clients,
        server_key_type=server.get("key_type"),
        client_key_type=options.get("client_authority_key_type"),
        renew_jitter_days=options["renew_jitter_days"],
        key_max_age_days=options["key_max_age_days"],
        rotation=tuple(_rotation(given) for given in options["rotation"]),
        external=options["signer"] == EXTERNAL,
        given_keys=frozenset(by_label(options.get("authority_keys"))),
        authority_certificates=tuple(sorted(by_label(options.get("authority_certificates")).items())),
        encrypt=bool(options.get("authority_passphrase")),
    )
    found = [*faults_of(desired), *_passphrase_faults(options.get("authority_passphrase"))]
    if found:
        raise Failure(
            "The options cannot be used: %s." % "; ".join(found),
            code="InvalidOptions",
            hint="Correct the options and run again. Nothing was written.",
        )
    return desired


def by_label(given: t.Optional[t.Mapping[str, t.Any]]) -> t.Dict[str, str]:
    """An option that gives PEM texts by label, without the empty ones (variables that are not set on this site)."""
    return {label: str(pem) for label, pem in (given or {}).items() if pem}


def _by_state(elements: t.Sequence[t.Mapping[str, t.Any]]) -> t.Tuple[t.List[t.Mapping[str, t.Any]], t.Tuple[str, ...]]:
    """(the elements to be present, the names of those to be absent, whose other options do not count)."""
    present = [given for given in elements if given.get("state") != ABSENT]
    return present, tuple(given["name"] for given in elements if given.get("state") == ABSENT)


def _client(given: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> ClientDesired:
    return ClientDesired(
        name=given["name"],
        authority=given.get("authority") or "default",
        valid_days=given.get("valid_days") or options["leaf_valid_days"],
        key_type=given.get("key_type") or options.get("leaf_key_type"),
        certificate=given.get("certificate") or None,
    )


def _host(given: t.Mapping[str, t.Any], key_type: t.Optional[str]) -> HostDesired:
    names, faults = subject_names(given.get("dns_names") or (), given.get("ip_addresses") or ())
    origin = given.get("key_origin") or ORIGIN_VM
    csr = given.get("csr") or None
    if csr and origin == ORIGIN_CONTROLLER:
        faults += ("a csr was given although key_origin is controller, expected one or the other",)
    fault = directory_fault(given["name"])
    return HostDesired(
        name=given["name"],
        names=names,
        vm_id=given.get("vm_id") or None,
        csr=csr,
        key_origin=origin,
        fault="; ".join(((fault,) if fault else ()) + faults),
        key_type=given.get("key_type") or key_type,
        certificate=given.get("certificate") or None,
    )


def _rotation(given: t.Mapping[str, t.Any]) -> RotationDesired:
    hours = given.get("min_age_hours")
    return RotationDesired(given["authority"], given["phase"], 24 if hours is None else hours)


def _trusted(given: t.Mapping[str, t.Any]) -> TrustedAuthority:
    server = normal_sha256(given.get("server_authority_sha256") or "")
    clients = sorted({normal_sha256(text) for text in given.get("client_authority_sha256s") or ()})
    return TrustedAuthority(given["host"], server or None, tuple(clients))


def _passphrase_faults(passphrase: t.Optional[str]) -> t.Iterator[str]:
    length = len((passphrase or "").encode("utf-8"))
    if length > LONGEST_PASSPHRASE:
        yield "authority_passphrase has %d bytes, expected at most %d" % (length, LONGEST_PASSPHRASE)

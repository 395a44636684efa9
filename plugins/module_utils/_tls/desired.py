# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What the user declared, checked and in one form. Pure."""

from __future__ import annotations

import collections
import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import normal_sha256
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import directory_fault, subject_names

ORIGIN_VM = "vm"
ORIGIN_CONTROLLER = "controller"
ABSENT = "absent"


class HostDesired(t.NamedTuple):
    """One host. names: sorted SAN texts; csr: PEM or None; fault: why its options cannot be used, "" when they can."""

    name: str
    names: t.Tuple[str, ...] = ()
    vm_id: t.Optional[str] = None
    csr: t.Optional[str] = None
    key_origin: str = ORIGIN_VM
    fault: str = ""


class ClientDesired(t.NamedTuple):
    """One client of the Docker API. authority: name of the client authority that signs it."""

    name: str
    authority: str
    valid_days: int


class TrustedAuthority(t.NamedTuple):
    """What one host trusts today. Fingerprints: lower-case hex; None or empty where nothing is known."""

    host: str
    server: t.Optional[str]
    clients: t.Tuple[str, ...]


class Desired(t.NamedTuple):
    """One call's declaration. Days are whole days; renew_before the time before expiry at which leaves are renewed.

    hosts, clients: those to be present; absent_hosts, absent_clients: names of those to be forgotten.
    """

    site: str
    server_common_name: str
    server_valid_days: int
    client_authorities: t.Tuple[str, ...]
    client_valid_days: int
    clients: t.Tuple[ClientDesired, ...]
    hosts: t.Tuple[HostDesired, ...]
    leaf_days: int
    renew_before_days: int
    trusted: t.Tuple[TrustedAuthority, ...] = ()
    replace_foreign: bool = False
    absent_hosts: t.Tuple[str, ...] = ()
    absent_clients: t.Tuple[str, ...] = ()


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
        clients=tuple(_client(given, options["leaf_valid_days"]) for given in clients),
        hosts=tuple(_host(given) for given in hosts),
        leaf_days=options["leaf_valid_days"],
        renew_before_days=options["renew_before_days"],
        trusted=tuple(_trusted(given) for given in options["trusted_authorities"]),
        replace_foreign=options["on_foreign_authority"] == "replace",
        absent_hosts=absent_hosts,
        absent_clients=absent_clients,
    )
    _refuse(_faults(desired))
    return desired


def client_authority_common_name(site: str, name: str) -> str:
    """The common name of a client authority."""
    return "%s docker client authority %s" % (site, name)


def renew_before(valid_days: int, renew_before_days: int) -> datetime.timedelta:
    """When to renew a leaf: renew_before_days before its end, or in its last third where it does not live that long."""
    if renew_before_days < valid_days:
        return datetime.timedelta(days=renew_before_days)
    return datetime.timedelta(days=valid_days) / 3


def _by_state(elements: t.Sequence[t.Mapping[str, t.Any]]) -> t.Tuple[t.List[t.Mapping[str, t.Any]], t.Tuple[str, ...]]:
    """(the elements to be present, the names of those to be absent, whose other options do not count)."""
    present = [given for given in elements if given.get("state") != ABSENT]
    return present, tuple(given["name"] for given in elements if given.get("state") == ABSENT)


def _client(given: t.Mapping[str, t.Any], leaf_days: int) -> ClientDesired:
    return ClientDesired(given["name"], given.get("authority") or "default", given.get("valid_days") or leaf_days)


def _host(given: t.Mapping[str, t.Any]) -> HostDesired:
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
    )


def _trusted(given: t.Mapping[str, t.Any]) -> TrustedAuthority:
    server = normal_sha256(given.get("server_authority_sha256") or "")
    clients = sorted({normal_sha256(text) for text in given.get("client_authority_sha256s") or ()})
    return TrustedAuthority(given["host"], server or None, tuple(clients))


def _faults(desired: Desired) -> t.Iterator[str]:
    clients = [client.name for client in desired.clients] + list(desired.absent_clients)
    hosts = [host.name for host in desired.hosts] + list(desired.absent_hosts)
    for kind, names in (("hosts", hosts), ("clients", clients)):
        for name, times in sorted(collections.Counter(names).items()):
            if times > 1:
                yield "%s names %s %d times, expected once" % (kind, name, times)
    for name in [*desired.client_authorities, *clients, *desired.absent_hosts]:
        fault = directory_fault(name)
        if fault:
            yield fault
    for client in desired.clients:
        if client.authority not in desired.client_authorities:
            yield "client %s wants the authority %s, expected one of client_authorities: %s" % (
                client.name,
                client.authority,
                ", ".join(desired.client_authorities) or "none",
            )
    yield from _day_faults(desired)


def _day_faults(desired: Desired) -> t.Iterator[str]:
    days = [
        ("server_authority.valid_days", desired.server_valid_days),
        ("client_authority_valid_days", desired.client_valid_days),
        ("leaf_valid_days", desired.leaf_days),
    ]
    days += [("valid_days of client %s" % client.name, client.valid_days) for client in desired.clients]
    for option, value in days:
        if value < 1:
            yield "%s is %d, expected at least 1" % (option, value)
    if not 0 <= desired.renew_before_days < desired.leaf_days:
        yield "renew_before_days is %d, expected at least 0 and less than leaf_valid_days (%d), or every run renews" % (
            desired.renew_before_days,
            desired.leaf_days,
        )


def _refuse(faults: t.Iterable[str]) -> None:
    found = list(faults)
    if found:
        raise Failure(
            "The options cannot be used: %s." % "; ".join(found),
            code="InvalidOptions",
            hint="Correct the options and run again. Nothing was written.",
        )

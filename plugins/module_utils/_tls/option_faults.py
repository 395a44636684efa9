# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What spoils the options of docker_tls as a whole. Pure."""

from __future__ import annotations

import collections
import re
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENT_AUTHORITIES,
    NEXT,
    PREVIOUS,
    SERVER_AUTHORITY,
    client_authority_label,
    owner_of,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.names import directory_fault

_LABEL = re.compile(r"(?:%s|%s/[^/]+)(?:/(?:%s|%s))?\Z" % (SERVER_AUTHORITY, CLIENT_AUTHORITIES, NEXT, PREVIOUS))


def faults(desired: Desired) -> t.Iterator[str]:
    """What is wrong with a declaration and spoils the whole call."""
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
    yield from _authority_faults(desired)


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
    for option, value in (
        ("renew_jitter_days", desired.renew_jitter_days),
        ("key_max_age_days", desired.key_max_age_days),
        *(("min_age_hours of the rotation of %s" % wanted.label, wanted.min_age_hours) for wanted in desired.rotation),
    ):
        if value < 0:
            yield "%s is %d, expected 0 or more" % (option, value)
    if not 0 <= desired.renew_before_days < desired.leaf_days:
        yield "renew_before_days is %d, expected at least 0 and less than leaf_valid_days (%d), or every run renews" % (
            desired.renew_before_days,
            desired.leaf_days,
        )


def _authority_faults(desired: Desired) -> t.Iterator[str]:
    """Labels that name nothing would be passed over in silence, and an authority made in place of the one meant."""
    declared = [SERVER_AUTHORITY, *(client_authority_label(name) for name in desired.client_authorities)]
    for label, times in sorted(collections.Counter(wanted.label for wanted in desired.rotation).items()):
        if label not in declared:
            yield "rotation names %s, expected one of %s" % (label, ", ".join(declared))
        if times > 1:
            yield "rotation names %s %d times, expected once" % (label, times)
    keys = [*declared, *("%s/%s" % (label, NEXT) for label in declared)]
    for label in sorted(desired.given_keys):
        if label not in keys:
            yield "authority_keys names %s, expected one of %s, or a successor: LABEL/%s" % (
                label,
                ", ".join(declared),
                NEXT,
            )
    if desired.given_keys and desired.external:
        yield "authority_keys is given although signer is external, expected one or the other"
    for label, _pem in desired.authority_certificates:
        if not _LABEL.match(label) or directory_fault(owner_of(label).rpartition("/")[2]):
            yield (
                "authority_certificates names %s, expected %s or %s/NAME, and after it nothing, /%s or /%s"
                % (label, SERVER_AUTHORITY, CLIENT_AUTHORITIES, NEXT, PREVIOUS)
            )

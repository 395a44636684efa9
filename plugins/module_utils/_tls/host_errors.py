# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What keeps a single host from being served, with the next step. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.desired import HostDesired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import HostFacts, RequestFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.key_reasons import key_of


def error_of(host: HostDesired, found: HostFacts, presented: t.Optional[RequestFacts]) -> str:
    """Why a host cannot be served at all, with the next step; "" when it can."""
    if host.fault:
        return "%s. Next step: correct the host's options." % _capital(host.fault)
    if presented and presented.fault:
        return "The csr of %s is refused: %s. Next step: make a new key and csr on that host." % (
            host.name,
            presented.fault,
        )
    if not host.names and (presented or found.request or found.certificate):
        return (
            "%s has a key but neither dns_names nor ip_addresses, expected at least one for its certificate. "
            "Next step: give the names and addresses by which clients reach it." % host.name
        )
    return ""


def unfit(host: HostDesired, facts: HostFacts, presented: t.Optional[RequestFacts]) -> str:
    """Why a new key is refused that came in the place of one of the wrong type, "" when it is not.

    It would be asked for again in every run, and every run would make the host restart.
    """
    key = key_of(facts)
    if not (host.key_type and presented and key and key.key_type and presented.key_sha256 != key.sha256):
        return ""
    if host.key_type in (key.key_type, presented.key_type):
        return ""
    return (
        "The new key of %s is %s, expected %s: it cannot make such a key. The present one serves on. Next step: give "
        "another key_type, or bring that host's openssl up to date." % (host.name, presented.key_type, host.key_type)
    )


def import_error(kind: str, name: str, fault: str, authority: str) -> str:
    """Why a certificate that came for a host or client is not taken."""
    return (
        "The certificate given for the %s %s is refused: %s. Next step: have its request signed by %s (see pending in "
        "the result), or leave the certificate out." % (kind, name, fault, authority)
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Names that become directories, and names that go into certificates."""

from __future__ import annotations

import ipaddress
import re
import typing as t

# \Z, not $: a trailing newline would otherwise pass and end up in a path.
_DIRECTORY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}\Z")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_DNS = re.compile(r"%s(?:\.%s)*\.?\Z" % (_LABEL, _LABEL))


def directory_fault(name: str) -> str:
    """Why a name cannot be a directory of the certificate directory, "" when it can."""
    if _DIRECTORY.match(name):
        return ""
    return "the name %r cannot be a directory name, expected letters, digits, '.', '_' and '-' only" % name


def subject_names(
    dns_names: t.Iterable[str], ip_addresses: t.Iterable[str]
) -> t.Tuple[t.Tuple[str, ...], t.Tuple[str, ...]]:
    """(names, faults): sorted unique "DNS:..." and "IP:..." texts, and what is wrong with the others."""
    names, faults = set(), []
    for given in dns_names:
        fault = _dns_fault(given)
        if fault:
            faults.append(fault)
        else:
            names.add("DNS:%s" % given.rstrip(".").lower())
    for given in ip_addresses:
        if is_address(given):
            names.add("IP:%s" % ipaddress.ip_address(given))
        else:
            faults.append("%r in ip_addresses is not an IP address" % given)
    return tuple(sorted(names)), tuple(faults)


def shortened(names: t.Sequence[str], longest: int) -> str:
    """Names for a text: no more than so many of them, and how many are left out."""
    more = len(names) - longest
    return ", ".join(names[:longest]) + (" and %d more" % more if more > 0 else "")


def host_fault(given: str) -> str:
    """Why a text cannot be connected to or verified as a host, "" when it is an IP address or an ASCII host name."""
    if is_address(given) or (len(given) <= 253 and _DNS.match(given)):
        return ""
    return "%r is neither an IP address nor an ASCII host name" % given


def is_address(given: str) -> bool:
    """Whether a text is an IP address."""
    try:
        ipaddress.ip_address(given)
    except ValueError:
        return False
    return True


def _dns_fault(given: str) -> str:
    if is_address(given):
        return "%r in dns_names is an IP address, expected it in ip_addresses" % given
    if "*" in given:
        return "%r in dns_names is a wildcard, expected the host's own name: one host could pose as all" % given
    if len(given) > 253 or not _DNS.match(given):
        return "%r in dns_names is not an ASCII host name" % given
    return ""

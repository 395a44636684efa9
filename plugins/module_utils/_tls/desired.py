# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""What the user declared, checked and in one form. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.renewal import Spread

ORIGIN_VM = "vm"
ORIGIN_CONTROLLER = "controller"
ABSENT = "absent"
EXTERNAL = "external"


class HostDesired(t.NamedTuple):
    """One host. names: sorted SAN texts; csr: PEM or None; fault: why its options cannot be used, "" when they can.

    key_type: what its key shall be, None where that does not matter. certificate: PEM to import, or None.
    """

    name: str
    names: t.Tuple[str, ...] = ()
    vm_id: t.Optional[str] = None
    csr: t.Optional[str] = None
    key_origin: str = ORIGIN_VM
    fault: str = ""
    key_type: t.Optional[str] = None
    certificate: t.Optional[str] = None


class ClientDesired(t.NamedTuple):
    """One client of the Docker API. authority: name of the client authority that signs it; the rest as of a host."""

    name: str
    authority: str
    valid_days: int
    key_type: t.Optional[str] = None
    certificate: t.Optional[str] = None


class RotationDesired(t.NamedTuple):
    """One authority to be rotated. phase: "begin", "switch", "finish" or "cancel"."""

    label: str
    phase: str
    min_age_hours: int = 24


class TrustedAuthority(t.NamedTuple):
    """What one host trusts today. Fingerprints: lower-case hex; None or empty where nothing is known."""

    host: str
    server: t.Optional[str]
    clients: t.Tuple[str, ...]


class Desired(t.NamedTuple):
    """One call's declaration. Days are whole days; renew_before the time before expiry at which leaves are renewed.

    hosts, clients: those to be present; absent_hosts, absent_clients: names of those to be forgotten.
    server_key_type, client_key_type: of authorities, None where that does not matter; external: others sign.
    given_keys: labels of authorities whose keys came as options (the keys themselves are in the keyring).
    authority_certificates: (label, PEM) of authorities that came as options. encrypt: authorities' keys are encrypted.
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
    server_key_type: t.Optional[str] = None
    client_key_type: t.Optional[str] = None
    renew_jitter_days: int = 0
    key_max_age_days: int = 0
    rotation: t.Tuple[RotationDesired, ...] = ()
    external: bool = False
    given_keys: t.FrozenSet[str] = frozenset()
    authority_certificates: t.Tuple[t.Tuple[str, str], ...] = ()
    encrypt: bool = False

    @property
    def spread(self) -> Spread:
        """How things that fall due are spread over days."""
        return Spread(self.site, self.renew_jitter_days)


def client_authority_common_name(site: str, name: str) -> str:
    """The common name of a client authority."""
    return "%s docker client authority %s" % (site, name)

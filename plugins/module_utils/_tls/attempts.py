# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Which connections are made to every target, and as whom."""

from __future__ import annotations

import datetime
import ssl
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import minted
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.contexts import good_context, stranger_context
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import require_cryptography
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.foreign import foreign_context
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.keyring import Keyring
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observation import (
    CHECKS,
    CONTROL,
    EXPIRED_CLIENT,
    FOREIGN_AUTHORITY,
    GOOD_CLIENT,
    MINTED,
    NO_CERTIFICATE,
    PLAIN_HTTP,
    REVOKED_AUTHORITY,
    SERVED_CERTIFICATE,
    TLS_1_1,
    WRONG_USAGE,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.signers import Signers

_WITH_CRYPTOGRAPHY = {FOREIGN_AUTHORITY, SERVED_CERTIFICATE, REVOKED_AUTHORITY, *MINTED}
_NO_DIRECTORY = (
    "no certificate_directory was given, whose authority signs the certificate for this check: give it, or leave the "
    "check out"
)
_NO_NAMES = (
    "revoked_authorities was not given: name the client authorities that must be refused, or leave the check out"
)
_NO_AUTHORITY = (
    "the certificate of client_directory was signed by no client authority of certificate_directory: give "
    "client_authority, or leave the check out"
)


class Attempt(t.NamedTuple):
    """One connection. name: in the result; check: its kind; context: None where the ssl module has no part in it.

    authority: name of the one that signed for it, "" where it says nothing; obstacle: why it cannot be made, "" when
    it can.
    """

    name: str
    check: str
    context: t.Optional[ssl.SSLContext] = None
    authority: str = ""
    obstacle: str = ""


def attempts(options: t.Mapping[str, t.Any], now: datetime.datetime) -> t.List[Attempt]:
    """The connections that the options of docker_tls_probe ask for, in the order of CHECKS.

    Failure when the client directory or a named authority cannot be used.
    """
    checks = [check for check in CHECKS if check in options["checks"]]
    if _WITH_CRYPTOGRAPHY & set(checks):
        require_cryptography()
    directory = options["client_directory"]
    simple: t.Dict[str, t.Callable[[], t.Optional[ssl.SSLContext]]] = {
        GOOD_CLIENT: lambda: good_context(directory),
        NO_CERTIFICATE: stranger_context,
        FOREIGN_AUTHORITY: foreign_context,
        PLAIN_HTTP: lambda: None,
        TLS_1_1: lambda: None,
        SERVED_CERTIFICATE: lambda: stranger_context(directory),
    }
    signed = _signed(options, checks, now)
    made: t.List[Attempt] = []
    for check in checks:
        made += [Attempt(check, check, simple[check]())] if check in simple else signed[check]
    return made + signed[CONTROL]


def _signed(
    options: t.Mapping[str, t.Any], checks: t.Sequence[str], now: datetime.datetime
) -> t.Dict[str, t.List[Attempt]]:
    """The attempts of those checks for which an authority of the certificate directory signs."""
    wanted = [check for check in (*MINTED, REVOKED_AUTHORITY) if check in checks]
    found: t.Dict[str, t.List[Attempt]] = {check: [] for check in (*wanted, CONTROL)}
    if not wanted:
        return found
    if not options.get("certificate_directory"):
        return {**found, **{check: [Attempt(check, check, obstacle=_NO_DIRECTORY)] for check in wanted}}
    keyring = Keyring(options.get("authority_passphrase"), options.get("authority_keys"))
    signers = Signers(options["certificate_directory"], keyring)
    _refuse_unknown(signers, options)
    if REVOKED_AUTHORITY in wanted:
        found[REVOKED_AUTHORITY] = list(_revoked(signers, options.get("revoked_authorities"), now))
    minting = [check for check in MINTED if check in wanted]
    if minting:
        found.update(_minted(signers, minting, options, now))
    return found


def _refuse_unknown(signers: Signers, options: t.Mapping[str, t.Any]) -> None:
    own = [options["client_authority"]] if options.get("client_authority") else []
    named = (("client_authority", own), ("revoked_authorities", options.get("revoked_authorities") or []))
    faults = [fault for fault in (signers.fault(option, names) for option, names in named) if fault]
    if faults:
        raise Failure(
            "The options cannot be used: %s." % "; ".join(faults),
            code="InvalidOptions",
            hint="Correct the names, or give the directory that holds these authorities. Nothing was probed.",
        )


def _revoked(signers: Signers, names: t.Optional[t.Sequence[str]], now: datetime.datetime) -> t.Iterator[Attempt]:
    if names is None:
        yield Attempt(REVOKED_AUTHORITY, REVOKED_AUTHORITY, obstacle=_NO_NAMES)
    for name in sorted(set(names or ())):
        signer, obstacle = signers.get(name)
        context = minted.client_context(signer, minted.CLIENT, minted.valid(now)) if signer else None
        yield Attempt("%s:%s" % (REVOKED_AUTHORITY, name), REVOKED_AUTHORITY, context, name, obstacle)


def _minted(
    signers: Signers, checks: t.Sequence[str], options: t.Mapping[str, t.Any], now: datetime.datetime
) -> t.Dict[str, t.List[Attempt]]:
    of_client = signers.of_client(options["client_directory"])
    name = options.get("client_authority") or of_client
    signer, obstacle = signers.get(name) if name else (None, _NO_AUTHORITY)
    if not name or not signer:
        return {check: [Attempt(check, check, authority=name or "", obstacle=obstacle)] for check in checks}
    kinds = {
        EXPIRED_CLIENT: (minted.CLIENT, minted.expired(now)),
        WRONG_USAGE: (minted.SERVER, minted.valid(now)),
        CONTROL: (minted.CLIENT, minted.valid(now)),
    }
    # That the good client is let in shows that its authority is trusted. Of another authority only a control can.
    control = [] if name == of_client and GOOD_CLIENT in options["checks"] else [CONTROL]
    return {
        check: [Attempt(check, check, minted.client_context(signer, *kinds[check]), name)]
        for check in (*checks, *control)
    }

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Decide about key, certificate and listener (pure): TCP exists with complete TLS for the machine's own key only."""

from __future__ import annotations

import typing as t

from . import keys, unit
from .change import Change
from .desired import TLS, Desired
from .observe import Observed

ENROLLED, SERVING, KEY_MISMATCH, LOCAL = "enrolled", "serving", "key_mismatch", "local"
UNKNOWN_COMMAND = "(the package's start command)"


class TlsPlan(t.NamedTuple):
    """``state``: what the host is afterwards; ``key_sha256``: of the key that serves, "" where none does."""

    state: str
    changes: t.Tuple[Change, ...]
    key_sha256: str = ""

    @property
    def causes(self) -> t.Tuple[Change, ...]:
        """The changes that the running daemon must be restarted for; a key that nothing serves with yet is none."""
        kinds = ("key", "promote", "write", "remove") if self.state == SERVING else ("remove",)
        return tuple(change for change in self.changes if change.action in kinds)


def plan_tls(desired: Desired, seen: Observed) -> TlsPlan:
    """Changes in the order in which they must be made."""
    if desired.remote_access != TLS:
        return without_listener(desired, seen)
    reason = key_reason(desired, seen)
    brought = desired.tls is not None and desired.tls.key is not None
    changes: t.List[Change] = []
    if reason is not None:
        changes.append(Change("key", str(keys.KEY), reason))
        changes += [] if brought else closing_changes(seen, "its key is replaced")
    elif desired.tls is None:
        changes += closing_changes(seen, "no certificate is declared")
    key_sha256 = seen.certificate_key_sha256 if brought else seen.key_sha256
    turns = reason is None and not brought and is_for_next(desired, seen)
    if turns:
        changes.append(Change("promote", str(keys.NEXT), "the leaf for the next key has come"))
        key_sha256 = seen.next_key_sha256
    else:
        changes += next_key_changes(desired, seen, reason)
    matching = (brought or reason is None) and key_sha256 == seen.certificate_key_sha256
    if desired.tls is not None and matching and key_sha256 is not None:
        changes += file_changes(desired, seen, key_sha256)
        return TlsPlan(SERVING, tuple(changes), key_sha256)
    return TlsPlan(ENROLLED if desired.tls is None else KEY_MISMATCH, tuple(changes))


def without_listener(desired: Desired, seen: Observed) -> TlsPlan:
    """The API is reached by SSH or on the machine only: no listener, and no key that could serve one."""
    reason = f"remote access is declared {desired.remote_access}"
    changes = closing_changes(seen, reason)
    there = ((keys.KEY, seen.key_exists), (keys.OWNER, seen.key_owner), (keys.NEXT, seen.next_key_sha256))
    changes += [Change("erase", str(path), reason) for path, found in there if found]
    return TlsPlan(LOCAL, tuple(changes))


def key_reason(desired: Desired, seen: Observed) -> t.Optional[str]:
    """Why a new private key is due at once, None when the present one is right."""
    if desired.tls is not None and desired.tls.key is not None:
        return None if seen.key_sha256 == seen.certificate_key_sha256 else "the controller sent another key"
    if not seen.key_exists:
        return "there is none"
    if seen.key_sha256 is None:
        return "it cannot be read"
    if seen.key_owner != desired.vm_id:
        return f"it was made for VM id {seen.key_owner or 'unknown'}, this is {desired.vm_id}"
    return None


def is_for_next(desired: Desired, seen: Observed) -> bool:
    """Whether the declared leaf was signed for the next key, so that it takes the present one's place."""
    return (
        desired.tls is not None
        and seen.next_key_sha256 not in (None, seen.key_sha256)
        and (seen.next_key_sha256 == seen.certificate_key_sha256)
    )


def next_key_changes(desired: Desired, seen: Observed, new_key: t.Optional[str]) -> t.List[Change]:
    """The next key is made when the present one is to be replaced, and goes when nobody asks for it any more."""
    asked = desired.rekey is not None and desired.rekey == seen.key_sha256 and new_key is None
    if asked and seen.next_key_sha256 is None:
        return [Change("next_key", str(keys.NEXT), "the present key is to be replaced")]
    if not asked and seen.next_key_sha256 is not None:
        return [Change("erase", str(keys.NEXT), "nobody asks for it any more")]
    return []


def file_changes(desired: Desired, seen: Observed, key_sha256: str) -> t.List[Change]:
    """The set of public files that serve; each difference is one change."""
    wanted = {
        unit.CERTIFICATE: desired.complete_tls.certificate,
        unit.CLIENT_AUTHORITIES: desired.complete_tls.client_authorities,
        unit.DROP_IN: unit.drop_in(desired, seen.exec_start or UNKNOWN_COMMAND, key_sha256),
    }
    return [
        Change("write", path, "absent" if seen.files.get(path) is None else "content differs", text)
        for path, text in wanted.items()
        if seen.files.get(path) != text
    ]


def closing_changes(seen: Observed, reason: str) -> t.List[Change]:
    """Take a listener away: without a matching pair of key and declared certificate there is no TCP."""
    paths = (unit.DROP_IN, unit.CERTIFICATE, unit.CLIENT_AUTHORITIES)
    return [Change("remove", path, reason) for path in paths if seen.files.get(path) is not None]

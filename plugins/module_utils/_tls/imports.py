# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Certificates that come as options instead of being signed here: which of them are taken. Pure."""

from __future__ import annotations

import datetime
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import CertificateFacts, Offered
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.reasons import (
    Expected,
    Reason,
    leaf_reasons,
    valid_despite,
)


class Judged(t.NamedTuple):
    """certificate: to be stored, None when it stays as it is; fault: why the offered one cannot be used, or ""."""

    certificate: t.Optional[CertificateFacts] = None
    fault: str = ""


def judge(
    offered: t.Optional[Offered],
    stored: t.Optional[CertificateFacts],
    stored_reasons: t.Iterable[Reason],
    expected: Expected,
    keys: t.Collection[t.Optional[str]],
    now: datetime.datetime,
) -> Judged:
    """Whether an offered leaf takes the place of the stored one, whose reasons are given.

    keys: SHA-256 of the public keys that it may be for; expected: as of the stored one, whose key counts no further.
    What is stored already, or older than a stored one that is good, is passed over in silence: variables keep old
    certificates.
    """
    if offered is None:
        return Judged()
    found = offered.certificate
    if found is None:
        return Judged(fault="it is %s" % offered.fault)
    if stored and found.text == stored.text:
        return Judged()
    if stored and valid_despite(stored_reasons) and _dates(found) < _dates(stored):
        return Judged()
    reasons = leaf_reasons(found, "", expected._replace(key_sha256=None), now)
    texts = [str(reason) for reason in reasons if reason.code == "weak" or not valid_despite([reason])]
    if found.weak_key:
        texts.append("weak: %s" % found.weak_key)
    if found.key_sha256 not in keys:
        wanted = ", ".join(sorted(key[:16] for key in keys if key)) or "a key that is known"
        texts.append("key_mismatch: it is for the key %s, expected %s" % (found.key_sha256[:16], wanted))
    return Judged(fault="; ".join(texts)) if texts else Judged(certificate=found)


def _dates(certificate: CertificateFacts) -> t.Tuple[datetime.datetime, datetime.datetime]:
    return certificate.not_before, certificate.not_after

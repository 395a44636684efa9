# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""Fingerprints and times in the one form that results use."""

from __future__ import annotations

import datetime
import hashlib
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.deps import serialization


def sha256_hex(data: bytes) -> str:
    """SHA-256 of data (a DER encoding) as lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def key_sha256(public_key: t.Any) -> str:
    """SHA-256 of the SubjectPublicKeyInfo of a cryptography public key, as lower-case hex."""
    return sha256_hex(
        public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def normal_sha256(text: str) -> str:
    """A fingerprint as people and tools write it (colons, capitals) in the form used here."""
    return text.replace(":", "").strip().lower()


def iso(moment: datetime.datetime) -> str:
    """A UTC time as 2026-01-31T12:00:00Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def days_left(not_after: datetime.datetime, now: datetime.datetime) -> int:
    """Whole days until not_after, rounded down; negative once it is past."""
    return (not_after - now).days

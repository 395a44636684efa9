# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The one place that imports cryptography, so that everything else can be imported without it."""

from __future__ import annotations

import sys
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure

MINIMUM = (42, 0)
"""First release with time zone aware validity (not_valid_after_utc)."""

try:
    import cryptography
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

    FOUND: t.Optional[str] = cryptography.__version__
except ImportError:
    x509 = hashes = serialization = ec = ed448 = ed25519 = rsa = None  # type: ignore[assignment]
    InvalidSignature = UnsupportedAlgorithm = None  # type: ignore[assignment,misc]
    FOUND = None

__all__ = [
    "InvalidSignature",
    "UnsupportedAlgorithm",
    "ec",
    "ed25519",
    "ed448",
    "hashes",
    "require_cryptography",
    "rsa",
    "serialization",
    "x509",
]


def require_cryptography(found: t.Optional[str] = FOUND) -> None:
    """Raise Failure unless cryptography is there and new enough. found: its version, None when absent."""
    if found is not None and _release(found) >= MINIMUM:
        return
    wanted = ".".join(str(part) for part in MINIMUM)
    seen = "was not found" if found is None else "is version %s" % found
    raise Failure(
        "The Python package cryptography %s, expected %s or newer for %s." % (seen, wanted, sys.executable),
        code="MissingPackage",
        hint="Install it for this interpreter, for example: %s -m pip install 'cryptography>=%s'"
        % (sys.executable, wanted),
    )


def _release(version: str) -> t.Tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())

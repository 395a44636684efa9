# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""The forceUpdateTag as the place that remembers which protected settings were sent.

Protected settings never come back from Azure; the tag does. It is "bulwark1:MARK" or "bulwark1:MARK:NONCE"; MARK is

- 16 hex digits: HMAC-SHA256 of the protected settings as canonical JSON, with the user's key (a bare hash of a short
  password could be guessed by everybody who may read the extension),
- "vault-" and 16 hex digits: SHA-256 of the reference to the Key Vault secret that holds them (nothing secret itself),
- "none": there are no protected settings,
- "unkeyed": there are some, but no key was given.

A new NONCE makes the handler run again although nothing else changed. Any other tag is foreign and says nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any, Mapping, NamedTuple, Optional

PREFIX = "bulwark1:"
NONE, UNKEYED = "none", "unkeyed"
# A tag of the user's own, with what we append to make the handler run again.
RERUN_MARK = "~bulwark-"
_TAG = re.compile("^bulwark1:((?:vault-)?[0-9a-f]{16}|none|unkeyed)(?::([0-9a-z]+))?$")


class Tag(NamedTuple):
    """A tag of ours in parts."""

    mark: str
    nonce: Optional[str]

    def text(self) -> str:
        """The tag as Azure holds it."""
        return PREFIX + self.mark + (":" + self.nonce if self.nonce else "")


def canonical(value: Any) -> bytes:
    """One and the same JSON text for equal values, whatever the order of their keys; UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def mark_of(protected: Optional[Mapping[str, Any]], key: Optional[str]) -> str:
    """The MARK that stands for these protected settings."""
    if not protected:
        return NONE
    if not key:
        return UNKEYED
    return hmac.new(key.encode("utf-8"), canonical(protected), hashlib.sha256).hexdigest()[:16]


def reference_mark(reference: Mapping[str, Any]) -> str:
    """The MARK that stands for protected settings that Azure fetches from a Key Vault."""
    text = canonical(reference).decode("utf-8").lower()  # ids and host names do not care about case
    return "vault-" + hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def read_tag(text: Optional[str]) -> Optional[Tag]:
    """The parts of a tag of ours; None for no tag and for somebody else's."""
    match = _TAG.match(text or "")
    return Tag(match.group(1), match.group(2)) if match else None


def secret_state(stored: Optional[str], wanted: str) -> str:
    """How stored and wanted (a MARK) protected settings compare, by the stored tag: "same", "differs" or "unknown"."""
    tag = read_tag(stored)
    if tag is None or UNKEYED in (tag.mark, wanted):
        return "unknown"
    return "same" if hmac.compare_digest(tag.mark, wanted) else "differs"


def next_tag(stored: Optional[str], wanted: str, nonce: Optional[str]) -> str:
    """The tag to send for a MARK. ``nonce`` forces a new run; without it a tag that still fits stays as it is."""
    tag = read_tag(stored)
    if nonce is None and tag is not None and tag.mark == wanted:
        return tag.text()
    return Tag(wanted, nonce).text()


def is_users_tag(stored: Optional[str], wanted: str) -> bool:
    """True if the stored tag is the one the user set, with or without what a forced run appended to it."""
    return (stored or "").split(RERUN_MARK)[0] == wanted


def users_tag(stored: Optional[str], wanted: str, nonce: Optional[str]) -> str:
    """The tag to send where the user sets it: it has to differ from the stored one for a forced run."""
    return wanted + RERUN_MARK + nonce if nonce and is_users_tag(stored, wanted) else wanted

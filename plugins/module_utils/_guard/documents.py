# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""JSON as strict as a judge needs it: what Go's lenient parser in runc would read otherwise is no JSON here."""

from __future__ import annotations

import json
import typing as t

from .verdict import Closed

LARGEST = 16 * 1024 * 1024  # bytes


def parse(data: bytes, name: str) -> t.Any:
    """The document. Raises Closed for what is not UTF-8, not JSON, or has a key twice (runc would merge the two)."""
    if len(data) > LARGEST:
        raise Closed(f"{name}: found more than {LARGEST} bytes, expected a container's configuration")
    try:
        text = data.decode("utf-8")
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Closed(f"{name}: found no proper JSON ({error}), expected what dockerd writes") from error
    if "\\ud" in text or "\\uD" in text:
        _encodable(document, name)
    return document


def text(document: t.Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _once(pairs: t.List[t.Tuple[str, t.Any]]) -> t.Dict[str, t.Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_constant(name: str) -> t.Any:
    raise ValueError(f"{name} is no number")


def _encodable(document: t.Any, name: str) -> None:
    """Half a surrogate pair is one path for us and another for runc."""
    try:
        text(document)
    except UnicodeEncodeError as error:
        raise Closed(f"{name}: found half of a surrogate pair, expected proper characters") from error

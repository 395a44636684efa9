# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic of benchmarks, and reading a journal of local Azure (pure)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fit:
    """``y = base + slope * x``; ``worst`` is the largest distance of a point, as a part of its y."""

    base: float
    slope: float
    worst: float


def fit(points: Sequence[tuple[float, float]]) -> Fit:
    """Return the line of least squares through points (x, y). Raises ValueError for less than two different x."""
    if len({x for x, _y in points}) < 2:
        raise ValueError(f"found {len(points)} points, expected two with different x")
    middle_x = sum(x for x, _y in points) / len(points)
    middle_y = sum(y for _x, y in points) / len(points)
    slope = sum((x - middle_x) * (y - middle_y) for x, y in points) / sum((x - middle_x) ** 2 for x, _y in points)
    base = middle_y - slope * middle_x
    return Fit(base, slope, max(abs(y - base - slope * x) / y if y else 0.0 for x, y in points))


@dataclass(frozen=True)
class Requests:
    """What Resource Manager was asked; tokens, metadata and the control paths are not counted."""

    total: int
    refused: int
    by_kind: dict[str, int]


def requests(lines: Iterable[str]) -> Requests:
    """Return the counts of a journal's lines; a kind is "GET virtualMachines/extensions"."""
    entries = [entry for entry in map(json.loads, filter(str.strip, lines)) if _is_arm(entry["path"])]
    kinds = Counter(f"{entry['method']} {_kind(entry['path'])}" for entry in entries)
    return Requests(len(entries), sum(entry["status"] == 429 for entry in entries), dict(kinds.most_common()))


def verdict(*claims: tuple[str, float, float]) -> str:
    """Return one line for claims (text, found, limit): met if nothing found is above its limit."""
    texts = [f"{text} <= {limit:g} (found {found:.4g})" for text, found, limit in claims]
    met = all(found <= limit for _text, found, limit in claims)
    return f"target {' and '.join(texts)}: {'met' if met else 'not met'}"


def table(rows: Sequence[Sequence[Any]]) -> str:
    """Return rows of cells as text; the first column is left-aligned, numbers have at most four digits."""
    cells = [[f"{cell:.4g}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) if index else cell.ljust(width) for index, (cell, width) in pairs).rstrip()
        for pairs in (list(enumerate(zip(row, widths, strict=True))) for row in cells)
    )


def _is_arm(path: str) -> bool:
    words = path.lower().partition("?")[0].strip("/").split("/")
    return words[0] in ("subscriptions", "providers", "tenants")


def _kind(path: str) -> str:
    words = path.partition("?")[0].strip("/").split("/")
    lowered = [word.lower() for word in words]
    if "providers" not in lowered:
        return "/".join(words[::2])
    after = words[len(words) - lowered[::-1].index("providers") :]
    if "operations" in after:
        return "operations"
    return "/".join(after[1::2])

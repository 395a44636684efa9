# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each behaviour is known from: prints a Markdown table (`python -m local_azure.provenance`)."""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator

import local_azure as package

EVIDENCE = ("recorded", "spec", "docs", "agent", "inferred")  # agent: what the real agent asks for and accepts


def collect() -> list[tuple[str, str, str]]:
    """Return (module, behaviour, evidence) of every PROVENANCE in the package."""
    rows = []
    for name in sorted(_modules()):
        table = getattr(importlib.import_module(name), "PROVENANCE", {})
        rows += [(name.removeprefix(f"{package.__name__}."), what, evidence) for what, evidence in table.items()]
    return rows


def _modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            yield module.name


def table(rows: list[tuple[str, str, str]]) -> str:
    """Return the table with its counts."""
    counts = Counter(evidence for _module, _what, evidence in rows)
    summary = ", ".join(f"{counts[evidence]} {evidence}" for evidence in EVIDENCE)
    lines = [f"{len(rows)} behaviours: {summary}.", "", "| module | behaviour | known from |", "| --- | --- | --- |"]
    escaped = ((module, what.replace("|", "\\|"), evidence) for module, what, evidence in rows)
    return "\n".join([*lines, *(f"| `{module}` | {what} | {evidence} |" for module, what, evidence in escaped)])


if __name__ == "__main__":
    print(table(collect()))

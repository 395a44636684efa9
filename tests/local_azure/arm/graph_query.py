# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few forms of Resource Graph queries that this bed understands; no KQL engine (pure).

    Resources
    | where <path> =~ '..' and <path> == <value> and <path> in~ ('..', '..') and <path> in (..)
    | project <path>, name = <path>, name = tostring(<path>), name = tolower(<path>)
    | order by <path> [asc | desc]

A path is a column, then .name or ['name']; comments begin with //. Everything else is a QueryError.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .graph_reader import Reader, Row, split

PROVENANCE = {
    "queries: a fixed subset of KQL, everything else is refused": "inferred",
    "=~ and in~ compare strings without case, a missing value equals nothing": "docs",
    "a projected path without a name is called by its words joined with _": "docs",
}
COLUMNS = (
    "id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy", "sku",
    "plan", "properties", "tags", "identity", "zones", "extendedLocation",
)  # fmt: skip
Stage = Callable[[Iterable[Row]], Iterable[Row]]


@dataclass(frozen=True)
class Query:
    """What a text asks for. `columns` are those of its rows: without id there is no second page."""

    stages: tuple[Stage, ...]
    columns: tuple[str, ...]

    def run(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows that the query selects from these."""
        for stage in self.stages:
            rows = stage(rows)
        return list(rows)


def parse(text: str) -> Query:
    """Return the query that a text is, or raise QueryError."""
    stages: list[Stage] = []
    columns: tuple[str, ...] = COLUMNS
    for index, tokens in enumerate(split(text)):
        shown = " ".join(token.text for token in tokens)
        reader = Reader(shown, tokens, columns)
        if index == 0:
            reader.expect("resources")
        else:
            verb = reader.expect("where", "project", "order", "sort")
            if verb == "project":
                stage, columns = _project(reader)
            else:
                stage = _where(reader) if verb == "where" else _order(reader)
            stages.append(stage)
        if not reader.ended:
            raise reader.error("the end of the stage")
    return Query(tuple(stages), columns)


def _where(reader: Reader) -> Stage:
    tests = [_condition(reader)]
    while reader.next_is("and"):
        tests.append(_condition(reader))
    return lambda rows: [row for row in rows if all(test(row) for test in tests)]


def _condition(reader: Reader) -> Callable[[Row], bool]:
    if reader.next_is("isnotempty"):
        reader.expect("(")
        given = reader.path()
        reader.expect(")")
        return lambda row: _text(given.of(row)) != ""
    path = reader.path()
    operator = reader.expect("=~", "==", "in~", "in")
    wanted = reader.list() if operator.startswith("in") else [reader.literal()]
    if operator.endswith("~"):
        folded = {str(value).lower() for value in wanted}
        return lambda row: isinstance(value := path.of(row), str) and value.lower() in folded
    return lambda row: path.of(row) in wanted


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, separators=(",", ":"))


_FUNCTIONS: dict[str, Callable[[Any], str]] = {"tostring": _text, "tolower": lambda value: _text(value).lower()}


def _project(reader: Reader) -> tuple[Stage, tuple[str, ...]]:
    columns: dict[str, Callable[[Row], Any]] = {}
    while True:
        name, value = _column(reader)
        columns[name] = value
        if not reader.next_is(","):
            break

    def stage(rows: Iterable[Row]) -> Iterable[Row]:
        return [{name: value(row) for name, value in columns.items()} for row in rows]

    return stage, tuple(columns)


def _column(reader: Reader) -> tuple[str, Callable[[Row], Any]]:
    """Read `path`, `name = path` or `name = function(path)`."""
    name = reader.name_before("=")
    if name is None:
        path = reader.path()
        return "_".join(path.words), path.of
    function = reader.next_is(*_FUNCTIONS)
    if function is None:
        return name, reader.path().of
    reader.expect("(")
    inner = reader.path()
    reader.expect(")")
    return name, lambda row: _FUNCTIONS[function](inner.of(row))


def _order(reader: Reader) -> Stage:
    reader.expect("by")
    path = reader.path()
    direction = reader.next_is("asc", "desc") or "desc"  # KQL's default
    return lambda rows: sorted(rows, key=lambda row: _text(path.of(row)), reverse=direction == "desc")

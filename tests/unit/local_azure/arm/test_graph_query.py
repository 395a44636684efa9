# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subset of Resource Graph's language: what it selects, and that everything else is refused by name."""

from __future__ import annotations

import pytest

from local_azure.arm.graph_query import parse
from local_azure.arm.graph_reader import QueryError

VM, EXTENSION = "microsoft.compute/virtualmachines", "microsoft.compute/virtualmachines/extensions"
ROWS = [
    {"id": "/b", "name": "b", "type": VM, "tags": {"Site": "One", "a.b": "x"},
     "properties": {"x": {"y": 1, "z": True}}},
    {"id": "/a", "name": "a", "type": VM, "tags": None, "properties": {"x": {"y": 2}}},
    {"id": "/c", "name": "c", "type": EXTENSION, "tags": {"Site": "one"}, "properties": {}},
]  # fmt: skip


def run(text):
    return parse(text).run(ROWS)


@pytest.mark.parametrize("text, names", [
    ("Resources", "bac"), ("resources // all of them", "bac"),
    ("Resources | where type =~ 'Microsoft.Compute/virtualMachines'", "ba"),
    ("Resources | where type == 'Microsoft.Compute/virtualMachines'", ""),
    (f'Resources | where type == "{VM}"', "ba"),
    ("Resources\n// a comment\n| where tags['Site'] =~ 'ONE' // another | where\n| order by id asc", "bc"),
    ("Resources | where tags.Site == 'One'", "b"), ("Resources | where tags['a.b'] == 'x'", "b"),
    ("Resources | where type in~ ('X', 'microsoft.compute/VIRTUALMACHINES') and name =~ 'A'", "a"),
    ("Resources | where name in ('a', 'c', 'C')", "ac"), ("Resources | where name in~ ('B')", "b"),
    ("Resources | where properties.x.y == 2", "a"), ("Resources | where properties.x.z == true", "b"),
    ("Resources | where properties.none.x =~ ''", ""), ("Resources | where id =~ '/A' | where name =~ 'b'", ""),
    ("Resources | where isnotempty(tags['Site']) and type =~ 'x'", ""),
    ("Resources | where isnotempty(tags['Site'])", "bc"),
    ("Resources | order by id asc", "abc"), ("Resources | sort by name desc", "cba"),
    ("Resources | order by id", "cba"),
    ("Resources | where name == 'it\\'s | a'", ""),
])  # fmt: skip
def test_selection(text, names):
    assert "".join(row["name"] for row in run(text)) == names


def test_projection():
    text = (
        "Resources | where name =~ 'b' | project name, where_ = location, site = tostring(tags['Site']), "
        "low=tolower(tags.Site), y = properties.x.y, properties.x.z, all = tostring(properties), "
        "none=tostring(tags['no'])"
    )
    assert run(text) == [{
        "name": "b", "where_": None, "site": "One", "low": "one", "y": 1, "properties_x_z": True,
        "all": '{"x":{"y":1,"z":true}}', "none": "",
    }]  # fmt: skip


def test_columns_are_those_of_the_last_projection():
    assert "id" in parse("Resources").columns
    assert parse("Resources | project vm = id | where vm =~ '/A'").run(ROWS) == [{"vm": "/a"}]
    with pytest.raises(QueryError, match="one of the columns vm"):
        parse("Resources | project vm = id | order by id asc")


@pytest.mark.parametrize("text, stage, reason", [
    ("", "", "found its end, expected 'resources'"),
    ("ResourceContainers", "ResourceContainers", "found 'ResourceContainers', expected 'resources'"),
    ("Resources | summarize count()", "summarize count ( )", "expected 'where' or 'project' or 'order' or 'sort'"),
    ("Resources | where name has 'x'", "where name has 'x'", "found 'has', expected '=~' or '=='"),
    ("Resources | where name =~ 'x' or id =~ 'y'", "where name =~ 'x' or id =~ 'y'", "found 'or', expected the end"),
    ("Resources | where nothing =~ 'x'", "where nothing =~ 'x'", "expected one of the columns id, name"),
    ("Resources | where name =~ other", "where name =~ other", "expected a string in quotation marks"),
    ("Resources | where name in~ ('a'", "where name in~ ( 'a'", "found its end, expected ',' or ')'"),
    ("Resources | project", "project", "found its end, expected the name of a column"),
    ("Resources | project x = strcat(id)", "project x = strcat ( id )", "found 'strcat'"),
    ("Resources | where name =~ 'a' & x", "& x", "found a sign that no supported query has"),
    ("Resources | | order by id", "", "found its end"), ("Resources | order by id up", "order by id up", "found 'up'"),
])  # fmt: skip
def test_what_is_not_understood_is_named(text, stage, reason):
    with pytest.raises(QueryError) as error:
        parse(text)
    assert error.value.stage == stage
    assert reason in error.value.reason

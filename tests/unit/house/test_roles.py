# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of roles that no linter knows: argument_specs and defaults agree, names say whose a variable is."""

from __future__ import annotations

import pathlib
import re
import typing as t

from . import checkout

# What all roles share, and what Ansible itself reads.
SHARED = re.compile(r"(docker_(site_name|api_port|tls_directory|azure_\w+)|ansible_\w+)$")
SET_FACT = ("set_fact", "ansible.builtin.set_fact")


def options(role: pathlib.Path) -> dict[str, t.Any]:
    """The documented options of every entry point; none where nothing is documented."""
    specs = (checkout.load(role / "meta" / "argument_specs.yml") or {}).get("argument_specs", {}).values()
    return {name: option for spec in specs for name, option in spec.get("options", {}).items()}


def variables_in(node: t.Any) -> t.Iterator[str]:
    """The variables that tasks set: registered, set_fact and loop variables."""
    if isinstance(node, list):
        for item in node:
            yield from variables_in(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in SET_FACT:
                yield from (name for name in value if name != "cacheable")
            elif key in ("register", "loop_var", "index_var") and isinstance(value, str):
                yield value
            else:
                yield from variables_in(value)


def variables(role: pathlib.Path) -> set[str]:
    """Every name that a role gives to a variable."""
    named = set(options(role))
    for directory in ("defaults", "vars"):
        for path in (role / directory).rglob("*.yml"):
            named |= set(checkout.load(path) or {})
    for directory in ("tasks", "handlers"):
        for path in (role / directory).rglob("*.yml"):
            named |= set(variables_in(checkout.load(path)))
    return named


def test_every_role_is_complete() -> None:
    needed = ("README.md", "defaults/main.yml", "meta/argument_specs.yml", "meta/main.yml", "tasks/main.yml")
    print(f"{len(checkout.roles())} roles: {' '.join(role.name for role in checkout.roles())}")
    missing = [f"{role.name}/{name}" for role in checkout.roles() for name in needed if not (role / name).is_file()]
    assert missing == []


def test_defaults_are_the_documented_ones() -> None:
    different = {}
    for role in checkout.roles():
        documented = {name: option["default"] for name, option in options(role).items() if "default" in option}
        real = checkout.load(role / "defaults" / "main.yml") or {}
        both = documented.keys() | real.keys()
        missing = object()
        different[role.name] = sorted(name for name in both if documented.get(name, missing) != real.get(name, missing))
    assert {name: wrong for name, wrong in different.items() if wrong} == {}


def test_variables_say_whose_they_are() -> None:
    wrong = {}
    for role in checkout.roles():
        prefixes = (f"{role.name}_", f"__{role.name}_")
        wrong[role.name] = sorted(n for n in variables(role) if not n.startswith(prefixes) and not SHARED.match(n))
    assert {name: names for name, names in wrong.items() if names} == {}


def test_no_integration_target_is_named_like_a_role() -> None:
    """ansible-test would run the role of the collection in the target's place."""
    targets = {path.name for path in (checkout.ROOT / "tests" / "integration" / "targets").glob("*")}
    assert sorted(targets & {role.name for role in checkout.roles()}) == []

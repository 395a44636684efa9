# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of texts: links of the README, nothing of one machine, requirements that fit beside other collections."""

from __future__ import annotations

import os
import pathlib
import re

from . import checkout

# Split, so that this file does not name them.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
    )
]
LINK = re.compile(r"\]\(([^)\s]+)")
REQUIREMENT = re.compile(r"[a-z0-9-]+(>=[0-9.]+)?$")


def naming(words: list[str]) -> list[str]:
    """The places of the repository where one of the words stands."""
    found = []
    for path in checkout.texts():
        text = path.read_text(errors="replace")
        found += [f"{checkout.relative(path)}: {word}" for word in words if word in text]
    return found


def requirements(path: pathlib.Path) -> list[str]:
    lines = path.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_no_registry_is_named() -> None:
    assert len(checkout.texts()) > 20
    assert naming(REGISTRIES) == []


def test_no_path_of_a_machine_is_named() -> None:
    own = str(checkout.ROOT)
    home = os.path.expanduser("~")
    assert naming([word for word in (own, f"{home}/") if word.count("/") > 1]) == []


def test_readme_links_are_absolute() -> None:
    """Automation Hub shows the README away from the repository: a relative link leads nowhere there."""
    links = LINK.findall((checkout.ROOT / "README.md").read_text())
    assert len(links) > 5
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_readme_lists_every_module_and_role() -> None:
    readme = (checkout.ROOT / "README.md").read_text()
    names = [path.stem for path in checkout.modules()] + [path.name for path in checkout.roles()]
    assert [name for name in names if f"`{name}`" not in readme] == []


def test_changelog_names_every_module_and_role() -> None:
    """`antsibull-changelog release` lists what is new; after a module came, it wants to run again (CONTRIBUTING.md)."""
    changelog = (checkout.ROOT / "CHANGELOG.md").read_text().replace("\\", "")
    names = [path.stem for path in checkout.modules()] + [path.name for path in checkout.roles()]
    assert [name for name in names if f"* {checkout.COLLECTION}.{name} - " not in changelog] == []


def test_requirements_have_lower_bounds_only() -> None:
    """A pin would keep us out of an execution environment where another collection pins the same library."""
    ours = requirements(checkout.ROOT / "meta" / "ee-requirements.txt")
    assert ours
    assert [line for line in ours if not REQUIREMENT.match(line)] == []
    tools = {"unit": ["hypothesis>=6.100"], "integration": []}  # what only tests need
    for tests, more in tools.items():
        assert requirements(checkout.ROOT / "tests" / tests / "requirements.txt") == sorted([*ours, *more])

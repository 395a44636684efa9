# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the house tests read of the checkout: its files, modules and roles."""

from __future__ import annotations

import ast
import pathlib
import subprocess
import sys
import typing as t

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
COLLECTION = "bulwark.azure_docker"
TEXTS = {".cfg", ".ini", ".j2", ".json", ".md", ".py", ".rst", ".sh", ".toml", ".txt", ".yaml", ".yml", ""}
DIRECTORIES = (".ci", ".github", "changelogs", "docs", "meta", "playbooks", "plugins", "roles", "tests")


def texts() -> list[pathlib.Path]:
    """Every text file of the repository, without caches and the output of tests."""
    found = [path for path in ROOT.iterdir() if path.is_file()]
    for directory in DIRECTORIES:
        found += [path for path in (ROOT / directory).rglob("*") if path.is_file() and not path.is_symlink()]
    return sorted(path for path in found if path.suffix in TEXTS and not _is_foreign(path))


def _is_foreign(path: pathlib.Path) -> bool:
    return path.name == "LICENSE" or "__pycache__" in path.parts or ROOT / "tests" / "output" in path.parents


def plugin_files() -> list[pathlib.Path]:
    """Every Python file of plugins/ that is not empty."""
    return sorted(path for path in (ROOT / "plugins").rglob("*.py") if path.stat().st_size)


def modules() -> list[pathlib.Path]:
    return sorted((ROOT / "plugins" / "modules").glob("*.py"))


def roles() -> list[pathlib.Path]:
    return sorted(path for path in (ROOT / "roles").glob("*") if path.is_dir())


def constant(module: pathlib.Path, name: str) -> str:
    """The text that a module assigns to DOCUMENTATION, EXAMPLES or RETURN; raises AssertionError if it does not."""
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return str(ast.literal_eval(node.value))
    raise AssertionError(f"{module.name} has no {name}")


def load(path: pathlib.Path) -> t.Any:
    """A YAML file's content; None where there is no such file."""
    return yaml.safe_load(path.read_text()) if path.is_file() else None


def relative(path: pathlib.Path) -> str:
    return path.relative_to(ROOT).as_posix()


def ansible(temporary: pathlib.Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `ansible-PROGRAM` (playbook, doc) with this checkout as the collection, wherever it lies."""
    link = temporary / "ansible_collections" / "bulwark" / "azure_docker"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(ROOT)
    environment = {
        "ANSIBLE_COLLECTIONS_PATH": str(temporary),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "true",
        "HOME": str(temporary),
        "LC_ALL": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": ":".join(filter(None, sys.path)),
    }
    command = [sys.executable, "-m", f"ansible.cli.{program}", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment, cwd=temporary)

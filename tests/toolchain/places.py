# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are in a checkout, and the environment that every step gets."""

from __future__ import annotations

import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
VENV = CACHE / "venv"
VENV_OLDEST = CACHE / "venv-oldest"
PYTHONS = CACHE / "pythons"
RESULTS = CACHE / "results"
COLLECTION = pathlib.PurePath("ansible_collections", "bulwark", "azure_docker")

# What a user's shell may carry and what changes how git, Python or Ansible behave.
FOREIGN = ("ANSIBLE_", "GIT_", "PYTHON", "PYENV_VERSION", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "AZURE_", "DOCKER_")
KEPT = ("GIT_SSL_CAINFO",)


def environment() -> dict[str, str]:
    """The environment of a step: our interpreters and tools first, a home directory of its own, nothing foreign.

    Tools write to their home directory (ansible-test keeps whole environments there): .cache/home keeps them out of the
    user's. Set-up linked the user's download caches and package index settings into it.
    """
    # Shims of pyenv would offer interpreters that set-up did not choose, and fail when ansible-test starts them.
    path = [part for part in os.environ["PATH"].split(os.pathsep) if not part.endswith(f".pyenv{os.sep}shims")]
    kept = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(FOREIGN)}
    return {
        **kept,
        "HOME": str(CACHE / "home"),
        "PATH": os.pathsep.join([str(PYTHONS), str(VENV / "bin"), *path]),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(ROOT / "tests"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "UV_SYSTEM_CERTS": "1",
    }


def interpreters() -> list[str]:
    """The Python versions that set-up linked, oldest first: ["3.9", ..., "3.13"]."""
    versions = [path.name.removeprefix("python") for path in PYTHONS.glob("python3.*")]
    return sorted(versions, key=lambda version: int(version.partition(".")[2]))


def link_tree() -> pathlib.Path:
    """Make .cache/tree/ansible_collections/bulwark/azure_docker a link to the checkout; return .cache/tree.

    Good for everything that does not resolve links (pytest, mypy, ansible-doc); ansible-test does, and needs a copy.
    """
    link = CACHE / "tree" / COLLECTION
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to(os.path.relpath(ROOT, link.parent))
    return CACHE / "tree"

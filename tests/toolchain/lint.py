# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Linters that need their files picked or a working directory: `python -m toolchain.lint shellcheck|mypy`."""

from __future__ import annotations

import subprocess
import sys

from toolchain import places, tree


def shellcheck() -> int:
    """Check every file whose first line names a shell."""
    scripts = [name for name in tree.committable() if _is_shell(name)]
    print(f"{len(scripts)} scripts: {' '.join(scripts)}", flush=True)
    return subprocess.run(["shellcheck", *scripts], cwd=places.ROOT, check=False).returncode


def _is_shell(name: str) -> bool:
    path = places.ROOT / name
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.readline(80)
    return first.startswith(b"#!") and first.rstrip().endswith((b"/sh", b"/bash", b" sh", b" bash"))


def mypy() -> int:
    """Check plugins/ under the names that Ansible gives it, then the packages of tests/."""
    collection = places.link_tree() / places.COLLECTION
    packages = [name for name in ("toolchain", "local_azure", "benchmarks") if (collection / "tests" / name).is_dir()]
    runs = (
        ("plugins", places.CACHE / "tree", [str(places.COLLECTION / "plugins")]),
        ("tests", places.ROOT / "tests", packages),
    )
    status = 0
    for name, directory, targets in runs:
        # One cache each: mypy keys it by paths relative to the working directory.
        options = ["--config-file", str(places.ROOT / "mypy.ini"), "--cache-dir", str(places.CACHE / "mypy" / name)]
        status |= subprocess.run(["mypy", *options, *targets], cwd=directory, check=False).returncode
    return status


if __name__ == "__main__":
    sys.exit({"shellcheck": shellcheck, "mypy": mypy}[sys.argv[1]]())

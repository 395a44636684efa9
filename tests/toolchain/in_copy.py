# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that want the collection under its own name: `python -m toolchain.in_copy docs|lint|importer`."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

from toolchain import tree

IMPORTER = """\
[galaxy-importer]
CHECK_REQUIRED_TAGS=True
RUN_ANSIBLE_LINT=True
REQUIRE_V1_OR_GREATER=False
CHECK_CHANGELOG=True
"""


def docs(copy: pathlib.Path) -> int:
    """The documentation of every plugin and role, and every reference in it."""
    options = ["--plugin-docs", "--validate-collection-refs", "all", "--skip-rstcheck"]
    return _run(copy, "antsibull-docs", "lint-collection-docs", *options, ".")


def lint(copy: pathlib.Path) -> int:
    """Roles and playbooks with the production profile."""
    return _run(copy, "ansible-lint", "--nocolor", "--offline", "--strict")


def importer(copy: pathlib.Path) -> int:
    """Build the archive and import it as Galaxy does; a warning is a failure."""
    work = copy.parents[2] / "imported"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    (work / "importer.cfg").write_text(IMPORTER)
    module = [sys.executable, "-m", "galaxy_importer.main"]
    environment = {**_environment(copy), "GALAXY_IMPORTER_CONFIG": str(work / "importer.cfg")}
    done = subprocess.run(
        [*module, "--git-clone-path", str(copy), "--output-path", str(work)],
        cwd=work,
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    print(done.stdout)
    complaints = [line for line in done.stdout.splitlines() if line.startswith(("WARNING", "ERROR"))]
    print(f"galaxy-importer: exit status {done.returncode}, {len(complaints)} warnings and errors")
    return done.returncode or int(bool(complaints))


def _environment(copy: pathlib.Path) -> dict[str, str]:
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(copy.parents[2])}
    environment.pop("PYTHONPATH")
    return environment


def _run(copy: pathlib.Path, *command: str) -> int:
    return subprocess.run(command, cwd=copy, env=_environment(copy), check=False).returncode


if __name__ == "__main__":
    check = sys.argv[1]
    sys.exit({"docs": docs, "lint": lint, "importer": importer}[check](tree.sync(check)))

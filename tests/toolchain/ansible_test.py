# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-test on a copy of the checkout: `python -m toolchain.ansible_test [--oldest] COMMAND [ARGUMENT ...]`.

ansible-test may end with 0 and have tested nothing. So the number of its results counts here too.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

from toolchain import places, results, tree

# What ansible-test needs besides its command, and the fewest results of a run that deserves the name.
OPTIONS = {"sanity": ["--junit"], "units": ["--venv"], "integration": ["--allow-destructive", "--continue-on-error"]}
FEWEST = {"sanity": 20, "units": 20, "integration": 1}
FEWEST_CHOSEN = 1  # where single tests are named


def main() -> int:
    """Return ansible-test's exit status, or 1 when it tested too little."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--oldest", action="store_true", help="with the oldest supported ansible-core")
    parser.add_argument("command", choices=sorted(OPTIONS))
    arguments, rest = parser.parse_known_args()
    venv = places.VENV_OLDEST if arguments.oldest else places.VENV
    copy = tree.sync(arguments.command + ("-oldest" if arguments.oldest else ""))
    junit = copy / "tests" / "output" / "junit"
    shutil.rmtree(junit, ignore_errors=True)
    if arguments.command == "integration":
        _write_integration_config(copy)
    status = _run(venv, copy, [arguments.command, *OPTIONS[arguments.command], *rest])
    found = results.count(junit)
    if "RESULTS" in os.environ and junit.is_dir():
        shutil.copytree(junit, os.environ["RESULTS"], dirs_exist_ok=True)
    print(f"ansible-test {arguments.command}: exit status {status}, {found}")
    fewest = FEWEST_CHOSEN if "--test" in rest else FEWEST[arguments.command]
    if status == 0 and found.passed < fewest:
        print(f"ansible-test ended with 0, but only {found.passed} tests passed: expected {fewest} or more.")
        return 1
    return status


def _write_integration_config(copy: pathlib.Path) -> None:
    """Hand the lab's LOCAL_AZURE_* variables to the targets as local_azure_*; JSON is YAML. Holds a client secret."""
    found = {name.lower(): value for name, value in os.environ.items() if name.startswith("LOCAL_AZURE_")}
    if not found:
        raise SystemExit("no LOCAL_AZURE_* variable is set: start it by tests/toolchain/in_lab.sh")
    path = copy / "tests" / "integration" / "integration_config.yml"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(found, file, indent=2)


def _run(venv: pathlib.Path, copy: pathlib.Path, arguments: list[str]) -> int:
    environment = {**os.environ, "PATH": f"{venv / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([str(venv / "bin" / "python"), "-m", "toolchain.pip_seed"], env=environment, check=True)
    environment.pop("PYTHONPATH")
    command = [str(venv / "bin" / "ansible-test"), arguments[0], "--color", "no", *arguments[1:]]
    print(f"{' '.join(command)}", flush=True)
    return subprocess.run(command, cwd=copy, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Local Azure's state outlives its process: a second start finds the first one's VMs. Runs after the whole demo."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from local_azure.demo import STATE
from local_azure.recap import recap

from .test_clean_up import TESTS

AGAIN = """
import os, pathlib, subprocess, sys
from local_azure.site import Site
site = Site(pathlib.Path(os.environ["LOCAL_AZURE_STATE"]) / "site", {"docker1": {}, "docker2": {}})
sys.exit(subprocess.call(site.command("playbooks/site.yml"), env=site.environment()))
"""


def writes() -> list[str]:
    entries = [json.loads(line) for line in (STATE / "requests.jsonl").read_text().splitlines()]
    return [entry["path"] for entry in entries if entry["method"] != "GET" and "/oauth2/" not in entry["path"]]


def test_second_start_finds_the_first_ones_machines():
    assert (STATE / "arm.json").exists(), "the demo must have run before: its test stands in test_clean_up.py"
    before = writes()
    run = subprocess.run(
        [sys.executable, "-m", "local_azure", "run", "--state", str(STATE), "--", sys.executable, "-c", AGAIN],
        cwd=TESTS.parent, env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
    changed = {host: row.changed for host, row in recap(run.stdout).items()}
    assert changed == {"docker1": 0, "docker2": 0}
    assert writes() == before

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vm_extension in a process without ansible-playbook, so that a benchmark can look at the pacing or take it away.

Reads the module's options from standard input. Prints {"failed": [ids], "changed": count, "longest_wait": seconds,
"peak": MB of memory, "msg": text or null} when it is done.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import resource
import sys
from importlib import import_module
from typing import Any

from benchmarks import bed

PLUGINS = "ansible_collections.bulwark.azure_docker.plugins"


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.one_module", description=__doc__)
    parser.add_argument("--ungoverned", action="store_true", help="send requests as soon as they are due")
    options = parser.parse_args()
    sys.path.insert(0, str(bed.TREE))
    patch_module_args = import_module("ansible.module_utils.testing").patch_module_args
    pacing = import_module(f"{PLUGINS}.module_utils._azure.pacing")
    vm_extension = import_module(f"{PLUGINS}.modules.vm_extension")
    waits = _watch(pacing.Governor, options.ungoverned)
    text = io.StringIO()
    with patch_module_args(json.load(sys.stdin)), contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        vm_extension.main()
    result = json.loads(text.getvalue())
    print(json.dumps({
        "failed": result.get("failed_vms"), "msg": result.get("msg"), "longest_wait": max(waits, default=0.0),
        "changed": sum(entry["changed"] for entry in result.get("vms", {}).values()),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }))  # fmt: skip


def _watch(governor: Any, ungoverned: bool) -> list[float]:
    """Note how long the governor makes each request wait; without it none waits."""
    waits: list[float] = []
    before = governor.before

    def watched(self: Any, *request: Any) -> float:
        waits.append(0.0 if ungoverned else before(self, *request))
        return waits[-1]

    governor.before = watched
    return waits


if __name__ == "__main__":
    main()

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Branch coverage of the code that decides, measured while the step `unit` tests it."""

from __future__ import annotations

import json
import sys

from toolchain import places

LEAST = 95.0
PLANS = (
    "_azure/documents.py",
    "_azure/resource_order.py",
    "_azure/resource_plan.py",
    "_controls/chosen.py",
    "_controls/floors.py",
    "_controls/overrides.py",
    "_controls/selection.py",
    "_controls/values.py",
    "_daemon/fragment.py",
    "_engine/absence.py",
    "_engine/compose_plan.py",
    "_engine/daemon_json.py",
    "_engine/desired.py",
    "_engine/group.py",
    "_engine/live.py",
    "_engine/openpgp.py",
    "_engine/plan.py",
    "_engine/plan_supply.py",
    "_engine/plan_tls.py",
    "_engine/source.py",
    "_engine/unit.py",
    "_extension/plan.py",
    "_extension/secret_digest.py",
    "_files/document.py",
    "_files/faults.py",
    "_files/plan.py",
    "_files/plan_record.py",
    "_files/result.py",
    "_hardening/evidence.py",
    "_hardening/files.py",
    "_hardening/firewall.py",
    "_hardening/in_force.py",
    "_hardening/kernel.py",
    "_hardening/modes.py",
    "_hardening/policy.py",
    "_hardening/profiles.py",
    "_hardening/units.py",
    "_host/bundle.py",
    "_host/host.py",
    "_host/seen.py",
    "_run_command/plan.py",
    "_tls/absence.py",
    "_tls/clones.py",
    "_tls/imports.py",
    "_tls/key_reasons.py",
    "_tls/plan.py",
    "_tls/plan_client.py",
    "_tls/plan_external_host.py",
    "_tls/plan_host.py",
    "_tls/reasons.py",
    "_tls/refusal.py",
    "_tls/renewal.py",
    "_tls/rotation.py",
    "_tls/rotation_checks.py",
    "_tls/trust.py",
    "_tls/verdict.py",
)


PACKAGE = "ansible_collections.bulwark.azure_docker.plugins.module_utils"
REPORT = places.CACHE / "plan-coverage.json"


def options() -> tuple[str, ...]:
    """What pytest needs to write the report beside its tests: of these modules only, or it would cost half as much."""
    modules = [f"--cov={PACKAGE}.{plan.removesuffix('.py').replace('/', '.')}" for plan in PLANS]
    return (*modules, "--cov-branch", "--cov-report=", f"--cov-report=json:{REPORT}")


def main() -> int:
    """Return 1 when a plan module is below the bound, or was not seen at all."""
    if not REPORT.is_file():
        print(f"found no .cache/{REPORT.name}, expected what the step `unit` of `test` writes: run it before this step")
        return 1
    files = json.loads(REPORT.read_text())["files"]
    REPORT.unlink()  # the next run is to be judged by its own
    bad = 0
    for plan in PLANS:
        found = [entry["summary"] for name, entry in files.items() if name.endswith(f"module_utils/{plan}")]
        percent = found[0]["percent_covered"] if found else 0.0
        bad += percent < LEAST
        print(f"{percent:6.1f} %  {plan}{'' if percent >= LEAST else f'   expected {LEAST:.0f} % or more'}")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())

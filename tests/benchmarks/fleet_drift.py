# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A nightly drift check of a large fleet: one call for all VMs, against a task for each VM.

The way of azure.azcollection is measured where that collection is installed, in a virtual environment of its own: it
pins other SDKs than ours. 2 GB in all, and five minutes more for the benchmark:

    python3 -m venv .cache/peer
    .cache/peer/bin/pip install ansible
    .cache/peer/bin/pip install -r .cache/peer/lib/python3*/*/ansible_collections/azure/azcollection/requirements.txt
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import pathlib
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from benchmarks import bed, measure, numbers
from toolchain import places

NAME = "CustomScript"
HANDLER = {"publisher": "Microsoft.Azure.Extensions", "type": NAME}
SETTINGS = {"skipDos2Unix": True}
PROTECTED = {"script": base64.b64encode(b"#!/bin/sh\n" + b"true\n" * 300).decode()}
FOREIGN = {"name": "marker", "publisher": "Contoso.Operations", "type": "Marker", "settings": {"text": "x" * 200}}
DIGEST_KEY = "a key of the benchmark"
DRIFTED = 3
LOOPED = 20  # hosts of the ways that are compared; their cost per host is extrapolated
MOST_CPU, MOST_CALLS = 3.0, 60
ONE_CALL, LOOP, START = "one call", "a task for each VM", "start of ansible-playbook"
PEER = "azure.azcollection.azure_rm_virtualmachineextension_info"
PEER_PLACE = places.CACHE / "peer"
ENDPOINTS = "/metadata/endpoints"


def declared(login: dict[str, str], vms: Any) -> dict[str, Any]:
    """Return the module's options: an extension with public and secret settings."""
    return {
        **login, **HANDLER, "vms": vms, "name": NAME, "type_handler_version": "2.1", "settings": SETTINGS,
        "protected_settings": PROTECTED, "digest_key": DIGEST_KEY,
    }  # fmt: skip


def seeded(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the extensions of a VM on which the module, given ``declared``, has been before; one is another team's."""
    text = json.dumps(PROTECTED, sort_keys=True, separators=(",", ":")).encode()
    mark = hmac.new(DIGEST_KEY.encode(), text, hashlib.sha256).hexdigest()[:16]
    return [{
        **HANDLER, "name": NAME, "settings": settings, "typeHandlerVersion": "2.1", "autoUpgradeMinorVersion": True,
        "forceUpdateTag": f"bulwark1:{mark}",
    }, FOREIGN]  # fmt: skip


def drifting(hosts: int) -> AbstractContextManager[bed.Bed]:
    """The bed of a fleet on which all is as declared but for the first DRIFTED VMs."""
    other = {number: seeded({"skipDos2Unix": False}) for number in range(DRIFTED)}
    return bed.fleet(hosts, seeded(SETTINGS), other)


def one_call(there: bed.Bed) -> measure.Usage:
    """Check the whole fleet in one task."""
    tasks = [{bed.MODULE: declared(there.login, "{{ vms }}"), "register": "drift"}, _count()]
    return there.play({"localhost": {"vms": there.vms}}, tasks, "--check")


def _count() -> dict[str, Any]:
    """A task that fails the benchmark if the drift is not the one that was seeded."""
    found = "drift.vms.values() | selectattr('changed') | length == " + str(DRIFTED)
    return {"ansible.builtin.assert": {"that": [found], "quiet": True}}


def looped(there: bed.Bed) -> measure.Usage:
    """Check some VMs in one task each, delegated to the controller."""
    task = {bed.MODULE: declared(there.login, ["{{ vm }}"]), "delegate_to": "localhost"}
    return there.play(_some(there), [task], "--check", "--forks", "2")


def peer_collections(place: pathlib.Path) -> pathlib.Path | None:
    """Where the collections of a virtual environment are; None if the peer's is not among them."""
    found = place.glob("lib/python3*/site-packages/ansible_collections/azure/azcollection/requirements.txt")
    return next((path.parents[3] for path in found), None)


def peer(there: bed.Bed, place: pathlib.Path, collections: pathlib.Path) -> measure.Usage:
    """Read the extension of some VMs with the other collection's module, by the interpreter that has its SDKs."""
    login = there.login
    endpoints = login["cloud"].partition("?")[0]
    options = {
        "cloud_environment": endpoints.removesuffix(ENDPOINTS), "disable_instance_discovery": True,
        "tenant": login["tenant"], "client_id": login["client_id"], "secret": login["secret"],
        "subscription_id": "{{ vm.split('/')[2] }}", "resource_group": "{{ vm.split('/')[4] }}",
        "virtual_machine_name": "{{ vm.split('/')[8] }}", "name": NAME,
    }  # fmt: skip
    # It knows other clouds than Microsoft's by the Azure CLI only, which keeps what it has read in its directory.
    known = {"ARM_CLOUD_METADATA_URL": f"{endpoints}?api-version=2019-05-01", "AZURE_CONFIG_DIR": str(there.directory)}
    environment = {**known, "REQUESTS_CA_BUNDLE": login["ca_path"], "SSL_CERT_FILE": login["ca_path"]}
    task = {PEER: options, "environment": environment}
    interpreter = {"ansible_python_interpreter": str(place / "bin" / "python")}
    hosts = {name: {**variables, **interpreter} for name, variables in _some(there).items()}
    return there.play(hosts, [task], "--forks", "2", collections=[collections])


def _some(there: bed.Bed) -> dict[str, dict[str, str]]:
    return {f"host{number}": {"vm": vm} for number, vm in enumerate(there.vms[-LOOPED:])}


def start(there: bed.Bed) -> measure.Usage:
    """What every ``ansible-playbook`` costs before it does anything."""
    return there.play({"localhost": {}}, [{"ansible.builtin.meta": "noop"}])


def floor(there: bed.Bed) -> measure.Usage:
    """What one trivial task costs for each host of the fleet, without Azure."""
    hosts: dict[str, dict[str, str]] = {f"host{number}": {} for number in range(len(there.vms))}
    return there.play(hosts, [{"ansible.builtin.assert": {"that": ["true"], "quiet": True}}], "--forks", "10")


def report(costs: dict[str, measure.Usage], calls: dict[str, int], hosts: int) -> str:
    """Return the table, the cost per host of each way, its ratio to the one call, and the conclusion."""
    base, call = costs[START].cpu, costs[ONE_CALL]
    single = {name: (usage.cpu - base) / LOOPED for name, usage in costs.items() if name not in (START, ONE_CALL)}
    counts = {ONE_CALL: hosts, START: 1}
    rows: list[tuple[object, ...]] = [("way", "hosts", "CPU s", "wall s", "peak MB", "ARM calls")]
    for name, usage in costs.items():
        rows.append((name, counts.get(name, LOOPED), usage.cpu, usage.wall, usage.peak, calls[name]))
    lines = [numbers.table(rows), f"{ONE_CALL}: {1000 * call.cpu / hosts:.2f} ms CPU per host, all included"]
    for name in (LOOP, PEER):
        if name not in single:
            lines.append(f"{name}: not installed")
            continue
        total = base + hosts * single[name]
        lines.append(
            f"{name}: {1000 * single[name]:.0f} ms CPU per host beyond the start, {total:.0f} s for {hosts} hosts "
            f"(extrapolated), {total / call.cpu:.0f} times {ONE_CALL}"
        )
    claims = (("CPU s", call.cpu, MOST_CPU), ("ARM calls", calls[ONE_CALL], MOST_CALLS))
    return "\n".join([*lines, numbers.verdict(*claims)])


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.fleet_drift", description=__doc__)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", type=pathlib.Path, default=PEER_PLACE, help="where azure.azcollection is installed")
    parser.add_argument("--no-floor", action="store_true", help="leave out the play over all hosts")
    options = parser.parse_args()
    ways = {ONE_CALL: one_call, LOOP: looped, START: start}
    collections = peer_collections(options.peer)
    if collections is not None:
        ways[PEER] = partial(peer, place=options.peer, collections=collections)
    with drifting(options.hosts) as there:
        runs = measure.interleaved({name: partial(there.asked, way) for name, way in ways.items()}, options.rounds)
        print(f"{options.hosts} VMs, {DRIFTED} drifted; {measure.PROCESSORS} cores, medians of {options.rounds} runs")
        costs = {name: measure.middle([usage for usage, _asked in found]) for name, found in runs.items()}
        calls = {name: max(asked.total for _usage, asked in found) for name, found in runs.items()}
        print(report(costs, calls, options.hosts), flush=True)
        if not options.no_floor:
            measure.tell("Ansible's floor")
            usage = floor(there)
            print(f"Ansible's own floor, one trivial task on each of {options.hosts} hosts: {usage.cpu:.1f} s CPU, "
                  f"{usage.wall:.1f} s wall, {1000 * usage.cpu / options.hosts:.0f} ms CPU per host")  # fmt: skip


if __name__ == "__main__":
    main()

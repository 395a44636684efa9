# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of a large fleet: one call that signs or re-checks them all, against community.crypto per host.

community.crypto is measured where it is installed, in the virtual environment of ``benchmarks.fleet_drift``. Of the
4,000 files and directories of a fleet the kernel's part differs by seconds: on ext4 it searches long for inodes where
many files were deleted in the last five minutes, as after a test run.
"""

from __future__ import annotations

import argparse
import pathlib
from functools import partial
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks import bed, fleet_drift, measure, numbers

LOOPED = 20  # hosts of the way that is compared; its cost per host is extrapolated
ELLIPTIC = {"type": "ECC", "curve": "secp256r1"}
MOST_ISSUE, MOST_CHECK = 3.0, 2.0  # CPU seconds
START, ISSUE, CHECK, PEER_ISSUE, PEER_CHECK = (
    "start of ansible-playbook", "issue, one call", "re-check, one call", "issue, community.crypto",
    "re-check, community.crypto",
)  # fmt: skip


def request() -> str:
    """A signing request (PEM), as a VM makes it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "docker")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def declared(hosts: int) -> list[dict[str, Any]]:
    """The option ``hosts`` of docker_tls for a fleet."""
    return [
        {
            "name": f"docker{number}", "csr": request(), "vm_id": f"vm-{number}",
            "dns_names": [f"docker{number}.example.com"], "ip_addresses": [f"10.{number // 250}.{number % 250}.4"],
        }
        for number in range(hosts)
    ]  # fmt: skip


def place(directory: pathlib.Path, fresh: bool) -> pathlib.Path:
    """A place that was never used, or the last one: for minutes, ext4 does not take inodes that were just deleted,
    and the search for others would count as the work of those who write."""
    directory.mkdir(exist_ok=True)
    used = len(list(directory.iterdir()))
    found = directory / str(used if fresh else used - 1)
    found.mkdir(exist_ok=True)
    return found


def one_call(there: bed.Ground, fleet: list[dict[str, Any]], fresh: bool) -> measure.Usage:
    """Sign all, in a new directory, or look at all that were signed before."""
    directory = place(there.directory / "certificates", fresh)
    task = {
        "bulwark.azure_docker.docker_tls": {"directory": str(directory), "hosts": "{{ fleet }}"},
        "register": "made",
    }
    expected = {"ansible.builtin.assert": {"that": [f"made.changed == {fresh}"], "quiet": True}}
    return there.play({"localhost": {"fleet": fleet}}, [task, expected])


def peer(there: bed.Ground, fleet: list[dict[str, Any]], collections: pathlib.Path, fresh: bool) -> measure.Usage:
    """Key, request and certificate of some hosts by three tasks each, under an authority of their own."""
    directory = place(there.directory / "peer", fresh)
    tasks = [*_peer_authority(str(directory / "ca")), *_peer_host(str(directory))]
    hosts = {item["name"]: {"item": item} for item in fleet[:LOOPED]}
    delegated = [{**task, "delegate_to": "localhost"} for task in tasks]
    return there.play(hosts, delegated, "--forks", "2", collections=[collections])


def _peer_authority(base: str) -> list[dict[str, Any]]:
    request = {
        "path": f"{base}.csr", "privatekey_path": f"{base}.key", "common_name": "ca",
        "basic_constraints": ["CA:TRUE"], "basic_constraints_critical": True,
    }  # fmt: skip
    certificate = {"path": f"{base}.pem", "csr_path": f"{base}.csr", "privatekey_path": f"{base}.key"}
    tasks: list[dict[str, Any]] = [
        {"community.crypto.openssl_privatekey": {"path": f"{base}.key", **ELLIPTIC}},
        {"community.crypto.openssl_csr": request},
        {"community.crypto.x509_certificate": {**certificate, "provider": "selfsigned"}},
    ]
    return [{**task, "run_once": True} for task in tasks]


def _peer_host(directory: str) -> list[dict[str, Any]]:
    base = directory + "/{{ inventory_hostname }}"
    request = {
        "path": f"{base}.csr", "privatekey_path": f"{base}.key", "common_name": "{{ inventory_hostname }}",
        "subject_alt_name": ["DNS:{{ item.dns_names[0] }}", "IP:{{ item.ip_addresses[0] }}"],
        "extended_key_usage": ["serverAuth"],
    }  # fmt: skip
    certificate = {
        "path": f"{base}.pem", "csr_path": f"{base}.csr", "provider": "ownca",
        "ownca_path": f"{directory}/ca.pem", "ownca_privatekey_path": f"{directory}/ca.key",
    }  # fmt: skip
    return [
        {"community.crypto.openssl_privatekey": {"path": f"{base}.key", **ELLIPTIC}},
        {"community.crypto.openssl_csr": request},
        {"community.crypto.x509_certificate": certificate},
    ]


def start(there: bed.Ground) -> measure.Usage:
    """What every ``ansible-playbook`` costs before it does anything."""
    return there.play({"localhost": {}}, [{"ansible.builtin.meta": "noop"}])


def report(costs: dict[str, measure.Usage], hosts: int) -> str:
    """Return the table, the ratios and the conclusion."""
    counts = {START: 1, ISSUE: hosts, CHECK: hosts}
    rows: list[tuple[object, ...]] = [("way", "hosts", "CPU s", "of it kernel", "wall s", "peak MB")]
    rows += [
        (name, counts.get(name, LOOPED), usage.cpu, usage.system, usage.wall, usage.peak)
        for name, usage in costs.items()
    ]
    lines = [numbers.table(rows)]
    base = costs[START].cpu
    for ours, theirs in ((ISSUE, PEER_ISSUE), (CHECK, PEER_CHECK)):
        if theirs not in costs:
            lines.append(f"{theirs}: not installed")
            continue
        each = (costs[theirs].cpu - base) / LOOPED
        total = base + hosts * each
        lines.append(
            f"{theirs}: {1000 * each:.0f} ms CPU per host beyond the start, {total:.0f} s for {hosts} hosts "
            f"(extrapolated), {total / costs[ours].cpu:.0f} times {ours}"
        )
    claims = (("CPU s to issue", costs[ISSUE].cpu, MOST_ISSUE), ("CPU s to re-check", costs[CHECK].cpu, MOST_CHECK))
    return "\n".join([*lines, numbers.verdict(*claims)])


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.certificates", description=__doc__)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", type=pathlib.Path, default=fleet_drift.PEER_PLACE, help="where community.crypto is")
    options = parser.parse_args()
    fleet = declared(options.hosts)
    with bed.ground() as there:
        ways = {
            START: partial(start, there),
            ISSUE: partial(one_call, there, fleet, True),
            CHECK: partial(one_call, there, fleet, False),
        }
        collections = fleet_drift.peer_collections(options.peer)
        if collections is not None:
            ways[PEER_ISSUE] = partial(peer, there, fleet, collections, True)
            ways[PEER_CHECK] = partial(peer, there, fleet, collections, False)
        runs = measure.interleaved(ways, options.rounds)
    print(f"{options.hosts} hosts; {measure.PROCESSORS} cores, medians of {options.rounds} runs")
    print(report({name: measure.middle(found) for name, found in runs.items()}, options.hosts))


if __name__ == "__main__":
    main()

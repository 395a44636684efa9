# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The store: index of children, index of referrers, the file."""

from __future__ import annotations

import json
import stat

import pytest

from local_azure.arm.store import Record, Store

G = "/subscriptions/S/resourceGroups/G"
VM = f"{G}/providers/Microsoft.Compute/virtualMachines"
NIC = f"{G}/providers/Microsoft.Network/networkInterfaces"
VM_TYPE, NIC_TYPE = "Microsoft.Compute/virtualMachines", "Microsoft.Network/networkInterfaces"
EXTENSION_TYPE = f"{VM_TYPE}/extensions"


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "arm.json", delay=0.001)
    store.put(Record(G, "Microsoft.Resources/resourceGroups", {"name": "G"}))
    store.put(Record(f"{NIC}/n", NIC_TYPE, {"name": "n"}))
    for name in ("b", "a"):
        store.put(Record(f"{VM}/{name}", VM_TYPE, {"name": name}), [f"{NIC}/n".upper()] if name == "a" else [])
        store.put(Record(f"{VM}/{name}/extensions/e", EXTENSION_TYPE, {"name": "e"}))
    return store


def names(records):
    return [record.document["name"] for record in records]


def test_records_are_found_whatever_the_casing(store):
    assert store.get(f"{VM}/A".upper()).document == {"name": "a"}
    assert store.get(f"{VM}/c") is None


def test_children_come_in_order_of_creation_and_by_type(store):
    assert names(store.children(G.lower(), VM_TYPE)) == ["b", "a"]
    assert names(store.children(f"{VM}/b", EXTENSION_TYPE)) == ["e"]
    assert sorted(names(store.below(G))) == ["a", "b", "n"]


def test_referrers_follow_every_change(store):
    assert names(store.referrers(f"{NIC}/n", VM_TYPE)) == ["a"]
    store.put(store.get(f"{VM}/a"), [])
    assert store.referrers(f"{NIC}/n", VM_TYPE) == []
    store.put(store.get(f"{VM}/b"), [f"{NIC}/n"])
    store.put(store.get(f"{VM}/b"))
    assert names(store.referrers(f"{NIC}/n", VM_TYPE)) == ["b"]
    store.remove(f"{VM}/b")
    assert store.referrers(f"{NIC}/n", VM_TYPE) == []


def test_removal_takes_everything_below(store):
    store.remove(G)
    assert [store.get(f"{VM}/{name}") for name in ("a", "a/extensions/e", "b")] == [None, None, None]
    assert store.below(G) == []
    store.remove(G)


def test_every_put_counts_the_etag_up(store):
    record = store.get(f"{VM}/a")
    assert record.etag == '"1"'
    store.put(record)
    assert record.etag == '"2"'


def test_the_file_is_private_and_brings_everything_back(store, tmp_path):
    store.get(f"{VM}/a").private["power"] = "running"
    store.operations["o"] = {"status": "InProgress"}
    store.changed()
    store.close()
    path = tmp_path / "arm.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(json.loads(path.read_text())["records"]) == 6
    again = Store(path)
    assert again.get(f"{VM}/a").private == {"power": "running"}
    assert names(again.children(G, VM_TYPE)) == ["b", "a"]
    assert names(again.referrers(f"{NIC}/n", VM_TYPE)) == ["a"]
    assert again.operations == {"o": {"status": "InProgress"}}
    assert again.digest_key == store.digest_key
    again.close()

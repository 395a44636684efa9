# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many hosts at once: names, secrets from the certificate directory, failures beside successes."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import options as engine_options
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import bundle, fleet
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host.desired import Host

from .._azure.wire import ASYNC, VM, Reply, Wire, absent, make_session
from .._engine.material import new_key
from .documents import (
    AUTHORITY,
    ID,
    LEAF,
    NAME,
    NIC,
    REPORT,
    SERVING,
    STATE,
    SUCCEEDED,
    VM_ID,
    extension,
    got,
    interface,
    put,
    said,
    vm,
)

DEFAULTS = {name: spec.get("default") for name, spec in engine_options.SPEC.items()}
OTHER = VM.replace("vm1", "vm2")
NETWORK = got(interface(), NIC)
ENROLLED = vm(extension(STATE), views=[said(REPORT)])


def entry(name="docker1", **given):
    """One element of the option hosts with its defaults."""
    return {
        "name": name,
        "id": VM,
        "address": None,
        "port": 2376,
        **DEFAULTS,
        "certificate": None,
        "vm_id": None,
        "repair": False,
        **given,
    }


def declaration(*hosts, **given):
    """The options of docker_host with their defaults."""
    return {
        "hosts": list(hosts) or [entry()],
        "state": "present",
        "carrier": "custom_script",
        "extension_name": NAME,
        "client_authorities": None,
        "server_authority_sha256": None,
        "key_origin": "vm",
        "certificate_directory": None,
        "concurrency": 4,
        **given,
    }


def test_hosts_by_name_in_their_order():
    two = entry("docker2", id=OTHER)
    assert list(fleet.by_name(declaration(two, entry())).items()) == [("docker2", two), ("docker1", entry())]


@pytest.mark.parametrize(
    ("second", "names"),
    [
        (entry("docker1", id=OTHER), "'docker1' and 'docker1'"),
        (entry("docker2"), "'docker1' and 'docker2'"),
        (entry("docker2", id=VM.upper()), "'docker1' and 'docker2'"),
        (entry("docker2", id=VM + "/"), "'docker1' and 'docker2'"),
    ],
)
def test_a_host_twice(second, names):
    with pytest.raises(Failure) as caught:
        fleet.by_name(declaration(entry(), second))
    assert caught.value.code == "DuplicateHost"
    assert "The hosts %s are one: found twice" % names in caught.value.text()
    assert second["id"] in caught.value.text()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Host("docker1", VM, engine=DEFAULTS)),
        ({"address": "", "certificate": "", "vm_id": ""}, Host("docker1", VM, engine=DEFAULTS)),
        (
            {
                "address": "10.0.0.4",
                "engine_version": "26",
                "certificate": "C",
                "vm_id": "v",
                "port": 1,
                "repair": True,
            },
            Host("docker1", VM, "10.0.0.4", 1, {**DEFAULTS, "engine_version": "26"}, "C", "v", True, "K"),
        ),
    ],
)
def test_declared(given, expected):
    assert fleet.declared(entry(**given), expected.key) == expected


def test_secrets_are_read_where_the_controller_makes_keys_only(tmp_path):
    (tmp_path / "digest.key").write_text("K\n")
    own = declaration(key_origin="controller", certificate_directory=str(tmp_path))
    assert fleet.digest_key(own) == "K\n"
    assert fleet.digest_key(declaration(certificate_directory=str(tmp_path))) is None
    assert fleet.key_of(declaration(certificate_directory=str(tmp_path)), "docker1") is None


def test_protected_options_need_the_digest_key(tmp_path):
    (tmp_path / "digest.key").write_text("K\n")
    secret = entry(protected_daemon_options={"proxies": {"http-proxy": "http://u:planted-S3cret@p"}})
    assert fleet.digest_key(declaration(secret, certificate_directory=str(tmp_path))) == "K\n"
    with pytest.raises(Failure, match="protected options are compared by their digest, but no certificate_directory"):
        fleet.digest_key(declaration(secret))


def test_a_secret_that_cannot_be_read(tmp_path):
    own = declaration(key_origin="controller", certificate_directory=str(tmp_path))
    with pytest.raises(Failure) as caught:
        fleet.key_of(own, "docker1")
    assert caught.value.code == "KeyNotReadable"
    path = tmp_path / "servers" / "docker1" / "key.pem"
    assert "key_origin is controller, but %s cannot be read: No such file" % path in caught.value.text()
    assert "hosts[].key_origin: controller" in caught.value.text()


def converge(wire, *hosts, check=False, **given):
    return fleet.converge(make_session(wire), declaration(*hosts, **given), check)


def test_failures_stand_beside_successes():
    wire = Wire(got(vm(agent=None)), NETWORK, absent("GET", OTHER))
    result = converge(wire, entry("docker2", id=OTHER), entry(), check=True)
    assert list(result["hosts"]) == ["docker2", "docker1"]
    assert (result["changed"], result["failed_hosts"]) == (True, ["docker2"])
    assert result["hosts"]["docker2"]["error"]["code"] == "VMNotFound"
    assert result["hosts"]["docker1"]["action"] == "create"
    assert "warnings" not in result["hosts"]["docker1"]
    [warning] = result["warnings"]
    assert warning.startswith("docker1: ")
    assert [part["before_header"] for part in result["diff"]] == ["docker1"]


def test_a_host_declared_twice_costs_no_request():
    with pytest.raises(Failure, match="are one"):
        converge(Wire(), entry(), entry())


def test_serve():
    serves = vm(extension(SERVING), views=[said({**REPORT, "state": "serving"})])
    given = {"client_authorities": AUTHORITY, "server_authority_sha256": "ab" * 32}
    one = entry(certificate=LEAF, vm_id=VM_ID)
    result = converge(Wire(got(ENROLLED), NETWORK, *put(status=200), got(serves)), one, **given)
    assert (result["changed"], result["hosts"]["docker1"]["reasons"]) == (True, ["tls differs"])
    assert result["diff"] == [
        {"before_header": "docker1", "after_header": "docker1", "before": STATE, "after": SERVING}
    ]
    again = converge(Wire(got(serves), NETWORK), one, **given)
    assert (again["changed"], again["diff"], again["warnings"], again["failed_hosts"]) == (False, [], [], [])


@pytest.fixture
def directory(tmp_path):
    """(directory of docker_tls with keys of its own, the key)."""
    key = new_key()[1]
    (tmp_path / "servers" / "docker1").mkdir(parents=True)
    (tmp_path / "servers" / "docker1" / "key.pem").write_text(key)
    (tmp_path / "digest.key").write_text("planted-key-S3cret\n")
    return tmp_path, key


def test_keys_of_the_controller(directory):
    path, key = directory
    given = {
        "key_origin": "controller",
        "certificate_directory": str(path),
        "client_authorities": AUTHORITY,
        "server_authority_sha256": "ab" * 32,
    }
    hosts = [entry(certificate=LEAF, vm_id=VM_ID), entry("docker2", id=OTHER)]
    wire = Wire(got(vm()), NETWORK, *put(), got(vm(extension(), views=[said(REPORT)])))
    result = converge(wire, *hosts, **given)
    sent = wire.only("PUT").body["properties"]
    assert bundle.decode(sent["protectedSettings"]["script"]).desired["tls"]["key"] == key, "the control: it was sent"
    assert not any(line in repr(result) for line in key.splitlines()[1:-1])
    assert "S3cret" not in repr(result) + repr(sent)
    assert result["hosts"]["docker1"]["after"] == SERVING
    assert result["hosts"]["docker2"]["error"]["code"] == "KeyNotReadable", "and no request was made for it"
    assert all(call.split()[1] != OTHER for call in wire.calls())


def test_without_a_digest_key_nothing_is_done(directory):
    path, _key = directory
    (path / "digest.key").unlink()
    with pytest.raises(Failure, match=r"digest\.key cannot be read"):
        converge(Wire(), key_origin="controller", certificate_directory=str(path))


def test_absent_needs_no_keys():
    wire = Wire(got(ENROLLED), Reply("DELETE", ID, 202, None, ASYNC), SUCCEEDED)
    result = converge(wire, state="absent")
    assert (result["changed"], result["warnings"]) == (True, [])
    assert result["hosts"]["docker1"]["action"] == "delete"
    assert result["diff"][0]["after"] == {}


def test_information():
    wire = Wire(got(ENROLLED), NETWORK, absent("GET", OTHER))
    hosts = [{"name": "docker1", "id": VM}, {"name": "gone", "id": OTHER}]
    result = fleet.information(
        make_session(wire), {"hosts": hosts, "concurrency": 4, "carrier": "custom_script", "extension_name": NAME}
    )
    assert set(result) == {"hosts", "changed", "failed_hosts"}
    assert (result["changed"], result["failed_hosts"]) == (False, [])
    assert result["hosts"]["docker1"]["private_address"] == "10.0.0.4"
    assert result["hosts"]["gone"]["exists"] is False


def test_information_that_cannot_be_had():
    wire = Wire(Reply("GET", VM, 403, {"error": {"code": "AuthorizationFailed", "message": "no"}}))
    hosts = [{"name": "docker1", "id": VM}]
    result = fleet.information(
        make_session(wire), {"hosts": hosts, "concurrency": 4, "carrier": "custom_script", "extension_name": NAME}
    )
    assert result["failed_hosts"] == ["docker1"]
    assert result["hosts"]["docker1"]["error"]["code"] == "AuthorizationFailed"
    assert "1 of 1 hosts failed" in result["msg"]

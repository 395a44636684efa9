# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real SDK on a scripted network: what goes over the wire, and what comes back."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session

from .wire import (
    ASYNC,
    BASE,
    GROUP,
    OPERATION,
    SUB,
    VM,
    Clock,
    Login,
    Reply,
    Wire,
    absent,
    error,
    make_session,
)

OPERATION_PATH = OPERATION[len(BASE) :]
EXTENSION = VM + "/extensions/x"
COMMAND = VM + "/runCommands/x"
NSG = GROUP + "/providers/Microsoft.Network/networkSecurityGroups/n"
DONE = {"properties": {"provisioningState": "Succeeded"}}
VERSIONS = {VM: "2024-07-01", EXTENSION: "2024-07-01", COMMAND: "2024-07-01", NSG: "2024-01-01", GROUP: "2024-07-01"}
ODD = {"a": None, "b": {}, "c": [], "properties": {"settings": {"A_b": None, "camelCase": {"x_y": 1.0}}}}


@pytest.mark.parametrize("resource_id", VERSIONS)
def test_get(resource_id):
    wire = Wire(Reply("GET", resource_id, 200, {"id": resource_id, **ODD}))
    assert make_session(wire).get(resource_id) == {"id": resource_id, **ODD}
    sent = wire.only("GET")
    assert sent.query == "api-version=" + VERSIONS[resource_id]
    assert sent.headers["Authorization"] == "Bearer token"
    assert sent.headers["User-Agent"].startswith("bulwark.azure_docker")


@pytest.mark.parametrize("resource_id", [VM, EXTENSION, COMMAND, NSG])
def test_get_expanded(resource_id):
    wire = Wire(Reply("GET", resource_id, 200, {}))
    assert make_session(wire).get(resource_id, expand="instanceView") == {}
    assert sorted(wire.only("GET").query.split("&")) == ["$expand=instanceView", "api-version=" + VERSIONS[resource_id]]


@pytest.mark.parametrize("resource_id", VERSIONS)
@pytest.mark.parametrize("code", ["ResourceNotFound", "NotFound", "ResourceGroupNotFound", "ParentResourceNotFound"])
def test_get_absent(resource_id, code):
    assert make_session(Wire(absent("GET", resource_id, code))).get(resource_id) is None


@pytest.mark.parametrize("resource_id", VERSIONS)
@pytest.mark.parametrize(("status", "code"), [(404, "InvalidResourceType"), (403, "AuthorizationFailed")])
def test_get_refused(resource_id, status, code):
    with pytest.raises(Failure) as caught:
        make_session(Wire(Reply("GET", resource_id, status, error(code)))).get(resource_id)
    assert caught.value.code == code
    assert caught.value.request_id == "req-1"
    assert "GET " + resource_id in caught.value.message


def test_the_version_of_an_unknown_type_is_given():
    thing = GROUP + "/providers/Contoso.Things/things/t"
    wire = Wire(Reply("GET", thing, 200, {}), Reply("PUT", thing, 200, {}))
    session = make_session(wire)
    session.get(thing, version="2020-01-01")
    session.put(thing, {}, version="2020-01-01")
    assert [sent.query for sent in wire.sent] == ["api-version=2020-01-01"] * 2
    with pytest.raises(Failure) as caught:
        session.get(thing)
    assert caught.value.code == "UnknownApiVersion"


@pytest.mark.parametrize("resource_id", [VM, EXTENSION, COMMAND, NSG])
def test_put_waits_and_returns_what_azure_then_has(resource_id):
    wire = Wire(
        Reply("PUT", resource_id, 201, {"properties": {"provisioningState": "Creating"}}, ASYNC),
        Reply("GET", OPERATION_PATH, 200, {"status": "InProgress"}),
        Reply("GET", OPERATION_PATH, 200, {"status": "Succeeded"}),
        Reply("GET", resource_id, 200, {**DONE, "x": None}),
    )
    assert make_session(wire).put(resource_id, ODD, if_match="etag-1") == {**DONE, "x": None}
    sent = wire.only("PUT")
    assert sent.body == ODD, "the body is exactly the document: null, {} and unknown keys stay"
    assert sent.headers["If-Match"] == "etag-1"
    assert sent.query == "api-version=" + VERSIONS[resource_id]
    assert wire.slept == [5], "without Retry-After the next poll is 5 seconds later"
    assert wire.replies == []


def test_put_of_a_group_is_one_request():
    wire = Wire(Reply("PUT", GROUP, 201, {"id": GROUP}))
    assert make_session(wire).put(GROUP, {"location": "x"}) == {"id": GROUP}
    assert "If-Match" not in wire.only("PUT").headers


def test_retry_after_is_obeyed():
    wire = Wire(
        Reply("PUT", EXTENSION, 201, {}, {**ASYNC, "Retry-After": "10"}),
        Reply("GET", OPERATION_PATH, 200, {"status": "InProgress"}, {"Retry-After": "35"}),
        Reply("GET", OPERATION_PATH, 200, {"status": "Succeeded"}),
        Reply("GET", EXTENSION, 200, DONE),
    )
    make_session(wire).put(EXTENSION, {})
    assert wire.slept == [35]


@pytest.mark.parametrize("status", ["Failed", "Canceled"])
def test_a_failed_operation_is_an_error_although_its_status_is_200(status):
    wire = Wire(
        Reply("PUT", EXTENSION, 201, {}, ASYNC),
        Reply("GET", OPERATION_PATH, 200, {"status": status, **error("VMExtensionProvisioningError", "exit code 52")}),
    )
    with pytest.raises(Failure) as caught:
        make_session(wire).put(EXTENSION, {})
    assert caught.value.code == "VMExtensionProvisioningError"
    assert "exit code 52" in caught.value.message
    assert "/var/log/azure" in caught.value.hint


def test_another_operation_in_the_way_is_waited_for():
    clock = Clock()
    wire = Wire(Reply("PUT", EXTENSION, 409, error("Conflict")), Reply("PUT", EXTENSION, 200, DONE))
    assert make_session(wire, clock).put(EXTENSION, {"a": 1}) == DONE
    assert [sent.body for sent in wire.sent] == [{"a": 1}, {"a": 1}], "the body is sent again as a whole"
    assert clock.slept == [10]


def test_a_stopped_vm_is_not_waited_for():
    inner = {"internalErrorCode": "CannotModifyExtensionsWhenVMNotRunning"}
    wire = Wire(Reply("PUT", EXTENSION, 409, error("OperationNotAllowed", innererror=inner)))
    with pytest.raises(Failure) as caught:
        make_session(wire).put(EXTENSION, {})
    assert caught.value.hint == "Start the VM and run again."
    assert len(wire.sent) == 1


def test_put_that_takes_too_long():
    wire = Wire(
        Reply("PUT", EXTENSION, 201, {}, ASYNC),
        *[Reply("GET", OPERATION_PATH, 200, {"status": "InProgress"}) for _poll in range(10000)],
    )
    with pytest.raises(Failure) as caught:
        make_session(wire, timeout=1).put(EXTENSION, {})
    wire.replies[:] = [Reply("GET", OPERATION_PATH, 200, {"status": "Canceled"})]
    assert caught.value.code == "OperationTimedOut"
    assert "PUT " + EXTENSION in caught.value.message


@pytest.mark.parametrize("resource_id", VERSIONS)
def test_delete(resource_id):
    headers = {"Location": OPERATION + "?monitor=true"}
    wire = Wire(
        Reply("DELETE", resource_id, 202, None, headers),
        Reply("GET", OPERATION_PATH, 202, None, headers),
        Reply("GET", OPERATION_PATH, 200),
    )
    make_session(wire).delete(resource_id)
    assert wire.only("DELETE").query == "api-version=" + VERSIONS[resource_id]
    assert wire.replies == []


@pytest.mark.parametrize("resource_id", VERSIONS)
def test_delete_of_what_is_not_there(resource_id):
    wire = Wire(absent("DELETE", resource_id))
    make_session(wire).delete(resource_id)
    assert len(wire.sent) == 1
    if resource_id != GROUP:
        make_session(Wire(Reply("DELETE", resource_id, 204))).delete(resource_id)


def test_delete_refused():
    wire = Wire(Reply("DELETE", NSG, 400, error("InUseNetworkSecurityGroupCannotBeDeleted")))
    with pytest.raises(Failure) as caught:
        make_session(wire).delete(NSG)
    assert "re-associate" in caught.value.hint


@pytest.mark.parametrize(
    ("first", "last", "result"),
    [
        ((202, None, {**ASYNC, "Location": OPERATION + "?monitor=true"}), {"value": [1]}, {"value": [1]}),
        ((202, None, {**ASYNC, "Location": OPERATION + "?monitor=true"}), None, {}),
    ],
)
def test_post_waits_for_its_result(first, last, result):
    wire = Wire(
        Reply("POST", VM + "/runCommand", *first),
        Reply("GET", OPERATION_PATH, 200, {"status": "Succeeded"}),
        Reply("GET", OPERATION_PATH, 200, last),
    )
    assert make_session(wire).post(VM, "runCommand", {"commandId": "RunShellScript"}) == result
    sent = wire.only("POST")
    assert sent.body == {"commandId": "RunShellScript"}
    assert sent.query == "api-version=2024-07-01"


def test_post_refused():
    with pytest.raises(Failure) as caught:
        make_session(Wire(Reply("POST", VM + "/start", 403, error("AuthorizationFailed")))).post(VM, "start")
    assert caught.value.code == "AuthorizationFailed"


def test_list_reads_all_pages():
    path = GROUP + "/resources"
    wire = Wire(
        Reply(
            "GET", path, 200, {"value": [{"id": "1"}], "nextLink": BASE + path + "?api-version=2024-07-01&$skiptoken=2"}
        ),
        Reply("GET", path, 200, {"value": [{"id": "2"}]}),
    )
    assert make_session(wire).list(path, {"$top": "1"}) == [{"id": "1"}, {"id": "2"}]
    assert [sorted(sent.query.replace("%24", "$").split("&")) for sent in wire.sent] == [
        ["$top=1", "api-version=2024-07-01"],
        ["$skiptoken=2", "api-version=2024-07-01"],
    ]


def test_list_below_what_is_not_there_is_empty():
    path = GROUP + "/resources"
    assert make_session(Wire(absent("GET", path, "ResourceGroupNotFound"))).list(path) == []


def test_list_refused():
    path = GROUP + "/resources"
    with pytest.raises(Failure) as caught:
        make_session(Wire(Reply("GET", path, 403, error("AuthorizationFailed")))).list(path)
    assert "LIST " + path in caught.value.message
    with pytest.raises(Failure) as caught:
        make_session(Wire()).list("/tenants")
    assert caught.value.code == "InvalidResourceId"


def test_reads_are_paced():
    clock = Clock()
    wire = Wire(*[Reply("GET", NSG, 200, {}) for _turn in range(202)])
    session = make_session(wire, clock)
    for _turn in range(202):
        session.get(NSG)
    assert [round(seconds, 3) for seconds in clock.slept] == [0.04, 0.04]


def test_both_clients_of_a_subscription_share_its_budget():
    clock = Clock()
    wire = Wire(*[Reply("GET", NSG, 200, {}) for _turn in range(200)], Reply("GET", VM, 200, {}))
    session = make_session(wire, clock)
    for _turn in range(200):
        session.get(NSG)
    assert clock.slept == []
    session.get(VM)
    assert len(clock.slept) == 1


def test_each_subscription_has_its_own_client():
    other = VM.replace(SUB, "22222222-2222-2222-2222-222222222222")
    wire = Wire(Reply("GET", VM, 200, {"a": 1}), Reply("GET", other, 200, {"a": 2}))
    session = make_session(wire)
    assert (session.get(VM), session.get(other)) == ({"a": 1}, {"a": 2})


def test_a_cloud_given_by_its_url(tmp_path):
    authority = tmp_path / "ca.pem"
    authority.write_text("")
    entry = {"resourceManager": "https://localhost:1/", "authentication": {"loginEndpoint": "https://localhost:1/"}}
    wire = Wire(Reply("GET", "/metadata/endpoints", 200, entry), Reply("GET", VM, 200, {"a": 1}))
    session = make_session(wire, cloud="https://localhost:1", ca_path=str(authority))
    assert session.get(VM) == {"a": 1}


def test_a_ca_file_that_is_not_there():
    with pytest.raises(Failure) as caught:
        make_session(Wire(), ca_path="/nonsense/ca.pem")
    assert "/nonsense/ca.pem" in caught.value.message


@pytest.mark.parametrize("value", ["AzureCloud", "https://localhost:1"])
def test_our_own_environment_variable_does_not_disturb_the_sdk(monkeypatch, value):
    monkeypatch.setenv("AZURE_CLOUD", value)
    wire = Wire(Reply("GET", VM, 200, {}), Reply("GET", NSG, 200, {}))
    session = make_session(wire)
    assert (session.get(VM), session.get(NSG)) == ({}, {})


def test_only_the_needed_sdk_is_imported(monkeypatch):
    """None in sys.modules makes an import fail."""
    monkeypatch.setitem(sys.modules, "azure.mgmt.compute", None)
    session = Session({}, transport=Wire(Reply("GET", NSG, 200, {})), credential=Login())
    assert session.get(NSG) == {}
    with pytest.raises(Failure) as caught:
        session.get(VM)
    assert "azure-mgmt-compute" in caught.value.message


def test_when_the_time_for_the_whole_run_is_over_nothing_is_begun():
    clock = Clock()
    wire = Wire(Reply("GET", VM, 200, {"id": VM}))
    session = make_session(wire, clock, total_timeout=60)
    assert session.get(VM) == {"id": VM}
    clock.now += 60
    for call in (lambda: session.get(VM), lambda: session.put(VM, {}), lambda: session.delete(VM)):
        with pytest.raises(Failure) as caught:
            call()
        assert caught.value.code == "TotalTimeout"
        assert "The 60 seconds for the whole run" in caught.value.message
    assert len(wire.sent) == 1

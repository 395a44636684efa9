# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.secret_digest import mark_of
from ansible_collections.bulwark.azure_docker.plugins.module_utils._run_command.desired import RunCommand
from ansible_collections.bulwark.azure_docker.plugins.module_utils._run_command.observed import NONCE
from ansible_collections.bulwark.azure_docker.plugins.module_utils._run_command.plan import plan, without_nonce

from .commands import DIGEST_TAG, NAME, UNREPORTED, command, ended, failed, under_way

KEY = "a key"
SECRET = {"TOKEN": "planted-S3cret"}
MARK = mark_of({"protectedParameters": SECRET}, KEY)
OURS = "bulwark1:" + MARK
WANTED = RunCommand(NAME, script="echo hello")
SEALED = WANTED._replace(protected_parameters=SECRET)
BLOB, URI = "https://a.blob.core.windows.net/c/out", "https://a.blob.core.windows.net/c/run.sh"
SIGNED = "?sv=2024&sig=planted-S3cret"
PAIR = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
AGAIN = {"name": NONCE, "value": "n"}
EARLIER = {"name": NONCE, "value": "earlier"}


# desired, key, tag, properties that are sent
CREATED = {
    "a script": (WANTED, KEY, "bulwark1:none", {"source": {"script": "echo hello"}}),
    "an address": (
        RunCommand(NAME, script_uri=URI + SIGNED),
        KEY,
        "bulwark1:none",
        {"source": {"scriptUri": URI + SIGNED}},
    ),
    "a command of Azure": (RunCommand(NAME, command_id="X"), KEY, "bulwark1:none", {"source": {"commandId": "X"}}),
    "parameters": (WANTED._replace(parameters={"A": "1", "B": "2"}), KEY, "bulwark1:none", {"parameters": PAIR}),
    "protected parameters": (
        SEALED,
        KEY,
        OURS,
        {"protectedParameters": [{"name": "TOKEN", "value": "planted-S3cret"}]},
    ),
    "protected parameters without a key": (SEALED, None, "bulwark1:unkeyed", {}),
    "nothing protected, said so": (WANTED._replace(protected_parameters={}), None, "bulwark1:none", {}),
    "a user with a password": (
        WANTED._replace(run_as_user="op", run_as_password="planted-S3cret"),
        KEY,
        "bulwark1:" + mark_of({"runAsPassword": "planted-S3cret"}, KEY),
        {"runAsUser": "op", "runAsPassword": "planted-S3cret"},
    ),
    "the rest": (
        WANTED._replace(
            timeout_in_seconds=60,
            async_execution=True,
            output_blob_uri=BLOB + SIGNED,
            error_blob_uri="",
            run_as_user="",
        ),
        KEY,
        "bulwark1:none",
        {"timeoutInSeconds": 60, "asyncExecution": True, "outputBlobUri": BLOB + SIGNED},
    ),
}


@pytest.mark.parametrize("name", CREATED)
def test_create(name):
    desired, key, tag, properties = CREATED[name]
    made = plan(desired._replace(tags={"team": "a"}), None, key)
    assert (made.action, made.name, made.reasons, made.before) == ("create", NAME, ["absent"], {})
    assert made.document["tags"] == made.after["tags"] == {"team": "a", DIGEST_TAG: tag}
    if desired is not SEALED:
        properties = {"source": {"script": "echo hello"}, **properties}
        assert made.document["properties"] == properties
    assert properties.items() <= made.document["properties"].items()
    assert "S3cret" not in repr((made.after, made.reasons))
    assert "location" not in made.document


def test_creation_needs_a_source():
    with pytest.raises(Failure) as caught:
        plan(RunCommand(NAME), None, KEY)
    assert caught.value.code == "MissingOption"


# desired, what is there, key
EQUAL = {
    "as we left it": (WANTED, command(), KEY),
    "nothing declared but the name": (RunCommand(NAME), command(tag=None), None),
    "the order of parameters": (
        WANTED._replace(parameters={"B": "2", "A": "1"}),
        command(parameters=PAIR),
        KEY,
    ),
    "a parameter of ours": (WANTED._replace(parameters={}), command(parameters=[EARLIER]), KEY),
    "parameters not declared": (WANTED, command(parameters=PAIR), KEY),
    "the same secret": (SEALED, command(tag=OURS), KEY),
    "a secret not declared": (WANTED, command(tag=OURS), KEY),
    "absent, zero, false and the empty text": (
        WANTED._replace(timeout_in_seconds=0, async_execution=False, run_as_user="", output_blob_uri=""),
        command(timeoutInSeconds=None, asyncExecution=None),
        KEY,
    ),
    "another signature": (
        RunCommand(NAME, script_uri=URI + SIGNED, output_blob_uri=BLOB + SIGNED),
        command(source={"scriptUri": URI + "?sig=old"}, outputBlobUri=BLOB),
        KEY,
    ),
    "tags of others": (WANTED._replace(tags={"team": "a"}), command(tags={"team": "a", "policy": "x"}), KEY),
    "a run that nobody reports": (WANTED, command(UNREPORTED), KEY),
    "no instance view": (WANTED, command({}), KEY),
    "started, where nobody waits": (
        WANTED._replace(async_execution=True),
        command(under_way(), asyncExecution=True),
        KEY,
    ),
    "started, where nobody waits and nothing is declared": (WANTED, command(under_way(), asyncExecution=True), KEY),
}


@pytest.mark.parametrize("name", EQUAL)
def test_nothing_to_do(name):
    desired, current, key = EQUAL[name]
    made = plan(desired, current, key)
    assert (made.action, made.reasons, made.document) == ("none", [], None)
    assert (made.pending, made.unknown_secret, made.before) == (False, False, made.after)
    assert "sig=" not in repr(made)


# what is there, while nothing differs
PENDING = {
    "the script": command(under_way()),
    "the agent": command(under_way("Pending")),
    "the operation": command(UNREPORTED, provisioningState="Creating"),
    "the operation after a failed run": command(failed(), provisioningState="Updating"),
}


@pytest.mark.parametrize("name", PENDING)
def test_a_run_under_way_is_awaited(name):
    made = plan(WANTED, PENDING[name], KEY)
    assert (made.action, made.pending) == ("none", True)


# desired, what is there, key, reasons, properties that are sent, tags that are sent
DRIFT = {
    "another script": (
        WANTED._replace(script="echo other"),
        command(),
        KEY,
        ["source.script differs"],
        {"source": {"script": "echo other"}},
    ),
    "another kind of source": (
        RunCommand(NAME, command_id="X"),
        command(source={"scriptUri": URI, "scriptUriManagedIdentity": {}}),
        KEY,
        ["source.commandId differs"],
        {"source": {"commandId": "X"}},
    ),
    "the identity of a source stays": (
        RunCommand(NAME, script_uri=URI),
        command(source={"scriptUri": URI + ".old", "scriptUriManagedIdentity": {}}),
        KEY,
        ["source.scriptUri differs"],
        {"source": {"scriptUri": URI, "scriptUriManagedIdentity": {}}},
    ),
    "parameters": (
        WANTED._replace(parameters={"A": "2", "C": "3"}),
        command(parameters=PAIR),
        KEY,
        ["parameters.A differs", "parameters.B differs", "parameters.C differs"],
        {"parameters": [{"name": "A", "value": "2"}, {"name": "C", "value": "3"}]},
    ),
    "a parameter without a name": (
        WANTED._replace(parameters={}),
        command(parameters=[{"value": "x"}]),
        KEY,
        ["parameters without a name found"],
        {"source": {"script": "echo hello"}},
    ),
    "user, timeout and waiting": (
        WANTED._replace(run_as_user="op", timeout_in_seconds=60, async_execution=True),
        command(),
        KEY,
        ["runAsUser differs", "timeoutInSeconds differs", "asyncExecution differs"],
        {"runAsUser": "op", "timeoutInSeconds": 60, "asyncExecution": True},
    ),
    "blobs": (
        WANTED._replace(output_blob_uri=BLOB + SIGNED, error_blob_uri=""),
        command(errorBlobUri=BLOB),
        KEY,
        ["outputBlobUri differs", "errorBlobUri differs"],
        {"outputBlobUri": BLOB + SIGNED},
    ),
    "a tag, and the script does not run again": (
        WANTED._replace(tags={"team": "a"}),
        command(tags={"team": "b", "policy": "x"}, parameters=[EARLIER]),
        KEY,
        ["tags.team differs"],
        {"parameters": [EARLIER]},
        {"team": "a", "policy": "x", DIGEST_TAG: "bulwark1:none"},
    ),
    "another secret": (
        SEALED,
        command(tag="bulwark1:" + mark_of({"x": 1}, KEY)),
        KEY,
        ["protected parameters differ"],
        {"protectedParameters": [{"name": "TOKEN", "value": "planted-S3cret"}]},
        {DIGEST_TAG: OURS},
    ),
    "nothing protected any more": (
        WANTED._replace(protected_parameters={}),
        command(tag=OURS),
        KEY,
        ["protected parameters differ"],
        {},
        {DIGEST_TAG: "bulwark1:none"},
    ),
    "an unknown secret that is applied": (
        SEALED._replace(on_unknown_secret="apply"),
        command(tag="foreign"),
        KEY,
        ["protected parameters unknown"],
        {"parameters": [AGAIN]},
        {DIGEST_TAG: OURS},
    ),
    "the script failed": (
        WANTED,
        command(failed(127, "Write-Host: command not found\n"), parameters=[*PAIR, EARLIER]),
        KEY,
        ["Failed: exit code 127: Write-Host: command not found"],
        {"parameters": [*PAIR, AGAIN]},
    ),
    "the script failed, and its parameters are declared": (
        WANTED._replace(parameters={"A": "1", "B": "2"}),
        command(failed(), parameters=PAIR),
        KEY,
        ["Failed: exit code 7: no disk"],
        {"parameters": [*PAIR, AGAIN]},
    ),
    "the end of a long text": (
        WANTED,
        command(failed(error="x" * 1000 + "the cause")),
        KEY,
        ["Failed: exit code 7: ... " + "x" * 291 + "the cause"],
        {},
    ),
    "no text of its own": (
        WANTED,
        command(failed(error="")),
        KEY,
        ["Failed: exit code 7: Execution failed: exit status=7"],
        {},
    ),
    "it took too long": (
        WANTED,
        command(ended("TimedOut", 1)),
        KEY,
        ["TimedOut: exit code 1: Execution completed"],
        {},
    ),
    "canceled": (WANTED, command({"executionState": "Canceled"}), KEY, ["Canceled"], {}),
    "the operation failed": (WANTED, command({}, provisioningState="Failed"), KEY, ["Failed"], {}),
    "an exit code that is called success": (
        WANTED,
        command(ended(code=3, error="e")),
        KEY,
        ["Failed: exit code 3: e"],
        {},
    ),
    "failed, where nobody waits": (
        WANTED._replace(async_execution=True),
        command(failed(), asyncExecution=True),
        KEY,
        ["Failed: exit code 7: no disk"],
        {},
    ),
    "asked for": (WANTED._replace(rerun=True), command(), KEY, ["asked to run again"], {"parameters": [AGAIN]}),
    "an address with an identity stays": (
        WANTED._replace(rerun=True),
        command(outputBlobUri=BLOB, outputBlobManagedIdentity={"clientId": "c"}),
        KEY,
        ["asked to run again"],
        {"outputBlobUri": BLOB, "outputBlobManagedIdentity": {"clientId": "c"}},
    ),
}


@pytest.mark.parametrize("name", DRIFT)
def test_drift(name):
    desired, current, key, reasons, properties, *tags = DRIFT[name]
    made = plan(desired, current, key, "n")
    assert (made.action, made.reasons) == ("update", reasons)
    assert properties.items() <= made.document["properties"].items()
    assert "errorBlobUri" not in made.document["properties"]
    if tags:
        assert made.document["tags"] == tags[0]
    changed = made.document["tags"] != current.get("tags")
    assert made.before.get("tags") == (current.get("tags") if changed else None)
    assert made.after.get("tags") == (made.document["tags"] if changed else None)
    assert "provisioningState" not in made.document["properties"]
    assert "instanceView" not in made.document["properties"]
    assert made.again is (AGAIN in made.document["properties"].get("parameters", []))
    assert "S3cret" not in repr((made.before, made.after, made.reasons))


@pytest.mark.parametrize(("tag", "key"), [("foreign", KEY), (None, KEY), ("bulwark1:unkeyed", KEY), (OURS, None)])
def test_an_unknown_secret_is_no_drift(tag, key):
    made = plan(SEALED, command(tag=tag), key)
    assert (made.action, made.unknown_secret) == ("none", True)


def test_the_password_is_a_part_of_the_secret():
    both = SEALED._replace(run_as_password="another-S3cret")
    tag = "bulwark1:" + mark_of({"protectedParameters": SECRET, "runAsPassword": "another-S3cret"}, KEY)
    assert plan(both, command(tag=tag), KEY).action == "none"
    assert plan(SEALED, command(tag=tag), KEY).reasons == ["protected parameters differ"]


# what would be lost, code
LOST = {
    "protected parameters": (command(failed(), tag=OURS), "ProtectedParametersMissing"),
    "protected parameters, maybe": (command(failed(), tag=None), "ProtectedParametersMissing"),
    "the signature of a blob": (command(failed(), outputBlobUri=BLOB), "SignatureMissing"),
}


@pytest.mark.parametrize("name", LOST)
def test_an_update_loses_nothing(name):
    current, code = LOST[name]
    with pytest.raises(Failure) as caught:
        plan(WANTED, current, KEY)
    assert caught.value.code == code


def test_an_update_needs_the_signature_of_the_script():
    with pytest.raises(Failure) as caught:
        plan(RunCommand(NAME, rerun=True), command(source={"scriptUri": URI}), KEY)
    assert caught.value.code == "SignatureMissing"
    assert "scriptUri" in caught.value.message


def test_what_is_being_deleted_is_left_alone():
    with pytest.raises(Failure) as caught:
        plan(WANTED, command(provisioningState="Deleting"), KEY)
    assert caught.value.code == "OperationInProgress"


def test_absent():
    gone = plan(RunCommand(NAME, state="absent"), command(), None)
    assert (gone.action, gone.reasons, gone.document, gone.after) == ("delete", ["present"], None, {})
    assert gone.before["source"] == {"script": "echo hello"}
    assert plan(RunCommand(NAME, state="absent"), None, None).action == "none"


def test_without_the_parameter_of_ours():
    again = plan(WANTED._replace(rerun=True), command(parameters=PAIR), KEY, "n")
    stripped = without_nonce(again)
    assert again.document["properties"]["parameters"] == [*PAIR, AGAIN]
    assert stripped.document["properties"]["parameters"] == stripped.after["parameters"] == PAIR
    assert "parameters" not in without_nonce(plan(WANTED._replace(rerun=True), command(), KEY)).document["properties"]
    gone = plan(WANTED._replace(state="absent"), command(), None)
    assert without_nonce(gone) is gone

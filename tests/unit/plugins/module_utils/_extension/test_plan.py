# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import drift
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.plan import plan
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.secret_digest import (
    mark_of,
    reference_mark,
)

from .machines import PUBLISHER, TYPE, extension, machine, status, view

KEY = "a key"
SECRET = {"commandToExecute": "planted-S3cret"}
MARK = mark_of(SECRET, KEY)
OURS, NO_SECRET = "bulwark1:" + MARK, "bulwark1:none"
WANTED = Desired(name=TYPE, publisher=PUBLISHER, type=TYPE, version="2.1", settings={"a": 1}, protected_settings=SECRET)
PLAIN = WANTED._replace(protected_settings=None)
FAILED = [view(statuses=[status("ProvisioningState/failed/1", "Error", "exit code 52")])]


def there(**properties):
    """A VM with our extension as we left it."""
    return machine(extension(**{"settings": {"a": 1}, "forceUpdateTag": OURS, **properties}))


def failed(**properties):
    vm = there(provisioningState="Failed", **properties)
    vm["properties"]["instanceView"]["extensions"] = FAILED
    return vm


def test_create():
    made = plan(WANTED, machine(), KEY, "n")
    assert (made.action, made.name, made.reasons, made.before) == ("create", TYPE, ["absent"], {})
    shown = {
        "publisher": PUBLISHER,
        "type": TYPE,
        "typeHandlerVersion": "2.1",
        "autoUpgradeMinorVersion": True,
        "settings": {"a": 1},
        "forceUpdateTag": OURS,
    }
    assert made.after == shown
    assert made.document == {"location": "westeurope", "properties": {**shown, "protectedSettings": SECRET}}


# desired, key, the properties that are sent at creation
CREATED = {
    "nothing secret": (PLAIN, KEY, {"forceUpdateTag": NO_SECRET}),
    "nothing secret, said so": (WANTED._replace(protected_settings={}), None, {"forceUpdateTag": NO_SECRET}),
    "no key": (WANTED, None, {"forceUpdateTag": "bulwark1:unkeyed"}),
    "a tag of the user's": (WANTED._replace(force_update_tag="v1"), KEY, {"forceUpdateTag": "v1"}),
    "minor versions": (WANTED._replace(auto_upgrade_minor_version=False), KEY, {"autoUpgradeMinorVersion": False}),
    "automatic upgrade": (WANTED._replace(enable_automatic_upgrade=False), KEY, {"enableAutomaticUpgrade": False}),
}


@pytest.mark.parametrize("name", CREATED)
def test_what_is_sent_at_creation(name):
    desired, key, properties = CREATED[name]
    assert properties.items() <= plan(desired, machine(), key).document["properties"].items()


def test_a_name_of_its_own():
    assert plan(WANTED._replace(name="mine"), machine(), KEY).name == "mine"


@pytest.mark.parametrize("missing", ["publisher", "type", "version"])
def test_creation_needs_a_handler(missing):
    with pytest.raises(Failure) as caught:
        plan(WANTED._replace(name="mine", **{missing: None}), machine(), KEY)
    assert caught.value.code == "MissingOption"
    assert "needs: %s." % missing in caught.value.message


# desired, VM, key: nothing to do
EQUAL = {
    "as we left it": (WANTED, there(), KEY),
    "found by its handler under another name": (
        WANTED._replace(name=None),
        machine(extension("x", settings={"a": 1}, forceUpdateTag=OURS)),
        KEY,
    ),
    "found by its name alone": (Desired(name=TYPE.lower()), there(), None),
    "key order": (WANTED._replace(settings={"b": 1, "a": 2}), there(settings={"a": 2, "b": 1}), KEY),
    "no settings and none": (WANTED._replace(settings={}), machine(extension(forceUpdateTag=OURS)), KEY),
    "settings not given": (WANTED._replace(settings=None), there(settings={"x": 1}), KEY),
    "secret not given": (PLAIN, there(forceUpdateTag="foreign"), KEY),
    "run again once": (WANTED, there(forceUpdateTag=OURS + ":9"), KEY),
    "absent flag is false": (
        WANTED._replace(auto_upgrade_minor_version=False, enable_automatic_upgrade=False),
        there(autoUpgradeMinorVersion=None),
        KEY,
    ),
    "flag not given": (WANTED, there(enableAutomaticUpgrade=True, autoUpgradeMinorVersion=False), KEY),
    "the user's tag": (WANTED._replace(force_update_tag="v1"), there(forceUpdateTag="v1"), KEY),
    "the user's tag, run again once": (
        WANTED._replace(force_update_tag="v1"),
        there(forceUpdateTag="v1~bulwark-9"),
        KEY,
    ),
    "an operation of somebody is under way": (WANTED, there(provisioningState="Updating"), KEY),
}


# desired, VM, key, reasons, some properties that are sent
DRIFT = {
    "a setting differs": (
        WANTED._replace(settings={"a": 2}),
        there(),
        KEY,
        ["settings.a differs"],
        {"settings": {"a": 2}, "forceUpdateTag": OURS},
    ),
    "a setting is missing": (
        WANTED._replace(settings={"a": 1, "b": {}}),
        there(),
        KEY,
        ["settings.b differs"],
        {"settings": {"a": 1, "b": {}}},
    ),
    "a setting too many": (WANTED._replace(settings={}), there(), KEY, ["settings.a differs"], {"settings": {}}),
    "null is not absent": (
        WANTED._replace(settings={"a": 1, "b": None}),
        there(),
        KEY,
        ["settings.b differs"],
        {"settings": {"a": 1, "b": None}},
    ),
    "settings stay if not given": (
        WANTED._replace(settings=None, version="2.2"),
        there(),
        KEY,
        ["version 2.2 wanted, found 2.1"],
        {"settings": {"a": 1}, "typeHandlerVersion": "2.2"},
    ),
    "minor versions": (
        WANTED._replace(auto_upgrade_minor_version=False),
        there(),
        KEY,
        ["autoUpgradeMinorVersion differs"],
        {"autoUpgradeMinorVersion": False},
    ),
    "automatic upgrade": (
        WANTED._replace(enable_automatic_upgrade=True),
        there(),
        KEY,
        ["enableAutomaticUpgrade differs"],
        {"enableAutomaticUpgrade": True},
    ),
    "flags stay if not given": (
        WANTED._replace(version="2.2"),
        there(enableAutomaticUpgrade=True, suppressFailures=True),
        KEY,
        ["version 2.2 wanted, found 2.1"],
        {"enableAutomaticUpgrade": True, "suppressFailures": True},
    ),
    "secret": (
        WANTED,
        there(forceUpdateTag="bulwark1:0123456789abcdef"),
        KEY,
        ["protected settings differ"],
        {"forceUpdateTag": OURS, "protectedSettings": SECRET},
    ),
    "secret where none was": (
        WANTED,
        there(forceUpdateTag=NO_SECRET),
        KEY,
        ["protected settings differ"],
        {"forceUpdateTag": OURS},
    ),
    "unknown secret, apply": (
        WANTED._replace(on_unknown_secret="apply"),
        there(forceUpdateTag="foreign"),
        KEY,
        ["protected settings unknown"],
        {"forceUpdateTag": OURS + ":n"},
    ),
    "unknown secret, apply, no key": (
        WANTED._replace(on_unknown_secret="apply"),
        there(),
        None,
        ["protected settings unknown"],
        {"forceUpdateTag": "bulwark1:unkeyed:n"},
    ),
    "unknown secret, other drift": (
        WANTED._replace(version="2.2"),
        there(forceUpdateTag="foreign"),
        KEY,
        ["version 2.2 wanted, found 2.1"],
        {"forceUpdateTag": OURS + ":n", "protectedSettings": SECRET},
    ),
    "failed": (WANTED, failed(), KEY, ["Failed: exit code 52"], {"forceUpdateTag": OURS + ":n"}),
    "failed again": (
        WANTED,
        failed(forceUpdateTag=OURS + ":m"),
        KEY,
        ["Failed: exit code 52"],
        {"forceUpdateTag": OURS + ":n"},
    ),
    "failed, nothing secret": (
        PLAIN,
        failed(forceUpdateTag=NO_SECRET),
        KEY,
        ["Failed: exit code 52"],
        {"forceUpdateTag": NO_SECRET + ":n"},
    ),
    "failed, the user's tag": (
        WANTED._replace(force_update_tag="v1"),
        failed(forceUpdateTag="v1"),
        KEY,
        ["Failed: exit code 52"],
        {"forceUpdateTag": "v1~bulwark-n"},
    ),
    "asked to run again": (
        WANTED._replace(rerun=True),
        there(),
        KEY,
        ["asked to run again"],
        {"forceUpdateTag": OURS + ":n"},
    ),
    "another tag of the user's": (
        WANTED._replace(force_update_tag="v2"),
        there(forceUpdateTag="v1"),
        KEY,
        ["force_update_tag differs"],
        {"forceUpdateTag": "v2"},
    ),
    "everything": (
        WANTED._replace(settings={"b": 1}, version="2.2", enable_automatic_upgrade=True),
        failed(forceUpdateTag=NO_SECRET),
        KEY,
        [
            "settings.a differs",
            "settings.b differs",
            "version 2.2 wanted, found 2.1, which runs as 2.1.14",
            "enableAutomaticUpgrade differs",
            "protected settings differ",
            "Failed: exit code 52",
        ],
        {},
    ),
}


VAULT = {"secret_url": "https://v.vault.azure.net/secrets/a/1", "source_vault_id": "/subscriptions/s/vaults/v"}
IN_ARM = {"secretUrl": VAULT["secret_url"], "sourceVault": {"id": VAULT["source_vault_id"]}}
FROM_VAULT = PLAIN._replace(protected_settings_from_key_vault=VAULT)
VAULT_TAG = "bulwark1:" + reference_mark(IN_ARM)

DRIFT.update(
    {
        "failures are shown again": (
            WANTED._replace(suppress_failures=False),
            there(suppressFailures=True),
            KEY,
            ["suppressFailures differs"],
            {"suppressFailures": False},
        ),
        "order": (
            WANTED._replace(provision_after=["a", "b"]),
            there(provisionAfterExtensions=["A"]),
            KEY,
            ["provisionAfterExtensions differs"],
            {"provisionAfterExtensions": ["a", "b"]},
        ),
        "a secret in a vault instead of ours": (
            FROM_VAULT,
            there(),
            KEY,
            ["protected settings differ"],
            {"protectedSettingsFromKeyVault": IN_ARM, "forceUpdateTag": VAULT_TAG},
        ),
        "another vault": (
            FROM_VAULT,
            there(protectedSettingsFromKeyVault={**IN_ARM, "secretUrl": "https://other/"}, forceUpdateTag=VAULT_TAG),
            KEY,
            ["protected settings differ"],
            {"protectedSettingsFromKeyVault": IN_ARM, "forceUpdateTag": VAULT_TAG},
        ),
        "our secret instead of a vault": (
            WANTED,
            there(protectedSettingsFromKeyVault=IN_ARM, forceUpdateTag=VAULT_TAG),
            KEY,
            ["protected settings differ"],
            {"protectedSettings": SECRET, "forceUpdateTag": OURS},
        ),
        "a vault is kept": (
            PLAIN._replace(settings={"a": 2}),
            there(protectedSettingsFromKeyVault=IN_ARM, forceUpdateTag=VAULT_TAG),
            KEY,
            ["settings.a differs"],
            {"protectedSettingsFromKeyVault": IN_ARM, "forceUpdateTag": VAULT_TAG},
        ),
    }
)
EQUAL.update(
    {
        "a later minor version runs": (
            WANTED,
            machine(extension(typeHandlerVersion="2.0", settings={"a": 1}, forceUpdateTag=OURS), views=[view()]),
            KEY,
        ),
        "the vault that is there": (
            FROM_VAULT,
            there(
                protectedSettingsFromKeyVault={"sourceVault": IN_ARM["sourceVault"], "secretUrl": IN_ARM["secretUrl"]}
            ),
            KEY,
        ),
        "the vault that only the tag tells": (FROM_VAULT, there(forceUpdateTag=VAULT_TAG), KEY),
        "flags as they are": (
            WANTED._replace(suppress_failures=True, provision_after=["A"], tags={"a": "b"}),
            machine(
                {
                    **extension(
                        settings={"a": 1}, forceUpdateTag=OURS, suppressFailures=True, provisionAfterExtensions=["a"]
                    ),
                    "tags": {"a": "b", "policy": "x"},
                }
            ),
            KEY,
        ),
    }
)


@pytest.mark.parametrize("name", DRIFT)
def test_drift(name):
    desired, vm, key, reasons, properties = DRIFT[name]
    made = plan(desired, vm, key, "n")
    assert (made.action, made.name, made.reasons) == ("update", TYPE, reasons)
    assert properties.items() <= made.document["properties"].items()
    assert "S3cret" not in repr((made.reasons, made.before, made.after))
    assert "provisioningState" not in made.document["properties"]
    assert made.document["location"] == "westeurope"


@pytest.mark.parametrize("name", EQUAL)
def test_nothing_to_do(name):
    desired, vm, key = EQUAL[name]
    before = copy.deepcopy(vm)
    made = plan(desired, vm, key, "n")
    assert (made.action, made.reasons, made.document, made.unknown_secret) == ("none", [], None, False)
    assert made.before == made.after
    assert vm == before


def test_after_an_update_there_is_nothing_to_do():
    for name, (desired, vm, key, _reasons, _properties) in DRIFT.items():
        made = plan(desired, vm, key, "n")
        settled = {**made.document["properties"], "provisioningState": "Succeeded"}
        settled.pop("protectedSettings", None)
        after = machine({**extension(), "properties": settled})
        again = plan(desired._replace(rerun=False), after, key, "m")
        expected = "update" if name == "unknown secret, apply, no key" else "none"
        assert again.action == expected, name


def test_an_unknown_secret_is_kept_and_told():
    made = plan(WANTED, there(forceUpdateTag="foreign"), KEY)
    assert (made.action, made.unknown_secret) == ("none", True)


@pytest.mark.parametrize("tag", [OURS, "bulwark1:unkeyed", "foreign", None])
def test_a_secret_that_an_update_would_lose_is_an_error(tag):
    with pytest.raises(Failure) as caught:
        plan(PLAIN._replace(version="2.2"), there(forceUpdateTag=tag), KEY)
    assert caught.value.code == "ProtectedSettingsMissing"
    assert "{} says that there are none" in caught.value.hint


@pytest.mark.parametrize(
    ("desired", "tag"),
    [(PLAIN, NO_SECRET), (PLAIN, NO_SECRET + ":9"), (PLAIN._replace(protected_settings={}), "foreign")],
)
def test_no_secret_is_lost(desired, tag):
    made = plan(desired._replace(version="2.2"), there(forceUpdateTag=tag), KEY)
    assert "protectedSettings" not in made.document["properties"]
    assert made.document["properties"]["forceUpdateTag"].startswith(NO_SECRET)


def test_tags_of_the_extension_stay():
    found = {**extension(forceUpdateTag=OURS), "tags": {"a": "b"}}
    made = plan(WANTED, machine(found), KEY)
    assert made.document["tags"] == {"a": "b"}
    assert "tags" not in {**made.before, **made.after}, "what does not change is not shown"


def test_tags_that_go_with_the_extension_are_shown():
    found = machine({**extension(publisher="P"), "tags": {"a": "b"}})
    assert plan(Desired(name=TYPE, state="absent"), found, KEY).before["tags"] == {"a": "b"}
    made = plan(WANTED._replace(on_immutable_change="reinstall", tags={"c": "d"}), found, KEY)
    assert (made.before["tags"], made.after["tags"], made.document["tags"]) == ({"a": "b"}, {"c": "d"}, {"c": "d"})


def test_the_handler_is_checked():
    with pytest.raises(Failure) as caught:
        plan(WANTED._replace(name="mine"), there(), KEY)
    assert caught.value.code == "HandlerInUse"


# desired, VM, action, name
ABSENT = {
    "by name": (Desired(name=TYPE, state="absent"), there(), "delete", TYPE),
    "by handler": (Desired(publisher=PUBLISHER, type=TYPE, state="absent"), machine(extension("x")), "delete", "x"),
    "not there": (Desired(name="x", state="absent"), there(), "none", "x"),
    "no such handler": (Desired(publisher="P", type="T", state="absent"), there(), "none", "T"),
}


@pytest.mark.parametrize("name", ABSENT)
def test_absent(name):
    desired, vm, action, found = ABSENT[name]
    made = plan(desired, vm, KEY)
    assert (made.action, made.name, made.document, made.after) == (action, found, None, {})
    assert made.reasons == (["present"] if action == "delete" else [])
    assert bool(made.before) is (action == "delete")


def test_tags_are_merged():
    found = {**extension(settings={"a": 1}, forceUpdateTag=OURS), "tags": {"a": "b", "policy": "x"}}
    made = plan(WANTED._replace(tags={"a": "c", "new": "y"}), machine(found), KEY)
    assert made.reasons == ["tags.a differs", "tags.new differs"]
    assert made.document["tags"] == {"a": "c", "policy": "x", "new": "y"}
    assert made.before == {**made.after, "tags": {"a": "b", "policy": "x"}}
    assert made.after["tags"] == made.document["tags"]


def test_a_vault_and_a_tag_at_creation():
    made = plan(FROM_VAULT._replace(tags={"a": "b"}), machine(), None)
    assert made.document["tags"] == {"a": "b"}
    assert made.document["properties"]["forceUpdateTag"] == VAULT_TAG
    assert made.after["protectedSettingsFromKeyVault"] == IN_ARM
    assert (made.before, made.after["tags"]) == ({}, {"a": "b"})


# desired, VM: the reason to delete and create
REINSTALLED = {
    "asked for": (WANTED._replace(state="reinstalled"), there(), "asked to reinstall"),
    "another publisher": (
        WANTED._replace(on_immutable_change="reinstall"),
        machine(extension(publisher="P")),
        "handler P.%s found" % TYPE,
    ),
    "another type": (
        WANTED._replace(on_immutable_change="reinstall", state="reinstalled"),
        machine(extension(kind="T", settings={"theirs": 1})),
        "handler %s.T found" % PUBLISHER,
    ),
}


@pytest.mark.parametrize("name", REINSTALLED)
def test_reinstall(name):
    desired, vm, reason = REINSTALLED[name]
    made = plan(desired, vm, KEY, "n")
    assert (made.action, made.name, made.reasons) == ("reinstall", TYPE, [reason])
    assert made.document["properties"]["protectedSettings"] == SECRET
    assert made.after["settings"] == {"a": 1}
    assert made.before["type"] == vm["resources"][0]["properties"]["type"]


def test_reinstalling_what_is_absent_creates_it():
    assert plan(WANTED._replace(state="reinstalled"), machine(), KEY).action == "create"


def test_reinstalling_a_foreign_script_needs_its_name():
    with pytest.raises(Failure) as caught:
        plan(WANTED._replace(name=None, state="reinstalled"), there(forceUpdateTag="theirs"), KEY)
    assert caught.value.code == "ForeignScript"


def test_adopting():
    vm = machine(extension("theirs", settings={"a": 2}, forceUpdateTag=OURS))
    made = plan(WANTED._replace(adopt=True), vm, KEY)
    assert (made.action, made.name, made.reasons) == ("update", "theirs", ["settings.a differs"])


def test_a_failed_sibling_stops_a_creation_only():
    sick = extension("sick", "P", "T", provisioningState="Failed")
    with pytest.raises(Failure, match="has failed, expected none"):
        plan(WANTED, machine(sick), KEY)
    assert plan(WANTED, machine(sick, extension(settings={"a": 2}, forceUpdateTag=OURS)), KEY).action == "update"


# wanted, asked for, whether Azure may upgrade, what runs: does it do
VERSIONS = [
    ("2.1", "2.1", False, "2.1.19", True),
    ("2.1", "2.1", False, None, True),
    ("2.1", "2.0", False, None, False),
    ("2.1", "2.0", True, "2.1.19", True),
    ("2.1", "2.0", True, "2.10.0", True),
    ("2.1", "2.0", False, "2.10.0", False),
    ("2.1", "2.1", True, "2.0.9", False),
    ("2.1", "1.0", True, "3.0.1", False),
    ("2", "2.1", False, "2.1.4", True),
]


@pytest.mark.parametrize(("wanted", "asked", "upgrades", "running", "does"), VERSIONS)
def test_versions(wanted, asked, upgrades, running, does):
    current = {"typeHandlerVersion": asked, "autoUpgradeMinorVersion": upgrades}
    assert drift.runs_version(WANTED._replace(version=wanted), current, running) is does
    kept = {**current, "autoUpgradeMinorVersion": not upgrades}
    desired = WANTED._replace(version=wanted, auto_upgrade_minor_version=upgrades)
    assert drift.runs_version(desired, kept, running) is does

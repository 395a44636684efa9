# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire server's documents, read back with an XML parser as the agent does."""

from __future__ import annotations

import base64
import json
from xml.etree import ElementTree

import pytest

from local_azure.wire import documents
from local_azure.wire.documents import Identity

from .machines import SECRET, goal

IDENTITY = Identity("11111111-2222-3333-4444-555555555555", "docker1", "deployment1")
NASTY = {"commandToExecute": 'echo "<&>\'" ]]> \\ \n\t\x00 \N{SNOWMAN} \U0001f433', "nested": [{"a&b": None}]}
CONFIG = "http://168.63.129.16:80/machine/%s/docker1?comp=config&type=%s&incarnation=7"

DOCUMENTS = {
    "versions": documents.VERSIONS,
    "goal state": documents.goal_state(IDENTITY, 7),
    "hosting environment": documents.hosting_environment(IDENTITY),
    "shared config": documents.shared_config(IDENTITY, "10.42.0.4"),
    "certificates": documents.certificate_file(b"\x00\xff" * 100),
    "no extensions": documents.extensions_config(IDENTITY, 7, [], 0),
    "extensions": documents.extensions_config(IDENTITY, 7, [goal(settings=NASTY)], 0),
    "no packages": documents.package_manifest("agent", []),
}


def parse(text):
    return ElementTree.fromstring(text.encode("utf-8"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_well_formed(name):
    text = DOCUMENTS[name]
    assert text.startswith('<?xml version="1.0" encoding="utf-8"?><')
    assert len(parse(text).tag) > 3


def test_the_versions_that_the_agent_looks_for():
    assert [version.text for version in parse(documents.VERSIONS).iter("Version")] == [
        "2015-04-05",
        "2015-04-05",
        "2012-11-30",
    ]


def test_goal_state():
    found = parse(documents.goal_state(IDENTITY, 7))
    text = {element.tag: element.text for element in found.iter() if element.text}
    assert (text["Incarnation"], text["ExpectedState"]) == ("7", "Started")
    assert (text["ContainerId"], text["InstanceId"]) == (IDENTITY.container, "docker1")
    for tag, kind in (
        ("HostingEnvironmentConfig", "hostingEnvironmentConfig"),
        ("SharedConfig", "sharedConfig"),
        ("ExtensionsConfig", "extensionsConfig"),
        ("FullConfig", "fullConfig"),
    ):
        assert text[tag] == CONFIG % (IDENTITY.container, kind)
    assert text["Certificates"].endswith("?comp=certificates&incarnation=7")


def test_hosting_environment_and_shared_config_name_the_machine():
    hosting = parse(documents.hosting_environment(IDENTITY))
    assert hosting.find("Deployment").get("name") == "deployment1"
    assert hosting.find("Role").get("guid") == "{%s}" % IDENTITY.container
    instance = parse(documents.shared_config(IDENTITY, "10.42.0.4")).find("Instances/Instance")
    assert (instance.get("id"), instance.get("address")) == ("docker1", "10.42.0.4")


def test_certificate_file():
    sealed = bytes(range(256)) * 10
    found = parse(documents.certificate_file(sealed))
    assert found.findtext("Format") == "Pkcs7BlobWithPfxContents"
    assert base64.b64decode(found.findtext("Data")) == sealed


def settings_of(found, index=0):
    [entry] = json.loads(found.findall("PluginSettings/Plugin/RuntimeSettings")[index].text)["runtimeSettings"]
    return entry["handlerSettings"]


@pytest.mark.parametrize("settings", [NASTY, {}, {"script": "x" * 300000}])
def test_settings_arrive_as_they_were(settings):
    found = parse(documents.extensions_config(IDENTITY, 7, [goal(settings=settings)], 0))
    assert settings_of(found) == {"publicSettings": settings}


def test_no_settings_are_empty_settings():
    assert json.loads(documents.handler_settings(goal(settings=None))) == {
        "runtimeSettings": [{"handlerSettings": {"publicSettings": {}}}]
    }


def test_protected_settings_travel_sealed_with_the_thumbprint():
    found = parse(documents.extensions_config(IDENTITY, 7, [goal(sealed_settings="Q01T", thumbprint="AB")], 0))
    assert settings_of(found) == {
        "publicSettings": {"commandToExecute": "true"},
        "protectedSettings": "Q01T",
        "protectedSettingsCertThumbprint": "AB",
    }
    assert SECRET not in ElementTree.tostring(found, encoding="unicode")


def test_extensions_config():
    goals = [goal(), goal(publisher="P&Q", type="T", version="1.0.0", state="uninstall", sequence=0)]
    found = parse(documents.extensions_config(IDENTITY, 7, goals, 1.5))
    assert found.get("goalStateIncarnation") == "7"
    plugins = found.findall("Plugins/Plugin")
    assert [(item.get("name"), item.get("version"), item.get("state")) for item in plugins] == [
        ("Microsoft.Azure.Extensions.CustomScript", "2.1.19", "enabled"),
        ("P&Q.T", "1.0.0", "uninstall"),
    ]
    for item in plugins:
        manifest = "http://168.63.129.16:80/blob/%s/manifest.xml" % item.get("name")
        assert item.get("location") == item.get("failoverlocation") == manifest
    runtime = found.findall("PluginSettings/Plugin/RuntimeSettings")
    assert [item.get("seqNo") for item in runtime] == ["3", "0"]
    assert found.findtext("StatusUploadBlob") == "http://168.63.129.16:80/status/docker1.status"
    metadata = found.find("InVMGoalStateMetaData")
    assert (metadata.get("inSvdSeqNo"), metadata.get("createdOnTicks")) == ("7", "621355968015000000")


def instance(name, **given):
    return goal(publisher="Microsoft.CPlat.Core", type="RunCommandHandlerLinux", version="1.3.28", name=name, **given)


@pytest.mark.parametrize(
    ("states", "handler"),
    [
        (["enabled", "enabled"], "enabled"),
        (["enabled", "disabled"], "enabled"),
        (["disabled", "disabled"], "uninstall"),
    ],
)
def test_a_handler_with_many_instances_is_one_plugin(states, handler):
    goals = [instance(f"cmd-{number}", state=state, sequence=number) for number, state in enumerate(states)]
    found = parse(documents.extensions_config(IDENTITY, 7, [goal(), *goals], 0))
    plugins = {item.get("name"): item.get("state") for item in found.findall("Plugins/Plugin")}
    name = "Microsoft.CPlat.Core.RunCommandHandlerLinux"
    assert plugins == {"Microsoft.Azure.Extensions.CustomScript": "enabled", name: handler}
    [settings] = [item for item in found.findall("PluginSettings/Plugin") if item.get("name") == name]
    assert settings.get("version") == "1.3.28"
    assert settings.findall("RuntimeSettings") == []
    entries = settings.findall("ExtensionRuntimeSettings")
    assert [(entry.get("name"), entry.get("seqNo"), entry.get("state")) for entry in entries] == [
        (f"cmd-{number}", str(number), state) for number, state in enumerate(states)
    ]
    [entry] = json.loads(entries[0].text)["runtimeSettings"]
    assert entry["handlerSettings"] == {"publicSettings": {"commandToExecute": "true"}}


def test_package_manifest():
    found = parse(documents.package_manifest("P.T", ["1.0.0", "1.0.1"]))
    assert [item.text for item in found.iter("Version")] == ["1.0.0", "1.0.1"]
    assert [item.text for item in found.iter("Uri")] == [
        "http://168.63.129.16:80/blob/P.T/%s.zip" % version for version in ("1.0.0", "1.0.1")
    ]

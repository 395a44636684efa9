# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import catalogue
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.desired import Desired

from .machines import PUBLISHER, TYPE

SCRIPT = base64.b64encode(b"#!/bin/sh\necho planted-S3cret\n").decode()
LONG = "A" * (256 * 1024 + 4)

# settings, protected settings, words of each problem
CUSTOM_SCRIPT = {
    "public command": ({"commandToExecute": "ls"}, {}, []),
    "protected command": ({"skipDos2Unix": True}, {"commandToExecute": "ls"}, []),
    "public script": ({"script": SCRIPT}, None, []),
    "protected script": (None, {"script": SCRIPT}, []),
    "script in lines": (None, {"script": SCRIPT[:8] + "\n" + SCRIPT[8:] + "\n"}, []),
    "with a storage account": (None, {"script": SCRIPT, "storageAccountName": "n", "storageAccountKey": "k"}, []),
    "neither": ({"fileUris": []}, {}, ["found none"]),
    "both": ({"script": SCRIPT}, {"commandToExecute": "ls"}, ["found commandToExecute and script"]),
    "in both": ({"script": SCRIPT}, {"script": SCRIPT}, ["in both settings and protected_settings: script"]),
    "no base64": ({"script": "#!/bin/sh"}, {}, ["script is not base64"]),
    "no base64, beyond ASCII": ({"script": "\u00e9\u00e9\u00e9\u00e9"}, {}, ["script is not base64"]),
    "no text": ({"script": 7}, {}, ["settings.script is a number, expected a text"]),
    "too long": (None, {"script": LONG}, ["compress it"]),
    "secret in public": (
        {"commandToExecute": "ls", "storageAccountKey": "planted-S3cret"},
        {},
        ["settings.storageAccountKey is secret, so it belongs in protected_settings", "all or none"],
    ),
    "half a storage account": (None, {"commandToExecute": "ls", "storageAccountKey": "k"}, ["all or none"]),
    "two logins": (
        None,
        {"commandToExecute": "ls", "storageAccountName": "n", "storageAccountKey": "k", "managedIdentity": {}},
        ["exclude each other"],
    ),
    "not given at all": (None, None, []),
}


@pytest.mark.parametrize("name", CUSTOM_SCRIPT)
def test_custom_script(name):
    settings, protected, words = CUSTOM_SCRIPT[name]
    desired = Desired(publisher=PUBLISHER.upper(), type=TYPE.lower(), settings=settings, protected_settings=protected)
    found = catalogue.problems(desired)
    assert len(found) == len(words), found
    assert all(word in problem for word, problem in zip(words, found))
    assert "S3cret" not in repr(found)
    if not words:
        catalogue.check(desired)
        return
    with pytest.raises(Failure) as caught:
        catalogue.check(desired)
    assert caught.value.code == "InvalidSettings"
    assert words[0] in caught.value.message


LINUX_ACCESS = ("Microsoft.OSTCExtensions", "VMAccessForLinux")
WINDOWS_ACCESS = ("Microsoft.Compute", "VMAccessAgent")
HEALTH = ("Microsoft.ManagedServices", "ApplicationHealthLinux")
VAULT = ("Microsoft.Azure.KeyVault", "KeyVaultForLinux")
MONITOR = ("Microsoft.Azure.Monitor", "AzureMonitorLinuxAgent")
DOCKER = ("Microsoft.Azure.Extensions", "DockerExtension")
CERTS = {"ca": "a", "cert": "b", "key": "c"}
OBSERVED = {"observedCertificates": [{"url": "u", "certificateStoreLocation": "/x"}], "pollingIntervalInS": "60"}

# handler, settings, protected settings, words of each problem
OTHERS = [
    (LINUX_ACCESS, None, {"username": "u", "ssh_key": "ssh-rsa A", "remove_prior_keys": True}, []),
    (LINUX_ACCESS, {"check_disk": True}, {}, []),
    (
        LINUX_ACCESS,
        None,
        {"username": "u", "password": "p", "reset_ssh": "false"},
        ["reset_ssh is a text, expected true"],
    ),
    (LINUX_ACCESS, {"password": "p"}, {"username": "u"}, ["settings.password is secret"]),
    (LINUX_ACCESS, None, {"check_disk": True}, ["check_disk belongs in settings"]),
    (LINUX_ACCESS, None, {"remove_user": "u", "reset_ssh": True}, ["remove_user and reset_ssh exclude"]),
    (LINUX_ACCESS, {"check_disk": True, "repair_disk": True, "disk_name": "d"}, {}, ["check_disk and repair_disk"]),
    (LINUX_ACCESS, {"check_disk": True}, {"username": "u"}, ["check_disk and username exclude"]),
    (LINUX_ACCESS, None, {"reset_ssh": True, "restore_backup_ssh": True}, ["reset_ssh and restore_backup_ssh"]),
    (LINUX_ACCESS, {"disk_name": "d"}, {}, ["disk_name needs repair_disk"]),
    (LINUX_ACCESS, None, {"expiration": "2027-01-01"}, ["expiration needs username"]),
    (LINUX_ACCESS, {"repair_disk": True}, {}, ["repair_disk needs disk_name"]),
    (LINUX_ACCESS, None, {"password": "p"}, ["password needs username"]),
    (LINUX_ACCESS, None, {"nonsense": 1}, ["protected_settings.nonsense is unknown, expected check_disk, disk_name"]),
    (WINDOWS_ACCESS, {"UserName": "u"}, {"Password": "p"}, []),
    (WINDOWS_ACCESS, {}, {}, []),
    (WINDOWS_ACCESS, {"UserName": "u", "Password": "p"}, {}, ["settings.Password is secret"]),
    (WINDOWS_ACCESS, {"UserName": "u"}, {}, ["UserName needs Password"]),
    (HEALTH, {"protocol": "tcp", "port": 80}, None, []),
    (HEALTH, {"protocol": "http", "requestPath": "/", "intervalInSeconds": 60, "numberOfProbes": 4}, None, []),
    (HEALTH, {"protocol": "tcp"}, None, ["protocol tcp needs port"]),
    (HEALTH, {"protocol": "tcp", "port": 1, "requestPath": "/"}, None, ["protocol tcp takes no requestPath"]),
    (HEALTH, {"protocol": "udp"}, None, ["settings.protocol is 'udp', expected one of tcp, http, https"]),
    (HEALTH, {"port": 70000}, None, ["settings.protocol is missing", "settings.port is 70000, expected 1 to 65535"]),
    (
        HEALTH,
        {"protocol": "http", "intervalInSeconds": 60, "numberOfProbes": 5},
        None,
        ["is 300, expected at most 240"],
    ),
    (HEALTH, {"protocol": "http", "numberOfProbes": "3"}, None, ["numberOfProbes is a text, expected a whole number"]),
    (HEALTH, {"protocol": "http", "numberOfProbes": True}, None, ["a boolean, expected a whole number"]),
    (VAULT, {"secretsManagementSettings": OBSERVED}, None, []),
    (VAULT, {"secretsManagementSettings": {"observedCertificates": ["https://v/secrets/a"]}}, None, []),
    (VAULT, {"secretsManagementSettings": {}}, None, ["secretsManagementSettings.observedCertificates is missing"]),
    (VAULT, {"secretsManagementSettings": {"observedCertificates": "x"}}, None, ["is a text, expected a list"]),
    (VAULT, {"secretsManagementSettings": {"observedCertificates": [{}]}}, None, ["[0].url is missing"]),
    (VAULT, {"secretsManagementSettings": None}, None, ["is null, expected a dictionary"]),
    (MONITOR, {"proxy": {"mode": "application", "address": "a", "auth": "true"}}, {"proxy": {"username": "u"}}, []),
    (MONITOR, {"proxy": {"mode": "direct"}}, None, ["settings.proxy.mode is 'direct'"]),
    (DOCKER, {"docker": {"port": "2376"}}, {"certs": CERTS}, []),
    (
        DOCKER,
        {"docker": {"port": 2376}},
        {"certs": {"ca": "a"}},
        ["port is a number", "cert is missing", "key is missing"],
    ),
]


@pytest.mark.parametrize(("handler", "settings", "protected", "words"), OTHERS)
def test_other_handlers(handler, settings, protected, words):
    desired = Desired(publisher=handler[0], type=handler[1], settings=settings, protected_settings=protected)
    found = catalogue.problems(desired)
    assert len(found) == len(words), found
    assert all(word in problem for word, problem in zip(words, found)), found


@pytest.mark.parametrize(("settings", "words"), [({"skipDos2Unix": True}, []), ({"script": 7}, ["expected a text"])])
def test_what_a_vault_holds_is_not_judged(settings, words):
    reference = {"secret_url": "https://v.vault.azure.net/secrets/a/1", "source_vault_id": "/subscriptions/s"}
    desired = Desired(publisher=PUBLISHER, type=TYPE, settings=settings, protected_settings_from_key_vault=reference)
    found = catalogue.problems(desired)
    assert len(found) == len(words), found
    assert all(word in problem for word, problem in zip(words, found))


@pytest.mark.parametrize(
    ("handler", "words"),
    [
        (("Microsoft.EnterpriseCloud.Monitoring", "OmsAgentForLinux"), "on 2024-08-31; Microsoft.Azure.Monitor/"),
        (("Microsoft.Azure.Diagnostics", "LinuxDiagnostic"), "on 2026-03-31"),
        (DOCKER, "docker_host replaces it"),
    ],
)
def test_retirements_say_when_and_what_instead(handler, words):
    [warning] = catalogue.warnings(Desired(publisher=handler[0], type=handler[1]))
    assert words in warning


def test_the_oldest_agent():
    assert catalogue.oldest_agent(Desired(publisher="Microsoft.CPlat.Core", type="RunCommandHandlerLinux")) == "2.4.0.2"
    assert catalogue.oldest_agent(Desired(publisher=PUBLISHER, type=TYPE)) is None
    assert catalogue.oldest_agent(Desired(publisher="P", type="T")) is None


def test_an_unknown_handler_has_no_rules():
    desired = Desired(publisher="P", type="T", settings={"script": "x"})
    assert catalogue.problems(desired) == []
    assert catalogue.warnings(desired) == []


def test_the_retired_handler_is_told():
    [warning] = catalogue.warnings(Desired(publisher="Microsoft.Azure.Extensions", type="DockerExtension"))
    assert "retired" in warning
    assert catalogue.warnings(Desired(publisher=PUBLISHER, type=TYPE)) == []

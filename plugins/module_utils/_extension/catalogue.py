# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What is known of single handlers: types and rules that Azure checks late, or never, and retirements. Data.

Known from the handlers' sources and Microsoft's documentation; what is not known of a handler is not judged.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional, Tuple

from .._azure.errors import Failure
from .desired import Desired
from .kinds import Kind, anything, choice, either, flag, items, mapping, secret, text, unread, whole
from .rules import (
    Rule,
    exactly_one,
    excludes,
    needs,
    not_in_both,
    product_at_most,
    script,
    together,
    when,
)


class Handler(NamedTuple):
    """What is known of one handler; ``agent`` is the oldest VM agent that it runs with."""

    public: Optional[Kind] = None
    protected: Optional[Kind] = None
    rules: Tuple[Rule, ...] = ()
    retired: Optional[str] = None
    agent: Optional[str] = None


SCRIPT = {"commandToExecute": text, "script": text, "fileUris": items(text)}
STORAGE = ("storageAccountName", "storageAccountKey", "managedIdentity")
ACCOUNT = {
    "username": text, "password": text, "ssh_key": text, "expiration": text, "remove_user": text, "reset_ssh": flag,
    "restore_backup_ssh": flag, "remove_prior_keys": flag, "enable_passwordless_access": flag,
}  # fmt: skip
DISK = {"check_disk": flag, "repair_disk": flag, "disk_name": text}
ACCESS = ("password", "ssh_key", "reset_ssh", "restore_backup_ssh")
HEALTH_DEFAULTS = {"intervalInSeconds": 5, "numberOfProbes": 1}
NAMES = mapping({}, closed=False)

HANDLERS: Dict[str, Handler] = {
    "microsoft.azure.extensions.customscript": Handler(
        mapping({**SCRIPT, "skipDos2Unix": flag, "timestamp": whole(), **dict.fromkeys(STORAGE, secret)}),
        mapping({**SCRIPT, "storageAccountName": text, "storageAccountKey": text, "managedIdentity": NAMES}),
        (
            exactly_one("commandToExecute", "script"),
            not_in_both("commandToExecute", "script", "fileUris"),
            together("storageAccountName", "storageAccountKey"),
            excludes("storageAccountKey", "managedIdentity"),
            script("script"),
        ),
    ),
    "microsoft.ostcextensions.vmaccessforlinux": Handler(
        mapping({**DISK, **dict.fromkeys(ACCOUNT, secret)}, closed=False),
        mapping({**ACCOUNT, **dict.fromkeys(DISK, unread)}),
        (
            excludes("remove_user", "username", *ACCESS),
            excludes("reset_ssh", "restore_backup_ssh"),
            excludes("check_disk", "repair_disk", *ACCOUNT),
            excludes("repair_disk", *ACCOUNT),
            needs("repair_disk", "disk_name"),
            needs("disk_name", "repair_disk"),
            needs("expiration", "username"),
            needs("enable_passwordless_access", "username"),
            needs("password", "username"),
            needs("ssh_key", "username"),
            needs("remove_prior_keys", "ssh_key"),
        ),
    ),
    "microsoft.compute.vmaccessagent": Handler(
        mapping({"UserName": text, "Password": secret}, closed=False),
        mapping({"Password": text}, closed=False),
        (needs("Password", "UserName"), needs("UserName", "Password")),
    ),
    "microsoft.managedservices.applicationhealthlinux": Handler(
        mapping({
            "protocol": choice("tcp", "http", "https"), "port": whole(1, 65535), "requestPath": text,
            "intervalInSeconds": whole(5, 60), "numberOfProbes": whole(1, 24), "gracePeriod": whole(5, 14400),
            "vmWatchSettings": NAMES,
        }, required=("protocol",)),
        rules=(
            when("protocol", "tcp", needed=("port",), forbidden=("requestPath",)),
            product_at_most("intervalInSeconds", "numberOfProbes", HEALTH_DEFAULTS, 240),
        ),
    ),
    "microsoft.azure.keyvault.keyvaultforlinux": Handler(
        mapping({
            "secretsManagementSettings": mapping({
                "pollingIntervalInS": either(text, whole(1)), "requireInitialSync": flag, "aclEnabled": flag,
                "linkOnRenewal": flag, "certificateStoreLocation": text, "certificateStoreName": text,
                "observedCertificates": items(either(
                    mapping({"url": text, "certificateStoreLocation": text, "certificateStoreName": text,
                             "customSymbolicLinkName": text, "acls": anything}, required=("url",)), text)),
            }, required=("observedCertificates",)),
            "authenticationSettings": mapping({"msiEndpoint": text, "msiClientId": text}),
            "loggingSettings": NAMES,
        }, required=("secretsManagementSettings",)),
    ),
    "microsoft.azure.monitor.azuremonitorlinuxagent": Handler(
        mapping({
            "proxy": mapping({"mode": choice("none", "application"), "address": text,
                              "auth": either(flag, choice("true", "false"))}),
        }, closed=False),
        mapping({"proxy": mapping({"username": text, "password": text}, closed=False)}, closed=False),
    ),
    "microsoft.azure.extensions.dockerextension": Handler(
        mapping({"docker": mapping({"port": text}, closed=False), "certs": secret}, closed=False),
        mapping({
            "certs": mapping({"ca": text, "cert": text, "key": text}, required=("ca", "cert", "key")),
            "login": NAMES, "environment": NAMES,
        }, closed=False),
        retired="in November 2018; bulwark.azure_docker.docker_host replaces it",
    ),
    "microsoft.cplat.core.runcommandhandlerlinux": Handler(agent="2.4.0.2"),
    "microsoft.ostcextensions.customscriptforlinux": Handler(
        retired="in favour of Microsoft.Azure.Extensions/CustomScript 2.1"
    ),
    "microsoft.azure.diagnostics.linuxdiagnostic": Handler(
        retired="on 2026-03-31; Microsoft.Azure.Monitor/AzureMonitorLinuxAgent replaces it"
    ),
    "microsoft.enterprisecloud.monitoring.omsagentforlinux": Handler(
        retired="on 2024-08-31; Microsoft.Azure.Monitor/AzureMonitorLinuxAgent replaces it"
    ),
    "microsoft.ostcextensions.ospatchingforlinux": Handler(
        retired="in February 2018; VM guest patching and Azure Update Manager replace it"
    ),
    "microsoft.powershell.dsc": Handler(retired="with effect of 2028-03-31; Azure Machine Configuration replaces it"),
    "microsoft.azure.security.azurediskencryptionforlinux": Handler(
        retired="with effect of 2028-09-15; encryption at host replaces it"
    ),
}  # fmt: skip


def problems(desired: Desired) -> List[str]:
    """What is wrong with the settings, by the types and rules of the handler. What is not given is not judged."""
    handler = HANDLERS.get(desired.handler().lower())
    if handler is None or (desired.settings is None and desired.protected_settings is None):
        return []
    found: List[str] = []
    if handler.public and desired.settings is not None:
        found += handler.public("settings", desired.settings)
    if handler.protected and desired.protected_settings is not None:
        found += handler.protected("protected_settings", desired.protected_settings)
    if desired.protected_settings_from_key_vault is not None:
        return found  # the rules judge both places together, and nobody here knows what the vault holds
    judged = [rule(desired.settings or {}, desired.protected_settings or {}) for rule in handler.rules]
    return found + [problem for problem in judged if problem]


def warnings(desired: Desired) -> List[str]:
    """What the user should know about the handler."""
    handler = HANDLERS.get(desired.handler().lower())
    if handler is None or not handler.retired:
        return []
    return ["the handler %s was retired by Microsoft %s" % (desired.handler(), handler.retired)]


def oldest_agent(desired: Desired) -> Optional[str]:
    """The oldest VM agent that the handler runs with, None if unknown."""
    handler = HANDLERS.get(desired.handler().lower())
    return handler.agent if handler else None


def check(desired: Desired) -> None:
    """Raise Failure that lists all problems."""
    found = problems(desired)
    if found:
        raise Failure(
            "The settings for %s are not valid: %s." % (desired.handler(), "; ".join(found)),
            code="InvalidSettings",
            hint="Correct settings and protected_settings.",
        )

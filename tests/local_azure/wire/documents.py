# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire server's XML documents, as the Azure Linux Agent reads them (pure text building).

Known from: the agent's own source (azurelinuxagent/common/protocol) and from runs with agents 2.7.3 and 2.12.0.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from ..arm.fabric import ExtensionGoal
from ..lab.network import WIRE_SERVER

PROVENANCE = {
    "goal state, hosting environment, shared configuration, extensions configuration": "agent",
    "plugin states enabled and uninstall, one settings document per handler": "agent",
    "a handler with many instances: ExtensionRuntimeSettings with name, state, seqNo for RuntimeSettings": "agent",
    "its files are NAME.N.settings and NAME.N.status, its environment has ConfigExtensionName": "agent",
    "an instance is removed by the state disabled, the handler is uninstalled with its last instance": "agent",
    "ids of container, role and deployment": "inferred",
}
HEAD = '<?xml version="1.0" encoding="utf-8"?>'
BASE = f"http://{WIRE_SERVER}:80"
TICKS_AT_EPOCH = 621355968000000000  # .NET ticks (100 ns) between year 1 and 1970

VERSIONS = (
    HEAD + "<Versions><Preferred><Version>2015-04-05</Version></Preferred><Supported><Version>2015-04-05</Version>"
    "<Version>2012-11-30</Version></Supported></Versions>"
)


@dataclasses.dataclass(frozen=True)
class Identity:
    """How the fabric names one machine."""

    container: str
    role: str
    deployment: str


def goal_state(identity: Identity, incarnation: int) -> str:
    def link(kind: str) -> str:
        return escape(
            f"{BASE}/machine/{identity.container}/{identity.role}?comp=config&type={kind}&incarnation={incarnation}"
        )

    certificates = escape(
        f"{BASE}/machine/{identity.container}/{identity.role}?comp=certificates&incarnation={incarnation}"
    )
    return (
        f"{HEAD}<GoalState><Version>2012-11-30</Version><Incarnation>{incarnation}</Incarnation>"
        "<Machine><ExpectedState>Started</ExpectedState><StopRolesDeadlineHint>300000</StopRolesDeadlineHint>"
        "<ExpectHealthReport>FALSE</ExpectHealthReport></Machine>"
        f"<Container><ContainerId>{identity.container}</ContainerId><RoleInstanceList><RoleInstance>"
        f"<InstanceId>{identity.role}</InstanceId><State>Started</State><Configuration>"
        f"<HostingEnvironmentConfig>{link('hostingEnvironmentConfig')}</HostingEnvironmentConfig>"
        f"<SharedConfig>{link('sharedConfig')}</SharedConfig>"
        f"<ExtensionsConfig>{link('extensionsConfig')}</ExtensionsConfig><FullConfig>{link('fullConfig')}</FullConfig>"
        f"<Certificates>{certificates}</Certificates><ConfigName>{identity.deployment}.1.xml</ConfigName>"
        "</Configuration></RoleInstance></RoleInstanceList></Container></GoalState>"
    )


def hosting_environment(identity: Identity) -> str:
    return (
        f'{HEAD}<HostingEnvironmentConfig version="1.0.0.0" goalStateIncarnation="1"><StoredCertificates/>'
        f'<Deployment name="{identity.deployment}" guid="{{{identity.container}}}" incarnation="1"/>'
        f'<Incarnation number="1" instance="{identity.role}" guid="{{{identity.container}}}"/>'
        f'<Role guid="{{{identity.container}}}" name="{identity.role}" hostingEnvironmentVersion="1" software="" '
        'softwareType="ApplicationPackage" entryPoint="" parameters="" settleTimeSeconds="10"/>'
        "</HostingEnvironmentConfig>"
    )


def shared_config(identity: Identity, address: str) -> str:
    return (
        f'{HEAD}<SharedConfig version="1.0.0.0" goalStateIncarnation="1">'
        f'<Deployment name="{identity.deployment}" guid="{{{identity.container}}}" incarnation="1"/>'
        f'<Incarnation number="1" instance="{identity.role}" guid="{{{identity.container}}}"/>'
        f'<Role guid="{{{identity.container}}}" name="{identity.role}" settleTimeSeconds="10"/>'
        f'<Instances><Instance id="{identity.role}" address="{address}"/></Instances></SharedConfig>'
    )


def certificate_file(sealed: bytes) -> str:
    data = base64.encodebytes(sealed).decode()
    return (
        f"{HEAD}<CertificateFile><Version>2012-11-30</Version><Incarnation>1</Incarnation>"
        f"<Format>Pkcs7BlobWithPfxContents</Format><Data>{data}</Data></CertificateFile>"
    )


def handler_settings(goal: ExtensionGoal) -> str:
    settings: dict[str, object] = {"publicSettings": goal.settings or {}}
    if goal.sealed_settings:
        settings["protectedSettings"] = goal.sealed_settings
        settings["protectedSettingsCertThumbprint"] = goal.thumbprint
    return json.dumps({"runtimeSettings": [{"handlerSettings": settings}]})


def plugin(name: str, goals: list[ExtensionGoal]) -> str:
    """What shall become of a handler. One with instances stays as long as one of them shall be there."""
    manifest = quoteattr(f"{BASE}/blob/{name}/manifest.xml")
    state = "enabled" if any(goal.state == "enabled" for goal in goals) else "uninstall"
    return (
        f'<Plugin name={quoteattr(name)} version="{goals[-1].version}" location={manifest} '
        f'failoverlocation={manifest} state="{state}" autoUpgrade="false" runAsStartupTask="false" isJson="true" '
        'useExactVersion="true"/>'
    )


def plugin_settings(name: str, goals: list[ExtensionGoal]) -> str:
    """The settings of a handler, or of each of its instances."""
    text = "".join(
        f'<RuntimeSettings seqNo="{goal.sequence}">{escape(handler_settings(goal))}</RuntimeSettings>'
        if goal.name is None
        else f'<ExtensionRuntimeSettings seqNo="{goal.sequence}" name={quoteattr(goal.name)} state="{goal.state}">'
        f"{escape(handler_settings(goal))}</ExtensionRuntimeSettings>"
        for goal in goals
    )
    return f'<Plugin name={quoteattr(name)} version="{goals[-1].version}">{text}</Plugin>'


def extensions_config(identity: Identity, incarnation: int, goals: Iterable[ExtensionGoal], now: float) -> str:
    handlers: dict[str, list[ExtensionGoal]] = {}
    for goal in goals:
        handlers.setdefault(f"{goal.publisher}.{goal.type}", []).append(goal)
    plugins = "".join(plugin(name, found) for name, found in handlers.items())
    settings = "".join(plugin_settings(name, found) for name, found in handlers.items())
    ticks = TICKS_AT_EPOCH + int(now * 10_000_000)
    return (
        f'{HEAD}<Extensions version="1.0.0.0" goalStateIncarnation="{incarnation}"><GuestAgentExtension><GAFamilies>'
        f"<GAFamily><Name>Prod</Name><Uris><Uri>{BASE}/blob/agent/manifest.xml</Uri></Uris></GAFamily></GAFamilies>"
        f"</GuestAgentExtension><Plugins>{plugins}</Plugins><PluginSettings>{settings}</PluginSettings>"
        f'<StatusUploadBlob statusBlobType="BlockBlob">{BASE}/status/{identity.role}.status</StatusUploadBlob>'
        f'<InVMGoalStateMetaData inSvdSeqNo="{incarnation}" createdOnTicks="{ticks}" '
        f'activityId="{identity.container}" correlationId="{identity.container}"/></Extensions>'
    )


def package_manifest(name: str, versions: Iterable[str]) -> str:
    plugins = "".join(
        f"<Plugin><Version>{version}</Version><Uris><Uri>{BASE}/blob/{name}/{version}.zip</Uri></Uris></Plugin>"
        for version in versions
    )
    return f"{HEAD}<PluginVersionManifest><Plugins>{plugins}</Plugins></PluginVersionManifest>"

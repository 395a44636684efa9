# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Who we are towards Azure: one entry per value of the option auth_source."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping

from .clouds import Cloud
from .errors import Failure
from .imports import require


def make_credential(options: Mapping[str, Any], cloud: Cloud) -> Any:
    """The azure-identity credential for the options auth_source, tenant, client_id, secret and ca_path.

    Raises Failure if the source needs an option that is not there, or azure-identity is missing.
    """
    return SOURCES[options.get("auth_source") or "auto"](options, cloud)


def _common(options: Mapping[str, Any], cloud: Cloud) -> Dict[str, Any]:
    settings: Dict[str, Any] = {
        "authority": cloud.authority,
        "connection_timeout": 15,
        "read_timeout": 60,
        "additionally_allowed_tenants": ["*"],  # those that the subscriptions belong to (tenants.py)
    }
    if not cloud.public:
        # No environment variable can say this: without it the library asks login.microsoftonline.com first.
        settings["disable_instance_discovery"] = True
        if options.get("ca_path"):
            settings["connection_verify"] = options["ca_path"]
    return settings


def _service_principal(options: Mapping[str, Any], cloud: Cloud) -> Any:
    _need(options, "service_principal", "tenant", "client_id", "secret")
    return require("azure.identity")[0].ClientSecretCredential(
        options["tenant"], options["client_id"], options["secret"], **_common(options, cloud)
    )


def _cli(options: Mapping[str, Any], cloud: Cloud) -> Any:
    return require("azure.identity")[0].AzureCliCredential(
        tenant_id=options.get("tenant") or "", additionally_allowed_tenants=["*"]
    )


def _environment(options: Mapping[str, Any], cloud: Cloud) -> Any:
    return require("azure.identity")[0].EnvironmentCredential(**_common(options, cloud))


def _managed_identity(options: Mapping[str, Any], cloud: Cloud) -> Any:
    return require("azure.identity")[0].ManagedIdentityCredential(**_chosen(options, client_id="client_id"))


def _workload_identity(options: Mapping[str, Any], cloud: Cloud) -> Any:
    chosen = _chosen(options, client_id="client_id", tenant_id="tenant")
    try:
        return require("azure.identity")[0].WorkloadIdentityCredential(**chosen, **_common(options, cloud))
    except ValueError as error:
        raise Failure(
            "auth_source workload_identity is not complete: %s" % error,
            code="MissingCredential",
            hint="Set tenant, client_id and the environment variable AZURE_FEDERATED_TOKEN_FILE.",
        ) from None


def _auto(options: Mapping[str, Any], cloud: Cloud) -> Any:
    if options.get("secret"):
        return _service_principal(options, cloud)
    chosen = _chosen(options, managed_identity_client_id="client_id", workload_identity_client_id="client_id")
    # What remains can run unattended: environment, workload identity, managed identity, Azure CLI.
    unwanted = ["broker", "developer_cli", "interactive_browser", "powershell", "shared_token_cache"]
    excluded = {"exclude_%s_credential" % name: True for name in [*unwanted, "visual_studio_code"]}
    return require("azure.identity")[0].DefaultAzureCredential(**excluded, **chosen, **_common(options, cloud))


SOURCES: Dict[str, Callable[[Mapping[str, Any], Cloud], Any]] = {
    "auto": _auto,
    "cli": _cli,
    "environment": _environment,
    "managed_identity": _managed_identity,
    "service_principal": _service_principal,
    "workload_identity": _workload_identity,
}


def _chosen(options: Mapping[str, Any], **names: str) -> Dict[str, Any]:
    return {keyword: options[option] for keyword, option in names.items() if options.get(option)}


def _need(options: Mapping[str, Any], source: str, *names: str) -> None:
    missing = [name for name in names if not options.get(name)]
    if missing:
        raise Failure(
            "auth_source %s needs the options %s; missing: %s." % (source, ", ".join(names), ", ".join(missing)),
            code="MissingCredential",
            hint="Give them in the task or in module_defaults, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and "
            "AZURE_CLIENT_SECRET.",
        )

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""VMAccess on one VM: which system it runs, which instance of the handler it has, then as any other extension."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from .._azure.errors import Failure
from .._azure.session import Session
from . import access, observed
from .converge import converge as converge_extension
from .converge import observe

# What the portal and the Azure CLI call it.
NAME = "enablevmaccess"
ENTRA_LOGIN = ("Microsoft.Azure.ActiveDirectory", "AADSSHLoginForLinux")


def converge(session: Session, vm_id: str, options: access.Options, check: bool) -> Dict[str, Any]:
    """Carry out the request on the VM; the result is that of an extension. Raises Failure."""
    vm = observe(session, vm_id)
    system = system_of(vm, options["os"]) if vm is not None else "linux"
    if options["state"] == "present":
        access.check_for(options, system)
    wanted = access.desired(options, system, instance(vm, system, options["extension_name"]))
    result = converge_extension(session, vm_id, wanted, digest_key=options["digest_key"], check=check, vm=vm)
    if result["action"] in ("create", "update"):
        result["warnings"] += access.warnings(options, system) + neighbours(vm or {}, result["name"], result["action"])
    return result


def system_of(vm: Mapping[str, Any], declared: str) -> str:
    """ "linux" or "windows", as the VM's system disk says. Raises Failure if it does not, or says something else."""
    disk = (observed.properties_of(vm).get("storageProfile") or {}).get("osDisk") or {}
    found = str(disk.get("osType") or "").lower()
    if declared == "auto" and found not in access.SYSTEMS:
        raise Failure(
            "The VM %s does not say what system it runs (storageProfile.osDisk.osType is %r)."
            % (vm.get("id"), disk.get("osType")),
            code="UnknownSystem",
            hint="Give os: linux or os: windows.",
        )
    if declared != "auto" and found and found != declared:
        raise Failure(
            "The VM %s runs %s, expected %s as os says." % (vm.get("id"), disk["osType"], declared),
            code="OtherSystem",
            hint="Give os: auto, or leave this VM out.",
        )
    return found if declared == "auto" else declared


def instance(vm: Optional[Mapping[str, Any]], system: str, name: Optional[str]) -> str:
    """The name of the extension to use: the given one, else that of the handler's instance, else the usual one."""
    rules = access.SYSTEMS[system]
    there = observed.by_handler(vm or {}, rules.publisher, rules.type)
    return name or str((there or {}).get("name") or NAME)


def neighbours(vm: Mapping[str, Any], name: str, action: str) -> List[str]:
    """What other extensions of the VM have to do with this run."""
    found = []
    if observed.by_handler(vm, *ENTRA_LOGIN):
        found.append(
            "VMAccess changes what the extension AADSSHLoginForLinux set up: run that one again, or logins by Entra ID "
            "may fail"
        )
    failed = [
        str(item.get("name"))
        for item in observed.extensions(vm)
        if observed.properties_of(item).get("provisioningState") == "Failed" and item.get("name") != name
    ]
    if failed and action == "create":
        found.append("extensions that have failed can hold this one back: %s" % ", ".join(failed))
    return found

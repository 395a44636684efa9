# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Azure Compute refuses, or accepts and fails: VMs, extensions and run commands."""

from __future__ import annotations

from . import bed
from .bed import BARE, SCRIPTED
from .refusals import (
    SCRIPT,
    SOON,
    Row,
    disallow,
    document,
    ends,
    machine,
    nothing,
    refused,
    resources,
    silence,
    stop,
)

NOT_RUNNING = "Cannot modify extensions in the VM when the VM is not running."
DISALLOWED = "This operation cannot be performed when extension operations are disallowed."
MARKED = (
    "since {} is marked for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete)."
)
OTHER_OPERATION = "Operation 'write' is not allowed on VM 'bare' since another operation is in progress."
VERSION = (
    "Cannot update handlerVersion or autoUpgradeMinorVersion for VM extension 'Marker'. Change is in conflict with "
    "other extensions under handler 'Contoso.Operations.Marker', with typeHandler version '1.4' and "
    "autoUpgradeMinorVersion 'True'."
)
CONFLICT = (
    "The request failed due to conflict with a concurrent request. To resolve it, please refer to "
    "https://aka.ms/activitylog to get more details on the conflicting requests."
)
PREEMPTED = "Operation execution has been preempted by a more recent operation."
CPU = (
    "Extension with publisher 'Contoso.Operations', type 'Marker', and type handler version '1.0' for CPU Architecture "
    "'x64' was not found in the extension repository."
)
SILENT = (
    "VM 'bare' has not reported status for VM agent or extensions. Verify that the OS is up and healthy, the VM has a "
    "running VM agent, and that it can establish outbound connections to Azure storage."
)
SLOT = (
    "Multiple VMExtensions per handler not supported for OS type 'Linux'. VMExtension 'Marker' with handler "
    "'Contoso.Operations.Marker' already added or specified in input."
)
TYPE = "Changing property 'type' is not allowed."
TIMED_OUT = (
    "Provisioning of VM extension 'Marker' has timed out. Extension provisioning has taken too long to complete."
)
HANDLERS_TEXT = "Enable failed with exit code 52 Couldn't create marker file"
THROTTLED = "The server rejected the request because too many requests have been received for this subscription."
TOO_MANY = {"code": "TooManyRequests", "target": "UpdateVM", "message": '{"operationGroup":"UpdateVM"}'}
QUOTA = (
    "Operation could not be completed as it results in exceeding approved Total Regional Cores quota. Additional "
    "details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 10, Current Usage: 10, "
    "Additional Required: 2, (Minimum) New Limit Required: 12."
)
SKU = "The requested VM size Standard_B2s is not available in location 'westeurope'."
COMMAND = {"vms": [BARE], "name": "hello", "script": "echo hello"}
DOCKER = {"hosts": [{"name": "docker1", "id": SCRIPTED}]}


def not_allowed(text: str, hint: str, says: tuple[str, ...] = ()) -> Row:
    """The code that Azure has for many things: only the text tells them apart."""
    return Row("OperationNotAllowed", (text, *says), hint, refused(409, "OperationNotAllowed", text))


def handler_reports(outcome: object, name: str = "Contoso.Operations.Marker") -> object:
    return lambda azure, _module: azure.outcomes(name, outcome)


ROWS = {
    "VM stopped, seen before anything is sent": Row(
        "VMNotRunning", (BARE, "is stopped", "while it runs"), "Start the VM", stop,
        of=("CannotModifyExtensionsWhenVMNotRunning",),
    ),
    "VM stopped, run command": Row(
        "VMNotRunning", (BARE, "is stopped"), "Start the VM", stop, "vm_run_command", COMMAND,
        of=("OperationNotAllowed",),
    ),
    "VM stops meanwhile": Row(
        "OperationNotAllowed", (NOT_RUNNING, "extensions/Marker"), "Start the VM",
        refused(409, "OperationNotAllowed", NOT_RUNNING, inner_code="CannotModifyExtensionsWhenVMNotRunning"),
        of=("OperationNotAllowed", "CannotModifyExtensionsWhenVMNotRunning"),
    ),
    "VM has to run": not_allowed("The operation requires the VM to be running (or set to run).", "Start the VM"),
    "extensions disallowed, seen before anything is sent": Row(
        "ExtensionOperationsDisallowed", (BARE, "allowExtensionOperations"), "az vm update", disallow,
        of=("OperationNotAllowed",),
    ),
    "extensions disallowed meanwhile": not_allowed(DISALLOWED, "allowExtensionOperations"),
    "extension marked for deletion": not_allowed(
        f"Operation 'write' is not allowed on VM extension 'Marker' {MARKED.format('it')}", "run again when it is gone"
    ),
    "VM marked for deletion": not_allowed(
        f"Operation 'write' is not allowed on VM 'bare' {MARKED.format('the VM')}", "run again when it is gone"
    ),
    "another operation on the VM, for ever": not_allowed(OTHER_OPERATION, "run again when it has ended"),
    "version of another extension of the handler": not_allowed(VERSION, "type_handler_version", ("'1.4'",)),
    "conflict for ever": Row(
        "Conflict", (CONFLICT,), "run again when it has ended", refused(409, "Conflict", CONFLICT)
    ),
    "conflict of run commands for ever": Row(
        "Conflict", ("Run command extension execution is in progress", "runCommands/hello"),
        "run again when it has ended",
        refused(409, "Conflict", "Run command extension execution is in progress", "PUT */runCommands/*"),
        "vm_run_command", COMMAND,
    ),
    "preempted for ever": Row("OperationPreempted", (PREEMPTED,), "run again", ends("OperationPreempted", PREEMPTED)),
    "slot of the handler taken": Row(
        "HandlerInUse", ("Microsoft.Azure.Extensions.CustomScript", "'script'", SCRIPTED), "name: script", nothing,
        arguments={"vms": [SCRIPTED], "name": "mine", **SCRIPT, "settings": {"commandToExecute": "true"}},
        of=("MultipleExtensionsPerHandlerNotAllowed",),
    ),
    "slot of the handler taken, Docker host": Row(
        "CustomScriptSlotTaken", ("'script'", SCRIPTED), "--name script", nothing, "docker_host", DOCKER,
        of=("MultipleExtensionsPerHandlerNotAllowed",),
    ),
    "slot of the handler taken meanwhile": Row(
        "BadRequest", (SLOT,), "Give the name of the extension that is there",
        refused(400, "BadRequest", SLOT, inner_code="MultipleExtensionsPerHandlerNotAllowed"),
        of=("BadRequest", "MultipleExtensionsPerHandlerNotAllowed"),
    ),
    "extension of another handler": Row(
        "HandlerDiffers", ("'script'", SCRIPTED, "of the handler Microsoft.Azure.Extensions.CustomScript"),
        "on_immutable_change", nothing, arguments={"vms": [SCRIPTED], "name": "script", **bed.MARKER},
        of=("PropertyChangeNotAllowed",),
    ),
    "extension of another handler meanwhile": Row(
        "PropertyChangeNotAllowed", (TYPE,), "delete and create", refused(409, "PropertyChangeNotAllowed", TYPE)
    ),
    "image fixed at creation": Row(
        "PropertyChangeNotAllowed", ("properties.storageProfile.imageReference.sku is '13-gen2', asked for is '12'",),
        "delete and create", nothing, "arm_resources",
        resources((BARE, document({"storageProfile": {"imageReference": {"sku": "12"}}}))),
    ),
    "no such handler": Row(
        "ArtifactNotFound", ("publisher 'Contoso.Nobody' and type 'Nothing'", "location 'westeurope'"),
        "az vm extension image list", nothing,
        arguments={"vms": [BARE], "publisher": "Contoso.Nobody", "type": "Nothing", "type_handler_version": "1.0"},
    ),
    "no such version": Row(
        "ArtifactVersionNotFound", ("requested version '9.9'", "Contoso.Operations"), "list-versions", nothing,
        arguments={"vms": [BARE], **bed.MARKER, "type_handler_version": "9.9"},
    ),
    "no handler for the CPU": Row(
        "ExtensionNotFoundForCPUArchitecture", (CPU,), "this CPU",
        refused(404, "ExtensionNotFoundForCPUArchitecture", CPU),
    ),
    "handler failed": Row(
        "VMExtensionProvisioningError", ("'Marker'", HANDLERS_TEXT), "/var/log/azure", handler_reports(HANDLERS_TEXT)
    ),
    "handler failed, Docker host": Row(
        "VMExtensionProvisioningError", ("'bulwark-docker'", HANDLERS_TEXT), "/var/log/azure",
        handler_reports(HANDLERS_TEXT, "Microsoft.Azure.Extensions.CustomScript"),
        "docker_host", {"hosts": [{"name": "docker1", "id": BARE}]},
    ),
    "handler failed, VMAccess": Row(
        "VMExtensionProvisioningError", ("'enablevmaccess'", HANDLERS_TEXT), "/var/log/azure",
        handler_reports(HANDLERS_TEXT, "Microsoft.OSTCExtensions.VMAccessForLinux"),
        "vm_access", {"vms": [BARE], "reset_ssh": True},
    ),
    "handler cannot be installed": Row(
        "VMExtensionHandlerNonTransientError", ("terminal error code '51'", "no space left"), "/var/log/azure",
        handler_reports({"status": "NotReady", "code": 51, "text": "no space left"}),
    ),
    "handler too slow": Row(
        "VMExtensionProvisioningTimeout", (TIMED_OUT,), "/var/log/azure",
        ends("VMExtensionProvisioningTimeout", TIMED_OUT),
    ),
    "defect of Azure": Row(
        "VMExtensionManagementInternalError", ("An internal error occurred",), "run again",
        ends("VMExtensionManagementInternalError", "An internal error occurred while processing the extension."),
    ),
    "agent silent, found by Azure": Row(
        "VMAgentStatusCommunicationError", (SILENT,), "168.63.129.16", ends("VMAgentStatusCommunicationError", SILENT)
    ),
    "agent silent, seen before anything is sent": Row(
        "VMAgentNotReady", (BARE, "is not ready"), "walinuxagent", silence,
        arguments={"vms": [BARE], **bed.MARKER, "timeout": 1}, of=("VMAgentStatusCommunicationError",),
    ),
    "too many requests to Compute": Row(
        "OperationNotAllowed", (THROTTLED, "UpdateVM"), "concurrency",
        refused(
            429, "OperationNotAllowed", THROTTLED, details=[TOO_MANY], inner_code="TooManyRequestsReceived",
            headers=SOON,
        ),
        of=("OperationNotAllowed", "TooManyRequests", "TooManyRequestsReceived"),
    ),
    "no such image": Row(
        "PlatformImageNotFound", ("Debian:debian-13:13-gen2:1.2.3",), "az vm image list", nothing, "arm_resources",
        machine(version="1.2.3"),
    ),
    "quota": Row(
        "QuotaExceeded", (QUOTA,), "more quota", refused(409, "QuotaExceeded", QUOTA, "PUT */virtualMachines/new"),
        "arm_resources", machine(version="latest"),
    ),
    "size not available": Row(
        "SkuNotAvailable", (SKU,), "another size", refused(409, "SkuNotAvailable", SKU, "PUT */virtualMachines/new"),
        "arm_resources", machine(version="latest"),
    ),
}  # fmt: skip

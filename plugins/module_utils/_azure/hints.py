# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What to do next, by the code that Azure gave. Data only."""

from __future__ import annotations

import re
from typing import Iterable, Optional

_AZURE_FAILED = "Azure itself failed: run again later."
_CORRECT = "Correct what the text names in the document or in the options."

HINTS = {
    "AADSTS7000215": "Give the secret's value (not its id) in option `secret`, or make a new client secret.",
    "AADSTS7000222": "The client secret has expired: make a new one and give it in option `secret`.",
    "AADSTS700016": "The application is unknown in this tenant: check option `client_id` and option `tenant`.",
    "AADSTS90002": "The tenant is unknown: check option `tenant` and option `cloud`.",
    "AllocationFailed": "Azure has no room for this VM now: use another size, zone or region, or run again later.",
    "AnotherOperationInProgress": "Another operation works on this resource: run again when it has ended.",
    "ArtifactNotFound": "Check publisher, type and location: `az vm extension image list` lists what there is.",
    "ArtifactVersionNotFound": "See `az vm extension image list-versions` for type_handler_version.",
    "AuthenticationFailed": "Check option `auth_source` and its credentials.",
    "AuthorizationFailed": "Give the identity a role with that action on that scope; it takes minutes to work.",
    "CannotModifyExtensionsWhenVMNotRunning": "Start the VM and run again.",
    "Conflict": "Another request works on this resource: run again when it has ended.",
    "ExtensionNotFoundForCPUArchitecture": "This handler has no package for this CPU: use another handler or VM size.",
    "Http5xx": _AZURE_FAILED,
    "InternalExecutionError": _AZURE_FAILED,
    "InternalOperationError": _AZURE_FAILED,
    "InternalServerError": _AZURE_FAILED,
    "InvalidAuthenticationToken": "Log in again, and check that option `cloud` is the cloud of this subscription.",
    "InvalidAuthenticationTokenTenant": "The subscription is of another tenant: give that one in option `tenant`.",
    "InvalidParameter": _CORRECT,
    "InvalidRequestContent": _CORRECT,
    "InvalidResourceReference": "Create the named resource first, in the same region.",
    "InvalidSubscriptionId": "Check the subscription in the resource id.",
    "InUseNetworkSecurityGroupCannotBeDeleted": "Delete or re-associate the named interface or subnet first.",
    "InUseSubnetCannotBeDeleted": "Delete the named interface first.",
    "LinkedAuthorizationFailed": "Give the identity a role with the named action on the linked scope.",
    "MissingApiVersionParameter": "The address lost its query on the way: look at the proxies between here and Azure.",
    "MissingSubscriptionRegistration": "Register the named provider: `az provider register --namespace NAME`.",
    "MultipleExtensionsPerHandlerNotAllowed": "Give the name of the extension that is there, or delete it first.",
    "NicInUse": "Delete the named VM, or detach the interface, first.",
    "NotFromAzure": "The answer is not Azure's: look at the proxies between here and Azure, and at option `cloud`.",
    "OperationPreempted": "A more recent operation replaced this one: run again when that one has ended.",
    "ParentResourceNotFound": "Create the parent first; option `depends_on` makes it the first of two in one list.",
    "PlatformImageNotFound": "Check imageReference: `az vm image list --all` lists what there is.",
    "PreconditionFailed": "Somebody else changed the resource meanwhile: run again.",
    "PropertyChangeNotAllowed": "Keep the value, or delete and create the resource: it is fixed at creation.",
    "PublicIPAddressCannotBeDeleted": "Remove the address from the named interface first.",
    "QuotaExceeded": "Ask for more quota, or use another size or region.",
    "RequestDisallowedByPolicy": "Change the document as the named policy wants it, or ask for an exemption.",
    "ReadOnlyDisabledSubscription": "The subscription is disabled: enable it, or use another one.",
    "ResourceGroupNotFound": "Create the resource group first.",
    "ResourceNotFound": "If it was there a moment ago, somebody deleted it. Check the id, or create it first.",
    "ScopeLocked": "A lock protects this scope: remove the lock, or leave the resource alone.",
    "ServiceUnavailable": _AZURE_FAILED,
    "SkuNotAvailable": "Use another size, zone or region.",
    "SubscriptionNotFound": "Check the subscription in the resource id, and that the identity may see it.",
    "SubscriptionRequestsThrottled": "Wait, then run again with a lower option `concurrency`.",
    "TooManyRequests": "Wait, then run again with a lower option `concurrency`.",
    "VMAgentStatusCommunicationError": "See whether the Azure Linux Agent in the VM runs and reaches 168.63.129.16.",
    "VMExtensionHandlerNonTransientError": "Read the handler's text above and its log below /var/log/azure in the VM.",
    "VMExtensionManagementInternalError": _AZURE_FAILED,
    "VMExtensionProvisioningError": "Read the handler's text above and its log below /var/log/azure in the VM.",
    "VMExtensionProvisioningTimeout": "Read the handler's log below /var/log/azure in the VM.",
    "ZonalAllocationFailed": "Azure has no room for this VM in the zone: use another size or zone, or run again later.",
}

# One code of Azure's (OperationNotAllowed) stands for many things: these words of its text tell them apart.
TEXTS = {
    "marked for deletion": "It is being deleted: run again when it is gone.",
    "another operation is in progress": HINTS["AnotherOperationInProgress"],
    "requires the VM to be running": HINTS["CannotModifyExtensionsWhenVMNotRunning"],
    "VM is not running": HINTS["CannotModifyExtensionsWhenVMNotRunning"],
    "extension operations are disallowed": "Allow them: `az vm update --set osProfile.allowExtensionOperations=true`.",
    "Cannot update handlerVersion": "Give type_handler_version and auto_upgrade_minor_version as the other one has.",
    "too many requests": HINTS["TooManyRequests"],
}

_AADSTS = re.compile("AADSTS[0-9]+")


def hint_for(codes: Iterable[Optional[str]], text: str = "") -> Optional[str]:
    """The next step for the first known one of ``codes``, else for a code or words in ``text``; None if unknown."""
    for code in list(codes) + _AADSTS.findall(text):
        if code in HINTS:
            return HINTS[code]
    return next((hint for words, hint in TEXTS.items() if words in text), None)

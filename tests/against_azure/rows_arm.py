# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Resource Manager itself refuses, the login, a governance team, and what is in use."""

from __future__ import annotations

from local_azure.lab.inside import OTHER_TENANT, TENANT

from . import bed
from .bed import BARE, ELSEWHERE, GROUP, NETWORK, SCRIPTED, SUBSCRIPTIONS
from .refusals import (
    SOON,
    Row,
    denied,
    document,
    in_use,
    locked,
    nic,
    nothing,
    only,
    refused,
    resources,
    token_refused,
)

UNKNOWN = "99999999-9999-9999-9999-999999999999"
SCRIPT_ID = f"{SCRIPTED}/extensions/script"
RETAGGED = resources((f"{NETWORK}/virtualNetworks/seed", {"location": bed.LOCATION, "tags": {"team": "a"}}))
SUBNET = (f"{NETWORK}/virtualNetworks/none/subnets/one", {"properties": {"addressPrefix": "10.9.0.0/25"}})
ALONE = f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/none"
WRITE = "Microsoft.Compute/virtualMachines/extensions/write"
JOIN = "Microsoft.Network/virtualNetworks/subnets/join/action"
POLICY = ("Cost center is required", f"at {GROUP}", "was disallowed by policy")
EXPIRED = f"The provided client secret keys for app '{bed.inside.CLIENT}' are expired."
NOT_FOUND = (
    "The Resource 'Microsoft.Compute/virtualMachines/bare' under resource group 'site' was not found. For more details "
    "please go to https://aka.ms/ARMResourceNotFoundFix"
)
VERSION = "The api-version query parameter (?api-version=) is required for all requests."
PRECONDITION = "The condition specified using HTTP conditional header(s) is not met."
ISSUER = "The access token is from the wrong issuer 'https://sts.windows.net/a/'. It must match the tenant"
DISABLED = "The subscription '{}' is disabled and therefore marked as read only."
BURST = "Number of requests for the subscription and operation 'write' exceeded the backend storage limit."
THROTTLED = "Number of 'write' requests for subscription exceeded. Please try again after '1' seconds."
NETWORK_TEXT = {
    "nic": (
        "Network Interface {} is used by existing resource {}. In order to delete the network interface, it must be "
        "dissociated from the resource. To learn more, see aka.ms/deletenic."
    ),
    "nsg": (
        "Network security group {} cannot be deleted because it is in use by the following resources: {}. In order to "
        "delete the Network security group, remove the association with the resource(s). To learn how to do this, see "
        "aka.ms/deletensg."
    ),
    "address": (
        "Public IP address {} can not be deleted since it is still allocated to resource {}. In order to delete the "
        "public IP, disassociate/detach the Public IP address from the resource.  To learn how to do this, see "
        "aka.ms/deletepublicip."
    ),
    "subnet": (
        "Subnet {} is in use by {} and cannot be deleted. In order to delete the subnet, delete all the resources "
        "within the subnet. See aka.ms/deletesubnet."
    ),
}
CARD = f"{NETWORK}/networkInterfaces/bare"


def text(kind: str, name: str, user: str = CARD) -> str:
    return NETWORK_TEXT[kind].format(f"{NETWORK}/{name}", user)


ROWS = {
    "parameter missing": Row(
        "InvalidParameter", ("'addressSpace.addressPrefixes' is missing", "virtualNetworks/new"), "document", nothing,
        "arm_resources", resources((f"{NETWORK}/virtualNetworks/new", document({}))),
    ),
    "parameter of another type": Row(
        "InvalidRequestContent", ("The value of 'properties' has the wrong type",), "document", nothing,
        "arm_resources", resources((f"{NETWORK}/publicIPAddresses/new", {**document({}), "properties": "none"})),
    ),
    "api-version lost on the way": Row(
        "MissingApiVersionParameter", (VERSION,), "prox", refused(400, "MissingApiVersionParameter", VERSION)
    ),
    "token refused": Row(
        "AuthenticationFailed", ("Authentication failed. The 'Authorization' header is missing.", BARE), "auth_source",
        refused(
            401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.",
            "GET */virtualMachines/bare",
        ),
    ),
    "wrong secret": Row(
        "AuthenticationFailed", ("AADSTS7000215", "Invalid client secret provided."), "secret's value", nothing,
        arguments={"vms": [BARE], **bed.MARKER, "secret": "wrong"}, of=("AADSTS7000215",),
    ),
    "expired secret": Row(
        "AuthenticationFailed", ("AADSTS7000222", EXPIRED), "new one", token_refused(7000222, EXPIRED),
        of=("AADSTS7000222",),
    ),
    "unknown application": Row(
        "AuthenticationFailed", ("AADSTS700016", UNKNOWN, TENANT), "client_id", nothing,
        arguments={"vms": [BARE], **bed.MARKER, "client_id": UNKNOWN}, of=("AADSTS700016",),
    ),
    "application unknown in the subscription's tenant": Row(
        "AuthenticationFailed", ("AADSTS700016", OTHER_TENANT, ELSEWHERE[1]), "`tenant`",
        token_refused(700016, f"Application was not found in the directory '{OTHER_TENANT}'.", OTHER_TENANT),
        arguments={"vms": [ELSEWHERE[1]], **bed.MARKER}, of=("AADSTS700016",),
    ),
    "unknown tenant": Row(
        "AuthenticationFailed", ("AADSTS90002", UNKNOWN), "`tenant`", nothing,
        arguments={"vms": [BARE], **bed.MARKER, "tenant": UNKNOWN}, of=("AADSTS90002",),
    ),
    "token of another tenant, and Azure does not say which": Row(
        "InvalidAuthenticationTokenTenant", (ISSUER,), "`tenant`",
        refused(401, "InvalidAuthenticationTokenTenant", ISSUER, "GET */virtualMachines/bare"),
    ),
    "VM absent": Row(
        "VMNotFound", (bed.vm_id("none"), "does not exist"), "Check the id", nothing,
        arguments={"vms": [bed.vm_id("none")], **bed.MARKER}, of=("ResourceNotFound",),
    ),
    "VM vanishes meanwhile": Row(
        "ResourceNotFound", (NOT_FOUND,), "somebody deleted it", refused(404, "ResourceNotFound", NOT_FOUND)
    ),
    "parent absent": Row(
        "ParentResourceNotFound", ("virtualNetworks/none",), "Create the parent first", nothing, "arm_resources",
        resources(SUBNET),
    ),
    "group absent": Row(
        "ResourceGroupNotFound", ("'none' could not be found",), "Create the resource group first", nothing,
        "arm_resources", resources((f"{ALONE}/providers/Microsoft.Network/networkSecurityGroups/one", document({}))),
    ),
    "subscription unknown": Row(
        "SubscriptionNotFound", (UNKNOWN,), "may see it", nothing,
        arguments={"vms": [bed.vm_id("one", UNKNOWN)], **bed.MARKER},
    ),
    "subscription's id malformed": Row(
        "InvalidSubscriptionId", ("malformed or invalid",), "subscription in the resource id",
        refused(
            400, "InvalidSubscriptionId", "The provided subscription identifier 'x' is malformed or invalid.",
            "GET */virtualMachines/bare",
        ),
    ),
    "subscription disabled": Row(
        "ReadOnlyDisabledSubscription", (DISABLED.format(SUBSCRIPTIONS[0]),), "enable it",
        refused(409, "ReadOnlyDisabledSubscription", DISABLED.format(SUBSCRIPTIONS[0])),
    ),
    "somebody else writes at the same time, again and again": Row(
        "PreconditionFailed", (PRECONDITION,), "run again",
        refused(412, "PreconditionFailed", PRECONDITION, "PUT */virtualNetworks/seed"), "arm_resources", RETAGGED,
    ),
    "too many requests, ARM": Row(
        "SubscriptionRequestsThrottled", (THROTTLED,), "concurrency",
        refused(429, "SubscriptionRequestsThrottled", THROTTLED, headers=SOON),
    ),
    "too many requests, ARM's old code": Row(
        "TooManyRequests", (BURST,), "concurrency",
        refused(429, "TooManyRequests", BURST, "PUT */virtualNetworks/seed", headers=SOON), "arm_resources", RETAGGED,
    ),
    "policy, extension": Row(
        "RequestDisallowedByPolicy", (*POLICY, "extensions/Marker"), "named policy", denied(WRITE[:-6])
    ),
    "policy, resource": Row(
        "RequestDisallowedByPolicy", (*POLICY, "virtualNetworks/seed"), "exemption",
        denied("Microsoft.Network/virtualNetworks"), "arm_resources", RETAGGED,
    ),
    "policy, run command": Row(
        "RequestDisallowedByPolicy", (*POLICY, "runCommands/hello"), "named policy",
        denied("Microsoft.Compute/virtualMachines/runCommands"), "vm_run_command",
        {"vms": [BARE], "name": "hello", "script": "true"},
    ),
    "lock against changes": Row(
        "ScopeLocked", (f"locked: '{GROUP}'", "cannot perform write operation", SCRIPT_ID), "remove the lock",
        locked(GROUP, "ReadOnly"),
        arguments={"vms": [SCRIPTED], "name": "script", "protected_settings": {}, "settings": {"n": 2}},
    ),
    "lock against deletion": Row(
        "ScopeLocked", (f"locked: '{SCRIPTED}'", "cannot perform delete operation", SCRIPT_ID), "remove the lock",
        locked(SCRIPTED, "CanNotDelete"), arguments={"vms": [SCRIPTED], "name": "script", "state": "absent"},
    ),
    "lock, resource": Row(
        "ScopeLocked", (f"locked: '{GROUP}'", "virtualNetworks/seed"), "remove the lock", locked(GROUP, "ReadOnly"),
        "arm_resources", RETAGGED,
    ),
    "no right to read": Row(
        "AuthorizationFailed", ("Microsoft.Compute/virtualMachines/read", BARE), "a role", only()
    ),
    "no right to write": Row("AuthorizationFailed", (WRITE, BARE), "a role", only("*/read")),
    "no right to write, run command": Row(
        "AuthorizationFailed", ("Microsoft.Compute/virtualMachines/runCommands/write", BARE), "a role", only("*/read"),
        "vm_run_command", {"vms": [BARE], "name": "hello", "script": "true"},
    ),
    "no right to use another resource": Row(
        "LinkedAuthorizationFailed", (JOIN, f"{NETWORK}/virtualNetworks/seed/subnets/default"), "linked scope",
        only("*", but=(JOIN,)), "arm_resources", resources((f"{NETWORK}/networkInterfaces/new", nic())),
    ),
    "interface in use": in_use(
        "networkInterfaces", "NicInUse", text("nic", "networkInterfaces/ours", BARE), "detach the interface"
    ),
    "security group in use": in_use(
        "networkSecurityGroups", "InUseNetworkSecurityGroupCannotBeDeleted",
        text("nsg", "networkSecurityGroups/ours"), "re-associate",
    ),
    "subnet in use": in_use(
        "virtualNetworks", "InUseSubnetCannotBeDeleted", text("subnet", "virtualNetworks/ours/subnets/a"), "interface"
    ),
    "address in use": in_use(
        "publicIPAddresses", "PublicIPAddressCannotBeDeleted", text("address", "publicIPAddresses/ours"), "interface"
    ),
}  # fmt: skip

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user reads for each refusal in Azure's error catalogue."""

from __future__ import annotations

import pytest

from . import rows_arm, rows_compute

ROWS = {**rows_compute.ROWS, **rows_arm.ROWS}
# The codes of the catalogue, inner ones too. CATALOGUED_ELSEWHERE is not an error to our users.
CATALOGUE = [
    "AADSTS7000215",
    "AADSTS7000222",
    "AADSTS700016",
    "AADSTS90002",
    "ArtifactNotFound",
    "ArtifactVersionNotFound",
    "AuthenticationFailed",
    "AuthorizationFailed",
    "BadRequest",
    "CannotModifyExtensionsWhenVMNotRunning",
    "Conflict",
    "ExtensionNotFoundForCPUArchitecture",
    "InUseNetworkSecurityGroupCannotBeDeleted",
    "InUseSubnetCannotBeDeleted",
    "InvalidAuthenticationTokenTenant",
    "InvalidParameter",
    "InvalidRequestContent",
    "InvalidSubscriptionId",
    "LinkedAuthorizationFailed",
    "MissingApiVersionParameter",
    "MultipleExtensionsPerHandlerNotAllowed",
    "NicInUse",
    "OperationNotAllowed",
    "OperationPreempted",
    "ParentResourceNotFound",
    "PlatformImageNotFound",
    "PreconditionFailed",
    "PropertyChangeNotAllowed",
    "PublicIPAddressCannotBeDeleted",
    "QuotaExceeded",
    "ReadOnlyDisabledSubscription",
    "RequestDisallowedByPolicy",
    "ResourceGroupNotFound",
    "ResourceNotFound",
    "ScopeLocked",
    "SkuNotAvailable",
    "SubscriptionNotFound",
    "SubscriptionRequestsThrottled",
    "TooManyRequests",
    "TooManyRequestsReceived",
    "VMAgentStatusCommunicationError",
    "VMExtensionHandlerNonTransientError",
    "VMExtensionManagementInternalError",
    "VMExtensionProvisioningError",
    "VMExtensionProvisioningTimeout",
]


def error_of(result):
    """The error of the item that failed, or of the whole run."""
    for noun in ("vms", "resources", "hosts"):
        for item in result.get(noun, {}).values():
            if "error" in item:
                return item["error"]
    return result["error"]


@pytest.mark.parametrize("name", ROWS)
def test_what_a_user_reads(azure, module, name):
    row = ROWS[name]
    row.before(azure, module)
    result = module(row.module, **row.given())
    assert result["failed"], "a refusal is no success"
    error, text = error_of(result), result["msg"]
    assert error["code"] == row.code
    assert [words for words in row.says if words not in text] == [], text
    assert row.hint in str(error["hint"]), text
    assert f"Next step: {error['hint']}" in text


def test_every_code_of_the_catalogue_is_provoked():
    assert sorted({code for row in ROWS.values() for code in row.covers()} & set(CATALOGUE)) == sorted(CATALOGUE)


def test_a_publisher_without_handlers_is_an_empty_list(azure, module):
    """NotFound, "Publisher: fooBAR was not found.", is the answer to a question, not an error."""
    subscription = azure.arm.subscriptions[0]
    result = module("vm_extension_info", subscriptions=[subscription], location="westeurope", publisher="fooBAR")
    assert (result["failed"], result["handlers"]) == (False, [])

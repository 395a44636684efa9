# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error catalogue: every refusal of the local Azure, with Azure's own texts where they are known."""

from __future__ import annotations

from collections.abc import Iterable


class ArmError(Exception):
    """A refusal. `status` is the HTTP status; in an operation only code and message count."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        inner_code: str | None = None,
        details: Iterable[dict] | None = None,
        target: str | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.inner_code = inner_code
        self.details = None if details is None else list(details)
        self.target = target
        self.headers: dict[str, str] = {}
        self.additional_info: list[dict] | None = None

    def body(self) -> dict:
        """Return the error object that goes into an envelope or an operation."""
        error: dict = {"code": self.code, "message": self.message}
        if self.target is not None:
            error["target"] = self.target
        if self.details is not None:
            error["details"] = self.details
        if self.additional_info is not None:
            error["additionalInfo"] = self.additional_info
        if self.inner_code is not None:
            error["innererror"] = {"internalErrorCode": self.inner_code}
        return error


def gateway(error: ArmError) -> ArmError:
    """Mark an error as ARM's own, not the provider's."""
    error.headers["x-ms-failure-cause"] = "gateway"
    return error


def resource_not_found(relative_id: str, group: str) -> ArmError:
    """The resource is absent while its group exists."""
    return gateway(ArmError(
        404, "ResourceNotFound",
        f"The Resource '{relative_id}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    ))  # fmt: skip


def parent_not_found(kind: str, parent: str, action: str = "write") -> ArmError:
    """The parent of a child resource is absent."""
    return ArmError(
        404, "ParentResourceNotFound",
        f"Failed to perform '{action}' on resource(s) of type '{kind}', "
        f"because the parent resource '{parent}' could not be found.",
    )  # fmt: skip


def group_not_found(group: str) -> ArmError:
    """The resource group is absent."""
    return gateway(ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found."))


def subscription_not_found(subscription: str) -> ArmError:
    """The subscription is not one of those configured."""
    return gateway(ArmError(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found."))


def group_being_deleted(group: str) -> ArmError:
    """Nothing may be written to a group on its way out."""
    text = f"The resource group '{group}' is in deprovisioning state and cannot perform this operation."
    return ArmError(409, "ResourceGroupBeingDeleted", text)


def not_found(what: str) -> ArmError:
    """The image API's form of absence."""
    return ArmError(404, "NotFound", f"{what} was not found.")


def missing_api_version() -> ArmError:
    """Every request names an api-version."""
    text = "The api-version query parameter (?api-version=) is required for all requests."
    return ArmError(400, "MissingApiVersionParameter", text)


def invalid_api_version(value: str) -> ArmError:
    """The api-version is not a date."""
    text = f"The api-version '{value}' is invalid. The supported versions are dates such as '2024-07-01'."
    return ArmError(400, "InvalidApiVersionParameter", text)


def invalid_content(reason: str) -> ArmError:
    """The body is not what the provider can read."""
    return ArmError(400, "InvalidRequestContent", f"The request content was invalid and could not be read: '{reason}'.")


def invalid_parameter(message: str, target: str | None = None) -> ArmError:
    """A value of the body is refused."""
    return ArmError(400, "InvalidParameter", message, target=target)


def missing_parameter(name: str) -> ArmError:
    """A required value of the body is absent or null."""
    return invalid_parameter(f"Required parameter '{name}' is missing (null).", name)


def location_required() -> ArmError:
    """Tracked resources live somewhere."""
    return ArmError(400, "LocationRequired", "The location property is required for this definition.")


def location_changed(name: str, group: str, old: str, new: str) -> ArmError:
    """A resource never moves to another location."""
    text = (
        f"The resource '{name}' already exists in location '{old}' in resource group '{group}'. A resource with the "
        f"same name cannot be created in location '{new}'. Please select a new resource name."
    )
    return ArmError(409, "InvalidResourceLocation", text)


def property_change(name: str, status: int = 409) -> ArmError:
    """The property is fixed at creation."""
    return ArmError(status, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", target=name)


def precondition_failed() -> ArmError:
    """If-Match or If-None-Match does not hold."""
    text = "The condition specified using HTTP conditional header(s) is not met."
    return ArmError(412, "PreconditionFailed", text)


def invalid_reference(target: str, source: str) -> ArmError:
    """A body points at a resource that is absent."""
    text = (
        f"Resource {target} referenced by resource {source} was not found. Please make sure that the referenced "
        "resource exists, and that both resources are in the same region."
    )
    return ArmError(400, "InvalidResourceReference", text, details=[])


def unauthorized(message: str) -> ArmError:
    """There is no bearer token, or none that counts."""
    return gateway(ArmError(401, "AuthenticationFailed", message))


def wrong_tenant(given: str, right: str, login: str) -> ArmError:
    """The token is of another tenant than the subscription; the challenge names the right authority."""
    text = (
        f"The access token is from the wrong issuer 'https://sts.windows.net/{given}/'. It must match the tenant "
        f"'https://sts.windows.net/{right}/' associated with this subscription. Please use the authority (URL) "
        f"'{login}/{right}' to get the token. Note, if the subscription is transferred to another tenant there is no "
        "impact to the services, but information about new tenant could take time to propagate (up to an hour). If you "
        "just transferred your subscription and see this error message, please try back later."
    )
    error = gateway(ArmError(401, "InvalidAuthenticationTokenTenant", text))
    error.headers["WWW-Authenticate"] = (
        f'Bearer authorization_uri="{login}/{right}", error="invalid_token", error_description="The access token is '
        "from the wrong issuer. It must match the tenant associated with this subscription. Please use correct "
        'authority to get the token."'
    )
    return error


def conflict() -> ArmError:
    """Another operation on the resource is under way; the client may try again."""
    text = (
        "The request failed due to conflict with a concurrent request. To resolve it, please refer to "
        "https://aka.ms/activitylog to get more details on the conflicting requests."
    )
    return ArmError(409, "Conflict", text)


def marked_for_deletion(action: str, kind: str, name: str, whom: str) -> ArmError:
    """A resource on its way out takes no other order than DELETE."""
    text = (
        f"Operation '{action}' is not allowed on {kind} '{name}' since {whom} is marked for deletion. "
        "You can only retry the Delete operation (or wait for an ongoing one to complete)."
    )
    return ArmError(409, "OperationNotAllowed", text)


def vm_not_running() -> ArmError:
    """Extensions change only on a machine that runs."""
    text = "Cannot modify extensions in the VM when the VM is not running."
    return ArmError(409, "OperationNotAllowed", text, inner_code="CannotModifyExtensionsWhenVMNotRunning")


def extensions_disallowed() -> ArmError:
    """osProfile.allowExtensionOperations is false."""
    text = (
        "This operation cannot be performed when extension operations are disallowed. To allow, please ensure VM Agent "
        "is installed on the VM and the osProfile.allowExtensionOperations property is true."
    )
    return ArmError(409, "OperationNotAllowed", text)


def one_per_handler(name: str, handler: str) -> ArmError:
    """Linux takes one extension of a handler."""
    text = (
        f"Multiple VMExtensions per handler not supported for OS type 'Linux'. VMExtension '{name}' with handler "
        f"'{handler}' already added or specified in input."
    )
    return ArmError(400, "BadRequest", text, inner_code="MultipleExtensionsPerHandlerNotAllowed")


def artifact_not_found(publisher: str, kind: str, location: str) -> ArmError:
    """No such handler."""
    text = (
        f"The VM extension with publisher '{publisher}' and type '{kind}' could not be found in location '{location}'."
    )
    return ArmError(404, "ArtifactNotFound", text)


def artifact_version_not_found(version: str, publisher: str, kind: str) -> ArmError:
    """The handler exists, this version of it does not."""
    text = (
        f"No version found in the artifact repository that satisfies the requested version '{version}' for VM "
        f"extension with publisher '{publisher}' and type '{kind}'."
    )
    return ArmError(404, "ArtifactVersionNotFound", text)

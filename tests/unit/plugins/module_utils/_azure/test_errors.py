# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from azure.core import exceptions

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure import errors, hints
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure, translate, translated

MULTIPLE = "MultipleExtensionsPerHandlerNotAllowed"


class Response:
    """As much of an SDK response as errors are made from."""

    def __init__(self, status, body, headers=None):
        self.status_code = status
        self.reason = "Reason"
        self.headers = headers or {}
        self._text = body if isinstance(body, str) else json.dumps(body)

    def text(self):
        return self._text


def http(status, body, kind=exceptions.HttpResponseError, **headers):
    return kind(response=Response(status, body, headers))


def arm(code, message="text", **more):
    return {"error": {"code": code, "message": message, **more}}


# the error object as ARM sends it, the code that chooses the hint
HINTED = {
    "code": (409, arm("ScopeLocked"), "ScopeLocked"),
    "forbidden": (403, arm("AuthorizationFailed"), "AuthorizationFailed"),
    "policy": (403, arm("RequestDisallowedByPolicy"), "RequestDisallowedByPolicy"),
    "artifact": (404, arm("ArtifactNotFound"), "ArtifactNotFound"),
    "image": (404, arm("PlatformImageNotFound"), "PlatformImageNotFound"),
    "inner error": (
        409,
        arm("OperationNotAllowed", innererror={"internalErrorCode": "CannotModifyExtensionsWhenVMNotRunning"}),
        "CannotModifyExtensionsWhenVMNotRunning",
    ),
    "inner error of a bad request": (400, arm("BadRequest", innererror={"internalErrorCode": MULTIPLE}), MULTIPLE),
    "detail": (
        429,
        arm("OperationNotAllowed", details=[{"code": "TooManyRequests", "message": "wait"}]),
        "TooManyRequests",
    ),
    "detail of a detail": (
        400,
        arm("X", details=[{"code": "Y", "details": [{"code": "SkuNotAvailable"}]}]),
        "SkuNotAvailable",
    ),
    "failed operation, HTTP 200": (
        200,
        {"status": "Failed", **arm("VMExtensionProvisioningError")},
        "VMExtensionProvisioningError",
    ),
    "error without envelope": (400, {"code": "PropertyChangeNotAllowed", "message": "no"}, "PropertyChangeNotAllowed"),
}


@pytest.mark.parametrize("name", HINTED)
def test_the_code_chooses_the_next_step(name):
    status, body, code = HINTED[name]
    failure = translate(http(status, body), "PUT x")
    assert failure.hint == hints.HINTS[code]
    assert failure.message.startswith("PUT x failed: ")


def test_an_unknown_code_has_no_next_step():
    assert translate(http(400, arm("Strange", "odd"))).as_error() == {
        "code": "Strange",
        "message": "odd (Strange)",
        "details": [],
        "request_id": None,
        "hint": None,
    }


def test_all_parts_of_the_answer_are_kept():
    body = arm("A", "top", details=[{"code": "B", "message": "below"}, "odd"], innererror={"internalErrorCode": "C"})
    failure = translate(http(409, body, **{"x-ms-request-id": "req"}), "PUT x")
    assert failure.as_result() == {
        "msg": "PUT x failed: top (A) below",
        "error": {
            "code": "A",
            "message": "PUT x failed: top (A)",
            "details": [{"code": "B", "message": "below"}, {"code": "C", "message": None}],
            "request_id": "req",
            "hint": None,
        },
    }


# exception, code, words in the message, words in the hint
WITHOUT_BODY = {
    "no JSON": (http(502, "<p>Bad</p> gateway"), "Http502", "'Reason': Bad gateway", "proxies"),
    "a page with a title": (
        http(403, "<title> Access\ndenied</title><p>x"),
        "Http403",
        "'Reason': Access denied",
        "prox",
    ),
    "a page with status 200": (http(200, "<p>Welcome"), "NotFromAzure", "Welcome", "prox"),
    "an answer that the SDK could not read": (exceptions.DecodeError("odd"), "NotFromAzure", "odd", "prox"),
    "nothing": (http(503, ""), "Http503", "invalid status", "later"),
    "JSON that is no object": (http(500, "[]"), "Http500", "invalid status", "later"),
    "JSON with a text as error": (http(500, {"error": "x"}), "Http500", "invalid status", "later"),
    "JSON without an error, refused": (http(400, "[]"), "Http400", "invalid status", None),
    "login refused": (
        exceptions.ClientAuthenticationError("AADSTS7000215: Invalid client secret\nprovided."),
        "AuthenticationFailed",
        "Invalid client secret provided.",
        "secret's value",
    ),
    "login failed for an unknown reason": (
        exceptions.ClientAuthenticationError("no token"),
        "AuthenticationFailed",
        "no token",
        "auth_source",
    ),
    "the login cannot be reached": (
        exceptions.ClientAuthenticationError("Authentication failed: Failed to establish a new connection"),
        "Unreachable",
        "Failed to establish",
        "firewall",
    ),
    "unreachable": (exceptions.ServiceRequestError("Connection refused"), "Unreachable", "refused", "firewall"),
    "answer broken off": (exceptions.ServiceResponseError("aborted"), "Unreachable", "aborted", "firewall"),
    "unknown authority": (
        exceptions.ServiceRequestError("SSL: CERTIFICATE_VERIFY_FAILED"),
        "Unreachable",
        "CERTIFICATE",
        "ca_path",
    ),
    "anything else": (exceptions.AzureError(""), "AzureError", "AzureError", None),
}


@pytest.mark.parametrize("name", WITHOUT_BODY)
def test_errors_without_an_answer(name):
    error, code, words, hint = WITHOUT_BODY[name]
    failure = translate(error)
    assert failure.code == code
    assert words in failure.message
    assert (hint is None and failure.hint is None) or hint in failure.hint


@pytest.mark.parametrize(
    ("status", "body", "absent"),
    [
        (404, arm("ResourceNotFound"), True),
        (404, arm("NotFound"), True),
        (404, arm("ResourceGroupNotFound"), True),
        (404, arm("ParentResourceNotFound"), True),
        (404, arm("InvalidResourceType"), False),
        (404, arm("SubscriptionNotFound"), False),
        (404, "<html>", False),
        (403, arm("AuthorizationFailed"), False),
        (409, arm("ResourceNotFound"), False),
    ],
)
def test_only_a_404_of_a_known_code_means_absent(status, body, absent):
    assert errors.is_absent(http(status, body)) is absent


def test_no_response_is_not_absent():
    assert errors.is_absent(exceptions.ServiceRequestError("x")) is False


def test_long_texts_keep_their_end():
    text = translate(http(400, arm("A", "x" * 9000 + "the cause"))).message
    assert len(text) < 4100
    assert "the cause (A)" in text


def test_translated_cuts_the_chain():
    with pytest.raises(Failure) as caught, translated("GET x"):
        raise http(403, arm("AuthorizationFailed", "no"))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ is True


def test_changed_is_a_copy():
    failure = Failure("a", code="C", details=[{"code": "D", "message": "d"}], hint="h")
    assert failure.changed(message="b").as_error() == {**failure.as_error(), "message": "b"}
    assert failure.message == "a"


def test_text_says_each_thing_once():
    failure = Failure("a", details=[{"code": "X", "message": "a"}, {"code": "Y", "message": "b"}], hint="do it")
    assert failure.text() == "a b Next step: do it"


def test_every_hint_is_a_sentence():
    assert [code for code, hint in hints.HINTS.items() if not hint.endswith(".") or not hint[0].isupper()] == []


# what Azure tells of the policy, what the user reads
POLICIES = [
    (
        {
            "policyDefinitionDisplayName": "Allowed locations",
            "policyAssignmentDisplayName": "Only Europe",
            "policyAssignmentName": "a1",
            "policyAssignmentScope": "/subscriptions/s",
            "nonComplianceMessage": "We live in Europe.",
        },
        "Refused by policy 'Allowed locations', assignment 'Only Europe', assignment 'a1' at /subscriptions/s: "
        "We live in Europe.",
    ),
    ({"policyAssignmentName": "a1"}, "Refused by assignment 'a1'."),
    ({}, "Refused by a policy."),
]


@pytest.mark.parametrize(("info", "text"), POLICIES)
def test_the_policy_is_named(info, text):
    body = {
        "code": "RequestDisallowedByPolicy",
        "message": "Resource 'vm1' was disallowed by policy.",
        "additionalInfo": [{"type": "PolicyViolation", "info": info}, {"type": "Other", "info": {}}, "odd"],
    }
    assert errors.details_of(body) == [{"code": "PolicyViolation", "message": text}]

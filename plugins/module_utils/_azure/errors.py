# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""The one domain error, and the only places that judge an error of the Azure SDK."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from .hints import hint_for

# A 404 of any other code (a wrong URL, an unknown provider, a proxy) must not be read as "go and create it".
ABSENT_CODES = frozenset(["ResourceNotFound", "NotFound", "ResourceGroupNotFound", "ParentResourceNotFound"])
LONGEST_TEXT = 4000
LONGEST_TITLE = 200
NOT_FROM_AZURE = "NotFromAzure"
# The login wraps what the network said in an error of its own.
NO_CONNECTION = ("CERTIFICATE_VERIFY_FAILED", "Failed to establish a new connection", "Failed to resolve")


class Failure(Exception):
    """What went wrong, for people (message, hint) and for playbooks (code, details, request_id).

    ``details`` is a list of {"code", "message"}; nothing in here may hold a secret. ``begun``: Azure took the
    request, and the operation that it began has failed.
    """

    def __init__(
        self,
        message: str,
        *,
        code: Optional[str] = None,
        details: Sequence[Mapping[str, Any]] = (),
        request_id: Optional[str] = None,
        hint: Optional[str] = None,
        begun: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.details = [dict(detail) for detail in details]
        self.request_id = request_id
        self.hint = hint
        self.begun = begun

    def as_result(self) -> Dict[str, Any]:
        """The failure as a part of a module's result: {"msg", "error": {code, message, details, request_id, hint}}."""
        return {"msg": self.text(), "error": self.as_error()}

    def as_error(self) -> Dict[str, Any]:
        """The failure as the value of ``error`` in the result of one item."""
        return {
            "code": self.code,
            "message": self.message,
            "details": self.details,
            "request_id": self.request_id,
            "hint": self.hint,
        }

    def changed(self, **parts: Any) -> "Failure":
        """A copy with other ``message`` or ``details``."""
        kept = {**self.as_error(), **parts}
        return Failure(
            kept["message"],
            code=kept["code"],
            details=kept["details"],
            request_id=kept["request_id"],
            hint=kept["hint"],
            begun=kept.get("begun", self.begun),
        )

    def text(self) -> str:
        """Message, details and next step in one line."""
        parts = [self.message]
        parts += [text for text in (detail.get("message") for detail in self.details) if text and text not in parts[0]]
        if self.hint:
            parts.append("Next step: " + self.hint)
        return " ".join(part.strip() for part in parts if part)


def body_of(error: BaseException) -> Dict[str, Any]:
    """The ``error`` object in the answer that an SDK exception carries; {} if there is none."""
    response = getattr(error, "response", None)
    if response is None:
        return {}
    try:
        answer = json.loads(response.text())
    except ValueError:
        return {}
    found = answer.get("error", answer) if isinstance(answer, dict) else {}
    return found if isinstance(found, dict) else {}


def is_absent(error: BaseException) -> bool:
    """True if the exception says that the resource, or a parent of it, does not exist."""
    return getattr(error, "status_code", None) == 404 and body_of(error).get("code") in ABSENT_CODES


def details_of(body: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """The parts below an ARM error as {"code", "message"}: details, nested ones too, and innererror."""
    found: List[Dict[str, Any]] = []
    for detail in body.get("details") or []:
        if isinstance(detail, Mapping):
            found.append({"code": detail.get("code"), "message": _short(detail.get("message"))})
            found.extend(details_of(detail))
    for more in body.get("additionalInfo") or []:
        if isinstance(more, Mapping) and more.get("type") == "PolicyViolation":
            found.append({"code": "PolicyViolation", "message": _policy(more.get("info") or {})})
    inner = body.get("innererror")
    if isinstance(inner, Mapping) and inner.get("internalErrorCode"):
        found.append({"code": inner["internalErrorCode"], "message": None})
    return found


def _policy(info: Mapping[str, Any]) -> str:
    """Which policy refused, by the names that people know it by, with the message that its authors wrote."""
    named = [
        "%s %r" % (words, info[name])
        for words, name in (
            ("policy", "policyDefinitionDisplayName"),
            ("assignment", "policyAssignmentDisplayName"),
            ("assignment", "policyAssignmentName"),
        )
        if info.get(name)
    ]
    where = ["at %s" % info["policyAssignmentScope"]] if info.get("policyAssignmentScope") else []
    reason = ": %s" % info["nonComplianceMessage"] if info.get("nonComplianceMessage") else "."
    return " ".join(["Refused by", ", ".join(dict.fromkeys(named)) or "a policy", *where]) + reason


def translate(error: BaseException, doing: str = "") -> Failure:
    """The Failure that stands for an exception of azure-core or azure-identity.

    ``doing`` says what was tried ("PUT /subscriptions/..."). A failed operation arrives with HTTP status 200, so the
    status is never the judge here: the error object in the answer is.
    """
    prefix = doing + " failed: " if doing else ""
    body = body_of(error)
    if not body:
        return _without_body(error, prefix)
    code = body.get("code")
    details = details_of(body)
    message = _short(body.get("message")) or "no message"
    return Failure(
        "%s%s (%s)" % (prefix, message, code),
        code=code,
        details=details,
        request_id=_request_id(error),
        hint=hint_for([detail["code"] for detail in details] + [code], message),
    )


def not_from_azure(doing: str) -> Failure:
    """The Failure for an answer that is no JSON, as the page of a proxy is none."""
    return Failure("%s failed: the answer is no JSON" % doing, code=NOT_FROM_AZURE, hint=hint_for([NOT_FROM_AZURE]))


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn every exception of the Azure SDK inside the block into a Failure."""
    from .imports import require

    exceptions = require("azure.core.exceptions")[0]
    try:
        yield
    except exceptions.AzureError as error:
        # The SDK's exception holds request and response: it must not travel on as the cause.
        raise translate(error, doing) from None


def _without_body(error: BaseException, prefix: str) -> Failure:
    kind = type(error).__name__
    text = _short(str(error).splitlines()[0] if str(error) else kind)
    hint = hint_for([], str(error))
    status = getattr(error, "status_code", None)
    if kind.startswith("ServiceRe") or any(word in str(error) for word in NO_CONNECTION):
        code, hint = "Unreachable", _unreachable_hint(str(error))
    elif kind in ("ClientAuthenticationError", "CredentialUnavailableError"):
        code = "AuthenticationFailed"
        hint = hint or hint_for([code])
        text = _short(" ".join(str(error).split()))
    else:
        page = _page(error)
        foreign = page is not None or kind == "DecodeError"
        code = "Http%s" % status if status and status >= 300 else NOT_FROM_AZURE if foreign else kind
        text = "%s: %s" % (text, page) if page else text
        hint = hint_for([NOT_FROM_AZURE if foreign else "Http5xx" if status and status >= 500 else None])
    return Failure(prefix + str(text), code=code, request_id=_request_id(error), hint=hint)


def _page(error: BaseException) -> Optional[str]:
    """What an answer that is no JSON says: its title, as the page of a proxy has one, or its first words."""
    response = getattr(error, "response", None)
    text = response.text() if response is not None else ""
    try:
        json.loads(text)
    except ValueError:
        title = re.search("<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        words = " ".join((title.group(1) if title else re.sub("<[^>]*>", " ", text)).split())
        return words[:LONGEST_TITLE] or None
    return None


def _unreachable_hint(text: str) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return (
            "Give the authority that signed the endpoint's certificate in option `ca_path`, and check option `cloud`."
        )
    return "Check name resolution, proxy and firewall between this controller and the endpoint, and option `cloud`."


def _request_id(error: BaseException) -> Optional[str]:
    response = getattr(error, "response", None)
    headers = getattr(response, "headers", None) or {}
    return headers.get("x-ms-request-id") or headers.get("x-ms-correlation-request-id")


def _short(text: Any) -> Optional[str]:
    if text is None:
        return None
    text = str(text).strip()
    # The end of a handler's text is where the cause stands.
    return text if len(text) <= LONGEST_TEXT else "... " + text[-LONGEST_TEXT:]

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What a user wants of one managed run command."""

from __future__ import annotations

import json
from typing import Any, Dict, List, NamedTuple, Optional
from urllib.parse import parse_qs

from .._azure.redaction import secrets_in


class RunCommand(NamedTuple):
    """A run command as declared. None means "as it is"; an empty text says that there is none.

    One of ``script``, ``script_uri`` and ``command_id`` is its source. ``parameters`` are {name: text}.
    ``protected_parameters`` and ``run_as_password`` together are what Azure never shows: with one of them given, both
    are declared, and {} says that there is nothing of that kind. ``tags`` are merged with those that are there.
    ``rerun`` runs the script again although nothing differs.
    """

    name: str
    script: Optional[str] = None
    script_uri: Optional[str] = None
    command_id: Optional[str] = None
    parameters: Optional[Dict[str, str]] = None
    protected_parameters: Optional[Dict[str, str]] = None
    run_as_user: Optional[str] = None
    run_as_password: Optional[str] = None
    timeout_in_seconds: Optional[int] = None
    async_execution: Optional[bool] = None
    output_blob_uri: Optional[str] = None
    error_blob_uri: Optional[str] = None
    tags: Optional[Dict[str, str]] = None
    on_unknown_secret: str = "keep"
    rerun: bool = False
    state: str = "present"

    def source(self) -> Optional[Dict[str, str]]:
        """The source in ARM's form, None if it is not declared."""
        given = {"script": self.script, "scriptUri": self.script_uri, "commandId": self.command_id}
        return {name: value for name, value in given.items() if value is not None} or None

    def plain(self) -> Dict[str, Any]:
        """The declared properties that have one value, as ARM names them."""
        values = {
            "runAsUser": self.run_as_user,
            "timeoutInSeconds": self.timeout_in_seconds,
            "asyncExecution": self.async_execution,
            "outputBlobUri": self.output_blob_uri,
            "errorBlobUri": self.error_blob_uri,
        }
        return {name: value for name, value in values.items() if value is not None}

    def protected(self) -> Optional[Dict[str, Any]]:
        """The protected properties in ARM's form, {} for none; None if nothing is said of them."""
        if self.protected_parameters is None and self.run_as_password is None:
            return None
        found: Dict[str, Any] = {}
        if self.protected_parameters:
            found["protectedParameters"] = as_list(self.protected_parameters)
        if self.run_as_password:
            found["runAsPassword"] = self.run_as_password
        return found

    def digested(self) -> Optional[Dict[str, Any]]:
        """As ``protected``, in a form in which the order of the parameters does not matter."""
        found = self.protected()
        if found and "protectedParameters" in found:
            found["protectedParameters"] = dict(self.protected_parameters or {})
        return found

    def secrets(self) -> List[str]:
        """The texts that must not appear in a result: what is protected, and the signatures in addresses."""
        tokens = []
        for uri in (self.script_uri, self.output_blob_uri, self.error_blob_uri):
            token = (uri or "").partition("?")[2]
            tokens += [token, *parse_qs(token).get("sig", [])]
        return secrets_in([self.digested(), tokens])


def as_list(parameters: Dict[str, str]) -> List[Dict[str, str]]:
    """Parameters in ARM's form."""
    return [{"name": name, "value": value} for name, value in parameters.items()]


def texts(given: Optional[Dict[str, Any]]) -> Optional[Dict[str, str]]:
    """Values from YAML as the texts that a script gets: true and 5 as "true" and "5", lists as JSON."""
    if given is None:
        return None
    return {str(name): _text(value) for name, value in given.items()}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def without_token(uri: str) -> str:
    """The address without its query: a shared access signature is a secret, and Azure does not give it back."""
    return uri.partition("?")[0]

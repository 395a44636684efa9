# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of a run command, and what of it goes to the handler in clear and what sealed (pure)."""

from __future__ import annotations

import copy
from typing import Any

from .. import errors

PROVENANCE = {
    "timeoutInSeconds 0 and asyncExecution false when unset, the rest echoed only if sent": "recorded",
    "protectedParameters and runAsPassword are never answered": "spec",
    "InvalidParameterConflictingProperties for two sources": "docs",
    "a source is required": "docs",
    "commandId RunShellScript runs a sample script; other command ids are refused": "inferred",
    "the SAS of a scriptUri is cut off, kept among what is protected and never answered": "inferred",
    "a PUT without protectedParameters, runAsPassword drops them; a PATCH with none of them keeps them": "inferred",
    "output blobs, managed identities and gallery scripts are refused": "inferred",
}
COMMAND_ID = "RunShellScript"
SAMPLE = '#!/bin/sh\necho "This is a sample script"\necho Optional parameters: "$0" "$@"\n'
PROTECTED = ("protectedParameters", "runAsPassword")
_ECHOED = ("source", "parameters", "runAsUser", "treatFailureAsDeploymentFailure")
_SOURCES = ("commandId", "script", "scriptUri")
_TYPES = {
    "source": dict, "parameters": list, "protectedParameters": list, "runAsUser": str, "runAsPassword": str,
    "timeoutInSeconds": int, "asyncExecution": bool, "treatFailureAsDeploymentFailure": bool,
}  # fmt: skip
_FOREIGN = (
    "outputBlobUri", "errorBlobUri", "outputBlobManagedIdentity", "errorBlobManagedIdentity",
    "source.scriptUriManagedIdentity", "source.galleryScriptReferenceId",
)  # fmt: skip


def check(given: dict) -> None:
    """Refuse a body whose properties have other types than the definition says, or what this Azure cannot do."""
    for name, kind in _TYPES.items():
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise errors.invalid_content(f"Error converting value of property '{name}' to type '{kind.__name__}'.")
    for name in ("parameters", "protectedParameters"):
        check_parameters(given.get(name) or [], name)
    for path in _FOREIGN:
        whole, _dot, inner = path.rpartition(".")
        if ((given.get(whole) or {}) if whole else given).get(inner) is not None:
            text = f"The local Azure has no storage accounts, identities or galleries: leave '{path}' out."
            raise errors.invalid_parameter(text, path)


def check_parameters(parameters: list, name: str) -> None:
    """Refuse what is no list of {name, value} with texts."""
    for entry in parameters:
        if not isinstance(entry, dict) or not all(isinstance(entry.get(key) or "", str) for key in ("name", "value")):
            raise errors.invalid_content(f"Error converting value of property '{name}' to type 'parameter'.")


def properties(given: dict, old: dict | None, keep: bool) -> dict:
    """Return the properties of a run command, without its state. `keep`: what is not named stays (PATCH)."""
    source = {**old, **given} if keep and old else given
    result: dict[str, Any] = {
        name: copy.deepcopy(source[name]) for name in _ECHOED if source.get(name) is not None
    }  # fmt: skip
    check_source(result.get("source"))
    result["source"] = {
        name: value.partition("?")[0] if name == "scriptUri" else value for name, value in result["source"].items()
    }
    result["timeoutInSeconds"] = source.get("timeoutInSeconds") or 0
    result["asyncExecution"] = bool(source.get("asyncExecution"))
    return result


def check_source(source: dict | None) -> None:
    """Refuse anything but exactly one source."""
    named = [name for name in _SOURCES if (source or {}).get(name)]
    if not named:
        raise errors.missing_parameter("source.script")
    if len(named) > 1:
        text = f"The property 'source.{named[0]}' cannot be used together with property 'source.{named[1]}'."
        raise errors.ArmError(400, "InvalidParameterConflictingProperties", text, target=f"source.{named[0]}")
    if not isinstance((source or {})[named[0]], str):
        raise errors.invalid_content(f"Error converting value of property 'source.{named[0]}' to type 'str'.")
    if named[0] == "commandId":
        check_command((source or {})["commandId"])


def check_command(command: Any) -> None:
    """Refuse a command id that is not the one known."""
    if str(command).lower() != COMMAND_ID.lower():
        text = f"The local Azure knows one command: found commandId '{command}', expected '{COMMAND_ID}'."
        raise errors.invalid_parameter(text, "commandId")


def public_settings(document: dict) -> dict:
    """Return what the handler gets in clear."""
    names = ("parameters", "runAsUser", "timeoutInSeconds", "asyncExecution", "treatFailureAsDeploymentFailure")
    source = dict(document["source"])
    if source.pop("commandId", None):
        source["script"] = SAMPLE
    return {"source": source, **{name: document[name] for name in names if name in document}}


def protected_settings(given: dict) -> dict | None:
    """Return what the handler gets sealed, None if the body has nothing of that kind."""
    found = {name: given[name] for name in PROTECTED if given.get(name) is not None}
    token = str((given.get("source") or {}).get("scriptUri") or "").partition("?")[2]
    if token:
        found["sourceSASToken"] = token
    return found or None

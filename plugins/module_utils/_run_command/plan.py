# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What has to be done to one run command of one VM. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .._azure.errors import Failure
from .._azure.shown import sides
from .._extension import secret_digest
from . import observed
from .desired import RunCommand, as_list, without_token

# The resource tag that remembers which protected parameters were sent. A run command has no forceUpdateTag.
DIGEST_TAG = "bulwark-azure-docker-digest"
IDENTITIES = {
    "scriptUri": "scriptUriManagedIdentity",
    "outputBlobUri": "outputBlobManagedIdentity",
    "errorBlobUri": "errorBlobManagedIdentity",
}


class Plan(NamedTuple):
    """``action`` is none, create, update or delete.

    ``document`` is what to PUT (with secrets, without location), or None. ``before`` and ``after`` are the public
    properties, and the ``tags`` where they change. ``again`` says that the script has to run although nothing else
    differs. ``pending``: nothing differs, but the run is still under way. With ``unknown_secret`` what is protected
    could not be judged.
    """

    action: str
    name: str
    reasons: List[str]
    document: Optional[Dict[str, Any]]
    before: Dict[str, Any]
    after: Dict[str, Any]
    unknown_secret: bool = False
    again: bool = False
    pending: bool = False


def plan(
    desired: RunCommand, current: Optional[Mapping[str, Any]], digest_key: Optional[str], nonce: str = "1"
) -> Plan:
    """The plan for ``desired`` where ``current`` (with instance view) is what the VM has, None if nothing.

    ``nonce`` is used where the script must run again; it has to be new each time. Raises Failure if the plan cannot be
    carried out: a missing source, a secret that an update would lose.
    """
    if desired.state == "absent":
        return _plan_absent(desired, current)
    if current is None:
        return _plan_create(desired, digest_key)
    if observed.properties_of(current).get("provisioningState") == "Deleting":
        raise Failure(
            "The run command %r is being deleted." % current.get("name"),
            code="OperationInProgress",
            hint="Run again when it is gone.",
        )
    return _plan_update(desired, current, digest_key, nonce)


def without_nonce(steps: Plan) -> Plan:
    """The plan without the parameter of ours: a script for Windows may refuse a parameter that it does not know."""
    if steps.document is None:
        return steps
    document = {**steps.document, "properties": _nonce_left_out(steps.document["properties"])}
    return steps._replace(document=document, after=_nonce_left_out(steps.after))


def _nonce_left_out(properties: Mapping[str, Any]) -> Dict[str, Any]:
    kept = [item for item in properties.get("parameters") or [] if item.get("name") != observed.NONCE]
    rest = {name: value for name, value in properties.items() if name != "parameters"}
    return {**rest, "parameters": kept} if kept else rest


def _plan_absent(desired: RunCommand, current: Optional[Mapping[str, Any]]) -> Plan:
    if current is None:
        return Plan("none", desired.name, [], None, {}, {})
    shown = sides(observed.public_properties, current, None)
    return Plan("delete", str(current.get("name")), ["present"], None, *shown)


def _plan_create(desired: RunCommand, digest_key: Optional[str]) -> Plan:
    if desired.source() is None:
        raise Failure(
            "The run command %r does not exist, and creating it needs a script." % desired.name,
            code="MissingOption",
            hint="Give script, script_uri or command_id.",
        )
    document = _document(desired, None, digest_key, None)
    return Plan("create", desired.name, ["absent"], document, *sides(observed.public_properties, None, document))


def _plan_update(desired: RunCommand, current: Mapping[str, Any], digest_key: Optional[str], nonce: str) -> Plan:
    name = str(current.get("name"))
    stored = _secret_state(desired, current, digest_key)
    differences, again = _differences(desired, current), []
    if stored == "differs":
        differences.append("protected parameters differ")
    if stored == "unknown" and desired.on_unknown_secret == "apply":
        again.append("protected parameters unknown")
    if observed.has_failed(current):
        again.append(observed.reason(current))
    if desired.rerun:
        again.append("asked to run again")
    unknown = stored == "unknown"
    if not differences and not again:
        pending = observed.is_pending(current) and not _is_async(desired, current)
        same = observed.public_properties(current)
        return Plan("none", name, [], None, same, same, unknown, pending=pending)
    _refuse_lost(desired, current)
    document = _document(desired, current, digest_key, nonce if again else observed.nonce_of(current))
    shown = sides(observed.public_properties, current, document)
    return Plan("update", name, differences + again, document, *shown, unknown, again=bool(again))


def _differences(desired: RunCommand, current: Mapping[str, Any]) -> List[str]:
    """How what can be read differs from what is declared, one short sentence each, without values."""
    properties, tags = observed.public_properties(current), current.get("tags") or {}
    found: List[str] = []
    source = properties.get("source") or {}
    for name, value in (desired.source() or {}).items():
        if source.get(name) != (without_token(value) if name == "scriptUri" else value):
            found.append("source.%s differs" % name)
    if desired.parameters is not None:
        found += _parameters_differ(desired.parameters, current)
    for name, value in desired.plain().items():
        wanted = without_token(value) if name in observed.URIS else value
        # Absent, false, 0 and the empty text say the same.
        if (wanted or None) != (properties.get(name) or None):
            found.append("%s differs" % name)
    wanted_tags = desired.tags or {}
    return found + ["tags.%s differs" % name for name in sorted(wanted_tags) if tags.get(name) != wanted_tags[name]]


def _parameters_differ(desired: Mapping[str, str], current: Mapping[str, Any]) -> List[str]:
    """A PUT replaces the parameters, so what is there but not asked for differs too."""
    pairs = observed.parameters_of(current)
    there = {str(name): value for name, value in pairs if name}
    unnamed = [value for name, value in pairs if not name]
    names = [name for name in sorted(set(desired) | set(there)) if desired.get(name) != there.get(name)]
    return ["parameters.%s differs" % name for name in names] + (["parameters without a name found"] if unnamed else [])


def _secret_state(desired: RunCommand, current: Mapping[str, Any], digest_key: Optional[str]) -> str:
    """ "same", "differs" or "unknown"; "same" where the user says nothing of what is protected."""
    wanted = desired.digested()
    if wanted is None:
        return "same"
    tag = (current.get("tags") or {}).get(DIGEST_TAG)
    return secret_digest.secret_state(tag, secret_digest.mark_of(wanted, digest_key))


def _refuse_lost(desired: RunCommand, current: Mapping[str, Any]) -> None:
    """Raise Failure if sending the run command again would lose what Azure does not give back."""
    tag = secret_digest.read_tag((current.get("tags") or {}).get(DIGEST_TAG))
    if desired.protected() is None and (tag is None or tag.mark != secret_digest.NONE):
        raise Failure(
            "The run command %r has to be sent again, which replaces its protected parameters and the password of its "
            "user; they cannot be read back, and neither is given." % current.get("name"),
            code="ProtectedParametersMissing",
            hint="Give protected_parameters and run_as_password; protected_parameters: {} says that there is nothing.",
        )
    properties = observed.properties_of(current)
    there = {**(properties.get("source") or {}), **properties}
    given = {**(desired.source() or {}), **desired.plain()}
    replaced = ["scriptUri"] if desired.source() else []
    lost = [
        name
        for name, identity in IDENTITIES.items()
        if there.get(name) and name not in given and name not in replaced and not there.get(identity)
    ]
    if lost:
        raise Failure(
            "The run command %r has to be sent again, and a signature in its %s cannot be read back."
            % (current.get("name"), ", ".join(lost)),
            code="SignatureMissing",
            hint="Give script_uri, output_blob_uri and error_blob_uri as they are in use, with their signatures.",
        )


def _document(
    desired: RunCommand, current: Optional[Mapping[str, Any]], digest_key: Optional[str], nonce: Optional[str]
) -> Dict[str, Any]:
    """What is there with what is declared on top; the tags end with the digest.

    ``treatFailureAsDeploymentFailure`` is never set: with it, a script that fails makes a failed resource of which
    Azure's error tells little. We judge the execution ourselves, so the resource stays and shows what happened.
    """
    properties = {**observed.public_properties(current), **desired.plain()}
    properties["source"] = _source(desired, properties.get("source") or {})
    properties["parameters"] = _parameters(desired, current, nonce)
    properties.update(desired.protected() or {})
    tags = {**((current or {}).get("tags") or {}), **(desired.tags or {})}
    tags[DIGEST_TAG] = secret_digest.Tag(secret_digest.mark_of(desired.digested(), digest_key), None).text()
    return {
        "tags": tags,
        "properties": {name: value for name, value in properties.items() if value not in ("", [], {})},
    }


def _source(desired: RunCommand, there: Mapping[str, Any]) -> Dict[str, Any]:
    """The declared source, with the identity that reads it if it is of the same kind as the one that is there."""
    declared = desired.source() or {}
    return {**there, **declared} if set(declared) <= set(there) else declared


def _parameters(desired: RunCommand, current: Optional[Mapping[str, Any]], nonce: Optional[str]) -> List[Any]:
    if desired.parameters is not None:
        found = as_list(desired.parameters)
    else:
        there = observed.properties_of(current).get("parameters") or []
        found = [item for item in there if item.get("name") != observed.NONCE]
    return found + (as_list({observed.NONCE: nonce}) if nonce else [])


def _is_async(desired: RunCommand, current: Mapping[str, Any]) -> bool:
    if desired.async_execution is not None:
        return desired.async_execution
    return bool(observed.properties_of(current).get("asyncExecution"))

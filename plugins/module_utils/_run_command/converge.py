# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""One run command of one VM: observe, plan, apply, and judge how the script ended."""

from __future__ import annotations

import secrets
from typing import Any, Dict, List, Mapping, Optional

from .._azure import kept_tags
from .._azure.errors import Failure
from .._azure.redaction import mask, masked
from .._azure.session import Session
from .._extension import catalogue, preflight
from .._extension.converge import UNSET, wait_for_agent
from .._extension.converge import observe as observe_vm
from .._extension.desired import Desired
from . import observed
from .desired import RunCommand
from .plan import Plan, plan, without_nonce

HANDLER = Desired(publisher="Microsoft.CPlat.Core", type="RunCommandHandlerLinux")
POLL_SECONDS = 5
# How long a run may stay unreported after its operation has ended.
UNREPORTED_SECONDS = 60
MOST = 25


def observe(session: Session, vm_id: str, name: str) -> Optional[Dict[str, Any]]:
    """The run command with its instance view, in one GET; None if it, or its VM, does not exist."""
    return session.get(_id(vm_id, name), expand="instanceView")


def converge(
    session: Session,
    vm_id: str,
    desired: RunCommand,
    *,
    digest_key: Optional[str] = None,
    check: bool = False,
    vm: Any = UNSET,
    current: Any = UNSET,
) -> Dict[str, Any]:
    """Make the run command of the VM what ``desired`` says and return what was done; ``check`` leaves the doing out.

    ``vm`` and ``current`` are the documents of the VM and of the run command if they were observed already. The result
    is {changed, action, reasons, before, after, warnings} and what ``observed.describe`` gives. Raises Failure, with
    code RunCommandFailed or RunCommandTimedOut if the script did not end well. No secret is in either.
    """
    hidden = desired.secrets()
    try:
        if current is UNSET:
            current = observe(session, vm_id, desired.name)
        # Before the plan quotes a part of it, in which a secret that was cut would not be found.
        current = _masked_view(current, hidden)
        steps = plan(desired, current, digest_key, secrets.token_hex(4))
        if steps.action == "none":
            result = _unchanged(session, vm_id, steps, current, check)
        else:
            result = _changed(session, vm_id, steps, check, observe_vm(session, vm_id) if vm is UNSET else vm)
            if not check and steps.action != "delete":
                result = _with_tags(session, vm_id, desired, result)
    except Failure as failure:
        raise masked(failure, hidden) from None
    return mask(result, hidden)


def _with_tags(session: Session, vm_id: str, desired: RunCommand, result: Dict[str, Any]) -> Dict[str, Any]:
    """The result, told of tags that Azure keeps at other values."""
    if not desired.tags:
        return result

    def look() -> Optional[Mapping[str, Any]]:
        return observe(session, vm_id, desired.name)

    return kept_tags.marked(result, _id(vm_id, desired.name), kept_tags.kept(session, desired.tags, look(), look))


def read(session: Session, vm_id: str, name: Optional[str] = None) -> Dict[str, Dict[str, Any]]:
    """{name: as ``observed.describe``} of all run commands of a VM, or of the one ``name``.

    Raises Failure if the VM does not exist.
    """
    if name is not None:
        found = [item for item in [observe(session, vm_id, name)] if item is not None]
    else:
        # The list comes without instance views.
        listed = session.list("%s/runCommands" % vm_id.rstrip("/"))
        seen = [observe(session, vm_id, item["name"]) for item in listed]
        found = [item for item in seen if item is not None]
    if not found:
        preflight.require_vm(vm_id, observe_vm(session, vm_id))
    return {item["name"]: observed.describe(item) for item in found}


def _id(vm_id: str, name: str) -> str:
    return "%s/runCommands/%s" % (vm_id.rstrip("/"), name)


def _masked_view(document: Optional[Mapping[str, Any]], hidden: List[str]) -> Optional[Dict[str, Any]]:
    """The run command with what its script said masked. What is compared stays as it is."""
    properties = observed.properties_of(document)
    if document is None or "instanceView" not in properties:
        return dict(document) if document is not None else None
    return {**document, "properties": {**properties, "instanceView": mask(properties["instanceView"], hidden)}}


def _unchanged(
    session: Session, vm_id: str, steps: Plan, current: Optional[Mapping[str, Any]], check: bool
) -> Dict[str, Any]:
    if current is None or not steps.pending:
        return _result(steps, current)
    if check:
        return _result(steps, current, ["the script of run command %r is still under way" % steps.name])
    return _result(steps, _ended(session, vm_id, steps.name, session.clock() + session.timeout))


def _changed(session: Session, vm_id: str, steps: Plan, check: bool, vm: Any) -> Dict[str, Any]:
    vm = preflight.require_vm(vm_id, vm)
    preflight.check_allowed(vm)
    preflight.check_power(vm)
    if _is_windows(vm):
        steps = without_nonce(steps)
    else:
        preflight.check_agent_version(HANDLER, vm, catalogue.oldest_agent(HANDLER))
    if not check:
        wait_for_agent(session, vm_id, vm)
        return _apply(session, vm_id, vm, steps)
    warnings = []
    try:
        preflight.check_agent(vm)
    except Failure as failure:
        # A run that is not a check waits for the agent, so this is not an error yet.
        warnings.append(failure.text())
    predicted = None if steps.action == "delete" else {"name": steps.name, "properties": steps.after}
    return _result(steps, predicted, warnings)


def _apply(session: Session, vm_id: str, vm: Mapping[str, Any], steps: Plan) -> Dict[str, Any]:
    end = session.clock() + session.timeout
    run_id = _id(vm_id, steps.name)
    if steps.action == "delete":
        session.delete(run_id)
        return _result(steps, None)
    if steps.again and _is_windows(vm):
        # Instead of the parameter of ours. On Linux the handler does not run a name again that was deleted and came
        # back, because it keeps the number of its last run.
        session.delete(run_id)
    try:
        session.put(run_id, {"location": vm.get("location"), **(steps.document or {})})
    except Failure as failure:
        raise _explained(session, vm_id, steps, failure) from None
    return _result(steps, _ended(session, vm_id, steps.name, end))


def _is_windows(vm: Mapping[str, Any]) -> bool:
    disk = (observed.properties_of(vm).get("storageProfile") or {}).get("osDisk") or {}
    return str(disk.get("osType")).lower() == "windows"


def _ended(session: Session, vm_id: str, name: str, end: float) -> Dict[str, Any]:
    """The run command when its script has ended well, or has started where nobody waits for it."""
    unreported = min(end, session.clock() + UNREPORTED_SECONDS)
    while True:
        found = observe(session, vm_id, name)
        if found is None:
            raise Failure(
                "The run command %r on %s has gone while its end was awaited." % (name, vm_id),
                code="RunCommandGone",
                hint="Find out who removed it, and run again.",
            )
        if observed.has_failed(found):
            raise observed.failure(vm_id, found)
        if observed.has_ended(found) or observed.properties_of(found).get("asyncExecution"):
            return found
        pending = observed.is_pending(found)
        if session.clock() + POLL_SECONDS > (end if pending else unreported):
            raise _still(vm_id, name, pending)
        session.sleep(POLL_SECONDS)


def _still(vm_id: str, name: str, pending: bool) -> Failure:
    if pending:
        return Failure(
            "The script of run command %r on %s was still under way when the time was over." % (name, vm_id),
            code="OperationTimedOut",
            hint="It goes on: run again to see how it ends, or give a larger timeout.",
        )
    return Failure(
        "Nothing was reported of the run of %r on %s, although Azure says that it was carried out." % (name, vm_id),
        code="RunCommandNotReported",
        hint="If a run command of this name was removed before, the VM may take this one for it and not run it: run "
        "again with rerun: true, or use another name.",
    )


def _explained(session: Session, vm_id: str, steps: Plan, failure: Failure) -> Failure:
    """The failure with what the run itself said, or with the limit that was met; Azure's own error may say neither."""
    try:
        found = observe(session, vm_id, steps.name) if failure.begun else None
        if found is not None and observed.script_failed(found):
            told = observed.failure(vm_id, found)
            return told.changed(details=told.details + [{"code": failure.code, "message": failure.message}])
        if steps.action != "create" or len(session.list("%s/runCommands" % vm_id.rstrip("/"))) < MOST:
            return failure
    except Failure:
        return failure
    return Failure(
        failure.message,
        code=failure.code,
        details=failure.details,
        request_id=failure.request_id,
        hint="%s has %d run commands, the most that a VM can have: remove one (vm_run_command_info lists them)."
        % (vm_id, MOST),
    )


def _result(steps: Plan, document: Optional[Mapping[str, Any]], warnings: Optional[List[str]] = None) -> Dict[str, Any]:
    described = observed.describe(document)
    described["name"] = described["name"] or steps.name
    told = list(warnings or [])
    if steps.unknown_secret and steps.action == "none":
        told.append(
            "it is unknown whether run command %r has these protected parameters: its tags do not tell; "
            "on_unknown_secret=apply sends them" % steps.name
        )
    if steps.action == "none" and document is not None and described["execution"]["state"] == observed.UNKNOWN:
        told.append("it is unknown how the run of run command %r ended: nothing is reported of it" % steps.name)
    return {
        "changed": steps.action != "none",
        "action": steps.action,
        "reasons": steps.reasons,
        "before": steps.before,
        "after": steps.after,
        "warnings": told,
        **described,
    }

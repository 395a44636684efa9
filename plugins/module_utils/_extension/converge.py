# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""One extension of one VM: observe, plan, apply."""

from __future__ import annotations

import secrets
from typing import Any, Dict, List, Mapping, Optional

from .._azure import kept_tags
from .._azure.errors import Failure
from .._azure.redaction import mask, masked, secrets_in
from .._azure.session import Session
from .._azure.settling import settled
from . import catalogue, observed, preflight
from .desired import Desired
from .plan import Plan, find, plan
from .report import describe, observe

# Of the handler's text in a reason; the whole text is in the statuses.
LONGEST_REASON = 300
AGENT_WAIT_SECONDS = 300
AGENT_POLL_SECONDS = 15
UNSET: Any = object()

__all__ = ["converge", "observe", "wait_for_agent"]


def converge(
    session: Session,
    vm_id: str,
    desired: Desired,
    *,
    digest_key: Optional[str] = None,
    check: bool = False,
    vm: Any = UNSET,
) -> Dict[str, Any]:
    """Make the extension of the VM what ``desired`` says and return what was done; ``check`` leaves the doing out.

    ``vm`` is the VM document if it was observed already. The result is {changed, action, reasons, before, after} and
    what ``describe`` gives; no secret is in it, nor in the Failure that is raised.
    """
    hidden = secrets_in(desired.protected_settings)
    try:
        result = _converge(session, vm_id, desired, digest_key, check, vm)
    except Failure as failure:
        raise masked(failure, hidden) from None
    masked_result = mask(result, hidden)
    # Only now: a cut through a secret would leave a part of it that no mask fits.
    return {**masked_result, "reasons": [_brief(reason) for reason in masked_result["reasons"]]}


def _brief(text: str) -> str:
    return text if len(text) <= LONGEST_REASON else "... " + text[-LONGEST_REASON:]


def _converge(
    session: Session, vm_id: str, desired: Desired, digest_key: Optional[str], check: bool, vm: Any
) -> Dict[str, Any]:
    if vm is UNSET:
        vm = observe(session, vm_id)
    if vm is None and desired.state == "absent":
        return _result(Plan("none", desired.name or "", [], None, {}, {}), {}, None)
    vm = preflight.require_vm(vm_id, vm)
    if not check:
        vm = settle(session, vm_id, vm, desired)
    if desired.state != "absent" and (desired.protected_settings is not None or find(desired, vm) is None):
        # Otherwise a part of the settings is the stored secret, which nobody can judge.
        catalogue.check(desired)
    steps = plan(desired, vm, digest_key, secrets.token_hex(4))
    if steps.action == "none":
        return unchanged(steps, vm)
    preflight.check_allowed(vm)
    preflight.check_power(vm)
    preflight.check_agent_version(desired, vm, catalogue.oldest_agent(desired))
    if check:
        return _checked(steps, vm)
    wait_for_agent(session, vm_id, vm)
    return _apply(session, vm_id, desired, steps)


def settle(session: Session, vm_id: str, vm: Mapping[str, Any], desired: Desired) -> Mapping[str, Any]:
    """The VM document once no operation on the extension is under way; an earlier run may have begun one."""

    def state(found: Mapping[str, Any]) -> Optional[str]:
        return observed.properties_of(find(desired, found)).get("provisioningState")

    return settled(
        session,
        "The extension %r of %s" % (desired.name or desired.handler(), vm_id),
        vm,
        state,
        lambda: preflight.require_vm(vm_id, observe(session, vm_id)),
    )


def unchanged(steps: Plan, vm: Mapping[str, Any]) -> Dict[str, Any]:
    """The result for a VM document on which nothing is to be done: nothing went before, nothing comes after.

    The properties are in it once, for a fleet has a thousand such results.
    """
    return _result(steps._replace(before={}, after={}), vm, observed.by_name(vm, steps.name))


def _apply(session: Session, vm_id: str, desired: Desired, steps: Plan) -> Dict[str, Any]:
    extension_id = "%s/extensions/%s" % (vm_id.rstrip("/"), steps.name)
    if steps.action == "delete":
        session.delete(extension_id)
        return _result(steps, {}, None)
    if steps.action == "reinstall":
        session.delete(extension_id)
    try:
        session.put(extension_id, steps.document or {})
    except Failure as failure:
        raise _explained(session, extension_id, failure) from None
    written = session.get(extension_id, expand="instanceView")
    names = kept_tags.kept(session, desired.tags, written, lambda: session.get(extension_id))
    return kept_tags.marked(_result(steps, {}, written), extension_id, names)


def wait_for_agent(session: Session, vm_id: str, vm: Mapping[str, Any]) -> None:
    """A VM that has just started needs a moment; without its agent Azure would let us wait for 25 minutes."""
    end = session.clock() + min(AGENT_WAIT_SECONDS, session.timeout)
    while True:
        try:
            preflight.check_ready(vm)
            return
        except Failure as failure:
            if failure.code != "VMAgentNotReady" or session.clock() + AGENT_POLL_SECONDS > end:
                raise
        session.sleep(AGENT_POLL_SECONDS)
        vm = preflight.require_vm(vm_id, observe(session, vm_id))


def _explained(session: Session, extension_id: str, failure: Failure) -> Failure:
    """The failure with what the handler itself said, which the operation's error cuts short or leaves out."""
    if not failure.begun:
        return failure  # refused: what the handler said last is of an earlier run
    try:
        extension = session.get(extension_id, expand="instanceView")
    except Failure:
        return failure
    view = observed.view_of({}, extension)
    statuses = (view.get("statuses") or []) + (view.get("substatuses") or [])
    told = [{"code": item.get("code"), "message": item.get("message")} for item in statuses if item.get("message")]
    return failure.changed(details=failure.details + told)


def _checked(steps: Plan, vm: Mapping[str, Any]) -> Dict[str, Any]:
    result = _result(steps, vm, None if steps.action == "delete" else _predicted(steps, vm))
    try:
        preflight.check_agent(vm)
    except Failure as failure:
        # A run that is not a check waits for the agent, so this is not an error yet.
        result["warnings"].append(failure.text())
    return result


def _predicted(steps: Plan, vm: Mapping[str, Any]) -> Dict[str, Any]:
    current = observed.by_name(vm, steps.name) or {}
    return {"name": steps.name, "properties": {**observed.properties_of(current), **steps.after}}


def _result(steps: Plan, vm: Mapping[str, Any], extension: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    described = describe(extension, observed.view_of(vm, extension))
    described["name"] = described["name"] or steps.name
    warnings: List[str] = []
    failed = observed.failure_status(extension or {}, observed.view_of(vm, extension))
    if failed and steps.action != "delete":
        warnings.append("the handler of extension %r failed: %s" % (steps.name, failed))
    if steps.unknown_secret and steps.action == "none":
        warnings.append(
            "it is unknown whether extension %r has these protected settings: its forceUpdateTag does not tell; "
            "on_unknown_secret=apply sends them" % steps.name
        )
    return {
        "changed": steps.action != "none",
        "action": steps.action,
        "reasons": steps.reasons,
        "before": steps.before,
        "after": steps.after,
        "warnings": warnings,
        **described,
    }

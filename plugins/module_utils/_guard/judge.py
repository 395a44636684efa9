# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""All rules over one container or one exec. The spec that is given is changed by the caps."""

from __future__ import annotations

import typing as t

from . import binds, devices, exemption, mounts, namespaces, oci, process, seccomp
from .case import Case
from .policy import Exemption
from .verdict import Findings, Refusal, Spec, Verdict

# What Docker 20.10 and later, and BuildKit, all hide. A client can send a list of its own.
MASKED = frozenset(
    (
        "/proc/acpi",
        "/proc/asound",
        "/proc/kcore",
        "/proc/keys",
        "/proc/latency_stats",
        "/proc/sched_debug",
        "/proc/scsi",
        "/proc/timer_list",
        "/proc/timer_stats",
        "/sys/firmware",
    )
)
READ_ONLY = frozenset(("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"))
HOOK_NAME = "libnetwork-setkey"


Also = t.Callable[[Findings], None]


def judge(spec: Spec, case: Case, also: t.Optional[Also] = None) -> Verdict:
    """The verdict over a container's config.json. Raises Closed for what is no OCI configuration.

    ``also`` notes what no such configuration shows (stored.py).
    """
    chosen, _near = exemption.matching(spec, case)
    findings = Findings(chosen.relax if chosen else frozenset(), case.policy.audited)
    oci.unknown_fields(spec, findings)
    for part in ("process", "linux", "root"):
        spec.setdefault(part, {})
    process.judge(spec["process"], case, findings)
    namespaces.judge(spec, case, findings)
    _kernel_paths(spec["linux"], findings)
    devices.judge(spec, case, findings)
    devices.judge_pids(spec["linux"].setdefault("resources", {}), case, findings)
    mounts.judge(spec, case, findings)
    seccomp.judge(spec, case, findings)
    _hooks(spec.get("hooks") or {}, findings)
    _annotations(spec.get("annotations") or {}, case, findings)
    _root(spec["root"], case, findings)
    if also:
        also(findings)
    return findings.verdict(spec, chosen.name if chosen else None)


def judge_exec(spec: Spec, case: Case) -> Verdict:
    """The verdict over the process of an exec, for which no exemption holds: it is whatever a client types."""
    findings = Findings(only_logged=case.policy.audited)
    oci.unknown_fields(spec, findings, below="process")
    name = case.host.exempt(case.container)
    if name is not None and not exemption.exec_allowed(_exemption(name, case), spec):
        expected = "what its `commands` list, with its user, directory and environment"
        findings.refuse("exec", "", f"a command in a container with the exemption {name}", expected)
    process.judge(spec, case, findings)
    return findings.verdict(spec)


def judge_restore(spec: Spec, case: Case) -> Verdict:
    """A checkpoint brings its own rights, files and system call filter, which no rule sees: always a refusal."""
    verdict = judge(spec, case)
    refusal = Refusal("restore", "", "a container from a checkpoint", "containers that start anew")
    return verdict._replace(refusals=(*verdict.refusals, refusal))


def judge_update(resources: Spec, case: Case) -> Verdict:
    """The verdict over what `docker update` changes of a running container's resources."""
    findings = Findings(_relaxed_for_running(case), case.policy.audited)
    for field, treatment in oci.FIELDS["linux.resources"].items():
        if resources.get(field) not in oci.EMPTY and (treatment == oci.REFUSE or field == "devices"):
            findings.refuse("unknown-field", "", f"linux.resources.{field}", "limits of memory, cpu, io and processes")
    if resources.get("pids") is not None:
        devices.judge_pids(resources, case, findings)
    return findings.verdict(resources)


def judge_running(spec: Spec, case: Case, also: t.Optional[Also] = None) -> t.Dict[str, t.Any]:
    """For the pre-flight: which rules a container breaks, what would be taken away from it, what is only logged."""
    near = exemption.matching(spec, case)[1]
    verdict = judge(spec, case, also)
    return {
        "rules": verdict.rules,
        "refused": [{"rule": item.rule, "text": item.text} for item in verdict.refusals],
        "capped": [{"rule": item.rule, "text": item.text} for item in verdict.caps if not item.routine],
        "audited": [{"rule": item.rule, "text": item.text} for item in verdict.audited],
        "exemption": verdict.exemption,
        "exemptions_not_met": near,
        "proposal": exemption.proposal(spec, case, verdict.refusals),
    }


def _relaxed_for_running(case: Case) -> t.FrozenSet[str]:
    chosen = _exemption(case.host.exempt(case.container), case)
    return chosen.relax if chosen else frozenset()


def _exemption(name: t.Optional[str], case: Case) -> t.Optional[Exemption]:
    """The policy's exemption of this name; None where the policy has it no more."""
    return next((item for item in case.policy.exemptions if item.name == name), None)


def _kernel_paths(linux: Spec, findings: Findings) -> None:
    for field, usual in (("maskedPaths", MASKED), ("readonlyPaths", READ_ONLY)):
        missing = sorted(usual - set(linux.get(field) or ()))
        if not missing:
            continue
        whole = not linux.get(field)
        likely = "`--privileged`?" if _privileged(linux) else "`--security-opt systempaths=unconfined`?"
        found = f"no {field} ({likely})" if whole else f"{field} without {', '.join(missing)}"
        findings.refuse("masked-paths", "masked-paths", found, "Docker's own list")


def _privileged(linux: Spec) -> bool:
    rules = (linux.get("resources") or {}).get("devices") or ()
    return any(rule.get("allow") and not rule.get("type") for rule in rules)


def _hooks(hooks: Spec, findings: Findings) -> None:
    for kind, entries in hooks.items():
        for hook in entries or ():
            path, args = str(hook.get("path")), hook.get("args") or [""]
            own = binds.posixpath.basename(str(args[0])) == HOOK_NAME and namespaces.process_of(path, "/exe")
            if kind != "prestart" or not own:
                findings.refuse("hooks", "", f"{kind} {path:.80}", "Docker's own network hook")


def _annotations(annotations: Spec, case: Case, findings: Findings) -> None:
    for name in sorted(set(annotations) - case.policy.annotations):
        allowed = ", ".join(sorted(case.policy.annotations)) or "none"
        findings.refuse("annotations", f"annotation:{name}", f"{name:.80}", allowed)


def _root(root: Spec, case: Case, findings: Findings) -> None:
    path = case.host.realpath(binds.posixpath.join(case.bundle or "/", str(root.get("path") or "")))
    above = [case.data_root, binds.CONTAINERD, *([case.bundle] if case.bundle else [])]
    if not any(binds.within(path, directory) and path != directory for directory in above):
        findings.refuse("root-path", "", path, "a directory of the image store")
    writable = case.policy.read_only_root and not case.build and not root.get("readonly")
    if writable and findings.cap("read-only-root", "forced"):
        root["readonly"] = True

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Rules of a process: its rights, its labels, its user. The same for a container's first process and for an exec."""

from __future__ import annotations

import re

from .case import Case
from .policy import CAPABILITIES
from .verdict import Closed, Findings, Spec

SETS = ("bounding", "effective", "inheritable", "permitted", "ambient")
# What Docker gives without being asked: that it is taken away is no news.
DOCKER_DEFAULT = frozenset((*CAPABILITIES, "CAP_AUDIT_WRITE", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETPCAP"))
# user:role:type:sensitivity:category,category - as Docker gives them out. A range of categories would hold the files of
# every other container, none at all those without any.
LABEL = r"[^:]+:[^:]+:(?P<type>[^:]+):s0:c[0-9]{1,4},c[0-9]{1,4}\Z"


def judge(process: Spec, case: Case, findings: Findings) -> None:
    """Cap and refuse; ``process`` is changed."""
    _capabilities(process, case, findings)
    _no_new_privileges(process, case, findings)
    _apparmor(process, case, findings)
    _selinux(process, case, findings)
    _oom_score(process, case, findings)
    user = process.get("user") or {}
    if case.policy.refuse_root and not case.build and user.get("uid", 0) == 0:
        findings.refuse("root-user", "root-user", "user 0", "another user (`--user`, or USER in the image)")


def _capabilities(process: Spec, case: Case, findings: Findings) -> None:
    allowed = case.policy.build_capabilities if case.build else case.policy.capabilities
    allowed = allowed | {token.partition(":")[2] for token in findings.relaxed if token.startswith("capability:")}
    found = process.get("capabilities")
    if found is None:
        return  # runc takes none then, or in an exec those of the container, which were capped
    if not isinstance(found, dict) or set(found) - set(SETS):
        raise Closed(f"process.capabilities: found {found!r:.80}, expected {', '.join(SETS)}")
    removed = {name for names in found.values() for name in names or ()} - allowed
    text = f"without {', '.join(sorted(removed))}"
    if removed and findings.cap("capabilities", text, routine=removed <= DOCKER_DEFAULT):
        process["capabilities"] = {
            kind: [name for name in names or () if name in allowed] for kind, names in found.items()
        }


def _no_new_privileges(process: Spec, case: Case, findings: Findings) -> None:
    wanted = case.policy.no_new_privileges and "no-new-privileges" not in findings.relaxed
    missing = wanted and not process.get("noNewPrivileges")
    if missing and findings.cap("no-new-privileges", "forced", routine=case.build):
        process["noNewPrivileges"] = True


def _apparmor(process: Spec, case: Case, findings: Findings) -> None:
    profile = case.policy.apparmor_profile
    found = process.get("apparmorProfile") or ""
    if not profile or found == profile or "apparmor" in findings.relaxed:
        return
    if findings.cap("apparmor", f"{profile} in the place of {found!r}", routine=found in ("", "docker-default")):
        process["apparmorProfile"] = profile


def _selinux(process: Spec, case: Case, findings: Findings) -> None:
    types = case.policy.selinux_types
    label = process.get("selinuxLabel") or ""
    if types is None or (case.build and not label):
        return  # dockerd gives builds no label, and one of ours would not fit the label of their files
    match = re.match(LABEL, label)
    if not match or match.group("type") not in types:
        expected = f"type {' or '.join(sorted(types))} with the two categories that Docker gives"
        findings.refuse("selinux", "selinux", f"label {label!r}", expected)


def _oom_score(process: Spec, case: Case, findings: Findings) -> None:
    score = process.get("oomScoreAdj")
    if score is None and case.build:
        process["oomScoreAdj"] = 0  # BuildKit says nothing, and dockerd's own score would be inherited
    if not isinstance(score, int) or score >= 0 or "oom-score" in findings.relaxed:
        return
    if findings.cap("oom-score", f"0 in the place of {score}"):
        process["oomScoreAdj"] = 0

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Layer L3: the policy of the runc wrapper, from what is selected and the role's variables. Pure."""

from __future__ import annotations

import typing as t

from .._azure.errors import Failure
from .._guard import policy, rules
from .._guard.verdict import Closed
from . import places

Controls = t.Mapping[str, t.Mapping[str, t.Any]]  # of hardening_selection: {ID: {"mode": ...}}

# What is left out of ``runtime`` has these.
DEFAULTS: t.Mapping[str, t.Any] = {
    "mode": policy.ENFORCE,
    "capabilities": list(policy.CAPABILITIES),
    "build_capabilities": list(policy.BUILD_CAPABILITIES),
    "denied_system_calls": sorted(policy.DENIED_SYSTEM_CALLS),
    "pids_limit": 4096,
    "devices": [],
    "binds": [],
    "annotations": [],
    "exemptions": [],
    "refuse_root": False,
    "joined_namespaces": True,
}
SELINUX_TYPES = ["container_t"]


def document(
    controls: Controls, runtime: t.Mapping[str, t.Any], host: t.Mapping[str, t.Any]
) -> t.Optional[t.Dict[str, t.Any]]:
    """The document for a ``host`` as ``host.look`` finds it; None where no wrapper is wanted.

    Raises Failure for one that the guard would not take.
    """
    wrapper = controls["runtime-wrapper"]["mode"]
    if wrapper not in ("enforce", "audit"):
        return None
    given = {name: runtime[name] if runtime.get(name) is not None else value for name, value in DEFAULTS.items()}
    on = {name for name, control in controls.items() if control["mode"] == "enforce"}
    mode = policy.AUDIT if policy.AUDIT in (wrapper, given["mode"]) else policy.ENFORCE
    made = {
        **given,
        "version": policy.VERSION,
        "mode": mode,
        "data_root": host["data_root"],
        "pids_limit": given["pids_limit"] if host["limits_processes"] else None,
        "binds": [{"read_only": False, "below": False, **bind} for bind in given["binds"]],
        "no_new_privileges": True,
        "seccomp": True,
        "apparmor_profile": places.HARDENED_PROFILE if "profile-docker-hardened" in on else None,
        "selinux_types": SELINUX_TYPES if "daemon-selinux" in on else None,
        "read_only_root": "lockdown-read-only-roots" in on,
        "user_namespace": "lockdown-userns-remap" in on,
        "audited": [] if wrapper == "audit" else audited(controls),
    }
    try:
        policy.parse(made)
    except Closed as error:
        raise Failure(
            f"The runtime policy cannot be declared: {error}.",
            code="InvalidPolicy",
            hint="Correct the variables docker_hardening_runtime_...; nothing was changed.",
        ) from None
    return made


def audited(controls: Controls) -> t.List[str]:
    """The rules of the guard whose control is chosen, but not to be enforced."""
    return sorted(
        rule
        for rule, control in rules.CONTROLS.items()
        if control and controls[control]["mode"] != "enforce" and not control.startswith("lockdown-")
    )


def capabilities(made: t.Optional[t.Mapping[str, t.Any]]) -> t.List[str]:
    """All that a container, a build or an exempt container may have: what the profiles must let them use."""
    if made is None:
        return sorted(policy.BUILD_CAPABILITIES)
    relaxed = [
        token for one in made["exemptions"] for token in one.get("relax") or () if token.startswith("capability:")
    ]
    found = {*made["capabilities"], *made["build_capabilities"], *(token.partition(":")[2] for token in relaxed)}
    return sorted(found)

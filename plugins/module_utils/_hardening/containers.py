# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""The containers that a host has already, judged by the policy that it is to get. Reads only."""

from __future__ import annotations

import json
import os
import typing as t

from .._engine import system
from .._guard import judge, policy, stored
from .._guard.case import Case, is_id
from .._guard.host import Host
from .._guard.verdict import Closed

TASKS = "/run/containerd/io.containerd.runtime.v2.task/moby"
Data = t.Mapping[str, t.Any]


def judged(document: Data, data_root: str) -> t.List[t.Dict[str, t.Any]]:
    """Each container: ``id``, ``name``, ``running``, ``refused`` and ``capped`` (rules with texts), ``exemption``,
    ``proposal`` (the exemption that would let it start) and ``old_limits``: it runs with more than it would get now.

    A container that cannot be judged has the reason as a refusal by the rule "unreadable".
    """
    rules = policy.parse(document)
    root = os.path.join(data_root, "containers")
    names = sorted(os.listdir(root)) if os.path.isdir(root) else []
    return [_one(name, os.path.join(root, name), rules) for name in names if is_id(name)]


def _one(container: str, directory: str, rules: policy.Policy) -> t.Dict[str, t.Any]:
    record = _document(os.path.join(directory, "config.v2.json"))
    bundle = os.path.join(TASKS, container)
    spec = _document(os.path.join(bundle, "config.json"))
    running = bool(spec) and bool((record.get("State") or {}).get("Running"))
    try:
        found = (
            judge.judge_running(spec, Case(rules, Host(), container, bundle))
            if running
            else stored.judge_stored(
                _document(os.path.join(directory, "hostconfig.json")), record, Case(rules, Host(), container, "")
            )
        )
    except Closed as error:
        found = {"refused": [{"rule": "unreadable", "text": str(error)}], "capped": [], "exemption": None}
    return {
        "id": container,
        "name": str(record.get("Name") or "").lstrip("/"),
        "running": running,
        "refused": found["refused"],
        "capped": found["capped"],
        "exemption": found["exemption"],
        "proposal": found.get("proposal") if found["refused"] else None,
        "old_limits": running and bool(found["refused"] or found.get("rules")),
    }


def _document(path: str) -> t.Dict[str, t.Any]:
    """An object of a file; {} where there is none or it is none."""
    try:
        found = json.loads(system.read(path) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

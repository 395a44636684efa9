# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse what a fleet task cannot do right: a strategy without run_once, hosts that differ in what they share."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

LINEAR = ("linear", "debug", "ansible.builtin.linear", "ansible.builtin.debug")
SPEC = {"role": {"type": "str", "required": True}, "shared": {"type": "str"}}
MOST_NAMED = 5


def play_of(task: t.Any) -> t.Any:
    """The play that a task stands in: the outermost block knows it."""
    block = task._parent
    while getattr(block, "_play", None) is None:
        block = block._parent
    return block._play


def strategy_text(role: str, strategy: str) -> t.Optional[str]:
    """Why the role cannot work under the strategy; None if it can."""
    if strategy in LINEAR:
        return None
    return (
        f"The role {role} works on all hosts of a batch in one call. Found 'strategy: {strategy}', under which every "
        "host would make that call by itself; expected 'strategy: linear' (the default). Put this role into a play "
        "without a strategy."
    )


def shared_text(role: str, found: t.Mapping[str, t.Mapping[str, t.Any]]) -> t.Optional[str]:
    """Why the role cannot work on hosts with these values, {host: {variable: value}}; None if all have the same."""
    holders: t.Dict[str, t.Dict[str, t.List[str]]] = {}
    for host, values in found.items():
        for name, value in values.items():
            holders.setdefault(name, {}).setdefault(str(value), []).append(host)
    several = {name: by_value for name, by_value in holders.items() if len(by_value) > 1}
    if not several:
        return None
    told = "; ".join(
        f"{name} " + ", ".join(f"'{value}' on {_named(hosts)}" for value, hosts in by_value.items())
        for name, by_value in several.items()
    )
    return (
        f"The role {role} works on all hosts of a batch in one call, which is for one site. Found {told}; expected one "
        f"value of {' and of '.join(several)} for all of them. Run one site at a time: give --limit, or a play to each."
    )


def _named(hosts: t.List[str]) -> str:
    more = len(hosts) - MOST_NAMED
    return " ".join(hosts[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


class ActionModule(ActionBase):
    """See modules/fleet_guard.py."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: t.Any = None) -> t.Dict[str, t.Any]:
        result: t.Dict[str, t.Any] = super().run(tmp, task_vars)
        _valid, arguments = self.validate_argument_spec(SPEC)
        text = strategy_text(arguments["role"], play_of(self._task).strategy)
        if text is None and arguments["shared"]:
            text = shared_text(arguments["role"], self._shared(arguments["shared"], task_vars or {}))
        result["changed"] = False
        if text is not None:
            result.update(failed=True, msg=text)
        return result

    @staticmethod
    def _shared(fact: str, task_vars: t.Mapping[str, t.Any]) -> t.Dict[str, t.Mapping[str, t.Any]]:
        """{host: the value of the fact}, of the hosts of the batch that have it."""
        hostvars = task_vars["hostvars"]
        return {host: hostvars[host][fact] for host in task_vars["ansible_play_batch"] if fact in hostvars[host]}

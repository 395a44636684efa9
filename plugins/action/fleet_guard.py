# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuse what would make a fleet task run once per host: the strategies that know no run_once."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

LINEAR = ("linear", "debug", "ansible.builtin.linear", "ansible.builtin.debug")


def play_of(task: t.Any) -> t.Any:
    """The play that a task stands in: the outermost block knows it."""
    block = task._parent
    while getattr(block, "_play", None) is None:
        block = block._parent
    return block._play


class ActionModule(ActionBase):
    """See modules/fleet_guard.py."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: t.Any = None) -> t.Dict[str, t.Any]:
        result: t.Dict[str, t.Any] = super().run(tmp, task_vars)
        _valid, arguments = self.validate_argument_spec({"role": {"type": "str", "required": True}})
        strategy = play_of(self._task).strategy
        result["changed"] = False
        if strategy not in LINEAR:
            result["failed"] = True
            result["msg"] = (
                f"The role {arguments['role']} works on all hosts of a batch in one call. Found 'strategy: "
                f"{strategy}', under which every host would make that call by itself; expected 'strategy: linear' "
                "(the default). "
                "Put this role into a play without a strategy."
            )
        return result

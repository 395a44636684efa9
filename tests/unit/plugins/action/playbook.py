# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks in plays, made by Ansible itself from what a playbook would hold."""

from __future__ import annotations

from types import SimpleNamespace

from ansible.parsing.dataloader import DataLoader
from ansible.playbook.block import Block
from ansible.playbook.play import Play

# A task's action must be one that Ansible finds, and plain pytest has no loader of collections. The plugins do not ask.
ACTION = "debug"
CONNECTION = SimpleNamespace(_shell=SimpleNamespace(tmpdir="/nowhere"))


def task_in_play(arguments, blocks=0, **play):
    """The one task of a play, with these arguments, below ``blocks`` nested blocks."""
    task = {ACTION: arguments}
    for _level in range(blocks):
        task = {"block": [task]}
    loaded = Play.load({"name": "test", "hosts": "all", "tasks": [task], **play}, loader=DataLoader())
    [found] = loaded.tasks
    for _level in range(blocks + 1):
        if isinstance(found, Block):
            [found] = found.block
    return found


def run(plugin, task, **task_vars):
    """The result of an action plugin (its module) for a task."""
    action = plugin.ActionModule(
        task=task,
        connection=CONNECTION,
        play_context=SimpleNamespace(),
        loader=None,
        templar=None,
        shared_loader_obj=None,
    )
    action._load_name = plugin.__name__.rpartition(".")[2]  # as Ansible's loader of plugins does
    return action.run(task_vars=task_vars)

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which function answers which method and path."""

from __future__ import annotations

from collections.abc import Callable

from .context import Context
from .errors import ArmError
from .gate import admit
from .messages import Call, Reply
from .providers import (
    disks,
    extensions,
    images,
    locks,
    network_interfaces,
    network_security,
    networks,
    policies,
    power,
    public_addresses,
    resource_graph,
    resource_groups,
    resources,
    roles,
    run_command_action,
    run_commands,
    tags,
    virtual_machines,
)

Function = Callable[[Context, Call], Reply]
_PROVIDERS = (
    disks, extensions, images, locks, network_interfaces, network_security, networks, policies, power, public_addresses,
    resource_graph, resource_groups, resources, roles, run_commands, run_command_action, tags, virtual_machines,
)  # fmt: skip


class Router:
    """The routes of all providers, by number of words and then in order."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._routes: dict[int, list[tuple[str, list[str], Function]]] = {}
        for provider in _PROVIDERS:
            for (method, template), function in provider.ROUTES.items():
                words = template.strip("/").split("/")
                self._routes.setdefault(len(words), []).append((method, words, function))

    def dispatch(self, call: Call) -> Reply:
        """Answer a call; HEAD is a GET whose success is 204."""
        words = call.path.strip("/").split("/")
        method = "GET" if call.method == "HEAD" else call.method
        other_method = False
        for wanted, template, function in self._routes.get(len(words), ()):
            params = _match(template, words)
            if params is not None and wanted == method:
                call.params = params
                reply = function(self._context, admit(self._context, call))
                return Reply(204, None, reply.headers) if call.method == "HEAD" else reply
            other_method = other_method or params is not None
        if other_method:
            raise ArmError(405, "MethodNotAllowed", f"The method '{call.method}' is not allowed for '{call.path}'.")
        text = f"The local Azure has no resource of this type: '{call.path}'."
        raise ArmError(404, "InvalidResourceType", text)


def _match(template: list[str], words: list[str]) -> dict[str, str] | None:
    params = {}
    for expected, word in zip(template, words):
        if expected.startswith("{"):
            params[expected[1:-1]] = word
        elif expected.lower() != word.lower():
            return None
    return params

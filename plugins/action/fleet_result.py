# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Book one host's part of a fleet task: changed, failed and diff where they belong."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

SPEC = {
    "results": {"type": "dict", "required": True},
    "title": {"type": "str", "default": ""},
}


def label(key: str) -> str:
    """A result's name for people: the end of an ARM id ("virtualMachines/docker1"), anything else as it is."""
    return "/".join(key.split("/")[-2:]) if key.startswith("/subscriptions/") else key


def error_text(error: t.Any) -> str:
    """The sentences of a failure entry: message, the details that say more (a script's own words), next step."""
    if not isinstance(error, t.Mapping):
        return str(error)
    parts = [str(error.get("message") or error.get("msg") or error)]
    if error.get("code"):
        parts[0] = f"{error['code']}: {parts[0]}"
    details = [str(detail.get("message") or "").strip() for detail in error.get("details") or []]
    parts += [text for text in details if text and text not in parts[0]]
    if error.get("hint"):
        parts.append(str(error["hint"]))
    return " ".join(parts)


def reasons(entry: t.Mapping[str, t.Any]) -> str:
    found = [str(reason) for reason in entry.get("reasons") or []]
    return ": " + "; ".join(found) if found else ""


def changes(results: t.Mapping[str, t.Mapping[str, t.Any]], title: str) -> t.List[str]:
    """What was or would be done, a line per result that changed."""
    return [
        f"{title} {entry.get('action', 'change')} {label(key)}".strip() + reasons(entry)
        for key, entry in results.items()
        if entry.get("changed")
    ]


def differences(results: t.Mapping[str, t.Mapping[str, t.Any]]) -> t.List[t.Dict[str, t.Any]]:
    return [
        {
            "before": entry.get("before") or {},
            "after": entry.get("after") or {},
            "before_header": label(key),
            "after_header": label(key),
        }
        for key, entry in results.items()
        if entry.get("changed") and (entry.get("before") or entry.get("after"))
    ]


class ActionModule(ActionBase):
    """See modules/fleet_result.py."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp: t.Any = None, task_vars: t.Any = None) -> t.Dict[str, t.Any]:
        result: t.Dict[str, t.Any] = super().run(tmp, task_vars)
        _valid, arguments = self.validate_argument_spec(SPEC)
        results = arguments["results"]
        errors = [f"{label(key)}: {error_text(entry['error'])}" for key, entry in results.items() if entry.get("error")]
        done = changes(results, arguments["title"])
        result.update(changed=bool(done), diff=differences(results), msg=done or "nothing to change")
        if errors:
            result.update(failed=True, msg="\n".join(errors))
        elif done:
            result["_ansible_verbose_always"] = True
        return result

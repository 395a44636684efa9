# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""The result of a module that worked on many items, failures beside successes."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping

from .errors import Failure


def collect(results: Mapping[str, Any], noun: str) -> Dict[str, Any]:
    """{noun: {id: result}, changed, failed_NOUN: [ids], diff} from {id: result or Failure}; msg if any failed."""
    items = {key: _item(result) for key, result in results.items()}
    failed = [key for key, result in results.items() if isinstance(result, Failure)]
    collected: Dict[str, Any] = {
        noun: items,
        "changed": any(item.get("changed") for item in items.values()),
        "failed_" + noun: failed,
        "diff": _diff(items),
    }
    if failed:
        collected["msg"] = "%d of %d %s failed: %s" % (
            len(failed),
            len(items),
            noun,
            "; ".join("%s: %s" % (key, results[key].text()) for key in failed),
        )
    return collected


def leave(module: Any, collected: Mapping[str, Any], noun: str) -> None:
    """End the module: fails if anything failed and the option ``on_partial`` says so."""
    if collected["failed_" + noun] and module.params["on_partial"] == "fail":
        module.fail_json(**collected)
    module.exit_json(**collected)


def _item(result: Any) -> Dict[str, Any]:
    if not isinstance(result, Failure):
        return dict(result)
    return {"changed": False, "action": "none", "reasons": [], "before": {}, "after": {}, "error": result.as_error()}


def _diff(items: Mapping[str, Mapping[str, Any]]) -> List[Dict[str, Any]]:
    return [
        {"before_header": key, "after_header": key, "before": item["before"], "after": item["after"]}
        for key, item in items.items()
        if item.get("changed")
    ]

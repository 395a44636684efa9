# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Tags that Azure keeps at other values than were sent, as a policy does that modifies them.

Such a tag differs on every run and every run sends it in vain. That is no change, and no drift that anybody can mend
here; a warning says what can be done.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

from .session import Session

LOOK_AGAIN_SECONDS = 5


def kept(
    session: Session,
    declared: Optional[Mapping[str, str]],
    written: Optional[Mapping[str, Any]],
    look: Callable[[], Optional[Mapping[str, Any]]],
    ignored: Sequence[str] = (),
) -> List[str]:
    """Names of the ``declared`` tags that the document has otherwise after it was ``written``, sorted.

    What Azure shows right after a write may be older, so ``look()`` is asked before anything is believed.
    """
    names = _other(declared, written, ignored)
    if names:
        session.sleep(LOOK_AGAIN_SECONDS)
        later = _other(declared, look(), ignored)
        names = [name for name in names if name in later]
    return names


def marked(result: Dict[str, Any], what: str, names: Sequence[str]) -> Dict[str, Any]:
    """The result of a write with a warning about ``names``; no change if nothing else differed."""
    if not names:
        return result
    warning = (
        "%s was sent with %s, and Azure keeps another value, as a policy does that modifies tags. Declare that value, "
        "or leave the tag to the policy (arm_resources: ignore_tags)."
        % (what, ", ".join("tag %s" % name for name in names))
    )
    if set(result["reasons"]) <= {"tags.%s differs" % name for name in names}:
        result = {**result, "changed": False, "action": "none", "before": {}, "after": {}}
    return {**result, "warnings": [*result.get("warnings", []), warning]}


def _other(
    declared: Optional[Mapping[str, str]], found: Optional[Mapping[str, Any]], ignored: Sequence[str]
) -> List[str]:
    there = (found or {}).get("tags")
    if there is None:  # an answer without any tags says nothing of them
        return []
    wanted = {name: value for name, value in (declared or {}).items() if name not in ignored}
    return sorted(name for name, value in wanted.items() if there.get(name) != value)

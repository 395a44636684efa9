# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Work on many items at once; one failure never stops the others."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from graphlib import CycleError, TopologicalSorter
from typing import Any, Callable, Dict, Iterable, Mapping

from .errors import Failure

SKIPPED = "Skipped"


def each(items: Iterable[Any], work: Callable[[Any], Any], concurrency: int) -> Dict[Any, Any]:
    """``work(item)`` for every item, at most ``concurrency`` at a time: {item: result or Failure}, in their order."""
    return in_order(dict.fromkeys(items, ()), work, concurrency)


def in_order(dependencies: Mapping[Any, Iterable[Any]], work: Callable[[Any], Any], concurrency: int) -> Dict[Any, Any]:
    """As ``each``, but an item starts only when all that it depends on has ended well.

    ``dependencies`` is {item: items it needs}. An item that needs a failed one gets a Failure of code "Skipped".
    Raises Failure if the dependencies form a circle. Exceptions other than Failure are defects and are raised.
    """
    order = TopologicalSorter({item: list(needs) for item, needs in dependencies.items()})
    try:
        order.prepare()
    except CycleError as error:
        raise Failure(
            "These depend on each other in a circle: %s." % " -> ".join(str(item) for item in error.args[1]),
            code="DependencyCycle",
            hint="Remove one of the references between them, or set it in a task of its own.",
        ) from None
    results: Dict[Any, Any] = {}
    running: Dict[Any, Any] = {}
    with ThreadPoolExecutor(max_workers=max(1, concurrency)) as pool:
        while order.is_active():
            for item in order.get_ready():
                blocker = _blocker(dependencies.get(item, ()), results)
                if blocker is None:
                    running[pool.submit(_guarded, work, item)] = item
                else:
                    results[item] = blocker
                    order.done(item)
            if running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    item = running.pop(future)
                    results[item] = future.result()
                    order.done(item)
    return {item: results[item] for item in dependencies}


def _guarded(work: Callable[[Any], Any], item: Any) -> Any:
    try:
        return work(item)
    except Failure as failure:
        return failure


def _blocker(needs: Iterable[Any], results: Mapping[Any, Any]) -> Any:
    for need in needs:
        if isinstance(results.get(need), Failure):
            return Failure("skipped because %s failed" % need, code=SKIPPED)
    return None

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""What the rules say about one container: refusals, caps, and the two exceptions that end a judgement."""

from __future__ import annotations

import typing as t

Spec = t.Dict[str, t.Any]  # an OCI config.json, or a part of one

LONGEST = 1000  # characters of a refusal as a client sees it
NEXT_STEP = "ask this host's administrator: `journalctl -t bulwark-runc` shows what would have to be allowed"


class Closed(Exception):
    """No judgement is possible, so nothing starts. The text says what was found, what was expected, the next step."""


class Refusal(t.NamedTuple):
    """One rule broken. ``token``: what an exemption names in ``relax`` to lift it, "" where none can."""

    rule: str
    token: str
    found: str
    allowed: str

    @property
    def text(self) -> str:
        return f"{self.rule}: found {self.found}, allowed {self.allowed}"


class Cap(t.NamedTuple):
    """One thing taken away or forced. ``routine``: it happens to a plain `docker run` too and need not be logged."""

    rule: str
    text: str
    routine: bool = False


class Verdict(t.NamedTuple):
    """``spec``: as it may run (the same object that was judged, changed by the caps)."""

    spec: Spec
    refusals: t.Tuple[Refusal, ...]
    caps: t.Tuple[Cap, ...]
    exemption: t.Optional[str] = None  # the name of the one that was used

    @property
    def rules(self) -> t.List[str]:
        return sorted({refusal.rule for refusal in self.refusals} | {cap.rule for cap in self.caps})


class Findings:
    """Collects what the rules find. What an exemption relaxes is not found at all."""

    def __init__(self, relaxed: t.FrozenSet[str] = frozenset()) -> None:
        self.relaxed = relaxed
        self.refusals: t.List[Refusal] = []
        self.caps: t.List[Cap] = []

    def refuse(self, rule: str, token: str, found: str, allowed: str) -> None:
        """Note a refusal, unless an exemption relaxes ``token``."""
        refusal = Refusal(rule, token, found, allowed)
        if not (token and token in self.relaxed) and refusal not in self.refusals:
            self.refusals.append(refusal)

    def cap(self, rule: str, text: str, routine: bool = False) -> None:
        """Note that the spec was changed; the caller asks ``relaxed`` itself, before it changes anything."""
        self.caps.append(Cap(rule, text, routine))


def refusal_text(refusals: t.Sequence[Refusal]) -> str:
    """All refusals of one container as one line of at most ``LONGEST`` characters."""
    head, tail = "bulwark policy: ", f"; {NEXT_STEP}"
    room = LONGEST - len(head) - len(tail) - len("; and 999 more")
    shown: t.List[str] = []
    for refusal in refusals:
        text = " ".join(refusal.text.split())
        text = text if len(text) <= room // 2 else text[: room // 2 - 3] + "..."
        if len("; ".join([*shown, text])) > room:
            break
        shown.append(text)
    left = len(refusals) - len(shown)
    return head + "; ".join(shown) + (f"; and {left} more" if left else "") + tail

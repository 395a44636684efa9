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
    def finding(self) -> str:
        return f"found {self.found}, allowed {self.allowed}"

    @property
    def text(self) -> str:
        return f"{self.rule}: {self.finding}"


class Cap(t.NamedTuple):
    """One thing taken away or forced. ``routine``: it happens to a plain `docker run` too and need not be logged."""

    rule: str
    text: str
    routine: bool = False


class Audited(t.NamedTuple):
    """What a rule found that is only to be logged: nothing was refused, nothing changed."""

    rule: str
    text: str


class Verdict(t.NamedTuple):
    """``spec``: as it may run (the same object that was judged, changed by the caps)."""

    spec: Spec
    refusals: t.Tuple[Refusal, ...]
    caps: t.Tuple[Cap, ...]
    audited: t.Tuple[Audited, ...] = ()
    exemption: t.Optional[str] = None  # the name of the one that was used

    @property
    def rules(self) -> t.List[str]:
        return sorted({refusal.rule for refusal in self.refusals} | {cap.rule for cap in self.caps})


class Findings:
    """Collects what the rules find. What an exemption relaxes is not found at all.

    ``only_logged``: the ids of rules that neither refuse nor change anything (the policy's ``audited``).
    """

    def __init__(self, relaxed: t.FrozenSet[str] = frozenset(), only_logged: t.FrozenSet[str] = frozenset()) -> None:
        self.relaxed = relaxed
        self.only_logged = only_logged
        self.refusals: t.List[Refusal] = []
        self.caps: t.List[Cap] = []
        self.audited: t.List[Audited] = []

    def refuse(self, rule: str, token: str, found: str, allowed: str) -> None:
        """Note a refusal, unless an exemption relaxes ``token``."""
        refusal = Refusal(rule, token, found, allowed)
        if token and token in self.relaxed:
            return
        if rule in self.only_logged:
            self._audit(Audited(rule, refusal.finding))
        elif refusal not in self.refusals:
            self.refusals.append(refusal)

    def cap(self, rule: str, text: str, routine: bool = False) -> bool:
        """Note a change, and say whether the caller may make it. The caller has asked ``relaxed`` before."""
        if rule not in self.only_logged:
            self.caps.append(Cap(rule, text, routine))
            return True
        if not routine:
            self._audit(Audited(rule, text))
        return False

    def verdict(self, spec: Spec, exemption: t.Optional[str] = None) -> Verdict:
        return Verdict(spec, tuple(self.refusals), tuple(self.caps), tuple(self.audited), exemption)

    def _audit(self, item: Audited) -> None:
        if item not in self.audited:
            self.audited.append(item)


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

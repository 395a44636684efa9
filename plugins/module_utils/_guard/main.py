# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The guard in runc's place: judge what is to start, then become the real runc. Whatever goes wrong is a refusal."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import typing as t

from . import arguments, documents, exemption, journal, judge, policy
from .break_glass import BreakGlass
from .case import Case
from .host import Host
from .verdict import Closed, Spec, Verdict, refusal_text

JUDGE, CHECK = "--judge", "--check"
WAY_OUT = "root can pass it for a while: bulwark-docker-break-glass 30m REASON"
STDIN = "-"


class Run:
    """One call. ``lenient``: why nothing is refused ("" where it is), known as early as can be."""

    def __init__(self, argv: t.Sequence[str], host: Host) -> None:
        self.argv = list(argv)
        self.host = host
        self.glass: t.Optional[BreakGlass] = host.break_glass()
        self.lenient = f"break-glass: {self.glass.reason}" if self.glass else ""

    def go(self) -> int:
        """Judge; the exit status of a refusal, or nothing at all, as the real runc has taken over."""
        call = arguments.parse(self.argv)
        if call.free:
            return self.become_runc()
        rules = self.host.policy()
        if rules.mode == policy.AUDIT and not self.lenient:
            self.lenient = "audit"
        path = _document(call)
        spec = documents.parse(self._input(path), path)
        if not isinstance(spec, dict):
            raise Closed(f"{path}: found {type(spec).__name__}, expected an object")
        case = Case(rules, self.host, call.container, os.path.dirname(path) if _whole(call) else "")
        return self._decide(call, path, spec, case)

    def _decide(self, call: arguments.Call, path: str, spec: Spec, case: Case) -> int:
        original = documents.text(spec)
        verdict = VERBS[call.verb or ""](spec, case)
        refused = bool(verdict.refusals) and not self.lenient
        unusual = bool(self.lenient or verdict.exemption or verdict.audited)
        if verdict.refusals or self.glass or _remarkable(verdict):
            entry = _entry(call, verdict, case, json.loads(original), self.lenient)
            journal.send(entry, journal.WARNING if refused else journal.NOTICE if unusual else journal.INFO)
        if refused:
            return self.refuse(refusal_text(verdict.refusals))
        if _whole(call):
            self.host.set_exempt(call.container, verdict.exemption)
        self._output(path, original, original if self.lenient else documents.text(verdict.spec))
        return self.become_runc()

    def failed(self, text: str) -> int:
        """No judgement was possible."""
        lenient = self.lenient
        entry = {"event": "failed", "error": text, "passed": lenient or None, "argv": self.argv}
        journal.send(entry, journal.WARNING)
        if lenient:
            return self.become_runc()
        return self.refuse(f"bulwark policy: {text}; {WAY_OUT}")

    def refuse(self, text: str) -> int:
        """Tell the client, by the file that dockerd shows it, and stderr."""
        line = json.dumps({"level": "error", "msg": text, "time": _now()}) + "\n"
        path = arguments.log_file(self.argv)
        if path:
            with open(path, "a", encoding="utf-8") as file:
                file.write(line)
        sys.stderr.write(text + "\n")
        return 1

    def become_runc(self) -> t.NoReturn:
        real = self.host.real_runc()
        for name in ("SIGPIPE", "SIGXFSZ"):  # Python ignores them, and what is ignored stays so in the container
            signal.signal(getattr(signal, name), signal.SIG_DFL)
        sys.stdout.flush()
        os.execv(real, [real, *self.argv])  # noqa: S606

    def _input(self, path: str) -> bytes:
        return sys.stdin.buffer.read(documents.LARGEST + 1) if path == STDIN else self.host.read(path)

    def _output(self, path: str, before: bytes, after: bytes) -> None:
        if path == STDIN:
            _stdin(after)
        elif before != after:
            self.host.rewrite(path, after)


VERBS: t.Dict[str, t.Callable[[Spec, Case], Verdict]] = {
    arguments.CREATE: judge.judge,
    arguments.RUN: judge.judge,
    arguments.RESTORE: judge.judge_restore,
    arguments.EXEC: judge.judge_exec,
    arguments.UPDATE: judge.judge_update,
}


def main(argv: t.Sequence[str]) -> int:
    """The exit status; of a container that may start there is none, as runc is then what runs."""
    if list(argv) == [CHECK]:  # that this point is reached is what the sh script wants to know
        return 0
    host = Host()
    if list(argv[:1]) == [JUDGE] and len(argv) == 3:
        return _judge_only(argv[1], argv[2], host)
    run = Run(argv, host)
    sys.excepthook = lambda kind, error, trace: os._exit(run.failed(f"the guard failed ({kind.__name__}: {error})"))
    try:
        return run.go()
    except Closed as error:
        return run.failed(str(error))


def _judge_only(path: str, container: str, host: Host) -> int:
    """For the pre-flight: judge a configuration and change nothing."""
    spec = documents.parse(host.read(path), path)
    case = Case(host.policy(), host, container, os.path.dirname(os.path.abspath(path)))
    sys.stdout.write(json.dumps(judge.judge_running(spec, case)) + "\n")
    return 0


def _whole(call: arguments.Call) -> bool:
    """Whether a whole container is to start."""
    return call.verb in (arguments.CREATE, arguments.RUN, arguments.RESTORE)


def _document(call: arguments.Call) -> str:
    """The file that says what is to happen, "-" for the standard input."""
    if _whole(call):
        return os.path.join(os.path.abspath(call.options.get("bundle") or "."), "config.json")
    name = "process" if call.verb == arguments.EXEC else "resources"
    path = call.options.get(name)
    if not path:
        raise Closed(f"arguments: found runc {call.verb} without --{name}, expected one, as Docker has it")
    return path if path == STDIN else os.path.abspath(path)


def _remarkable(verdict: Verdict) -> bool:
    """Whether a container that may start is worth a line in the log."""
    return bool(verdict.exemption or verdict.audited) or any(not cap.routine for cap in verdict.caps)


def _event(verdict: Verdict) -> str:
    found = {
        "refused": verdict.refusals,
        "exempt": verdict.exemption,
        "audited": verdict.audited,
        "capped": verdict.caps,
        "allowed": True,
    }
    return next(event for event, seen in found.items() if seen)


def _entry(call: arguments.Call, verdict: Verdict, case: Case, original: Spec, lenient: str) -> t.Dict[str, t.Any]:
    """What is logged of a decision."""
    entry: t.Dict[str, t.Any] = {
        "event": _event(verdict),
        "passed": lenient or None,
        "verb": call.verb,
        "container": call.container,
        "refusals": [refusal.text for refusal in verdict.refusals],
        "caps": [f"{cap.rule}: {cap.text}" for cap in verdict.caps],
        "audited": [f"{item.rule}: {item.text}" for item in verdict.audited],
        "exemption": verdict.exemption,
    }
    if _whole(call):
        entry["images"] = exemption.images(case)
        if verdict.refusals:
            entry["exemptions_not_met"] = exemption.matching(original, case)[1]
            entry["proposal"] = exemption.proposal(original, case, verdict.refusals)
    return entry


def _stdin(content: bytes) -> None:
    """Hand ``content`` to what this process becomes."""
    descriptor = os.memfd_create("resources", 0)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    os.dup2(descriptor, 0)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: rules say which requests meet which misfortune; they outlive a restart and count what they did."""

from __future__ import annotations

import dataclasses
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from .errors import ArmError
from .fault_rules import Rule
from .messages import Call, Reply
from .operations import Operations

Dispatch = Callable[[Call], Reply]


class Dropped(Exception):
    """The connection shall end without an answer."""


class Faults:
    """The rules, in order. At one request all delays apply, and of the others the first that is due."""

    def __init__(self, path: Path, operations: Operations) -> None:
        self._path = path
        self._operations = operations
        self._lock = threading.Lock()
        self._rules = [Rule.load(entry) for entry in json.loads(path.read_text())] if path.exists() else []
        self._old: dict[str, tuple[float, dict[bool, Reply | ArmError]]] = {}

    def rules(self) -> list[dict]:
        """Return all rules with their counts."""
        with self._lock:
            return [dataclasses.asdict(rule) for rule in self._rules]

    def add(self, documents: list[dict]) -> list[dict]:
        """Append rules and return them as stored; ValueError, and none added, if one is not a rule."""
        rules = [Rule.parse(document) for document in documents]
        with self._lock:
            self._rules += rules
            self._save()
        return [dataclasses.asdict(rule) for rule in rules]

    def remove(self, rule_id: str | None = None) -> int:
        """Remove one rule, or all; return how many that were. Old answers are forgotten with all."""
        with self._lock:
            before = len(self._rules)
            self._rules = [rule for rule in self._rules if rule_id is not None and rule.id != rule_id]
            if rule_id is None:
                self._old.clear()
            self._save()
            return before - len(self._rules)

    def answer(self, call: Call, dispatch: Dispatch) -> Reply:
        """Answer a call as the rules want it; without one that is due, as `dispatch` does."""
        rule = self._meet(call)
        if rule is None:
            return self._stale(call) or dispatch(call)
        act = {"status": self._refuse, "drop": self._drop, "operation": self._fail, "stale": self._age}[rule.kind]
        return act(rule, call, dispatch)

    def _meet(self, call: Call) -> Rule | None:
        """Count the call at the rules it matches, wait as they say, and return the one that has to act."""
        with self._lock:
            matching = [rule for rule in self._rules if rule.matches(call.method, call.path)]
            due = [rule for rule in matching if rule.count()]
            delays = [rule for rule in due if rule.kind == "delay"]
            for rule in delays:
                rule.fired += 1
            if matching:
                self._save()
        for rule in delays:
            self._operations.stopping.wait(rule.then["delay"])
        return next((rule for rule in due if rule.kind != "delay"), None)

    def _fired(self, rule: Rule) -> None:
        with self._lock:
            rule.fired += 1
            self._save()

    def _refuse(self, rule: Rule, _call: Call, _dispatch: Dispatch) -> Reply:
        self._fired(rule)
        then = rule.then
        error = ArmError(
            then["status"], then["code"], then.get("message", ""), then.get("inner_code"), then.get("details")
        )
        error.headers.update({name: str(value) for name, value in then.get("headers", {}).items()})
        raise error

    def _drop(self, rule: Rule, call: Call, dispatch: Dispatch) -> Reply:
        self._fired(rule)
        if rule.then["drop"] == "after":
            _outcome(call, dispatch)
        raise Dropped

    def _fail(self, rule: Rule, call: Call, dispatch: Dispatch) -> Reply:
        error = ArmError(409, rule.then["operation"]["code"], rule.then["operation"]["message"])
        with self._operations.failing(error) as plan:
            try:
                return dispatch(call)
            finally:
                if plan.used:  # a refused or synchronous request has no operation that could fail
                    self._fired(rule)

    def _age(self, rule: Rule, call: Call, dispatch: Dispatch) -> Reply:
        before = {
            expands: _outcome(_read(call, {"$expand": "instanceView"} if expands else {}), dispatch)
            for expands in (False, True)
        }
        reply = dispatch(call)
        with self._lock:
            self._old[_key(call)] = (time.monotonic() + rule.then["stale"], before)
        self._fired(rule)
        return reply

    def _stale(self, call: Call) -> Reply | None:
        if call.method != "GET":
            return None
        with self._lock:
            until, before = self._old.get(_key(call), (0.0, {}))
            if time.monotonic() >= until:
                self._old.pop(_key(call), None)
                return None
        outcome = before[call.expands_instance_view]
        if isinstance(outcome, ArmError):
            raise outcome
        return Reply(outcome.status, outcome.body, dict(outcome.headers))

    def _save(self) -> None:
        temporary = self._path.with_suffix(".new")
        content = json.dumps([dataclasses.asdict(rule) for rule in self._rules], indent=1)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(content)
        os.replace(temporary, self._path)


def _key(call: Call) -> str:
    return call.path.rstrip("/").lower()


def _read(call: Call, query: dict[str, str]) -> Call:
    return dataclasses.replace(
        call, method="GET", query={"api-version": call.api_version, **query}, body=None, params={}
    )  # fmt: skip


def _outcome(call: Call, dispatch: Dispatch) -> Reply | ArmError:
    try:
        return dispatch(call)
    except ArmError as error:
        return error

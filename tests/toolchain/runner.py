# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs steps one after the other, shows what they print, and sums up."""

from __future__ import annotations

import dataclasses
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from toolchain import places, results
from toolchain.steps import Step


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one step."""

    step: Step
    seconds: float
    status: int
    count: results.Count

    @property
    def untested(self) -> bool:
        """It ought to have tested something, and no result says that it did."""
        return self.step.tests and self.count == results.Count()

    @property
    def failed(self) -> bool:
        return self.status != 0 or self.count.failed > 0 or self.untested

    @property
    def tests(self) -> results.Count:
        """The tests in the total: a failed step whose tests all passed, or that has none, counts as one failure."""
        return self.count if not self.failed or self.count.failed else self.count + results.Count(failed=1)


def run(suite: str, chosen: list[Step]) -> int:
    """Run every step, failed ones before it or not; print the table; return 1 if any failed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _alone(suite):
        outcomes = [_run_step(suite, step, f"{number}/{len(chosen)}") for number, step in enumerate(chosen, start=1)]
    _summary(outcomes)
    return 1 if any(outcome.failed for outcome in outcomes) else 0


@contextmanager
def _alone(suite: str) -> Iterator[None]:
    """Hold the suite's lock: two runs in one checkout would mix their copies and results."""
    with (places.CACHE / f"{suite}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"--- another `make {suite}` runs in this checkout: waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run_step(suite: str, step: Step, position: str) -> Outcome:
    print(f"\n=== [{position}] {step.name}: {step.about}", flush=True)
    found = places.RESULTS / suite / step.name
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir(parents=True)
    start = time.monotonic()
    status = _stream(step, found, places.CACHE / "logs" / f"{step.name}.log")
    outcome = Outcome(step, time.monotonic() - start, status, results.count(found))
    print(f"--- {step.name}: {_verdict(outcome)} after {outcome.seconds:.0f} s", flush=True)
    return outcome


def _stream(step: Step, found: pathlib.Path, log: pathlib.Path) -> int:
    """Run the command with its output on the terminal and in a log file; return its exit status."""
    environment = {**places.environment(), "RESULTS": str(found), **step.environment}
    command = [argument.replace("{results}", str(found)) for argument in step.command]
    with (
        log.open("wb") as copy,
        subprocess.Popen(
            command,
            cwd=places.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        assert process.stdout is not None
        output = process.stdout.fileno()
        try:
            # Not by lines: pytest's dots are progress too.
            for chunk in iter(lambda: os.read(output, 65536), b""):
                copy.write(chunk)
                sys.stdout.buffer.write(chunk)
                sys.stdout.flush()
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            raise


def _verdict(outcome: Outcome) -> str:
    tests = f" ({outcome.count})" if outcome.count != results.Count() else ""
    tests = " (no test result)" if outcome.untested else tests
    return ("failed" if outcome.failed else "passed") + tests


def _summary(outcomes: list[Outcome]) -> None:
    print(f"\n{'step':<18} {'seconds':>7}  result")
    for outcome in outcomes:
        print(f"{outcome.step.name:<18} {outcome.seconds:>7.0f}  {_verdict(outcome)}")
    print(f"{'all':<18} {sum(outcome.seconds for outcome in outcomes):>7.0f}")
    for outcome in outcomes:
        if outcome.failed:
            name = outcome.step.name
            print(f"failed: {name} (exit status {outcome.status}), all that it said is in .cache/logs/{name}.log")
    print(f"tests: {sum((outcome.tests for outcome in outcomes), results.Count())}", flush=True)

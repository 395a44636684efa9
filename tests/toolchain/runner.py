# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs steps in their lanes, shows what they print, and sums up."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

from toolchain import places, results
from toolchain.steps import ALONE, MAIN, READERS, Step


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
    begin = time.monotonic()
    with _alone(suite):
        outcomes = _Lanes(suite, chosen).run()
    _summary([outcomes[step.name] for step in chosen], time.monotonic() - begin)
    return 1 if any(outcome.failed for outcome in outcomes.values()) else 0


class _Lanes:
    """The steps of one run: every lane beside the others in its own thread, and at the end those of ``last``."""

    def __init__(self, suite: str, chosen: list[Step]) -> None:
        self.suite = suite
        self.positions = {step.name: f"{number}/{len(chosen)}" for number, step in enumerate(chosen, start=1)}
        self.outcomes: dict[str, Outcome] = {}
        self.lanes: dict[str, list[Step]] = {}
        for step in chosen:
            self.lanes.setdefault(step.lane, []).append(step)
        self.last = {lane: self.lanes.pop(lane) for lane in (ALONE, READERS) if lane in self.lanes}
        self.processes: set[subprocess.Popen[bytes]] = set()
        self.threads: list[threading.Thread] = []
        self.stopped = threading.Event()

    def run(self) -> dict[str, Outcome]:
        """Run all; return what became of each by name. An interrupt ends what runs, and goes on as itself."""
        try:
            for lanes in (self.lanes, self.last):
                self._beside(lanes)
        except KeyboardInterrupt:
            self.stopped.set()
            for process in list(self.processes):
                process.terminate()
            for thread in self.threads:
                thread.join()
            raise
        return self.outcomes

    def _beside(self, lanes: dict[str, list[Step]]) -> None:
        """Run lanes beside each other, to the end of all; lines are marked only where those of several meet."""
        self.threads = [
            threading.Thread(target=self._run, args=(steps, len(lanes) > 1 and lane != MAIN))
            for lane, steps in lanes.items()
        ]
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()

    def _run(self, steps: list[Step], named: bool = False) -> None:
        for step in steps:
            if not self.stopped.is_set():
                self.outcomes[step.name] = _run_step(self.suite, step, self.positions[step.name], named, self.processes)


@contextlib.contextmanager
def _alone(suite: str) -> Iterator[None]:
    """Hold the suite's lock: two runs in one checkout would mix their copies and results."""
    with (places.CACHE / f"{suite}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"--- another `make {suite}` runs in this checkout: waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run_step(suite: str, step: Step, position: str, named: bool, processes: set[subprocess.Popen[bytes]]) -> Outcome:
    print(f"\n=== [{position}] {step.name}: {step.about}", flush=True)
    found = places.RESULTS / suite / step.name
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir(parents=True)
    start = time.monotonic()
    output = _Output(f"{step.name}| " if named else "", places.CACHE / "logs" / f"{step.name}.log")
    status = _stream(step, found, output, processes)
    outcome = Outcome(step, time.monotonic() - start, status, results.count(found))
    print(f"--- {step.name}: {_verdict(outcome)} after {outcome.seconds:.0f} s", flush=True)
    return outcome


class _Output:
    """The terminal and a log file. With a ``mark``, only whole lines go to the terminal, each begun with it."""

    def __init__(self, mark: str, log: pathlib.Path) -> None:
        self.mark = mark.encode()
        self.log = log.open("wb")
        self.rest = b""

    def write(self, chunk: bytes) -> None:
        self.log.write(chunk)
        if self.mark:
            *lines, self.rest = (self.rest + chunk).split(b"\n")
            chunk = b"".join(self.mark + line + b"\n" for line in lines)
        sys.stdout.buffer.write(chunk)
        sys.stdout.flush()

    def close(self) -> None:
        if self.rest:
            self.write(b"\n")
        self.log.close()


def _stream(step: Step, found: pathlib.Path, output: _Output, processes: set[subprocess.Popen[bytes]]) -> int:
    """Run the command with its output on the terminal and in a log file; return its exit status."""
    environment = {**places.environment(), "RESULTS": str(found), **step.environment}
    command = [argument.replace("{results}", str(found)) for argument in step.command]
    with (
        contextlib.closing(output),
        subprocess.Popen(
            command,
            cwd=places.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        processes.add(process)
        assert process.stdout is not None
        source = process.stdout.fileno()
        try:
            # Not by lines: pytest's dots are progress too.
            for chunk in iter(lambda: os.read(source, 65536), b""):
                output.write(chunk)
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            raise
        finally:
            processes.discard(process)


def _verdict(outcome: Outcome) -> str:
    tests = f" ({outcome.count})" if outcome.count != results.Count() else ""
    tests = " (no test result)" if outcome.untested else tests
    return ("failed" if outcome.failed else "passed") + tests


def _summary(outcomes: list[Outcome], seconds: float) -> None:
    print(f"\n{'step':<18} {'seconds':>7}  result")
    for outcome in outcomes:
        print(f"{outcome.step.name:<18} {outcome.seconds:>7.0f}  {_verdict(outcome)}")
    print(f"{'all':<18} {seconds:>7.0f}")
    for outcome in outcomes:
        if outcome.failed:
            name = outcome.step.name
            print(f"failed: {name} (exit status {outcome.status}), all that it said is in .cache/logs/{name}.log")
    print(f"tests: {sum((outcome.tests for outcome in outcomes), results.Count())}", flush=True)

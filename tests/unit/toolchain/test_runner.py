# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import signal
import threading

import pytest

from toolchain import places, runner
from toolchain.results import Count
from toolchain.runner import Outcome
from toolchain.steps import ALONE, GUESTS, MAIN, PLAYBOOKS, READERS, Step

JUNIT = "<testsuite><testcase/></testsuite>"
FAILED_JUNIT = "<testsuite><testcase/><testcase><failure/></testcase></testsuite>"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A .cache of the test's own; no handler of signals."""
    (tmp_path / "logs").mkdir()
    monkeypatch.setattr(places, "CACHE", tmp_path)
    monkeypatch.setattr(places, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(runner.signal, "signal", lambda *_arguments: None)
    return tmp_path


def step(script, name="one", tests=False, lane=MAIN, **environment):
    command = ("sh", "-c", script, "sh", "{results}")
    return Step(name, "about it", command, tests=tests, environment=environment, lane=lane)


# whether it tests, exit status, count of results; whether it failed, what it adds to the total
OUTCOMES = {
    "a linter that passed": (False, 0, Count(), False, Count()),
    "a linter that failed": (False, 1, Count(), True, Count(failed=1)),
    "killed": (False, -9, Count(), True, Count(failed=1)),
    "tests that passed": (True, 0, Count(5, 0, 2), False, Count(5, 0, 2)),
    "a test that failed": (True, 1, Count(5, 1), True, Count(5, 1)),
    "a test that failed, and status 0": (True, 0, Count(5, 1), True, Count(5, 1)),
    "status 1 though all passed": (True, 1, Count(5), True, Count(5, 1)),
    "all skipped": (True, 0, Count(skipped=3), False, Count(skipped=3)),
    "no result": (True, 0, Count(), True, Count(failed=1)),
    "no result, and status 1": (True, 1, Count(), True, Count(failed=1)),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcome(name):
    tests, status, count, failed, total = OUTCOMES[name]
    outcome = Outcome(step("", tests=tests), 1.0, status, count)
    assert (outcome.failed, outcome.tests) == (failed, total)


# the step's script, whether it tests; the run's exit status, what it says of the step
VERDICTS = {
    "passed": ("exit 0", False, 0, "passed"),
    "failed": ("exit 3", False, 1, "failed"),
    "no such command": ("no-such-command", False, 1, "failed"),
    "tests passed": (f"echo '{JUNIT}' > $1/a.xml", True, 0, "passed (1 passed, 0 failed)"),
    "by the variable": (f"echo '{JUNIT}' > $RESULTS/a.xml", True, 0, "passed (1 passed, 0 failed)"),
    "a test failed": (f"echo '{FAILED_JUNIT}' > $1/a.xml", True, 1, "failed (1 passed, 1 failed)"),
    "no result": ("exit 0", True, 1, "failed (no test result)"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_a_step(cache, capfd, name):
    script, tests, status, verdict = VERDICTS[name]
    assert runner.run("check", [step(f"echo said; {script}", tests=tests)]) == status
    assert f"--- one: {verdict} after " in capfd.readouterr().out
    assert (cache / "logs" / "one.log").read_text().startswith("said\n")


def test_results_of_an_earlier_run_do_not_count(cache, capfd):
    old = cache / "results" / "check" / "one"
    old.mkdir(parents=True)
    (old / "a.xml").write_text(JUNIT)
    assert runner.run("check", [step("exit 0", tests=True)]) == 1


def test_every_step_runs_and_the_failed_are_named(capfd):
    chosen = [
        step("exit 4", "first"),
        step(f"echo '{JUNIT}' > $1/a.xml", "second", tests=True),
        step('echo "a $COLOUR $ANSIBLE_FORKS b"; exit 1', "third", COLOUR="red"),
    ]
    assert runner.run("check", chosen) == 1
    said = capfd.readouterr().out
    assert "=== [1/3] first: about it" in said
    assert "failed: first (exit status 4), all that it said is in .cache/logs/first.log" in said
    assert "failed: second" not in said
    assert "failed: third (exit status 1)" in said
    assert said.endswith("tests: 1 passed, 2 failed\n")


def test_steps_see_nothing_foreign(monkeypatch, capfd):
    monkeypatch.setenv("ANSIBLE_FORKS", "77")
    runner.run("check", [step('echo "colour $COLOUR, forks $ANSIBLE_FORKS."', COLOUR="red")])
    assert "colour red, forks ." in capfd.readouterr().out


def wait_for(path):
    return f"for _ in $(seq 100); do [ -e {path} ] && exit 0; sleep 0.05; done; exit 1"


def test_guests_run_beside_the_others_and_some_steps_alone(cache, capfd):
    """Each of the three waits for another's file; the last one finds all done."""
    chosen = [
        step(f"touch {cache}/playbooks; {wait_for(cache / 'guests')}", "playbooks", lane=PLAYBOOKS),
        step(f"echo 'a line'; touch {cache}/guests; {wait_for(cache / 'main')}", "guests", lane=GUESTS),
        step(f"test -e {cache}/main -a -e {cache}/guests -a -e {cache}/playbooks", "alone", lane=ALONE),
        step(f"touch {cache}/main; {wait_for(cache / 'playbooks')}", "main"),
    ]
    assert runner.run("test", chosen) == 0
    said = capfd.readouterr().out
    assert "guests| a line\n" in said
    rows = [line.split()[0] for line in said.splitlines() if line.endswith("  passed")]
    assert rows == ["playbooks", "guests", "alone", "main"]


def test_what_only_reads_runs_beside_what_is_alone_at_the_end(cache):
    chosen = [
        step(f"touch {cache}/reader; {wait_for(cache / 'alone')}", "reader", lane=READERS),
        step(f"touch {cache}/alone; test -e {cache}/main && {wait_for(cache / 'reader')}", "alone", lane=ALONE),
        step(f"test ! -e {cache}/reader && touch {cache}/main", "main"),
    ]
    assert runner.run("test", chosen) == 0


def test_guests_alone_are_shown_as_they_speak(capfd):
    assert runner.run("test", [step("printf dots", "guests", lane=GUESTS)]) == 0
    assert "\ndots" in capfd.readouterr().out


def test_an_interrupt_ends_every_lane(cache, monkeypatch):
    def interrupted(self, steps, named=False):
        if steps == [last]:
            while len(self.processes) < 2:
                pass
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            return
        plain(self, steps, named)

    last = step("true", "last")
    plain = runner._Lanes._run
    monkeypatch.setattr(runner._Lanes, "_run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        beside = [step("exec sleep 60", lane.lower(), lane=lane) for lane in (GUESTS, PLAYBOOKS)]
        runner.run("test", [*beside, step("true", "later", lane=GUESTS), last])
    assert not (cache / "results" / "test" / "later").exists()

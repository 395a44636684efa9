# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from toolchain import results
from toolchain.results import Count

PASSED = '<testcase classname="tests.unit.test_x" name="a"/>'
FAILED = '<testcase classname="tests.unit.test_x" name="b"><failure message="no"/></testcase>'
BROKEN = '<testcase classname="tests.unit.test_x" name="c"><error message="fixture"/></testcase>'
SKIPPED = '<testcase classname="tests.unit.test_x" name="d"><skipped message="later"/></testcase>'
TASK = '<testcase classname="tests/integration/targets/t/tasks/main.yml:3" name="a task"/>'
RESCUED = (
    '<testcase classname="tests/integration/targets/t/tasks/main.yml:9" name="b"><failure message="no"/></testcase>'
)
FOREIGN = '<testcase classname="out-of-tree/playbook.yml:3" name="a task"/>'
FOREIGN_FAILED = '<testcase classname="out-of-tree/playbook.yml:3" name="b"><failure message="no"/></testcase>'


def suite(*cases):
    return "<testsuites><testsuite>%s</testsuite></testsuites>" % "".join(cases)


# files below the directory of results, what they amount to
COUNTS = {
    "no file": ({}, Count()),
    "no JUnit file": ({"log.txt": "1 failed"}, Count()),
    "an empty suite": ({"a.xml": suite()}, Count()),
    "one of each": ({"a.xml": suite(PASSED, FAILED, BROKEN, SKIPPED)}, Count(passed=1, failed=2, skipped=1)),
    "no outer element": ({"a.xml": "<testsuite>%s</testsuite>" % PASSED}, Count(passed=1)),
    "two suites": ({"a.xml": "<x>%s%s</x>" % (suite(PASSED), suite(FAILED))}, Count(passed=1, failed=1)),
    "two files": ({"a.xml": suite(PASSED), "deep/b.xml": suite(PASSED, SKIPPED)}, Count(passed=2, skipped=1)),
    "a target, with a rescued task": ({"a.xml": suite(TASK, TASK, RESCUED)}, Count(passed=1)),
    "a target that calls a playbook": ({"a.xml": suite(FOREIGN, TASK)}, Count(passed=1)),
    "a playbook that a target called": ({"a.xml": suite(FOREIGN, FOREIGN_FAILED)}, Count()),
}


@pytest.mark.parametrize("name", COUNTS)
def test_count(tmp_path, name):
    files, expected = COUNTS[name]
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    assert results.count(tmp_path) == expected


def test_a_directory_that_is_not_there(tmp_path):
    assert results.count(tmp_path / "gone") == Count()


def test_counts_add_up_and_speak():
    assert Count(1, 2, 3) + Count(10, 20, 30) == Count(11, 22, 33)
    assert str(Count(11, 22)) == "11 passed, 22 failed"
    assert str(Count(11, 22, 33)) == "11 passed, 22 failed, 33 skipped"

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.outcome import collect, leave


def done(changed):
    return {"changed": changed, "action": "x", "reasons": [], "before": {"a": 1}, "after": {"a": 2}}


def test_failures_stand_beside_successes():
    collected = collect({"b": done(True), "a": Failure("no", code="C", hint="Do it."), "c": done(False)}, "vms")
    assert list(collected["vms"]) == ["b", "a", "c"]
    assert collected["changed"] is True
    assert collected["failed_vms"] == ["a"]
    assert collected["diff"] == [{"before_header": "b", "after_header": "b", "before": {"a": 1}, "after": {"a": 2}}]
    assert collected["vms"]["a"]["error"]["code"] == "C"
    assert collected["vms"]["a"]["changed"] is False
    assert collected["msg"] == "1 of 3 vms failed: a: no Next step: Do it."


def test_nothing_failed():
    collected = collect({"a": done(False)}, "vms")
    assert (collected["changed"], collected["failed_vms"], collected["diff"]) == (False, [], [])
    assert "msg" not in collected


def test_items_that_only_tell():
    assert collect({"a": {"power_state": "running"}}, "vms")["vms"] == {"a": {"power_state": "running"}}


class Left(Exception):
    pass


@pytest.mark.parametrize(
    ("failed", "on_partial", "how"),
    [([], "fail", "exit"), (["a"], "fail", "fail"), (["a"], "report", "exit"), ([], "report", "exit")],
)
def test_leave(failed, on_partial, how):
    def leaving(name):
        def call(**result):
            raise Left(name, result)

        return call

    module = SimpleNamespace(params={"on_partial": on_partial}, exit_json=leaving("exit"), fail_json=leaving("fail"))
    with pytest.raises(Left) as caught:
        leave(module, {"failed_vms": failed, "x": 1}, "vms")
    assert caught.value.args == (how, {"failed_vms": failed, "x": 1})

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.redaction import (
    HIDDEN,
    mask,
    masked,
    public,
    secrets_in,
    withdraw,
    withdraw_items,
)


def test_public_has_no_secret_part_at_any_depth():
    document = {
        "tags": {"a": "b"},
        "properties": {"osProfile": {"adminPassword": "S3cret", "customData": "S3cret", "computerName": "vm"}},
        "list": [{"protectedSettings": {"a": "S3cret"}, "settings": {}}],
    }
    shown = public(document)
    assert "S3cret" not in repr(shown)
    assert shown["properties"] == {"osProfile": {"computerName": "vm"}}
    assert shown["list"] == [{"settings": {}}]
    assert "S3cret" in repr(document), "the argument is not changed"


def test_secrets_in_are_texts_and_their_lines_longest_first():
    assert secrets_in({"a": "line one\nline two\nabc\n", "b": [7, "long word", "true", "2376"], "c": None}) == [
        "line one\nline two\nabc",
        "long word",
        "line one",
        "line two",
    ]
    assert secrets_in(None) == []


def test_mask_reaches_every_text():
    value = {"a": ["xS3cretx", 1], "b": {"c": "S3cret"}, "d": None}
    assert mask(value, ["S3cret"]) == {"a": ["x%sx" % HIDDEN, 1], "b": {"c": HIDDEN}, "d": None}


def test_masked_failure():
    failure = masked(
        Failure("a S3cret", code="C", details=[{"code": "D", "message": "S3cret"}], request_id="r", hint="h"),
        ["S3cret"],
    )
    assert failure.as_error() == {
        "code": "C",
        "message": "a " + HIDDEN,
        "details": [{"code": "D", "message": HIDDEN}],
        "request_id": "r",
        "hint": "h",
    }
    assert "S3cret" not in str(failure)


class Module:
    """What withdraw() uses of an AnsibleModule."""

    def __init__(self, protected):
        self.argument_spec = {"protected": {"no_log": True}, "key": {"no_log": True}, "name": {}}
        self.params = {"protected": protected, "key": "abc", "name": "n"}
        self.no_log_values = {"true", "2376", "planted-S3cret", "abc"}


def test_a_secret_option_is_withdrawn_and_short_words_stay_readable():
    module = Module({"a": "true", "b": 2376, "c": "planted-S3cret"})
    assert withdraw(module, "protected") == {"protected": {"a": "true", "b": 2376, "c": "planted-S3cret"}}
    assert module.params == {"protected": HIDDEN, "key": "abc", "name": "n"}
    assert module.no_log_values == {"planted-S3cret", "abc"}


def test_an_option_that_is_not_given_stays():
    module = Module(None)
    assert withdraw(module, "protected") == {"protected": None}
    assert module.params["protected"] is None


def test_a_secret_part_of_items_is_withdrawn():
    module = Module(None)
    module.params["items"] = [{"id": 1, "protected": {"a": "planted-S3cret"}}, {"id": 2, "protected": {}}]
    assert withdraw_items(module, "items", "protected")[0]["protected"] == {"a": "planted-S3cret"}
    assert module.params["items"] == [{"id": 1, "protected": HIDDEN}, {"id": 2, "protected": {}}]
    assert module.no_log_values == {"planted-S3cret", "abc"}

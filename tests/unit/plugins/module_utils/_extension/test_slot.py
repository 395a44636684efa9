# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import slot
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.desired import Desired

from .machines import PUBLISHER, TYPE, extension, machine

WANTED = Desired(name="mine", publisher=PUBLISHER, type=TYPE)
OTHER = Desired(name="mine", publisher="P", type="T")
OURS = extension("theirs", forceUpdateTag="bulwark1:none")
THEIRS = extension("theirs", forceUpdateTag="theirs")

# desired, what is there, code and words of the refusal
REFUSED = {
    "another name": (WANTED, OURS, "HandlerInUse", "under the name 'theirs'"),
    "adopt a script of somebody else": (WANTED._replace(adopt=True), THEIRS, "ForeignScript", "did not send"),
    "adopt a script without a tag": (WANTED._replace(adopt=True), extension("x"), "ForeignScript", "did not send"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_not_be_taken_over(name):
    desired, found, code, words = REFUSED[name]
    with pytest.raises(Failure) as caught:
        slot.to_adopt(desired, machine(found))
    assert caught.value.code == code
    assert words in caught.value.message
    assert "name: %s" % found["name"] in caught.value.hint


@pytest.mark.parametrize(
    ("desired", "found", "adopted"),
    [
        (WANTED, None, None),
        (WANTED, extension("other", "P", "T"), None),
        (WANTED._replace(adopt=True), OURS, "theirs"),
        (WANTED._replace(adopt=True, force_update_tag="theirs"), THEIRS, "theirs"),
        (OTHER._replace(adopt=True), extension("x", "P", "T", forceUpdateTag="whatever"), "x"),
    ],
)
def test_what_is_taken_over(desired, found, adopted):
    vm = machine(found) if found else machine()
    assert (slot.to_adopt(desired, vm) or {}).get("name") == adopted


@pytest.mark.parametrize(
    ("desired", "found", "refused"),
    [
        (WANTED._replace(name=None), THEIRS, True),
        (WANTED._replace(name=None), OURS, False),
        (WANTED._replace(name=None, force_update_tag="theirs"), THEIRS, False),
        (WANTED._replace(name="theirs"), THEIRS, False),
        (OTHER._replace(name=None), extension("x", "P", "T"), False),
    ],
)
def test_a_script_of_somebody_else_is_not_replaced_unasked(desired, found, refused):
    if not refused:
        assert slot.check_foreign_script(desired, machine(found), found) is None
        return
    with pytest.raises(Failure) as caught:
        slot.check_foreign_script(desired, machine(found), found)
    assert caught.value.code == "ForeignScript"


@pytest.mark.parametrize(
    ("desired", "found", "other"),
    [
        (WANTED, extension("mine"), False),
        (WANTED._replace(publisher=PUBLISHER.lower(), type=TYPE.upper()), extension("mine"), False),
        (Desired(name="mine"), extension("mine"), False),
        (WANTED, extension("mine", "P", "T"), True),
        (WANTED, extension("mine", PUBLISHER, "T"), True),
    ],
)
def test_another_handler(desired, found, other):
    assert slot.is_other_handler(desired, found) is other


def test_another_handler_is_replaced_only_when_asked():
    found = extension("mine", "P", "T")
    with pytest.raises(Failure) as caught:
        slot.check_may_reinstall(WANTED, machine(found), found)
    assert caught.value.code == "HandlerDiffers"
    assert "of the handler P.T, not %s.%s" % (PUBLISHER, TYPE) in caught.value.message
    assert slot.check_may_reinstall(WANTED._replace(on_immutable_change="reinstall"), machine(found), found) is None


def test_on_its_way_out():
    with pytest.raises(Failure) as caught:
        slot.check_not_deleting(machine(), extension("mine", provisioningState="Deleting"))
    assert (caught.value.code, "is being deleted" in caught.value.message) == ("OperationInProgress", True)
    assert slot.check_not_deleting(machine(), extension("mine")) is None

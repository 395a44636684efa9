# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.converge import converge
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.desired import Desired
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.report import describe, read

from .._azure.wire import Reply, Wire, absent, make_session
from .machines import TYPE, VM, extension, machine, view

FOUND = machine(extension(settings={"a": 1}), extension("other", "P", "T"), views=[view()])


def session():
    return make_session(Wire(Reply("GET", VM, 200, FOUND)))


def test_all_extensions():
    found = read(session(), VM)
    assert (found["power_state"], found["agent_state"]) == ("running", "ready")
    assert list(found["extensions"]) == [TYPE, "other"]
    assert found["extensions"][TYPE]["handler_version"] == "2.1.14"
    assert found["extensions"]["other"] == {
        "name": "other",
        "properties": {"publisher": "P", "type": "T", "typeHandlerVersion": "2.1", "autoUpgradeMinorVersion": True},
        "handler_version": None,
        "provisioning_state": "Succeeded",
        "statuses": [],
        "substatuses": [],
    }


@pytest.mark.parametrize(("name", "found"), [("OTHER", ["other"]), ("none", [])])
def test_one_extension(name, found):
    assert list(read(session(), VM, name)["extensions"]) == found


def test_it_is_the_dictionary_that_the_doer_returns():
    told = read(session(), VM)["extensions"][TYPE]
    done = converge(session(), VM, Desired(name=TYPE))
    assert told.items() <= done.items()


def test_no_vm_and_no_extension():
    with pytest.raises(Failure) as caught:
        read(make_session(Wire(absent("GET", VM))), VM)
    assert caught.value.code == "VMNotFound"
    assert describe(None, {})["name"] is None

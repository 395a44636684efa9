# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import catalogue
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.desired import Desired

from .machines import PUBLISHER, TYPE

SCRIPT = base64.b64encode(b"#!/bin/sh\necho planted-S3cret\n").decode()
LONG = "A" * (256 * 1024 + 4)

# settings, protected settings, words of each problem
CUSTOM_SCRIPT = {
    "public command": ({"commandToExecute": "ls"}, {}, []),
    "protected command": ({"skipDos2Unix": True}, {"commandToExecute": "ls"}, []),
    "public script": ({"script": SCRIPT}, None, []),
    "protected script": (None, {"script": SCRIPT}, []),
    "script in lines": (None, {"script": SCRIPT[:8] + "\n" + SCRIPT[8:] + "\n"}, []),
    "with a storage account": (None, {"script": SCRIPT, "storageAccountName": "n", "storageAccountKey": "k"}, []),
    "neither": ({"fileUris": []}, {}, ["found none"]),
    "both": ({"script": SCRIPT}, {"commandToExecute": "ls"}, ["found commandToExecute and script"]),
    "in both": ({"script": SCRIPT}, {"script": SCRIPT}, ["in both settings and protected_settings: script"]),
    "no base64": ({"script": "#!/bin/sh"}, {}, ["script is not base64"]),
    "no base64, beyond ASCII": ({"script": "\u00e9\u00e9\u00e9\u00e9"}, {}, ["script is not base64"]),
    "no text": ({"script": 7}, {}, ["script is not a text"]),
    "too long": (None, {"script": LONG}, ["compress it"]),
    "secret in public": (
        {"commandToExecute": "ls", "storageAccountKey": "planted-S3cret"},
        {},
        ["belongs in protected_settings: storageAccountKey"],
    ),
    "half a storage account": (None, {"commandToExecute": "ls", "storageAccountKey": "k"}, ["all or none"]),
    "two logins": (
        None,
        {"commandToExecute": "ls", "storageAccountName": "n", "storageAccountKey": "k", "managedIdentity": {}},
        ["exclude each other"],
    ),
    "not given at all": (None, None, []),
}


@pytest.mark.parametrize("name", CUSTOM_SCRIPT)
def test_custom_script(name):
    settings, protected, words = CUSTOM_SCRIPT[name]
    desired = Desired(publisher=PUBLISHER.upper(), type=TYPE.lower(), settings=settings, protected_settings=protected)
    found = catalogue.problems(desired)
    assert len(found) == len(words), found
    assert all(word in problem for word, problem in zip(words, found))
    assert "S3cret" not in repr(found)
    if not words:
        catalogue.check(desired)
        return
    with pytest.raises(Failure) as caught:
        catalogue.check(desired)
    assert caught.value.code == "InvalidSettings"
    assert words[0] in caught.value.message


def test_an_unknown_handler_has_no_rules():
    desired = Desired(publisher="P", type="T", settings={"script": "x"})
    assert catalogue.problems(desired) == []
    assert catalogue.warnings(desired) == []


def test_the_retired_handler_is_told():
    [warning] = catalogue.warnings(Desired(publisher="Microsoft.Azure.Extensions", type="DockerExtension"))
    assert "retired" in warning
    assert catalogue.warnings(Desired(publisher=PUBLISHER, type=TYPE)) == []

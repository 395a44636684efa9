# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import pkgutil
import sys

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils import _tls
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import deps


@pytest.mark.parametrize("found", ["42.0.0", "42.0", "45.1.2", "100.0"])
def test_good_versions(found):
    deps.require_cryptography(found)


@pytest.mark.parametrize(
    ("found", "text"),
    [(None, "was not found, expected 42.0 or newer"), ("41.0.7", "is version 41.0.7, expected"), ("3.4.8", "3.4.8")],
)
def test_absent_or_old(found, text):
    with pytest.raises(Failure) as caught:
        deps.require_cryptography(found)
    assert text in str(caught.value)
    assert sys.executable in caught.value.hint


def test_everything_can_be_imported_without_cryptography(monkeypatch):
    prefix = _tls.__name__ + "."
    for name in list(sys.modules):
        if name.startswith(prefix) or name.split(".")[0] == "cryptography":
            monkeypatch.delitem(sys.modules, name)
    # None in sys.modules makes an import fail.
    monkeypatch.setitem(sys.modules, "cryptography", None)
    names = [module.name for module in pkgutil.iter_modules(_tls.__path__)]
    loaded = {name: importlib.import_module(prefix + name) for name in names}
    assert len(loaded) > 15
    assert loaded["deps"].FOUND is None
    with pytest.raises(loaded["deps"].Failure):
        loaded["information"].information({"directory": "/unused"})
    for name in names:
        monkeypatch.delitem(sys.modules, prefix + name)
        # The parent package remembers its children, too.
        monkeypatch.delattr(_tls, name, raising=False)

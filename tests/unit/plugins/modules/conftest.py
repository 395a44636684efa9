# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.text.converters import to_bytes


@pytest.fixture
def run_module(monkeypatch, capsys, tmp_path):
    """Run a module's main() in this process, arguments to JSON result; "failed" is always in the result."""

    def run(module, **arguments):
        internal = {"_ansible_remote_tmp": str(tmp_path), "_ansible_keep_remote_files": False}
        given = {"ANSIBLE_MODULE_ARGS": {**internal, **arguments}}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", to_bytes(json.dumps(given)))
        # Exists since ansible-core 2.19; older ones always read the old form.
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit) as ended:
            module.main()
        result = json.loads(capsys.readouterr().out)
        assert bool(result.get("failed")) is bool(ended.value.code)
        return {"failed": False, **result}

    return run

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import fnmatch
import importlib
import json

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.text.converters import to_bytes
from end_to_end.arm import Arm

from local_azure.arm import front

from . import bed

COLLECTION = "ansible_collections.bulwark.azure_docker.plugins"
PLANTED = "planted-S3cret"  # a part of each secret that a test gives; nothing that a module prints may hold it
# The pauses of ours, in seconds; the SDK's are said by the server.
PAUSES = {
    "module_utils._azure.waiting.RETRY_SECONDS": 0.02,
    "module_utils._azure.settling.POLL_SECONDS": 0.05,
    "module_utils._extension.converge.AGENT_POLL_SECONDS": 0.05,
    "module_utils._run_command.converge.POLL_SECONDS": 0.05,
}


@pytest.fixture
def azure(tmp_path, monkeypatch):
    """A local Azure of its own for each test, with VMs in three subscriptions and two tenants."""
    for name, seconds in PAUSES.items():
        monkeypatch.setattr(f"{COLLECTION}.{name}", seconds)
    azure = bed.Azure(tmp_path / "azure")
    azure.start()
    for name, value in azure.variables.items():
        monkeypatch.setenv(name, value)
    azure.arm = Arm()
    yield azure
    azure.server.stop()


@pytest.fixture
def module(azure, monkeypatch, capsys):
    """Run a module's main() in this process, arguments to JSON result, over HTTPS with the real SDK and a real login.

    The result always has "failed" and "warned". Nothing that is secret may be in what the module prints.
    """

    def run(noun, /, *, check=False, **arguments):
        internal = {"_ansible_remote_tmp": "/tmp", "_ansible_keep_remote_files": False, "_ansible_check_mode": check}
        given = {"ANSIBLE_MODULE_ARGS": {**azure.login(), **internal, **arguments}}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", to_bytes(json.dumps(given)))
        # Exists since ansible-core 2.19; older ones always read the old form.
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        warned = []
        # Where a test has loaded ansible's controller side, warnings go there and not into the result.
        monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _self, warning, **_more: warned.append(warning))
        capsys.readouterr()
        with pytest.raises(SystemExit):
            importlib.import_module(f"{COLLECTION}.modules.{noun}").main()
        printed = capsys.readouterr()
        for secret in (PLANTED, azure.variables["LOCAL_AZURE_CLIENT_SECRET"]):
            assert secret not in printed.out + printed.err + "".join(warned), "no secret leaves the module"
        return {"failed": False, **json.loads(printed.out), "warned": warned}

    return run


@pytest.fixture
def proxy(monkeypatch):
    """Something between us and Azure that answers in its own way: proxy(method, pattern, status, text)."""
    rules = []
    serve = front._Handler._serve

    def answer(handler):
        path = handler.path.split("?")[0].lower()
        for method, pattern, status, text in rules:
            if method == handler.command and fnmatch.fnmatchcase(path, pattern.lower()):
                handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
                handler.send_response(status)
                handler.send_header("Content-Type", "text/html")
                handler.send_header("Content-Length", str(len(text)))
                handler.end_headers()
                with contextlib.suppress(ConnectionError):
                    handler.wfile.write(text.encode())
                return
        serve(handler)

    for method in ("GET", "PUT", "POST", "DELETE"):
        monkeypatch.setattr(front._Handler, f"do_{method}", answer)
    return lambda *rule: rules.append(rule)

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run an Azure module in this process, arguments to JSON result, on a scripted network that also issues the tokens."""

from __future__ import annotations

import json
from typing import Any, Dict

import pytest
import requests
from ansible.module_utils import basic
from ansible.module_utils.common.text.converters import to_bytes

from ..module_utils._azure.wire import BASE, OPERATION, Adapter, Reply, Wire

LOGIN = {"tenant": "tenant", "client_id": "app", "secret": "planted-client-S3cret"}
OPERATION_PATH = OPERATION[len(BASE) :]
# The first poll is at once; this keeps the others short.
ASYNC = {"Azure-AsyncOperation": OPERATION, "x-ms-retry-after-ms": "1"}
_AUTHORITY = "https://login.microsoftonline.com/tenant"
_LOGIN = [
    Reply(
        "GET",
        "/tenant/v2.0/.well-known/openid-configuration",
        200,
        {
            "authorization_endpoint": _AUTHORITY + "/oauth2/v2.0/authorize",
            "token_endpoint": _AUTHORITY + "/oauth2/v2.0/token",
            "issuer": "https://login.microsoftonline.com/tenant/v2.0",
        },
    ),
    Reply("POST", "/tenant/oauth2/v2.0/token", 200, {"token_type": "Bearer", "expires_in": 3600, "access_token": "t"}),
]


class AzureWire(Wire):
    """The scripted network; requests for tokens are answered and not recorded."""

    def answer(self, request: Any, verify: Any) -> Reply:
        """As Wire, with a login of its own."""
        for reply in _LOGIN:
            if request.url.split("?")[0].endswith(reply.path):
                return reply
        return super().answer(request, verify)


def run(main: Any, monkeypatch: Any, capsys: Any, wire: Wire, **arguments: Any) -> Dict[str, Any]:
    """The module's result, and what it warned of; the network below the SDK and the arguments are replaced."""
    adapter = Adapter(wire)

    def send(_self: Any, request: Any, **options: Any) -> Any:
        return adapter.send(request, **options)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    internal = {"_ansible_remote_tmp": "/tmp", "_ansible_keep_remote_files": False}
    if not hasattr(basic, "_PARSED_MODULE_ARGS"):
        arguments.pop("_ansible_inject_invocation", None)  # an older ansible-core always shows the invocation
    given = {"ANSIBLE_MODULE_ARGS": {**LOGIN, **internal, **arguments}}
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", to_bytes(json.dumps(given)))
    # Exists since ansible-core 2.19; older ones always read the old form.
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    warned = []
    # Where a test has loaded ansible's controller side, warnings go there and not into the result.
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _self, warning, **_more: warned.append(warning))
    with pytest.raises(SystemExit):
        main()
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert "S3cret" not in printed.out + printed.err, "no secret leaves the module"
    return {**result, "warned": warned}

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""The options that every module with Azure credentials shares; documented in doc_fragments/azure.py."""

from __future__ import annotations

from typing import Any, Dict

from ansible.module_utils.basic import env_fallback

from .credentials import SOURCES
from .session import DEFAULT_TIMEOUT

# What spares Azure is the governor (pacing.py). This spares the controller: an item has a thread and a connection, and
# some systems let a process open 256 files. With 400 at once the operations under way want to be looked at more often
# than the governor allows, and Azure begins to refuse requests (benchmarks.first_install).
CONCURRENCY = 200


def azure_argument_spec(**own: Any) -> Dict[str, Any]:
    """The shared options and a module's ``own`` ones, as an argument spec."""
    shared: Dict[str, Any] = {
        "auth_source": {"type": "str", "default": "auto", "choices": sorted(SOURCES)},
        "ca_path": {"type": "path", "fallback": (env_fallback, ["AZURE_CA_PATH"])},
        "client_id": {"type": "str", "fallback": (env_fallback, ["AZURE_CLIENT_ID"])},
        "cloud": {"type": "str", "default": "AzureCloud", "fallback": (env_fallback, ["AZURE_CLOUD"])},
        "secret": {"type": "str", "no_log": True, "fallback": (env_fallback, ["AZURE_CLIENT_SECRET"])},
        "tenant": {"type": "str", "fallback": (env_fallback, ["AZURE_TENANT_ID"])},
        "timeout": {"type": "int", "default": DEFAULT_TIMEOUT},
    }
    return {**shared, **own}


def fleet_argument_spec() -> Dict[str, Any]:
    """The options of a module that works on many items at once."""
    return {
        "concurrency": {"type": "int", "default": CONCURRENCY},
        "total_timeout": {"type": "int", "default": 0},
        "on_partial": {"type": "str", "default": "fail", "choices": ["fail", "report"]},
    }

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""What the engine program reported, as an extension's status message holds it (pure)."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.program import PREFIX

Report = t.Dict[str, t.Any]


def parse(text: str) -> t.Optional[Report]:
    """The last report in ``text`` (a status message with both streams in it), None when there is none."""
    found = None
    for line in text.splitlines():
        if line.startswith(PREFIX):
            try:
                candidate = json.loads(line[len(PREFIX) :])
            except ValueError:
                continue  # cut by the handler's 4 KB limit: then it is no report
            found = candidate if isinstance(candidate, dict) else found
    return found

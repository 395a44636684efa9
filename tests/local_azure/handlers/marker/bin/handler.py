# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Extension of "another team": writes what it was told into a file, so that tests see whether it was left alone."""

from __future__ import annotations

import json
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent


def enable() -> None:
    folders = json.loads((HERE / "HandlerEnvironment.json").read_text())[0]["handlerEnvironment"]
    sequence = os.environ["ConfigSequenceNumber"]
    settings = json.loads((pathlib.Path(folders["configFolder"]) / f"{sequence}.settings").read_text())
    public = settings["runtimeSettings"][0]["handlerSettings"].get("publicSettings") or {}
    mark = pathlib.Path("/var/lib/other-team")
    text = f"{sequence} {json.dumps(public, sort_keys=True)}\n"
    if not mark.exists() or mark.read_text() != text:  # the agent enables again at every goal state
        mark.write_text(text)
    message = {"lang": "en", "message": "marked"}
    status = {"operation": "Enable", "status": "success", "code": 0, "formattedMessage": message}
    report = [{"version": 1.0, "timestampUTC": "2026-01-01T00:00:00Z", "status": status}]
    (pathlib.Path(folders["statusFolder"]) / f"{sequence}.status").write_text(json.dumps(report))


if __name__ == "__main__" and sys.argv[1] == "enable":
    enable()

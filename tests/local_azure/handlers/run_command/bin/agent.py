# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's side of a handler: which instance, which settings, where the status goes."""

from __future__ import annotations

import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
AGENT = pathlib.Path("/var/lib/waagent")
SETTINGS_UNREADABLE = -202


class Refused(Exception):
    """A run that ended before its script began; `code` is what is told as its exit code."""

    def __init__(self, text: str, code: int = SETTINGS_UNREADABLE) -> None:
        super().__init__(text)
        self.code = code


class Told:
    """What the agent told: an instance's `name` ("" for a handler that has none), its sequence number, directories."""

    def __init__(self, name: str, sequence: int, folders: dict, here: pathlib.Path = HERE) -> None:
        self.name, self.sequence = name, sequence
        self.config, self.status = pathlib.Path(folders["configFolder"]), pathlib.Path(folders["statusFolder"])
        prefix = f"{name}." if name else ""
        self.prefix = f"{prefix}{sequence}"
        self.most_recent = here / f"{prefix}mrseq"
        self.pid_file = here / f"{prefix}pidstart"
        self.data = AGENT / ("run-command-handler" if name else "run-command")

    @classmethod
    def from_environment(cls) -> Told:
        folders = json.loads((HERE / "HandlerEnvironment.json").read_text())[0]["handlerEnvironment"]
        return cls(os.environ.get("ConfigExtensionName", ""), int(os.environ["ConfigSequenceNumber"]), folders)

    def is_new(self) -> bool:
        """Whether this sequence number was not run yet; from now on it was."""
        if self.most_recent.exists() and int(self.most_recent.read_text()) >= self.sequence:
            return False
        self.most_recent.write_text(str(self.sequence))
        return True

    def settings(self) -> tuple[dict, dict]:
        """(public, protected) settings."""
        path = self.config / f"{self.prefix}.settings"
        handler = json.loads(path.read_text())["runtimeSettings"][0]["handlerSettings"]
        if not handler.get("protectedSettings"):
            return handler.get("publicSettings") or {}, {}
        thumbprint = AGENT / handler["protectedSettingsCertThumbprint"]
        opened = subprocess.run(
            ["openssl", "cms", "-decrypt", "-inform", "DER",
             "-recip", f"{thumbprint}.crt", "-inkey", f"{thumbprint}.prv"],
            input=base64.b64decode(handler["protectedSettings"]), capture_output=True, check=False,
        )  # fmt: skip
        if opened.returncode:
            reason = opened.stderr.decode(errors="replace").strip()
            raise Refused(f"failed to get configuration: failed to parse protected settings: {reason}")
        return handler.get("publicSettings") or {}, json.loads(opened.stdout)

    def report(self, state: str, text: str) -> None:
        status = {
            "name": self.name, "operation": "Enable", "status": state, "code": 0,
            "formattedMessage": {"lang": "en", "message": text},
        }  # fmt: skip
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        temporary = self.status / f"{self.prefix}.tmp"
        temporary.write_text(json.dumps([{"version": 1, "timestampUTC": stamp, "status": status}]))
        os.replace(temporary, self.status / f"{self.prefix}.status")

    def clean_up(self) -> None:
        """Remove settings and files of older sequence numbers."""
        mine = re.compile(rf"{re.escape(self.prefix.removesuffix(str(self.sequence)))}(\d+)\.settings")
        for path in self.config.iterdir():
            found = mine.fullmatch(path.name)
            if found and int(found[1]) != self.sequence:
                path.unlink()
        for path in (self.data / "download" / self.name).glob("*"):
            if path.name.isdigit() and int(path.name) != self.sequence:
                shutil.rmtree(path, ignore_errors=True)

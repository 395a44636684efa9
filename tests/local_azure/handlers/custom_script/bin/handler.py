# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-in for Microsoft.Azure.Extensions/CustomScript 2.1, written for this bed from its documentation.

The real agent downloads and runs it. Kept semantics: public and protected settings are one set in which no key
appears twice; exactly one of commandToExecute and script; script is base64, optionally of gzip; fileUris are
downloaded first; line ends are converted unless skipDos2Unix; one run per sequence number; the status message holds
the last 4 KB of each stream; the work happens in the background because the agent waits for enable five minutes only.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import zlib

HERE = pathlib.Path(__file__).resolve().parent.parent
DATA = pathlib.Path("/var/lib/waagent/custom-script")
AGENT = pathlib.Path("/var/lib/waagent")
TAIL = 4096
KEYS = ("commandToExecute", "script", "fileUris", "skipDos2Unix", "timestamp")


class Refused(Exception):
    """The settings cannot be run."""


def environment() -> dict:
    return json.loads((HERE / "HandlerEnvironment.json").read_text())[0]["handlerEnvironment"]


def write_status(folder: str, sequence: str, state: str, text: str, code: int = 0) -> None:
    status = {
        "name": "Enable", "operation": "Enable", "status": state, "code": code,
        "formattedMessage": {"lang": "en", "message": text},
    }  # fmt: skip
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    path = pathlib.Path(folder) / f"{sequence}.status"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps([{"version": 1.0, "timestampUTC": stamp, "status": status}]))
    os.replace(temporary, path)


def read_settings(folder: str, sequence: str) -> dict:
    path = pathlib.Path(folder) / f"{sequence}.settings"
    handler = json.loads(path.read_text())["runtimeSettings"][0]["handlerSettings"]
    public, protected = handler.get("publicSettings") or {}, {}
    if handler.get("protectedSettings"):
        thumbprint = AGENT / handler["protectedSettingsCertThumbprint"]
        opened = subprocess.run(
            ["openssl", "cms", "-decrypt", "-inform", "DER",
             "-recip", f"{thumbprint}.crt", "-inkey", f"{thumbprint}.prv"],
            input=base64.b64decode(handler["protectedSettings"]), capture_output=True, check=False,
        )  # fmt: skip
        if opened.returncode:
            raise Refused("the protected settings cannot be decrypted: " + opened.stderr.decode().strip())
        protected = json.loads(opened.stdout)
    twice = sorted(set(public) & set(protected))
    if twice:
        raise Refused(f"'{twice[0]}' appears in both public and protected settings")
    return {**public, **protected}


def validate(settings: dict) -> None:
    unknown = sorted(set(settings) - set(KEYS))
    if unknown:
        raise Refused(f"unknown setting '{unknown[0]}'")
    if bool(settings.get("commandToExecute")) == bool(settings.get("script")):
        raise Refused("exactly one of 'commandToExecute' and 'script' must be specified")


def unix_line_ends(data: bytes, settings: dict) -> bytes:
    return data if settings.get("skipDos2Unix") else data.replace(b"\r\n", b"\n").removeprefix(b"\xef\xbb\xbf")


def download(settings: dict, folder: pathlib.Path) -> None:
    for uri in settings.get("fileUris") or []:
        name = pathlib.PurePosixPath(urllib.parse.urlsplit(uri).path).name
        with urllib.request.urlopen(uri, timeout=60) as answer:
            (folder / name).write_bytes(unix_line_ends(answer.read(), settings))
        (folder / name).chmod(0o500)


def command(settings: dict, folder: pathlib.Path) -> list:
    if settings.get("commandToExecute"):
        return ["/bin/sh", "-c", settings["commandToExecute"]]
    script = base64.b64decode(settings["script"], validate=True)
    if script[:2] == b"\x1f\x8b":
        script = gzip.decompress(script)
    path = folder / "script.sh"
    path.touch(mode=0o500)
    path.write_bytes(unix_line_ends(script, settings))
    return ["/bin/sh", "-c", "./script.sh"]


def tail(path: pathlib.Path) -> str:
    return path.read_bytes()[-TAIL:].decode(errors="replace")


def run(settings: dict, folder: pathlib.Path) -> tuple:
    """(state, message, code) of the run."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        validate(settings)
        download(settings, folder)
        words = command(settings, folder)
    except (Refused, OSError, ValueError, EOFError, zlib.error) as error:
        return "error", f"Enable failed: invalid configuration: {error}", 1
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        code = subprocess.run(words, cwd=folder, stdout=stdout, stderr=stderr, check=False).returncode
    streams = f"\n[stdout]\n{tail(out)}\n[stderr]\n{tail(err)}"
    if code:
        text = f"Enable failed: failed to execute command: command terminated with exit status={code}"
        return "error", text + streams, code
    return "success", "Enable succeeded: " + streams, 0


def in_background() -> bool:
    """True in the process that shall do the work; the agent's own child returns at once."""
    if os.fork():
        return False
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    return True


def enable() -> None:
    folders, sequence = environment(), os.environ["ConfigSequenceNumber"]
    done = DATA / "mrseq"
    DATA.mkdir(parents=True, exist_ok=True, mode=0o700)
    if done.exists() and int(done.read_text()) >= int(sequence):
        return
    done.write_text(sequence)
    write_status(folders["statusFolder"], sequence, "transitioning", "Enable in progress")
    if not in_background():
        return
    try:
        settings = read_settings(folders["configFolder"], sequence)
        state, text, code = run(settings, DATA / "download" / sequence)
    except Refused as error:
        state, text, code = "error", f"Enable failed: {error}", 1
    write_status(folders["statusFolder"], sequence, state, text, code)


def uninstall() -> None:
    (DATA / "mrseq").unlink(missing_ok=True)


if __name__ == "__main__":
    operations = {"enable": enable, "uninstall": uninstall}
    operations.get(sys.argv[1], lambda: None)()

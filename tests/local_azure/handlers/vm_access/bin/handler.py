# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-in for Microsoft.OSTCExtensions/VMAccessForLinux 1.5: users, passwords, keys and sshd of a machine.

Only enable does anything; a user stays when the extension goes. What looks odd here is so in the real handler, and
people meet it: any setting counts that is not empty, "false" too.
"""

from __future__ import annotations

import base64
import json
import os
import pathlib
import subprocess
import sys
import time

from . import sshd, users

HERE = pathlib.Path(__file__).resolve().parent.parent
AGENT = pathlib.Path("/var/lib/waagent")
REDACTED = "*** REDACTED ***"


class Refused(Exception):
    """What was asked is not done; `text` is the whole status message."""

    def __init__(self, text: str, operation: str = "Enable") -> None:
        super().__init__(text)
        self.operation = operation


def folders() -> dict:
    return json.loads((HERE / "HandlerEnvironment.json").read_text())[0]["handlerEnvironment"]


def report(sequence: str, state: str, text: str, operation: str = "Enable") -> None:
    status = {
        "name": "Microsoft.OSTCExtensions.VMAccessForLinux", "operation": operation, "status": state, "code": "0",
        "formattedMessage": {"lang": "en-US", "message": text},
    }  # fmt: skip
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    path = pathlib.Path(folders()["statusFolder"]) / f"{sequence}.status"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps([{"version": 1.0, "timestampUTC": stamp, "status": status}]))
    os.replace(temporary, path)


def read_settings(path: pathlib.Path) -> tuple[dict, dict]:
    """(public, protected) settings; raises Refused when the protected ones cannot be opened."""
    handler = json.loads(path.read_text())["runtimeSettings"][0]["handlerSettings"]
    public, sealed = handler.get("publicSettings") or {}, handler.get("protectedSettings")
    if not sealed or sealed == REDACTED:
        return public, {}
    thumbprint = AGENT / handler["protectedSettingsCertThumbprint"]
    opened = subprocess.run(
        ["openssl", "cms", "-decrypt", "-inform", "DER", "-recip", f"{thumbprint}.crt", "-inkey", f"{thumbprint}.prv"],
        input=base64.b64decode(sealed), capture_output=True, check=False,
    )  # fmt: skip
    if opened.returncode:
        raise Refused("Failed to decrypt protectedSettings")
    return public, json.loads(opened.stdout)


def scrub(path: pathlib.Path) -> None:
    """The settings file without its protected settings; the agent writes it anew at its next goal state."""
    document = json.loads(path.read_text())
    handler = document["runtimeSettings"][0]["handlerSettings"]
    for name in ("protectedSettings", "protectedSettingsCertThumbprint"):
        if handler.get(name):
            handler[name] = REDACTED
    path.write_text(json.dumps(document))


def is_new(sequence: str) -> bool:
    done = HERE / "mrseq"
    if done.exists() and int(done.read_text()) >= int(sequence):
        return False
    done.write_text(sequence)
    return True


def enable() -> None:
    sequence = os.environ["ConfigSequenceNumber"]
    path = pathlib.Path(folders()["configFolder"]) / f"{sequence}.settings"
    if not is_new(sequence):
        return
    try:
        public, protected = read_settings(path)
        scrub(path)
        act(public, protected)
    except (sshd.Refused, users.Refused) as refused:
        report(sequence, "error", f"Enable failed: {refused}")
        sys.exit(1)
    except Refused as refused:
        report(sequence, "error", str(refused), refused.operation)
        sys.exit(1)
    report(sequence, "success", "Enable succeeded.")


def act(public: dict, protected: dict) -> None:
    """All that the settings ask for, in the real handler's order: what was done before a refusal stays done."""
    reset, restore = protected.get("reset_ssh"), protected.get("restore_backup_ssh")
    # "or" and "is not None", as the real one has it: an empty password counts
    touches_sshd = (reset or restore or protected.get("password")) is not None
    if protected.get("remove_user") and touches_sshd:
        raise Refused("Enable failed: Cannot reset sshd_config and remove a user in one operation.")
    sshd.update("ChallengeResponseAuthentication", "no")
    sshd.restart()
    if reset or restore:
        sshd.open_port()
        sshd.reset(HERE / "resources/debian_default", bool(restore))
        sshd.restart()
    if protected.get("remove_user"):
        users.remove(protected["remove_user"])
    if "username" in protected:
        set_user(protected)
    if touches_sshd:
        sshd.restart()
    look_after_disks(public)


def set_user(protected: dict) -> None:
    """Create or update one user, always with sudo. A key is added, a password replaces."""
    user, password, key = protected["username"], protected.get("password"), protected.get("ssh_key")
    if not password and not key:
        raise users.Refused("No password or ssh_key is specified.")
    users.ensure(user, password or None, protected.get("expiration"), bool(protected.get("enable_passwordless_access")))
    if password:
        sshd.allow_passwords()
    if key:
        users.add_key(user, key, protected.get("remove_prior_keys") is True)


def look_after_disks(public: dict) -> None:
    check, repair = public.get("check_disk"), public.get("repair_disk")
    if check and repair:
        raise Refused("Enable failed.")
    if not repair or check:
        return  # fsck of a container's overlay would say nothing
    disk = public.get("disk_name")
    if not disk or subprocess.run(["umount", "-f", f"/{disk}"], capture_output=True, check=False).returncode == 0:
        raise Refused("Repair failed.", operation="Repair")


if __name__ == "__main__" and sys.argv[1] == "enable":
    os.umask(0o022)
    enable()

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""sshd_config and the service: one backup before the first change, a restart at every turn."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

CONFIG = pathlib.Path("/etc/ssh/sshd_config")
CLOUD_INIT = pathlib.Path("/etc/ssh/sshd_config.d/50-cloud-init.conf")
BACKUP = pathlib.Path("/var/cache/vmaccess/backup")


class Refused(Exception):
    """sshd cannot be brought into the state that was asked for."""


def restart() -> None:
    # systemd refuses the sixth start in ten seconds; here operations follow each other faster than in Azure
    subprocess.run(["systemctl", "reset-failed", "ssh.service"], capture_output=True, check=False)
    subprocess.run(["/usr/sbin/service", "ssh", "restart"], capture_output=True, check=False)


def update(name: str, value: str) -> None:
    """Set one option in sshd_config, after a backup if there is none yet."""
    lines = CONFIG.read_text().split("\n")
    if any(line.startswith(name) and value in line.lower() for line in lines):
        return
    back_up()
    replace(CONFIG, "\n".join(with_option(lines, name, value)))


def allow_passwords() -> None:
    update("PasswordAuthentication", "yes")
    if CLOUD_INIT.exists():
        lines = with_option(CLOUD_INIT.read_text().split("\n"), "PasswordAuthentication", "yes")
        replace(CLOUD_INIT, "\n".join(lines))


def with_option(lines: list, name: str, value: str) -> list:
    """The lines with an option set; before the first Match block if it is new. An Include above them may win."""
    result, found, position = list(lines), False, max(0, len(lines) - 1)
    for index, line in enumerate(lines):
        if line.startswith(name):
            result[index], found = f"{name} {value}", True
        elif line.startswith("Match"):
            position = index
            break
    if not found:
        result.insert(position, f"{name} {value}")
    return result


def back_up() -> None:
    if not BACKUP.exists():
        BACKUP.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CONFIG, BACKUP)


def replace(path: pathlib.Path, text: str) -> None:
    temporary = path.with_name(path.name + ".vmaccess")
    temporary.write_text(text)
    shutil.copymode(path, temporary)
    os.replace(temporary, path)


def reset(default: pathlib.Path, restore: bool) -> None:
    """Put the default in place, or the backup, which is used up thereby; without a backup the default again."""
    if restore and BACKUP.exists():
        shutil.copyfile(BACKUP, CONFIG)
        BACKUP.unlink()
    else:
        shutil.copyfile(default, CONFIG)


def open_port() -> None:
    """Take away the rules that close port 22 by name and add one that opens it."""
    for chain, port in (("INPUT", "--dport"), ("OUTPUT", "--sport")):
        for target in ("DROP", "REJECT"):
            closing = [chain, "-p", "tcp", "-m", "tcp", port, "22", "-j", target]
            while iptables("-C", *closing):
                iptables("-D", *closing)
        opening = [chain, "-p", "tcp", "-m", "tcp", "--dport", "22", "-j", "ACCEPT"]
        if not iptables("-C", *opening):
            iptables("-I", *opening)


def iptables(*words: str) -> bool:
    return subprocess.run(["iptables", *words], capture_output=True, check=False).returncode == 0

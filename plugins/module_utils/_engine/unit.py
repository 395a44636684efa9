# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The systemd drop-in that adds the TLS listener, and nothing else, to the vendor's start command (pure)."""

from __future__ import annotations

import hashlib
import shlex
import typing as t

from . import keys
from .desired import Desired
from .refusal import Refusal

DROP_IN = "/etc/systemd/system/docker.service.d/50-bulwark-azure-docker.conf"
CERTIFICATE = str(keys.DIRECTORY / "server-cert.pem")
CLIENT_AUTHORITIES = str(keys.DIRECTORY / "client-authorities.pem")
MARK = "BULWARK_TLS"  # environment variable of dockerd that tells which set it was started with


def exec_start(texts: t.Iterable[str]) -> t.Optional[str]:
    """The start command that unit files (in systemd's order) amount to; an empty assignment resets.

    Raises Refusal when they add up to more than one command.
    """
    commands: t.List[str] = []
    for text in texts:
        for line in text.replace("\r\n", "\n").replace("\\\n", " ").splitlines():
            name, _equals, value = line.strip().partition("=")
            if name.strip() == "ExecStart":
                commands = commands + [value.strip()] if value.strip() else []
    if len(commands) > 1:
        raise Refusal(f"docker.service has {len(commands)} ExecStart commands, expected one; look for a stray drop-in")
    return commands[0] if commands else None


def words_of(command: str) -> t.List[str]:
    """A start command's words."""
    try:
        return shlex.split(command)
    except ValueError:  # a single quote mark in a variable's value, which systemd takes as it is
        return command.split()


def flag_value(words: t.Sequence[str], name: str) -> t.Optional[str]:
    """The value of a long flag, given after "=" or as the next word; None where the flag is not there."""
    for index, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag == name:
            return value if equals else (words[index + 1] if index + 1 < len(words) else None)
    return None


def foreign_listener(command: str) -> t.Optional[str]:
    """The TCP listener or TLS flag that somebody else's start command has already, None when it has none."""
    words = words_of(command)
    for index, word in enumerate(words):
        flag, _equals, value = word.partition("=")
        if word.startswith("-H"):  # its value may follow at once
            flag, value = "-H", word[2:].lstrip("=")
        if flag in ("-H", "--host") and not value and index + 1 < len(words):
            value = words[index + 1]
        if flag in ("-H", "--host") and value and not value.startswith(("fd:", "unix:")):  # "tcp:" may be left out
            return f"{flag} {value}"
        if flag.startswith("--tls"):
            return word
    return None


def listener(desired: Desired) -> str:
    host = f"[{desired.address}]" if ":" in desired.address else desired.address
    return f"tcp://{host}:{desired.port}"


def mark(desired: Desired, command: str, key_sha256: str) -> str:
    """A digest of everything the daemon reads at its start only: it shows whether the running one has read it."""
    tls = desired.complete_tls
    parts = (command, listener(desired), tls.certificate, tls.client_authorities, key_sha256)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def drop_in(desired: Desired, command: str, key_sha256: str) -> str:
    """The text of the drop-in for the vendor's ``command``."""
    flags = (
        f"-H {listener(desired)} --tlsverify --tlscacert={CLIENT_AUTHORITIES} "
        f"--tlscert={CERTIFICATE} --tlskey={keys.KEY}"
    )
    return (
        "# Managed by bulwark.azure_docker: changes here are overwritten.\n"
        "[Service]\n"
        f"Environment={MARK}={mark(desired, command, key_sha256)}\n"
        "ExecStart=\n"
        f"ExecStart={command} {flags}\n"
    )

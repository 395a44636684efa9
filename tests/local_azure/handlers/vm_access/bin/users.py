# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users of the machine: account, password, sudo rule, keys. Passwords go by standard input, never by a command line."""

from __future__ import annotations

import os
import pathlib
import pwd
import re
import subprocess
import tempfile

SUDOERS = pathlib.Path("/etc/sudoers.d/waagent")
LOGIN_DEFS = pathlib.Path("/etc/login.defs")
HOME = pathlib.Path("/home")
SSH2, BEGIN, END = "---- BEGIN SSH2 PUBLIC KEY ----", "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class Refused(Exception):
    """A user cannot be brought into the state that was asked for."""


def run(*command: str, given: str | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)


def entry(user: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        return None


def is_of_system(account: pwd.struct_passwd) -> bool:
    found = re.search(r"^UID_MIN\s+(\d+)", LOGIN_DEFS.read_text(), re.MULTILINE)
    return account.pw_uid < (int(found[1]) if found else 100)


def ensure(user: str, password: str | None, expiration: str | None, no_password: bool) -> None:
    """The account with its sudo rule. `expiration` counts at creation only; a password takes NOPASSWD away."""
    failed = "Failed to create the account or set the password with "
    account, others = entry(user), other_rules(user)
    if account is not None and is_of_system(account):
        raise Refused(f"{failed}Failed to set password for system user: {user} (0x06).")
    if account is None:
        expires = ["-e", expiration.split(".")[0]] if expiration is not None else []
        if run("useradd", "-m", user, *expires).returncode:
            raise Refused(f"{failed}Failed to create user account: {user} (0x07).")
    if password is not None:
        run("chpasswd", "--crypt-method", "SHA512", given=f"{user}:{password}\n")
    rule = "NOPASSWD: ALL" if password is None or no_password else "ALL"
    try:
        SUDOERS.write_text(f"{user} ALL = (ALL) {rule}\n")
        SUDOERS.chmod(0o440)
    except OSError as error:
        raise Refused(f"{failed}Failed to configure sudo privileges (0x08).") from error
    add_rules(others)


def remove(user: str) -> None:
    """Take the account, its home and its sudo rule away. One that is not there, or of the system, is no error."""
    account, others = entry(user), other_rules(user)
    if account is not None and not is_of_system(account):
        pathlib.Path("/var/run/utmp").unlink(missing_ok=True)
        run("userdel", "-f", "-r", user)
        SUDOERS.unlink(missing_ok=True)
    add_rules(others)


def other_rules(user: str) -> list | None:
    """The lines of the rule file that are not the user's; None without a file."""
    if not SUDOERS.exists():
        return None
    return [line for line in SUDOERS.read_text().split("\n") if not re.match(rf"^{re.escape(user)}\s", line)]


def add_rules(lines: list | None) -> None:
    if lines is not None:
        with SUDOERS.open("a") as file:
            file.write("\n".join(lines))
        SUDOERS.chmod(0o440)


def add_key(user: str, text: str, alone: bool) -> None:
    """Put a key behind those of the user, or in their place."""
    account = entry(user)
    if account is None:
        raise Refused(f"User '{user}' does not exist")
    key = openssh(text)
    folder = HOME / user / ".ssh"
    check_safe(folder, account.pw_uid, user)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chown(folder, account.pw_uid, account.pw_gid)
    path = folder / "authorized_keys"
    check_safe(path, account.pw_uid, user)
    flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_CREAT | (os.O_TRUNC if alone else os.O_APPEND)
    with os.fdopen(os.open(path, flags, 0o600), "w") as file:
        file.write(key if key.endswith("\n") else f"{key}\n")
    os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def check_safe(path: pathlib.Path, owner: int, user: str) -> None:
    if path.is_symlink():
        raise Refused(f"Refusing to write: {path} is a symlink")
    if path.exists() and path.stat().st_uid not in (owner, 0):
        raise Refused(f"Refusing to write: {path} is not owned by {user} or root")


def openssh(text: str) -> str:
    """The key as authorized_keys has it. Whatever is no RSA or Ed25519 key is taken for a certificate."""
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "given"
        if text.strip().startswith(SSH2):
            file.write_text(text.strip())
            converted = run("ssh-keygen", "-i", "-f", str(file))
            if converted.returncode:
                raise Refused("Failed to convert SSH2 key to OpenSSH key.")
            text = converted.stdout
        if text.strip().lower().startswith(("ssh-rsa", "ssh-ed25519")):
            return text
        body = text.partition(BEGIN)[2] if BEGIN in text else text
        file.write_text(f"{BEGIN}\n{body.partition(END)[0].strip()}\n{END}\n")
        public = run("openssl", "x509", "-in", str(file), "-noout", "-pubkey")
        if public.returncode:
            raise Refused("Failed to generate public key file.")
        file.write_text(public.stdout)
        key = run("ssh-keygen", "-i", "-m", "PKCS8", "-f", str(file)).stdout
    if not key:
        text = "Failed to convert PKCS8 certificate to OpenSSH public key. ssh-keygen produced no output for the "
        raise Refused(f"{text}provided certificate.")
    return key

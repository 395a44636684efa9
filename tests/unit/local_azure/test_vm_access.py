# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for VMAccess: what it asks of the machine, in which order, and the traps that are the real one's."""

from __future__ import annotations

import json
import pathlib
import pwd
import subprocess
from types import SimpleNamespace

import pytest

from local_azure.handlers.vm_access.bin import handler, sshd, users

KEY = "ssh-ed25519 AAAA ops"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Files below tmp_path; commands, restarts and accounts are recorded: `did`, `accounts`."""
    found = SimpleNamespace(did=[], accounts={"root": 0, "azureuser": 1000}, root=tmp_path)
    for module, name, path in (
        (sshd, "CONFIG", "sshd_config"), (sshd, "CLOUD_INIT", "50-cloud-init.conf"), (sshd, "BACKUP", "cache/backup"),
        (users, "SUDOERS", "waagent"), (users, "LOGIN_DEFS", "login.defs"), (users, "HOME", "home"),
        (handler, "AGENT", "."),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, tmp_path / path)
    sshd.CONFIG.write_text("UsePAM yes\n")
    users.LOGIN_DEFS.write_text("UID_MAX 60000\nUID_MIN 1000\n")

    def run(*command, given=None):
        found.did.append(" ".join(command) + (f" < {given.strip()}" if given else ""))
        if command[0] == "useradd" and command[2] != "bad":
            found.accounts[command[2]] = 1001
        if command[0] == "userdel":
            del found.accounts[command[-1]]
        return subprocess.CompletedProcess(command, int(command[-1] == "bad"), "", "")

    def entry(user):
        ours = pwd.getpwuid(tmp_path.stat().st_uid)
        if user not in found.accounts:
            return None
        return pwd.struct_passwd((user, "x", found.accounts[user], ours.pw_gid, "", "/", "/bin/sh"))

    monkeypatch.setattr(users, "run", run)
    monkeypatch.setattr(users, "entry", entry)
    monkeypatch.setattr(users.os, "chown", lambda *_arguments, **_options: None)
    monkeypatch.setattr(users, "check_safe", lambda *_arguments: None)
    monkeypatch.setattr(sshd, "restart", lambda: found.did.append("restart"))
    monkeypatch.setattr(sshd, "iptables", lambda *words: found.did.append("iptables " + words[0]) or words[0] == "-I")
    return found


RULE = "ops ALL = (ALL) "

# protected settings, what was done apart from opening the port
ACTS = {
    "nothing": ({}, ["restart"]),
    "key": ({"username": "ops", "ssh_key": KEY}, ["restart", "useradd -m ops"]),
    "expires": (
        {"username": "ops", "ssh_key": KEY, "expiration": "2030-01-02.0"}, ["restart", "useradd -m ops -e 2030-01-02"],
    ),
    "an account that is there does not expire": (
        {"username": "azureuser", "ssh_key": KEY, "expiration": "2030-01-02"}, ["restart"],
    ),
    "password": (
        {"username": "azureuser", "password": "p:w"},
        ["restart", "chpasswd --crypt-method SHA512 < azureuser:p:w", "restart"],
    ),
    "an empty password counts as a change of sshd, not as one": (
        {"username": "ops", "ssh_key": KEY, "password": ""}, ["restart", "useradd -m ops", "restart"],
    ),
    "remove": ({"remove_user": "azureuser"}, ["restart", "userdel -f -r azureuser"]),
    "remove what is not there": ({"remove_user": "ops"}, ["restart"]),
    "remove one of the system": ({"remove_user": "root"}, ["restart"]),
    "reset": ({"reset_ssh": True}, ["restart", "restart", "restart"]),
    "the text false is true": ({"reset_ssh": "false"}, ["restart", "restart", "restart"]),
    "false": ({"reset_ssh": False}, ["restart"]),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTS)
def test_acts(machine, name):
    protected, did = ACTS[name]
    handler.act({}, protected)
    assert [entry for entry in machine.did if not entry.startswith("iptables")] == did
    assert "ChallengeResponseAuthentication no" in sshd.CONFIG.read_text()


CREATE = "Enable failed: Failed to create the account or set the password with "

# public and protected settings, the status message
REFUSED = {
    "remove and reset": ({}, {"remove_user": "a", "reset_ssh": "no"},
                         "Enable failed: Cannot reset sshd_config and remove a user in one operation."),
    "remove and restore": ({}, {"remove_user": "a", "restore_backup_ssh": True},
                           "Enable failed: Cannot reset sshd_config and remove a user in one operation."),
    "remove and password": ({}, {"remove_user": "a", "username": "b", "password": "c"},
                            "Enable failed: Cannot reset sshd_config and remove a user in one operation."),
    "neither": ({}, {"username": "ops"}, "Enable failed: No password or ssh_key is specified."),
    "empty password": ({}, {"username": "ops", "password": ""}, "Enable failed: No password or ssh_key is specified."),
    "system user": ({}, {"username": "root", "password": "p"},
                    CREATE + "Failed to set password for system user: root (0x06)."),
    "useradd": ({}, {"username": "bad", "password": "p"}, CREATE + "Failed to create user account: bad (0x07)."),
    "key of another kind": ({}, {"username": "ops", "ssh_key": "ecdsa-sha2-nistp256 AAAA"},
                            "Enable failed: Failed to convert PKCS8 certificate to OpenSSH public key. ssh-keygen "
                            "produced no output for the provided certificate."),
    "both of the disk": ({"check_disk": "true", "repair_disk": "false"}, {}, "Enable failed."),
    "repair without a name": ({"repair_disk": True}, {}, "Repair failed."),
}  # fmt: skip


@pytest.fixture
def enabled(machine, monkeypatch):
    """Enable with settings as the agent has them, nothing sealed; (exit code, status)."""
    monkeypatch.setattr(handler, "HERE", machine.root)
    folders = {"configFolder": str(machine.root / "config"), "statusFolder": str(machine.root / "status")}
    for folder in folders.values():
        pathlib.Path(folder).mkdir()
    (machine.root / "HandlerEnvironment.json").write_text(json.dumps([{"handlerEnvironment": folders}]))

    def enable(public, protected, sequence=0):
        monkeypatch.setenv("ConfigSequenceNumber", str(sequence))
        settings = {
            "publicSettings": public, "protectedSettings": "c2VhbGVk", "protectedSettingsCertThumbprint": "ABCD",
        }  # fmt: skip
        path = machine.root / f"config/{sequence}.settings"
        path.write_text(json.dumps({"runtimeSettings": [{"handlerSettings": settings}]}))
        monkeypatch.setattr(handler, "read_settings", lambda _path: (public, protected))
        code = 0
        try:
            handler.enable()
        except SystemExit as end:
            code = end.code
        found = machine.root / f"status/{sequence}.status"
        return code, json.loads(found.read_text())[0]["status"] if found.exists() else None

    return enable


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(enabled, name):
    public, protected, text = REFUSED[name]
    code, status = enabled(public, protected)
    assert (code, status["status"], status["formattedMessage"]["message"]) == (1, "error", text)
    assert status["operation"] == ("Repair" if text.startswith("Repair") else "Enable")


def test_a_certificate_that_is_none():
    with pytest.raises(users.Refused, match=r"Failed to generate public key file\."):
        users.openssh("ecdsa-sha2-nistp256 AAAA")


def test_enable(enabled, machine):
    code, status = enabled({"check_disk": "true"}, {"username": "ops", "ssh_key": KEY})
    assert (code, status["status"], status["formattedMessage"]["message"]) == (0, "success", "Enable succeeded.")
    scrubbed = json.loads((machine.root / "config/0.settings").read_text())["runtimeSettings"][0]["handlerSettings"]
    assert scrubbed == {
        "publicSettings": {"check_disk": "true"}, "protectedSettings": "*** REDACTED ***",
        "protectedSettingsCertThumbprint": "*** REDACTED ***",
    }  # fmt: skip
    machine.did.clear()
    (machine.root / "status/0.status").unlink()
    assert enabled({}, {"username": "ops", "ssh_key": KEY}) == (0, None)
    assert machine.did == [], "the same sequence number does nothing"


def test_the_sudo_rule_loses_nopasswd_with_a_password(machine):
    users.SUDOERS.write_text("other ALL = (ALL) ALL\nopsy ALL = (ALL) ALL\n")
    others = "other ALL = (ALL) ALL\nopsy ALL = (ALL) ALL\n"
    for given, rule in (
        ({"ssh_key": KEY}, "NOPASSWD: ALL"),
        ({"password": "p"}, "ALL"),
        ({"password": "p", "ssh_key": KEY}, "ALL"),
        ({"password": "p", "enable_passwordless_access": True}, "NOPASSWD: ALL"),
    ):
        handler.act({}, {"username": "ops", **given})
        assert users.SUDOERS.read_text() == f"{RULE}{rule}\n{others}"
    handler.act({}, {"remove_user": "ops"})
    assert users.SUDOERS.read_text() == others
    handler.act({}, {"remove_user": "ops"})
    assert users.SUDOERS.read_text() == others * 2, "a user who is not there leaves the rules twice"


def test_keys_are_added_or_replace(machine):
    path = users.HOME / "ops/.ssh/authorized_keys"
    handler.act({}, {"username": "ops", "ssh_key": KEY})
    handler.act({}, {"username": "ops", "ssh_key": f"{KEY}2\n", "remove_prior_keys": "true"})
    assert path.read_text() == f"{KEY}\n{KEY}2\n", "a text is not true here"
    handler.act({}, {"username": "ops", "ssh_key": KEY, "remove_prior_keys": True})
    assert path.read_text() == f"{KEY}\n"


def test_a_place_that_is_not_the_users_is_refused(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    with pytest.raises(users.Refused, match=r"Refusing to write: .*link is a symlink"):
        users.check_safe(link, tmp_path.stat().st_uid, "ops")
    users.check_safe(tmp_path, tmp_path.stat().st_uid, "ops")
    users.check_safe(tmp_path / "none", 1, "ops")
    if tmp_path.stat().st_uid:  # what is root's is fine for everybody
        with pytest.raises(users.Refused, match="is not owned by ops or root"):
            users.check_safe(tmp_path, 1, "ops")


def test_a_certificate_becomes_a_key(tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "1",
         "-keyout", tmp_path / "key", "-out", tmp_path / "certificate"],
        check=True, capture_output=True,
    )  # fmt: skip
    text = (tmp_path / "certificate").read_text()
    assert users.openssh(text).startswith("ssh-rsa AAAA")
    bare = "".join(line for line in text.splitlines(keepends=True) if "CERTIFICATE" not in line)
    assert users.openssh(bare) == users.openssh(text)


# lines before, lines after setting "A" to "no"
OPTIONS = {
    "there": (["A yes", "B yes"], ["A no", "B yes"]),
    "twice": (["A yes", "B yes", "A maybe"], ["A no", "B yes", "A no"]),
    "not there": (["B yes", ""], ["B yes", "A no", ""]),
    "before a block": (["B yes", "Match User x", "A yes"], ["B yes", "A no", "Match User x", "A yes"]),
    "a comment is none": (["#A yes", ""], ["#A yes", "A no", ""]),
    "empty": ([""], ["A no", ""]),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_options_of_sshd(name):
    before, after = OPTIONS[name]
    assert sshd.with_option(before, "A", "no") == after


def test_the_backup_is_made_once_and_used_up(machine):
    first = sshd.CONFIG.read_text()
    handler.act({}, {"username": "ops", "password": "p"})
    assert sshd.BACKUP.read_text() == first
    assert "PasswordAuthentication yes" in sshd.CONFIG.read_text()
    handler.act({}, {"restore_backup_ssh": True})
    assert sshd.CONFIG.read_text() == first
    assert not sshd.BACKUP.exists()
    sshd.CONFIG.write_text("ChallengeResponseAuthentication no\n")
    handler.act({}, {"restore_backup_ssh": True})
    default = (handler.HERE / "resources/debian_default").read_text()
    assert sshd.CONFIG.read_text() == default
    assert "Include" not in default


def test_cloud_inits_file_is_changed_too(machine):
    sshd.CLOUD_INIT.write_text("PasswordAuthentication no\n")
    handler.act({}, {"username": "ops", "password": "p"})
    assert sshd.CLOUD_INIT.read_text() == "PasswordAuthentication yes\n"


def test_rules_that_close_the_port_are_taken_away(monkeypatch):
    rules = [
        "INPUT -p tcp -m tcp --dport 22 -j DROP", "INPUT -p tcp -m tcp --dport 22 -j DROP",
        "OUTPUT -p tcp -m tcp --sport 22 -j REJECT", "INPUT -p tcp -m tcp --dport 80 -j DROP",
    ]  # fmt: skip

    def iptables(verb, *words):
        rule = " ".join(words)
        if verb == "-I":
            rules.insert(0, rule)
        elif verb == "-D":
            rules.remove(rule)
        return rule in rules

    monkeypatch.setattr(sshd, "iptables", iptables)
    for _time in range(2):
        sshd.open_port()
        assert rules == [
            "OUTPUT -p tcp -m tcp --dport 22 -j ACCEPT", "INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
            "INPUT -p tcp -m tcp --dport 80 -j DROP",
        ]  # fmt: skip

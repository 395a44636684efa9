# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to VMAccess: what is sent, what is refused, what is warned of."""

from __future__ import annotations

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension import access, catalogue

from .test_ssh_keys import ED25519, PEM, RSA

SECRET = "planted-S3cret"
FLAGS = ("ssh_keys_exclusive", "reset_ssh", "restore_ssh", "check_disk", "repair_disk", "reset_rdp", "force")
NOTHING = {
    **dict.fromkeys(access.ACTIONS), **dict.fromkeys(FLAGS, False),
    "os": "auto", "state": "present", "digest_key": None,
}  # fmt: skip
USER = {"username": "ada"}
WITH_PASSWORD = {**USER, "password": SECRET}
WITH_KEY = {**USER, "ssh_keys": [ED25519]}


def options(**given):
    return {**NOTHING, **given}


# request, public settings, protected settings
LINUX = {
    "key": (WITH_KEY, {}, {**USER, "ssh_key": "\n" + ED25519}),
    "keys": ({**USER, "ssh_keys": [RSA, ED25519]}, {}, {**USER, "ssh_key": "\n" + RSA + "\n" + ED25519}),
    "certificate": ({**USER, "ssh_keys": [PEM]}, {}, {**USER, "ssh_key": PEM}),
    "keys alone": (
        {**WITH_KEY, "ssh_keys_exclusive": True}, {}, {**USER, "ssh_key": ED25519, "remove_prior_keys": True},
    ),
    "password": (WITH_PASSWORD, {}, WITH_PASSWORD),
    "all of a user": (
        {**WITH_PASSWORD, **WITH_KEY, "expiration": "2030-02-28", "passwordless_sudo": True, "reset_ssh": True}, {},
        {
            **WITH_PASSWORD, "ssh_key": "\n" + ED25519, "expiration": "2030-02-28",
            "enable_passwordless_access": True, "reset_ssh": True,
        },
    ),
    "sudo as it comes": ({**WITH_PASSWORD, "passwordless_sudo": False}, {}, WITH_PASSWORD),
    "reset": ({"reset_ssh": True}, {}, {"reset_ssh": True}),
    "restore": ({"restore_ssh": True}, {}, {"restore_backup_ssh": True}),
    "remove": ({"remove_user": "ada"}, {}, {"remove_user": "ada"}),
    "check disk": ({"check_disk": True}, {"check_disk": True}, {}),
    "repair disk": (
        {"repair_disk": True, "disk_name": "data"}, {"repair_disk": True, "disk_name": "data"}, {},
    ),
}  # fmt: skip
WINDOWS = {
    "password": (WITH_PASSWORD, {"UserName": "ada"}, {"Password": SECRET}),
    "Remote Desktop": ({"reset_rdp": True}, {}, {}),
}
SENT = [("linux", *row) for row in LINUX.values()] + [("windows", *row) for row in WINDOWS.values()]
HANDLERS = {
    "linux": ("Microsoft.OSTCExtensions.VMAccessForLinux", "1.5"),
    "windows": ("Microsoft.Compute.VMAccessAgent", "2.4"),
}


@pytest.mark.parametrize(("system", "request_", "public", "protected"), SENT)
@pytest.mark.parametrize("declared", ["auto", "as it is"])
def test_what_is_sent(system, request_, public, protected, declared):
    asked = options(**request_, os=system if declared == "as it is" else "auto")
    access.check(asked)
    access.check_for(asked, system)
    wanted = access.desired(asked, system, "enablevmaccess")
    assert (wanted.settings, wanted.protected_settings) == (public, protected)
    assert (wanted.handler(), wanted.version) == HANDLERS[system]
    assert (wanted.name, wanted.state, wanted.auto_upgrade_minor_version) == ("enablevmaccess", "present", True)
    assert wanted.on_unknown_secret == "apply"
    assert catalogue.problems(wanted) == [], "the catalogue knows the same handlers"
    for value in [*wanted.settings.values(), *wanted.protected_settings.values()]:
        assert value is True or isinstance(value, str), "no false, which handlers may take for true"


# request, digest key, whether the handler is made to run although nothing differs
RUNS = {
    "a secret without a key: the plan sends what it cannot judge": (WITH_KEY, None, False),
    "a secret with a key": (WITH_KEY, "key", False),
    "nothing secret without a key": ({"check_disk": True}, None, True),
    "nothing secret with a key": ({"check_disk": True}, "key", False),
    "forced": ({**WITH_KEY, "force": True}, "key", True),
}


@pytest.mark.parametrize("name", RUNS)
def test_when_the_handler_runs_again(name):
    request, key, rerun = RUNS[name]
    assert access.desired(options(**request, digest_key=key), "linux", None).rerun is rerun


def test_absent():
    asked = options(state="absent")
    access.check(asked)
    wanted = access.desired(asked, "linux", "enablevmaccess")
    assert (wanted.state, wanted.settings, wanted.protected_settings) == ("absent", None, None)
    assert access.warnings(asked, "linux") == []


# request, words; "auto" where the system does not matter
REFUSED = [
    ("auto", {}, "nothing is asked for. Expected: one of username, password"),
    ("auto", {"ssh_keys": []}, "nothing is asked for"),
    ("auto", {"state": "absent", "remove_user": "ada"}, "state is absent and remove_user is given"),
    ("auto", {"state": "absent", "username": "ada"}, "leaves users, keys and passwords in the VM"),
    ("auto", {"remove_user": "ada", "reset_ssh": True}, "and reset_ssh are given. Expected: remove_user alone"),
    ("auto", {"remove_user": "ada", "restore_ssh": True}, "remove_user and restore_ssh are given"),
    ("auto", {"remove_user": "bob", **WITH_PASSWORD}, "remove_user and username are given"),
    ("auto", {"remove_user": "bob", **WITH_KEY}, "remove_user and username are given"),
    ("auto", {"check_disk": True, "repair_disk": True, "disk_name": "data"}, "check_disk and repair_disk are given"),
    ("auto", {"check_disk": True, "disk_name": "data"}, "check_disk and disk_name are given"),
    ("auto", {"check_disk": True, **WITH_KEY}, "check_disk and username are given"),
    ("auto", {"repair_disk": True, "disk_name": "data", "reset_ssh": True}, "repair_disk and reset_ssh are given"),
    ("auto", {"reset_ssh": True, "restore_ssh": True}, "reset_ssh and restore_ssh are given. Expected: one of them"),
    ("auto", {"reset_rdp": True, "reset_ssh": True}, "reset_ssh is given for a VM with Windows"),
    ("auto", {"reset_rdp": True, **WITH_PASSWORD}, "reset_rdp and username are given. Expected: reset_rdp alone"),
    ("linux", {"reset_rdp": True}, "reset_rdp is given for a VM with Linux"),
    ("windows", WITH_KEY, "ssh_keys is given for a VM with Windows. Expected: of username, password, reset_rdp"),
    ("windows", {**WITH_PASSWORD, "passwordless_sudo": True}, "passwordless_sudo is given for a VM with Windows"),
    ("windows", {"check_disk": True}, "check_disk is given for a VM with Windows"),
    ("linux", {"password": SECRET}, "password is given alone. Expected: username with it"),
    ("windows", {"password": SECRET}, "password is given alone. Expected: username with it"),
    ("windows", USER, "username is given alone. Expected: password with it"),
    ("linux", USER, "username is given alone. Expected: password or ssh_keys with it"),
    ("auto", {"ssh_keys": [RSA]}, "ssh_keys is given alone. Expected: username with it"),
    ("auto", {**WITH_PASSWORD, "ssh_keys_exclusive": True}, "ssh_keys_exclusive is given alone. Expected: ssh_keys"),
    ("auto", {"expiration": "2030-01-01", "reset_ssh": True}, "expiration is given alone. Expected: username with it"),
    ("auto", {"passwordless_sudo": True}, "passwordless_sudo is given alone. Expected: username with it"),
    ("auto", {"repair_disk": True}, "repair_disk is given alone. Expected: disk_name with it"),
    ("auto", {"disk_name": "data"}, "disk_name is given alone. Expected: repair_disk with it"),
    ("linux", {**WITH_PASSWORD, "username": "root"}, "username is 'root'"),
    ("linux", {**WITH_PASSWORD, "username": "-r"}, "username is '-r'"),
    ("linux", {**WITH_PASSWORD, "username": "ada ALL"}, "username is 'ada ALL'"),
    ("linux", {**WITH_PASSWORD, "username": "ada\n"}, "username is 'ada\\n'"),
    ("linux", {**WITH_PASSWORD, "username": ""}, "username is ''. Expected: at most 32 letters"),
    ("auto", {"remove_user": "root"}, "remove_user is 'root'"),
    ("auto", {"remove_user": ""}, "remove_user is ''"),
    ("windows", {**WITH_PASSWORD, "username": "domain\\ada"}, "Expected: at most 20 characters"),
    ("linux", {**USER, "password": ""}, "password is empty"),
    ("windows", {**USER, "password": " "}, "password is empty"),
    ("auto", {"repair_disk": True, "disk_name": ""}, "disk_name is empty"),
    ("auto", {**USER, "ssh_keys": ["planted"]}, "ssh_keys[0] is no public key"),
    ("auto", {**WITH_KEY, "expiration": "2030-02-30"}, "expiration is '2030-02-30'. Expected: a date, YYYY-MM-DD"),
    ("auto", {**WITH_KEY, "expiration": "2030-1-1"}, "expiration is '2030-1-1'"),
    ("auto", {**WITH_KEY, "expiration": "never"}, "expiration is 'never'"),
]  # fmt: skip


@pytest.mark.parametrize(("system", "request_", "words"), REFUSED)
def test_what_is_refused(system, request_, words):
    """Before any request to Azure where the options tell enough, else when the VM has told its system."""
    with pytest.raises(Failure) as caught:
        access.check(options(**request_, os=system))
    assert words in caught.value.text()
    assert (caught.value.code, bool(caught.value.hint)) == ("InvalidAccessRequest", True)
    assert SECRET not in caught.value.text() + repr(caught.value.as_error())


@pytest.mark.parametrize("system", ["linux", "windows"])
def test_what_only_the_system_tells(system):
    asked = options(password=SECRET)
    access.check(asked)
    with pytest.raises(Failure, match="username with it"):
        access.check_for(asked, system)


# system, request, what the warnings begin with
SUDO, SSHD = "password makes the handler write this user's sudo rule anew", "password lets sshd accept passwords"
WARNED = [
    ("linux", WITH_PASSWORD, [SSHD, SUDO]),
    ("linux", {**WITH_PASSWORD, "passwordless_sudo": True}, [SSHD]),
    ("linux", WITH_KEY, []),
    ("linux", {**WITH_KEY, "passwordless_sudo": True}, []),
    ("linux", {**WITH_KEY, "passwordless_sudo": False}, ["passwordless_sudo: false has no effect"]),
    ("linux", {**WITH_KEY, "expiration": "2030-01-01"}, ["expiration counts only if this run creates the account"]),
    ("linux", {"reset_ssh": True}, ["reset_ssh puts the handler's own sshd_config in place"]),
    ("linux", {"restore_ssh": True}, []),
    ("linux", {"check_disk": True}, []),
    ("linux", {"repair_disk": True, "disk_name": "data"}, ["the handler reports that the repair failed when"]),
    ("windows", WITH_PASSWORD, []),
    ("windows", {"reset_rdp": True}, []),
]


@pytest.mark.parametrize(("system", "request_", "beginnings"), WARNED)
def test_what_is_warned_of(system, request_, beginnings):
    found = access.warnings(options(**request_), system)
    assert len(found) == len(beginnings)
    for text, beginning in zip(found, beginnings):
        assert text.startswith(beginning)
    assert SECRET not in repr(found)

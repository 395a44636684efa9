# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What a user asks of VMAccess, as the extension of its handler. Pure.

The handlers are Microsoft.OSTCExtensions/VMAccessForLinux (known from its source) and Microsoft.Compute/VMAccessAgent
(known from its documentation). Options are the module's, None or False or an empty list where not given.
"""

from __future__ import annotations

import datetime
import re
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from .._azure.errors import Failure
from .desired import Desired
from .ssh_keys import ssh_key

Options = Mapping[str, Any]


class System(NamedTuple):
    """An operating system: its handler, its actions, and what they need beside them or do not bear.

    ``alone`` is {action: options that may stand beside it}; ``needs`` is (option, one of these).
    """

    label: str
    publisher: str
    type: str
    version: str
    actions: Any
    alone: Dict[str, Any]
    needs: Any
    username: str
    username_text: str


LINUX_ACTIONS = (
    "username", "password", "ssh_keys", "ssh_keys_exclusive", "expiration", "passwordless_sudo", "remove_user",
    "reset_ssh", "restore_ssh", "check_disk", "repair_disk", "disk_name",
)  # fmt: skip
WINDOWS_ACTIONS = ("username", "password", "reset_rdp")
SYSTEMS = {
    "linux": System(
        "Linux", "Microsoft.OSTCExtensions", "VMAccessForLinux", "1.5", LINUX_ACTIONS,
        {"remove_user": (), "check_disk": (), "repair_disk": ("disk_name",)},
        (
            ("password", ("username",)),
            ("ssh_keys", ("username",)),
            ("ssh_keys_exclusive", ("ssh_keys",)),
            ("expiration", ("username",)),
            ("passwordless_sudo", ("username",)),
            ("username", ("password", "ssh_keys")),
            ("repair_disk", ("disk_name",)),
            ("disk_name", ("repair_disk",)),
        ),
        # It is written into a sudo rule and a command line.
        "(?!root$)[A-Za-z_][A-Za-z0-9_.-]{0,31}",
        "at most 32 letters, digits, '_', '.' and '-', a letter or '_' first, and not root, which the handler refuses",
    ),
    "windows": System(
        "Windows", "Microsoft.Compute", "VMAccessAgent", "2.4", WINDOWS_ACTIONS,
        {"reset_rdp": ()},
        (("password", ("username",)), ("username", ("password",))),
        r"""[^"/\\\[\]:;|=,+*?<>@]{1,20}""",
        "at most 20 characters, none of \" / \\ [ ] : ; | = , + * ? < > @",
    ),
}  # fmt: skip
ACTIONS = tuple(dict.fromkeys(LINUX_ACTIONS + WINDOWS_ACTIONS))


def given(options: Options) -> List[str]:
    """The names of the actions that are asked for. An empty text counts: it is wrong, and check() says so."""
    return [name for name in ACTIONS if options[name] not in (None, False, [])]


def check(options: Options) -> None:
    """Raise Failure for a request that is wrong whatever system the VMs run."""
    asked = given(options)
    if options["state"] == "absent":
        if asked:
            raise _refusal(
                "state is absent and %s is given" % asked[0],
                "state: absent alone, which removes the extension and leaves users, keys and passwords in the VM",
                "Give remove_user to remove a user.",
            )
        return
    if not asked:
        raise _refusal("nothing is asked for", "one of %s" % ", ".join(ACTIONS), "Say what to do.")
    system = options["os"]
    if system == "auto":
        system = "windows" if "reset_rdp" in asked else "linux"
        if set(asked) <= {"username", "password"}:
            return  # judged when the system is known
    check_for(options, system)


def check_for(options: Options, system: str) -> None:
    """Raise Failure for a request that VMs of that system ("linux", "windows") cannot take."""
    rules, asked = SYSTEMS[system], given(options)
    foreign = [name for name in asked if name not in rules.actions]
    if foreign:
        expected = "of %s" % ", ".join(rules.actions)
        raise _refusal(
            "%s is given for a VM with %s" % (foreign[0], rules.label),
            expected,
            "Give the VMs of each system to a task of their own.",
        )
    for action, beside in rules.alone.items():
        others = [name for name in asked if name != action and name not in beside]
        if action in asked and others:
            raise _refusal("%s and %s are given" % (action, others[0]), "%s alone" % action, "Use two tasks.")
    if "reset_ssh" in asked and "restore_ssh" in asked:
        raise _refusal("reset_ssh and restore_ssh are given", "one of them", "Decide which sshd_config there shall be.")
    for name, needed in rules.needs:
        if name in asked and not set(needed) & set(asked):
            raise _refusal("%s is given alone" % name, "%s with it" % " or ".join(needed), "Give it too.")
    _check_values(options, rules, asked)


def _check_values(options: Options, rules: System, asked: List[str]) -> None:
    for name in ("username", "remove_user"):
        if name in asked and not re.fullmatch(rules.username, options[name]):
            raise _refusal("%s is %r" % (name, options[name]), rules.username_text, "Correct it.")
    for name in ("password", "disk_name"):
        if name in asked and not options[name].strip():
            raise _refusal("%s is empty" % name, "a text", "See where the value comes from.")
    if "ssh_keys" in asked:
        ssh_key(options["ssh_keys"], True)
    if "expiration" in asked and not _is_date(options["expiration"]):
        raise _refusal("expiration is %r" % options["expiration"], "a date, YYYY-MM-DD", "Correct it.")


def settings(options: Options, system: str) -> Dict[str, Any]:
    """The public settings."""
    if system == "windows":
        return {"UserName": options["username"]} if options["username"] else {}
    return _set(options, {"check_disk": "check_disk", "repair_disk": "repair_disk", "disk_name": "disk_name"})


def protected_settings(options: Options, system: str) -> Dict[str, Any]:
    """The protected settings. Flags are JSON's true or not there: the handler takes every text for true."""
    if system == "windows":
        return {"Password": options["password"]} if options["password"] else {}
    found = _set(
        options,
        {
            "username": "username",
            "password": "password",
            "expiration": "expiration",
            "ssh_keys_exclusive": "remove_prior_keys",
            "passwordless_sudo": "enable_passwordless_access",
            "remove_user": "remove_user",
            "reset_ssh": "reset_ssh",
            "restore_ssh": "restore_backup_ssh",
        },
    )
    if options["ssh_keys"]:
        found["ssh_key"] = ssh_key(options["ssh_keys"], bool(options["ssh_keys_exclusive"]))
    return found


def desired(options: Options, system: str, name: Optional[str]) -> Desired:
    """The extension that carries the request; ``name`` is that of the instance to use.

    Without a digest_key nobody can tell what was asked last time, so the handler runs.
    """
    rules = SYSTEMS[system]
    handler = Desired(name=name, publisher=rules.publisher, type=rules.type, state=options["state"])
    if options["state"] == "absent":
        return handler
    protected = protected_settings(options, system)
    return handler._replace(
        version=rules.version,
        settings=settings(options, system),
        protected_settings=protected,
        auto_upgrade_minor_version=True,
        on_unknown_secret="apply",
        rerun=options["force"] or (not options["digest_key"] and not protected),
        # Who has lost access cannot repair the others first; warned of.
        on_failed_sibling="ignore",
    )


def warnings(options: Options, system: str) -> List[str]:
    """What should be known of a request that is carried out."""
    asked = given(options)
    found: List[str] = []
    if system == "windows" or options["state"] == "absent":
        return found
    if "password" in asked:
        found.append(
            "password lets sshd accept passwords: it writes PasswordAuthentication yes into sshd_config and, where it "
            "exists, into sshd_config.d/50-cloud-init.conf (another file there that says no still wins); restore_ssh: "
            "true in a later task brings the former sshd_config back, not the other file"
        )
        if "passwordless_sudo" not in asked:
            found.append(
                "password makes the handler write this user's sudo rule anew, without NOPASSWD; passwordless_sudo: "
                "true keeps or brings back sudo without a password"
            )
    elif "ssh_keys" in asked and options["passwordless_sudo"] is False:
        found.append("passwordless_sudo: false has no effect without password: the handler then always writes NOPASSWD")
    if "reset_ssh" in asked:
        found.append(
            "reset_ssh puts the handler's own sshd_config in place: port 22, on most distributions with passwords, and "
            "without sshd_config.d; restore_ssh: true in a later task brings the handler's copy of the former one back"
        )
    if "expiration" in asked:
        found.append("expiration counts only if this run creates the account; the handler never changes it")
    if "repair_disk" in asked:
        found.append(
            "the handler reports that the repair failed when it could unmount the disk, and repairs when it could not "
            "(a defect of it): look at the disk afterwards"
        )
    return found


def _set(options: Options, names: Mapping[str, str]) -> Dict[str, Any]:
    """The given ones of ``names``, {option: setting}."""
    return {setting: options[name] for name, setting in names.items() if options[name] not in (None, False)}


def _is_date(text: str) -> bool:
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").strftime("%Y-%m-%d") == text
    except ValueError:
        return False


def _refusal(found: str, expected: str, step: str) -> Failure:
    return Failure("Found: %s. Expected: %s." % (found, expected), code="InvalidAccessRequest", hint=step)

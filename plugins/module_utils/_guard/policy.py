# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The policy document of a host: its parts, and what makes it unusable.

Whoever writes the document can check it with ``parse``. An unknown key is an error, so is a missing one: a rule that
is silently not there would be a hole.
"""

from __future__ import annotations

import typing as t

from .relaxations import unknown_relaxation
from .rules import not_auditable
from .system_calls import DENIED_SYSTEM_CALLS
from .verdict import Closed

__all__ = ["DENIED_SYSTEM_CALLS", "Bind", "Exemption", "ExemptMount", "Policy", "parse"]

PATH = "/etc/bulwark-azure-docker/runtime-policy.json"
VERSION = 1
ENFORCE, AUDIT = "enforce", "audit"

# What a container keeps of Docker's own default: no CAP_NET_RAW, CAP_MKNOD, CAP_AUDIT_WRITE, CAP_SETFCAP, CAP_SETPCAP.
CAPABILITIES = (
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
)
BUILD_CAPABILITIES = (*CAPABILITIES, "CAP_SETFCAP")  # package managers run setcap


class Bind(t.NamedTuple):
    """A host path that containers may mount. ``below``: paths under it too, which nothing untrusted may write to."""

    path: str
    read_only: bool
    below: bool


class ExemptMount(t.NamedTuple):
    """A bind or tmpfs of an exempt container; the source as the kernel resolves it, "tmpfs" for a tmpfs."""

    source: str
    destination: str
    read_only: bool


class Exemption(t.NamedTuple):
    """One exact container and the single rules that do not hold for it. ``commands``: what may be exec'd in it."""

    name: str
    image: str
    args: t.Tuple[str, ...]
    cwd: str
    user: str
    environment: t.Tuple[str, ...]
    mounts: t.Tuple[ExemptMount, ...]
    relax: t.FrozenSet[str]
    commands: t.Tuple[t.Tuple[str, ...], ...]


class Policy(t.NamedTuple):
    """The document, checked. See docs/guides/runtime_policy.md for what each part means."""

    mode: str
    data_root: str
    capabilities: t.FrozenSet[str]
    build_capabilities: t.FrozenSet[str]
    no_new_privileges: bool
    apparmor_profile: t.Optional[str]
    selinux_types: t.Optional[t.FrozenSet[str]]
    seccomp: bool
    denied_system_calls: t.FrozenSet[str]
    pids_limit: t.Optional[int]
    devices: t.Tuple[str, ...]
    binds: t.Tuple[Bind, ...]
    annotations: t.FrozenSet[str]
    read_only_root: bool
    refuse_root: bool
    user_namespace: bool
    joined_namespaces: bool
    audited: t.FrozenSet[str]
    exemptions: t.Tuple[Exemption, ...]


def parse(document: t.Any) -> Policy:
    """The policy of a document. Raises Closed naming the key, what it holds and what it must hold."""
    keys = {"version", *Policy._fields}
    part = _object(document, "the policy", keys)
    if part["version"] != VERSION or isinstance(part["version"], bool):
        raise _wrong("version", part["version"], f"{VERSION}: the policy and the guard are not of one release")
    if part["mode"] not in (ENFORCE, AUDIT):
        raise _wrong("mode", part["mode"], f"{ENFORCE} or {AUDIT}")
    limit = part["pids_limit"]
    if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit <= 0):
        raise _wrong("pids_limit", limit, "a number above 0, or null")
    types = part["selinux_types"]
    profile = part["apparmor_profile"]
    exemptions = tuple(_exemption(item) for item in _list(part, "exemptions"))
    names = [exemption.name for exemption in exemptions]
    if len(set(names)) != len(names):
        raise _wrong("exemptions", names, "each name once")
    return Policy(
        mode=part["mode"],
        data_root=_path(part["data_root"], "data_root"),
        capabilities=_capabilities(part, "capabilities"),
        build_capabilities=_capabilities(part, "build_capabilities"),
        apparmor_profile=None if profile is None else _word(profile, "apparmor_profile"),
        selinux_types=None if types is None else frozenset(_strings(part, "selinux_types")),
        denied_system_calls=frozenset(_strings(part, "denied_system_calls")),
        pids_limit=limit,
        devices=tuple(_path(item, "devices") for item in _list(part, "devices")),
        binds=tuple(_bind(item) for item in _list(part, "binds")),
        annotations=frozenset(_strings(part, "annotations")),
        audited=_checked(_strings(part, "audited"), "audited", not_auditable),
        exemptions=exemptions,
        **{name: _flag(part, name) for name in FLAGS},
    )


FLAGS = ("no_new_privileges", "seccomp", "read_only_root", "refuse_root", "user_namespace", "joined_namespaces")


def _bind(item: t.Any) -> Bind:
    part = _object(item, "binds", set(Bind._fields))
    return Bind(_path(part["path"], "binds.path"), _flag(part, "read_only"), _flag(part, "below"))


def _exemption(item: t.Any) -> Exemption:
    keys = {"name", "image", "args", "cwd", "user", "environment", "mounts", "relax"}
    part = _object(item, "exemptions", keys, {"commands"})
    image = _word(part["image"], "exemptions.image")
    if not image.startswith("sha256:") or len(image) != len("sha256:") + 64:
        raise _wrong("exemptions.image", image, "sha256: and 64 hexadecimal digits")
    relax = [_normal_token(token) for token in _strings(part, "relax")]
    commands = _list({"commands": [], **part}, "commands")
    return Exemption(
        name=_word(part["name"], "exemptions.name"),
        image=image,
        args=_command(part["args"], "exemptions.args"),
        cwd=_path(part["cwd"], "exemptions.cwd"),
        user=_word(part["user"], "exemptions.user"),
        environment=tuple(_strings(part, "environment")),
        mounts=tuple(_exempt_mount(mount) for mount in _list(part, "mounts")),
        relax=_checked(relax, "exemptions.relax", unknown_relaxation),
        commands=tuple(_command(command, "exemptions.commands") for command in commands),
    )


def _exempt_mount(item: t.Any) -> ExemptMount:
    part = _object(item, "exemptions.mounts", {"source", "destination"}, {"read_only"})
    source = part["source"] if part["source"] == "tmpfs" else _path(part["source"], "exemptions.mounts.source")
    read_only = _flag({"read_only": part.get("read_only", False)}, "read_only")
    return ExemptMount(source, _path(part["destination"], "exemptions.mounts.destination"), read_only)


def _normal_token(token: str) -> str:
    kind, colon, value = token.partition(":")
    return kind + colon + (run_path(value) if kind == "bind" else value)


def run_path(path: str) -> str:
    """/var/run is /run on every system that we know; sources are compared as the kernel resolves them."""
    return path[len("/var") :] if path.startswith("/var/run/") else path


def _object(
    value: t.Any, name: str, keys: t.AbstractSet[str], more: t.AbstractSet[str] = frozenset()
) -> t.Dict[str, t.Any]:
    if not isinstance(value, dict):
        raise _wrong(name, value, "an object")
    missing, unknown = sorted(keys - set(value)), sorted(set(value) - keys - set(more))
    if missing or unknown:
        raise _wrong(name, f"no {missing} and the unknown {unknown}", f"exactly {sorted(keys)}")
    return value


def _list(part: t.Mapping[str, t.Any], name: str) -> t.List[t.Any]:
    if not isinstance(part[name], list):
        raise _wrong(name, part[name], "a list")
    return part[name]


def _strings(part: t.Mapping[str, t.Any], name: str) -> t.List[str]:
    return [_word(item, name) for item in _list(part, name)]


def _command(value: t.Any, name: str) -> t.Tuple[str, ...]:
    """A command line; an argument may be empty."""
    if not isinstance(value, list) or not value:
        raise _wrong(name, value, "a list of strings, the program first")
    return tuple(_string(item, name) for item in value)


def _capabilities(part: t.Mapping[str, t.Any], name: str) -> t.FrozenSet[str]:
    return _checked(_strings(part, name), name, _not_capability)


def _not_capability(name: str) -> t.Optional[str]:
    return None if name.startswith("CAP_") and name == name.upper() else "names like CAP_CHOWN"


def _checked(items: t.Iterable[str], name: str, unexpected: t.Callable[[str], t.Optional[str]]) -> t.FrozenSet[str]:
    """``items`` as a set; ``unexpected`` says what was expected in the place of a wrong one."""
    for item in items:
        expected = unexpected(item)
        if expected:
            raise _wrong(name, item, expected)
    return frozenset(items)


def _flag(part: t.Mapping[str, t.Any], name: str) -> bool:
    if not isinstance(part[name], bool):
        raise _wrong(name, part[name], "true or false")
    return part[name]


def _string(value: t.Any, name: str) -> str:
    if not isinstance(value, str):
        raise _wrong(name, value, "a string")
    return value


def _word(value: t.Any, name: str) -> str:
    if not _string(value, name):
        raise _wrong(name, value, "a string that is not empty")
    return value


def _path(value: t.Any, name: str) -> str:
    path = run_path(_word(value, name))
    plain = path == "/" or not {"", ".", ".."} & set(path.split("/")[1:])
    if not path.startswith("/") or not plain:
        raise _wrong(name, value, "an absolute path without //, . and .. and without / at its end")
    return path


def _wrong(name: str, found: t.Any, expected: str) -> Closed:
    return Closed(f"policy {PATH}: {name} is {found!r}, expected {expected}; run the role docker_hardening again")

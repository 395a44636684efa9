# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The part of an OCI configuration that dockerd would write for a stored container, as far as rules look at it.

Made after moby's daemon/oci_linux.go, from a container's hostconfig.json (``host_config``) and config.v2.json
(``config``). What cannot be told from these two is taken as it is for a plain container; stored.py lists it.
"""

from __future__ import annotations

import re
import typing as t

from . import documents, exemption, judge, process, seccomp, stored_mounts
from .case import Case
from .namespaces import FILES
from .verdict import Closed, Spec

# HostConfig's field: the kind of namespace that it chooses
MODES = {
    "NetworkMode": "network",
    "PidMode": "pid",
    "IpcMode": "ipc",
    "UTSMode": "uts",
    "CgroupnsMode": "cgroup",
    "UsernsMode": "user",
}
JOINED = "container:"
EVERY = "ALL"  # in a list of capabilities; stands for all that the kernel has
TRUE = ("1", "t", "T", "TRUE", "true", "True")
DEVICE_RULE = r"([abc]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})\Z"
UNKNOWN_ID = -1
INIT = ("/sbin/docker-init", "--")


def build(host_config: Spec, config: Spec, points: t.Mapping[str, Spec], case: Case) -> Spec:
    """The configuration; ``points`` as of stored_mounts. Raises Closed for a filter that is no JSON."""
    privileged = bool(host_config.get("Privileged"))
    options = _security_options(host_config, config)
    unconfined = privileged or options.get("systempaths") == "unconfined"
    writable = options["writable-cgroups"] in TRUE if "writable-cgroups" in options else privileged
    nodes, rules = _devices(host_config, case)
    resources: Spec = {"devices": [{"allow": True, "access": "rwm"}] if privileged else rules}
    if host_config.get("PidsLimit") is not None:
        resources["pids"] = {"limit": host_config["PidsLimit"] if host_config["PidsLimit"] > 0 else -1}
    return {
        "process": _process(host_config, config, options, case),
        "root": {
            "path": f"{case.data_root}/rootfs/{case.container}",
            "readonly": bool(host_config.get("ReadonlyRootfs")),
        },
        "annotations": dict(host_config.get("Annotations") or {}),
        "mounts": stored_mounts.mounts(host_config, points, writable, case),
        "linux": {
            "namespaces": _namespaces(host_config, case),
            "devices": nodes,
            "resources": resources,
            "seccomp": _filter(privileged, options["seccomp"]),
            "maskedPaths": _paths(host_config.get("MaskedPaths"), judge.MASKED, unconfined),
            "readonlyPaths": _paths(host_config.get("ReadonlyPaths"), judge.READ_ONLY, unconfined),
        },
    }


def joined(host_config: Spec, field: str, case: Case) -> t.Tuple[str, int]:
    """(the container whose namespace is joined, "" for none; its first process, 0 where it does not run)"""
    mode = str(host_config.get(field) or "")
    other = mode[len(JOINED) :] if mode.startswith(JOINED) else ""
    pid = (case.host.container(case.data_root, other).get("State") or {}).get("Pid") if other else 0
    return other, pid if isinstance(pid, int) else 0


def _security_options(host_config: Spec, config: Spec) -> t.Dict[str, str]:
    """name: value of ``--security-opt``; without one what the daemon stored at creation."""
    found = {"seccomp": str(config.get("SeccompProfile") or "")}
    for name, stored in (("no-new-privileges", "NoNewPrivileges"), ("writable-cgroups", "WritableCgroups")):
        if config.get(stored) is not None:
            found[name] = "true" if config[stored] else "false"
    for option in host_config.get("SecurityOpt") or ():
        name, separator, value = str(option).partition("=" if "=" in option else ":")
        found[name] = value if separator else "true"
    return found


def _process(host_config: Spec, config: Spec, options: t.Mapping[str, str], case: Case) -> Spec:
    asked = config.get("Config") or {}
    init = host_config.get("Init") and not str(host_config.get("PidMode") or "").startswith(("host", JOINED))
    unconfined = "unconfined" if host_config.get("Privileged") else "docker-default"
    return {
        "args": [*(INIT if init else ()), str(config.get("Path") or ""), *(config.get("Args") or ())],
        "cwd": asked.get("WorkingDir") or "/",
        "env": _environment(asked),
        "user": _user(host_config, asked, case),
        "capabilities": {"bounding": _capabilities(host_config)},
        "noNewPrivileges": options.get("no-new-privileges") in TRUE,
        "apparmorProfile": options.get("apparmor") or unconfined,
        "selinuxLabel": str(config.get("ProcessLabel") or ""),
        "oomScoreAdj": host_config.get("OomScoreAdj") or 0,
    }


def _environment(asked: Spec) -> t.List[str]:
    given = [str(item) for item in asked.get("Env") or ()]
    own = [exemption.DEFAULT_PATH, f"HOSTNAME={asked.get('Hostname') or ''}"] + ["TERM=xterm"] * bool(asked.get("Tty"))
    names = {item.partition("=")[0] for item in given}
    return [item for item in own if item.partition("=")[0] not in names] + given


def _user(host_config: Spec, asked: Spec, case: Case) -> Spec:
    """Names, and the groups of a user, stand in the image, which is not read. Where an exemption of the image has a
    user that it can be, it is taken for that one.
    """
    name, _colon, group = str(asked.get("User") or "0").partition(":")
    uid, gid = _id(name), _id(group)
    gid = 0 if uid == 0 and not group else gid
    added = {_id(str(item)) for item in host_config.get("GroupAdd") or ()} - {None}
    images = exemption.images(case)
    for item in case.policy.exemptions:
        numbers = [int(number) for number in re.findall("[0-9]+", item.user)]
        same = len(numbers) > 1 and uid in (None, numbers[0]) and gid in (None, numbers[1])
        if same and item.image in images and added <= set(numbers[1:]):
            return {"uid": numbers[0], "gid": numbers[1], "additionalGids": numbers[2:]}
    return {"uid": UNKNOWN_ID if uid is None else uid, "gid": UNKNOWN_ID if gid is None else gid}


def _id(name: str) -> t.Optional[int]:
    return 0 if name == "root" else int(name) if name.isascii() and name.isdigit() else None


def _capabilities(host_config: Spec) -> t.List[str]:
    added, dropped = (
        {_capability(str(name)) for name in host_config.get(field) or ()} for field in ("CapAdd", "CapDrop")
    )
    if host_config.get("Privileged"):
        return sorted({EVERY, *process.DOCKER_DEFAULT})
    if EVERY in added:
        return sorted({EVERY, *process.DOCKER_DEFAULT} - dropped)
    return sorted(added if EVERY in dropped else (process.DOCKER_DEFAULT - dropped) | added)


def _capability(name: str) -> str:
    name = name.upper()
    return name if name == EVERY or name.startswith("CAP_") else f"CAP_{name}"


def _namespaces(host_config: Spec, case: Case) -> t.List[Spec]:
    found: t.List[Spec] = [{"type": "mount"}]
    for field, kind in MODES.items():
        _other, pid = joined(host_config, field, case)
        if host_config.get(field) == "host" or (kind == "user" and not case.policy.user_namespace):
            continue
        found.append({"type": kind, **({"path": f"/proc/{pid}/ns/{FILES[kind]}"} if pid else {})})
    return found


def _devices(host_config: Spec, case: Case) -> t.Tuple[t.List[Spec], t.List[Spec]]:
    """(the nodes, the rules of the device control group)"""
    nodes: t.List[Spec] = []
    rules: t.List[Spec] = [{"allow": False, "access": "rwm"}]
    for device in host_config.get("Devices") or ():
        found = case.host.device(str(device.get("PathOnHost")))
        if found:
            number = dict(zip(("type", "major", "minor"), found))
            nodes.append({"path": device.get("PathInContainer"), **number})
            rules.append({"allow": True, **number, "access": device.get("CgroupPermissions")})
    for text in host_config.get("DeviceCgroupRules") or ():
        match = re.match(DEVICE_RULE, str(text))
        letter, major, minor, access = match.groups() if match else ("a", "*", "*", "rwm")
        numbers = {"major": -1 if major == "*" else int(major), "minor": -1 if minor == "*" else int(minor)}
        rules.append({"allow": True, "type": letter, **numbers, "access": access})
    return nodes, rules


def _filter(privileged: bool, profile: str) -> t.Optional[Spec]:
    """Docker's own filter is one that no rule would change."""
    if profile == "unconfined" or (privileged and not profile):
        return None
    if profile in ("", "builtin"):
        return {"defaultAction": seccomp.ERRNO}
    given = documents.parse(profile.encode("utf-8"), "the seccomp profile of SecurityOpt")
    if not isinstance(given, dict):
        raise Closed(f"the seccomp profile of SecurityOpt: found {type(given).__name__}, expected an object")
    calls = [{**call, "names": call.get("names") or [call.get("name")]} for call in given.get("syscalls") or ()]
    return {**given, "syscalls": calls}


def _paths(given: t.Optional[t.List[str]], usual: t.Iterable[str], unconfined: bool) -> t.List[str]:
    return given if given is not None else [] if unconfined else sorted(usual)

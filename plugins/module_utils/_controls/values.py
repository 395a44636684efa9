# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What the controls of daemon.json set: each enabled one gives its part of the ``hardening`` fragment. Pure."""

from __future__ import annotations

import copy
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from .._azure.errors import Failure
from .._engine.daemon_json import merge
from .._engine.versions import numbers

# What a driver needs beside the options of all drivers, so that logs do not grow without bound.
BOUNDS: Mapping[str, Mapping[str, str]] = {"json-file": {"max-size": "20m", "max-file": "5"}}
NEVER_BLOCK = {"mode": "non-blocking", "max-buffer-size": "4m"}
HOST_BINDING = "com.docker.network.bridge.host_binding_ipv4"


class Settings(NamedTuple):
    """What the role's variables tune. The soft limit of open files is that of Engine 29 itself, so that programs
    which count on select() work; the hard one is what common servers and databases raise it to."""

    nofile_soft: int = 1024
    nofile_hard: int = 65536
    log_driver: str = "journald"
    log_options: Mapping[str, str] = {}
    bind_address: str = "127.0.0.1"
    userns_remap: str = "default"


class Part(NamedTuple):
    """A part of daemon.json: an object, and the oldest engine that knows all of it (None: each supported one)."""

    value: Callable[[Settings], Mapping[str, Any]]
    minimum_engine: Optional[str] = None


def _fixed(value: Mapping[str, Any]) -> Callable[[Settings], Mapping[str, Any]]:
    return lambda settings: value


def _nofile(settings: Settings) -> Mapping[str, Any]:
    limit = {"Name": "nofile", "Soft": settings.nofile_soft, "Hard": settings.nofile_hard}
    return {"default-ulimits": {"nofile": limit}}


def _logs(settings: Settings) -> Mapping[str, Any]:
    options = {**NEVER_BLOCK, **BOUNDS.get(settings.log_driver, {}), **settings.log_options}
    return {"log-driver": settings.log_driver, "log-opts": options}


def _bind_address(settings: Settings) -> Mapping[str, Any]:
    address = settings.bind_address
    return {"ip": address, "default-network-opts": {"bridge": {HOST_BINDING: address}}}


# dockerd refuses a file with an unknown key at the top, and passes over unknown ones in builder and features; a part is
# left out all the same where the engine does not know it, as it would claim what is not so.
PARTS: Mapping[str, Tuple[Part, ...]] = {
    "daemon-no-new-privileges": (Part(_fixed({"no-new-privileges": True})),),
    "daemon-icc": (Part(_fixed({"icc": False})),),
    "daemon-live-restore": (Part(_fixed({"live-restore": True})),),
    "daemon-userland-proxy": (Part(_fixed({"userland-proxy": False})),),
    "daemon-ulimits": (Part(_nofile),),
    "daemon-insecure-registries": (Part(_fixed({"insecure-registries": []})),),
    "daemon-log-driver": (Part(_logs),),
    "daemon-builder-entitlements": (
        Part(_fixed({"builder": {"entitlements": {"network-host": False, "security-insecure": False}}})),
        Part(_fixed({"builder": {"entitlements": {"device": False}}}), "29.0.0"),
    ),
    "daemon-cdi": (Part(_fixed({"features": {"cdi": False}}), "25.0.0"),),
    "daemon-default-bind-address": (Part(_bind_address, "24.0.0"),),
    "daemon-selinux": (Part(_fixed({"selinux-enabled": True})),),
    "lockdown-userns-remap": (Part(lambda settings: {"userns-remap": settings.userns_remap}),),
}


def _wrong_types(settings: Settings) -> List[str]:
    problems = []
    for name, default in Settings._field_defaults.items():
        value = getattr(settings, name)
        if not isinstance(value, type(default)) or isinstance(value, bool) != isinstance(default, bool):
            problems.append("%s is %r, expected a value like %r" % (name, value, default))
    return problems


def _wrong_values(settings: Settings) -> List[str]:
    problems = []
    if not 0 < settings.nofile_soft <= settings.nofile_hard:
        problems.append(
            "nofile_soft is %d and nofile_hard is %d, expected 0 < nofile_soft <= nofile_hard"
            % (settings.nofile_soft, settings.nofile_hard)
        )
    if settings.log_driver in ("", "none"):
        problems.append("log_driver is %r, expected a driver that keeps logs" % settings.log_driver)
    # dockerd takes texts only
    texts = [name for name, value in settings.log_options.items() if not isinstance(value, str)]
    problems += ["log_options.%s is %r, expected a text" % (name, settings.log_options[name]) for name in texts]
    if settings.log_options.get("mode", "non-blocking") != "non-blocking":
        problems.append("log_options.mode is %r, expected 'non-blocking'" % settings.log_options["mode"])
    return problems


def settings_of(given: Mapping[str, Any]) -> Settings:
    """Check and convert; what is not given has its default. Raises Failure that lists all faults."""
    problems = [
        "%s is unknown, expected %s" % (name, ", ".join(Settings._fields))
        for name in given
        if name not in Settings._fields
    ]
    settings = Settings(**{name: value for name, value in given.items() if name in Settings._fields})
    problems += _wrong_types(settings) or _wrong_values(settings)
    if problems:
        raise Failure(
            "The settings of the hardening controls are not valid: %s." % "; ".join(problems),
            code="InvalidControlSettings",
            hint="Correct them; to keep what a control forbids, waive the control.",
        )
    return settings


def fragment(control: str, settings: Settings, engine: Optional[str]) -> Dict[str, Any]:
    """What one control sets in daemon.json of this version of the engine; {} for a control that sets nothing.

    ``engine``: such as 28.5.2 or a package's 5:28.5.2-1~debian; None where it is not known, and then only what each
    supported engine knows is set.
    """
    parts = [part for part in PARTS.get(control, ()) if knows(engine, part.minimum_engine)]
    return copy.deepcopy(merge(*(part.value(settings) for part in parts)))


def knows(engine: Optional[str], minimum: Optional[str]) -> bool:
    """Whether an engine of this version is at or above ``minimum``; an unknown one is only where there is none."""
    return minimum is None or (engine is not None and numbers(engine) >= numbers(minimum))


def daemon_options(controls: Iterable[str], settings: Settings, engine: Optional[str]) -> Dict[str, Any]:
    """The ``hardening`` fragment: what the enabled controls set together."""
    return merge(*(fragment(control, settings, engine) for control in controls))

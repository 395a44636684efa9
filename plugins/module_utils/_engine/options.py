# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The engine's options, one set for every carrier, and the parts of the desired state that follow from them (pure)."""

from __future__ import annotations

import typing as t

from .desired import KEY_TYPES
from .projects import PRESENT, PULLS, WAIT_SECONDS
from .source import DISTRIBUTION, DOCKER, MIRROR, OFFLINE

Document = t.Dict[str, t.Any]

PROJECT: t.Dict[str, t.Dict[str, t.Any]] = dict(
    name=dict(type="str", required=True),
    state=dict(type="str", choices=["present", "absent"], default=PRESENT),
    files=dict(type="dict", default={}),
    environment=dict(type="dict", default={}),
    pull=dict(type="str", choices=list(PULLS), default=PULLS[0]),
    adopt=dict(type="bool", default=False),
    remove_volumes=dict(type="bool", default=False),
    wait_seconds=dict(type="int", default=WAIT_SECONDS),
)
LOGIN: t.Dict[str, t.Dict[str, t.Any]] = dict(
    registry=dict(type="str", required=True),
    username=dict(type="str", required=True),
    password=dict(type="str", required=True, no_log=True),
)
SOURCE: t.Dict[str, t.Dict[str, t.Any]] = dict(
    kind=dict(type="str", choices=[DISTRIBUTION, DOCKER, MIRROR, OFFLINE], default=DISTRIBUTION),
    url=dict(type="str"),
    suite=dict(type="str"),
    component=dict(type="str"),
    key_url=dict(type="str", no_log=False),
    key_fingerprint=dict(type="list", elements="str", no_log=False),
    packages=dict(type="list", elements="str"),
    files=dict(
        type="list",
        elements="dict",
        options=dict(url=dict(type="str"), path=dict(type="str"), sha256=dict(type="str", required=True)),
        mutually_exclusive=[("url", "path")],
        required_one_of=[("url", "path")],
    ),
    managed_identity=dict(type="str"),
    allow_untested_platform=dict(type="bool", default=False),
)
SPEC: t.Dict[str, t.Dict[str, t.Any]] = dict(
    engine_version=dict(type="str"),
    package_source=dict(type="dict", default={}, options=SOURCE),
    remote_access=dict(type="str", choices=["tls", "ssh", "none"], default="tls"),
    key_type=dict(type="str", choices=list(KEY_TYPES), default=KEY_TYPES[0], no_log=False),
    rekey=dict(type="str", no_log=False),
    restart=dict(type="str", choices=["now", "deferred", "never"], default="now"),
    daemon_options=dict(type="dict", default={}),
    protected_daemon_options=dict(type="dict", default={}, no_log=True),
    group_members=dict(type="list", elements="str", default=[]),
    group_exclusive=dict(type="bool", default=False),
    compose_projects=dict(type="list", elements="dict", default=[], options=PROJECT),
    compose_secret_environment=dict(type="dict", default={}, no_log=True),
    registry_logins=dict(type="list", elements="dict", default=[], options=LOGIN),
)
# Options that no result, diff or log may show.
SECRET_OPTIONS = ("protected_daemon_options", "compose_secret_environment", "registry_logins")
# What a document may hold that must not be read by others: where in it, by path.
SECRETS: t.Tuple[t.Tuple[str, str], ...] = (
    ("tls", "key"),
    ("daemon", "protected_options"),
    ("compose", "secret_environment"),
    ("registries", "logins"),
)


def given(value: t.Any) -> t.Any:
    """A value without what is empty in it, at any depth: nothing was said there."""
    if isinstance(value, dict):
        return {name: given(item) for name, item in value.items() if item not in (None, "", [], {}, False)}
    return [given(item) for item in value] if isinstance(value, list) else value


def parts(options: t.Mapping[str, t.Any]) -> Document:
    """The desired state's parts for these options; what is at its default is left out."""
    engine: Document = {"version": options.get("engine_version") or None}
    source = given(options.get("package_source") or {})
    if source not in ({}, {"kind": DISTRIBUTION}):
        engine["source"] = source
    if (options.get("key_type") or KEY_TYPES[0]) != KEY_TYPES[0]:
        engine["key_type"] = options["key_type"]
    if options.get("rekey"):
        engine["rekey"] = options["rekey"]
    if (options.get("restart") or "now") != "now":
        engine["restart"] = options["restart"]
    document: Document = {"engine": engine}
    if (options.get("remote_access") or "tls") != "tls":
        document["remote_access"] = options["remote_access"]
    daemon = {"options": options.get("daemon_options"), "protected_options": options.get("protected_daemon_options")}
    if any(daemon.values()):
        document["daemon"] = {name: value for name, value in daemon.items() if value}
    if options.get("group_members") or options.get("group_exclusive"):
        document["group"] = {"members": sorted(options["group_members"]), "exclusive": bool(options["group_exclusive"])}
    compose = {
        "projects": [without_defaults(project, PROJECT) for project in options.get("compose_projects") or ()],
        "secret_environment": options.get("compose_secret_environment"),
    }
    if any(compose.values()):
        document["compose"] = {name: value for name, value in compose.items() if value}
    if options.get("registry_logins"):
        document["registries"] = {"logins": options["registry_logins"]}
    return document


def without_defaults(given: t.Mapping[str, t.Any], spec: t.Mapping[str, t.Mapping[str, t.Any]]) -> Document:
    """Suboptions that are not at their default."""
    return {name: value for name, value in given.items() if value not in (None, spec[name].get("default"))}


def secret_strings(options: t.Mapping[str, t.Any]) -> t.List[t.Any]:
    """The values in the secret options that no text may hold; a registry's name and a user's are none."""
    passwords = [login.get("password") for login in options.get("registry_logins") or ()]
    others = [options.get(name) or {} for name in SECRET_OPTIONS if name != "registry_logins"]
    return [*others, *passwords]


def public(document: t.Mapping[str, t.Any]) -> Document:
    """A desired state without its secrets: for diffs, and for scripts that others can read."""
    result = dict(document)
    for part, name in SECRETS:
        if isinstance(result.get(part), dict):
            result[part] = {key: value for key, value in result[part].items() if key != name}
    return result


def secrets(document: t.Mapping[str, t.Any]) -> Document:
    """The secrets of a desired state, in its own shape; {} where there are none."""
    found: Document = {}
    for part, name in SECRETS:
        value = (document.get(part) or {}).get(name)
        if value:
            found.setdefault(part, {})[name] = value
    return found


def united(document: t.Mapping[str, t.Any], hidden: t.Mapping[str, t.Any]) -> Document:
    """A desired state and its secrets, which came by another way. A secret without its part counts for nothing."""
    result = dict(document)
    for part, values in hidden.items():
        if part == "tls" and not result.get("tls"):
            continue
        result[part] = {**(result.get(part) or {}), **values}
    return result

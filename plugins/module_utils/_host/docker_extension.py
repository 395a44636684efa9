# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The settings of the retired extension DockerExtension, of both its generations, in the words of our roles (pure).

Version 1: public ``docker.port`` (text), ``docker.options`` (list of flags), ``compose`` (object) and
``compose-environment``, protected ``environment``, ``login`` and ``certs``. Version 0: public ``dockerport``,
``composeup`` and ``installonly``.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.daemon_json import (
    LISTENER_KEYS,
    key_of,
)

Document = t.Dict[str, t.Any]

KNOWN = frozenset(
    ("docker", "compose", "compose-environment", "azure-environment", "dockerport", "composeup", "installonly")
)
KNOWN_PROTECTED = frozenset(("certs", "environment", "login", "ca", "server-cert", "server-key"))
SWITCHES = frozenset(
    (
        *("debug", "icc", "ip-forward", "ip-masq", "iptables", "ipv6", "live-restore", "no-new-privileges"),
        *("raw-logs", "selinux-enabled", "userland-proxy", "experimental"),
    )
)
LISTS = frozenset(
    (
        *("authorization-plugins", "dns", "dns-opts", "dns-search", "exec-opts", "insecure-registries", "labels"),
        *("registry-mirrors", "storage-opts"),
    )
)
MAPS = frozenset(("log-opts",))
PROJECT = "compose"  # the extension's default of COMPOSE_PROJECT_NAME
OWN_VARIABLES = ("COMPOSE_PROJECT_NAME", "COMPOSE_HTTP_TIMEOUT")


def translate(public: t.Any, protected: t.Any = None) -> Document:
    """{"variables", "secret_variables", "left"}: of our roles, and what nobody can translate, as texts for people.

    Raises Failure for what are no settings of that extension.
    """
    public, protected = _checked("settings", public, KNOWN), _checked("protected settings", protected, KNOWN_PROTECTED)
    left: t.List[str] = []
    variables: Document = {}
    secret: Document = {}
    docker = public.get("docker") or {}
    port = docker.get("port") or public.get("dockerport")
    if port:
        variables["docker_api_port"] = int(port)
    options = daemon_options(docker.get("options") or [], left)
    if options:
        variables["docker_engine_daemon_options"] = options
    model = public.get("compose") or public.get("composeup")
    if model:
        _compose(
            model, public.get("compose-environment") or {}, protected.get("environment") or {}, variables, secret, left
        )
    if protected.get("login"):
        secret["docker_engine_registry_logins"] = [_login(protected["login"])]
    if protected.get("certs") or protected.get("server-key"):
        left.append("certificates are not taken over: each host makes a key of its own and gets a certificate for it")
    return {"variables": variables, "secret_variables": secret, "left": left}


def daemon_options(flags: t.Sequence[str], left: t.List[str]) -> Document:
    """Options of daemon.json for the daemon's flags; those that are none of it are said in ``left``."""
    found: Document = {}
    words = " ".join(flags).split()
    while words:
        word = words.pop(0)
        flag, equals, value = word.partition("=")
        key = key_of(flag).lstrip("-")
        takes_value = key not in SWITCHES
        if takes_value and not equals and words and not words[0].startswith("-"):
            value = words.pop(0)
        _add(found, key, value, word, left)
    return found


def _add(found: Document, key: str, value: str, word: str, left: t.List[str]) -> None:
    if key in LISTENER_KEYS or key == "containerd":
        left.append("the flag %s is not taken over: the listener and its certificates are declared otherwise" % word)
    elif key in SWITCHES:
        found[key] = value != "false"
    elif not value:
        left.append("the flag %s is not known: look for its key in daemon.json" % word)
    elif key in LISTS:
        found.setdefault(key, []).append(value)
    elif key in MAPS:
        name, _equals, text = value.partition("=")
        found.setdefault(key, {})[name] = text
    else:
        found[key] = int(value) if value.isdigit() else value


def _compose(
    model: t.Any, environment: Document, hidden: Document, variables: Document, secret: Document, left: t.List[str]
) -> None:
    name = str(environment.get("COMPOSE_PROJECT_NAME") or PROJECT)
    if "services" not in model:
        model = {"services": model}
        left.append("the Compose file was of format 1: look at links, volumes_from and net in it")
    model = {key: value for key, value in model.items() if key != "version"}
    project: Document = {"name": name, "files": {"compose.yaml": json.dumps(model, indent=2, sort_keys=True) + "\n"}}
    others = {key: str(value) for key, value in environment.items() if key not in OWN_VARIABLES}
    if others:
        project["environment"] = others
    variables["docker_engine_compose_projects"] = [project]
    if hidden:
        secret["docker_engine_compose_secret_environment"] = {name: {key: str(value) for key, value in hidden.items()}}


def _login(given: Document) -> Document:
    server = str(given.get("server") or "docker.io").partition("://")[2] or str(given.get("server") or "docker.io")
    return {"registry": server.partition("/")[0], "username": given.get("username"), "password": given.get("password")}


def _checked(what: str, given: t.Any, known: t.AbstractSet[str]) -> Document:
    if given in (None, ""):
        return {}
    try:
        found = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Failure(
            "The %s are no JSON object, expected those of DockerExtension." % what,
            code="InvalidSettings",
            hint="Give what vm_extension_info returns as settings, or the former pub.json.",
        )
    unknown = sorted(set(found) - known)
    if unknown:
        raise Failure(
            "The %s have %s, expected only %s." % (what, ", ".join(unknown), ", ".join(sorted(known))),
            code="InvalidSettings",
            hint="Are they those of another extension?",
        )
    return dict(found)

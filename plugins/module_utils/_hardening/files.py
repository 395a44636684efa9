# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""All files of one host's hardening, as one set for the module host_files. Pure, but for reading the guard's files."""

from __future__ import annotations

import typing as t

from . import entries, evidence, firewall, guard_files, kernel, modes, places, policy, profiles, units
from .entries import Layer

Data = t.Mapping[str, t.Any]


def declare(found: Data, settings: Data) -> t.Dict[str, t.Any]:
    """``{"files", "validate", "after", "stale"}``.

    ``found``: as the module docker_hardening_info returns it; ``settings``: see the filter hardening_files.
    Raises Failure for settings with which nothing can be declared.
    """
    host = found["host"]
    enabled = frozenset(found["selection"]["enabled"])
    made = found["policy"]
    network = list(_network(enabled, settings))
    drop_ins = units.Wanted(enabled | _wrapper(made), settings["ceiling_removed"], settings["journal"], bool(network))
    layers = [
        *_kernel(enabled, host, settings),
        *([guard_files.wants(made)] if made else []),
        *_profiles(enabled, policy.capabilities(made)),
        units.wants(drop_ins),
        Layer(tuple(modes.wants(enabled, host["units"], host["registry_certificates"]))),
        *network,
    ]
    own = evidence.own(entry["path"] for layer in layers for entry in layer.files)
    whole = entries.joined([*layers, *_evidence(enabled, host, settings, own)])
    declared = {entry["path"] for entry in whole.files}
    return {
        "files": list(whole.files),
        "validate": list(whole.validate),
        "after": _once(whole.after),
        "stale": [path for path in found["stale"] if path in declared],
    }


def _wrapper(made: t.Optional[Data]) -> t.FrozenSet[str]:
    """A wrapper that only audits is in its place too."""
    return frozenset(["runtime-wrapper"] if made else [])


def _kernel(enabled: t.AbstractSet[str], host: Data, settings: Data) -> t.Iterator[Layer]:
    if "host-modules" in enabled and host["modules"]:
        yield kernel.modules(host["modules"])
    values = {name: value for name, value in settings["sysctl"].items() if name in host["settings"]}
    if "host-sysctl" in enabled and values:
        yield kernel.settings(values)


def _profiles(enabled: t.AbstractSet[str], capabilities: t.Sequence[str]) -> t.Iterator[Layer]:
    names = {
        "profile-docker-default": places.DEFAULT_PROFILE,
        "profile-docker-hardened": places.HARDENED_PROFILE,
    }
    wanted = [name for control, name in names.items() if control in enabled]
    if wanted:
        yield profiles.wants(wanted, capabilities)


def _network(enabled: t.AbstractSet[str], settings: Data) -> t.Iterator[Layer]:
    given = settings["firewall"]
    published = given["published"] if "network-firewall" in enabled else None
    sources = given["api_sources"] if "network-docker-port" in enabled else None
    if published is not None or sources is not None:
        yield firewall.wants(published, given["api_port"], sources)


def _evidence(enabled: t.AbstractSet[str], host: Data, settings: Data, own: t.Sequence[str]) -> t.Iterator[Layer]:
    if "evidence-audit-rules" in enabled:
        data = [host["data_root"]] if "evidence-audit-data" in enabled else []
        yield evidence.wants({*host["audit_paths"], *own}, data)
    if "evidence-journal-limits" in enabled:
        yield units.journal(settings["journal"])


def _once(commands: t.Sequence[entries.Entry]) -> t.List[entries.Entry]:
    """Each command once, where it comes first: several layers want systemd to read its units."""
    return [one for index, one in enumerate(commands) if one not in commands[:index]]

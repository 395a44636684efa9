# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Layer L0: kernel modules and kernel settings. Pure."""

from __future__ import annotations

import typing as t

from . import places
from .entries import HEAD, Layer, command, file


def modules(available: t.Sequence[str]) -> Layer:
    """Modules that this kernel has, loaded at boot: under the capability ceiling dockerd cannot load them itself."""
    return Layer(
        files=(file(places.MODULES, HEAD + "".join(f"{name}\n" for name in available)),),
        after=(
            command("load the modules", "systemctl", "restart", "systemd-modules-load.service", when=[places.MODULES]),
        ),
    )


def settings(values: t.Mapping[str, t.Any]) -> Layer:
    """Kernel settings by their names with dots."""
    lines = "".join(f"{name} = {_text(value)}\n" for name, value in sorted(values.items()))
    return Layer(
        files=(file(places.SYSCTL, HEAD + lines),),
        after=(
            command("set the kernel's settings", "sysctl", "--quiet", "--load", places.SYSCTL, when=[places.SYSCTL]),
        ),
    )


def _text(value: t.Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def listed(text: str) -> t.FrozenSet[str]:
    """The modules of a file that ``modules`` wrote, by the names that /sys/module has for them."""
    lines = (line.strip() for line in text.splitlines())
    return frozenset(line.replace("-", "_") for line in lines if line and not line.startswith("#"))


def declared(text: str) -> t.Dict[str, str]:
    """The settings of a file that ``settings`` wrote."""
    lines = (line.partition("=") for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _equals, value in lines}

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Version floors by where the packages come from. Pure.

The vendor's packages have the numbers of the releases that fixed something. A distribution keeps a version and
backports fixes, so that its own newest package is the floor, which a version number does not show.
"""

from __future__ import annotations

from typing import Mapping, NamedTuple, Optional, Tuple

from .._azure.errors import Failure
from .._engine.source import DISTRIBUTION, DOCKER, MIRROR, OFFLINE
from .._engine.versions import numbers
from .control import HIGH, MEDIUM, Finding

ENGINE, RUNC = "engine", "runc"
# Each series that is still repaired, with its first release that has the fixes; later series have them.
VENDOR: Mapping[str, Tuple[str, ...]] = {ENGINE: ("29.5.0",), RUNC: ("1.3.6", "1.4.3", "1.5.0")}
CONTROLS: Mapping[str, str] = {ENGINE: "host-engine-floor", RUNC: "host-runc-floor"}
BACKPORTS = "lower than vendor's floor; distribution backports"


class Source(NamedTuple):
    """How a version below the vendor's floor is judged for packages of one source."""

    severity: str
    text: str
    next_step: str


# A mirror and package files hold the vendor's packages or rebuilds of them, under the vendor's numbers.
SOURCES: Mapping[str, Source] = {
    DOCKER: Source(HIGH, "lower than vendor's floor", "upgrade it (role docker_engine: docker_engine_version)"),
    MIRROR: Source(HIGH, "lower than vendor's floor", "bring the newer packages to the mirror, then upgrade"),
    OFFLINE: Source(HIGH, "lower than vendor's floor", "declare newer package files (docker_engine_package_source)"),
    DISTRIBUTION: Source(
        MEDIUM, BACKPORTS, "keep the distribution's newest package, and check its security tracker for the fixes"
    ),
}


def judge(component: str, version: Optional[str], source: str) -> Optional[Finding]:
    """The finding for a version of ENGINE or RUNC from packages of ``source``; None where it is at its floor or above.

    A version that is not known is a finding too. Raises Failure for a source that does not exist.
    """
    if source not in SOURCES:
        raise Failure(
            "package_source is %r, expected %s." % (source, ", ".join(sorted(SOURCES))),
            code="InvalidPackageSource",
            hint="Give the kind of docker_engine_package_source.",
        )
    rule = SOURCES[source]
    floors = VENDOR[component]
    if not version or not numbers(version):
        return Finding(CONTROLS[component], rule.severity, "%s: its version is not known (%r)" % (component, version))
    if not below(numbers(version), floors):
        return None
    text = "%s %s is %s (%s): %s" % (component, version, rule.text, " or ".join(floors), rule.next_step)
    return Finding(CONTROLS[component], rule.severity, text)


def below(version: Tuple[int, ...], floors: Tuple[str, ...]) -> bool:
    """Whether a version is before the floor of its series; a series without one is judged by the newest floor."""
    bounds = [numbers(floor) for floor in floors]
    own = [bound for bound in bounds if bound[:2] == version[:2]]
    return version < (own or bounds)[-1]

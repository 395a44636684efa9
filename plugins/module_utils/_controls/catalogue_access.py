# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Controls of access: owners and modes of files, the group docker, its socket."""

from __future__ import annotations

from typing import NamedTuple, Tuple

from .control import BASELINE, ENFORCE, HIGH, LOW, MEDIUM, Control


class Place(NamedTuple):
    """Files that must have one owner and at most one mode; ``cis_1_6``: the statements on owner and mode."""

    name: str
    about: str
    owner: str
    mode: str
    severity: str
    cis_1_6: Tuple[str, ...]
    exact: bool = False


# Modes are compared as bits: fewer rights than these are fine, except where the mode is exact.
PLACES: Tuple[Place, ...] = (
    Place("docker-service", "docker.service and its drop-ins", "root:root", "0644", MEDIUM, ("3.1", "3.2")),
    Place("docker-socket-unit", "the unit docker.socket", "root:root", "0644", MEDIUM, ("3.3", "3.4")),
    Place("etc-docker", "/etc/docker", "root:root", "0755", MEDIUM, ("3.5", "3.6")),
    Place("registry-certificates", "files below /etc/docker/certs.d", "root:root", "0444", MEDIUM, ("3.7", "3.8")),
    Place("tls-authority", "the client authorities of the listener", "root:root", "0444", HIGH, ("3.9", "3.10")),
    Place("tls-certificate", "the certificate of the listener", "root:root", "0444", MEDIUM, ("3.11", "3.12")),
    Place("tls-key", "the key of the listener", "root:root", "0400", HIGH, ("3.13", "3.14"), exact=True),
    Place("docker-socket", "/run/docker.sock", "root:docker", "0660", HIGH, ("3.15", "3.16")),
    Place("daemon-json", "/etc/docker/daemon.json", "root:root", "0644", MEDIUM, ("3.17", "3.18")),
    Place("default-docker", "/etc/default/docker, where there is one", "root:root", "0644", LOW, ("3.19", "3.20")),
    # CIS names the mode of this one before its owner.
    Place("sysconfig-docker", "/etc/sysconfig/docker, where there is one", "root:root", "0644", LOW, ("3.21", "3.22")),
    Place("containerd-socket", "/run/containerd/containerd.sock", "root:root", "0660", HIGH, ("3.23", "3.24")),
    Place("collection", "the wrapper, its policy and profiles of this collection", "root:root", "0755", HIGH, ()),
)


def _modes(place: Place) -> Control:
    most = "exactly mode" if place.exact else "at most mode"
    return Control(
        id="files-modes-%s" % place.name,
        title="Owner %s and %s %s: %s" % (place.owner, most, place.mode, place.about),
        layer="L5",
        tier=BASELINE,
        severity=place.severity,
        kind=ENFORCE,
        why="Whoever may write these files, or read the key, decides what root does here.",
        breaks="Programs that read or write these files as another user.",
        source="CIS Docker Benchmark 1.6, section 3 (titles)." if place.cis_1_6 else "This collection's own files.",
        cis_1_6=place.cis_1_6,
    )


CONTROLS: Tuple[Control, ...] = (
    *(_modes(place) for place in PLACES),
    Control(
        id="access-docker-group",
        title="Only declared users are in the group docker",
        layer="L5",
        tier=BASELINE,
        severity=HIGH,
        kind=ENFORCE,
        why="A member of this group can do on the host what root can, but for what the other layers refuse.",
        breaks="Users and runners that are not declared lose their access to the engine.",
        source="Docker's documentation on its attack surface.",
        cis_1_6=("1.1.2",),
        variable="docker_engine_group_members",
    ),
    Control(
        id="access-docker-socket",
        title="The engine's socket is reached by root and the group docker only",
        layer="L5",
        tier=BASELINE,
        severity=HIGH,
        kind=ENFORCE,
        why="docker.socket makes the socket anew at each start, so that its unit must say owner and mode.",
        breaks="Programs that reach the socket as another user.",
        source="Measured on 29.7.2: systemd's unit owns the socket and its mode.",
        cis_1_6=("3.15", "3.16"),
        requires=("systemd",),
    ),
)

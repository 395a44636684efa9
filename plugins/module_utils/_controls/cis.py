# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Every statement of the CIS Docker Benchmark 1.6 and 1.8, and what is done about it. Titles are our own words.

Which controls answer a statement is told by the controls themselves (``Control.cis_1_6``). Here is only what they
cannot tell: titles, and the reason where no control answers.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

from .catalogue import ALL
from .control import ENFORCE
from .numbering import ADDED_IN_1_8, to_1_8

ENFORCED, AUDITED, MANUAL, EXCLUDED = "enforced", "audited", "manual", "excluded"
TREATMENTS = (ENFORCED, AUDITED, MANUAL, EXCLUDED)


class Row(NamedTuple):
    """A statement by its number in 1.6; ``without``: MANUAL or EXCLUDED, where no control answers it.

    ``reason``: why no control answers, or what the controls leave open.
    """

    number: str
    title: str
    without: Optional[str] = None
    reason: str = ""


class Statement(NamedTuple):
    """A statement with what is done: ``treatment`` is one of TREATMENTS, ``controls`` are ids.

    A number is None in the version that does not have the statement.
    """

    cis_1_6: Optional[str]
    cis_1_8: Optional[str]
    title: str
    treatment: str
    controls: Tuple[str, ...]
    reason: str


OWNER = "For who builds the image: check it where images are built."
SWARM = "Does not apply while the engine is in no swarm, which host-swarm audits; in a swarm it is for its owner."
GONE = "%s; an engine that still has it is below its version floor."

ROWS: Tuple[Row, ...] = (
    Row("1.1.1", "Own partition for containers' data"),
    Row("1.1.2", "Only trusted users control the daemon"),
    Row("1.1.3", "Audit: dockerd"),
    Row("1.1.4", "Audit: /run/containerd"),
    Row("1.1.5", "Audit: /var/lib/docker"),
    Row("1.1.6", "Audit: /etc/docker"),
    Row("1.1.7", "Audit: docker.service"),
    Row("1.1.8", "Audit: containerd.sock"),
    Row("1.1.9", "Audit: docker.socket", reason="1.8 names docker.sock here."),
    Row("1.1.10", "Audit: /etc/default/docker"),
    Row("1.1.11", "Audit: daemon.json"),
    Row("1.1.12", "Audit: containerd's config.toml"),
    Row("1.1.13", "Audit: /etc/sysconfig/docker"),
    Row("1.1.14", "Audit: containerd"),
    Row("1.1.15", "Audit: containerd-shim"),
    Row("1.1.16", "Audit: containerd-shim-runc-v1"),
    Row("1.1.17", "Audit: containerd-shim-runc-v2"),
    Row("1.1.18", "Audit: runc"),
    Row(
        "1.2.1",
        "Host is hardened",
        MANUAL,
        "The rest of the host is for a role that hardens hosts. It must leave net.ipv4.ip_forward at 1.",
    ),
    Row("1.2.2", "Docker is up to date", reason="containerd has no floor here: keep its current patch release."),
    Row(
        "2.1",
        "Daemon runs without root",
        EXCLUDED,
        "Rootless mode has no AppArmor, no overlay networks and no ports below 1024; lockdown-userns-remap is offered.",
    ),
    Row("2.2", "Default bridge keeps containers apart"),
    Row("2.3", "Daemon's log level"),
    Row("2.4", "Daemon may change iptables"),
    Row("2.5", "No insecure registries"),
    Row("2.6", "No aufs", EXCLUDED, GONE % "aufs was removed in 24.0"),
    Row("2.7", "TLS for the daemon"),
    Row("2.8", "Default limits of resources"),
    Row("2.9", "User namespaces"),
    Row("2.10", "Default parent of control groups"),
    Row("2.11", "Base size of the device", EXCLUDED, GONE % "It belongs to devicemapper, removed in 25.0"),
    Row(
        "2.12",
        "Authorization of API commands",
        EXCLUDED,
        "Plugins are passed by requests that they parse in another way than the daemon; the wrapper sees what runs.",
    ),
    Row("2.13", "Central logs", reason="Forwarding the journal to another machine is for the site."),
    Row("2.14", "No new privileges"),
    Row("2.15", "Live restore"),
    Row("2.16", "No userland proxy"),
    Row("2.17", "Daemon's seccomp profile"),
    Row("2.18", "No experimental features"),
    Row("3.1", "Owner: docker.service"),
    Row("3.2", "Mode: docker.service"),
    Row("3.3", "Owner: docker.socket"),
    Row("3.4", "Mode: docker.socket"),
    Row("3.5", "Owner: /etc/docker"),
    Row("3.6", "Mode: /etc/docker"),
    Row("3.7", "Owner: certificates of registries"),
    Row("3.8", "Mode: certificates of registries"),
    Row("3.9", "Owner: TLS authority"),
    Row("3.10", "Mode: TLS authority"),
    Row("3.11", "Owner: TLS certificate"),
    Row("3.12", "Mode: TLS certificate"),
    Row("3.13", "Owner: TLS key"),
    Row("3.14", "Mode: TLS key"),
    Row("3.15", "Owner: Docker's socket"),
    Row("3.16", "Mode: Docker's socket"),
    Row("3.17", "Owner: daemon.json"),
    Row("3.18", "Mode: daemon.json"),
    Row("3.19", "Owner: /etc/default/docker"),
    Row("3.20", "Mode: /etc/default/docker"),
    Row("3.21", "Mode: /etc/sysconfig/docker"),
    Row("3.22", "Owner: /etc/sysconfig/docker"),
    Row("3.23", "Owner: containerd's socket"),
    Row("3.24", "Mode: containerd's socket"),
    Row("4.1", "Image has a user of its own"),
    Row("4.2", "Trusted base images", MANUAL, OWNER),
    Row("4.3", "No needless packages in images", MANUAL, OWNER),
    Row("4.4", "Images are scanned and rebuilt", MANUAL, OWNER),
    Row("4.5", "Content trust", EXCLUDED, GONE % "Content trust was removed from the client in 29.0"),
    Row("4.6", "Images have a health check"),
    Row("4.7", "No update instruction alone in a Dockerfile", MANUAL, OWNER),
    Row("4.8", "No setuid programs in images", MANUAL, OWNER + " runtime-no-new-privileges takes their effect."),
    Row("4.9", "COPY instead of ADD", MANUAL, OWNER),
    Row("4.10", "No secrets in Dockerfiles", MANUAL, OWNER),
    Row("4.11", "Verified packages only", MANUAL, OWNER),
    Row("4.12", "Signatures of artifacts are checked", MANUAL, OWNER),
    Row("5.1", "No swarm mode without need"),
    Row("5.2", "AppArmor profile"),
    Row("5.3", "SELinux options"),
    Row("5.4", "Capabilities"),
    Row("5.5", "No privileged containers"),
    Row("5.6", "No directories of the system in containers"),
    Row("5.7", "No SSH server in containers", MANUAL, "What runs in a container is for its owner."),
    Row("5.8", "No privileged ports"),
    Row("5.9", "Only needed ports are open"),
    Row("5.10", "No network of the host"),
    Row("5.11", "Limit of memory"),
    Row("5.12", "Share of processor time"),
    Row("5.13", "Read-only root file system"),
    Row("5.14", "Published ports have an address"),
    Row("5.15", "Restart policy"),
    Row("5.16", "No processes of the host"),
    Row("5.17", "No IPC of the host"),
    Row("5.18", "No devices of the host"),
    Row("5.19", "Limits of resources are overridden only where needed"),
    Row("5.20", "No shared propagation of mounts"),
    Row("5.21", "No UTS namespace of the host"),
    Row("5.22", "Seccomp is on"),
    Row("5.23", "No exec with privileges", reason="It is not refused: the command gets what the policy allows."),
    Row("5.24", "No exec as root", reason="It is not refused: the command gets what the policy allows."),
    Row("5.25", "Control group of containers"),
    Row("5.26", "No new privileges in containers"),
    Row("5.27", "Health is checked"),
    Row("5.28", "Newest version of an image", MANUAL, "Which version is wanted, only its owner knows."),
    Row("5.29", "Limit of processes"),
    Row("5.30", "Not the default bridge"),
    Row("5.31", "No user namespace of the host"),
    Row("5.32", "Docker's socket is in no container"),
    Row("6.1", "No sprawl of images"),
    Row("6.2", "No sprawl of containers"),
    Row("7.1", "Number of managers", MANUAL, SWARM),
    Row("7.2", "Address of swarm services", MANUAL, SWARM),
    Row("7.3", "Encrypted overlay networks", MANUAL, SWARM),
    Row("7.4", "Swarm secrets", MANUAL, SWARM),
    Row("7.5", "Managers are locked", MANUAL, SWARM),
    Row("7.6", "Key of the lock is rotated", MANUAL, SWARM),
    Row("7.7", "Certificates of nodes are rotated", MANUAL, SWARM),
    Row("7.8", "Authority of the swarm is rotated", MANUAL, SWARM),
    Row("7.9", "Management is apart from data", MANUAL, SWARM),
    Row("8", "Docker Enterprise", EXCLUDED, "The product that this section is about is no longer made."),
)
DEVICEMAPPER = Statement(None, ADDED_IN_1_8, "No devicemapper", EXCLUDED, (), GONE % "devicemapper was removed in 25.0")


def statements() -> Tuple[Statement, ...]:
    """All statements of both versions, in the order of 1.8."""
    found = []
    for row in ROWS:
        if row.number == ADDED_IN_1_8:
            found.append(DEVICEMAPPER)
        found.append(_answered(row))
    return tuple(found)


def _answered(row: Row) -> Statement:
    controls = [control for control in ALL if row.number in control.cis_1_6]
    by_control = ENFORCED if any(control.kind == ENFORCE for control in controls) else AUDITED
    return Statement(
        cis_1_6=row.number,
        cis_1_8=to_1_8(row.number),
        title=row.title,
        treatment=row.without or by_control,
        controls=tuple(control.id for control in controls),
        reason=row.reason,
    )

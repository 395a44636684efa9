# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk of a guest: an overlay over the image, and the identity that Azure's provisioning writes into it.

On Azure the provisioning agent (cloud-init, waagent) does this at the first boot, from what the platform hands it;
here the platform does it itself, before the first boot.
"""

from __future__ import annotations

import base64
import pathlib
import secrets
import subprocess

from ..arm.fabric import VmSpec
from ..lab import network

PROVENANCE = {
    "host name, administrator with key and sudo, customData below /var/lib/waagent": "docs",
    "provisioning by the platform instead of an agent inside": "inferred",
}
# directories in which Docker keeps layers: overlayfs cannot lie upon overlayfs, so they come from the host's disk
DATA = ("var/lib/docker", "var/lib/containerd")


class Disk:
    """One guest's disk below ``directory``; ``root`` is its mounted file system."""

    def __init__(self, directory: pathlib.Path, image: pathlib.Path) -> None:
        self.directory = directory
        self.image = image
        self.root = directory / "root"

    @property
    def is_new(self) -> bool:
        return not (self.directory / "provisioned").exists()

    def mount(self) -> None:
        """Mount the overlay (in the lab's mount namespace, with which it goes)."""
        if self.root.is_mount():
            return
        for name in ("upper", "work", "root"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        layers = ",".join(
            (f"lowerdir={self.image}", f"upperdir={self.directory}/upper", f"workdir={self.directory}/work")
        )
        network.run("mount", "-t", "overlay", "overlay", "-o", layers, str(self.root))
        for source, target in self.binds():
            source.mkdir(parents=True, exist_ok=True)
            (self.root / target).mkdir(parents=True, exist_ok=True)

    def binds(self) -> list[tuple[pathlib.Path, str]]:
        return [(self.directory / "data" / path.replace("/", "-"), path) for path in DATA]

    def provision(self, spec: VmSpec) -> None:
        """Host name, network, host keys and the administrator: once in a disk's life."""
        if not self.is_new:
            return
        (self.root / "etc/hostname").write_text(spec.computer_name + "\n")
        with (self.root / "etc/hosts").open("a") as hosts:
            hosts.write(f"127.0.0.1 localhost\n127.0.1.1 {spec.computer_name}\n")
        (self.root / "etc/machine-id").write_text(secrets.token_hex(16) + "\n")
        (self.root / "etc/systemd/network/10-host0.network").write_text(network_unit(spec))
        self.inside("ssh-keygen", "-A", "-q")
        self.add_administrator(spec)
        if spec.custom_data is not None:
            target = self.root / "var/lib/waagent/CustomData"
            target.touch(mode=0o600)
            target.write_bytes(base64.b64encode(spec.custom_data))
        (self.directory / "provisioned").touch()

    def add_administrator(self, spec: VmSpec) -> None:
        user = spec.admin_username
        self.inside("useradd", "--create-home", "--shell", "/bin/bash", user)
        sudoers = self.root / "etc/sudoers.d/90-cloud-init-users"
        sudoers.write_text(f"{user} ALL=(ALL) NOPASSWD:ALL\n")
        sudoers.chmod(0o440)
        keys = self.root / "home" / user / ".ssh"
        keys.mkdir(mode=0o700)
        (keys / "authorized_keys").write_text("\n".join(spec.ssh_public_keys) + "\n")
        (keys / "authorized_keys").chmod(0o600)
        self.inside("chown", "-R", f"{user}:{user}", f"/home/{user}/.ssh")

    def inside(self, *command: str) -> None:
        network.run("chroot", str(self.root), *command)

    def unmount(self) -> None:
        if self.root.is_mount():
            network.run("umount", "--recursive", "--lazy", str(self.root))

    def remove(self) -> None:
        self.unmount()
        subprocess.run(["rm", "-rf", "--one-file-system", str(self.directory)], check=True)


def network_unit(spec: VmSpec) -> str:
    """A systemd-networkd unit with what Azure's DHCP hands out; the agent looks for the literal /32 route."""
    return f"""[Match]
Name=host0
[Network]
Address={spec.address}/{spec.prefix_length}
Gateway={spec.gateway}
LinkLocalAddressing=no
IPv6AcceptRA=no
[Route]
Destination={network.WIRE_SERVER}/32
Gateway={spec.gateway}
[Route]
Destination={network.METADATA_SERVICE}/32
Gateway={spec.gateway}
"""

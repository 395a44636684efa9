# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk of a system container: an overlay over the image's root file system, mounted by the lab."""

from __future__ import annotations

import pathlib
import subprocess

from ..arm.fabric import VmSpec
from ..lab import network
from . import identity

INTERFACE = "host0"  # systemd-nspawn's name for the inner end
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
        """Write the identity: once in a disk's life."""
        if not self.is_new:
            return
        for file in (*identity.files(spec, INTERFACE), *identity.host_keys(spec)):
            path = self.root / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=file.mode)
            path.write_bytes(file.content)
            path.chmod(file.mode)
        for command in identity.commands(spec):
            network.run("chroot", str(self.root), *command)
        (self.directory / "provisioned").touch()

    def unmount(self) -> None:
        if self.root.is_mount():
            network.run("umount", "--recursive", "--lazy", str(self.root))

    def remove(self) -> None:
        self.unmount()
        subprocess.run(["rm", "-rf", "--one-file-system", str(self.directory)], check=True)

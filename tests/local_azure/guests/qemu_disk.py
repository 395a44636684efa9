# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The disk of a virtual machine: a qcow2 overlay over the image's, and a small second one that brings the identity."""

from __future__ import annotations

import pathlib
import subprocess

from ..arm.fabric import FabricError, VmSpec
from ..lab import network
from . import identity

INTERFACE = "eth0"  # with net.ifnames=0, as on Azure


class QemuDisk:
    """One guest's disks below ``directory``; ``image`` is what build_qemu.sh made."""

    def __init__(self, directory: pathlib.Path, image: pathlib.Path) -> None:
        self.directory = directory
        self.image = image
        self.overlay = directory / "disk.qcow2"
        self.identity = directory / "identity.tar"

    def create(self, spec: VmSpec) -> None:
        """Make both disks, once. FabricError where the image below the overlay is not the one that it was made for."""
        now = (self.image / "stamp").read_text()
        stamp = self.directory / "image-stamp"
        if not self.overlay.exists():
            self.identity.touch(mode=0o600)
            written = [*identity.files(spec, INTERFACE), *identity.host_keys(spec)]
            self.identity.write_bytes(identity.archive(written, identity.commands(spec)))
            stamp.write_text(now)
            base = (self.image / "disk.ext4").resolve()
            network.run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(base), str(self.overlay))
        elif stamp.read_text() != now:
            text = f"the guest image was built anew after {spec.name}; begin with an empty Azure (--fresh)"
            raise FabricError("OSProvisioningInternalError", text)

    def remove(self) -> None:
        """Remove them with the directory."""
        subprocess.run(["rm", "-rf", "--one-file-system", str(self.directory)], check=True)

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest: Debian booted by systemd-nspawn on the lab's bridge, with its own network namespace."""

from __future__ import annotations

import os
import pathlib
import socket
import subprocess
import time

from ..arm.fabric import FabricError, VmSpec
from ..lab import cgroups, network
from .disk import Disk

BOOT_SECONDS = 60
STOP_SECONDS = 20
SYSTEM_CALLS = "add_key keyctl bpf"  # what dockerd and runc need beyond nspawn's default filter


class Guest:
    """One virtual machine. Not thread-safe: the fabric serialises calls for one machine."""

    def __init__(self, spec: VmSpec, directory: pathlib.Path, image: pathlib.Path) -> None:
        self.spec = spec
        self.disk = Disk(directory, image)
        self.machine = f"vm-{spec.vm_id[-8:]}"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def boot(self) -> None:
        """Boot and wait until the machine answers on its SSH port. Raises FabricError with the console's end."""
        if self.running:
            return
        self.disk.mount()
        self.disk.provision(self.spec)
        network.add_gateway(self.spec.gateway, self.spec.prefix_length)
        group = os.path.join(os.environ.get("LOCAL_AZURE_CGROUP", cgroups.PREFIX + "lab"), self.machine)
        with (self.disk.directory / "console.log").open("ab") as console:
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env=dict(os.environ, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY="1", SYSTEMD_NSPAWN_API_VFS_WRITABLE="1"),
                preexec_fn=lambda: cgroups.enter(group),
                start_new_session=True,
            )
        self.wait_for_ssh()

    def command(self) -> list[str]:
        binds = [f"--bind={source}:/{target}" for source, target in self.disk.binds()]
        return [
            "systemd-nspawn", "--quiet", "--boot", "--register=no", "--keep-unit", "--console=pipe",
            "--resolv-conf=off", "--timezone=off", "--capability=all", f"--system-call-filter={SYSTEM_CALLS}",
            f"--network-bridge={network.BRIDGE}", f"--machine={self.machine}", f"--directory={self.disk.root}", *binds,
        ]  # fmt: skip

    def wait_for_ssh(self) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            if not self.running:
                break
            try:
                with socket.create_connection((self.spec.address, 22), timeout=1) as connection:
                    if connection.recv(4) == b"SSH-":
                        return
            except OSError:
                time.sleep(0.1)
        tail = (self.disk.directory / "console.log").read_bytes()[-500:].decode(errors="replace")
        self.stop()
        raise FabricError("OSProvisioningTimedOut", f"OS Provisioning for VM '{self.spec.name}' did not finish: {tail}")

    def stop(self) -> None:
        """Ask the guest's init to power off; kill it when it does not."""
        if self.process is None:
            return
        if self.running:
            self.process.terminate()  # systemd-nspawn turns SIGTERM into an orderly power-off of its guest
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command inside, as the platform's operator could not: for tests of the lab only."""
        assert self.process is not None
        leader = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0]
        return subprocess.run(
            ["nsenter", "--target", leader, "--all", "--", *command], capture_output=True, text=True, check=False
        )

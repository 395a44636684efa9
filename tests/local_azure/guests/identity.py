# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes a machine of an image: files and commands, the same for every kind of guest.

On Azure the provisioning agent (cloud-init, waagent) does this at the first boot, from what the platform hands it;
here the platform decides it all, and the guest only takes it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import pathlib
import shlex
import tarfile
import tempfile
from typing import NamedTuple

from ..arm.fabric import VmSpec
from ..lab import network

PROVENANCE = {
    "host name, administrator with key and sudo, customData below /var/lib/waagent": "docs",
    "provisioning by the platform instead of an agent inside": "inferred",
}
COMMANDS = "run/local-azure/commands"  # in the archive: where a guest that unpacks it itself finds the commands


class File(NamedTuple):
    """A file of root's; `path` is relative to the guest's root. Directories that are missing are made."""

    path: str
    content: bytes
    mode: int = 0o644


def host_keys(spec: VmSpec) -> list[File]:
    """Return new SSH host keys: made here, because an emulated processor needs twenty seconds for an RSA key."""
    found = []
    with tempfile.TemporaryDirectory() as directory:
        for kind in ("rsa", "ecdsa", "ed25519"):
            path = pathlib.Path(directory, f"ssh_host_{kind}_key")
            network.run("ssh-keygen", "-q", "-N", "", "-t", kind, "-C", f"root@{spec.computer_name}", "-f", str(path))
            public = path.with_suffix(".pub")
            found.append(File(f"etc/ssh/{path.name}", path.read_bytes(), 0o600))
            found.append(File(f"etc/ssh/{public.name}", public.read_bytes()))
    return found


def machine_id(spec: VmSpec) -> str:
    """Return 32 hexadecimal digits, the same for the same machine at every start."""
    return hashlib.sha256(f"machine-id {spec.vm_id}".encode()).hexdigest()[:32]


def files(spec: VmSpec, interface: str) -> list[File]:
    """Return what is written into a new disk; `interface` is the name of the network interface in the guest."""
    user = spec.admin_username
    hosts = f"127.0.0.1 localhost\n127.0.1.1 {spec.computer_name}\n::1 localhost ip6-localhost ip6-loopback\n"
    texts = [
        ("etc/hostname", f"{spec.computer_name}\n", 0o644),
        ("etc/hosts", hosts, 0o644),
        ("etc/machine-id", f"{machine_id(spec)}\n", 0o644),
        (f"etc/systemd/network/10-{interface}.network", network_unit(spec, interface), 0o644),
        ("etc/sudoers.d/90-cloud-init-users", f"{user} ALL=(ALL) NOPASSWD:ALL\n", 0o440),
        (f"home/{user}/.ssh/authorized_keys", "\n".join(spec.ssh_public_keys) + "\n", 0o600),
    ]
    found = [File(path, text.encode(), mode) for path, text, mode in texts]
    if spec.custom_data is not None:
        found.append(File("var/lib/waagent/CustomData", base64.b64encode(spec.custom_data), 0o600))
    return found


def commands(spec: VmSpec) -> list[list[str]]:
    """Return what is run in the guest's root, as root, once the files are there; again where a first boot broke off."""
    user, home = spec.admin_username, f"/home/{spec.admin_username}"
    make = shlex.join(["useradd", "--no-create-home", "--shell", "/bin/bash", user])
    return [
        ["sh", "-c", f"id {shlex.quote(user)} > /dev/null 2>&1 || {make}"],
        ["cp", "--recursive", "/etc/skel/.", home],
        ["chmod", "0700", home, f"{home}/.ssh"],
        ["chown", "--recursive", f"{user}:{user}", home],
    ]


def archive(written: list[File], then_run: list[list[str]]) -> bytes:
    """Return files and commands as a tar, for a guest that unpacks it at its first boot (image/identity.sh)."""
    script = "".join(f"{shlex.join(command)}\n" for command in then_run)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in (*written, File(COMMANDS, script.encode())):
            member = tarfile.TarInfo(file.path)
            member.size, member.mode = len(file.content), file.mode
            tar.addfile(member, io.BytesIO(file.content))
    return buffer.getvalue()


def network_unit(spec: VmSpec, interface: str) -> str:
    """A systemd-networkd unit with what Azure's DHCP hands out; the agent looks for the literal /32 route."""
    return f"""[Match]
Name={interface}
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

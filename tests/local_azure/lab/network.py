# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own network: one bridge that plays Azure's fabric, one tap towards the package mirrors.

Everything here happens inside the lab's network namespace; nothing on the host changes and all of it
vanishes with the namespace.
"""

from __future__ import annotations

import ipaddress
import pathlib
import socket
import subprocess

BRIDGE = "azure0"
WIRE_SERVER = "168.63.129.16"
METADATA_SERVICE = "169.254.169.254"
TAP = "tap0"
RESOLVER = "10.0.2.3"  # slirp4netns' own name server
RESERVED = ipaddress.ip_network("10.0.2.0/24")  # slirp4netns' own network

NAT_RULES = f"""
table ip lab {{
    chain postrouting {{
        type nat hook postrouting priority srcnat;
        oifname "{TAP}" masquerade
    }}
}}
"""


def run(*command: str, stdin: str | None = None) -> None:
    done = subprocess.run(command, check=False, input=stdin, text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with status {done.returncode}: {done.stderr.strip()}")


def prepare() -> None:
    """Loopback, bridge with the two addresses every Azure VM knows, forwarding and masquerading to the tap."""
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "link", "set", BRIDGE, "up")
    for address in (WIRE_SERVER, METADATA_SERVICE):
        run("ip", "address", "add", f"{address}/32", "dev", BRIDGE)
    pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    run("nft", "-f", "-", stdin=NAT_RULES)


def hide_host() -> None:
    """systemd-nspawn keeps notes of its guests below /run/systemd: give the lab one of its own, gone with it."""
    run("mkdir", "--parents", "/run/systemd")
    run("mount", "-t", "tmpfs", "tmpfs", "/run/systemd")


def use_resolver(directory: pathlib.Path) -> None:
    """Let the processes of the lab (its own mount namespace) ask the tap's name server."""
    resolv = directory / "resolv.conf"
    resolv.write_text(f"nameserver {RESOLVER}\n")
    run("mount", "--bind", str(resolv), str(pathlib.Path("/etc/resolv.conf").resolve()))


def add_tap(name: str) -> None:
    """Give a virtual machine its port of the bridge; one that an earlier start left is taken again."""
    if name not in (known for _index, known in socket.if_nameindex()):  # /sys may be the host's
        run("ip", "tuntap", "add", "dev", name, "mode", "tap")
    run("ip", "link", "set", name, "master", BRIDGE, "up")


def add_gateway(gateway: str, prefix_length: int) -> None:
    """Give the bridge a subnet's gateway address (Azure: the first one), so that its guests are reached."""
    network = ipaddress.ip_network(f"{gateway}/{prefix_length}", strict=False)
    if network.overlaps(RESERVED):
        raise ValueError(f"subnet {network} overlaps {RESERVED}, which the lab uses itself; choose another range")
    # "replace", not "add if absent": machines boot side by side after a restart, and all ask for their gateway
    run("ip", "address", "replace", f"{gateway}/{prefix_length}", "dev", BRIDGE)

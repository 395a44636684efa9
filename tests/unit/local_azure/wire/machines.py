# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine's specification, goals, and an agent with its transport certificate."""

from __future__ import annotations

import base64
import datetime
import pathlib
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local_azure.arm.fabric import ExtensionGoal, VmSpec

SECRET = "planted-S3cret"


def spec(**given) -> VmSpec:
    """A machine; ``given`` differs."""
    return VmSpec(
        **{
            "vm_id": "5d133683-9b4e-4f6a-8f3c-000000000001",
            "name": "docker1",
            "computer_name": "docker1",
            "admin_username": "azureuser",
            "ssh_public_keys": ("ssh-ed25519 AAAA one",),
            "custom_data": None,
            "address": "10.42.0.4",
            "prefix_length": 24,
            "gateway": "10.42.0.1",
            "subscription": "00000000-0000-0000-0000-000000000001",
            "resource_group": "site",
            "location": "westeurope",
            "size": "Standard_B2s",
            "image": {"publisher": "Debian", "offer": "debian-13", "sku": "13-gen2", "version": "latest"},
            "tags": {},
            **given,
        }
    )


def goal(**given) -> ExtensionGoal:
    """What the agent shall do with CustomScript; ``given`` differs."""
    return ExtensionGoal(
        **{
            "publisher": "Microsoft.Azure.Extensions",
            "type": "CustomScript",
            "version": "2.1.19",
            "sequence": 3,
            "state": "enabled",
            "settings": {"commandToExecute": "true"},
            "sealed_settings": None,
            "thumbprint": None,
            **given,
        }
    )


class Agent:
    """The holder of a transport certificate, as the Azure Linux Agent makes one at its first start."""

    def __init__(self, directory: pathlib.Path, name: str = "agent") -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "LinuxTransport")])
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        self.key, self.certificate = directory / f"{name}.prv", directory / f"{name}.crt"
        self.key.write_bytes(clear(key))
        self.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.transport = base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()

    def open(self, sealed: bytes) -> bytes | None:
        """What is in a CMS (DER), None when it is not for this agent."""
        return decrypt(sealed, self.certificate, self.key)


def decrypt(sealed: bytes, certificate: pathlib.Path, key: pathlib.Path) -> bytes | None:
    """What `openssl cms` finds in a CMS (DER) with a key, None when it finds nothing."""
    done = subprocess.run(
        ["openssl", "cms", "-decrypt", "-inform", "DER", "-recip", str(certificate), "-inkey", str(key)],
        input=sealed,
        capture_output=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else None


def clear(key: rsa.RSAPrivateKey) -> bytes:
    """The key as PEM, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The machine's key pair and its signing request, by the ``openssl`` command; the private key never leaves."""

from __future__ import annotations

import base64
import hashlib
import pathlib
import re
import tempfile
import typing as t

from . import system
from .refusal import Refusal

CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
DIRECTORY = pathlib.Path("/etc/docker/tls")
KEY = DIRECTORY / "server-key.pem"
NEXT = DIRECTORY / "server-key-next.pem"  # takes KEY's place once its leaf has come
OWNER = DIRECTORY / "server-key.vm-id"  # the machine that made the key: a clone has another id


def run_openssl(*arguments: str) -> str:
    done = system.execute(["openssl", *arguments])
    if done.returncode:
        raise Refusal(f"openssl {arguments[0]} failed: {done.stderr.strip()}; is the openssl package complete?")
    return done.stdout


def new_key(key_type: str) -> str:
    """A fresh private key (PEM). It passes through this process's memory only."""
    kind, _dash, size = key_type.partition("-")
    options = {
        "EC": ("-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:P-{size.lstrip('P')}"),
        "RSA": ("-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{size}"),
        "Ed25519": ("-algorithm", "ED25519"),
    }
    return run_openssl("genpkey", *options[kind])


def public_sha256(pem: t.Optional[str], kind: str) -> t.Optional[str]:
    """SHA-256 (hex) of the public key in ``pem``; ``kind`` is "key" or "certificate". None when unreadable."""
    if not pem:
        return None
    command = ["openssl", "pkey", "-pubout"] if kind == "key" else ["openssl", "x509", "-noout", "-pubkey"]
    public = system.output(command, stdin=pem)
    if not public:
        return None
    body = "".join(public.strip().splitlines()[1:-1])
    return hashlib.sha256(base64.b64decode(body)).hexdigest()


def fingerprints(pem: str) -> t.List[str]:
    """SHA-256 (hex, of the DER) of every certificate in a PEM text; one that is no base64 stands for itself."""
    found = []
    for body in CERTIFICATE.findall(pem):
        try:
            data = base64.b64decode(body)
        except ValueError:
            data = body.encode("utf-8")
        found.append(hashlib.sha256(data).hexdigest())
    return found


def is_expired(certificate: str) -> bool:
    """Whether a certificate (PEM) is past its end; one that cannot be read counts as expired."""
    return system.output(["openssl", "x509", "-noout", "-checkend", "0"], stdin=certificate) is None


def request(name: str, key: pathlib.Path) -> str:
    """A certificate signing request (PEM) for a stored key. The signer takes no name from it."""
    with tempfile.NamedTemporaryFile("w", suffix=".cnf") as config:
        config.write("[req]\ndistinguished_name=dn\nprompt=no\n[dn]\n")
        config.flush()
        return run_openssl("req", "-new", "-key", str(key), "-subj", f"/CN={name[:64]}", "-config", config.name)

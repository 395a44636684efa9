# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired states, observations and key material for the tests of the engine program."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import live, unit
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import Desired, Tls
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.observe import Observed
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.supply import Supply

from .._tls import support

VM_ID = "5d133683-9b4e-4f6a-8f3c-000000000001"
COMMAND = "/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock"
TLS = Tls("CERTIFICATE\n", "AUTHORITIES\n")
ENROL = Desired("docker1", VM_ID, "10.0.0.4", 2376)
SERVE = dataclasses.replace(ENROL, tls=TLS)
BROUGHT = dataclasses.replace(ENROL, tls=dataclasses.replace(TLS, key="planted-S3cret"))
ABSENT = {unit.CERTIFICATE: None, unit.CLIENT_AUTHORITIES: None, unit.DROP_IN: None}
TODAY = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def files(desired=SERVE, command=COMMAND, key_sha256="k"):
    """The public files of a machine that serves."""
    return {
        unit.CERTIFICATE: desired.tls.certificate,
        unit.CLIENT_AUTHORITIES: desired.tls.client_authorities,
        unit.DROP_IN: unit.drop_in(desired, command, key_sha256),
    }


def seen(**given):
    """What is observed on a machine that serves as SERVE says; ``given`` differs."""
    return Observed(
        **{
            "os_id": "debian",
            "os_version": "13",
            "engines": {"docker.io": "26.1.5+dfsg1-9"},
            "strangers": (),
            "supply": Supply(engines=("docker.io",)),
            "exec_start": COMMAND,
            "live": live.of({}),
            "key_exists": True,
            "key_sha256": "k",
            "key_owner": VM_ID,
            "certificate_key_sha256": "k",
            "certificate_expired": False,
            "files": files(),
            "active": True,
            "live_mark": unit.mark(SERVE, COMMAND, "k"),
            "listening": True,
            **given,
        }
    )


def bare(**given):
    """What is observed on a machine that nobody has touched."""
    nothing = {
        "engines": {},
        "exec_start": None,
        "key_exists": False,
        "key_sha256": None,
        "key_owner": None,
        "files": ABSENT,
        "active": False,
        "live_mark": None,
        "listening": False,
    }
    return seen(**{**nothing, **given})


def new_key():
    """(private key, its PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key, support.private_pem(key).decode("ascii")


def sha256_of(key):
    """SHA-256 (hex) of the public key that belongs to a private key."""
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()


def leaf(key, days=90):
    """A certificate (PEM) for a private key, which ends in ``days`` days."""
    return support.self_signed(
        ca=False, key=key, not_before=TODAY - 30 * support.DAY, not_after=TODAY + days * support.DAY
    )[0].decode("ascii")

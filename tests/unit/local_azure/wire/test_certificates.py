# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected settings on their way: sealed to the machine, and the machine's key sealed to its agent."""

from __future__ import annotations

import json
import subprocess

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from local_azure.wire.certificates import TenantCertificate, seal

from .machines import Agent, clear, decrypt


@pytest.fixture(scope="module")
def agents(tmp_path_factory):
    directory = tmp_path_factory.mktemp("agents")
    return Agent(directory, "one"), Agent(directory, "two")


def pem(tenant):
    return tenant.certificate.public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize("data", [b"", b"{}", b"a\r\nb\n\x00\xff" * 1000])
def test_what_is_sealed_opens_with_openssl_and_is_the_same(tmp_path, data):
    tenant = TenantCertificate.create()
    (tmp_path / "key").write_bytes(clear(tenant.key))
    (tmp_path / "crt").write_bytes(pem(tenant))
    assert decrypt(seal(data, tenant.certificate), tmp_path / "crt", tmp_path / "key") == data


def test_what_is_sealed_to_one_is_closed_to_another(agents, tmp_path):
    tenant = TenantCertificate.create()
    assert agents[0].open(seal(b"{}", tenant.certificate)) is None


def test_the_thumbprint_is_the_one_that_openssl_shows(tmp_path):
    tenant = TenantCertificate.create()
    (tmp_path / "crt").write_bytes(pem(tenant))
    command = ["openssl", "x509", "-noout", "-fingerprint", "-sha1", "-in", str(tmp_path / "crt")]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert shown.strip().partition("=")[2].replace(":", "") == tenant.thumbprint


def test_every_machine_has_a_key_of_its_own():
    assert TenantCertificate.create().thumbprint != TenantCertificate.create().thumbprint


def test_the_agent_gets_the_key_and_the_fabric_forgets_it(agents):
    tenant = TenantCertificate.create()
    key = tenant.key
    sealed = tenant.hand_over(agents[0].transport)
    assert tenant.key is None
    handed, certificate, more = pkcs12.load_key_and_certificates(agents[0].open(sealed), None)
    assert clear(handed) == clear(key)
    assert (certificate, more) == (tenant.certificate, [])
    assert clear(key) not in json.dumps(tenant.to_json()).encode()


def test_the_same_agent_gets_it_again_and_another_one_does_not(agents):
    tenant = TenantCertificate.create()
    sealed = tenant.hand_over(agents[0].transport)
    assert tenant.hand_over(agents[1].transport) is None
    assert tenant.hand_over(agents[0].transport) == sealed
    assert agents[1].open(sealed) is None


def test_nothing_is_persisted_before_the_hand_over():
    assert TenantCertificate.create().to_json() is None


def test_what_is_persisted_serves_the_same_agent_only(agents):
    tenant = TenantCertificate.create()
    sealed = tenant.hand_over(agents[0].transport)
    data = json.loads(json.dumps(tenant.to_json()))
    assert set(data) == {"certificate", "sealed_key", "transport"}
    assert "PRIVATE KEY" not in json.dumps(data)
    again = TenantCertificate.from_json(data)
    assert (again.key, again.thumbprint) == (None, tenant.thumbprint)
    assert again.hand_over(agents[0].transport) == sealed
    assert again.hand_over(agents[1].transport) is None
    assert again.to_json() == data

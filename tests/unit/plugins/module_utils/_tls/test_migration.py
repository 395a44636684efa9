# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificate directories of the old command line and of docker-machine, taken over as the guide to migration says."""

from __future__ import annotations

import datetime
import subprocess

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import host, run

FORMER = "client-authorities/former"
PASSPHRASE = "planted passphrase 0815"


def declare(directory, **given):
    """One call of docker_tls, today: the openssl command dates what it signs today."""
    return run(directory, at=datetime.datetime.now(datetime.timezone.utc), hosts=[host()], **given)


def openssl(directory, *arguments):
    return subprocess.run(["openssl", *arguments], cwd=directory, capture_output=True, text=True, check=True).stdout


@pytest.fixture(params=["docker-machine", "old command line"])
def former(request, tmp_path):
    """One authority for everything with an RSA key, and a client of it. The old command line encrypted the key."""
    directory = tmp_path / "former"
    directory.mkdir()
    encrypted = ["-aes128", "-passout", f"pass:{PASSPHRASE}"] if request.param == "old command line" else []
    passphrase = ["-passin", f"pass:{PASSPHRASE}"]
    openssl(directory, "genrsa", "-traditional", *encrypted, "-out", "ca-key.pem", "2048")
    subject = ["-subj", "/O=ada", "-days", "1080"]
    openssl(directory, "req", "-x509", "-new", "-key", "ca-key.pem", *passphrase, *subject, "-out", "ca.pem")
    openssl(directory, "genrsa", "-traditional", "-out", "key.pem", "2048")
    openssl(directory, "req", "-new", "-key", "key.pem", "-subj", "/O=ada.<bootstrap>", "-out", "client.csr")
    (directory / "client.cnf").write_text("extendedKeyUsage = clientAuth\nkeyUsage = digitalSignature\n")
    signer = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", *passphrase, "-CAcreateserial", "-extfile", "client.cnf"]
    openssl(directory, "x509", "-req", "-in", "client.csr", *signer, "-days", "1000", "-out", "cert.pem")
    return directory, PASSPHRASE if encrypted else None


def options(former, passphrase):
    return {
        "client_authorities": ["default", "former"],
        "authority_certificates": {FORMER: (former / "ca.pem").read_text()},
        "authority_keys": {FORMER: (former / "ca-key.pem").read_text()},
        "authority_passphrase": passphrase,
    }


def is_trusted(tmp_path, bundle, certificate):
    (tmp_path / "bundle.pem").write_text(bundle)
    command = ["openssl", "verify", "-purpose", "sslclient", "-CAfile", str(tmp_path / "bundle.pem"), str(certificate)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_old_clients_work_until_their_authority_is_dropped(former, tmp_path):
    directory, passphrase = former
    given = options(directory, passphrase)
    assert is_trusted(tmp_path, declare(tmp_path / "certs", **given)["client_bundle"], directory / "cert.pem")
    assert not declare(tmp_path / "certs", **given)["changed"]
    dropped = {"client_authorities": ["default"], "authority_passphrase": passphrase}
    assert not is_trusted(tmp_path, declare(tmp_path / "certs", **dropped)["client_bundle"], directory / "cert.pem")


def test_the_key_of_the_old_command_line_needs_its_passphrase(former, tmp_path):
    directory, passphrase = former
    given = options(directory, None)
    client = {"name": "bob", "authority": "former"}
    if passphrase is None:
        assert declare(tmp_path / "certs", clients=[client], **given)["changed"]
        return
    with pytest.raises(Failure, match="is encrypted and there is no") as caught:
        declare(tmp_path / "certs", clients=[client], **given)
    assert passphrase not in str(caught.value.as_result())

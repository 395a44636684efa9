# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of _tls share: made-up facts, options with their defaults, certificates of wrong kinds, the stub."""

from __future__ import annotations

import contextlib
import copy
import datetime
import importlib.util
import os
import stat
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import facts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.converge import converge

NOW = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.timezone.utc)
DAY = datetime.timedelta(days=1)
NAMES = ("DNS:host.example.com", "IP:10.0.0.4")

_DEFAULTS = {
    "site": "site",
    "server_authority": {},
    "client_authorities": ["default"],
    "client_authority_valid_days": 3650,
    "clients": [],
    "hosts": [],
    "leaf_valid_days": 90,
    "renew_before_days": 30,
    # The module's default is 7; 0 keeps the days of the tests whole numbers that can be counted by heart.
    "renew_jitter_days": 0,
    "key_max_age_days": 0,
    "trusted_authorities": [],
    "on_foreign_authority": "fail",
    "rotation": [],
    "signer": "internal",
}


def options(directory, **given):
    """The options of docker_tls with their defaults."""
    return {**copy.deepcopy(_DEFAULTS), "directory": str(directory), **given}


def host(name="one", **given):
    """One element of the option hosts."""
    return {"name": name, "dns_names": ["%s.example.com" % name], "vm_id": "vm-%s" % name, **given}


def run(directory, check=False, at=NOW, **given):
    """One call of docker_tls."""
    return converge(options(directory, **given), check, at)


def leaf(**given):
    """Facts of a server leaf that has nothing wrong with it."""
    return facts.CertificateFacts(
        **{
            "pem": "PEM",
            "sha256": "aa",
            "key_sha256": "key",
            "not_before": NOW - DAY,
            "not_after": NOW + 60 * DAY,
            "names": NAMES,
            "usages": ("serverAuth",),
            "issuer": facts.SERVER_AUTHORITY,
            "key_type": "EC-P256",
            **given,
        }
    )


def client_leaf(**given):
    """Facts of a client leaf that has nothing wrong with it."""
    return leaf(**{"usages": ("clientAuth",), "names": (), "issuer": "client-authorities/default", **given})


def authority(label=facts.SERVER_AUTHORITY, has_key=True, **given):
    """Facts of an authority that has nothing wrong with it."""
    certificate = leaf(
        **{
            "pem": "PEM of %s" % label,
            "sha256": "sha of %s" % label,
            "not_after": NOW + 3650 * DAY,
            "usages": (),
            "names": (),
            "is_authority": True,
            **given,
        }
    )
    return facts.AuthorityFacts(label, certificate, has_key)


def authorities(*clients):
    """Facts of a server authority and of client authorities with these names."""
    return facts.Authorities(authority(), {name: authority(facts.client_authority_label(name)) for name in clients})


def codes(reasons):
    """The codes of reasons, of plans or of results."""
    return [str(reason).split(":", 1)[0] for reason in reasons]


def csr(key=None, names=("evil.example.com",)):
    """(PEM of a signing request, its key). It asks for names that nobody may get by asking."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "evil")]))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    )
    request = builder.sign(key, hashes.SHA256() if _hashed(key) else None)
    return request.public_bytes(serialization.Encoding.PEM).decode("ascii"), key


def _hashed(key):
    return not type(key).__name__.lower().startswith(("_ed", "ed"))


def private_pem(key, password=None):
    """PEM of a private key, encrypted when a password is given."""
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def self_signed(
    ca=True, not_before=NOW - DAY, not_after=NOW + 100 * DAY, common_name="made by hand", ski=True, key=None
):
    """(PEM of a self-signed certificate, its key)."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if ski:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    certificate = builder.sign(key, hashes.SHA256() if _hashed(key) else None)
    return certificate.public_bytes(serialization.Encoding.PEM), key


def parsed(pem):
    """The cryptography certificate of a PEM text."""
    return x509.load_pem_x509_certificate(pem.encode("ascii") if isinstance(pem, str) else pem)


def tree(directory):
    """Everything below a directory: {relative path: (mode, bytes or None for a directory)}."""
    found = {}
    for root, directories, files in os.walk(str(directory)):
        for name in directories + files:
            path = os.path.join(root, name)
            mode = stat.S_IMODE(os.stat(path).st_mode)
            content = None
            if name in files:
                with open(path, "rb") as stream:
                    content = stream.read()
            found[os.path.relpath(path, str(directory))] = (mode, content)
    return found


def _stub_module():
    # The fixture of the integration target, so that there is one stub of dockerd and not two.
    here = os.path.dirname(os.path.abspath(__file__))
    tests = os.path.abspath(os.path.join(here, "..", "..", "..", ".."))
    path = os.path.join(tests, "integration", "targets", "docker_tls_probe", "files", "docker_api_stub.py")
    spec = importlib.util.spec_from_file_location("docker_api_stub", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


STUB = _stub_module()


@contextlib.contextmanager
def docker_api(fleet, mode="strict", tls_version=None, bundle=None):
    """The port of a running stub. fleet: what the fixture fleet gives; bundle: path of another client bundle."""
    stub = STUB.Stub(mode, fleet.certificate, fleet.key, bundle or fleet.bundle, tls_version)
    thread = threading.Thread(target=stub.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub.port
    finally:
        stub.shutdown()
        stub.server_close()
        thread.join()

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import azure.identity
import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.clouds import CLOUDS, Cloud
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.credentials import SOURCES, make_credential
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure

PUBLIC = CLOUDS["azurecloud"]
PRIVATE = Cloud("local", "https://localhost:1", "https://localhost:1/.default", "https://localhost:1", False)
PRINCIPAL = {"tenant": "t", "client_id": "c", "secret": "s"}


@pytest.fixture
def made(monkeypatch):
    """What azure-identity is asked to make: [(class name, positional, keywords)]."""
    calls = []
    for name in (
        "AzureCliCredential",
        "ClientSecretCredential",
        "DefaultAzureCredential",
        "EnvironmentCredential",
        "ManagedIdentityCredential",
        "WorkloadIdentityCredential",
    ):
        monkeypatch.setattr(azure.identity, name, lambda *args, _n=name, **kwargs: calls.append((_n, args, kwargs)))
    return calls


# options, class, positional arguments, some keywords
MADE = {
    "auto with a secret": (PRINCIPAL, "ClientSecretCredential", ("t", "c", "s"), {}),
    "auto": ({"auth_source": "auto"}, "DefaultAzureCredential", (), {"exclude_interactive_browser_credential": True}),
    "auto with an identity": ({"client_id": "c"}, "DefaultAzureCredential", (), {"managed_identity_client_id": "c"}),
    "service principal": (
        {"auth_source": "service_principal", **PRINCIPAL},
        "ClientSecretCredential",
        ("t", "c", "s"),
        {},
    ),
    "cli": ({"auth_source": "cli", "tenant": "t"}, "AzureCliCredential", (), {"tenant_id": "t"}),
    "environment": ({"auth_source": "environment"}, "EnvironmentCredential", (), {}),
    "system identity": ({"auth_source": "managed_identity"}, "ManagedIdentityCredential", (), {}),
    "user identity": (
        {"auth_source": "managed_identity", "client_id": "c"},
        "ManagedIdentityCredential",
        (),
        {"client_id": "c"},
    ),
    "workload": (
        {"auth_source": "workload_identity", "client_id": "c", "tenant": "t"},
        "WorkloadIdentityCredential",
        (),
        {"client_id": "c", "tenant_id": "t"},
    ),
}


@pytest.mark.parametrize("name", MADE)
def test_each_source_makes_its_credential(made, name):
    options, kind, positional, keywords = MADE[name]
    make_credential(options, PUBLIC)
    [(found, args, kwargs)] = made
    assert (found, args) == (kind, positional)
    assert keywords.items() <= kwargs.items()
    assert "disable_instance_discovery" not in kwargs


@pytest.mark.parametrize("source", ["auto", "service_principal", "environment", "workload_identity"])
def test_a_private_cloud_is_not_looked_up_at_microsoft(made, source):
    make_credential({"auth_source": source, "ca_path": "/ca.pem", **PRINCIPAL}, PRIVATE)
    [(_kind, _args, kwargs)] = made
    assert kwargs["authority"] == "https://localhost:1"
    assert kwargs["disable_instance_discovery"] is True
    assert kwargs["connection_verify"] == "/ca.pem"


def test_the_authority_of_a_public_cloud_is_its_own(made):
    make_credential(PRINCIPAL, CLOUDS["azureusgovernment"])
    assert made[0][2]["authority"] == "https://login.microsoftonline.us"


@pytest.mark.parametrize("missing", ["tenant", "client_id", "secret"])
def test_missing_options_are_named(missing):
    options = {"auth_source": "service_principal", **PRINCIPAL}
    del options[missing]
    with pytest.raises(Failure) as caught:
        make_credential(options, PUBLIC)
    assert "missing: %s." % missing in caught.value.message
    assert "AZURE_CLIENT_SECRET" in caught.value.hint


def test_workload_identity_without_a_token_file(monkeypatch):
    for name in ("AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_ID", "AZURE_TENANT_ID"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(Failure) as caught:
        make_credential({"auth_source": "workload_identity"}, PUBLIC)
    assert caught.value.code == "MissingCredential"
    assert "AZURE_FEDERATED_TOKEN_FILE" in caught.value.hint


@pytest.mark.parametrize("source", sorted(set(SOURCES) - {"workload_identity"}))
def test_azure_identity_takes_what_we_give_it(source):
    """The real classes, so that a keyword they do not know would show."""
    for cloud in (PUBLIC, PRIVATE):
        assert hasattr(make_credential({"auth_source": source, **PRINCIPAL}, cloud), "get_token")

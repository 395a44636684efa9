# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import attempts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import probe as probes
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observation import (
    CHECKS,
    DEFAULT_CHECKS,
    Observation,
)
from ansible_collections.bulwark.azure_docker.plugins.modules import docker_tls_probe

LET_IN = Observation("http", status=200, engine="29.7.2", api="1.54", version="TLSv1.3")
REFUSED = Observation("alert", alert="CERTIFICATE_REQUIRED", version="TLSv1.3")
ABSENT = Observation("unreachable", "10.0.0.9 port 2376 cannot be reached: No route to host", connected=False)


@pytest.fixture
def call(run_module, monkeypatch, tmp_path):
    """Run the module with the network replaced: what each address shows to (a good client, one without certificate)."""

    def run(seen, **arguments):
        def observe(check, endpoint, context, connect):
            return seen[endpoint.address][check == "no_certificate"]

        monkeypatch.setattr(probes, "observe", observe)
        monkeypatch.setattr(attempts, "good_context", lambda directory: None)
        given = {
            "targets": [{"name": "host-" + address[-1], "address": address} for address in seen],
            "client_directory": str(tmp_path),
            "checks": ["good_client", "no_certificate"],
        }
        return run_module(docker_tls_probe, **{**given, **arguments})

    return run


@pytest.mark.parametrize("check_mode", [False, True])
def test_all_pass(call, check_mode):
    result = call({"10.0.0.1": (LET_IN, REFUSED)}, _ansible_check_mode=check_mode)
    assert (result["failed"], result["changed"]) == (False, False)
    assert result["targets"]["host-1"]["verdict"] == "pass"
    assert result["targets"]["host-1"]["port"] == 2376
    assert result["summary"] == {"pass": 2, "fail": 0, "not_verified": 0}


@pytest.mark.parametrize("on_partial", ["fail", "report"])
def test_a_failed_check(call, on_partial):
    seen = {"10.0.0.1": (LET_IN, REFUSED), "10.0.0.2": (LET_IN, LET_IN)}
    result = call(seen, on_partial=on_partial)
    assert result["failed"] is (on_partial == "fail")
    assert result["failed_targets"] == ["host-2"]
    assert result["targets"]["host-1"]["verdict"] == "pass"
    if on_partial == "fail":
        assert "host-2, no_certificate: a client without a certificate was let in" in result["msg"]
        assert "; expected refused with the TLS alert certificate_required" in result["msg"]
        assert "host-1" not in result["msg"]


def test_an_absent_host_is_a_warning_and_no_failure(call):
    result = call({"10.0.0.1": (LET_IN, REFUSED), "10.0.0.9": (ABSENT, ABSENT)})
    assert not result["failed"]
    assert result["unverified_targets"] == ["host-9"]
    assert "could not be verified, see their reasons: host-9" in json.dumps(result["warnings"])


def test_arguments(call):
    seen = {"10.0.0.1": (LET_IN, REFUSED)}
    assert "missing required arguments: address found in targets" in call(seen, targets=[{"name": "x"}])["msg"]
    assert "value of checks must be one or more of" in call(seen, checks=["luck"])["msg"]
    assert call(seen, targets=[{"name": "x", "address": "a..b"}])["error"]["code"] == "InvalidOptions"


def test_the_module_offers_all_checks():
    spec = docker_tls_probe.argument_spec()["checks"]
    assert spec["choices"] == list(CHECKS)
    assert spec["default"] == list(DEFAULT_CHECKS)


def test_a_check_that_lacks_something_is_a_warning(call):
    result = call({"10.0.0.1": (LET_IN, REFUSED)}, checks=["good_client", "wrong_usage"])
    assert not result["failed"]
    assert result["unverified_targets"] == ["host-1"]
    assert "give it, or leave the check out" in result["targets"]["host-1"]["checks"]["wrong_usage"]["reason"]


def test_the_passphrase_is_not_shown(call, tmp_path):
    secret = "open-sesame-8d3f"
    result = call({"10.0.0.1": (LET_IN, REFUSED)}, authority_passphrase=secret, certificate_directory=str(tmp_path))
    assert not result["failed"]
    assert secret not in json.dumps(result)
    assert docker_tls_probe.argument_spec()["authority_passphrase"]["no_log"]

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import handshake
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import probe as probes
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.probe import probe
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.verdict import CHECKS, Observation
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import docker_api


@pytest.fixture(autouse=True)
def short_wait(monkeypatch):
    monkeypatch.setattr(handshake, "REFUSAL_WAIT", 0.3)


def target(port, name="stub", **given):
    return {"name": name, "address": "127.0.0.1", "port": port, **given}


def options(fleet, targets, **given):
    return {
        "targets": targets,
        "client_directory": fleet.client,
        "checks": list(CHECKS),
        "timeout": 5.0,
        "concurrency": 4,
        **given,
    }


def verdicts(result, name="stub"):
    return {check: entry["verdict"] for check, entry in result["targets"][name]["checks"].items()}


# mode -> verdicts of good_client, no_certificate, foreign_authority, plain_http, served_certificate
MODES = {
    "strict": ["pass", "pass", "pass", "pass", "pass"],
    "optional": ["pass", "fail", "pass", "pass", "pass"],
    "open": ["pass", "fail", "fail", "pass", "pass"],
    "forbidden": ["fail", "pass", "pass", "pass", "pass"],
    "plain": ["fail", "fail", "fail", "fail", "not_verified"],
    "no_cipher": ["fail", "fail", "fail", "pass", "not_verified"],
    "closing": ["fail", "fail", "fail", "fail", "not_verified"],
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_the_matrix(fleet, mode, version):
    with docker_api(fleet, mode, None if mode == "no_cipher" else version) as port:
        result = probe(options(fleet, [target(port, certificate_sha256=fleet.sha256)]))
    assert list(verdicts(result).values()) == MODES[mode]
    assert list(verdicts(result)) == list(CHECKS)
    assert result["failed_targets"] == ([] if mode == "strict" else ["stub"])
    assert sum(result["summary"].values()) == 5


def test_what_is_learned(fleet):
    with docker_api(fleet) as port:
        written = ":".join(fleet.sha256[at : at + 2] for at in range(0, 64, 2)).upper()
        result = probe(options(fleet, [target(port, certificate_sha256=written)]))
    checks = result["targets"]["stub"]["checks"]
    good = checks["good_client"]
    assert (good["engine_version"], good["api_version"], good["http_status"]) == ("29.7.2", "1.54", 200)
    assert good["tls_version"] == "TLSv1.3"
    assert checks["no_certificate"]["tls_alert"] == "certificate_required"
    assert checks["foreign_authority"]["tls_alert"] == "unknown_ca"
    served = checks["served_certificate"]
    assert served["certificate_sha256"] == fleet.sha256
    assert served["days_left"] in (89, 90)
    assert served["not_after"].endswith("Z")
    assert (result["targets"]["stub"]["verdict"], result["summary"]["pass"]) == ("pass", 5)
    assert all(entry["reason"] and entry["expected"] for entry in checks.values())


def test_another_certificate_than_expected(fleet):
    with docker_api(fleet) as port:
        result = probe(options(fleet, [target(port, certificate_sha256="ab" * 32)], checks=["served_certificate"]))
    assert verdicts(result) == {"served_certificate": "fail"}


def test_an_expired_certificate(fleet):
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=91)
    with docker_api(fleet) as port:
        result = probe(options(fleet, [target(port)], checks=["served_certificate"]), later)
    assert verdicts(result) == {"served_certificate": "fail"}
    assert result["targets"]["stub"]["checks"]["served_certificate"]["days_left"] < 0


def test_checks_keep_their_order_and_are_made_once(fleet):
    with docker_api(fleet) as port:
        result = probe(options(fleet, [target(port)], checks=["plain_http", "good_client", "plain_http"]))
    assert list(verdicts(result)) == ["good_client", "plain_http"]


def test_many_targets_each_with_its_verdict(fleet):
    with docker_api(fleet) as good, docker_api(fleet, "open") as bad:
        targets = [target(good, "good-%d" % number) for number in range(8)]
        targets += [target(bad, "bad"), target(1, "absent", server_name="x")]
        result = probe(options(fleet, targets, checks=["good_client", "no_certificate"]))
    assert result["failed_targets"] == ["bad"]
    assert result["unverified_targets"] == ["absent"]
    assert result["summary"] == {"pass": 17, "fail": 1, "not_verified": 2}


def observed(monkeypatch, kind, **given):
    tried = []

    def observe(check, endpoint, context):
        tried.append(check)
        return Observation(kind, "no answer", **given)

    monkeypatch.setattr(probes, "observe", observe)
    return tried


def test_an_absent_host_is_waited_for_once(fleet, monkeypatch):
    tried = observed(monkeypatch, "timed_out", connected=False)
    result = probe(options(fleet, [target(1)]))
    assert tried == ["good_client"]
    assert set(verdicts(result).values()) == {"not_verified"}


def test_a_mute_host_is_waited_for_twice(fleet, monkeypatch):
    tried = observed(monkeypatch, "timed_out")
    result = probe(options(fleet, [target(1)]))
    assert tried == ["good_client", "plain_http"]
    assert set(verdicts(result).values()) == {"not_verified"}


def test_a_daemon_that_hangs_after_the_handshake_is_still_asked(fleet, monkeypatch):
    tried = observed(monkeypatch, "timed_out", version="TLSv1.3")
    probe(options(fleet, [target(1)]))
    assert tried == list(CHECKS)


def test_a_certificate_that_cannot_be_parsed(fleet, monkeypatch):
    observed(monkeypatch, "handshake", served=b"not DER")
    result = probe(options(fleet, [target(1)], checks=["served_certificate"]))
    assert verdicts(result) == {"served_certificate": "not_verified"}


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        ([target(1), target(2)], "targets names stub 2 times"),
        ([target(0)], "port of target stub is 0, expected 1 to 65535"),
        ([target(70000)], "port of target stub is 70000"),
        ([target(1, server_name="a b")], "server_name of target stub: 'a b' is neither"),
        ([{"name": "x", "address": "a..b", "port": 1}], "address of target x: 'a..b' is neither"),
    ],
)
def test_options_that_cannot_be_used(fleet, targets, text):
    with pytest.raises(Failure) as caught:
        probe(options(fleet, targets))
    assert text in str(caught.value)


@pytest.mark.parametrize("port", [1, 65535])
def test_the_first_and_the_last_port(fleet, monkeypatch, port):
    observed(monkeypatch, "timed_out", connected=False)
    assert probe(options(fleet, [target(port)]))["targets"]["stub"]["port"] == port


def test_without_cryptography_only_the_simple_checks_remain(fleet, monkeypatch):
    def absent():
        raise Failure("The Python package cryptography was not found", code="MissingPackage")

    monkeypatch.setattr(probes, "require_cryptography", absent)
    with docker_api(fleet) as port:
        simple = ["good_client", "no_certificate", "plain_http"]
        assert set(verdicts(probe(options(fleet, [target(port)], checks=simple))).values()) == {"pass"}
        for check in ("foreign_authority", "served_certificate"):
            with pytest.raises(Failure):
                probe(options(fleet, [target(port)], checks=[check]))

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import attempts, handshake, tunnel
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import probe as probes
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.observation import DEFAULT_CHECKS, Observation
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.probe import probe
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls import support
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import docker_api


@pytest.fixture(autouse=True)
def short_wait(monkeypatch):
    monkeypatch.setattr(handshake, "REFUSAL_WAIT", 0.6)


def target(port, name="stub", **given):
    return {"name": name, "address": "127.0.0.1", "port": port, **given}


def options(fleet, targets, **given):
    return {
        "targets": targets,
        "client_directory": fleet.client,
        "checks": list(DEFAULT_CHECKS),
        "timeout": 5.0,
        "concurrency": 4,
        **given,
    }


def verdicts(result, name="stub"):
    return {check: entry["verdict"] for check, entry in result["targets"][name]["checks"].items()}


@pytest.fixture(scope="session")
def site(fleet, tmp_path_factory):
    """Like fleet, with one more client authority, ci, which is not in the bundle."""
    base = tmp_path_factory.mktemp("site")
    directory = base / "certificates"
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    support.run(directory, at=now, client_authorities=["default", "ci"])
    hosts = [support.host("stub", dns_names=["localhost"], ip_addresses=["127.0.0.1"], key_origin="controller")]
    result = support.run(directory, at=now, hosts=hosts, clients=[{"name": "alice"}])
    assert result["undeclared_client_authorities"] == ["ci"]
    (base / "bundle.pem").write_text(result["client_bundle"])
    return fleet._replace(
        directory=directory,
        certificate=str(directory / "servers" / "stub" / "cert.pem"),
        key=str(directory / "servers" / "stub" / "key.pem"),
        bundle=str(base / "bundle.pem"),
        sha256=result["hosts"]["stub"]["certificate_sha256"],
        client=result["clients"]["alice"]["directory"],
    )


MATRIX = {
    "revoked_authorities": ["ci"],
    "checks": [*DEFAULT_CHECKS, "expired_client", "wrong_usage", "revoked_authority"],
}
NAMES = [
    *("good_client", "no_certificate", "foreign_authority", "expired_client", "wrong_usage", "revoked_authority:ci"),
    *("plain_http", "tls_1_1", "served_certificate"),
]
# mode -> verdicts in the order of NAMES: p for pass, f for fail, n for not_verified
MODES = {
    "strict": "pppppp" + "ppp",
    "optional": "pfpppp" + "ppp",
    "timeless": "pppfpp" + "ppp",
    "old": "pppppp" + "pfp",
    "open": "pfffff" + "ppp",
    "forbidden": "fppppp" + "ppp",
    "plain": "ffffff" + "ffn",
    "no_cipher": "ffffff" + "ppn",
    "closing": "ffffff" + "ffn",
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_the_matrix(site, mode, version):
    given = {**MATRIX, "certificate_directory": str(site.directory)}
    with docker_api(site, mode, None if mode in ("no_cipher", "old") else version) as port:
        result = probe(options(site, [target(port, certificate_sha256=site.sha256)], **given))
    found = verdicts(result)
    assert list(found) == NAMES
    assert "".join(verdict[0] for verdict in found.values()) == MODES[mode]
    assert result["failed_targets"] == ([] if mode == "strict" else ["stub"])
    assert sum(result["summary"].values()) == 9
    assert "PRIVATE" not in str(result)


@pytest.mark.parametrize("authority", ["default", "ci"])
def test_an_authority_that_is_not_the_good_clients(site, authority):
    # The bundle has the authority default only: what ci signs is refused, but not for its dates or usage.
    given = {"certificate_directory": str(site.directory), "client_authority": authority}
    with docker_api(site) as port:
        result = probe(options(site, [target(port)], checks=["expired_client", "wrong_usage"], **given))
    assert list(verdicts(result)) == ["expired_client", "wrong_usage"]
    assert set(verdicts(result).values()) == {"pass" if authority == "default" else "fail"}
    assert {entry["authority"] for entry in result["targets"]["stub"]["checks"].values()} == {authority}


def test_what_the_signed_checks_learn(site):
    given = {**MATRIX, "certificate_directory": str(site.directory)}
    with docker_api(site) as port:
        checks = probe(options(site, [target(port)], **given))["targets"]["stub"]["checks"]
    assert checks["expired_client"]["tls_alert"] == "certificate_expired"
    assert checks["wrong_usage"]["tls_alert"] == "unsupported_certificate"
    assert checks["tls_1_1"]["tls_alert"] == "protocol_version"
    revoked = checks["revoked_authority:ci"]
    assert (revoked["tls_alert"], revoked["authority"]) == ("unknown_ca", "ci")
    assert "(authority ci)" in revoked["reason"]


def test_without_a_certificate_directory_signed_checks_are_not_verified(fleet):
    with docker_api(fleet) as port:
        result = probe(options(fleet, [target(port)], checks=["good_client", "expired_client", "revoked_authority"]))
    assert verdicts(result) == {
        "good_client": "pass",
        "expired_client": "not_verified",
        "revoked_authority": "not_verified",
    }
    assert result["unverified_targets"] == ["stub"]


def test_nothing_is_connected_to_where_nothing_can_be_tried(fleet, monkeypatch):
    tried = observed(monkeypatch, "unreachable")
    assert set(verdicts(probe(options(fleet, [target(1)], checks=["wrong_usage"]))).values()) == {"not_verified"}
    assert tried == []


def test_a_certificate_that_ends_too_soon(fleet):
    with docker_api(fleet) as port:
        given = options(fleet, [target(port)], checks=["served_certificate"])
        assert set(verdicts(probe({**given, "min_days_left": 80})).values()) == {"pass"}
        result = probe({**given, "min_days_left": 91})
    assert verdicts(result) == {"served_certificate": "fail"}
    assert "at least 91 days left" in result["targets"]["stub"]["checks"]["served_certificate"]["expected"]


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
    assert (result["targets"]["stub"]["verdict"], result["summary"]["pass"]) == ("pass", 6)
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

    def observe(check, endpoint, context, connect):
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
    assert tried[0] == "good_client"
    assert sorted(tried) == sorted(DEFAULT_CHECKS)


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
        ([target(1, ssh={"host": None, "user": "me"})], "ssh of target stub has no host"),
        ([target(1, ssh={"host": "-oProxyCommand=x"})], "ssh.host of target stub: '-oProxyCommand=x' is neither"),
        ([target(1, ssh={"host": "bastion", "port": 0})], "ssh.port of target stub is 0, expected 1 to 65535"),
    ],
)
def test_options_that_cannot_be_used(fleet, targets, text):
    with pytest.raises(Failure) as caught:
        probe(options(fleet, targets))
    assert text in str(caught.value)


def test_days_that_cannot_be_used(fleet):
    with pytest.raises(Failure) as caught:
        probe(options(fleet, [target(1)], min_days_left=-1))
    assert "min_days_left is -1, expected 0 or more" in str(caught.value)


def test_through_which_ssh_host(fleet, monkeypatch):
    used = []

    def observe(check, endpoint, context, connect):
        used.append((endpoint.address, connect is handshake.direct))
        return Observation("unreachable", "no", connected=False)

    def open_or_close(self, *arguments):
        opened.append((self._ssh.host, arguments[0]))
        return ""

    opened = []
    monkeypatch.setattr(probes, "observe", observe)
    monkeypatch.setattr(tunnel.Tunnel, "_run", open_or_close)
    targets = [
        target(1, "one", address="10.0.0.1"),
        target(1, "two", address="10.0.0.2", ssh={"host": "other"}),
        target(1, "three", address="10.0.0.3", ssh={"host": ""}),
        target(1, "four", address="10.0.0.4", ssh={"host": None, "user": None}),
    ]
    probe(options(fleet, targets, ssh={"host": "bastion"}, concurrency=1))
    assert used == [("10.0.0.1", False), ("10.0.0.2", False), ("10.0.0.3", True), ("10.0.0.4", False)]
    # In one connection to each, and no longer than a target needs it.
    assert opened == [("bastion", "-N"), ("other", "-N"), ("other", "-O"), ("bastion", "-O")]


@pytest.mark.parametrize("port", [1, 65535])
def test_the_first_and_the_last_port(fleet, monkeypatch, port):
    observed(monkeypatch, "timed_out", connected=False)
    assert probe(options(fleet, [target(port)]))["targets"]["stub"]["port"] == port


def test_without_cryptography_only_the_simple_checks_remain(fleet, monkeypatch):
    def absent():
        raise Failure("The Python package cryptography was not found", code="MissingPackage")

    monkeypatch.setattr(attempts, "require_cryptography", absent)
    with docker_api(fleet) as port:
        simple = ["good_client", "no_certificate", "plain_http", "tls_1_1"]
        assert set(verdicts(probe(options(fleet, [target(port)], checks=simple))).values()) == {"pass"}
        for check in ("foreign_authority", "expired_client", "served_certificate"):
            with pytest.raises(Failure):
                probe(options(fleet, [target(port)], checks=[check]))

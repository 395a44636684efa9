# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real sockets on the loopback interface, against a stub that behaves like dockerd or wrongly in one way."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import contexts, handshake
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.contexts import good_context, stranger_context
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.foreign import foreign_context
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.handshake import Endpoint, alert_name, observe
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import docker_api

VERSIONS = ["TLSv1_2", "TLSv1_3"]


@pytest.fixture(autouse=True)
def short_wait(monkeypatch):
    monkeypatch.setattr(handshake, "REFUSAL_WAIT", 0.6)


def look(fleet, check, port, name="localhost", timeout=5.0):
    makers = {
        "good_client": lambda: good_context(fleet.client),
        "no_certificate": stranger_context,
        "foreign_authority": foreign_context,
        "plain_http": lambda: None,
        "tls_1_1": lambda: None,
        "served_certificate": lambda: stranger_context(fleet.client),
    }
    return observe(check, Endpoint("127.0.0.1", port, name, timeout), makers[check]())


@pytest.mark.parametrize("version", VERSIONS)
def test_the_good_client(fleet, version):
    with docker_api(fleet, tls_version=version) as port:
        seen = look(fleet, "good_client", port)
    assert (seen.kind, seen.status, seen.engine, seen.api) == ("http", 200, "29.7.2", "1.54")
    assert seen.version == version.replace("_", ".")


# check, mode, TLS version -> kind, alerts, version agreed
REFUSALS = [
    ("no_certificate", "strict", "TLSv1_3", "alert", {"CERTIFICATE_REQUIRED"}, "TLSv1.3"),
    ("no_certificate", "strict", "TLSv1_2", "alert", {"HANDSHAKE_FAILURE", "BAD_CERTIFICATE"}, None),
    ("foreign_authority", "strict", "TLSv1_3", "alert", {"UNKNOWN_CA"}, "TLSv1.3"),
    ("foreign_authority", "strict", "TLSv1_2", "alert", {"UNKNOWN_CA"}, None),
    ("foreign_authority", "optional", "TLSv1_3", "alert", {"UNKNOWN_CA"}, "TLSv1.3"),
    ("no_certificate", "optional", "TLSv1_3", "http", {""}, "TLSv1.3"),
    ("no_certificate", "open", "TLSv1_2", "http", {""}, "TLSv1.2"),
    ("foreign_authority", "open", "TLSv1_3", "http", {""}, "TLSv1.3"),
    ("good_client", "no_cipher", None, "alert", {"HANDSHAKE_FAILURE"}, None),
    ("no_certificate", "no_cipher", None, "alert", {"HANDSHAKE_FAILURE"}, None),
    ("good_client", "plain", None, "tls_error", {""}, None),
    ("no_certificate", "plain", None, "tls_error", {""}, None),
    ("no_certificate", "closing", None, "closed", {""}, None),
    ("plain_http", "closing", None, "closed", {""}, None),
    ("good_client", "hangup", "TLSv1_3", "closed", {""}, "TLSv1.3"),
    ("no_certificate", "hangup", "TLSv1_3", "closed", {""}, "TLSv1.3"),
    ("foreign_authority", "hangup", "TLSv1_2", "closed", {""}, "TLSv1.2"),
]


@pytest.mark.parametrize(("check", "mode", "version", "kind", "alerts", "agreed"), REFUSALS)
def test_what_strangers_see(fleet, check, mode, version, kind, alerts, agreed):
    with docker_api(fleet, mode, version) as port:
        seen = look(fleet, check, port)
    assert (seen.kind, seen.version) == (kind, agreed)
    assert seen.alert in alerts
    assert seen.connected


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_of_a_dropped_authority_is_foreign(fleet, version):
    # The bundle holds the server authority only: the good client's own authority has been dropped from it.
    bundle = str(fleet.directory / "server-authority" / "ca.pem")
    with docker_api(fleet, tls_version=version, bundle=bundle) as port:
        seen = observe("foreign_authority", Endpoint("127.0.0.1", port, "localhost", 5.0), good_context(fleet.client))
    assert (seen.kind, seen.alert) == ("alert", "UNKNOWN_CA")


@pytest.mark.parametrize("mode", ["strict", "plain", "forbidden"])
def test_plain_http(fleet, mode):
    with docker_api(fleet, mode) as port:
        seen = look(fleet, "plain_http", port)
    assert seen.kind == "http"
    assert seen.status == (200 if mode == "plain" else 400)
    assert ("Client sent an HTTP request to an HTTPS server" in seen.body) is (mode != "plain")


# mode, TLS version -> kind, alert, version agreed
GREETINGS = [
    ("strict", "TLSv1_2", "alert", "PROTOCOL_VERSION", None),
    ("strict", "TLSv1_3", "alert", "PROTOCOL_VERSION", None),
    ("open", "TLSv1_2", "alert", "PROTOCOL_VERSION", None),
    ("old", None, "handshake", "", "TLSv1.1"),
    ("plain", None, "tls_error", "", None),
    ("closing", None, "closed", "", None),
    ("mute", None, "timed_out", "", None),
]


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize(("mode", "version", "kind", "alert", "agreed"), GREETINGS)
def test_a_client_of_old_versions_only(fleet, mode, version, kind, alert, agreed, name):
    with docker_api(fleet, mode, version) as port:
        seen = look(fleet, "tls_1_1", port, name=name, timeout=0.3 if mode == "mute" else 5.0)
    assert (seen.kind, seen.alert, seen.version) == (kind, alert, agreed)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_served_certificate(fleet, version):
    with docker_api(fleet, tls_version=version) as port:
        seen = look(fleet, "served_certificate", port)
    with open(fleet.certificate, encoding="ascii") as stream:
        assert seen.served == ssl.PEM_cert_to_DER_cert(stream.read())
    assert seen.kind == "handshake"


def test_a_server_of_another_name_or_authority_is_rejected(fleet, tmp_path):
    with docker_api(fleet) as port:
        assert "localhost2" in look(fleet, "good_client", port, name="localhost2").text
        for name in ("cert.pem", "key.pem"):
            (tmp_path / name).symlink_to(os.path.join(fleet.client, name))
        (tmp_path / "ca.pem").symlink_to(fleet.bundle)
        seen = observe("good_client", Endpoint("127.0.0.1", port, "localhost", 5.0), good_context(str(tmp_path)))
    assert seen.kind == "rejected"
    assert seen.text


def test_an_address_is_verified_as_an_address(fleet):
    with docker_api(fleet) as port:
        assert look(fleet, "good_client", port, name="127.0.0.1").kind == "http"
        assert look(fleet, "good_client", port, name="127.0.0.2").kind == "rejected"


def test_a_refused_connection_is_unreachable(fleet):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        seen = look(fleet, "good_client", unused.getsockname()[1])
    assert (seen.kind, seen.connected) == ("unreachable", False)
    assert "127.0.0.1 port" in seen.text


def test_a_connection_that_is_not_answered_in_time(fleet, monkeypatch):
    def slow(address, timeout):
        raise socket.timeout("timed out")

    monkeypatch.setattr(handshake.socket, "create_connection", slow)
    seen = look(fleet, "good_client", 1, timeout=2)
    assert (seen.kind, seen.connected, seen.text) == ("timed_out", False, "127.0.0.1 port 1 did not answer in 2 s")


@pytest.mark.parametrize("check", ["good_client", "plain_http"])
def test_a_mute_server_times_out(fleet, check):
    with docker_api(fleet, "mute") as port:
        seen = look(fleet, check, port, timeout=0.3)
    assert (seen.kind, seen.connected, seen.version) == ("timed_out", True, None)


def test_a_server_that_drips_is_cut_off_in_time():
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip():
            connection, _address = server.accept()
            with connection:
                while not stop.wait(0.02):
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        seen = observe("plain_http", Endpoint("127.0.0.1", server.getsockname()[1], "x", 0.3), None)
        stop.set()
        thread.join()
    assert seen.kind == "timed_out"


@pytest.mark.parametrize("check", ["good_client", "plain_http"])
def test_a_connection_that_is_reset(fleet, check):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def reset():
            connection, _address = server.accept()
            # Read first, so that the reset comes in the middle of the conversation.
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        thread = threading.Thread(target=reset, daemon=True)
        thread.start()
        seen = look(fleet, check, server.getsockname()[1])
        thread.join()
    assert seen.kind == "closed"
    assert "the connection broke" in seen.text


def test_a_connection_that_is_gone_before_tls_begins(fleet):
    class Gone:
        def wrap_socket(self, *args, **kwargs):
            raise OSError(107, "Transport endpoint is not connected")

    with docker_api(fleet) as port:
        seen = observe("good_client", Endpoint("127.0.0.1", port, "localhost", 5.0), Gone())
    assert (seen.kind, seen.text) == ("closed", "the connection broke: Transport endpoint is not connected")


def test_an_endless_answer_is_cut_off():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def flood():
            connection, _address = server.accept()
            with connection:
                try:
                    connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * (64 * handshake.LONGEST_ANSWER))
                except OSError:
                    return

        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        seen = observe("plain_http", Endpoint("127.0.0.1", server.getsockname()[1], "x", 5.0), None)
        thread.join()
    assert (seen.kind, seen.status, len(seen.body)) == ("http", 200, 1000)


ANSWERS = {
    b"": ("closed", "the server answered nothing"),
    b"\x15\x03\x03\x00\x02\x02\x28": ("closed", "the server answered 7 bytes that are not HTTP"),
    b"HTTP/1.1 x\r\n\r\n": ("closed", "bytes that are not HTTP"),
    b"HTTP/1.1\r\n\r\n": ("closed", "bytes that are not HTTP"),
    b"HTTP/1.1 200 OK\r\n\r\n[1]": ("http", "HTTP 200"),
    b'HTTP/1.1 200 OK\r\n\r\n{"Version": 5}': ("http", "HTTP 200"),
    b"HTTP/1.1 204\r\n\r\n": ("http", "HTTP 204"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_strange_answers(answer):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def reply():
            connection, _address = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=reply, daemon=True)
        thread.start()
        seen = observe("plain_http", Endpoint("127.0.0.1", server.getsockname()[1], "x", 5.0), None)
        thread.join()
    kind, text = ANSWERS[answer]
    assert seen.kind == kind
    assert text in seen.text
    assert (seen.engine, seen.api) == (None, None)


def error(text, reason=None):
    made = ssl.SSLError(1, text)
    if reason:
        made.reason = reason
    return made


@pytest.mark.parametrize(
    ("text", "reason", "name"),
    [
        ("[SSL: X] tlsv13 alert certificate required", "TLSV13_ALERT_CERTIFICATE_REQUIRED", "CERTIFICATE_REQUIRED"),
        ("[SSL] tlsv13 alert certificate required (_ssl.c:1)", None, "CERTIFICATE_REQUIRED"),
        ("x", "SSLV3_ALERT_BAD_CERTIFICATE", "BAD_CERTIFICATE"),
        ("ssl/tls alert bad certificate", None, "BAD_CERTIFICATE"),
        ("x", "SSLV3_ALERT_HANDSHAKE_FAILURE", "HANDSHAKE_FAILURE"),
        ("x", "TLSV1_ALERT_UNKNOWN_CA", "UNKNOWN_CA"),
        ("x", "SSLV3_ALERT_CERTIFICATE_EXPIRED", "CERTIFICATE_EXPIRED"),
        ("x", "TLSV1_ALERT_SOMETHING_NEW", "OTHER"),
        ("x", "WRONG_VERSION_NUMBER", ""),
        ("certificate verify failed: unable to get local issuer certificate", "CERTIFICATE_VERIFY_FAILED", ""),
        ("unknown error (_ssl.c:1)", None, ""),
    ],
)
def test_names_of_alerts(text, reason, name):
    assert alert_name(error(text, reason)) == name


@pytest.mark.parametrize("missing", ["ca.pem", "cert.pem", "key.pem"])
def test_a_client_directory_must_be_whole(fleet, tmp_path, missing):
    for name in {"ca.pem", "cert.pem", "key.pem"} - {missing}:
        (tmp_path / name).symlink_to(os.path.join(fleet.client, name))
    with pytest.raises(Failure) as caught:
        good_context(str(tmp_path))
    assert "%s is not there" % (tmp_path / missing) in str(caught.value)
    assert caught.value.code == "ClientDirectoryUnusable"


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("ca.pem", "", "ca.pem cannot be used"),
        ("key.pem", None, "key.pem cannot be used"),
        ("cert.pem", "x", "cannot be used"),
    ],
)
def test_a_client_directory_must_fit(fleet, tmp_path, name, content, text):
    for other in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / other).symlink_to(os.path.join(fleet.client, other))
    (tmp_path / name).unlink()
    if content is None:
        (tmp_path / name).symlink_to(fleet.key)
    else:
        (tmp_path / name).write_text(content)
    with pytest.raises(Failure) as caught:
        good_context(str(tmp_path))
    assert text in str(caught.value)


def test_a_client_directory_that_cannot_be_read(fleet):
    def load(*paths):
        raise PermissionError(13, "Permission denied")

    with pytest.raises(Failure) as caught:
        contexts._load(fleet.client, ("cert.pem", "key.pem"), load)
    assert "key.pem cannot be read (Permission denied)" in str(caught.value)


def test_the_foreign_authority_leaves_nothing_behind(tmp_path):
    context = foreign_context(str(tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert context.verify_mode == ssl.CERT_NONE


def test_our_certificates_satisfy_strict_verification(fleet):
    context = good_context(fleet.client)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with docker_api(fleet) as port:
        seen = observe("good_client", Endpoint("127.0.0.1", port, "localhost", 5.0), context)
    assert seen.status == 200

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for CustomScript, loaded from its package and run as the agent runs it, with directories of its own."""

from __future__ import annotations

import base64
import gzip
import http.server
import importlib.util
import json
import pathlib
import stat
import subprocess
import sys
import threading
import time

import pytest
from cryptography import x509

from local_azure.wire.certificates import seal

from .wire.machines import SECRET, Agent

HANDLER = pathlib.Path(__file__).resolve().parents[2] / "local_azure/handlers/custom_script/bin/handler.py"


@pytest.fixture
def handler(tmp_path, monkeypatch):
    """The module, with the agent's directories below tmp_path and its work in the foreground."""
    spec = importlib.util.spec_from_file_location("custom_script_handler", HANDLER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folders = {name: str(tmp_path / name) for name in ("configFolder", "statusFolder")}
    for folder in folders.values():
        pathlib.Path(folder).mkdir()
    (tmp_path / "HandlerEnvironment.json").write_text(json.dumps([{"handlerEnvironment": folders}]))
    monkeypatch.setattr(module, "HERE", tmp_path)
    monkeypatch.setattr(module, "DATA", tmp_path / "data")
    monkeypatch.setattr(module, "AGENT", tmp_path)
    monkeypatch.setattr(module, "in_background", lambda: True)
    return module


@pytest.fixture
def folder(tmp_path):
    """Where a run works. The script is there already: the handler writes to one of mode 0500, which only root can."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "script.sh").touch(mode=0o700)
    return folder


def encoded(script):
    return base64.b64encode(script if isinstance(script, bytes) else script.encode()).decode()


def ask(tmp_path, public, protected=None, sequence="0"):
    """The agent writes settings down."""
    settings = {"publicSettings": public, **(protected or {})}
    text = json.dumps({"runtimeSettings": [{"handlerSettings": settings}]})
    (tmp_path / "configFolder" / f"{sequence}.settings").write_text(text)


def told(tmp_path, sequence="0"):
    """What the handler says of a sequence number."""
    [entry] = json.loads((tmp_path / "statusFolder" / f"{sequence}.status").read_text())
    return entry["status"]


GZIP = gzip.compress(b"#!/bin/sh\necho hello\n")

# settings, words of the refusal
REFUSED = {
    "nothing": ({}, "exactly one of 'commandToExecute' and 'script' must be specified"),
    "empty": ({"commandToExecute": "", "script": ""}, "exactly one of"),
    "both": ({"commandToExecute": "true", "script": encoded("true")}, "exactly one of"),
    "unknown setting": (
        {"commandToExecute": "true", "storageAccountName": "x"},
        "unknown setting 'storageAccountName'",
    ),
    "no base64": ({"script": "echo hello"}, "invalid configuration"),
    "broken gzip, cut short": ({"script": encoded(GZIP[:-9])}, "invalid configuration"),
    "broken gzip, no deflate": ({"script": encoded(GZIP[:10] + b"\xff" * 9)}, "invalid configuration"),
    "broken gzip, wrong sum": ({"script": encoded(GZIP[:-8] + b"\x00" * 8)}, "invalid configuration"),
    "no such file": ({"commandToExecute": "true", "fileUris": ["file:///no/such/file"]}, "invalid configuration"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(handler, folder, name):
    settings, words = REFUSED[name]
    state, text, code = handler.run(settings, folder)
    assert (state, code) == ("error", 1)
    assert text.startswith("Enable failed: invalid configuration: ")
    assert words in text


RUNS = {
    "command": ({"commandToExecute": "echo hello; echo bye >&2"}, "hello\n", "bye\n"),
    "script": ({"script": encoded("#!/bin/sh\necho hello; echo bye >&2\n")}, "hello\n", "bye\n"),
    "gzip": ({"script": encoded(gzip.compress(b"#!/bin/sh\necho hello\n"))}, "hello\n", ""),
    "Windows line ends": ({"script": encoded("#!/bin/sh\r\nprintf '%s' \"a\r\n\"\r\n")}, "a\n", ""),
    "byte order mark": ({"script": encoded("\ufeff#!/bin/sh\necho hello\n")}, "hello\n", ""),
    "Windows line ends that stay": (
        {"script": encoded("#!/bin/sh\nprintf '%s' \"a\r\n\"\n"), "skipDos2Unix": True},
        "a\r\n",
        "",
    ),
    "time stamp": ({"commandToExecute": "echo hello", "timestamp": 7}, "hello\n", ""),
}


@pytest.mark.parametrize("name", RUNS)
def test_runs(handler, folder, name):
    settings, out, err = RUNS[name]
    state, text, code = handler.run(settings, folder)
    assert (state, code) == ("success", 0)
    assert text == f"Enable succeeded: \n[stdout]\n{out}\n[stderr]\n{err}"


def test_a_script_that_fails(handler, folder):
    state, text, code = handler.run({"commandToExecute": "echo out; echo why >&2; exit 7"}, folder)
    assert (state, code) == ("error", 7)
    assert text == (
        "Enable failed: failed to execute command: command terminated with exit status=7\n[stdout]\nout\n\n"
        "[stderr]\nwhy\n"
    )


def test_the_end_of_each_stream_is_told(handler, folder):
    script = "i=0; while [ $i -lt 3000 ]; do echo $i; echo e$i >&2; i=$((i + 1)); done"
    _state, text, _code = handler.run({"commandToExecute": script}, folder)
    out, err = text.partition("[stdout]\n")[2].split("\n[stderr]\n")
    assert (len(out), len(err)) == (4096, 4096)
    assert out.endswith("\n2998\n2999\n")
    assert err.endswith("\ne2998\ne2999\n")


def test_what_is_no_text_is_told_too(handler, folder):
    assert "\N{REPLACEMENT CHARACTER}" in handler.run({"commandToExecute": r"printf '\377'"}, folder)[1]


@pytest.fixture
def files(tmp_path):
    """(URL of a server on the loopback interface, directory that it serves)."""
    directory = tmp_path / "served"
    directory.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, directory=str(directory), **options)

        def log_message(self, *_arguments):
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", directory
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(("skip", "text"), [(False, b"echo hello $1\n"), (True, b"echo hello $1\r\n")])
def test_files_are_downloaded_first(handler, folder, files, skip, text):
    url, directory = files
    (directory / "hello.sh").write_bytes(b"echo hello $1\r\n")
    (directory / "data").write_bytes(b"\x00\xff")
    settings = {
        "fileUris": [url + "/hello.sh?sv=2024&sig=x", url + "/data"],
        "commandToExecute": "sh hello.sh you",
        "skipDos2Unix": skip,
    }
    state, out, _code = handler.run(settings, folder)
    assert state == "success"
    assert "hello you" in out
    assert (folder / "hello.sh").read_bytes() == text
    assert (folder / "data").read_bytes() == b"\x00\xff"
    assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o500


def test_a_file_that_is_not_there(handler, folder, files):
    state, text, _code = handler.run({"fileUris": [files[0] + "/no"], "commandToExecute": "touch ran"}, folder)
    assert state == "error"
    assert "404" in text
    assert not (folder / "ran").exists()


@pytest.fixture
def agent(tmp_path):
    """Its key and certificate lie where the agent keeps those of a thumbprint."""
    return Agent(tmp_path, "ABCD")


def protected(agent, settings):
    """Protected settings as they reach the handler."""
    certificate = x509.load_pem_x509_certificate(agent.certificate.read_bytes())
    sealed = seal(json.dumps(settings).encode(), certificate)
    return {
        "protectedSettings": base64.b64encode(sealed).decode(),
        "protectedSettingsCertThumbprint": "ABCD",
    }


def test_protected_settings_are_opened_with_openssl(handler, tmp_path, agent):
    ask(tmp_path, {"skipDos2Unix": True}, protected(agent, {"script": SECRET}))
    assert SECRET not in (tmp_path / "configFolder/0.settings").read_text(), "the control: they were sealed"
    assert handler.read_settings(str(tmp_path / "configFolder"), "0") == {"skipDos2Unix": True, "script": SECRET}


def test_a_key_in_both_settings_is_refused(handler, tmp_path, agent, monkeypatch):
    monkeypatch.setenv("ConfigSequenceNumber", "0")
    ask(tmp_path, {"commandToExecute": "true"}, protected(agent, {"commandToExecute": SECRET}))
    handler.enable()
    found = told(tmp_path)
    assert (found["status"], found["code"]) == ("error", 1)
    assert found["formattedMessage"]["message"] == (
        "Enable failed: 'commandToExecute' appears in both public and protected settings"
    )


def test_settings_for_another_machine_are_refused(handler, tmp_path, agent, monkeypatch):
    monkeypatch.setenv("ConfigSequenceNumber", "0")
    other = tmp_path / "other"
    other.mkdir()
    ask(tmp_path, {}, protected(Agent(other, "ABCD"), {"commandToExecute": SECRET}))
    handler.enable()
    text = told(tmp_path)["formattedMessage"]["message"]
    assert text.startswith("Enable failed: the protected settings cannot be decrypted: ")
    assert SECRET not in text


@pytest.mark.parametrize("public", [None, {}])
def test_no_settings(handler, tmp_path, public):
    ask(tmp_path, public)
    assert handler.read_settings(str(tmp_path / "configFolder"), "0") == {}


def test_one_run_per_sequence_number(handler, tmp_path, monkeypatch):
    counter = tmp_path / "counter"
    for sequence, runs in (("0", 1), ("0", 1), ("2", 2), ("1", 2), ("10", 3)):
        monkeypatch.setenv("ConfigSequenceNumber", sequence)
        ask(tmp_path, {"commandToExecute": f"echo {sequence} >> {counter}"}, sequence=sequence)
        handler.enable()
        assert len(counter.read_text().split()) == runs
    assert counter.read_text().split() == ["0", "2", "10"]
    assert told(tmp_path, "10")["status"] == "success"
    assert not (tmp_path / "statusFolder/1.status").exists()
    handler.uninstall()
    handler.enable()
    assert counter.read_text().split() == ["0", "2", "10", "10"], "an uninstalled handler has forgotten"
    handler.uninstall()
    handler.uninstall()


def test_what_a_run_leaves_is_private(handler, tmp_path, monkeypatch):
    monkeypatch.setenv("ConfigSequenceNumber", "0")
    ask(tmp_path, {"commandToExecute": "true"})
    handler.enable()
    for path in (handler.DATA, handler.DATA / "download/0"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_the_status_before_the_work_is_done(handler, tmp_path, monkeypatch):
    monkeypatch.setenv("ConfigSequenceNumber", "0")
    monkeypatch.setattr(handler, "in_background", lambda: False)
    ask(tmp_path, {"commandToExecute": "true"})
    handler.enable()
    found = told(tmp_path)
    assert (found["status"], found["operation"]) == ("transitioning", "Enable")
    assert found["formattedMessage"] == {"lang": "en", "message": "Enable in progress"}
    assert [path.name for path in (tmp_path / "statusFolder").iterdir()] == ["0.status"]


DRIVER = """
import importlib.util, pathlib, sys
spec = importlib.util.spec_from_file_location("handler", sys.argv[1])
handler = importlib.util.module_from_spec(spec)
spec.loader.exec_module(handler)
handler.HERE = pathlib.Path(sys.argv[2])
handler.DATA = handler.HERE / "data"
handler.enable()
"""


def test_enable_returns_before_the_work_is_done(handler, tmp_path):
    ask(tmp_path, {"commandToExecute": "while ! [ -e ../../../go ]; do sleep 0.02; done; echo done"})
    command = [sys.executable, "-c", DRIVER, str(HANDLER), str(tmp_path)]
    done = subprocess.run(command, env={"ConfigSequenceNumber": "0", "PATH": "/usr/bin:/bin"}, check=False, timeout=30)
    assert done.returncode == 0
    assert told(tmp_path)["status"] == "transitioning"
    (tmp_path / "go").touch()
    end = time.monotonic() + 20
    while told(tmp_path)["status"] == "transitioning" and time.monotonic() < end:
        time.sleep(0.02)
    assert told(tmp_path)["status"] == "success"
    assert "done" in told(tmp_path)["formattedMessage"]["message"]

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guard reads of the host, and the root-only ways out."""

from __future__ import annotations

import os
import pathlib
import stat
import subprocess
import time

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import break_glass, host, policy
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Closed

from .material import ID

SCRIPT = pathlib.Path(__file__).parents[5] / "plugins" / "module_utils" / "_guard" / "bulwark-docker-break-glass"
HOST = host.Host()
NOW = 1_800_000_000


@pytest.mark.parametrize(
    ("content", "holds"),
    [
        (f"{NOW + 60} why not\n", True),
        (f"{NOW + 60}", True),
        (f"{NOW}", False),
        (f"{NOW + break_glass.LONGEST}", True),
        (f"{NOW + break_glass.LONGEST + 1}", False),
        (f"-{NOW + 60}", False),
        ("9" * 400, False),
        ("\u0661\u0662", False),
        ("soon", False),
        ("", False),
        (None, False),
    ],
)
def test_break_glass(content: str, holds: bool) -> None:
    assert (break_glass.parse(content, NOW) is not None) is holds


@pytest.mark.parametrize("kind", ["proper", "readable by others", "a symlink", "a directory", "missing"])
def test_break_glass_file(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    path = tmp_path / "glass"
    monkeypatch.setattr(break_glass, "PATH", str(path))
    real = tmp_path / "real"
    real.write_text(f"{int(time.time()) + 60} x\n")
    real.chmod(0o644 if kind == "readable by others" else 0o600)
    if kind == "a symlink":
        path.symlink_to(real)
    elif kind == "a directory":
        path.mkdir()
    elif kind != "missing":
        real.rename(path)
    expected = kind == "proper" and os.getuid() == 0
    assert (HOST.break_glass() is not None) is expected


def test_namespaces_and_devices() -> None:
    own = HOST.namespace("/proc/self/ns/mnt")
    assert own is not None
    assert own == HOST.namespace(f"/proc/{os.getpid()}/ns/mnt")
    assert HOST.namespace("/proc/self/ns/none") is None
    assert HOST.device("/dev/null") == ("c", 1, 3)
    assert HOST.device("/dev") is None and HOST.device("/dev/none/x") is None


@pytest.mark.parametrize("container", ["..", "x", ID[:-1], ID + "\n", "", f"../containers/{ID}"])
def test_a_name_that_is_no_id_reads_nothing(tmp_path: pathlib.Path, container: str) -> None:
    assert HOST.container(str(tmp_path), container) == {}
    assert HOST.exempt(container) is None


def test_record(tmp_path: pathlib.Path) -> None:
    directory = tmp_path / "containers" / ID
    directory.mkdir(parents=True)
    assert HOST.container(str(tmp_path), ID) == {}
    (directory / "config.v2.json").write_text('{"Image": "sha256:x"}')
    assert HOST.container(str(tmp_path), ID) == {"Image": "sha256:x"}


def test_options_of_a_volume(tmp_path: pathlib.Path) -> None:
    directory = tmp_path / "volumes" / "data"
    directory.mkdir(parents=True)
    (tmp_path / "volumes" / "opts.json").write_text('{"MountType": "none"}')
    for name in ("data", "other", "..", ".", "", "data/../../containers"):
        assert HOST.volume(str(tmp_path), name) == {}
    (directory / "opts.json").write_text('{"MountType": "nfs"}')
    assert HOST.volume(str(tmp_path), "data") == {"MountType": "nfs"}


def test_exempt_is_kept_and_forgotten(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "EXEMPT", str(tmp_path / "run" / "exempt"))
    HOST.set_exempt(ID, None)
    assert HOST.exempt(ID) is None
    HOST.set_exempt(ID, "agent")
    assert HOST.exempt(ID) == "agent"
    HOST.set_exempt(ID, None)
    assert HOST.exempt(ID) is None
    (tmp_path / "run" / "break-glass").touch()
    HOST.set_exempt("../break-glass", None)
    assert (tmp_path / "run" / "break-glass").exists()


def test_rewrite_replaces_at_once(tmp_path: pathlib.Path) -> None:
    path, other = tmp_path / "config.json", tmp_path / "other"
    path.write_text("old")
    path.chmod(0o600)
    other.write_text("other")
    (tmp_path / "config.json.bulwark").symlink_to(other)
    HOST.rewrite(str(path), b"new")
    assert (path.read_text(), other.read_text()) == ("new", "other")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(item.name for item in tmp_path.iterdir()) == ["config.json", "other"]


def test_real_runc(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = tmp_path / "bulwark-azure-docker" / "runc"
    ours.parent.mkdir()
    ours.write_text("")
    ours.chmod(0o755)
    (tmp_path / "link").symlink_to(ours)
    plain, real = tmp_path / "plain", tmp_path / "runc"
    plain.write_text("")
    monkeypatch.setattr(host, "REAL_RUNC", (str(tmp_path / "link"), str(plain), str(real)))
    with pytest.raises(Closed, match="found no runc"):
        HOST.real_runc()
    real.write_text("")
    real.chmod(0o755)
    assert HOST.real_runc() == str(real)


def test_no_policy(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "PATH", str(tmp_path / "policy"))
    with pytest.raises(Closed, match="found no policy"):
        HOST.policy()


class Glass:
    """The script with its file below a directory, and with users and loggers of its own."""

    def __init__(self, root: pathlib.Path) -> None:
        self.file, self.log, self.bin = root / "run" / "break-glass", root / "log", root / "bin"
        self.bin.mkdir()
        self.user = "0"
        self.script = root / "script"
        self.script.write_text(SCRIPT.read_text().replace("/run/bulwark-azure-docker/break-glass", str(self.file)))
        for name, text in (("logger", f'echo "$*" >> {self.log}'), ("id", f"cat {root}/uid")):
            (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
            (self.bin / name).chmod(0o755)
        self.uid = root / "uid"
        self.uid.write_text("0\n")

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        environment = {"PATH": f"{self.bin}:{os.environ['PATH']}"}
        return subprocess.run(
            ["dash", str(self.script), *words], capture_output=True, text=True, check=False, env=environment
        )


@pytest.fixture
def glass(tmp_path: pathlib.Path) -> Glass:
    return Glass(tmp_path)


@pytest.mark.parametrize(("duration", "seconds"), [("90s", 90), ("30m", 1800), ("24h", 86400)])
def test_begin_status_end(glass: Glass, duration: str, seconds: int) -> None:
    done = glass.run(duration, "a reason", "with\nlines")
    assert done.returncode == 0, done.stderr
    found = break_glass.parse(glass.file.read_text(), time.time())
    assert found is not None and found.reason == "a reason with lines"
    assert abs(found.until - time.time() - seconds) < 20
    assert stat.S_IMODE(glass.file.stat().st_mode) == 0o600
    assert "a reason with lines" in glass.log.read_text()
    assert glass.run("--status").stdout.startswith("active for ")
    assert glass.run("--end").returncode == 0 and not glass.file.exists()
    done = glass.run("--status")
    assert (done.returncode, done.stdout) == (1, "not active\n")


def test_status_after_its_time(glass: Glass) -> None:
    glass.file.parent.mkdir()
    glass.file.write_text("1000 old\n")
    done = glass.run("--status")
    assert done.returncode == 1 and "ended by itself: old" in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        "",
        "30m",
        "30 x",
        "m x",
        "0m x",
        "-5m x",
        "1d x",
        "25h x",
        "86401s x",
        "999999h x",
        "1e3s x",
        "--forever x",
        "30M x",
    ],
)
def test_what_it_does_not_take(glass: Glass, words: str) -> None:
    done = glass.run(*words.split())
    assert done.returncode == 2 and done.stderr
    assert not glass.file.exists()


def test_root_only(glass: Glass) -> None:
    glass.uid.write_text("1000\n")
    for words in (("30m", "x"), ("--end",), ("--status",)):
        done = glass.run(*words)
        assert done.returncode == 1 and "expected root" in done.stderr
    assert not glass.file.exists()

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from local_azure import demo


@pytest.mark.parametrize(
    ("guests", "accelerator", "expected"),
    [
        ("nspawn", "tcg", ["docker1", "docker2"]),
        ("nspawn", "kvm", ["docker1", "docker2"]),
        ("qemu", "kvm", ["docker1", "docker2"]),
        ("qemu", "tcg", ["docker1"]),
    ],
)
def test_an_emulated_machine_is_alone(monkeypatch, guests, accelerator, expected):
    monkeypatch.setattr(demo, "accelerator", lambda: accelerator)
    assert demo.hosts(guests) == expected


@pytest.mark.parametrize(
    ("arguments", "function", "guests"),
    [([], "start", "nspawn"), (["--guests", "qemu"], "start", "qemu"), (["--inside"], "inside", "nspawn")],
)
def test_command_line(monkeypatch, arguments, function, guests):
    called = []
    for name in ("start", "inside"):
        monkeypatch.setattr(demo, name, lambda given, name=name: called.append((name, given)) or 0)
    assert demo.main(arguments) == 0
    assert called == [(function, guests)]

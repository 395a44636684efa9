# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from local_azure.guests import accelerator

INTEL, AMD, PLAIN = {"fpu", "vmx"}, {"fpu", "svm"}, {"fpu", "hypervisor"}


@pytest.mark.parametrize(
    ("flags", "modules", "why"),
    [
        (INTEL, {"kvm", "kvm_intel"}, None),
        (AMD, {"kvm", "kvm_amd"}, None),
        (PLAIN, {"kvm", "kvm_pvm"}, "neither vmx nor svm"),
        (PLAIN, {"kvm", "kvm_intel"}, "neither vmx nor svm"),
        (INTEL, {"kvm", "kvm_pvm"}, "neither kvm_intel nor kvm_amd"),
        (INTEL, {"kvm", "kvm_intel", "kvm_pvm"}, "PVM"),
        (INTEL, set(), "neither kvm_intel nor kvm_amd"),
        (set(), set(), "neither vmx nor svm"),
    ],
)
def test_what_the_hardware_says(flags, modules, why):
    found = accelerator.reason(flags, modules)
    assert found is None if why is None else why in found


@pytest.mark.parametrize("device", ["/dev/null", "/nowhere"])
def test_what_is_no_kvm_makes_no_processor(device):
    assert accelerator.makes_processor(device) is False


@pytest.mark.parametrize(
    ("flags", "makes", "expected"), [(INTEL, True, "kvm"), (INTEL, False, "tcg"), (PLAIN, True, "tcg")]
)
def test_choice(monkeypatch, flags, makes, expected):
    monkeypatch.setattr(accelerator, "_flags", lambda: flags)
    monkeypatch.setattr(accelerator, "_modules", lambda: {"kvm", "kvm_intel"})
    monkeypatch.setattr(accelerator, "makes_processor", lambda: makes)
    assert accelerator.accelerator.__wrapped__() == expected

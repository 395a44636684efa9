# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether KVM works on this machine: ``python -m local_azure.guests.accelerator`` ends with 0 where it does.

A /dev/kvm is no proof. That of a PVM host (KVM without hardware virtualization) makes machines and processors, and runs
small programs in them by emulation, but boots no Linux that was not built for it. So the hardware is asked for, too.
"""

from __future__ import annotations

import fcntl
import functools
import os
import pathlib
import sys
from collections.abc import Collection

KVM, TCG = "kvm", "tcg"
PROVIDERS = frozenset(("kvm_intel", "kvm_amd"))
HARDWARE = frozenset(("vmx", "svm"))
_API_VERSION, _CREATE_VM, _CREATE_VCPU = 0xAE00, 0xAE01, 0xAE41  # ioctl numbers of linux/kvm.h
_API = 12


@functools.cache
def accelerator() -> str:
    """Return "kvm" where QEMU can use it, else "tcg"."""
    return TCG if reason(_flags(), _modules()) or not makes_processor() else KVM


def reason(flags: Collection[str], modules: Collection[str]) -> str | None:
    """Say why KVM cannot boot Linux with these processor flags and kernel modules; None where it should."""
    if not HARDWARE & set(flags):
        return "the processor offers neither vmx nor svm"
    if not PROVIDERS & set(modules):
        return "the kernel has neither kvm_intel nor kvm_amd"
    if "kvm_pvm" in modules:
        return "the kernel's KVM is PVM, which boots only kernels that were built for it"
    return None


def makes_processor(device: str = "/dev/kvm") -> bool:
    """Make a virtual machine with one processor, and forget it."""
    descriptors = []
    try:
        descriptors.append(os.open(device, os.O_RDWR | os.O_CLOEXEC))
        if fcntl.ioctl(descriptors[0], _API_VERSION, 0) != _API:
            return False
        descriptors.append(fcntl.ioctl(descriptors[0], _CREATE_VM, 0))
        descriptors.append(fcntl.ioctl(descriptors[1], _CREATE_VCPU, 0))
    except OSError:
        return False
    finally:
        for descriptor in reversed(descriptors):
            os.close(descriptor)
    return True


def _flags() -> set[str]:
    """What the first processor can do; empty on machines that are no x86."""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            return set(line.partition(":")[2].split())
    return set()


def _modules() -> set[str]:
    return {path.name for path in pathlib.Path("/sys/module").glob("kvm*")}


if __name__ == "__main__":
    sys.exit(accelerator() != KVM)

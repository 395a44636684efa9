# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from local_azure.guests.kinds import KINDS
from local_azure.lab import launcher


@pytest.mark.parametrize(
    ("user", "absent", "tun", "kind", "text"),
    [
        (0, (), True, "nspawn", None),
        (0, ("qemu-img",), True, "nspawn", None),
        (0, ("systemd-nspawn",), True, "qemu", None),
        (0, ("qemu-img", "nft"), True, "qemu", "misses these packages: nftables qemu-utils;"),
        (0, ("systemd-nspawn",), True, "nspawn", "misses these packages: systemd-container;"),
        (0, (), False, "qemu", "found no /dev/net/tun"),
        (1000, (), True, "nspawn", "needs root"),
    ],
)
def test_what_a_machine_must_have(monkeypatch, user, absent, tun, kind, text):
    monkeypatch.setattr(launcher.os, "geteuid", lambda: user)
    monkeypatch.setattr(launcher.shutil, "which", lambda tool, path: None if tool in absent else f"/usr/bin/{tool}")
    monkeypatch.setattr(launcher.os.path, "exists", lambda _path: tun)
    if text is None:
        launcher.check_machine(KINDS[kind].tools)
    else:
        with pytest.raises(launcher.LabError, match=text):
            launcher.check_machine(KINDS[kind].tools)

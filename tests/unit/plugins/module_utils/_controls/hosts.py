# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts of a host, and the modes of a selection, for the tests of this room."""

from __future__ import annotations

import datetime

from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls import overrides, selection

TODAY = datetime.date(2026, 11, 24)
HOST = {
    "apparmor": True,
    "selinux": False,
    "systemd": True,
    "auditd": True,
    "nftables": True,
    "standalone": True,
    "foreign_log_driver": False,
    "foreign_bind_address": False,
    "foreign_firewall": False,
    "engine_version": "29.7.2",
}


def selected(tier="hardened", *layers, **facts):
    """The selection for HOST with some facts changed."""
    return selection.select(tier, overrides.parse(layers, TODAY), selection.facts_of({**HOST, **facts}))

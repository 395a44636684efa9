#!/usr/bin/env bash
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# mmdebstrap hook: what only a system container needs.
set -euo pipefail
root="${1:?usage: customize_nspawn.sh ROOT}"

# the unit asks systemd for Hyper-V; a container is none
mkdir -p "$root/etc/systemd/system/walinuxagent.service.d"
printf '[Unit]\nConditionVirtualization=\n' > "$root/etc/systemd/system/walinuxagent.service.d/10-guest.conf"
systemctl --quiet --root="$root" mask console-getty.service

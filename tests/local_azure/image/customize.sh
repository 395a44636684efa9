#!/usr/bin/env bash
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# mmdebstrap hook: turn the fresh root file system into an image as a cloud's marketplace has it.
set -euo pipefail
root="${1:?usage: customize.sh ROOT}"

chroot "$root" apt-get install --yes --no-install-recommends --download-only docker.io docker-cli

# where packages come from, for tests that break the sources and mend them
grep -rhoE 'https?://[^ ]+' "$root"/etc/apt/sources.list* | head -n 1 > "$root/etc/apt/mirror-of-the-image"

# an image has no identity of its own: host keys, machine id and host name are made when a machine is
rm -f "$root"/etc/ssh/ssh_host_*
: > "$root/etc/machine-id"
rm -f "$root/etc/hostname"

set_option() { # KEY VALUE in the agent's configuration
    sed -i "s|^#\? *$1=.*|$1=$2|" "$root/etc/waagent.conf"
    grep -q "^$1=" "$root/etc/waagent.conf" || echo "$1=$2" >> "$root/etc/waagent.conf"
}
set_option Provisioning.Agent disabled
set_option ResourceDisk.Format n
set_option AutoUpdate.Enabled n
set_option Logs.Collect n
set_option Extensions.GoalStatePeriod 2
set_option Extensions.InitialGoalStatePeriod 2

rm -f "$root/etc/resolv.conf"
echo "nameserver 10.0.2.3" > "$root/etc/resolv.conf"
systemctl --quiet --root="$root" enable systemd-networkd.service ssh.service walinuxagent.service
systemctl --quiet --root="$root" mask systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer
# where cloud-init has it on Azure's images: what VMAccess writes into this very file takes effect
printf 'PermitRootLogin no\nPasswordAuthentication no\n' > "$root/etc/ssh/sshd_config.d/50-cloud-init.conf"

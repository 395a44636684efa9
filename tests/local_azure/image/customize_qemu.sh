#!/usr/bin/env bash
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# mmdebstrap hook: what only a virtual machine needs.
set -euo pipefail
root="${1:?usage: customize_qemu.sh ROOT}"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

# what the product installs where a kernel can make use of it
chroot "$root" apt-get install --yes --no-install-recommends --download-only auditd

# the image knows its machine: a small initial RAM disk unpacks in a moment, also without hardware virtualization
echo 'MODULES=list' > "$root/etc/initramfs-tools/conf.d/virtual-machine"
printf '%s\n' virtio_pci virtio_blk ext4 > "$root/etc/initramfs-tools/modules"
chroot "$root" update-initramfs -u

# the machine's identity comes with a second disk, at the first boot
install -D --mode=0755 "$here/identity.sh" "$root/usr/local/lib/local-azure/identity"
install -D --mode=0644 "$here/identity.service" "$root/etc/systemd/system/local-azure-identity.service"
systemctl --quiet --root="$root" enable local-azure-identity.service

# It would write a line into the guest's journal for every question.
install -d "$root/etc/systemd/system/qemu-guest-agent.service.d"
printf '[Service]\nLogLevelMax=notice\n' > "$root/etc/systemd/system/qemu-guest-agent.service.d/10-quiet.conf"

# What else the first boot would do, half a minute of it without hardware virtualization: compile AppArmor's profiles (for
# the kernel whose features are in that file, as `aa-features-abi --extract` says them; another kernel compiles its own),
# and rebuild caches that are up to date.
install -D --mode=0644 "$here/apparmor_features" "$root/run/apparmor_features"
chroot "$root" apparmor_parser --skip-kernel-load --write-cache --cache-loc=/var/cache/apparmor \
    --kernel-features=/run/apparmor_features /etc/apparmor.d
rm "$root/run/apparmor_features"
touch "$root/etc/.updated" "$root/var/.updated"

# nobody sits at the console, and housekeeping would take the test's processor time
systemctl --quiet --root="$root" mask getty@tty1.service serial-getty@ttyS0.service fstrim.timer dpkg-db-backup.timer \
    e2scrub_all.timer e2scrub_reap.service man-db.timer

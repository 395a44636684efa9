#!/usr/bin/env bash
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Build the disk of a Debian 13 virtual machine with the real Azure Linux Agent, and the kernel that boots it.
#   build_qemu.sh DIRECTORY   ->  DIRECTORY/{disk.ext4,kernel,initrd,stamp} (re-used while these scripts are the same)
# No loop device and no virtualization is needed for it. As in the other image, the engine is not installed.
set -euo pipefail
# shellcheck source=tests/local_azure/image/root.sh
. "$(dirname "${BASH_SOURCE[0]}")/root.sh"

directory="${1:?usage: build_qemu.sh DIRECTORY}"
stamp="$(stamp_of build_qemu.sh root.sh customize.sh customize_qemu.sh identity.sh identity.service apparmor_features)"
if [ "$(cat "$directory/stamp" 2> /dev/null)" = "$stamp" ]; then
    exit 0
fi

PACKAGES+=,linux-image-cloud-amd64,initramfs-tools,zstd,kmod,apparmor,apparmor-utils,qemu-guest-agent
mkdir -p "$directory"
rm -rf "$directory/root.new" "$directory/stamp"
echo "guest image: Debian 13 with its own kernel, two minutes (log: $directory/build.log)"
make_root "$directory" "$PACKAGES" customize.sh customize_qemu.sh
cp "$directory"/root.new/boot/vmlinuz-* "$directory/kernel"
cp "$directory"/root.new/boot/initrd.img-* "$directory/initrd"
# A new file, not the old one overwritten: machines that run have it open.
rm -f "$directory/disk.ext4" "$directory/disk.new"
truncate --size=8G "$directory/disk.new"
mkfs.ext4 -q -F -L root -E lazy_itable_init=1,lazy_journal_init=1,nodiscard -d "$directory/root.new" "$directory/disk.new"
mv "$directory/disk.new" "$directory/disk.ext4"
rm -rf "$directory/root.new"
echo "$stamp" > "$directory/stamp"
echo "guest image: ready"

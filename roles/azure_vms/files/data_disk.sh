#!/bin/sh
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The data disk for Docker. LUN 0 gets one partition with ext4 if it is empty, and is mounted for dockerd and containerd.
# cloud-init runs this at each boot as a "boothook", which comes before the Azure Linux Agent: no extension runs earlier.
set -eu

label=docker-data
root=/var/lib/docker-data

say() {
    echo "bulwark-docker-data: $*" >&2
}

find_disk() {
    # The first name comes with azure-vm-utils (NVMe too), the second with the Azure Linux Agent (SCSI).
    for path in /dev/disk/azure/data/by-lun/0 /dev/disk/azure/scsi1/lun0; do
        if [ -e "$path" ]; then
            readlink -f "$path"
            return 0
        fi
    done
    return 1
}

first_partition() {
    lsblk --noheadings --raw --paths --output NAME,TYPE "$1" | awk '$2 == "part" {print $1; exit}'
}

# The last thing that this script writes: where it is, everything is done.
if grep -q " $root " /etc/fstab; then
    exit 0
fi

udevadm settle || say "udev did not settle"
tries=0
until disk=$(find_disk); do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ]; then
        say "found no disk at LUN 0 within 60 seconds, expected the data disk; attach it and boot again"
        exit 1
    fi
    sleep 1
done

if [ -z "$(wipefs --noheadings "$disk")" ]; then
    say "making one partition with ext4 on $disk, which is empty"
    echo 'type=linux' | sfdisk --quiet --label gpt "$disk"
    udevadm settle
    part=$(first_partition "$disk")
    mkfs.ext4 -q -L "$label" "$part"
else
    part=$(first_partition "$disk")
fi
found=$(blkid -p -s LABEL -o value "${part:-$disk}" || true)
if [ -z "$part" ] || [ "$found" != "$label" ]; then
    say "$disk is not empty and is not ours (label '$found', expected '$label'); left alone. Use an empty disk."
    exit 1
fi

uuid=$(blkid -p -s UUID -o value "$part")
mkdir -p "$root"
mountpoint -q "$root" || mount -t ext4 "$part" "$root"
entries="UUID=$uuid $root ext4 defaults,nofail,x-systemd.before=containerd.service,x-systemd.before=docker.service 0 2"
for name in containerd docker; do
    install -d -m 0711 "$root/$name" "/var/lib/$name"
    mountpoint -q "/var/lib/$name" || mount --bind "$root/$name" "/var/lib/$name"
    options="bind,nofail,x-systemd.requires-mounts-for=$root,x-systemd.before=$name.service"
    entries="$entries
$root/$name /var/lib/$name none $options 0 0"
done
# nofail takes away the order before local-fs.target, so the engine's own services are named.
printf '%s\n' "$entries" >> /etc/fstab
systemctl daemon-reload

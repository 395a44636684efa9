#!/bin/sh
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# In a guest, once: take the identity that the platform made for this machine. See guests/identity.py.
set -eu
disk="${1:?usage: identity DISK}"

tar --extract --file "$disk" --directory / --no-same-owner
hostname --file /etc/hostname
sh -eu /run/local-azure/commands
rm -r /run/local-azure
mkdir -p /var/lib/local-azure
touch /var/lib/local-azure/provisioned

#!/usr/bin/env bash
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Build the root file system of a Debian 13 guest with the real Azure Linux Agent.
#   build.sh DIRECTORY   ->  DIRECTORY/root, DIRECTORY/stamp (re-used while this script is the same)
# The engine is *not* installed, only its packages lie in apt's archive directory: installing them is what we test.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
directory="${1:?usage: build.sh DIRECTORY}"
stamp="$(cat "$here"/* | sha256sum | cut -c1-16)"
if [ "$(cat "$directory/stamp" 2> /dev/null)" = "$stamp" ]; then
    exit 0
fi

packages=systemd-sysv,dbus,udev,openssh-server,python3,python3-apt,sudo,iptables,nftables,iproute2,procps,ca-certificates
packages+=,openssl,waagent
mkdir -p "$directory"
rm -rf "$directory/root" "$directory/stamp"
echo "guest image: Debian 13 with the Azure Linux Agent, about half a minute (log: $directory/build.log)"
mmdebstrap --mode=root --variant=minbase --include="$packages" --skip=cleanup/apt \
    --customize-hook="$here/customize.sh \"\$1\"" trixie "$directory/root.new" > "$directory/build.log" 2>&1 || {
    tail -n 20 "$directory/build.log" >&2
    echo "guest image: mmdebstrap failed; see $directory/build.log, mend the cause and run the same command again" >&2
    exit 1
}
mv "$directory/root.new" "$directory/root"
echo "$stamp" > "$directory/stamp"
echo "guest image: ready"

#!/usr/bin/env bash
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# For build.sh and build_qemu.sh, which source it: what the images of both kinds of guests have in common.
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
PACKAGES=systemd-sysv,dbus,udev,openssh-server,python3,python3-apt,sudo,iptables,nftables,iproute2,procps,ca-certificates
PACKAGES+=,openssl,waagent

stamp_of() { # FILE ... -> what changes with them
    (cd "$here" && cat "$@") | sha256sum | cut -c1-16
}

make_root() { # DIRECTORY, PACKAGES, HOOK ... -> DIRECTORY/root.new
    local directory=$1 packages=$2 hooks=() hook
    shift 2
    for hook in "$@"; do
        hooks+=("--customize-hook=$here/$hook \"\$1\"")
    done
    mmdebstrap --mode=root --variant=minbase --include="$packages" --skip=cleanup/apt "${hooks[@]}" \
        trixie "$directory/root.new" > "$directory/build.log" 2>&1 || {
        tail -n 20 "$directory/build.log" >&2
        echo "guest image: mmdebstrap failed; see $directory/build.log, mend the cause and run the same command again" >&2
        exit 1
    }
}

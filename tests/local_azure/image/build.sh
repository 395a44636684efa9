#!/usr/bin/env bash
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Build the root file system of a Debian 13 guest with the real Azure Linux Agent.
#   build.sh DIRECTORY   ->  DIRECTORY/root, DIRECTORY/stamp (re-used while these scripts are the same)
# The engine is *not* installed, only its packages lie in apt's archive directory: installing them is what we test.
set -euo pipefail
# shellcheck source=tests/local_azure/image/root.sh
. "$(dirname "${BASH_SOURCE[0]}")/root.sh"

directory="${1:?usage: build.sh DIRECTORY}"
stamp="$(stamp_of build.sh root.sh customize.sh customize_nspawn.sh)"
if [ "$(cat "$directory/stamp" 2> /dev/null)" = "$stamp" ]; then
    exit 0
fi

mkdir -p "$directory"
rm -rf "$directory/root" "$directory/root.new" "$directory/stamp"
echo "guest image: Debian 13 with the Azure Linux Agent, about half a minute (log: $directory/build.log)"
make_root "$directory" "$PACKAGES" customize.sh customize_nspawn.sh
mv "$directory/root.new" "$directory/root"
echo "$stamp" > "$directory/stamp"
echo "guest image: ready"

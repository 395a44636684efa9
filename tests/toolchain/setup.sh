#!/usr/bin/env bash
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Prepares a checkout. Usage: setup.sh check|lab|qemu
#   check  interpreters and the Python environment: enough for unit tests and lint
#   lab    also the system packages and the guest image of local Azure
#   qemu   the same for guests that are virtual machines
# Everything lands in .cache/. Run again it does only what is missing or what changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# What is needed, a command or a file, and the Debian package that has it.
CHECK_TOOLS=(
    git git
    shellcheck shellcheck
    /etc/ssl/certs/ca-certificates.crt ca-certificates
)
LAB_TOOLS=(
    mmdebstrap mmdebstrap
    /usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
    systemd-nspawn systemd-container
    slirp4netns slirp4netns
    nft nftables
    ip iproute2
    ssh openssh-client
    openssl openssl
    curl curl
    unshare util-linux
    script bsdutils
)
QEMU_TOOLS=(
    qemu-system-x86_64 qemu-system-x86
    qemu-img qemu-utils
    mkfs.ext4 e2fsprogs
)
MINORS=(14 13 12 11 10 9) # newest first: what ansible-core 2.19 and later can use
OLDEST_CONTROLLER=11
PATH="${PATH}:/usr/sbin:/sbin" # not in every user's PATH, and some tools are there

say() { printf -- '--- setup: %s\n' "$*"; }
stop() { printf -- 'setup failed: %s\n' "$*" >&2; exit 1; }

missing_packages() { # tool, package, tool, package ...
    while [ "$#" -gt 0 ]; do
        case $1 in
            /*) [ -e "$1" ] || echo "$2" ;;
            *) command -v "$1" > /dev/null || echo "$2" ;;
        esac
        shift 2
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo > /dev/null; then
        sudo "$@"
    else
        stop "root is needed for: $* (run as root, or install sudo)"
    fi
}

install_packages() {
    [ "$#" -gt 0 ] || return 0
    command -v apt-get > /dev/null || stop "there is no apt-get here, and these Debian packages are missing: $*. Install what they hold, then run it again."
    say "system packages, from the package mirrors: $*"
    as_root apt-get -o DPkg::Lock::Timeout=300 -qq update < /dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -qq install --yes --no-install-recommends "$@" \
        > .cache/logs/apt.log 2>&1 < /dev/null || { tail -n 20 .cache/logs/apt.log >&2; stop "apt-get install $*: see .cache/logs/apt.log"; }
}

# Real binaries only: ansible-test starts interpreters without PYENV_VERSION, with which pyenv's shims end in exit status 127.
real_interpreter() { # minor -> path
    local candidate real
    for candidate in "${PYENV_ROOT:-${HOME}/.pyenv}"/versions/3."$1".*/bin/python3."$1" /usr/bin/python3."$1" "python3.$1"; do
        real="$("${candidate}" -c 'import os, ssl, sys, venv; print(os.path.realpath(sys.executable))' 2> /dev/null)" || continue
        echo "${real}"
        return 0
    done
    return 1
}

link_interpreters() {
    local minor real
    mkdir -p .cache/pythons
    for minor in "${MINORS[@]}"; do
        if real="$(real_interpreter "${minor}")"; then
            ln -sfn "${real}" ".cache/pythons/python3.${minor}"
        else
            rm -f ".cache/pythons/python3.${minor}"
        fi
    done
}

newest_interpreter() { # least minor, greatest minor -> path
    local minor
    for minor in "${MINORS[@]}"; do
        if [ "${minor}" -ge "$1" ] && [ "${minor}" -le "$2" ] && [ -e ".cache/pythons/python3.${minor}" ]; then
            echo ".cache/pythons/python3.${minor}"
            return 0
        fi
    done
    return 1
}

# Debian's python3 comes without ensurepip: python3-venv brings it.
controller_interpreter() {
    local python
    python="$(newest_interpreter "${OLDEST_CONTROLLER}" 14)" || {
        install_packages python3 python3-venv >&2
        link_interpreters
        python="$(newest_interpreter "${OLDEST_CONTROLLER}" 14)" || stop "found no Python 3.${OLDEST_CONTROLLER} to 3.14: install one, then run it again."
    }
    "${python}" -c 'import ensurepip' 2> /dev/null || install_packages python3-venv >&2
    "${python}" -c 'import ensurepip' || stop "${python} cannot make virtual environments: install the package python3-venv for it."
    echo "${python}"
}

# uv does not read pip's configuration: a mirror set there must be told to it.
tell_uv_the_mirror() { # pip
    local mirror
    mirror="$("$1" config get global.index-url 2> /dev/null || true)"
    [ -z "${mirror}" ] || export UV_DEFAULT_INDEX="${mirror}"
    export UV_SYSTEM_CERTS=1
}

make_environment() { # directory, interpreter, pip arguments
    local directory=$1 python=$2 stamp
    shift 2
    stamp="$(cat tests/toolchain/requirements.txt tests/toolchain/setup.sh <(readlink -f "${python}") <(pwd) | sha256sum)"
    [ "$(cat "${directory}/.stamp" 2> /dev/null || true)" != "${stamp}" ] || return 0
    say "${directory}: $("${python}" --version), packages from the Python package index (about 30 s)"
    "${python}" -m venv --clear "${directory}"
    "${directory}/bin/pip" install -qq --disable-pip-version-check uv
    tell_uv_the_mirror "${directory}/bin/pip"
    "${directory}/bin/uv" pip install --quiet --python "${directory}/bin/python" "$@" ||
        "${directory}/bin/pip" install -qq --disable-pip-version-check "$@"
    say "${directory}: byte-compiling"
    "${directory}/bin/python" -m compileall -q -j 0 "${directory}/lib" > /dev/null || true # some packages ship files for other Pythons
    echo "${stamp}" > "${directory}/.stamp"
}

build_image() { # script, directory
    [ -x "tests/local_azure/image/$1" ] || return 0
    say "guest image in $2 (minutes the first time, from the package mirrors; a moment when it is there)"
    as_root "tests/local_azure/image/$1" "$2"
}

case "${1:-}" in
    check) tools=("${CHECK_TOOLS[@]}") ;;
    lab) tools=("${CHECK_TOOLS[@]}" "${LAB_TOOLS[@]}") ;;
    qemu) tools=("${CHECK_TOOLS[@]}" "${LAB_TOOLS[@]}" "${QEMU_TOOLS[@]}") ;;
    *) stop "usage: setup.sh check|lab|qemu" ;;
esac
HOME="${HOME:-$(cd ~ && pwd)}"
mkdir -p .cache/logs .cache/home "${HOME}/.cache"
# The steps have a home directory of their own, with the user's download caches and package index settings.
ln -sfn "${HOME}/.config" .cache/home/.config
ln -sfn "${HOME}/.cache" .cache/home/.cache
exec 9> .cache/setup.lock
flock --nonblock 9 || { say "another set-up of this checkout is under way: waiting for it"; flock 9; }
mapfile -t missing < <(missing_packages "${tools[@]}")
install_packages "${missing[@]}"
link_interpreters
controller="$(controller_interpreter)"
make_environment .cache/venv "${controller}" --requirement tests/toolchain/requirements.txt
if [ "$1" = lab ]; then
    # The oldest ansible-core that meta/runtime.yml promises, where an interpreter for it is here.
    if python="$(newest_interpreter 10 12)"; then
        make_environment .cache/venv-oldest "${python}" "ansible-core~=2.16.0" pip \
            azure-identity "azure-mgmt-compute==33.0.0" azure-mgmt-resource cryptography pytest
    fi
    build_image build.sh .cache/image
elif [ "$1" = qemu ]; then
    build_image build_qemu.sh .cache/image-qemu
fi

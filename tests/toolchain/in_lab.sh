#!/usr/bin/env bash
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs something in a lab of local Azure, or around one, as root.
# Usage: in_lab.sh integration|end-to-end|end-to-end-oldest|clean-up|hardening|demo [ARGUMENT ...]
# GUEST=qemu|nspawn chooses the demo's guests: without it, qemu where KVM works, else nspawn.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

python=${PWD}/.cache/venv/bin/python
what=${1:?usage: in_lab.sh integration|end-to-end|end-to-end-oldest|clean-up|hardening|demo [ARGUMENT ...]}
shift
[ "${what}" != end-to-end-oldest ] || python=${PWD}/.cache/venv-oldest/bin/python
# every run of tests begins with an empty Azure
in_lab=("${python}" -m local_azure run --fresh --record-bodies --state ".cache/lab/${what}" --)
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

guests_of_the_demo() { # -> qemu or nspawn, ready for use; the set-up's words go to standard error
    local kind=${GUEST:-}
    if [ -z "${kind}" ]; then
        kind=nspawn
        ! "${as_root[@]}" env PYTHONPATH="${PWD}/tests" "${python}" -m local_azure.guests.accelerator || kind=qemu
    fi
    [ "${kind}" != qemu ] || tests/toolchain/setup.sh qemu >&2
    echo "${kind}"
}

# a line for each test: beside another lane of steps, only whole lines are shown
pytest=("${python}" -m pytest -v --color=no --tb=short -p no:cacheprovider ${RESULTS:+"--junitxml=${RESULTS}/${what}.xml"})
case "${what}" in
    integration) command=("${in_lab[@]}" "${python}" -m toolchain.ansible_test integration "$@") ;;
    end-to-end) command=("${in_lab[@]}" "${pytest[@]}" --numprocesses=2 --dist=loadfile tests/end_to_end "$@") ;;
    # the main job and what finds drift; the rest does not depend on ansible-core
    end-to-end-oldest) command=("${in_lab[@]}" "${pytest[@]}" tests/end_to_end/test_story.py -k
        "empty or first_run or mutual or report or second_run or finished or hand or bundle" "$@") ;;
    clean-up) command=("${pytest[@]}" tests/clean_up "$@") ;;
    hardening)
        tests/toolchain/setup.sh qemu
        command=("${python}" -m local_azure run --fresh --guests qemu --state ".cache/lab/${what}" --
            "${pytest[@]}" tests/hardening "$@")
        ;;
    demo)
        guests=$(guests_of_the_demo)
        command=("${python}" -m local_azure.demo --guests "${guests}" "$@")
        ;;
    *) echo "in_lab.sh: ${what} is none of integration, end-to-end, end-to-end-oldest, clean-up, hardening, demo" >&2; exit 2 ;;
esac
# A short home directory: ssh's control sockets live below it, and the path of a socket has at most 107 bytes.
home=$(mktemp -d)
trap '"${as_root[@]}" rm -rf "${home}"' EXIT
# sudo resets the environment: what the command needs goes with it by name.
carry=(PATH="${PATH}" HOME="${home}" PYTHONPATH="${PWD}/tests:${PWD}/.cache/tree" PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8)
[ -z "${RESULTS:-}" ] || carry+=(RESULTS="${RESULTS}")
"${as_root[@]}" env "${carry[@]}" "${command[@]}" <&0 &
# bash would put off a signal until the command has ended: pass it on, so that the lab takes its guests down.
trap 'kill -TERM $! 2> /dev/null; wait $!' INT TERM
wait $!

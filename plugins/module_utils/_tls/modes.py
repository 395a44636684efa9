# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The permissions of a certificate directory."""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import (
    CLIENT_AUTHORITIES,
    CLIENTS,
    DIGEST_KEY,
    SERVER_AUTHORITY,
    SERVERS,
    ModeFault,
)

DIRECTORY_MODE = 0o700
SECRET_MODE = 0o600
PUBLIC_MODE = 0o644
LOCK_FILE = ".lock"

_FILE_MODES = {
    "ca-key.pem": SECRET_MODE,
    "key.pem": SECRET_MODE,
    DIGEST_KEY: SECRET_MODE,
    LOCK_FILE: SECRET_MODE,
    "ca.pem": PUBLIC_MODE,
    "cert.pem": PUBLIC_MODE,
    "csr.pem": PUBLIC_MODE,
    "host.json": PUBLIC_MODE,
    "next-key.pem": SECRET_MODE,
    "next-csr.pem": PUBLIC_MODE,
    "retired.json": PUBLIC_MODE,
}
_ROOMS = (SERVER_AUTHORITY, CLIENT_AUTHORITIES, SERVERS, CLIENTS)


_LEFTOVER = re.compile(r"\.(?:%s)\.[^.]+\.tmp\Z" % "|".join(re.escape(name) for name in sorted(_FILE_MODES)))


def is_leftover(name: str) -> bool:
    """Whether a name is that of a file of ours that was being written when its run was killed."""
    return bool(_LEFTOVER.match(name))


def mode_faults(root: str) -> t.Iterator[ModeFault]:
    """Everything of ours below a certificate directory that grants more than it should. OSError as it comes."""
    yield from _below(root, root, _ROOMS)


def _below(root: str, directory: str, only: t.Optional[t.Sequence[str]] = None) -> t.Iterator[ModeFault]:
    # Names that are not ours are somebody else's business, whatever their modes.
    relative = os.path.relpath(directory, root)
    found = os.stat(directory).st_mode & 0o777
    if found & ~DIRECTORY_MODE:
        yield ModeFault(relative, found, DIRECTORY_MODE)
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if only is None or entry.name in only:
                    yield from _below(root, entry.path)
                continue
            expected = _FILE_MODES.get(entry.name)
            if expected is None or entry.is_symlink():
                continue
            found = entry.stat(follow_symlinks=False).st_mode & 0o777
            if found & ~expected:
                yield ModeFault(os.path.normpath(os.path.join(relative, entry.name)), found, expected)

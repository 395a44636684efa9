# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""TLS contexts: as whom a probe comes, and whether it verifies the server. Standard library only."""

from __future__ import annotations

import os
import ssl
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure


def good_context(directory: str) -> ssl.SSLContext:
    """A context that verifies by ca.pem of a client directory (Docker's layout) and shows its certificate."""
    context = _context()
    _load(directory, ("ca.pem",), lambda ca: context.load_verify_locations(cafile=ca))
    _load(directory, ("cert.pem", "key.pem"), context.load_cert_chain)
    return context


def stranger_context(directory: t.Optional[str] = None) -> ssl.SSLContext:
    """A context that accepts any server. directory: shows its cert.pem and key.pem; None: shows no certificate.

    What a server does to a client is observed apart from whether the server itself is the right one.
    """
    context = _context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if directory:
        _load(directory, ("cert.pem", "key.pem"), context.load_cert_chain)
    return context


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _load(directory: str, names: t.Sequence[str], load: t.Callable[..., None]) -> None:
    paths = [os.path.join(directory, name) for name in names]
    for path in paths:
        if not os.path.isfile(path):
            raise _unusable(path, "is not there")
    try:
        load(*paths)
    except ssl.SSLError as error:
        raise _unusable(
            " and ".join(paths), "cannot be used (%s)" % (getattr(error, "reason", None) or "not PEM")
        ) from None
    except OSError as error:
        raise _unusable(" and ".join(paths), "cannot be read (%s)" % error.strerror) from None


def _unusable(what: str, fault: str) -> Failure:
    return Failure(
        "%s %s, expected a client directory in Docker's layout: ca.pem, cert.pem and key.pem." % (what, fault),
        code="ClientDirectoryUnusable",
        hint="Let bulwark.azure_docker.docker_tls issue the client, and give clients[NAME].directory of its result.",
    )

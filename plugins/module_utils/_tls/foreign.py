# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""A client certificate of an authority that nobody trusts. It lives for one run of the probe."""

from __future__ import annotations

import datetime
import ssl
import tempfile
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import authority as authorities
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import minted
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import Store

_LABEL = "authority"


def foreign_context(within: t.Optional[str] = None) -> ssl.SSLContext:
    """A context that shows such a certificate. within: where its private directory is made (None: the usual place).

    Its files are gone when this returns: the context has read them.
    """
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="docker-tls-probe-", dir=within) as directory:
        signer = authorities.create(Store(directory), _LABEL, "docker-tls-probe foreign authority", "nobody", 1, now)
        return minted.client_context(signer, minted.CLIENT, minted.valid(now), directory)

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""A client certificate of an authority that nobody trusts. It lives for one run of the probe."""

from __future__ import annotations

import datetime
import os
import ssl
import tempfile
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import authority as authorities
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import leaf as leaves
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls import request as requests
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.contexts import stranger_context
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import SECRET_MODE, FileWrite, Store

_LABEL = "authority"


def foreign_context(within: t.Optional[str] = None) -> ssl.SSLContext:
    """A context that shows such a certificate. within: where its private directory is made (None: the usual place).

    Its files are gone when this returns: the context has read them.
    """
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    with tempfile.TemporaryDirectory(prefix="docker-tls-probe-", dir=within) as directory:
        store = Store(directory)
        signer = authorities.create(store, _LABEL, "docker-tls-probe foreign authority", "nobody", 1, now)
        request, key = requests.create("docker-tls-probe")
        wanted = leaves.LeafRequest(
            requests.public_key(request), "docker-tls-probe", "nobody", "clientAuth", (), days=1
        )
        leaf = leaves.issue(signer, wanted, now)
        writes = [FileWrite("key.pem", key, SECRET_MODE), FileWrite("cert.pem", leaf.pem.encode("ascii"))]
        store.swap("client", writes)
        return stranger_context(os.path.join(directory, "client"))

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import collections
import datetime

import pytest

from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls import support

Fleet = collections.namedtuple("Fleet", "directory certificate key bundle sha256 client")


@pytest.fixture(scope="session")
def fleet(tmp_path_factory):
    """A certificate directory of today with one host on the loopback interface and one client."""
    base = tmp_path_factory.mktemp("fleet")
    directory = base / "certificates"
    result = support.run(
        directory,
        at=datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0),
        hosts=[
            support.host("stub", dns_names=["localhost"], ip_addresses=["127.0.0.1"], key_origin="controller"),
        ],
        clients=[{"name": "alice"}],
    )
    bundle = base / "bundle.pem"
    bundle.write_text(result["client_bundle"])
    server = directory / "servers" / "stub"
    return Fleet(
        directory=directory,
        certificate=str(server / "cert.pem"),
        key=str(server / "key.pem"),
        bundle=str(bundle),
        sha256=result["hosts"]["stub"]["certificate_sha256"],
        client=result["clients"]["alice"]["directory"],
    )

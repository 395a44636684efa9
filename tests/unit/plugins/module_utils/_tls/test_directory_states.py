# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever became of a certificate directory: one call converges, and no authority is ever lost or replaced."""

from __future__ import annotations

import os
import pathlib
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.tests.unit.plugins.module_utils._tls.support import csr, host, run, tree

HOST, CLIENT, OWN = "servers/one/", "clients/alice/", "servers/two/"
AUTHORITIES = ("server-authority/", "client-authorities/default/")
FILES = (
    *(directory + name for directory in AUTHORITIES for name in ("ca.pem", "ca-key.pem")),
    *(HOST + name for name in ("csr.pem", "cert.pem", "host.json")),
    *(OWN + name for name in ("csr.pem", "cert.pem", "key.pem", "host.json")),
    *(CLIENT + name for name in ("ca.pem", "cert.pem", "key.pem")),
    "digest.key",
)
WHOLE, MISSING, TRUNCATED, EMPTY, SWAPPED, OPEN = "whole", "missing", "truncated", "empty", "swapped", "open to others"
FAULTS = st.sampled_from([MISSING, TRUNCATED, EMPTY, SWAPPED, OPEN])
DAMAGE = st.dictionaries(st.sampled_from(FILES), FAULTS, max_size=3)
HOSTS = [host("one"), host("two", key_origin="controller")]
CLIENTS = [{"name": "alice"}]


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """Two sites with the same names: what is swapped comes from the other one."""
    found = []
    for name in ("site", "other"):
        directory = tmp_path_factory.mktemp(name) / "certs"
        run(directory, hosts=[host("one", csr=csr()[0]), HOSTS[1]], clients=CLIENTS)
        found.append(directory)
    return found


def damage(directory: pathlib.Path, other: pathlib.Path, faults: dict[str, str]) -> None:
    """Do to files of a directory what happens to files."""
    for name, fault in faults.items():
        path = directory / name
        if fault == MISSING:
            path.unlink()
        elif fault == TRUNCATED:
            path.write_bytes(path.read_bytes()[:40])
        elif fault == EMPTY:
            path.write_bytes(b"")
        elif fault == SWAPPED:
            path.write_bytes((other / name).read_bytes())
        else:
            os.chmod(path, 0o666)


def authorities(directory: pathlib.Path) -> dict[str, bytes]:
    """The files of authorities that are there, by name."""
    paths = [directory / place / name for place in AUTHORITIES for name in ("ca.pem", "ca-key.pem")]
    return {str(path.relative_to(directory)): path.read_bytes() for path in paths if path.exists()}


def again(directory: pathlib.Path) -> dict:
    """The same declaration, with the request that the machine reports as long as it has no leaf for its key."""
    return run(directory, hosts=HOSTS, clients=CLIENTS)


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(faults=DAMAGE)
def test_one_call_converges_and_loses_no_authority(sites, tmp_path_factory, faults):
    directory = tmp_path_factory.mktemp("damaged") / "certs"
    shutil.copytree(sites[0], directory)
    damage(directory, sites[1], faults)
    before, held = tree(directory), authorities(directory)
    try:
        first = again(directory)
    except Failure as failure:
        assert failure.hint
        # not even a lock, and no authority is made in the place of one of which something is left
        assert {path: content for path, (_mode, content) in tree(directory).items()} == {
            path: content for path, (_mode, content) in before.items()
        }
        return
    assert {name: authorities(directory)[name] for name in held} == held
    second = again(directory)
    assert second["changed"] is False, (faults, second["hosts"], second["clients"])
    assert second["hosts"]["two"]["enrolled"]
    for path, (mode, _content) in tree(directory).items():
        if path.endswith("key.pem") or path == "digest.key":
            assert mode == 0o600, path
    entry = second["hosts"]["one"]
    assert entry["enrolled"] or first["hosts"]["one"]["reasons"], "a host without a leaf says why"
    shutil.rmtree(directory.parent)


def test_what_is_whole_is_left_alone(sites):
    before = tree(sites[0])
    assert again(sites[0])["changed"] is False
    assert tree(sites[0]) == before

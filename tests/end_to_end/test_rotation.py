# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and authorities are replaced under clients that ask all the time. Gaps are told here, and not judged."""

from __future__ import annotations

import contextlib
import json
import statistics

import pytest

from . import sleeper
from .asker import Asker
from .run import play, succeeded

HOSTS = ("turn1", "turn2")
GAPS = {}  # the median gap of a plain restart, in seconds
PLAYBOOK = "playbooks/rotate_certificates.yml"
# certificates of 90 days are due then, their successors are not
DUE = {"docker_tls_leaf_valid_days": 200, "docker_tls_renew_before_days": 150}
BOTH = ["server-authority", "client-authorities/default"]


@pytest.fixture(scope="module")
def site(make_site):
    made = make_site("turn", {host: {} for host in HOSTS}, azure_vms_subnet_prefix="10.42.95.0/24")
    succeeded(play(made))
    return made


@pytest.fixture(scope="module")
def guests(site, guest):
    """The hosts; on each runs a container, which outlives all that follows."""
    found = {host: guest(site, host) for host in HOSTS}
    pids = {host: sleeper.start(machine) for host, machine in found.items()}
    yield found
    assert {host: sleeper.pid(machine) for host, machine in found.items()} == pids


def starts(guests):
    """How often dockerd was started on each host since it booted."""
    return {host: int(found.run("journalctl -u docker.service -o cat | grep -c 'API listen on /run/docker.sock'"))
            for host, found in guests.items()}  # fmt: skip


@contextlib.contextmanager
def asked(site, guests):
    """Clients of all hosts, for as long as something is done; their tallies."""
    client = site.certificates / "clients" / "admin"
    with contextlib.ExitStack() as askers:
        running = [askers.enter_context(Asker(client, found.address, host)) for host, found in guests.items()]
        yield [asker.tally for asker in running]


def rotate(site, **variables):
    return play(site, PLAYBOOK, "-e", json.dumps(variables))


def tell(capsys, title, tallies):
    with capsys.disabled():
        print(f"\n{title}: " + "; ".join(map(str, tallies)), flush=True)


def test_gaps_of_plain_restarts(site, guests, capsys):
    gaps = []
    for _turn in range(5):
        with asked(site, guests) as tallies:
            for found in guests.values():
                found.run("systemctl reset-failed docker.service; systemctl restart docker.service && sleep 1")
        gaps += [tally.longest for tally in tallies]
        assert [tally.failures for tally in tallies] == [[]] * len(HOSTS)
    GAPS["plain"] = statistics.median(gaps)
    tell(capsys, f"plain restarts, median gap {GAPS['plain']:.2f} s", tallies)


def told(capsys, title, tallies):
    ratio = max(tally.longest for tally in tallies) / GAPS["plain"]
    tell(capsys, f"{title}, longest gap {ratio:.2f} times a plain restart's", tallies)
    assert [tally.failures for tally in tallies] == [[]] * len(HOSTS)
    assert all(tally.answered for tally in tallies)


def test_certificates_are_renewed_with_one_restart(site, guests, capsys):
    before = starts(guests)
    with asked(site, guests) as tallies:
        run = succeeded(rotate(site, **DUE))
    assert "renew_window" in run.text
    assert starts(guests) == {host: number + 1 for host, number in before.items()}
    told(capsys, "renewed certificates", tallies)


def test_check_tells_what_is_due(site, guests):
    before = starts(guests)
    run = play(
        site,
        PLAYBOOK,
        "--check",
        "-e",
        json.dumps({"docker_tls_renew_before_days": 250, "docker_tls_leaf_valid_days": 300}),
    )
    assert "renew_window" in run.text
    assert starts(guests) == before


def test_authorities_are_replaced_with_one_restart_for_each_step(site, guests, capsys):
    before, authority = starts(guests), (site.certificates / "server-authority/ca.pem").read_text()
    with asked(site, guests) as tallies:
        succeeded(rotate(site, rotate_authorities=BOTH, rotate_min_age_hours=0))
    assert (site.certificates / "server-authority/ca.pem").read_text() != authority
    # begin: whom to trust; switch: the new certificate; finish: whom to trust no more
    assert starts(guests) == {host: number + 3 for host, number in before.items()}
    told(capsys, "replaced both authorities", tallies)


def test_the_predecessors_are_gone_everywhere(site, guests):
    assert not list(site.certificates.glob("**/previous/*")) + list(site.certificates.glob("**/next/*"))
    bundle = guests["turn1"].run("cat /etc/docker/tls/client-authorities.pem")
    assert bundle.count("BEGIN CERTIFICATE") == 1
    assert succeeded(play(site)).numbers("changed") == dict.fromkeys(HOSTS, 0)


def test_a_key_that_is_too_old_is_replaced_without_a_gap(site, guests, capsys):
    before = starts(guests)
    key = guests["turn1"].run("sha256sum /etc/docker/tls/server-key.pem")
    record = site.certificates / "servers/turn1/host.json"
    aged = {**json.loads(record.read_text()), "key_since": "2020-01-01"}
    record.write_text(json.dumps(aged))
    with asked(site, guests) as tallies:
        succeeded(play(site, "playbooks/site.yml", "-e", "docker_tls_key_max_age_days=365"))
    assert guests["turn1"].run("sha256sum /etc/docker/tls/server-key.pem") != key
    assert starts(guests) == {"turn1": before["turn1"] + 1, "turn2": before["turn2"]}
    told(capsys, "replaced a key", tallies)
    assert succeeded(play(site, "playbooks/site.yml", "-e", "docker_tls_key_max_age_days=365")).numbers("changed") == {
        "turn1": 0, "turn2": 0,
    }  # fmt: skip

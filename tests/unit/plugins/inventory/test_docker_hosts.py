# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin between Ansible's real inventory and a fake Azure. The reading of the file itself is Ansible's."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import yaml
from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.doc_fragments import constructed, inventory_cache
from ansible.utils.display import Display

from ansible_collections.bulwark.azure_docker.plugins.doc_fragments import azure
from ansible_collections.bulwark.azure_docker.plugins.inventory import docker_hosts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure

from ..module_utils._host.rows import OTHER_SUB, SUB, TAG, Graph, interface, machine, public_address

FRAGMENTS = (azure, constructed, inventory_cache)
DOCUMENTED = [fragment.ModuleDocFragment.DOCUMENTATION for fragment in FRAGMENTS] + [docker_hosts.DOCUMENTATION]
DEFAULTS = {
    name: option.get("default") for text in DOCUMENTED for name, option in yaml.safe_load(text)["options"].items()
}
ROWS = (
    machine("one", tags={"team": "blue"}),
    interface("one", "10.0.0.4", public=True, tags={TAG: "build"}),
    public_address("one", "20.0.0.4", tags={TAG: "build"}),
    machine("two", site="web-eu", subscription=OTHER_SUB, power="deallocated"),
    interface("two", "10.0.0.5", tags={TAG: "web-eu"}, subscription=OTHER_SUB),
)
PLANTED = "planted-S3cret"


class Azure:
    """Stands where session and Resource Graph would be: what it was asked, and with which options."""

    def __init__(self, *rows):
        self.graph = Graph(*rows)
        self.sessions = []
        self.scopes = []
        self.failures = []

    def session(self, options):
        self.sessions.append(dict(options))
        return self

    def query(self, session, subscriptions, text):
        assert session is self
        self.scopes.append(subscriptions)
        for failure in self.failures:
            raise failure
        return self.graph(text)


@pytest.fixture
def azure_of(monkeypatch):
    def make(*rows):
        found = Azure(*rows)
        monkeypatch.setattr(docker_hosts, "Session", found.session)
        monkeypatch.setattr(docker_hosts, "graph", found)
        return found

    return make


@pytest.fixture
def warned(monkeypatch):
    texts = []
    monkeypatch.setattr(Display, "warning", lambda _self, text, *_more, **_options: texts.append(text))
    return texts


@pytest.fixture(autouse=True)
def quiet(warned):
    """No test warns on the terminal."""


def parse(cached=True, kept=None, extra=None, **options):
    """The inventory after the plugin has read a file with these options.

    ``cached`` is false where Ansible wants a fresh answer, ``kept`` is the cache, ``extra`` are the extra variables.
    """
    plugin = docker_hosts.InventoryModule()
    plugin._options = {**DEFAULTS, **options}
    plugin._cache = {} if kept is None else kept
    plugin._read_config_data = lambda _path: plugin._vars.update(extra or {})
    plugin.get_cache_key = lambda path: "key of " + path
    inventory = InventoryData()
    plugin.parse(inventory, DataLoader(), "azure_docker.yml", cached)
    inventory.reconcile_inventory()
    return inventory


def groups(inventory):
    return {name: [str(host) for host in group.get_hosts()] for name, group in inventory.groups.items()}


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("azure_docker.yml", True),
        ("site.azure_docker.yaml", True),
        ("azure_docker.json", False),
        ("azure_rm.yml", False),
        ("absent/azure_docker.yml", False),
    ],
)
def test_files(tmp_path, name, ours):
    if "/" not in name:
        (tmp_path / name).write_text("")
    assert docker_hosts.InventoryModule().verify_file(str(tmp_path / name)) is ours


def test_hosts_and_groups(azure_of):
    found = azure_of(*ROWS)
    inventory = parse()
    assert groups(inventory) == {
        "all": ["one", "two"],
        "ungrouped": [],
        "docker_hosts": ["one", "two"],
        "site_build": ["one"],
        "site_web_eu": ["two"],
    }
    two = inventory.hosts["two"].vars
    assert (two["ansible_host"], two["docker_site_name"], two["azure_power_state"]) == (
        "10.0.0.5",
        "web-eu",
        "deallocated",
    )
    assert two["azure_vms_id"].startswith(f"/subscriptions/{OTHER_SUB}/resourceGroups/rg/")
    assert (len(found.graph.asked), found.scopes) == (1, [[]])


def test_options_become_the_question(azure_of):
    found = azure_of(*ROWS)
    parse(site=["build"], subscriptions=[SUB], tenant="t", client_id="c", secret=PLANTED, timeout=7)
    assert found.scopes == [[SUB]]
    assert "=~ 'build'" in found.graph.asked[0]
    [login] = found.sessions
    assert login == {
        "auth_source": "auto",
        "ca_path": None,
        "client_id": "c",
        "cloud": "AzureCloud",
        "secret": PLANTED,
        "tenant": "t",
        "timeout": 7,
    }


def trusted(text):
    """A template as ansible-core 2.19 or newer hands it over from a configuration file."""
    try:
        from ansible.template import trust_as_template
    except ImportError:
        return text
    return trust_as_template(text)


def test_options_may_be_templates(azure_of):
    found = azure_of(*ROWS)
    extra = {"sites": ["build", "web-eu"], "their_secret": PLANTED, "their_tag": "blue"}
    inventory = parse(
        extra=extra,
        site=[trusted("{{ sites }}")],
        secret=trusted("{{ their_secret }}"),
        tags={"team": trusted("{{ their_tag }}")},
        hostname=trusted("{{ 'tag' }}:team"),
    )
    assert list(inventory.hosts) == ["blue"]
    assert "in~ ('build', 'web-eu')" in found.graph.asked[0]
    assert found.sessions[0]["secret"] == PLANTED


def test_choices(azure_of, warned):
    azure_of(*ROWS)
    assert parse(connect_via="public", include_stopped=False).hosts["one"].vars["ansible_host"] == "20.0.0.4"
    assert warned == []
    assert list(parse(include_stopped=False).hosts) == ["one"]


def test_constructed(azure_of):
    azure_of(*ROWS)
    inventory = parse(
        keyed_groups=[
            {"key": trusted("azure_location"), "prefix": "location"},
            {"key": trusted("azure_tags.team | default('')"), "prefix": "team", "default_value": "none"},
        ],
        groups={"stopped": trusted("azure_power_state != 'running'")},
        compose={"ansible_port": trusted("2200 + 22")},
        strict=True,
    )
    found = groups(inventory)
    assert found["location_westeurope"] == ["one", "two"]
    assert (found["team_blue"], found["team_none"], found["stopped"]) == (["one"], ["two"], ["two"])
    assert str(inventory.hosts["one"].vars["ansible_port"]) == "2222"


def test_a_strict_expression_that_fails(azure_of):
    azure_of(*ROWS)
    with pytest.raises(AnsibleParserError, match="nobody"):
        parse(groups={"odd": trusted("nobody.knows == 1")}, strict=True)


def test_a_tag_is_no_template(azure_of):
    tags = {"team": "{{ 2 + 2 }}", "plain": "text"}
    azure_of(machine("one", site="{{ 1 + 1 }}", tags=tags, zones=["1"]), interface("one", "10.0.0.4"))
    inventory = parse(compose={"team": trusted("azure_tags.team"), "site": trusted("docker_site_name")})
    known = inventory.hosts["one"].vars
    assert (known["team"], known["site"]) == ("{{ 2 + 2 }}", "{{ 1 + 1 }}")
    assert "site____1___1___" in inventory.groups
    shown = (known["azure_tags"]["plain"], known["azure_location"], known["azure_zones"][0], known["ansible_host"])
    assert {type(value) for value in shown} == {str}, "ansible-inventory would show a marked one as an object"


def test_clash(azure_of, warned):
    azure_of(*ROWS, machine("one", group="other", subscription=OTHER_SUB, nic=False))
    assert sorted(parse().hosts) == ["one.other", "one.rg", "two"]
    assert any("Several VMs have the same name" in text for text in warned)


def test_nothing_found(azure_of, warned):
    azure_of()
    assert groups(parse()) == {"all": [], "ungrouped": [], "docker_hosts": []}
    [text] = warned
    assert f"found no VM with the tag {TAG}" in text


def variables(inventory):
    return {name: host.vars for name, host in inventory.hosts.items()}


def test_a_cache_hit_makes_no_call(azure_of):
    kept = {}
    azure_of(*ROWS)
    first = parse(kept=kept, cache=True, secret=PLANTED)
    assert list(kept) == ["key of azure_docker.yml"]
    assert PLANTED not in str(kept)
    found = azure_of()
    assert variables(parse(kept=kept, cache=True)) == variables(first)
    assert list(parse(kept=kept, cache=True, include_stopped=False).hosts) == ["one"]
    assert (found.sessions, found.graph.asked) == ([], [])


@pytest.mark.parametrize(
    "options", [{"site": ["web"]}, {"subscriptions": [SUB]}, {"tenant": "t"}, {"client_id": "c"}, {"cloud": "Other"}]
)
def test_the_cache_answers_its_own_question_only(azure_of, options):
    kept = {}
    found = azure_of(*ROWS)
    parse(kept=kept, cache=True)
    parse(kept=kept, cache=True, **options)
    assert len(found.graph.asked) == 2


@pytest.mark.parametrize(("cached", "cache", "keeps"), [(False, True, True), (True, False, False)])
def test_a_refresh_and_no_cache_ask_every_time(azure_of, cached, cache, keeps):
    kept = {}
    found = azure_of(*ROWS)
    for _time in range(2):
        parse(cached, kept, cache=cache)
    assert len(found.graph.asked) == 2
    assert bool(kept) is keeps


def test_a_failure_is_told_with_its_next_step(azure_of):
    found = azure_of()
    found.failures = [Failure("POST failed", code="AuthorizationFailed", hint="Give the identity a role.")]
    with pytest.raises(AnsibleParserError) as caught:
        parse(secret=PLANTED)
    assert "azure_docker.yml: POST failed Next step: Give the identity a role." in str(caught.value)
    assert PLANTED not in str(caught.value)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "azure.core", None)
    with pytest.raises(AnsibleParserError, match="The Python package azure-core is missing"):
        parse()


def test_an_unknown_hostname(azure_of):
    azure_of(*ROWS)
    with pytest.raises(AnsibleParserError, match="expected name, id, computer_name or tag:KEY"):
        parse(hostname="fqdn")


def test_the_sdk_is_not_imported_with_the_plugin():
    load = f"import {docker_hosts.__name__}, sys; print([name for name in sys.modules if name.startswith('azure')])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", load], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr

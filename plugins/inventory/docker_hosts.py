# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: docker_hosts
short_description: The Docker hosts of this collection, by their tag, over many subscriptions
version_added: 0.2.0
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Finds the VMs that carry the tag C(bulwark-azure-docker-site), which the role P(bulwark.azure_docker.azure_vms#role)
    sets to C(docker_site_name). One query of Azure Resource Graph reads all subscriptions, up to 1,000 resources at
    a time; network interfaces and public addresses that do not carry the tag cost one further query each.
  - The configuration is a YAML file whose name ends with C(azure_docker.yml) or C(azure_docker.yaml).
  - Every host is in the group C(docker_hosts), which the playbooks of this collection use, and in the group of its
    site, for example C(site_build). What is no letter, digit or underscore in the name of a site becomes an
    underscore.
  - Host variables are C(azure_vms_id), C(docker_site_name) and C(ansible_host), as the roles expect them, and
    C(azure_subscription_id), C(azure_resource_group), C(azure_location), C(azure_zones), C(azure_tags),
    C(azure_size), C(azure_os), C(azure_power_state), C(azure_vm_id), C(azure_private_address) and
    C(azure_public_address).
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
  - bulwark.azure_docker.azure
  - bulwark.azure_docker.azure.plugins
notes:
  - Azure Resource Graph is some minutes behind, and shows only what the identity may read.
  - Whoever may set tags on a VM can make it a host of this inventory. Name O(subscriptions) where others have some too.
  - The options of the login, O(site), O(subscriptions), O(tags) and O(hostname) may be templates; of variables they see
    those of the command line (C(-e)). O(ca_path) may not, but C(~) and environment variables are expanded in it.
options:
  plugin:
    description:
      - Says that the file is meant for this plugin.
    type: str
    required: true
    choices: [bulwark.azure_docker.docker_hosts]
  connect_via:
    description:
      - Which address C(ansible_host) has. With V(public), C(azure_vms_connect_via) is V(public) too, so that the roles
        keep to it. A bastion leads to the V(private) one.
    type: str
    choices: [private, public]
    default: private
  hostname:
    description:
      - What the hosts are named by, which is V(name) (of the VM), V(computer_name), V(id) or V(tag:KEY) (the value of
        tag C(KEY)). A VM without that tag is named by its own name.
      - Hosts that would have the same name get their resource group appended after a dot, and their subscription if
        that is the same too; a warning tells them.
      - The roles need names of letters, digits, V(.), V(_) and V(-), so V(id) does not go with them.
    type: str
    default: name
  include_stopped:
    description:
      - Whether VMs that do not run are hosts too.
    type: bool
    default: true
  site:
    description:
      - The sites (C(docker_site_name)) whose hosts are wanted. Without it, those of every site.
    type: list
    elements: str
    default: []
  subscriptions:
    description:
      - The ids of the subscriptions to look in. Without it, all that the identity may read.
    type: list
    elements: str
    default: []
  tags:
    description:
      - Further tags, with their values, that a VM must carry to be a host.
    type: dict
    default: {}
  timeout:
    description:
      - How many seconds to wait at most until Azure takes the next query, when its quota of queries is used up.
    type: int
    default: 300
"""

EXAMPLES = r"""
# Every site, in all subscriptions that the login of the Azure CLI may read: inventory.azure_docker.yml
plugin: bulwark.azure_docker.docker_hosts

# One site over two subscriptions, by a bastion, kept for an hour
# plugin: bulwark.azure_docker.docker_hosts
# site: build
# subscriptions:
#   - 00000000-0000-0000-0000-000000000000
#   - 11111111-1111-1111-1111-111111111111
# cache: true
# cache_plugin: ansible.builtin.jsonfile
# cache_connection: ~/.cache/ansible-inventory
# cache_timeout: 3600

# Running hosts of production, by their public address, grouped by location and by the tag "team"
# plugin: bulwark.azure_docker.docker_hosts
# connect_via: public
# include_stopped: false
# tags:
#   environment: production
# keyed_groups:
#   - key: azure_location
#     prefix: location
#   - key: azure_tags.team | default('')
#     prefix: team
#     default_value: none
# compose:
#   ansible_user: "'operator'"
"""

import json
from typing import Any, Dict, List

from ansible.errors import AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._azure import graph
from ..module_utils._azure.errors import Failure
from ..module_utils._azure.session import Session
from ..module_utils._host.inventory import SITE_TAG, Choices, hosts, read

SUFFIXES = ("azure_docker.yml", "azure_docker.yaml")
GROUP = "docker_hosts"
LOGIN = ("auth_source", "ca_path", "client_id", "cloud", "secret", "tenant", "timeout")


def no_template(value: Any) -> Any:
    """A variable's value, marked as text where it looks like a template.

    Before ansible-core 2.19, what somebody wrote into a tag would be one. The rest is not marked: those versions of
    ansible-inventory show a marked text as an object.
    """
    if isinstance(value, dict):
        return {key: no_template(item) for key, item in value.items()}
    return wrap_var(value) if "{" in str(value) else value


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Options in, hosts out. What is asked and what the answer means is in _host/inventory.py."""

    NAME = "bulwark.azure_docker.docker_hosts"
    inventory: Any  # there is one from parse on

    def verify_file(self, path: str) -> bool:
        """Whether the file is for this plugin, by its name."""
        return bool(super().verify_file(path)) and path.endswith(SUFFIXES)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the hosts of the file ``path`` to ``inventory``. Raises AnsibleParserError."""
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        self.templar.available_variables = self._vars or {}
        choices = Choices(
            self._templated("hostname"),
            self.get_option("connect_via"),
            self.get_option("include_stopped"),
            self._templated("tags"),
        )
        try:
            found, warnings = hosts(self._machines(path, cache), choices)
        except Failure as failure:
            raise AnsibleParserError("%s: %s" % (path, failure.text())) from None
        if not found:
            warnings.append(
                "%s: found no VM with the tag %s that the options let pass. Azure Resource Graph is some minutes "
                "behind, and shows only what the identity may read: check its roles, site, subscriptions and tags."
                % (path, SITE_TAG)
            )
        for warning in warnings:
            self.display.warning(warning)
        self.inventory.add_group(GROUP)
        for name, variables in found.items():
            self._add(name, variables)

    def _templated(self, option: str) -> Any:
        return self.templar.template(self.get_option(option))

    def _words(self, option: str) -> List[str]:
        """The value of a list; an item that was a template may have become a list itself."""
        words: List[str] = []
        for item in self._templated(option):
            words += [str(word) for word in item] if isinstance(item, (list, tuple)) else [str(item)]
        return words

    def _machines(self, path: str, cache: bool) -> List[Dict[str, Any]]:
        """What Azure tells of our VMs, or has told before. ``cache`` is false where a fresh answer is wanted.

        What the options make of the machines is not kept; an answer to another question is none.
        """
        sites, subscriptions = self._words("site"), self._words("subscriptions")
        login = {name: self.get_option(name) if name == "ca_path" else self._templated(name) for name in LOGIN}
        question = json.dumps([login["cloud"], login["tenant"], login["client_id"], subscriptions, sites])
        use_cache, key = self.get_option("cache"), self.get_cache_key(path)
        kept = self._cache.get(key) if use_cache and cache else None
        if kept and kept["question"] == question:
            return kept["machines"]
        session = Session(login)
        machines = read(lambda text: graph.query(session, subscriptions, text), sites)
        if use_cache:
            self._cache[key] = {"question": question, "machines": machines}
        return machines

    def _add(self, name: str, variables: Dict[str, Any]) -> None:
        site_group = to_safe_group_name("site_%s" % variables["docker_site_name"], force=True, silent=True)
        for group in (GROUP, self.inventory.add_group(site_group)):
            self.inventory.add_host(name, group=group)
        for key, value in variables.items():
            self.inventory.set_variable(name, key, no_template(value))
        strict = self.get_option("strict")
        known = self.inventory.get_host(name).get_vars()
        self._set_composite_vars(self.get_option("compose"), known, name, strict)
        self._add_host_to_composed_groups(self.get_option("groups"), known, name, strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), known, name, strict)

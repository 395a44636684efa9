#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: arm_resources
short_description: Make Azure resources be what their documents say
version_added: "0.1.0"
description:
  - Takes a list of Azure Resource Manager (ARM) documents and makes Azure hold them, in the order of their references
    and as many at the same time as these allow.
  - Only what a document mentions is compared and changed. Lists of objects (security rules, subnets) are matched item
    by item, so what others added stays.
  - A property that Azure fixes at creation is never sent again with another value. The resource fails, and the property
    is named.
  - A lock of Azure that forbids a change is an error of that resource (code C(ScopeLocked)). It names the locked scope.
attributes:
  check_mode:
    support: full
    details: Returns predicted documents. What Azure fills in at creation (addresses, ids) is not in them.
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    support: full
    platforms: all
extends_documentation_fragment:
  - bulwark.azure_docker.attributes
  - bulwark.azure_docker.attributes.action_group
  - bulwark.azure_docker.azure
  - bulwark.azure_docker.azure.fleet
options:
  resources:
    description:
      - The resources, in any order.
      - A resource that another one mentions (by its id, or the id of something below it), contains, or names in
        O(resources[].depends_on) is made first.
      - The same resource may be declared several times if all its declarations are equal.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description: The full ARM id.
        type: str
        required: true
      document:
        description:
          - The resource in ARM's own JSON form (C(location), C(tags), C(sku), C(zones), C(properties)).
          - A null value means that the property must be absent. What is left out stays as it is.
          - C(customData) is not shown in results, but only O(resources[].protected) is kept out of logs.
          - With O(state=absent) it is not needed.
        type: dict
        default: {}
      protected:
        description:
          - The secret part of the document, for example C(properties.osProfile.adminPassword), nested as there.
          - It is kept out of results, diffs and logs.
        type: dict
        default: {}
      list_keys:
        description:
          - What tells the items of a list apart, by the path of the list.
          - Needed only for lists whose items have neither C(name) nor C(id).
        type: dict
        default: {}
      exclusive:
        description:
          - Paths of lists (for example C(properties.securityRules)) in which nothing else is tolerated.
        type: list
        elements: str
        default: []
      depends_on:
        description: Ids of resources in this list that must exist first although the document does not mention them.
        type: list
        elements: str
        default: []
      api_version:
        description: The api-version to use. Needed for types that this collection does not know.
        type: str
      power:
        description:
          - The power state that a virtual machine is to have, reached after everything else of it.
          - V(stopped) is off but still billed; a VM that is deallocated is left so. V(deallocated) is off and released.
          - If it is left out, a VM keeps the power state that it has, and a new one runs.
          - With an empty O(resources[].document), nothing but the power state is declared.
        version_added: "0.2.0"
        type: str
        choices: [deallocated, running, stopped]
  owner:
    description:
      - Recorded in the tag C(bulwark-azure-docker-owner) of each resource that this module creates, and only then.
      - The tag C(bulwark-azure-docker-id), written with it, is a digest of the id. A copy of both tags on another
        resource does not make that one ours.
      - Needed with O(state=absent).
    type: str
  ignore_tags:
    description:
      - Names of tags that are given at creation and not compared later, because a policy of yours sets their values.
      - Tags that a policy adds are no difference. A tag that a policy keeps at another value than declared is no change
        either, but costs a request on each run, and a warning.
    version_added: "0.2.0"
    type: list
    elements: str
    default: []
  state:
    description:
      - V(present) makes the resources exist as their documents say.
      - V(absent) deletes those that carry the tag C(bulwark-azure-docker-owner) with the value of O(owner) and the tag
        C(bulwark-azure-docker-id) that fits their id, the dependent ones first. All others are kept, and
        RV(resources.reasons) says why. What is still used by something that stays is kept, and so is a resource group
        as long as anything else is in it.
      - With V(absent) in check mode, RV(plan) is what would be done. Locks are found only by trying.
    type: str
    default: present
    choices: [absent, present]
seealso:
  - module: bulwark.azure_docker.vm_extension
author:
  - bulwark.azure_docker contributors (@bulwark)
"""

EXAMPLES = r"""
- name: A network of our own in a group of our own
  bulwark.azure_docker.arm_resources:
    owner: site-a
    resources:
      - id: "{{ group }}"
        document:
          location: westeurope
      - id: "{{ group }}/providers/Microsoft.Network/networkSecurityGroups/docker"
        document:
          location: westeurope
          properties:
            securityRules:
              - name: ssh
                properties:
                  priority: 100
                  direction: Inbound
                  access: Allow
                  protocol: Tcp
                  sourceAddressPrefix: 192.0.2.0/24
                  sourcePortRange: "*"
                  destinationAddressPrefix: "*"
                  destinationPortRange: "22"
      - id: "{{ group }}/providers/Microsoft.Network/virtualNetworks/docker"
        document:
          location: westeurope
          properties:
            addressSpace:
              addressPrefixes: [10.0.0.0/16]
            subnets:
              - name: hosts
                properties:
                  addressPrefix: 10.0.1.0/24
                  networkSecurityGroup:
                    id: "{{ group }}/providers/Microsoft.Network/networkSecurityGroups/docker"
  vars:
    group: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/docker-site-a

- name: Let a VM of somebody else run, and change nothing else of it
  bulwark.azure_docker.arm_resources:
    resources:
      - id: "{{ vm_id }}"
        power: running

- name: Remove what was created for this site, and nothing else
  bulwark.azure_docker.arm_resources:
    owner: site-a
    state: absent
    resources:
      - id: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/docker-site-a
"""

RETURN = r"""
resources:
  description: What was found and done, by the id as it was given.
  returned: when the options are valid
  type: dict
  contains:
    changed:
      description: Whether the resource was changed, or would be.
      type: bool
    action:
      description: V(none), V(create), V(update) or V(delete).
      type: str
    reasons:
      description: Why, one sentence each.
      type: list
      elements: str
    before:
      description: What differed, by path, as it was. The whole document for a deleted resource.
      type: dict
    after:
      description: What differed, by path, as it is now. The whole document for a created resource.
      type: dict
    document:
      description: The resource as Azure holds it, without secrets. Predicted in check mode.
      returned: when the resource did not fail
      type: dict
    error:
      description: What went wrong, as in RV(error).
      returned: when the resource failed
      type: dict
plan:
  description: The removal in words, one line per resource in the order of removal. What is kept, and why, is there too.
  returned: with O(state=absent)
  type: list
  elements: str
failed_resources:
  description: The ids that failed, or were skipped because something they need failed.
  returned: when the options are valid
  type: list
  elements: str
error:
  description: What went wrong, with C(code), C(message), C(details), C(request_id) and C(hint).
  returned: when nothing could be done at all
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._azure.argspec import azure_argument_spec, fleet_argument_spec
from ..module_utils._azure.errors import Failure
from ..module_utils._azure.outcome import collect, leave
from ..module_utils._azure.power import ACTIONS
from ..module_utils._azure.redaction import withdraw_items
from ..module_utils._azure.resource_order import read_resources
from ..module_utils._azure.resource_plan import removal_lines
from ..module_utils._azure.resources import make_absent, make_present
from ..module_utils._azure.session import Session

RESOURCE_SPEC = {
    "id": {"type": "str", "required": True},
    "document": {"type": "dict", "default": {}},
    "protected": {"type": "dict", "default": {}, "no_log": True},
    "list_keys": {"type": "dict", "default": {}, "no_log": False},
    "exclusive": {"type": "list", "elements": "str", "default": []},
    "depends_on": {"type": "list", "elements": "str", "default": []},
    "api_version": {"type": "str"},
    "power": {"type": "str", "choices": sorted(ACTIONS)},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec=azure_argument_spec(
            resources={"type": "list", "elements": "dict", "required": True, "options": RESOURCE_SPEC},
            owner={"type": "str"},
            ignore_tags={"type": "list", "elements": "str", "default": []},
            state={"type": "str", "default": "present", "choices": ["absent", "present"]},
            **fleet_argument_spec(),
        ),
        required_if=[("state", "absent", ["owner"])],
        supports_check_mode=True,
    )
    params = {**module.params, "resources": withdraw_items(module, "resources", "protected")}
    common = {"owner": params["owner"], "concurrency": params["concurrency"], "check": module.check_mode}
    try:
        session, resources = Session(params), read_resources(params["resources"])
        if params["state"] == "present":
            results = make_present(session, resources, ignore_tags=params["ignore_tags"], **common)
        else:
            results = make_absent(session, resources, **common)
    except Failure as failure:
        module.fail_json(**failure.as_result())
    for result in results.values():
        for warning in () if isinstance(result, Failure) else result.get("warnings", ()):
            module.warn(warning)
    told = {"plan": removal_lines(results)} if params["state"] == "absent" else {}
    leave(module, {**collect(results, "resources"), **told}, "resources")


if __name__ == "__main__":
    main()

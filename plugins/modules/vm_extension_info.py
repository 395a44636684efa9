#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_extension_info
short_description: Read the extensions of many Azure VMs
version_added: "0.1.0"
description:
  - Returns one or all extensions of some or all VMs with what their handlers last said, and the state of each VM. One
    request per VM.
  - Returns which handlers, and which versions of them, there are at a location.
attributes:
  check_mode:
    support: full
    details: Changes nothing.
  diff_mode:
    support: N/A
    details: Changes nothing.
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
  vms:
    description: Full ARM ids of the VMs. They may be in several subscriptions.
    type: list
    elements: str
  subscriptions:
    description:
      - Ids of subscriptions. All their VMs are read if neither O(vms) nor O(location) is given.
      - With O(location), the first one is asked.
    version_added: "0.2.0"
    type: list
    elements: str
    default: []
  location:
    description: Return the handlers of O(publisher) that there are in this Azure region.
    version_added: "0.2.0"
    type: str
  publisher:
    description: The publisher, needed with O(location).
    version_added: "0.2.0"
    type: str
  type:
    description: With O(location), only the handler of this type.
    version_added: "0.2.0"
    type: str
  name:
    description: Return only the extension of this name.
    type: str
seealso:
  - module: bulwark.azure_docker.vm_extension
author:
  - bulwark.azure_docker contributors (@bulwark)
"""

EXAMPLES = r"""
- name: What do the handlers say?
  bulwark.azure_docker.vm_extension_info:
    vms: "{{ ansible_play_batch | map('extract', hostvars, 'azure_vm_id') | list }}"
  run_once: true
  delegate_to: localhost
  register: found

- name: All extensions of two subscriptions
  bulwark.azure_docker.vm_extension_info:
    subscriptions:
      - 00000000-0000-0000-0000-000000000001
      - 00000000-0000-0000-0000-000000000002
  register: everything

- name: Which versions of the script extension are there?
  bulwark.azure_docker.vm_extension_info:
    subscriptions: [00000000-0000-0000-0000-000000000001]
    location: westeurope
    publisher: Microsoft.Azure.Extensions
    type: CustomScript
  register: available
"""

RETURN = r"""
handlers:
  description: The handlers at O(location).
  returned: with O(location)
  type: list
  elements: dict
  contains:
    publisher:
      description: The publisher as it was given.
      type: str
    type:
      description: The type of the handler.
      type: str
    versions:
      description: All its versions, oldest first.
      type: list
      elements: str
    warnings:
      description: For example that it has been retired.
      type: list
      elements: str
vms:
  description: What was found, by the id of the VM as it was given.
  returned: without O(location)
  type: dict
  contains:
    power_state:
      description: For example V(running) or V(deallocated).
      type: str
    agent_state:
      description: V(ready), V(absent), or what the agent's status says instead.
      type: str
    extensions:
      description: The extensions by name.
      type: dict
      contains:
        name:
          description: The name of the extension.
          type: str
        properties:
          description: The public properties as Azure holds them.
          type: dict
        handler_version:
          description: The version of the handler that runs in the VM.
          type: str
        provisioning_state:
          description: What Azure says of the last operation, for example V(Succeeded).
          type: str
        statuses:
          description: What the handler said.
          type: list
          elements: dict
        substatuses:
          description: What parts of the handler said, for example the standard output of a script.
          type: list
          elements: dict
    error:
      description: What went wrong, as in RV(error).
      returned: when this VM failed
      type: dict
failed_vms:
  description: The ids of the VMs that failed.
  returned: when the options are valid
  type: list
  elements: str
error:
  description: What went wrong, with C(code), C(message), C(details), C(request_id) and C(hint).
  returned: when nothing could be done at all
  type: dict
"""

from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._azure.argspec import azure_argument_spec, fleet_argument_spec
from ..module_utils._azure.errors import Failure
from ..module_utils._azure.fleet import each
from ..module_utils._azure.ids import distinct
from ..module_utils._azure.outcome import collect, leave
from ..module_utils._azure.session import Session
from ..module_utils._extension.available import handlers
from ..module_utils._extension.report import read


def main() -> None:
    module = AnsibleModule(
        argument_spec=azure_argument_spec(
            vms={"type": "list", "elements": "str"},
            subscriptions={"type": "list", "elements": "str", "default": []},
            location={"type": "str"},
            publisher={"type": "str"},
            type={"type": "str"},
            name={"type": "str"},
            **fleet_argument_spec(),
        ),
        required_by={"location": ["publisher"], "type": ["location"], "publisher": ["location"]},
        mutually_exclusive=[("vms", "location"), ("name", "location")],
        supports_check_mode=True,
    )
    params = module.params
    if params["vms"] is None and not params["subscriptions"]:
        module.fail_json(
            msg="Give vms, or subscriptions to read all VMs of, or location with both; found none of them."
        )
    try:
        session = Session(params)
        if params["location"]:
            module.exit_json(changed=False, handlers=_handlers(session, params))
        vms = distinct(params["vms"]) if params["vms"] is not None else _all_vms(session, params["subscriptions"])
        results = each(vms, lambda vm: read(session, vm, params["name"]), params["concurrency"])
    except Failure as failure:
        module.fail_json(**failure.as_result())
    leave(module, collect(results, "vms"), "vms")


def _handlers(session: Session, params: Dict[str, Any]) -> List[Dict[str, Any]]:
    subscription = params["subscriptions"][0]
    return handlers(
        session, subscription, params["location"], params["publisher"], params["type"], params["concurrency"]
    )


def _all_vms(session: Session, subscriptions: List[str]) -> List[str]:
    path = "/subscriptions/%s/providers/Microsoft.Compute/virtualMachines"
    return [item["id"] for subscription in subscriptions for item in session.list(path % subscription)]


if __name__ == "__main__":
    main()

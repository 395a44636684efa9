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
  - Returns one or all extensions of the given VMs with what their handlers last said, and the state of each VM.
  - One request per VM.
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
    required: true
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
"""

RETURN = r"""
vms:
  description: What was found, by the id of the VM as it was given.
  returned: when the options are valid
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

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._azure.argspec import azure_argument_spec, fleet_argument_spec
from ..module_utils._azure.errors import Failure
from ..module_utils._azure.fleet import each
from ..module_utils._azure.ids import distinct
from ..module_utils._azure.outcome import collect, leave
from ..module_utils._azure.session import Session
from ..module_utils._extension.report import read


def main() -> None:
    module = AnsibleModule(
        argument_spec=azure_argument_spec(
            vms={"type": "list", "elements": "str", "required": True},
            name={"type": "str"},
            **fleet_argument_spec(),
        ),
        supports_check_mode=True,
    )
    params = module.params
    try:
        session = Session(params)
        results = each(distinct(params["vms"]), lambda vm: read(session, vm, params["name"]), params["concurrency"])
    except Failure as failure:
        module.fail_json(**failure.as_result())
    leave(module, collect(results, "vms"), "vms")


if __name__ == "__main__":
    main()

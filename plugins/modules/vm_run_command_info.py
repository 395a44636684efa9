#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_run_command_info
short_description: Read the run commands of many Azure VMs
version_added: "0.2.0"
description:
  - Returns one or all managed run commands of VMs, with how their scripts ended and what they said.
  - One request per run command, and one for the list of each VM.
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
    description: Return only the run command of this name.
    type: str
seealso:
  - module: bulwark.azure_docker.vm_run_command
author:
  - bulwark.azure_docker contributors (@bulwark)
"""

EXAMPLES = r"""
- name: How did the scripts end?
  bulwark.azure_docker.vm_run_command_info:
    vms: "{{ ansible_play_batch | map('extract', hostvars, 'azure_vm_id') | list }}"
    name: prepare
  run_once: true
  delegate_to: localhost
  register: found

- name: Which run commands are there?
  bulwark.azure_docker.vm_run_command_info:
    vms: "{{ docker_vms }}"
  register: everything
"""

RETURN = r"""
vms:
  description: What was found, by the id of the VM as it was given.
  returned: when the options are valid
  type: dict
  contains:
    run_commands:
      description: The run commands by name.
      type: dict
      contains:
        name:
          description: The name of the run command.
          type: str
        properties:
          description: The public properties as Azure holds them, addresses without their signatures.
          type: dict
        provisioning_state:
          description: What Azure says of the last operation. It is V(Succeeded) even if the script has failed.
          type: str
        execution:
          description: The last run of the script.
          type: dict
          contains:
            state:
              description: V(Succeeded), V(Running), V(Pending), V(Failed), V(TimedOut), V(Canceled) or V(Unknown).
              type: str
            exit_code:
              description: The exit code, none while the script runs.
              type: int
            message:
              description: What the handler said.
              type: str
            output:
              description: The end of the output.
              type: str
            error:
              description: The end of the error output.
              type: str
            start_time:
              description: When the script was started.
              type: str
            end_time:
              description: When it ended.
              type: str
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
from ..module_utils._run_command.converge import read


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
        results = each(
            distinct(params["vms"]),
            lambda vm: {"run_commands": read(session, vm, params["name"])},
            params["concurrency"],
        )
    except Failure as failure:
        module.fail_json(**failure.as_result())
    leave(module, collect(results, "vms"), "vms")


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_run_command
short_description: Run a script on many Azure VMs, without logging in
version_added: "0.2.0"
description:
  - Makes a managed run command (C(Microsoft.Compute/virtualMachines/runCommands)) be there, or not, on all the given
    VMs, in one call. It needs no way into the VM but Azure.
  - A run command is a resource of the VM. Azure runs its script when it is created and when it is changed. So a script
    that has run well is not run again, unless something of its declaration differs.
  - The end of the script is the end of the task. When the script fails, the task fails, with the exit code and the ends
    of output and error. The next run runs it again.
  - Output and error hold the last 4 KB. All of it goes to O(output_blob_uri) and O(error_blob_uri).
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - What is protected is never shown, and neither are signatures in addresses.
      - That protected parameters differ shows in the tag C(bulwark-azure-docker-digest).
  idempotent:
    support: partial
    details:
      - With O(on_unknown_secret=apply), protected parameters and no O(digest_key), the script runs on each run.
      - O(rerun=true) runs it on each run.
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
    description: The name of the run command. A VM can have 25.
    type: str
    required: true
  script:
    description:
      - The script itself. Everybody who may read the VM can read it.
      - One of O(script), O(script_uri) and O(command_id) is needed to create the run command.
    type: str
  script_uri:
    description:
      - The address of a script, for example of a blob with a shared access signature.
      - The signature is not compared, so that a new one runs nothing, and is not shown.
    type: str
  command_id:
    description: The name of a script of Azure's own, for example V(RunShellScript).
    type: str
  parameters:
    description:
      - Parameters of the script, as environment variables on Linux. Everybody who may read the VM can read them.
      - They are compared and replaced as a whole; their order does not matter. Not compared if not given.
    type: dict
  protected_parameters:
    description:
      - Secret parameters of the script. Only the VM can read them.
      - Because Azure never shows them, each change of the run command has to send them again. Without this option such
        a change fails, unless this collection created the run command without protected parameters.
      - V({}) says that there are none. Together with O(run_as_password) this is all that is protected.
    type: dict
  digest_key:
    description:
      - A secret of your own, the same on each run, for example from a vault.
      - With it, an HMAC of O(protected_parameters) and O(run_as_password) is kept in the tag
        C(bulwark-azure-docker-digest) of the run command, and a later run can tell whether they differ.
    type: str
  on_unknown_secret:
    description:
      - What to do when something protected is given but it is unknown whether the VM has the same, because the run
        command was made by others or without O(digest_key).
      - V(keep) leaves the run command as it is, and warns.
      - V(apply) sends it and runs the script again.
    type: str
    default: keep
    choices: [keep, apply]
  run_as_user:
    description:
      - The user in the VM who runs the script, root if not given. V("") says root.
      - The user must exist.
    type: str
  run_as_password:
    description: The password of O(run_as_user), where the system needs it.
    type: str
  timeout_in_seconds:
    description:
      - After how many seconds the script is ended. V(0) is Azure's own limit of 90 minutes.
      - O(timeout) says how long this module waits, and has to be more than that.
    type: int
  async_execution:
    description: Whether to be content when the script has started, and not to wait for its end.
    type: bool
  output_blob_uri:
    description:
      - The address of an append blob for all of the output, with a shared access signature. V("") says that there is
        none.
      - The signature is not compared and not shown.
    type: str
  error_blob_uri:
    description: The same for the error output.
    type: str
  tags:
    description: Tags of the run command. They are merged with those that are there.
    type: dict
  rerun:
    description:
      - Whether the script runs again although nothing differs.
      - Azure runs a run command again only if something of it has changed. On Linux, this is done by an additional
        parameter C(BULWARK_AZURE_DOCKER_RUN); on Windows the run command is deleted and created.
    type: bool
    default: false
    aliases: [force]
  state:
    description:
      - Whether the run command shall exist.
      - V(absent) ends the script if it still runs. What it did to the VM stays.
    type: str
    default: present
    choices: [absent, present]
seealso:
  - module: bulwark.azure_docker.vm_run_command_info
  - module: bulwark.azure_docker.vm_extension
author:
  - bulwark.azure_docker contributors (@bulwark)
"""

EXAMPLES = r"""
- name: Run a script on all VMs of this play
  bulwark.azure_docker.vm_run_command:
    vms: "{{ ansible_play_batch | map('extract', hostvars, 'azure_vm_id') | list }}"
    name: prepare
    script: "{{ lookup('ansible.builtin.file', 'prepare.sh') }}"
    parameters:
      STAGE: production
    protected_parameters:
      TOKEN: "{{ vault_token }}"
    digest_key: "{{ vault_digest_key }}"
    timeout_in_seconds: 600
  run_once: true
  delegate_to: localhost
  register: prepared

- name: What did it say?
  ansible.builtin.debug:
    msg: "{{ prepared.vms[azure_vm_id].execution.output }}"

- name: Look at the disks now
  bulwark.azure_docker.vm_run_command:
    vms: "{{ docker_vms }}"
    name: disks
    script: df -h
    rerun: true

- name: Remove a run command
  bulwark.azure_docker.vm_run_command:
    vms:
      - "{{ group }}/providers/Microsoft.Compute/virtualMachines/vm1"
    name: prepare
    state: absent
  vars:
    group: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/docker-site-a
"""

RETURN = r"""
vms:
  description: What was found and done, by the id of the VM as it was given.
  returned: when the options are valid
  type: dict
  contains:
    changed:
      description: Whether the run command was changed and its script run, or would be.
      type: bool
    action:
      description: V(none), V(create), V(update) or V(delete).
      type: str
    reasons:
      description: Why, one sentence each.
      type: list
      elements: str
    before:
      description:
        - The public properties as they were, and C(tags) with all tags of the run command if they are changed.
      type: dict
    after:
      description: The same as it is now, or would be.
      type: dict
    name:
      description: The name of the run command.
      type: str
    properties:
      description: The public properties as Azure holds them.
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
    warnings:
      description: What should be known although nothing failed.
      type: list
      elements: str
    error:
      description:
        - What went wrong, as in RV(error).
        - Its C(code) is V(RunCommandFailed) or V(RunCommandTimedOut) when the script did not end well. The C(details)
          then have the items C(exit_code), C(message), C(output) and C(error), as far as there is something.
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

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._azure.argspec import azure_argument_spec, fleet_argument_spec
from ..module_utils._azure.errors import Failure
from ..module_utils._azure.fleet import each
from ..module_utils._azure.ids import distinct
from ..module_utils._azure.outcome import collect, leave
from ..module_utils._azure.redaction import withdraw
from ..module_utils._azure.session import Session
from ..module_utils._run_command.converge import converge
from ..module_utils._run_command.desired import RunCommand, texts

URIS = ("script_uri", "output_blob_uri", "error_blob_uri")
SPEC: Dict[str, Any] = {
    "vms": {"type": "list", "elements": "str", "required": True},
    "name": {"type": "str", "required": True},
    "script": {"type": "str"},
    "script_uri": {"type": "str", "no_log": True},
    "command_id": {"type": "str"},
    "parameters": {"type": "dict"},
    "protected_parameters": {"type": "dict", "no_log": True},
    "digest_key": {"type": "str", "no_log": True},
    "on_unknown_secret": {"type": "str", "default": "keep", "choices": ["keep", "apply"]},
    "run_as_user": {"type": "str"},
    "run_as_password": {"type": "str", "no_log": True},
    "timeout_in_seconds": {"type": "int"},
    "async_execution": {"type": "bool"},
    "output_blob_uri": {"type": "str", "no_log": True},
    "error_blob_uri": {"type": "str", "no_log": True},
    "tags": {"type": "dict"},
    "rerun": {"type": "bool", "default": False, "aliases": ["force"]},
    "state": {"type": "str", "default": "present", "choices": ["absent", "present"]},
}


def desired_from(module: AnsibleModule) -> RunCommand:
    """The run command that the options declare; what is secret is taken out of the module's parameters."""
    taken = withdraw(module, "protected_parameters", "run_as_password", *URIS)
    # Of an address only the signature is secret; hiding all of it would blank the results.
    module.no_log_values -= {taken[name] for name in URIS if taken[name]}
    params = {**module.params, **taken}
    for name in ("parameters", "protected_parameters", "tags"):
        params[name] = texts(params[name])
    return RunCommand(**{name: params[name] for name in RunCommand._fields})


def main() -> None:
    module = AnsibleModule(
        argument_spec=azure_argument_spec(**SPEC, **fleet_argument_spec()),
        mutually_exclusive=[("script", "script_uri", "command_id")],
        supports_check_mode=True,
    )
    desired, params = desired_from(module), module.params
    try:
        session = Session(params)
        results = each(
            distinct(params["vms"]),
            lambda vm: converge(session, vm, desired, digest_key=params["digest_key"], check=module.check_mode),
            params["concurrency"],
        )
    except Failure as failure:
        module.fail_json(**failure.as_result())
    collected = collect(results, "vms")
    for vm, result in collected["vms"].items():
        for warning in result.get("warnings", ()):
            module.warn("%s: %s" % (vm, warning))
    leave(module, collected, "vms")


if __name__ == "__main__":
    main()

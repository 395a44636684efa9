#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_host_info
short_description: What Azure knows of Docker hosts
version_added: 0.1.0
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - For each VM, one look at its instance view and its network interface; addresses, agent, our extension and the
    engine program's last report. Reads only.
extends_documentation_fragment:
  - bulwark.azure_docker.azure
  - bulwark.azure_docker.azure.fleet
  - bulwark.azure_docker.attributes
  - bulwark.azure_docker.attributes.action_group
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  hosts:
    description:
      - The VMs to look at.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the host; results are keyed by it.
        type: str
        required: true
      id:
        description:
          - Full ARM id of the VM.
        type: str
        required: true
  carrier:
    description:
      - What is declared to bring the engine program, as in M(bulwark.azure_docker.docker_host). It says where to look
        first.
      - What the other carrier brought is found too, for the carrier of a fleet may have been changed.
      - With V(custom_script), a VM without our extension costs a request more only if its agent knows run commands.
    version_added: "0.2.0"
    type: str
    choices: [auto, custom_script, run_command]
    default: auto
  extension_name:
    description:
      - Name of our run command, which is looked for where the CustomScript extension is not ours.
    version_added: "0.2.0"
    type: str
    default: bulwark-docker
seealso:
  - module: bulwark.azure_docker.docker_host
"""

EXAMPLES = r"""
- name: See what a VM reported
  bulwark.azure_docker.docker_host_info:
    hosts:
      - name: docker1
        id: "{{ docker1_vm_id }}"
"""

RETURN = r"""
hosts:
  description: What is known, by host name. C(exists) is false for a VM that is not there; that is no failure.
  type: dict
  returned: always
  contains:
    private_address:
      description: Primary private IP address.
      type: str
      returned: when the VM has one
    public_address:
      description: Public IP address.
      type: str
      returned: when the VM has one
    error:
      description: Code, message, details and next step, for a host that could not be read.
      type: dict
      returned: failure
    vm_id:
      description: Azure's own id of the VM (C(properties.vmId)); a re-created VM has another one.
      type: str
      returned: when the VM exists
    exists:
      description: Whether the VM exists.
      type: bool
      returned: success
    power_state:
      description: Power state of the VM.
      type: str
      returned: when the VM exists
      sample: running
    agent:
      description: State of the VM agent, V(ready), V(absent) or what it says instead.
      type: str
      returned: when the VM exists
    carrier:
      description: What brings the engine program to the VM, V(custom_script) or V(run_command).
      type: str
      returned: success
    run_command:
      description: Name of our run command, where it was looked for.
      type: str
      returned: when there is one
    extension:
      description: Name of the extension in the VM's CustomScript slot, whoever made it.
      type: str
      returned: when there is one
    is_foreign:
      description: Whether that extension was made by somebody else.
      type: bool
      returned: success
    provisioning_state:
      description: Provisioning state of that extension or run command.
      type: str
      returned: when there is one
    state:
      description: What the engine program reported last, V(enrolled), V(serving) or V(key_mismatch).
      type: str
      returned: when it reported
    engine_version:
      description: Version of the engine's package on the VM.
      type: str
      returned: when the program reported
    os:
      description: Distribution and version of the VM.
      type: str
      returned: when the program reported
    csr:
      description: Signing request (PEM) of the VM's own key, while it does not serve with a leaf for that key.
      type: str
      returned: when the program reported one for this VM
    restart_pending:
      description: Why a restart of the daemon is due, where O(bulwark.azure_docker.docker_host#module:hosts[].restart)
        leaves it to somebody else.
      type: str
      returned: success
    findings:
      description: What is left on the VM as it is and should be looked at.
      type: list
      elements: str
      returned: success
    ssh_host_keys:
      description: Public SSH host keys of the VM, as they came back through Azure.
      type: list
      elements: str
      returned: success
    certificate:
      description: The leaf (PEM) that the VM was told to serve, null before it was told of one.
      type: str
      returned: success
    trusts:
      description: SHA-256 of the authorities that the VM uses, C(server_authority_sha256) and
        C(client_authority_sha256s), as its program said, or else as it was told. Empty before it was told of any.
      type: dict
      returned: success
failed_hosts:
  description: Names of the hosts that could not be read.
  type: list
  elements: str
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.argspec import (
    azure_argument_spec,
    fleet_argument_spec,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.outcome import leave
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import fleet

HOST = dict(name=dict(type="str", required=True), id=dict(type="str", required=True))


def main() -> None:
    module = AnsibleModule(
        argument_spec=azure_argument_spec(
            hosts=dict(type="list", elements="dict", required=True, options=HOST),
            carrier=dict(type="str", choices=["auto", "custom_script", "run_command"], default="auto"),
            extension_name=dict(type="str", default="bulwark-docker"),
            **fleet_argument_spec(),
        ),
        supports_check_mode=True,
    )
    try:
        result = fleet.information(Session(module.params), module.params)
    except Failure as failure:
        module.fail_json(**failure.as_result())
    leave(module, result, "hosts")


if __name__ == "__main__":
    main()

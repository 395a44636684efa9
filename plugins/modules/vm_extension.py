#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_extension
short_description: Manage one extension on many Azure VMs
version_added: "0.1.0"
description:
  - Makes an extension of any handler be there, or not, on all the given VMs, in one call.
  - Finds drift of the public settings, of the version, and (with O(digest_key)) of the protected settings, which Azure
    never shows.
  - An extension that has failed is applied again. What its handler said is in the result, or in the error.
  - Says why it cannot work before it sends anything, for example when a VM does not run or its agent does not answer.
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Protected settings are never shown. That they differ shows in C(forceUpdateTag).
  idempotent:
    support: partial
    details:
      - With O(on_unknown_secret=apply), protected settings and no O(digest_key), they are sent on each run.
      - O(state=reinstalled) acts on each run.
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
    description:
      - The name of the extension.
      - If not given, the extension of this O(publisher) and O(type), whatever its name.
      - A new extension is then named as its O(type).
    type: str
  publisher:
    description:
      - The publisher of the handler, for example V(Microsoft.Azure.Extensions).
      - Needed to create the extension, or to find it without O(name).
    type: str
  type:
    description:
      - The type of the handler, for example V(CustomScript).
      - Needed to create the extension, or to find it without O(name).
    type: str
  type_handler_version:
    description:
      - Version of the handler, C(MAJOR.MINOR).
      - Needed to create the extension.
    type: str
  auto_upgrade_minor_version:
    description:
      - Whether Azure may use a newer minor version when the extension is deployed.
      - A new extension gets V(true) if this is not given.
    type: bool
  enable_automatic_upgrade:
    description: Whether Azure may upgrade the handler on its own, at any time. Not compared if not given.
    type: bool
  settings:
    description:
      - The public settings. Everybody who may read the VM can read them.
      - They are compared and replaced as a whole. Not compared if not given.
    type: dict
  protected_settings:
    description:
      - The secret settings. Only the handler in the VM can read them.
      - Because Azure never shows them, each change of the extension has to send them again. Without this option such a
        change fails, unless this collection created the extension without protected settings.
      - V({}) says that there are none.
    type: dict
  force_update_tag:
    description:
      - A text that makes the handler run again when it differs from the one before.
      - This collection keeps its digest of the protected settings in the same place. With this option, their drift is
        not found.
    type: str
  digest_key:
    description:
      - A secret of your own, the same on each run, for example from a vault.
      - With it, an HMAC of the protected settings is kept with the extension, and a later run can tell whether they
        differ.
    type: str
  on_unknown_secret:
    description:
      - What to do when O(protected_settings) is given but it is unknown whether the VM has the same, because the
        extension was made by others or without O(digest_key).
      - V(keep) leaves the extension as it is, and warns.
      - V(apply) sends them.
    type: str
    default: keep
    choices: [keep, apply]
  protected_settings_from_key_vault:
    description:
      - A secret in a Key Vault that holds the protected settings as JSON. Azure fetches it, so it does not pass through
        this controller.
      - Another secret or version is drift. A new value of the same version is not seen.
    version_added: "0.2.0"
    type: dict
    suboptions:
      secret_url:
        description: The address of the secret, better with its version.
        type: str
        required: true
      source_vault_id:
        description: Full ARM id of the Key Vault.
        type: str
        required: true
  suppress_failures:
    description:
      - Whether Azure shall report success although the handler failed. Not compared if not given.
      - What the handler said is still drift for this module, and in RV(vms.warnings).
    version_added: "0.2.0"
    type: bool
  provision_after:
    description: Names of extensions of the same VM that have to be there first. Not compared if not given.
    version_added: "0.2.0"
    type: list
    elements: str
  tags:
    description: Tags of the extension. They are merged with those that are there.
    version_added: "0.2.0"
    type: dict
  adopt:
    description:
      - Whether an extension of the same handler under another name than O(name) is taken over. It keeps its name.
      - A CustomScript that this collection did not send is never taken over, because another team's script would be
        lost.
    version_added: "0.2.0"
    type: bool
    default: false
  on_immutable_change:
    description:
      - What to do when the extension O(name) is of another publisher or type, which Azure cannot change.
      - V(reinstall) deletes it and creates the declared one.
    version_added: "0.2.0"
    type: str
    default: fail
    choices: [fail, reinstall]
  on_failed_sibling:
    description:
      - What to do when the extension would be new and another extension of the VM has failed. Azure can then hold back
        every new one.
    version_added: "0.2.0"
    type: str
    default: fail
    choices: [fail, ignore]
  read_by:
    description:
      - How a fleet is read. V(live) asks for each VM.
      - V(resource_graph) asks Azure Resource Graph for all extensions of the subscriptions, 1,000 in one request, and
        looks only at the VMs on which something seems to differ. It is some minutes behind, and without what handlers
        said, so drift of the last minutes is found by the next run.
      - V(auto) is V(resource_graph) for 100 VMs and more. Without the right to query, each VM is asked.
    version_added: "0.2.0"
    type: str
    default: auto
    choices: [auto, live, resource_graph]
  state:
    description:
      - Whether the extension shall exist.
      - V(reinstalled) deletes and creates it on every run.
    type: str
    default: present
    choices: [absent, present, reinstalled]
seealso:
  - module: bulwark.azure_docker.vm_extension_info
  - module: bulwark.azure_docker.arm_resources
author:
  - bulwark.azure_docker contributors (@bulwark)
"""

EXAMPLES = r"""
- name: Run a script on all VMs of this play
  bulwark.azure_docker.vm_extension:
    vms: "{{ ansible_play_batch | map('extract', hostvars, 'azure_vm_id') | list }}"
    publisher: Microsoft.Azure.Extensions
    type: CustomScript
    type_handler_version: "2.1"
    settings:
      skipDos2Unix: true
    protected_settings:
      script: "{{ lookup('ansible.builtin.file', 'prepare.sh') | b64encode }}"
    digest_key: "{{ vault_extension_digest_key }}"
  run_once: true
  delegate_to: localhost

- name: Health of the application, and the monitoring agent before it
  bulwark.azure_docker.vm_extension:
    vms: "{{ docker_vms }}"
    name: health
    publisher: Microsoft.ManagedServices
    type: ApplicationHealthLinux
    type_handler_version: "2.0"
    provision_after: [AzureMonitorLinuxAgent]
    settings:
      protocol: tcp
      port: 2376
    tags:
      team: platform

- name: Remove an extension
  bulwark.azure_docker.vm_extension:
    vms:
      - "{{ group }}/providers/Microsoft.Compute/virtualMachines/vm1"
    name: CustomScript
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
      description: Whether the extension was changed, or would be.
      type: bool
    action:
      description: V(none), V(create), V(update), V(reinstall) or V(delete).
      type: str
    reasons:
      description: Why, one sentence each.
      type: list
      elements: str
    before:
      description:
        - The public properties as they were, and C(tags) with all tags of the extension if they are changed.
        - V({}) if nothing is changed.
      type: dict
    after:
      description: The same as it is now, or would be. V({}) if nothing is changed.
      type: dict
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
    read_by:
      description: How the extension was read, V(live) or V(resource_graph).
      type: str
    read_at:
      description: When, in UTC.
      type: str
    warnings:
      description: What should be known although nothing failed.
      type: list
      elements: str
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

from typing import Any, Dict

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._azure.argspec import azure_argument_spec, fleet_argument_spec
from ..module_utils._azure.errors import Failure
from ..module_utils._azure.ids import distinct
from ..module_utils._azure.outcome import collect, leave
from ..module_utils._azure.redaction import withdraw
from ..module_utils._azure.session import Session
from ..module_utils._extension import catalogue
from ..module_utils._extension.desired import Desired
from ..module_utils._extension.fleet import check_declared, converge_many

SPEC: Dict[str, Any] = {
    "vms": {"type": "list", "elements": "str", "required": True},
    "name": {"type": "str"},
    "publisher": {"type": "str"},
    "type": {"type": "str"},
    "type_handler_version": {"type": "str"},
    "auto_upgrade_minor_version": {"type": "bool"},
    "enable_automatic_upgrade": {"type": "bool"},
    "settings": {"type": "dict"},
    "protected_settings": {"type": "dict", "no_log": True},
    "force_update_tag": {"type": "str"},
    "digest_key": {"type": "str", "no_log": True},
    "on_unknown_secret": {"type": "str", "default": "keep", "choices": ["keep", "apply"]},
    "protected_settings_from_key_vault": {
        "type": "dict",
        "no_log": False,
        "options": {
            "secret_url": {"type": "str", "required": True, "no_log": False},
            "source_vault_id": {"type": "str", "required": True},
        },
    },
    "suppress_failures": {"type": "bool"},
    "provision_after": {"type": "list", "elements": "str"},
    "tags": {"type": "dict"},
    "adopt": {"type": "bool", "default": False},
    "on_immutable_change": {"type": "str", "default": "fail", "choices": ["fail", "reinstall"]},
    "on_failed_sibling": {"type": "str", "default": "fail", "choices": ["fail", "ignore"]},
    "read_by": {"type": "str", "default": "auto", "choices": ["auto", "live", "resource_graph"]},
    "state": {"type": "str", "default": "present", "choices": ["absent", "present", "reinstalled"]},
}


def desired_from(params: Dict[str, Any]) -> Desired:
    """The extension that the options declare."""
    names = [name for name in Desired._fields if name in params]
    tags = params["tags"]
    if tags is not None:
        params = {**params, "tags": {name: str(value) for name, value in tags.items()}}
    return Desired(version=params["type_handler_version"], **{name: params[name] for name in names})


def main() -> None:
    module = AnsibleModule(
        argument_spec=azure_argument_spec(**SPEC, **fleet_argument_spec()),
        required_one_of=[("name", "type")],
        required_together=[("publisher", "type")],
        mutually_exclusive=[("protected_settings", "protected_settings_from_key_vault")],
        supports_check_mode=True,
    )
    params = {**module.params, **withdraw(module, "protected_settings")}
    desired = desired_from(params)
    for warning in catalogue.warnings(desired):
        module.warn(warning)
    try:
        check_declared(desired)
        session = Session(params)
        results = converge_many(
            session,
            distinct(params["vms"]),
            desired,
            digest_key=params["digest_key"],
            check=module.check_mode,
            concurrency=params["concurrency"],
            read_by=params["read_by"],
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

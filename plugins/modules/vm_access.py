#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_access
short_description: Give access to Azure VMs back without logging in
version_added: "0.2.0"
description:
  - Sets users, passwords and SSH keys, resets the configuration of SSH or Remote Desktop, and checks disks, by Azure's
    extension VMAccess, on all the given VMs in one call. It needs no way into the VM but Azure.
  - VMAccess carries out a request once; it is no declaration of what a VM shall have. Without O(digest_key) each run
    carries it out. With O(digest_key) a run carries it out unless the last request to this VM was the same and did not
    fail. Changes that somebody made inside the VM meanwhile are not seen; O(force=true) carries out in any case.
  - The extension's resource stays and shows what the handler last said. The handler removes the secrets from the VM's
    disk after its run.
  - "What the handlers do beside what is asked: on Linux, each run sets C(ChallengeResponseAuthentication no) in
    C(sshd_config) and restarts sshd; each user that is named may use sudo; keys are looked for in
    C(/home/USER/.ssh/authorized_keys) only."
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Protected settings are never shown. That they differ shows in C(forceUpdateTag).
  idempotent:
    support: partial
    details: With O(digest_key), as long as O(force) is not set.
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
  os:
    description:
      - The system of the VMs, which decides about the handler and the options that can be given.
      - V(auto) asks each VM.
    type: str
    default: auto
    choices: [auto, linux, windows]
  username:
    description:
      - The user to create or to change. Needs O(password) or O(ssh_keys).
      - On Linux the user may always use sudo afterwards. System accounts are refused.
      - On Windows a user that does not exist becomes a new local administrator. Domain controllers are refused.
    type: str
  password:
    description:
      - The user's new password.
      - On Linux it lets sshd accept passwords, and takes C(NOPASSWD) from the user's sudo rule unless
        O(passwordless_sudo=true).
    type: str
  ssh_keys:
    description:
      - Public keys of types C(ssh-ed25519) and C(ssh-rsa), or one PEM certificate, or one SSH2 key. The handler takes
        no other types.
      - They are added to those that are there. An item may have several lines, as in an C(authorized_keys) file.
      - Linux only.
    type: list
    elements: str
  ssh_keys_exclusive:
    description: Whether O(ssh_keys) replace all keys of the user. Linux only.
    type: bool
    default: false
  expiration:
    description:
      - The day on which the account ends, C(YYYY-MM-DD). Counts only when the account is created.
      - Linux only.
    type: str
  passwordless_sudo:
    description:
      - Whether the user may use sudo without a password although O(password) is given. With keys alone the handler
        always allows that.
      - Linux only.
    type: bool
  remove_user:
    description:
      - A user to remove with their home directory. A user that does not exist is fine; a system account stays.
      - Nothing else can be asked for at the same time. Linux only.
    type: str
  reset_ssh:
    description:
      - Put the handler's own C(sshd_config) in place (port 22, on most distributions with passwords) and open port 22
        in iptables.
      - Linux only.
    type: bool
    default: false
  restore_ssh:
    description:
      - As O(reset_ssh), but with the copy of C(sshd_config) that the handler made before it changed it first. Without
        such a copy it is a reset.
      - Linux only.
    type: bool
    default: false
  check_disk:
    description: Run C(fsck -As -y). Nothing else can be asked for at the same time. Linux only.
    type: bool
    default: false
  repair_disk:
    description:
      - Unmount O(disk_name) and run C(fsck -AR -y). Nothing else can be asked for at the same time.
      - Linux only.
    type: bool
    default: false
  disk_name:
    description: The mount point for O(repair_disk), without the first C(/).
    type: str
  reset_rdp:
    description:
      - Switch Remote Desktop on and open its port in the firewall. Nothing else can be asked for at the same time.
      - Windows only.
    type: bool
    default: false
  extension_name:
    description:
      - The name of the extension.
      - If not given, the extension of this handler, whatever its name; a new one is named C(enablevmaccess), as the
        Azure CLI and the portal name it.
    type: str
  digest_key:
    description:
      - A secret of your own, the same on each run, for example from a vault.
      - With it, an HMAC of the protected settings is kept with the extension, and a later run can tell whether it asks
        for the same.
    type: str
  force:
    description: Carry out although the last request was the same.
    type: bool
    default: false
  state:
    description:
      - V(absent) removes the extension, and takes no request. Users, keys and passwords stay in the VM.
    type: str
    default: present
    choices: [absent, present]
seealso:
  - module: bulwark.azure_docker.vm_extension
  - module: bulwark.azure_docker.vm_extension_info
author:
  - bulwark.azure_docker contributors (@bulwark)
"""

EXAMPLES = r"""
- name: Give the administrator's key back to VMs that cannot be reached
  bulwark.azure_docker.vm_access:
    vms: "{{ ansible_play_batch | map('extract', hostvars, 'azure_vms_id') | list }}"
    username: azureuser
    ssh_keys:
      - "{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"
  run_once: true
  delegate_to: localhost

- name: Take all other keys away, once
  bulwark.azure_docker.vm_access:
    vms: ["{{ vm }}"]
    username: azureuser
    ssh_keys: ["{{ new_public_key }}"]
    ssh_keys_exclusive: true
    digest_key: "{{ vault_extension_digest_key }}"

- name: Bring the former sshd_config back
  bulwark.azure_docker.vm_access:
    vms: ["{{ vm }}"]
    restore_ssh: true

- name: Reset the password of a Windows administrator
  bulwark.azure_docker.vm_access:
    vms: ["{{ windows_vm }}"]
    os: windows
    username: operator
    password: "{{ vault_windows_password }}"
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

from typing import Any, Dict, List

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._azure.argspec import azure_argument_spec, fleet_argument_spec
from ..module_utils._azure.errors import Failure
from ..module_utils._azure.fleet import each
from ..module_utils._azure.ids import distinct
from ..module_utils._azure.outcome import collect, leave
from ..module_utils._azure.session import Session
from ..module_utils._extension import access
from ..module_utils._extension.access_converge import converge

SPEC: Dict[str, Any] = {
    "vms": {"type": "list", "elements": "str", "required": True},
    "os": {"type": "str", "default": "auto", "choices": ["auto", "linux", "windows"]},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "ssh_keys": {"type": "list", "elements": "str", "no_log": False},
    "ssh_keys_exclusive": {"type": "bool", "default": False, "no_log": False},
    "expiration": {"type": "str"},
    "passwordless_sudo": {"type": "bool", "no_log": False},
    "remove_user": {"type": "str"},
    "reset_ssh": {"type": "bool", "default": False},
    "restore_ssh": {"type": "bool", "default": False},
    "check_disk": {"type": "bool", "default": False},
    "repair_disk": {"type": "bool", "default": False},
    "disk_name": {"type": "str"},
    "reset_rdp": {"type": "bool", "default": False},
    "extension_name": {"type": "str"},
    "digest_key": {"type": "str", "no_log": True},
    "force": {"type": "bool", "default": False},
    "state": {"type": "str", "default": "present", "choices": ["absent", "present"]},
}


def warn(module: AnsibleModule, results: Dict[str, Any]) -> None:
    """Each warning once, with the VMs that it is about."""
    about: Dict[str, List[str]] = {}
    for vm, result in results.items():
        for warning in result.get("warnings", ()):
            about.setdefault(warning, []).append(vm)
    for warning, vms in about.items():
        module.warn("%s: %s" % (", ".join(vms), warning))


def main() -> None:
    module = AnsibleModule(argument_spec=azure_argument_spec(**SPEC, **fleet_argument_spec()), supports_check_mode=True)
    params = module.params
    try:
        access.check(params)
        session = Session(params)
        results = each(
            distinct(params["vms"]),
            lambda vm: converge(session, vm, params, module.check_mode),
            params["concurrency"],
        )
    except Failure as failure:
        module.fail_json(**failure.as_result())
    collected = collect(results, "vms")
    warn(module, collected["vms"])
    leave(module, collected, "vms")


if __name__ == "__main__":
    main()

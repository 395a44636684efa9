#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_hardening_info
short_description: What hardening a Docker host would get, and which of its containers would not start any more
version_added: "0.4.0"
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Looks at a machine with Docker Engine. Chooses the hardening controls for it, makes the policy of its runc wrapper,
    judges every container that is there by that policy, stopped ones too, and tells which files of an earlier hardening
    are not what is in force.
  - Changes nothing. The role P(bulwark.azure_docker.docker_hardening#role) acts on the result.
extends_documentation_fragment:
  - bulwark.azure_docker.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
    details:
      - It changes nothing.
  idempotent:
    support: full
  platform:
    support: full
    platforms: linux
options:
  tier:
    description: The tier of controls. V(hardened) holds V(baseline), and V(lockdown) holds both.
    type: str
    choices: [baseline, hardened, lockdown]
    default: hardened
  controls:
    description:
      - What is declared for single controls, as for the filter
        P(bulwark.azure_docker.hardening_selection#filter). Later
        ones win.
    type: list
    elements: dict
    default: []
  settings:
    description:
      - What tunes the controls of C(daemon.json), as for the filter
        P(bulwark.azure_docker.hardening_selection#filter).
    type: dict
    default: {}
  runtime:
    description:
      - What tunes the policy of the runc wrapper. What is left out or null has its default.
    type: dict
    default: {}
    suboptions:
      mode:
        description: V(audit) logs what would be refused or taken away, and changes nothing.
        type: str
        choices: [enforce, audit]
      capabilities:
        description: The capabilities that containers may have. The default are nine of Docker's fourteen.
        type: list
        elements: str
      build_capabilities:
        description: The same for image builds, which need C(CAP_SETFCAP) too.
        type: list
        elements: str
      denied_system_calls:
        description: The system calls that no container may make. The default is what Docker's own filter denies.
        type: list
        elements: str
      pids_limit:
        description: The most processes of a container.
        type: int
      devices:
        description: Device nodes that containers may have beside the usual ones.
        type: list
        elements: str
      binds:
        description:
          - Host paths that containers may mount, each with C(path), C(read_only) and C(below) (whether paths under it
            may be mounted as well).
        type: list
        elements: dict
      annotations:
        description: Annotations that containers may carry.
        type: list
        elements: str
      exemptions:
        description:
          - Exact containers for which single rules do not hold. See the guide on the runtime policy.
        type: list
        elements: dict
      refuse_root:
        description: Whether containers that run as user 0 are refused.
        type: bool
      joined_namespaces:
        description: Whether a container may join namespaces of another one.
        type: bool
  modules:
    description: Kernel modules that are to be loaded at boot. Those that the kernel lacks are left out of the result.
    type: list
    elements: str
    default: []
  sysctl:
    description: Names of kernel settings. Those that cannot be set here are left out of the result.
    type: list
    elements: str
    default: []
  audit_paths:
    description: Further paths to watch by audit rules, where they exist.
    type: list
    elements: path
    default: []
  package_source:
    description: Where the engine's packages are from, by which its versions are judged.
    type: str
    choices: [docker, distribution, mirror, offline]
    default: distribution
requirements:
  - Linux
seealso:
  - module: bulwark.azure_docker.host_files
  - module: bulwark.azure_docker.docker_daemon_options
"""

EXAMPLES = r"""
- name: Which containers would not start on a hardened host
  bulwark.azure_docker.docker_hardening_info:
    tier: hardened
    runtime:
      binds:
        - path: /srv/data
  become: true
  register: found

- name: Show them
  ansible.builtin.debug:
    msg: "{{ found.containers | selectattr('refused') | map(attribute='name') }}"
"""

RETURN = r"""
host:
  description:
    - What the machine is and has. C(facts) as the filter P(bulwark.azure_docker.hardening_selection#filter) wants them,
      C(data_root), C(limits_processes), C(units) (paths by name), C(modules), C(settings), C(audit_paths),
      C(registry_certificates), and C(missing), the packages that lack.
  type: dict
  returned: success
selection:
  description: As the filter P(bulwark.azure_docker.hardening_selection#filter) returns it.
  type: dict
  returned: success
policy:
  description: The policy of the runc wrapper, null where none is chosen.
  type: dict
  returned: success
containers:
  description: Every container of the engine, judged by RV(policy). Empty where there is none.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: Its id.
      type: str
    name:
      description: Its name.
      type: str
    running:
      description: Whether it runs.
      type: bool
    refused:
      description: Why it would not start, as C(rule) and C(text).
      type: list
      elements: dict
    capped:
      description: What it would get less than it asks for, as C(rule) and C(text).
      type: list
      elements: dict
    exemption:
      description: The name of the exemption under which it would start, or null.
      type: str
    proposal:
      description: An exemption that would let it start, to be looked at and copied, or null.
      type: dict
    old_limits:
      description: Whether it runs with more than it would get now. Its next start ends that.
      type: bool
stale:
  description: Paths of files of an earlier hardening that say something else than what is in force.
  type: list
  elements: str
  returned: success
  sample: [/etc/sysctl.d/60-bulwark-docker.conf]
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls.chosen import chosen
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal
from ansible_collections.bulwark.azure_docker.plugins.module_utils._hardening import (
    containers,
    host,
    in_force,
    policy,
    readings,
)


def argument_spec() -> t.Dict[str, t.Any]:
    """The options of the module."""
    texts = {"type": "list", "elements": "str"}
    dicts = {"type": "list", "elements": "dict"}
    runtime = {
        "mode": {"type": "str", "choices": ["enforce", "audit"]},
        "capabilities": texts,
        "build_capabilities": texts,
        "denied_system_calls": texts,
        "pids_limit": {"type": "int"},
        "devices": texts,
        "binds": dicts,
        "annotations": texts,
        "exemptions": dicts,
        "refuse_root": {"type": "bool"},
        "joined_namespaces": {"type": "bool"},
    }
    return {
        "tier": {"type": "str", "choices": ["baseline", "hardened", "lockdown"], "default": "hardened"},
        "controls": {**dicts, "default": []},
        "settings": {"type": "dict", "default": {}},
        "runtime": {"type": "dict", "default": {}, "options": runtime},
        "modules": {**texts, "default": []},
        "sysctl": {**texts, "default": []},
        "audit_paths": {"type": "list", "elements": "path", "default": []},
        "package_source": {
            "type": "str",
            "choices": ["docker", "distribution", "mirror", "offline"],
            "default": "distribution",
        },
    }


def look(options: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """The result. Raises Failure."""
    try:
        found = host.look(
            host.Asked(options["package_source"], options["modules"], options["sysctl"], options["audit_paths"])
        )
    except Refusal as refusal:
        raise Failure(str(refusal), code="HostUnreadable", hint="Correct it and run again.") from None
    selection = chosen(options["tier"], options["controls"], found["facts"], options["settings"])
    made = policy.document(selection["controls"], options["runtime"], found)
    return {
        "host": found,
        "selection": selection,
        "policy": made,
        "containers": containers.judged(made, found["data_root"]) if made else [],
        "stale": in_force.stale(readings.read()),
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        result = look(module.params)
    except Failure as failure:
        module.fail_json(**failure.as_result())
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()

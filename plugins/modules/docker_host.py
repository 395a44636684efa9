#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_host
short_description: Docker Engine and its mutual-TLS listener on many Azure VMs, without SSH
version_added: 0.1.0
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Declares for each VM that Docker Engine is installed, that the VM has a private key of its own, and, once a leaf
    is given, that the Docker API is served on its private address with complete mutual TLS. No SSH is needed.
  - The engine program travels as the script of the VM's CustomScript extension, or as a managed run command
    (O(carrier)), and reports through its status. On
    the first run it makes the key on the VM and reports a signing request; M(bulwark.azure_docker.docker_tls) signs
    it; with the leaf the listener is opened. No private key travels, unless O(key_origin=controller).
  - Works on all VMs of the list at once in one process, in several subscriptions. One VM's failure does not stop
    the others.
  - Azure shows what was sent, not what is inside a VM. Where M(bulwark.azure_docker.docker_engine) in check mode
    finds the inside changed, set O(hosts[].repair) and the program runs again.
extends_documentation_fragment:
  - bulwark.azure_docker.azure
  - bulwark.azure_docker.azure.fleet
  - bulwark.azure_docker.attributes
  - bulwark.azure_docker.attributes.action_group
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  hosts:
    description:
      - The Docker hosts.
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
      address:
        description:
          - Address to listen on. Without it, the VM's primary private address is looked up.
        type: str
      port:
        description:
          - TCP port of the Docker API.
        type: int
        default: 2376
      engine_version:
        description:
          - Version of the engine's package, exact or a series such as V(26.1). Without it, an installed engine is
            kept and a missing one is installed in the newest version of its source.
        type: str
      package_source:
        description:
          - Where the engine's packages come from. An engine that came from another source is never swapped; declare it
            absent first, its data stays.
        version_added: "0.3.0"
        type: dict
        default: {}
        suboptions:
          kind:
            description:
              - V(distribution) is the machine's own package sources.
              - V(docker) is Docker's repository, signed with a key whose fingerprint is known here. V(mirror) is a
                repository like it at another place. Only the engine's packages are ever taken from them.
              - V(offline) is package files with checksums, and nothing else.
            type: str
            choices: [distribution, docker, mirror, offline]
            default: distribution
          url:
            description:
              - URL of the repository, without user, password and query, as others can read it. Required for
                V(mirror).
            type: str
          suite:
            description:
              - Suite of the repository. The default is the machine's release, such as V(trixie).
            type: str
          component:
            description:
              - Component of the repository. The default is V(stable).
            type: str
          key_url:
            description:
              - URL of the repository's key. The default is C(gpg) at the repository's URL.
            type: str
          key_fingerprint:
            description:
              - Fingerprints of the keys that may be in that file. A file with any other key is refused. The default
                is Docker's own key.
            type: list
            elements: str
          packages:
            description:
              - The packages to install, one engine among them. The default is Docker's own set.
            type: list
            elements: str
          files:
            description:
              - The package files of V(offline).
            type: list
            elements: dict
            suboptions:
              url:
                description:
                  - Where the file is fetched from, without user, password and query. Or give a path.
                type: str
              path:
                description:
                  - Where the file is on the machine already.
                type: str
              sha256:
                description:
                  - Its SHA-256. Nothing is installed when one differs.
                type: str
                required: true
          managed_identity:
            description:
              - The machine's identity that may read the files from Azure's storage, V(system) or a client id.
            type: str
          allow_untested_platform:
            description:
              - Whether to go on where only the package manager is known (dnf, tdnf, zypper), but nothing was ever
                tested.
            type: bool
            default: false
      remote_access:
        description:
          - V(tls) is a TCP listener with complete mutual TLS on the machine's own address.
          - V(ssh) and V(none) mean that there is no TCP listener, and no key for one. With V(ssh), clients come as
            C(docker -H ssh://USER@HOST), with a user who is in the group C(docker).
        version_added: "0.3.0"
        type: str
        choices: [tls, ssh, none]
        default: tls
      key_type:
        description:
          - Type of the private keys that the machine makes. A key that is there keeps its type until it is replaced.
        version_added: "0.3.0"
        type: str
        choices: [EC-P256, EC-P384, RSA-3072, RSA-4096, Ed25519]
        default: EC-P256
      rekey:
        description:
          - SHA-256 (hex) of the public key that is to be replaced, as M(bulwark.azure_docker.docker_tls) returns it
            for a host whose key is due. The machine makes the next key beside it, reports its signing request and
            goes on serving. The leaf for the next key puts it in force, with one restart.
        version_added: "0.3.0"
        type: str
      restart:
        description:
          - When the daemon is restarted for what it reads at its start only. What it can reload is reloaded at once.
          - V(now) restarts it, if one is due. V(deferred) and V(never) leave that to a later run with V(now), or to
            somebody else, and report why a restart is due.
        version_added: "0.3.0"
        type: str
        choices: [now, deferred, never]
        default: now
      daemon_options:
        description:
          - Options for C(daemon.json). They are merged with what others wrote there; ours win, and what they covered
            comes back once they are withdrawn. The daemon judges the result before it counts.
          - The listener's keys (C(hosts), C(tls...)) are refused, as they would contradict the drop-in. So is a key
            that is also a flag of the service's start command.
          - Where C(live-restore) becomes true, it takes effect before a restart, so that containers survive that one
            too.
        version_added: "0.3.0"
        type: dict
        default: {}
      protected_daemon_options:
        description:
          - The same for values that nobody else may read, such as the password of a proxy. The whole declaration then
            travels as a protected setting, C(daemon.json) is closed (0600), and no diff shows the values.
        version_added: "0.3.0"
        type: dict
        default: {}
      group_members:
        description:
          - Users who shall be in the group C(docker). Each of them is as good as root on the machine.
        version_added: "0.3.0"
        type: list
        elements: str
        default: []
      group_exclusive:
        description:
          - Whether members that are not declared leave the group. Otherwise they are reported as a finding.
        version_added: "0.3.0"
        type: bool
        default: false
      compose_projects:
        description:
          - Compose projects on this engine. Their files lie in C(/var/lib/bulwark-azure-docker/compose/NAME), for
            root only.
          - A project is brought up when its files differ, when a service has another configuration, other replicas,
            or other contents of its configs, secrets and mounted files, when a container has ended that should run,
            and when there are containers of a service that is not declared. What is unhealthy or paused is a finding.
          - Needs the plugin C(docker compose) of version 2 or later, which is installed where it lacks.
          - A project that is not declared any more goes on running and is a finding.
        version_added: "0.3.0"
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description:
              - Name of the project.
            type: str
            required: true
          state:
            description:
              - V(absent) removes containers, networks and our files, but no volumes without
                O(hosts[].compose_projects[].remove_volumes=true).
            type: str
            choices: [present, absent]
            default: present
          files:
            description:
              - Texts of the project's files, by name, without directories. Required with
                O(hosts[].compose_projects[].state=present).
              - Those called C(compose*.yaml), C(docker-compose*.yaml), or C(.yml), are merged, C(compose.yaml) first
                and the others in the order of their names. The rest lies beside them, for C(env_file), C(configs) and
                mounts.
              - Others than root cannot read them, in containers neither; C(content) of C(configs) is for those.
            type: dict
            default: {}
          environment:
            description:
              - Variables for the Compose files. They are all that Compose is given besides
                O(hosts[].compose_secret_environment), nothing of the machine's own environment.
            type: dict
            default: {}
          pull:
            description:
              - V(missing) pulls images that are not there, or what C(pull_policy) of a service says.
              - V(always) and V(never) say so for all, whenever the project is brought up. A tag that has moved in the
                registry is no change by itself.
            type: str
            choices: [missing, always, never]
            default: missing
          adopt:
            description:
              - Take over a project of this name that somebody else brought up. Otherwise that is refused.
            type: bool
            default: false
          remove_volumes:
            description:
              - With O(hosts[].compose_projects[].state=absent), also delete the project's volumes.
            type: bool
            default: false
          wait_seconds:
            description:
              - How long the containers may take until they run, and are healthy if they have a health check.
            type: int
            default: 300
      compose_secret_environment:
        description:
          - More variables, by the name of the project, for values that nobody else may read. They are in the
            environment of C(docker compose) only, and in no file of ours. The engine itself keeps what a service's
            C(environment) is given.
          - The whole declaration then travels as a protected setting.
        version_added: "0.3.0"
        type: dict
        default: {}
      registry_logins:
        description:
          - Logins to registries for the pulls of O(hosts[].compose_projects), of this run only. They are kept in
            memory, and removed at the end. Another login alone brings no project up.
          - They travel as a protected setting.
        version_added: "0.3.0"
        type: list
        elements: dict
        default: []
        suboptions:
          registry:
            description:
              - C(HOST) or C(HOST:PORT), as in the names of its images; V(docker.io) for Docker Hub.
            type: str
            required: true
          username:
            description:
              - Name of the user.
            type: str
            required: true
          password:
            description:
              - Password or token of the user.
            type: str
            required: true
      certificate:
        description:
          - The leaf (PEM) signed for the VM's key, as RV(bulwark.azure_docker.docker_tls#module:hosts) returns it.
            Without it the VM is enrolled only.
        type: str
      vm_id:
        description:
          - Azure's id of the VM for which O(hosts[].certificate) was signed. A VM with another id enrols again.
        type: str
      repair:
        description:
          - Run the program again although nothing differs in Azure.
        type: bool
        default: false
  state:
    description:
      - V(absent) removes our extension, or run command, from the VMs. Engine, key and listener stay as they are.
    type: str
    choices: [present, absent]
    default: present
  carrier:
    description:
      - How the engine program reaches a VM.
      - V(custom_script) is the VM's one extension of that kind. If somebody else has it, the host fails.
      - V(run_command) is a managed run command, of which a VM takes many.
      - V(auto) is V(custom_script) where that place is free or ours, else V(run_command).
    type: str
    choices: [auto, custom_script, run_command]
    default: custom_script
  extension_name:
    description:
      - Name of the extension, or of the run command, to create. An extension that we made under another name is kept.
    type: str
    default: bulwark-docker
  client_authorities:
    description:
      - Bundle (PEM) of the authorities whose clients may connect.
    type: str
  server_authority_sha256:
    description:
      - SHA-256 (hex) of the authority that signed the leaves. Travels along, so that a later run from elsewhere can
        tell whose certificates a VM uses.
    type: str
  key_origin:
    description:
      - V(vm) makes the private key on the VM, where it stays.
      - V(controller) sends the key that M(bulwark.azure_docker.docker_tls) made, as a protected setting.
    type: str
    choices: [vm, controller]
    default: vm
  certificate_directory:
    description:
      - The directory of M(bulwark.azure_docker.docker_tls), from which keys and the digest key are read with
        O(key_origin=controller), and the digest key with O(hosts[].protected_daemon_options),
        O(hosts[].compose_secret_environment) or O(hosts[].registry_logins).
    type: path
seealso:
  - module: bulwark.azure_docker.docker_host_info
  - module: bulwark.azure_docker.docker_engine
  - module: bulwark.azure_docker.docker_tls
"""

EXAMPLES = r"""
- name: Enrol a VM (engine, key, signing request)
  bulwark.azure_docker.docker_host:
    hosts:
      - name: docker1
        id: "{{ docker1_vm_id }}"
  register: docker

- name: Serve with the leaf that was signed for it
  bulwark.azure_docker.docker_host:
    hosts:
      - name: docker1
        id: "{{ docker1_vm_id }}"
        certificate: "{{ tls.hosts.docker1.certificate }}"
        vm_id: "{{ tls.hosts.docker1.vm_id }}"
    client_authorities: "{{ tls.client_bundle }}"
    server_authority_sha256: "{{ tls.server_authority_sha256 }}"
"""

RETURN = r"""
hosts:
  description: What was done and is known, by host name.
  type: dict
  returned: always
  contains:
    changed:
      description: Whether anything was (or would be) sent for this host.
      type: bool
      returned: always
    action:
      description: What was done to its extension, V(none), V(create), V(update) or V(delete).
      type: str
      returned: always
    reasons:
      description: Why.
      type: list
      elements: str
      returned: always
    before:
      description: The desired state that the VM had been sent.
      type: dict
      returned: when changed
    after:
      description: The desired state that it is sent now, without private key.
      type: dict
      returned: when changed
    error:
      description: Code, message, details and next step, for a host that failed.
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
      description: What the engine program reported last, V(enrolled), V(serving), V(key_mismatch), V(local) or
        V(configured).
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
      description: Why a restart of the daemon is due, where O(hosts[].restart) leaves it to somebody else.
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
  description: Names of the hosts that failed.
  type: list
  elements: str
  returned: always
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.argspec import (
    azure_argument_spec,
    fleet_argument_spec,
)
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.outcome import leave
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.redaction import withdraw_items
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import options
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import fleet

HOST = dict(
    name=dict(type="str", required=True),
    id=dict(type="str", required=True),
    address=dict(type="str"),
    port=dict(type="int", default=2376),
    certificate=dict(type="str"),
    vm_id=dict(type="str"),
    repair=dict(type="bool", default=False),
    **options.SPEC,
)


def argument_spec() -> t.Dict[str, t.Any]:
    return azure_argument_spec(
        hosts=dict(type="list", elements="dict", required=True, options=HOST),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        carrier=dict(type="str", choices=["auto", "custom_script", "run_command"], default="custom_script"),
        extension_name=dict(type="str", default="bulwark-docker"),
        client_authorities=dict(type="str"),
        server_authority_sha256=dict(type="str"),
        key_origin=dict(type="str", choices=["vm", "controller"], default="vm", no_log=False),
        certificate_directory=dict(type="path"),
        **fleet_argument_spec(),
    )


def main() -> None:
    module = AnsibleModule(
        argument_spec=argument_spec(),
        required_if=[("key_origin", "controller", ["certificate_directory"])],
        supports_check_mode=True,
    )
    params = {**module.params, "hosts": withdraw_items(module, "hosts", *options.SECRET_OPTIONS)}
    try:
        result = fleet.converge(Session(module.params), params, module.check_mode)
    except Failure as failure:
        module.fail_json(**failure.as_result())
    for warning in result.pop("warnings"):
        module.warn(warning)
    leave(module, result, "hosts")


if __name__ == "__main__":
    main()

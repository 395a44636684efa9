#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_engine
short_description: Docker Engine and its mutual-TLS listener on the machine itself
version_added: 0.1.0
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Declares the same state as M(bulwark.azure_docker.docker_host), with the same program, but runs on the machine
    over SSH and so sees its inside. In check mode it is the way to find what somebody changed by hand.
  - Installs the engine, makes the machine's private key there, and, once a leaf is given, adds a TCP listener with
    complete mutual TLS by a systemd drop-in. Nothing of the vendor's is edited.
  - The listener and its files change together; a daemon that does not start is rolled back.
  - With O(state=absent) the listener, its key and our other files go, and so does the engine if this collection
    installed it. An engine that was there before stays and runs on without the listener.
extends_documentation_fragment:
  - bulwark.azure_docker.engine
  - bulwark.azure_docker.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    support: full
    platforms: debian, ubuntu
options:
  state:
    description:
      - V(present) has the engine installed and, with O(certificate), serving.
      - V(absent) stops serving and removes what this collection installed. Containers of a removed engine end; images,
        containers and volumes stay on the disk unless O(purge_data=true).
    version_added: "0.2.0"
    type: str
    choices: [present, absent]
    default: present
  purge_data:
    description:
      - With O(state=absent), also delete C(/var/lib/docker) and C(/var/lib/containerd). Refused where the engine was
        not installed by this collection or where C(daemon.json) has moved the data.
    version_added: "0.2.0"
    type: bool
    default: false
  host:
    description:
      - Name of the host; it appears in the subject of the signing request and nowhere else.
      - Required with O(state=present).
    type: str
  vm_id:
    description:
      - Azure's id of the VM (C(properties.vmId)). The private key is bound to it, so that a clone makes its own.
      - Required with O(state=present).
    type: str
  address:
    description:
      - The machine's own address to listen on. V(0.0.0.0) and V(::) are refused.
      - Required with O(state=present).
    type: str
  port:
    description:
      - TCP port of the Docker API.
    type: int
    default: 2376
  certificate:
    description:
      - The leaf (PEM) that was signed for this machine's key. Without it the machine is enrolled only and does not
        listen.
    type: str
  client_authorities:
    description:
      - Bundle (PEM) of the authorities whose clients may connect. Required with O(certificate).
    type: str
  server_authority_sha256:
    description:
      - SHA-256 (hex) of the authority that signed O(certificate); kept for information.
    type: str
requirements:
  - openssl (command)
  - systemd
seealso:
  - module: bulwark.azure_docker.docker_host
  - module: bulwark.azure_docker.docker_tls
"""

EXAMPLES = r"""
- name: See whether somebody changed the Docker host by hand
  bulwark.azure_docker.docker_engine:
    host: docker1
    vm_id: 5d133683-9b4e-4f6a-8f3c-000000000001
    address: 10.42.0.4
    certificate: "{{ lookup('ansible.builtin.file', 'certificates/servers/docker1/cert.pem', rstrip=false) }}"
    client_authorities: "{{ lookup('ansible.builtin.file', 'certificates/client-authorities/default/ca.pem',
    rstrip=false) }}"
  become: true
  check_mode: true
  register: inside

- name: Have a Compose project run on an engine that clients reach by SSH only
  bulwark.azure_docker.docker_engine:
    host: docker1
    vm_id: 5d133683-9b4e-4f6a-8f3c-000000000001
    address: 10.42.0.4
    remote_access: ssh
    compose_projects:
      - name: shop
        files:
          compose.yaml: "{{ lookup('ansible.builtin.file', 'shop/compose.yaml') }}"
        environment:
          SHOP_PORT: "8080"
    compose_secret_environment:
      shop:
        DATABASE_PASSWORD: "{{ vault_database_password }}"
    registry_logins:
      - registry: registry.example.com
        username: puller
        password: "{{ vault_registry_password }}"
  become: true

- name: Make the machine no Docker host any more, and keep its images and volumes
  bulwark.azure_docker.docker_engine:
    state: absent
  become: true
"""

RETURN = r"""
state:
  description:
    - What the machine is after the run.
    - V(local) is an engine without a TCP listener, as O(remote_access) says. V(configured) is one that will serve
      after the restart that O(restart) leaves to somebody else.
  type: str
  returned: success
  sample: serving
  choices:
    - enrolled
    - serving
    - key_mismatch
    - local
    - configured
    - absent
changes:
  description: What was (or, in check mode, would be) changed, each with its reason, in order.
  type: list
  elements: str
  returned: success
  sample:
    - "write /etc/docker/tls/server-cert.pem: content differs"
engine_version:
  description: Version of the engine's package, null when it is not installed yet.
  type: str
  returned: success
  sample: 26.1.5+dfsg1-9
csr:
  description: Signing request (PEM) for the machine's key while it does not serve with a leaf for that key, or for the
    next key while there is one.
  type: str
  returned: when a leaf is wanted
trusts:
  description: SHA-256 of the authorities that the running daemon serves and trusts, C(server_authority_sha256) and
    C(client_authority_sha256s).
  type: dict
  returned: when it serves
restart_pending:
  description: Why a restart of the daemon is due, where O(restart) leaves it to somebody else.
  type: str
  returned: when one is due
findings:
  description: What is left as it is and should be looked at.
  type: list
  elements: str
  returned: when there are any
ssh_host_keys:
  description: Public SSH host keys of the machine.
  type: list
  elements: str
  returned: success
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.redaction import withdraw
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import options, program
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.desired import SCHEMA, parse
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal

SPEC = dict(
    state=dict(type="str", choices=["present", "absent"], default="present"),
    purge_data=dict(type="bool", default=False),
    host=dict(type="str"),
    vm_id=dict(type="str"),
    address=dict(type="str"),
    port=dict(type="int", default=2376),
    certificate=dict(type="str"),
    client_authorities=dict(type="str"),
    server_authority_sha256=dict(type="str"),
    **options.SPEC,
)


def desired_state(params: t.Mapping[str, t.Any]) -> t.Dict[str, t.Any]:
    """The program's JSON object for the module's parameters."""
    if params["state"] == "absent":
        return {"schema": SCHEMA, "state": "absent", "purge_data": params["purge_data"]}
    tls = None
    if params["certificate"]:
        names = ("certificate", "client_authorities", "server_authority_sha256")
        tls = {name: params[name] for name in names}
    return {
        "schema": SCHEMA,
        "host": params["host"],
        "vm_id": params["vm_id"],
        "address": params["address"],
        "port": params["port"],
        "tls": tls,
        **options.parts(params),
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec=SPEC,
        required_if=[("state", "present", ["host", "vm_id", "address"])],
        required_together=[("certificate", "client_authorities")],
        supports_check_mode=True,
    )
    params = {**module.params, **withdraw(module, *options.SECRET_OPTIONS)}
    try:
        result = program.declare(parse(desired_state(params)), module.check_mode)
    except Refusal as refusal:
        module.fail_json(msg=str(refusal))
    module.exit_json(**result)


if __name__ == "__main__":
    main()

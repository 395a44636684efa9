#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_tls
short_description: Authorities and certificates for the Docker API of a fleet
version_added: "0.1.0"
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Keeps a certificate directory on the controller. It holds a server authority (clients trust it), client authorities
    (the Docker daemons trust a bundle of them), the certificate of every host, and the certificates of clients.
  - One call serves the whole fleet. Checking 1,000 hosts again takes about a second and opens no private key.
  - Keys of hosts are made on the hosts. They come here as certificate signing requests, from which only the public key
    is taken. The names in a certificate come from the inventory, that is from this module's options.
  - An authority that exists is never replaced, a damaged one is an error that names the file. None is ever removed,
    because what it signed stays trusted until it leaves the bundle.
extends_documentation_fragment:
  - bulwark.azure_docker.attributes
attributes:
  check_mode:
    support: full
    details:
      - A certificate that would be issued is V(null) in the result.
  diff_mode:
    support: full
    details:
      - The difference is a summary with fingerprints, dates, names and reasons. It never holds keys.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  directory:
    description:
      - The certificate directory. It is made when it is absent.
      - Directories have mode 0700, private keys 0600, certificates 0644. Modes that grant more are corrected.
      - It holds the private keys of the authorities. Keep it on an encrypted file system and in your backup.
    type: path
    required: true
  site:
    description:
      - Name of the site. It becomes a part of the names of new authorities, and the organization in every certificate.
    type: str
    default: docker
  server_authority:
    description:
      - How the server authority is made when it is absent. An existing one stays as it is.
    type: dict
    default: {}
    suboptions:
      common_name:
        description:
          - Its common name. The default is the site's name followed by V(docker server authority).
        type: str
      valid_days:
        description:
          - Its validity in days.
        type: int
        default: 3650
      key_type:
        description:
          - The type of its key.
        type: str
        choices: [EC-P256]
        default: EC-P256
  client_authorities:
    description:
      - Names of the client authorities whose clients may use the Docker API. Absent ones are made.
      - Docker daemons read no revocation lists. To revoke a client's certificate, drop its authority here and give the
        new bundle to the hosts. So small authorities, one for a team or an environment, are better than one for all.
      - An authority that is in the directory and not in this list stays there, but leaves the bundle.
    type: list
    elements: str
    default: [default]
  client_authority_valid_days:
    description:
      - Validity in days of client authorities that are made.
    type: int
    default: 3650
  clients:
    description:
      - Clients of the Docker API, to which the module issues a key and a certificate in Docker's own layout.
      - A client that is in the directory and not in this list is left alone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the client. It becomes the common name, which is the user that Docker's authorization plugins see.
        type: str
        required: true
      state:
        description:
          - V(absent) removes C(clients/NAME), its key included; the other options of the client are ignored then. A
            copy of the certificate works until its end, or until its authority leaves O(client_authorities).
        version_added: "0.2.0"
        type: str
        choices: [present, absent]
        default: present
      authority:
        description:
          - Name of the client authority that signs it. It must be one of O(client_authorities).
        type: str
        default: default
      valid_days:
        description:
          - Validity of its certificate in days. The default is O(leaf_valid_days).
          - When it is not more than O(renew_before_days), the certificate is renewed in the last third of its life.
        type: int
  hosts:
    description:
      - The Docker hosts. Hosts that are in the directory and not in this list are left alone.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the host in the inventory.
        type: str
        required: true
      state:
        description:
          - V(absent) removes C(servers/NAME); the other options of the host are ignored then. What is on the VM stays.
          - A directory that also holds files of others stays with them, and a warning names them. So with clients.
        version_added: "0.2.0"
        type: str
        choices: [present, absent]
        default: present
      dns_names:
        description:
          - DNS names by which clients reach it. Wildcards are refused.
        type: list
        elements: str
        default: []
      ip_addresses:
        description:
          - Addresses by which clients reach it.
        type: list
        elements: str
        default: []
      vm_id:
        description:
          - The unique id of the VM (C(properties.vmId)). A key is bound to it.
          - When it differs from the stored one, the VM was made anew. The old request and certificate are dropped.
        type: str
      csr:
        description:
          - A certificate signing request (PEM) that was made on the host. It is stored, so that it need not be given
            again.
          - Its signature must prove possession of the key. RSA keys need 2048 bits, EC keys one of the curves P-256,
            P-384 and P-521. Ed25519 keys are accepted as well.
        type: str
      key_origin:
        description:
          - V(vm) waits for a O(hosts[].csr) that was made on the host.
          - V(controller) makes the key here, and keeps it as C(servers/NAME/key.pem) in the directory. It is never
            returned.
        type: str
        choices: [vm, controller]
        default: vm
  leaf_valid_days:
    description:
      - Validity in days of the certificates of hosts and clients. They never outlive their authority.
    type: int
    default: 90
  renew_before_days:
    description:
      - Certificates with this many days left or fewer are renewed.
    type: int
    default: 30
  trusted_authorities:
    description:
      - What the hosts trust today, as it was found elsewhere.
      - If one of them trusts an authority that is not in O(directory), the directory is the wrong one or was lost.
        See O(on_foreign_authority).
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description:
          - Name of the host.
        type: str
        required: true
      server_authority_sha256:
        description:
          - SHA-256 fingerprint of the authority that signed its server certificate.
        type: str
      client_authority_sha256s:
        description:
          - SHA-256 fingerprints of the authorities whose clients it accepts.
        type: list
        elements: str
        default: []
  on_foreign_authority:
    description:
      - V(fail) writes nothing at all, not even a new authority.
      - V(replace) goes on, so that the hosts trust the authorities of this directory afterwards.
    type: str
    choices: [fail, replace]
    default: fail
  on_partial:
    description:
      - What to do when single hosts cannot be served. The others are always served.
      - V(fail) fails the module, V(report) only names them in RV(failed_hosts).
    type: str
    choices: [fail, report]
    default: fail
requirements:
  - cryptography >= 42
seealso:
  - module: bulwark.azure_docker.docker_tls_info
  - module: bulwark.azure_docker.docker_tls_probe
"""

EXAMPLES = r"""
- name: Certificates for two hosts and one client
  bulwark.azure_docker.docker_tls:
    directory: /srv/ansible/certificates/production
    site: production
    client_authorities: [operators, ci]
    clients:
      - name: alice
        authority: operators
      - name: pipeline
        authority: ci
        valid_days: 7
    hosts:
      - name: docker-01
        dns_names: [docker-01.internal.example.com]
        ip_addresses: [10.0.0.4]
        vm_id: 3f2b6a52-0f0e-4b5e-9a56-6d7d3a8d3f10
        csr: "{{ lookup('ansible.builtin.file', 'docker-01.csr') }}"
      - name: docker-02
        ip_addresses: [10.0.0.5]
        key_origin: controller
  register: certificates
  run_once: true
  delegate_to: localhost

- name: What a host gets
  ansible.builtin.debug:
    msg:
      certificate: "{{ certificates.hosts['docker-01'].certificate }}"
      clients_trusted: "{{ certificates.client_bundle }}"

- name: Forget a host and a client
  bulwark.azure_docker.docker_tls:
    directory: /srv/ansible/certificates/production
    client_authorities: [operators, ci]
    hosts:
      - name: docker-02
        state: absent
    clients:
      - name: alice
        state: absent
  delegate_to: localhost

- name: Refuse to begin with an empty directory while the fleet trusts another authority
  bulwark.azure_docker.docker_tls:
    directory: /srv/ansible/certificates/production
    trusted_authorities:
      - host: docker-01
        server_authority_sha256: 6f1f7b4d5a0c2b8e9d3c4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8
"""

RETURN = r"""
hosts:
  description: The hosts of this call, by name, those declared absent too.
  returned: always
  type: dict
  contains:
    changed:
      description: Whether something was stored, issued, dropped or removed for this host.
      type: bool
    reasons:
      description:
        - Why, each as a code, a colon and a text. A host that lacks something has reasons without being changed.
        - Codes are V(missing), V(unreadable), V(expired), V(not_yet_valid), V(renew_window), V(names_differ),
          V(usage_differs), V(issuer_differs), V(key_mismatch), V(vm_id_changed), V(key_origin_changed),
          V(key_missing), V(no_names), V(no_request), V(request_missing), V(not_recorded) and V(absent_declared).
      type: list
      elements: str
    enrolled:
      description: Whether a certificate valid for this VM is stored, or in check mode would be stored.
      type: bool
    vm_id:
      description: The VM id to which it is bound.
      type: str
    certificate:
      description: The certificate (PEM). V(null) when there is none, and in check mode when it would be issued.
      type: str
    certificate_sha256:
      description: SHA-256 of the certificate (DER) in lower-case hexadecimal digits.
      type: str
    not_after:
      description: End of validity, in UTC.
      type: str
    days_left:
      description: Whole days until then.
      type: int
    error:
      description: Why nothing was done for this host, and the next step.
      returned: when this host failed
      type: str
failed_hosts:
  description: Names of the hosts that have an error, sorted.
  returned: always
  type: list
  elements: str
client_bundle:
  description:
    - The certificates (PEM) of O(client_authorities) one after the other, sorted by name. Docker daemons trust it.
    - V(null) in check mode while one of them is still to be made.
  returned: always
  type: str
client_authority_sha256s:
  description: SHA-256 fingerprints of the authorities in the bundle, in the same order.
  returned: always
  type: list
  elements: str
server_authority:
  description: The certificate (PEM) of the server authority, which clients trust.
  returned: always
  type: str
server_authority_sha256:
  description: SHA-256 fingerprint of the server authority.
  returned: always
  type: str
authorities:
  description: All authorities of the directory, by their place in it.
  returned: always
  type: dict
  sample:
    server-authority:
      changed: false
      days_left: 3649
      not_after: "2036-11-22T05:00:00Z"
      sha256: 6f1f7b4d5a0c2b8e9d3c4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8
undeclared_client_authorities:
  description: Names of client authorities that are in the directory and not in O(client_authorities).
  returned: always
  type: list
  elements: str
foreign_authorities:
  description: Authorities that hosts trust and that are not in the directory, with O(on_foreign_authority=replace).
  returned: always
  type: list
  elements: dict
  sample:
    - host: docker-01
      kind: server
      found: 6f1f7b4d5a0c2b8e9d3c4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8
      expected: none
clients:
  description: The clients of this call, by name, those declared absent too.
  returned: always
  type: dict
  contains:
    directory:
      description: The value for C(DOCKER_CERT_PATH).
      type: str
    authority:
      description: Name of the client authority. V(null) for a client that is declared absent.
      type: str
    certificate_sha256:
      description: SHA-256 of the certificate (DER).
      type: str
    not_after:
      description: End of validity, in UTC.
      type: str
    days_left:
      description: Whole days until then.
      type: int
    changed:
      description: Whether something was written or removed for this client.
      type: bool
    reasons:
      description: Why, each as a code, a colon and a text. V(ca_differs) is a code of its own here.
      type: list
      elements: str
digest_key_file:
  description: Path of the key for digests of protected settings. Its content is never returned.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}


def _list_of(options: dict) -> dict:
    return {"type": "list", "elements": "dict", "default": [], "options": options}


def argument_spec() -> dict:
    """The options of the module."""
    names = {"type": "list", "elements": "str", "default": []}
    return {
        "directory": {"type": "path", "required": True},
        "site": {"type": "str", "default": "docker"},
        "server_authority": {
            "type": "dict",
            "default": {},
            "options": {
                "common_name": {"type": "str"},
                "valid_days": {"type": "int", "default": 3650},
                "key_type": {"type": "str", "choices": ["EC-P256"], "default": "EC-P256", "no_log": False},
            },
        },
        "client_authorities": {"type": "list", "elements": "str", "default": ["default"]},
        "client_authority_valid_days": {"type": "int", "default": 3650},
        "clients": _list_of(
            {
                "name": {"type": "str", "required": True},
                "state": STATE,
                "authority": {"type": "str", "default": "default"},
                "valid_days": {"type": "int"},
            }
        ),
        "hosts": _list_of(
            {
                "name": {"type": "str", "required": True},
                "state": STATE,
                "dns_names": names,
                "ip_addresses": names,
                "vm_id": {"type": "str"},
                "csr": {"type": "str"},
                "key_origin": {"type": "str", "choices": ["vm", "controller"], "default": "vm", "no_log": False},
            }
        ),
        "leaf_valid_days": {"type": "int", "default": 90},
        "renew_before_days": {"type": "int", "default": 30},
        "trusted_authorities": _list_of(
            {
                "host": {"type": "str", "required": True},
                "server_authority_sha256": {"type": "str"},
                "client_authority_sha256s": names,
            }
        ),
        "on_foreign_authority": {"type": "str", "choices": ["fail", "replace"], "default": "fail"},
        "on_partial": {"type": "str", "choices": ["fail", "report"], "default": "fail"},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        # Late: cryptography is imported only once the arguments are valid.
        from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.converge import converge

        result = converge(module.params, module.check_mode)
    except Failure as failure:
        module.fail_json(**failure.as_result())
    for text in result.pop("warnings"):
        module.warn(text)
    errors = {name: host["error"] for name, host in result["hosts"].items() if "error" in host}
    result["failed_hosts"] = sorted(errors)
    if errors and module.params["on_partial"] == "fail":
        first = sorted(errors)[0]
        module.fail_json(
            msg="%d of %d hosts could not be served (%s); the others were. %s"
            % (len(errors), len(result["hosts"]), ", ".join(sorted(errors)), errors[first]),
            **result,
        )
    module.exit_json(**result)


if __name__ == "__main__":
    main()

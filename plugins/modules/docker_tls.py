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
  - An authority that exists is only replaced by O(rotation), a damaged one is an error that names the file. None is
    ever removed otherwise, because what it signed stays trusted until it leaves the bundle.
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
          - The type of its key. When it is not given, a new key is V(EC-P256) and any existing one is right.
          - An authority that exists is never replaced for its type. A warning names it; rotate it with O(rotation).
        type: str
        choices: [EC-P256, EC-P384, RSA-3072, RSA-4096, Ed25519]
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
  client_authority_key_type:
    description:
      - The type of the keys of client authorities, as O(server_authority.key_type).
    version_added: "0.3.0"
    type: str
    choices: [EC-P256, EC-P384, RSA-3072, RSA-4096, Ed25519]
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
      key_type:
        description:
          - The type of its key. The default is O(leaf_key_type). Another type is a reason for a new certificate.
        version_added: "0.3.0"
        type: str
        choices: [EC-P256, EC-P384, RSA-3072, RSA-4096, Ed25519]
      certificate:
        description:
          - With O(signer=external), the certificate (PEM) that was signed for its request, intermediates after it. It
            is checked and stored. Otherwise it is ignored.
        version_added: "0.3.0"
        type: str
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
      key_type:
        description:
          - The type of its key. The default is O(leaf_key_type).
          - A key that was made here is made anew when its type differs. A VM is asked for another, see RV(hosts.rekey).
        version_added: "0.3.0"
        type: str
        choices: [EC-P256, EC-P384, RSA-3072, RSA-4096, Ed25519]
      certificate:
        description:
          - A certificate of this host (PEM), intermediates after it, as an external signer gave it or as it was found
            on the host or in Azure.
          - With O(signer=external) it is stored when it is good, fits the request, and is not older than a good one
            that is stored. One that is not good is this host's error.
          - With O(signer=internal) it is stored only when there is none, as on a new runner or after a loss. It must
            have been signed by an authority of this directory.
        version_added: "0.3.0"
        type: str
  leaf_key_type:
    description:
      - The type of the keys of hosts and clients. When it is not given, keys made here are V(EC-P256), and an existing
        key of any sufficient type is right.
    version_added: "0.3.0"
    type: str
    choices: [EC-P256, EC-P384, RSA-3072, RSA-4096, Ed25519]
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
  renew_jitter_days:
    description:
      - Certificates are renewed up to this many days earlier still, and keys replaced up to this many days earlier than
        O(key_max_age_days), so that a fleet that was enrolled on one day is not renewed on one day.
      - How many days it is depends on O(site) and the name of host or client only, so it is the same in every run. Half
        of the time before the renewal is never exceeded. Certificates that are renewed in their last third have none.
      - V(0) switches it off.
    version_added: "0.3.0"
    type: int
    default: 7
  key_max_age_days:
    description:
      - Keys of hosts are replaced when they are this many days old, counted from the first certificate for the key.
        Clients get a new key with every certificate anyway.
      - A key that was made here is made anew. A VM is asked for another, see RV(hosts.rekey).
      - With V(0) a key is used for ever.
    version_added: "0.3.0"
    type: int
    default: 0
  rotation:
    description:
      - Replaces authorities without an interruption, in phases. Each phase is one call, and what must reach hosts and
        clients in between is brought to them by other means, for example by the roles of this collection.
      - Where a rotation stands is seen by which files there are, and returned in RV(authorities). A call that was
        killed can be repeated.
    version_added: "0.3.0"
    type: list
    elements: dict
    default: []
    suboptions:
      authority:
        description:
          - V(server-authority), or C(client-authorities/NAME) with a name of O(client_authorities).
        type: str
        required: true
      phase:
        description:
          - V(begin) makes a successor in C(next/). Everybody is to trust it from now on, so it is in RV(client_bundle),
            or in C(ca.pem) of all clients. It signs nothing yet. While it is there, nothing changes.
          - V(switch) lets the successor sign. The predecessor goes to C(previous/) and stays trusted; its key is
            deleted. Certificates are issued again. It is refused while an enrolled host is not known to trust the
            successor (a client authority), or while a C(ca.pem) in C(clients) does not hold it (the server authority).
          - V(finish) removes the predecessor. It is refused while an enrolled host is not known to serve by the new
            authority (server authority), or while a stored client has a certificate of the old one (client authority).
          - V(cancel) removes the successor. It is refused after the switch.
        type: str
        choices: [begin, switch, finish, cancel]
        required: true
      min_age_hours:
        description:
          - An authority that is younger, or whose last rotation was finished more recently, is not rotated. Instead
            there is a warning, because such a call is mostly the repetition of one that has done its work.
        type: int
        default: 24
  authority_passphrase:
    description:
      - Passphrase of the private keys of authorities. New ones are written encrypted (PKCS 8), and those of the
        declared authorities that are not encrypted are encrypted.
      - It is never returned, and hidden wherever it occurs in the result, so a common word would hide more than itself.
      - It must stay the same. A key that is encrypted is not encrypted with another one.
    version_added: "0.3.0"
    type: str
  authority_keys:
    description:
      - Private keys (PEM) of authorities by their label, V(server-authority) or C(client-authorities/NAME), for example
        from a vault. They are used instead of C(ca-key.pem), which need not be there, and never written.
      - The key of a successor has the label with C(/next) after it. After the switch either label is right.
      - A new authority is made with the key that is given for it.
    version_added: "0.3.0"
    type: dict
    default: {}
  authority_certificates:
    description:
      - Certificates (PEM) of authorities by their label, so that a runner without the directory can begin. An absent
        C(ca.pem) is written, one that differs is an error.
      - The certificates of its issuers may follow the one that signs. Labels may have C(/next) or C(/previous) after
        them, for a rotation that is under way. Client authorities that are not in O(client_authorities) may be named,
        so that hosts that still trust them are known not to trust a stranger's.
    version_added: "0.3.0"
    type: dict
    default: {}
  signer:
    description:
      - With V(internal) this module signs with the authorities of the directory.
      - With V(external) it signs nothing and needs no key of an authority. Their certificates must be there, or be
        given in O(authority_certificates). What is to be signed is listed in RV(pending), and comes back in
        O(hosts[].certificate) and O(clients[].certificate). A stored certificate stays until then.
      - Docker daemons admit whoever has a client certificate of a client authority. So an external authority must be
        one that signs for the clients of these daemons only. Its own issuers do not get into the bundle.
    version_added: "0.3.0"
    type: str
    choices: [internal, external]
    default: internal
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
      - What to do when single hosts or clients cannot be served. The others are always served.
      - V(fail) fails the module, V(report) only names them in RV(failed_hosts) and RV(failed_clients).
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

- name: Begin the rotation of a client authority
  bulwark.azure_docker.docker_tls:
    directory: /srv/ansible/certificates/production
    client_authorities: [operators, ci]
    rotation:
      - authority: client-authorities/ci
        phase: begin
  register: certificates
  delegate_to: localhost

- name: Let the successor sign, once all hosts have the bundle of the task above
  bulwark.azure_docker.docker_tls:
    directory: /srv/ansible/certificates/production
    client_authorities: [operators, ci]
    trusted_authorities: "{{ what_each_host_trusts }}"
    rotation:
      - authority: client-authorities/ci
        phase: switch
  delegate_to: localhost

- name: Keys of authorities from a vault, on a runner that keeps no directory
  bulwark.azure_docker.docker_tls:
    directory: "{{ runner_temp }}/certificates"
    authority_certificates:
      server-authority: "{{ server_authority_pem }}"
      client-authorities/default: "{{ client_authority_pem }}"
    authority_keys:
      server-authority: "{{ vault_server_authority_key }}"
      client-authorities/default: "{{ vault_client_authority_key }}"
    hosts:
      - name: docker-01
        dns_names: [docker-01.internal.example.com]
        vm_id: 3f2b6a52-0f0e-4b5e-9a56-6d7d3a8d3f10
        certificate: "{{ certificate_found_in_azure | default('') }}"
  delegate_to: localhost

- name: Certificates that the company's own authority signs
  bulwark.azure_docker.docker_tls:
    directory: /srv/ansible/certificates/production
    signer: external
    authority_certificates:
      server-authority: "{{ lookup('ansible.builtin.file', 'issuing-servers.pem') }}"
      client-authorities/default: "{{ lookup('ansible.builtin.file', 'issuing-docker-clients.pem') }}"
    hosts:
      - name: docker-01
        dns_names: [docker-01.internal.example.com]
        csr: "{{ lookup('ansible.builtin.file', 'docker-01.csr') }}"
        certificate: "{{ lookup('ansible.builtin.file', 'docker-01.crt', errors='ignore') or '' }}"
  register: certificates
  delegate_to: localhost

- name: What waits to be signed
  ansible.builtin.debug:
    var: certificates.pending

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
          V(usage_differs), V(issuer_differs), V(key_mismatch), V(weak), V(vm_id_changed), V(key_origin_changed),
          V(key_missing), V(key_type_differs), V(key_too_old), V(no_names), V(no_request), V(request_missing),
          V(not_recorded), V(restored), V(not_restored), V(imported) and V(absent_declared).
      type: list
      elements: str
    enrolled:
      description:
        - Whether a certificate valid for this VM is stored, or in check mode would be stored. A predecessor's is valid
          until it is replaced.
      type: bool
    rekey:
      description:
        - SHA-256 of the public key that the VM is asked to replace, because it is too old, too weak or of another type
          than declared. V(null) otherwise.
        - The VM makes the next key beside this one and goes on serving. Its request for the next key is then given as
          O(hosts[].csr), stored and signed like any other, and nothing is asked for again.
      type: str
    vm_id:
      description: The VM id to which it is bound.
      type: str
    certificate:
      description:
        - The certificate (PEM), with the intermediates that came with it. V(null) when there is none, and in check mode
          when it would be issued.
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
      description: Why this host could not be served, or what came for it could not be used, and the next step.
      returned: when this host failed
      type: str
failed_hosts:
  description: Names of the hosts that have an error, sorted.
  returned: always
  type: list
  elements: str
failed_clients:
  description: Names of the clients that have an error, sorted.
  returned: always
  type: list
  elements: str
client_bundle:
  description:
    - The certificates (PEM) of O(client_authorities) one after the other, sorted by name. Docker daemons trust it.
    - While one of them is rotated, its successor and its predecessor are in it as well, sorted by fingerprint. So the
      switch changes no byte of it.
    - V(null) in check mode while one of them is still to be made. A successor that is still to be made is left out.
  returned: always
  type: str
client_authority_sha256s:
  description: SHA-256 fingerprints of the authorities in the bundle, in the same order.
  returned: always
  type: list
  elements: str
server_bundle:
  description:
    - What clients trust as authority of servers (PEM), which is the C(ca.pem) of every client. The server authority,
      its successor and predecessor, sorted by fingerprint, each with its own issuers where the directory has them.
    - V(null) in check mode while a part of it is still to be made.
  returned: always
  type: str
server_authority:
  description: The certificate (PEM) of the server authority that signs.
  returned: always
  type: str
server_authority_sha256:
  description: SHA-256 fingerprint of the server authority that signs.
  returned: always
  type: str
server_authority_sha256s:
  description: SHA-256 fingerprints of the server authority, its successor and its predecessor, sorted.
  returned: always
  type: list
  elements: str
authorities:
  description: All authorities of the directory, by their place in it.
  returned: always
  type: dict
  contains:
    sha256:
      description: SHA-256 fingerprint of the certificate that signs.
      type: str
    not_after:
      description: End of its validity, in UTC.
      type: str
    days_left:
      description: Whole days until then.
      type: int
    key_type:
      description: Type of its key.
      type: str
    phase:
      description: Where its rotation stands, V(steady), V(begun) or V(switched).
      type: str
    next_sha256:
      description: SHA-256 fingerprint of its successor, V(null) when there is none, and in check mode when it would be
        made.
      type: str
    previous_sha256:
      description: SHA-256 fingerprint of its predecessor, or V(null).
      type: str
    changed:
      description: Whether something about it was made, moved, removed or encrypted.
      type: bool
    reasons:
      description:
        - Why, each as a code, a colon and a text. Codes are V(made), V(adopted), V(key_encrypted), V(rotation_begun),
          V(rotation_switched), V(rotation_finished) and V(rotation_cancelled).
      type: list
      elements: str
pending:
  description: What waits for the external signer, hosts first, by name. Empty with O(signer=internal).
  returned: always
  type: list
  elements: dict
  contains:
    kind:
      description: V(host) or V(client).
      type: str
    name:
      description: Name of the host or client.
      type: str
    csr_file:
      description: Path of its request (PEM). In check mode it may still have to be made.
      type: str
    authority:
      description: Label of the authority that is to sign it.
      type: str
    common_name:
      description: The common name that the certificate is to have.
      type: str
    names:
      description:
        - The subject alternative names that the certificate is to have, each as C(DNS:NAME) or C(IP:ADDRESS). They come
          from the inventory; names in the request do not count.
      type: list
      elements: str
    usage:
      description: The only extended key usage that the certificate is to have, V(serverAuth) or V(clientAuth).
      type: str
    valid_days:
      description: The validity in days that is declared for it.
      type: int
    reasons:
      description: Why it is to be signed, as in RV(hosts.reasons).
      type: list
      elements: str
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
    error:
      description: Why the certificate that was given for it is not used, and the next step.
      returned: when this client failed
      type: str
digest_key_file:
  description: Path of the key for digests of protected settings. Its content is never returned.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
KEY_TYPE = {"type": "str", "choices": ["EC-P256", "EC-P384", "RSA-3072", "RSA-4096", "Ed25519"], "no_log": False}


def _list_of(options: dict) -> dict:
    return {"type": "list", "elements": "dict", "default": [], "options": options}


def _authority_options() -> dict:
    return {
        "rotation": _list_of(
            {
                "authority": {"type": "str", "required": True},
                "phase": {"type": "str", "choices": ["begin", "switch", "finish", "cancel"], "required": True},
                "min_age_hours": {"type": "int", "default": 24},
            }
        ),
        "authority_passphrase": {"type": "str", "no_log": True},
        "authority_keys": {"type": "dict", "default": {}, "no_log": True},
        "authority_certificates": {"type": "dict", "default": {}},
        "signer": {"type": "str", "choices": ["internal", "external"], "default": "internal"},
    }


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
                "key_type": KEY_TYPE,
            },
        },
        "client_authorities": {"type": "list", "elements": "str", "default": ["default"]},
        "client_authority_valid_days": {"type": "int", "default": 3650},
        "client_authority_key_type": KEY_TYPE,
        "clients": _list_of(
            {
                "name": {"type": "str", "required": True},
                "state": STATE,
                "authority": {"type": "str", "default": "default"},
                "valid_days": {"type": "int"},
                "key_type": KEY_TYPE,
                "certificate": {"type": "str"},
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
                "key_type": KEY_TYPE,
                "certificate": {"type": "str"},
            }
        ),
        "leaf_key_type": KEY_TYPE,
        "leaf_valid_days": {"type": "int", "default": 90},
        "renew_before_days": {"type": "int", "default": 30},
        "renew_jitter_days": {"type": "int", "default": 7},
        "key_max_age_days": {"type": "int", "default": 0, "no_log": False},
        **_authority_options(),
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
    for kind in ("hosts", "clients"):
        result["failed_%s" % kind] = sorted(name for name, entry in result[kind].items() if "error" in entry)
    text = " ".join(filter(None, (_text_of(result, kind) for kind in ("hosts", "clients"))))
    if text and module.params["on_partial"] == "fail":
        module.fail_json(msg=text, **result)
    module.exit_json(**result)


def _text_of(result: dict, kind: str) -> str:
    """What went wrong with single hosts or clients, "" when nothing did."""
    failed = result["failed_%s" % kind]
    if not failed:
        return ""
    error = result[kind][failed[0]]["error"]
    return "%d of %d %s could not be served (%s); the others were. %s" % (
        len(failed),
        len(result[kind]),
        kind,
        ", ".join(failed),
        error,
    )


if __name__ == "__main__":
    main()

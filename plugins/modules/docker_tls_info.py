#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_tls_info
short_description: What a certificate directory for the Docker API holds
version_added: "0.1.0"
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Reads the certificate directory that M(bulwark.azure_docker.docker_tls) keeps, and returns the same dictionary.
  - It opens no private key, and it works on a copy of the directory that has none.
  - It knows no inventory. So it judges dates, authorities and usages, and compares neither names nor VM ids.
extends_documentation_fragment:
  - bulwark.azure_docker.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
  idempotent:
    support: N/A
  platform:
    support: full
    platforms: posix
options:
  directory:
    description:
      - The certificate directory. An absent one gives an empty result.
    type: path
    required: true
  client_authorities:
    description:
      - Names of the client authorities in RV(client_bundle). By default all that are in the directory.
    type: list
    elements: str
  renew_before_days:
    description:
      - Certificates with this many days left or fewer have the reason V(renew_window). The spread over days by which
        M(bulwark.azure_docker.docker_tls) renews some of them earlier is not known here.
    type: int
    default: 30
requirements:
  - cryptography >= 42
seealso:
  - module: bulwark.azure_docker.docker_tls
"""

EXAMPLES = r"""
- name: Read the certificates of the fleet
  bulwark.azure_docker.docker_tls_info:
    directory: /srv/ansible/certificates/production
  register: certificates
  delegate_to: localhost

- name: Hosts whose certificate ends within two weeks
  ansible.builtin.debug:
    msg: >-
      {{ certificates.hosts | dict2items | selectattr('value.certificate') | selectattr('value.days_left', 'lt', 14)
      | map(attribute='key') | list }}
"""

RETURN = r"""
hosts:
  description: All hosts of the directory, by name. See M(bulwark.azure_docker.docker_tls).
  returned: always
  type: dict
  contains:
    changed:
      description: Always V(false).
      type: bool
    reasons:
      description: Why the certificate has to be issued again, each as a code, a colon and a text.
      type: list
      elements: str
    enrolled:
      description: Whether a certificate that is valid today is stored.
      type: bool
    rekey:
      description: Always V(null), because what a key shall be is not known here.
      type: str
    vm_id:
      description: The VM id to which it is bound.
      type: str
    certificate:
      description: The certificate (PEM), or V(null).
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
clients:
  description: All clients of the directory, by name. See M(bulwark.azure_docker.docker_tls).
  returned: always
  type: dict
  contains:
    directory:
      description: The value for C(DOCKER_CERT_PATH).
      type: str
    authority:
      description: Name of the client authority that signed it, V(null) when none of the directory did.
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
      description: Always V(false).
      type: bool
    reasons:
      description: Why the certificate has to be issued again, each as a code, a colon and a text.
      type: list
      elements: str
client_bundle:
  description: The certificates (PEM) of the client authorities one after the other, sorted by name, with those of their
    successors and predecessors while they are rotated.
  returned: always
  type: str
client_authority_sha256s:
  description: SHA-256 fingerprints of the authorities in the bundle, in the same order.
  returned: always
  type: list
  elements: str
server_bundle:
  description: What clients trust as authority of servers (PEM), or V(null).
  returned: always
  type: str
server_authority:
  description: The certificate (PEM) of the server authority that signs, or V(null).
  returned: always
  type: str
server_authority_sha256:
  description: SHA-256 fingerprint of the server authority that signs, or V(null).
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
      description: SHA-256 fingerprint of its successor, or V(null).
      type: str
    previous_sha256:
      description: SHA-256 fingerprint of its predecessor, or V(null).
      type: str
    changed:
      description: Always V(false).
      type: bool
    reasons:
      description: Always empty.
      type: list
      elements: str
pending:
  description: Always empty, because who signs is not known here.
  returned: always
  type: list
  elements: dict
undeclared_client_authorities:
  description: Names of client authorities that are in the directory and not in O(client_authorities).
  returned: always
  type: list
  elements: str
digest_key_file:
  description: Path of the key for digests of protected settings. Its content is never read here.
  returned: always
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "client_authorities": {"type": "list", "elements": "str"},
            "renew_before_days": {"type": "int", "default": 30},
        },
        supports_check_mode=True,
    )
    try:
        # Late: cryptography is imported only once the arguments are valid.
        from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.information import information

        result = information(module.params)
    except Failure as failure:
        module.fail_json(**failure.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()

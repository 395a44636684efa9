#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_tls_probe
short_description: Prove from outside that Docker APIs admit the right clients only
version_added: "0.1.0"
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Connects to the ports of Docker APIs, as those who must be let in and as those who must not. It says for every
    target and check what was seen, what was expected, and the verdict.
  - A refusal passes only for the right reason. A port that is closed, or that breaks off every connection, proves
    nothing.
  - It changes nothing on the targets. The only request it sends is C(GET /version).
extends_documentation_fragment:
  - bulwark.azure_docker.attributes
attributes:
  check_mode:
    support: full
    details:
      - It reads only, so check mode makes no difference.
  diff_mode:
    support: N/A
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  targets:
    description:
      - The Docker APIs to probe.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the target in the result.
        type: str
        required: true
      address:
        description:
          - IP address or host name to connect to.
        type: str
        required: true
      port:
        description:
          - Port to connect to.
        type: int
        default: 2376
      server_name:
        description:
          - Name or address for which the server's certificate must be valid. The default is O(targets[].address).
        type: str
      certificate_sha256:
        description:
          - SHA-256 fingerprint of the certificate that should be served. A daemon serves the one it read at its start.
        type: str
      ssh:
        description:
          - The SSH host through which this target is reached. What is given here goes before O(ssh), the rest is taken
            from there. An empty O(targets[].ssh.host) means a direct connection.
        type: dict
        version_added: 0.3.0
        suboptions: &ssh
          host:
            description:
              - Name or address of the SSH host, or a name from the configuration of ssh.
            type: str
          port:
            description:
              - Its port. The default is that of ssh.
            type: int
          user:
            description:
              - The user to log in as. The default is that of ssh.
            type: str
          private_key_file:
            description:
              - The key to log in with, without a passphrase. The default is what ssh and its agent offer.
            type: path
          known_hosts_file:
            description:
              - Where the host's key is looked up. The default is that of ssh.
            type: path
          extra_args:
            description:
              - More arguments for ssh, one word each, for example C(-J) and C(gate.example.com).
            type: list
            elements: str
  client_directory:
    description:
      - Directory of a client in Docker's own layout, with C(ca.pem), C(cert.pem) and C(key.pem).
    type: path
    required: true
  certificate_directory:
    description:
      - The directory of M(bulwark.azure_docker.docker_tls). For V(expired_client), V(wrong_usage) and
        V(revoked_authority) its client authorities sign certificates which live for this run only. It is only read.
      - Without it these checks are not verified.
    type: path
    version_added: 0.3.0
  client_authority:
    description:
      - Name of the client authority that signs for V(expired_client) and V(wrong_usage). The hosts must trust it.
      - The default is the one that signed the certificate of O(client_directory).
    type: str
    version_added: 0.3.0
  revoked_authorities:
    description:
      - Names of the client authorities in O(certificate_directory) whose clients must be refused, for the check
        V(revoked_authority). RV(bulwark.azure_docker.docker_tls#module:undeclared_client_authorities) lists those that
        are not declared any more.
      - With an empty list the check is left out of the result.
    type: list
    elements: str
    version_added: 0.3.0
  authority_passphrase:
    description:
      - Passphrase of the keys of authorities in O(certificate_directory), where they are encrypted.
    type: str
    version_added: 0.3.0
  authority_keys:
    description:
      - Keys (PEM) of client authorities by their place in O(certificate_directory), such as
        C(client-authorities/default), where it does not hold them. They are used and not stored.
    type: dict
    version_added: 0.3.0
  checks:
    description:
      - The checks to make. The default are those that need nothing but O(client_directory).
      - V(good_client) expects that the server's certificate verifies and that C(GET /version) answers 200.
      - V(no_certificate) expects a refusal with the TLS alert certificate_required. Old engines say bad_certificate,
        and before TLS 1.3 it can be handshake_failure, which counts only if a good client gets further.
      - V(foreign_authority) comes with a certificate of an authority that was made for this run, and expects a
        refusal with the TLS alert unknown_ca or bad_certificate.
      - V(expired_client) comes with a certificate of O(client_authority) that expired a day ago, and expects a refusal
        with the TLS alert certificate_expired, or with bad_certificate (old engines) where a good client is let in.
      - V(wrong_usage) comes with a certificate of O(client_authority) whose extended key usage is serverAuth, and
        expects a refusal with the TLS alert bad_certificate where a good client is let in, or unsupported_certificate.
      - V(revoked_authority) comes with a valid certificate of each of O(revoked_authorities), and expects a refusal
        with the TLS alert unknown_ca or bad_certificate.
      - V(plain_http) expects the answer 400 to a request without TLS.
      - V(tls_1_1) comes as a client that knows TLS 1.1 and older only, and expects a refusal with the TLS alert
        protocol_version. It works whatever the local OpenSSL can do.
      - V(served_certificate) compares the certificate that is served with O(targets[].certificate_sha256), and expects
        that it has not expired and that O(min_days_left) are left.
      - V(expired_client), V(wrong_usage), V(revoked_authority) and V(tls_1_1) were added in version 0.3.0.
    type: list
    elements: str
    choices:
      - good_client
      - no_certificate
      - foreign_authority
      - expired_client
      - wrong_usage
      - revoked_authority
      - plain_http
      - tls_1_1
      - served_certificate
    default: [good_client, no_certificate, foreign_authority, plain_http, tls_1_1, served_certificate]
  min_days_left:
    description:
      - Whole days for which the certificate that is served must still be valid. With V(0) only an expired one fails.
    type: int
    default: 0
    version_added: 0.3.0
  ssh:
    description:
      - The SSH host through which the targets are reached, by the command C(ssh). O(targets[].ssh) goes before it.
      - All connections through an SSH host share one connection to it (C(ControlMaster)), which is closed at the end.
      - It asks no questions (C(BatchMode)) and trusts known hosts only (C(StrictHostKeyChecking)). The rest of the
        user's configuration of ssh counts.
      - A target that ssh cannot reach is not verified. The reason is the last line that ssh said.
    type: dict
    version_added: 0.3.0
    suboptions: *ssh
  timeout:
    description:
      - Seconds for one connection as a whole.
    type: float
    default: 10
  concurrency:
    description:
      - Number of targets that are probed at the same time.
    type: int
    default: 16
  on_partial:
    description:
      - What to do when a check fails. V(fail) fails the module, V(report) only names the targets in RV(failed_targets).
      - What could not be verified is a warning in both cases.
    type: str
    choices: [fail, report]
    default: fail
requirements:
  - cryptography >= 42, for the checks V(foreign_authority), V(expired_client), V(wrong_usage), V(revoked_authority) and
    V(served_certificate)
  - OpenSSH's client, for O(ssh)
seealso:
  - module: bulwark.azure_docker.docker_tls
"""

EXAMPLES = r"""
- name: Prove that two Docker APIs admit the right clients only
  bulwark.azure_docker.docker_tls_probe:
    client_directory: /srv/ansible/certificates/production/clients/alice
    targets:
      - name: docker-01
        address: 10.0.0.4
        server_name: docker-01.internal.example.com
        certificate_sha256: "{{ certificates.hosts['docker-01'].certificate_sha256 }}"
      - name: docker-02
        address: 10.0.0.5
  delegate_to: localhost

- name: Prove it for every client that must be refused, through a bastion
  bulwark.azure_docker.docker_tls_probe:
    client_directory: /srv/ansible/certificates/production/clients/alice
    certificate_directory: /srv/ansible/certificates/production
    revoked_authorities: "{{ certificates.undeclared_client_authorities }}"
    authority_passphrase: "{{ vault_authority_passphrase }}"
    checks:
      - good_client
      - no_certificate
      - foreign_authority
      - expired_client
      - wrong_usage
      - revoked_authority
      - plain_http
      - tls_1_1
      - served_certificate
    min_days_left: 14
    ssh:
      host: bastion.example.com
      user: ops
    targets:
      - name: docker-01
        address: 10.0.0.4
        server_name: docker-01.internal.example.com

- name: Look only, and go on whatever is found
  bulwark.azure_docker.docker_tls_probe:
    client_directory: ~/.docker
    targets:
      - name: docker-01
        address: 10.0.0.4
    checks: [good_client, served_certificate]
    on_partial: report
  register: probed
"""

RETURN = r"""
targets:
  description: The targets by name.
  returned: always
  type: dict
  contains:
    address:
      description: Where the module connected to.
      type: str
    port:
      description: The port.
      type: int
    verdict:
      description: The worst verdict of its checks, V(fail) before V(not_verified) before V(pass).
      type: str
    checks:
      description:
        - The checks by name. Each has C(verdict), C(reason) (what was seen) and C(expected).
        - V(revoked_authority) is there once for each of O(revoked_authorities), as C(revoked_authority:NAME).
        - What was learned is there as well, C(tls_version), C(tls_alert), C(http_status), C(engine_version),
          C(api_version), C(certificate_sha256), C(not_after) and C(days_left), and C(authority), the one that
          signed for the check.
        - The verdict V(not_verified) means that the target could not be reached, that it did not answer in time, or
          that something is missing here to make the check, which C(reason) names.
      type: dict
  sample:
    docker-01:
      address: 10.0.0.4
      port: 2376
      verdict: pass
      checks:
        good_client:
          verdict: pass
          reason: engine 29.7.2, API 1.54 over TLSv1.3
          expected: the server's certificate verifies by ca.pem and GET /version answers 200
          tls_version: TLSv1.3
          http_status: 200
          engine_version: 29.7.2
          api_version: "1.54"
        no_certificate:
          verdict: pass
          reason: refused with the TLS alert certificate_required (TLSv1.3)
          expected: >-
            refused with the TLS alert certificate_required (old engines: bad_certificate; before TLS 1.3 also:
            handshake_failure)
          tls_version: TLSv1.3
          tls_alert: certificate_required
summary:
  description: Number of checks by verdict.
  returned: always
  type: dict
  sample:
    pass: 2
    fail: 0
    not_verified: 0
failed_targets:
  description: Names of the targets with a failed check, sorted.
  returned: always
  type: list
  elements: str
unverified_targets:
  description: Names of the targets without a failed check of which some check could not be verified, sorted.
  returned: always
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure

MORE_CHECKS = ("expired_client", "wrong_usage", "revoked_authority")
CHECKS = ["good_client", "no_certificate", "foreign_authority", *MORE_CHECKS]
CHECKS += ["plain_http", "tls_1_1", "served_certificate"]


def ssh_option() -> dict:
    """The way through an SSH host, of all targets or of one."""
    options = {
        "host": {"type": "str"},
        "port": {"type": "int"},
        "user": {"type": "str"},
        "private_key_file": {"type": "path"},
        "known_hosts_file": {"type": "path"},
        "extra_args": {"type": "list", "elements": "str"},
    }
    return {"type": "dict", "options": options}


def argument_spec() -> dict:
    """The options of the module."""
    target = {
        "name": {"type": "str", "required": True},
        "address": {"type": "str", "required": True},
        "port": {"type": "int", "default": 2376},
        "server_name": {"type": "str"},
        "certificate_sha256": {"type": "str"},
        "ssh": ssh_option(),
    }
    default = [check for check in CHECKS if check not in MORE_CHECKS]
    return {
        "targets": {"type": "list", "elements": "dict", "required": True, "options": target},
        "client_directory": {"type": "path", "required": True},
        "certificate_directory": {"type": "path"},
        "client_authority": {"type": "str"},
        "revoked_authorities": {"type": "list", "elements": "str"},
        "authority_passphrase": {"type": "str", "no_log": True},
        "authority_keys": {"type": "dict", "no_log": True},
        "checks": {"type": "list", "elements": "str", "choices": CHECKS, "default": default},
        "min_days_left": {"type": "int", "default": 0},
        "ssh": ssh_option(),
        "timeout": {"type": "float", "default": 10},
        "concurrency": {"type": "int", "default": 16},
        "on_partial": {"type": "str", "choices": ["fail", "report"], "default": "fail"},
    }


def failure_text(targets: dict) -> str:
    """One sentence for each failed check."""
    return " ".join(
        "%s, %s: %s; expected %s." % (name, check, result["reason"], result["expected"])
        for name, target in sorted(targets.items())
        for check, result in target["checks"].items()
        if result["verdict"] == "fail"
    )


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        # Late: cryptography is imported only once the arguments are valid.
        from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.probe import probe

        result = probe(module.params)
    except Failure as failure:
        module.fail_json(**failure.as_result())
    if result["unverified_targets"]:
        module.warn(
            "Some checks could not be verified, see their reasons: %s." % ", ".join(result["unverified_targets"])
        )
    if result["failed_targets"] and module.params["on_partial"] == "fail":
        module.fail_json(msg=failure_text(result["targets"]), changed=False, **result)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()

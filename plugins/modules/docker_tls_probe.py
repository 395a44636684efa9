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
  client_directory:
    description:
      - Directory of a client in Docker's own layout, with C(ca.pem), C(cert.pem) and C(key.pem).
    type: path
    required: true
  checks:
    description:
      - The checks to make.
      - V(good_client) expects that the server's certificate verifies and that C(GET /version) answers 200.
      - V(no_certificate) expects a refusal with the TLS alert certificate_required. Old engines say bad_certificate,
        and before TLS 1.3 it can be handshake_failure, which counts only if a good client gets further.
      - V(foreign_authority) comes with a certificate of an authority that was made for this run, and expects a
        refusal with the TLS alert unknown_ca or bad_certificate.
      - V(plain_http) expects the answer 400 to a request without TLS.
      - V(served_certificate) compares the certificate that is served with O(targets[].certificate_sha256), and expects
        that it has not expired.
    type: list
    elements: str
    choices: [good_client, no_certificate, foreign_authority, plain_http, served_certificate]
    default: [good_client, no_certificate, foreign_authority, plain_http, served_certificate]
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
  - cryptography >= 42, for the checks V(foreign_authority) and V(served_certificate)
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
        - What was learned is there as well, C(tls_version), C(tls_alert), C(http_status), C(engine_version),
          C(api_version), C(certificate_sha256), C(not_after) and C(days_left).
        - The verdict V(not_verified) means that the target could not be reached or did not answer in time.
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
    pass: 5
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

CHECKS = ["good_client", "no_certificate", "foreign_authority", "plain_http", "served_certificate"]


def argument_spec() -> dict:
    """The options of the module."""
    target = {
        "name": {"type": "str", "required": True},
        "address": {"type": "str", "required": True},
        "port": {"type": "int", "default": 2376},
        "server_name": {"type": "str"},
        "certificate_sha256": {"type": "str"},
    }
    return {
        "targets": {"type": "list", "elements": "dict", "required": True, "options": target},
        "client_directory": {"type": "path", "required": True},
        "checks": {"type": "list", "elements": "str", "choices": CHECKS, "default": CHECKS},
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

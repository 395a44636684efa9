#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_context
short_description: Contexts of the docker command for many Docker hosts
version_added: "0.3.0"
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Makes each Docker host known by a name to the C(docker) command, C(docker --context NAME), with the certificate of a
    client that M(bulwark.azure_docker.docker_tls) made. It needs no C(docker) command itself.
  - The certificate is linked, not copied. So a renewed one counts at once, for all contexts.
  - Contexts that are not named here, and everything else in the directory, stay as they are.
extends_documentation_fragment:
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
    platforms: posix
options:
  config_directory:
    description:
      - The configuration directory of the C(docker) command, the value of C(DOCKER_CONFIG).
    type: path
    default: ~/.docker
  client_directory:
    description:
      - Directory with C(ca.pem), C(cert.pem) and C(key.pem) of the client, as docker_tls returns it in
        RV(bulwark.azure_docker.docker_tls#module:clients). Required unless all contexts are absent.
    type: path
  contexts:
    description:
      - The contexts.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the context.
        type: str
        required: true
      host:
        description:
          - The Docker API, C(tcp://ADDRESS:PORT). The address must be in the host's certificate.
          - Required with O(contexts[].state=present).
        type: str
      description:
        description:
          - What C(docker context ls) says of it.
        type: str
      state:
        description:
          - Whether it shall be there.
        type: str
        choices: [present, absent]
        default: present
  environment_files:
    description:
      - Whether to write C(env/NAME.env) as well, for C(source), with the variables that older tools read.
    type: bool
    default: false
seealso:
  - module: bulwark.azure_docker.docker_tls
"""

EXAMPLES = r"""
- name: Know all Docker hosts by their names
  bulwark.azure_docker.docker_context:
    client_directory: /srv/ansible/certificates/production/clients/alice
    contexts:
      - name: docker-01
        host: tcp://10.0.0.4:2376
        description: Builds
      - name: docker-02
        host: tcp://10.0.0.5:2376
      - name: docker-00
        state: absent
"""

RETURN = r"""
contexts:
  description: What was done, by name.
  type: dict
  returned: success
  contains:
    changed:
      description: Whether anything of this context was (or would be) changed.
      type: bool
    host:
      description: Its Docker API.
      type: str
    environment_file:
      description: The file for C(source).
      type: str
      returned: with O(environment_files=true)
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.docker_contexts import converge


def argument_spec() -> dict:
    """The options of the module."""
    context = {
        "name": {"type": "str", "required": True},
        "host": {"type": "str"},
        "description": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    return {
        "config_directory": {"type": "path", "default": "~/.docker"},
        "client_directory": {"type": "path"},
        "contexts": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": context,
            "required_if": [("state", "present", ["host"])],
        },
        "environment_files": {"type": "bool", "default": False},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        result = converge(module.params, module.check_mode)
    except Failure as failure:
        module.fail_json(**failure.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the retired DockerExtension as variables of our roles."""

from __future__ import annotations

DOCUMENTATION = r"""
name: from_docker_extension
short_description: Settings of the retired DockerExtension as variables of the roles
version_added: "0.3.0"
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Translates the settings of Azure's DockerExtension, which was retired in 2018, of both its generations.
  - What it does not translate is said in words.
positional: _input, protected
options:
  _input:
    description:
      - The public settings, as M(bulwark.azure_docker.vm_extension_info) returns them, or as they were in C(pub.json).
    type: dict
    required: true
  protected:
    description:
      - The protected settings, if you still have them. Azure never gives them back.
    type: dict
"""

EXAMPLES = r"""
- name: What the extension was told
  bulwark.azure_docker.vm_extension_info:
    vms: ["{{ azure_vms_id }}"]
  register: found

- name: The same in the words of the roles
  ansible.builtin.debug:
    msg: "{{ settings | bulwark.azure_docker.from_docker_extension }}"
  vars:
    settings: '{"docker": {"port": "2376", "options": ["--log-driver=journald"]}}'
"""

RETURN = r"""
_value:
  description:
    - C(variables) for the inventory, C(secret_variables) for a vault, and C(left), what is to be looked at by hand.
  type: dict
  sample:
    variables:
      docker_api_port: 2376
      docker_engine_daemon_options:
        log-driver: journald
    secret_variables: {}
    left: []
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host.docker_extension import translate


def from_docker_extension(settings: t.Any, protected: t.Any = None) -> t.Dict[str, t.Any]:
    """See DOCUMENTATION."""
    try:
        return translate(settings, protected)
    except Failure as failure:
        raise AnsibleFilterError(failure.text()) from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> t.Dict[str, t.Any]:
        return {"from_docker_extension": from_docker_extension}

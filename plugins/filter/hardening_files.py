# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of one host's hardening, for the role."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hardening_files
short_description: The files of one host's hardening, as options of the module host_files
version_added: "0.4.0"
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Makes the runc wrapper with its policy, AppArmor profiles, drop-ins of systemd, kernel settings, the packet filter,
    audit rules, and owners and modes of files, of what is selected for a host.
  - Changes nothing. The role P(bulwark.azure_docker.docker_hardening#role) acts on the result.
positional: _input
options:
  _input:
    description: The result of the module M(bulwark.azure_docker.docker_hardening_info) on the host.
    type: dict
    required: true
  settings:
    description:
      - C(ceiling_removed), the capabilities that the daemons lose; C(sysctl), kernel settings by name; C(journal), with
        C(interval), C(burst) and C(system_max_use); and C(firewall), with C(published) (a list of C(port), C(protocol)
        and C(sources)), C(api_port) and C(api_sources) (null leaves that port alone).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: What would be written
  ansible.builtin.debug:
    msg: "{{ (found | bulwark.azure_docker.hardening_files(settings)).files | map(attribute='path') }}"
  vars:
    settings:
      ceiling_removed: [CAP_SYS_MODULE, CAP_SYS_BOOT]
      sysctl: {net.ipv4.ip_forward: 1}
      journal: {interval: 30s, burst: 100000, system_max_use: 2G}
      firewall: {published: [], api_port: 2376, api_sources: [10.0.0.0/8]}
"""

RETURN = r"""
_value:
  description: C(files), C(validate), C(after) and C(stale), as M(bulwark.azure_docker.host_files) takes them.
  type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._hardening.files import declare


def hardening_files(found: t.Any, settings: t.Any) -> t.Dict[str, t.Any]:
    """See DOCUMENTATION."""
    try:
        return declare(found, settings)
    except Failure as failure:
        raise AnsibleFilterError(failure.text()) from None
    except KeyError as error:
        raise AnsibleFilterError(
            f"hardening_files: {error} is missing, see the documentation of its settings"
        ) from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> t.Dict[str, t.Any]:
        return {"hardening_files": hardening_files}

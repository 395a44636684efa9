#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_result
short_description: Book one host's part of a fleet task
version_added: 0.1.0
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - A fleet task runs once for all hosts of a batch, so Ansible would count its change or failure for the first host
    only. This action takes the entries that concern one host and is changed, failed and shows a diff for that host.
  - It runs on the controller without a connection and costs no module transfer.
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
  results:
    description:
      - Entries of a fleet task's result that concern this host, by name or ARM id. Of each the keys C(changed),
        C(action), C(reasons), C(before), C(after) and C(error) are read.
    type: dict
    required: true
  title:
    description:
      - What the lines about changes begin with.
    type: str
    default: ""
seealso:
  - module: bulwark.azure_docker.fleet_guard
"""

EXAMPLES = r"""
- name: Book what was done about this host
  bulwark.azure_docker.fleet_result:
    results: "{{ {inventory_hostname: fleet.hosts[inventory_hostname]} }}"
"""

RETURN = r"""
msg:
  description: A line for every change with its reasons; the errors if there are any.
  type: raw
  returned: always
"""

#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_guard
short_description: Refuse a play in which fleet tasks cannot work
version_added: 0.1.0
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - The roles of this collection do what concerns Azure and certificates in one call for all hosts of a batch
    (C(run_once)). The strategies C(free) and C(host_pinned) ignore C(run_once), so that every host would make that
    call.
  - Such a call takes what all hosts share, for example the name of the site, from the first host. With O(shared), this
    action compares them.
  - It fails with a clear text under such a strategy, or where hosts differ, and does nothing otherwise. It runs on the
    controller without a connection.
extends_documentation_fragment:
  - bulwark.azure_docker.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  role:
    description:
      - Name of the role that is guarded, for the text.
    type: str
    required: true
  shared:
    description:
      - Name of a fact with a dictionary of what the hosts of the batch have to have in common. Hosts without the fact
        do not count.
    type: str
    version_added: 0.3.0
seealso:
  - module: bulwark.azure_docker.fleet_result
"""

EXAMPLES = r"""
- name: Refuse a strategy without run_once
  bulwark.azure_docker.fleet_guard:
    role: azure_vms

- name: Say which site this host is of
  ansible.builtin.set_fact:
    my_site: {docker_site_name: "{{ docker_site_name }}"}

- name: Refuse hosts of several sites in one batch
  bulwark.azure_docker.fleet_guard:
    role: azure_vms
    shared: my_site
  run_once: true
"""

RETURN = r"""
msg:
  description: What was found and expected.
  type: str
  returned: failure
"""

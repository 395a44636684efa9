# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hardening controls of one host, for the role."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hardening_selection
short_description: Which hardening controls a host gets, and what they set in daemon.json
version_added: "0.4.0"
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Chooses a mode for every control of the catalogue, from the tier, what is declared for single controls, and what the
    host has.
  - Changes nothing. The role P(bulwark.azure_docker.docker_hardening#role) acts on it, by the module
    M(bulwark.azure_docker.docker_hardening_info), which chooses on the host itself.
  - An unknown control, a waiver without a reason, and a waiver that has expired are errors.
positional: _input
options:
  _input:
    description:
      - The tier. V(baseline) is the least; V(hardened) holds it, and V(lockdown) holds both.
    type: str
    choices: [baseline, hardened, lockdown]
    required: true
  controls:
    description:
      - What is declared for single controls, as a list of dictionaries by the control's id. Later ones win, for each
        control and each key.
      - Each control may have C(mode) (V(enforce), V(audit) or V(waive)), C(reason), C(expires) (the last day, as
        YYYY-MM-DD) and C(ticket).
    type: list
    elements: dict
    default: []
  facts:
    description:
      - What the host has. All of these are needed.
      - C(engine_version) and C(runc_version) are texts or null, C(package_source) is the kind of the engine's package
        source.
      - C(apparmor), C(selinux), C(systemd), C(auditd), C(nftables) and C(standalone) (in no swarm) are booleans, as are
        C(foreign_log_driver), C(foreign_bind_address) and C(foreign_firewall), which say that somebody else has set
        this.
    type: dict
    required: true
  settings:
    description:
      - What tunes the controls of C(daemon.json), namely C(nofile_soft), C(nofile_hard), C(log_driver), C(log_options),
        C(bind_address) and C(userns_remap). What is left out has its default.
    type: dict
    default: {}
  today:
    description: The day, as YYYY-MM-DD, by which waivers expire. The default is the day of the controller in UTC.
    type: str
"""

EXAMPLES = r"""
- name: What is enforced on this host
  ansible.builtin.debug:
    msg: "{{ ('hardened' | bulwark.azure_docker.hardening_selection(controls=declared, facts=found)).enabled }}"
  vars:
    declared:
      - daemon-userland-proxy:
          mode: waive
          reason: The build farm publishes on the IPv6 loopback address
          expires: "2027-03-31"
          ticket: OPS-42
    found:
      engine_version: 29.7.2
      runc_version: 1.4.3
      package_source: docker
      apparmor: true
      selinux: false
      systemd: true
      auditd: true
      nftables: true
      standalone: true
      foreign_log_driver: false
      foreign_bind_address: false
      foreign_firewall: false
"""

RETURN = r"""
_value:
  description:
    - C(tier) as given; C(controls), every control by its id; C(enabled), the ids of those that are enforced;
      C(daemon_options), what these set in C(daemon.json); and C(findings), what should be looked at.
    - Each control has C(mode) (V(enforce), V(audit), V(waive) or V(not_applicable)), C(reason), C(expires) (a text, or
      null) and C(ticket), and from the catalogue C(title), C(layer), C(tier), C(severity), C(variable), C(cis_1_6) and
      C(cis_1_8).
    - Each finding has C(control), C(severity) and C(text).
  type: dict
  sample:
    tier: hardened
    controls:
      daemon-icc:
        mode: enforce
        reason: ""
        expires: null
        ticket: ""
        title: Containers on the default bridge do not reach each other
        layer: L1
        tier: baseline
        severity: medium
        variable: null
        cis_1_6: ["2.2"]
        cis_1_8: ["2.2"]
    enabled: [daemon-icc]
    daemon_options:
      icc: false
    findings: []
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._controls.chosen import chosen


def hardening_selection(
    tier: t.Any, controls: t.Any = (), facts: t.Any = None, settings: t.Any = None, today: t.Any = None
) -> t.Dict[str, t.Any]:
    """See DOCUMENTATION."""
    try:
        return chosen(tier, controls or (), facts or {}, settings or {}, today)
    except Failure as failure:
        raise AnsibleFilterError(failure.text()) from None


class FilterModule:
    """The filters of this file."""

    def filters(self) -> t.Dict[str, t.Any]:
        return {"hardening_selection": hardening_selection}

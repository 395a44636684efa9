#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: docker_daemon_options
short_description: A part of daemon.json that is in force, beside the parts of others
version_added: 0.4.0
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Declares one fragment of C(/etc/docker/daemon.json) on a machine whose engine is there already. What others wrote
    stays, and so do the other fragments of this collection. A later fragment wins over an earlier one, in the order
    V(hardening), V(site); the options of M(bulwark.azure_docker.docker_engine) come before both.
  - The wanted file is judged by C(dockerd --validate) before it counts. What the daemon can take over at a reload is
    reloaded, for the rest it is restarted once; a daemon that does not start is rolled back.
  - A dockerd or containerd that runs with another configuration than its unit and drop-ins say is restarted, too.
    "Configured but not live" is drift.
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
    platforms: debian, ubuntu
options:
  fragment:
    description:
      - Whose options these are. A fragment is replaced as a whole.
    type: str
    choices: [hardening, site]
    default: site
  state:
    description:
      - V(absent) withdraws the fragment; what it covered comes back.
    type: str
    choices: [present, absent]
    default: present
  options:
    description:
      - The options, in C(daemon.json)'s own words. Keys of the listener (V(hosts), V(tls*)) are refused.
      - Required with O(state=present).
    type: dict
  restart:
    description:
      - V(now) restarts the daemons when that is due, V(deferred) and V(never) leave it to somebody else and say why one
        is due. What a reload is enough for is reloaded in any case.
    type: str
    choices: [now, deferred, never]
    default: now
requirements:
  - systemd
seealso:
  - module: bulwark.azure_docker.docker_engine
"""

EXAMPLES = r"""
- name: Keep containers on the default bridge apart
  bulwark.azure_docker.docker_daemon_options:
    fragment: site
    options:
      icc: false
      log-driver: journald
  become: true

- name: Take the site's options back
  bulwark.azure_docker.docker_daemon_options:
    fragment: site
    state: absent
  become: true
"""

RETURN = r"""
changes:
  description: What was (or, in check mode, would be) changed, each with its reason, in order.
  type: list
  elements: str
  returned: success
  sample:
    - "write /etc/docker/daemon.json: icc differs"
    - "restart docker.service: the running daemon has not read what daemon.json says"
restart_pending:
  description: Why a restart is due, where O(restart) leaves it to somebody else.
  type: str
  returned: when one is due
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.bulwark.azure_docker.plugins.module_utils._daemon.fragment import Wanted, declare
from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.refusal import Refusal


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            fragment=dict(type="str", choices=["hardening", "site"], default="site"),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            options=dict(type="dict"),
            restart=dict(type="str", choices=["now", "deferred", "never"], default="now"),
        ),
        required_if=[("state", "present", ["options"])],
        supports_check_mode=True,
    )
    options = module.params["options"] if module.params["state"] == "present" else {}
    try:
        result = declare(Wanted(module.params["fragment"], options, module.params["restart"]), module.check_mode)
    except Refusal as refusal:
        module.fail_json(msg=str(refusal))
    module.exit_json(**result)


if __name__ == "__main__":
    main()

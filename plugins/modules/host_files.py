#!/usr/bin/python
# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_files
short_description: A set of files that are validated, swapped and rolled back together
version_added: "0.4.0"
author:
  - bulwark.azure_docker contributors (@bulwark)
description:
  - Declares files and directories of a machine as one set. All of them are staged and validated first, then swapped
    in, then the commands that take them over run. Where anything of that fails, all is as it was before.
  - What was at each path before is remembered in C(/var/lib/bulwark-azure-docker/files/NAME.json), which only root can
    read. It comes back when the path is not declared any more, or with O(state=absent).
  - Contents, mode, owner, group and type are compared. A file of the set that somebody edited is corrected, and the
    reason says so.
  - A run that is killed leaves each file old or new, never half of one. The next run brings the set to its end, and
    runs the commands of O(after) for what the other one had swapped in.
  - A path belongs to one set. Symbolic links are not followed, and not replaced unless they stand where a file of the
    set was.
  - Access control lists and other extended attributes of a file that is replaced are not kept, but its SELinux
    context is.
extends_documentation_fragment:
  - bulwark.azure_docker.attributes
attributes:
  check_mode:
    support: full
    details:
      - The commands of O(validate) run in check mode as well, those of O(after) do not.
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    support: full
    platforms: linux
options:
  name:
    description:
      - Name of the set, of C(a-z), C(0-9), C(_) and C(-), at most 64 characters.
    type: str
    required: true
  state:
    description:
      - V(present) has the files as they are declared.
      - V(absent) puts back what was there before the set, and removes what was not, with the directories that were
        made for it if they are empty. O(files) and O(validate) count for nothing then.
    type: str
    choices: [present, absent]
    default: present
  files:
    description:
      - The files and directories. Directories above them are made where there are none, with mode V(0755).
      - Required with O(state=present). An empty list, with O(exclusive=true), is a set without files.
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - Absolute path, without C(.), C(..) and symbolic links.
        type: str
        required: true
      content:
        description:
          - What the file holds, a text. One of O(files[].content) and O(files[].content_base64) is required with
            O(files[].state=file).
          - A template that looks like JSON may arrive as a dictionary, and is refused then. Let it end with
            C(| string) or C(| to_json).
        type: raw
      content_base64:
        description:
          - What the file holds, any bytes, in base64.
        type: str
      state:
        description:
          - What shall be at the path. Only an empty directory is ever removed.
          - V(attributes) leaves what is there (a file, a directory, a socket) but for its owner, its group, and
            permissions beyond O(files[].mode). Where nothing is, nothing is done.
        type: str
        choices: [file, directory, absent, attributes]
        default: file
      mode:
        description:
          - Permissions, octal with a leading zero and in quotes, as in V('0644').
          - The default is V(0644) for a file, V(0600) for a sensitive one, and V(0755) for a directory.
          - With O(files[].state=attributes) it is the most that is permitted, and the default is V(0755).
        type: str
      owner:
        description:
          - Name or number of the user that owns it.
        type: str
        default: root
      group:
        description:
          - Name or number of the group that owns it.
        type: str
        default: root
      sensitive:
        description:
          - Whether the content is kept out of the result, the difference and error messages. What commands print is
            shown without the lines (of 4 characters or more) and words (of 6 or more) of sensitive contents.
        type: bool
        default: false
  validate:
    description:
      - Commands that judge the files before anything is swapped in, in this order. They run only when something is to
        be changed. Anything but exit code 0 is a failure.
      - C({file:PATH}) in a word stands for the staged copy of a file of the set, and C({root}) for the directory below
        which the whole set is staged, by its paths. Only root can enter it, and programs in it may not be executable.
    type: list
    elements: dict
    default: []
    suboptions:
      command:
        description:
          - The program and its arguments. No shell is involved.
        type: list
        elements: str
        required: true
      about:
        description:
          - What it is for, in the message of its failure.
        type: str
  after:
    description:
      - Commands that run once the files are swapped in, in this order. When one ends with anything but exit code 0, the
        files are rolled back, and those commands that were started run again.
      - Where these fail as well, the next run runs its commands once more, even if no file differs then.
    type: list
    elements: dict
    default: []
    suboptions:
      command:
        description:
          - The program and its arguments. No shell is involved.
        type: list
        elements: str
        required: true
      when_changed:
        description:
          - Paths, of which one must have been changed; C(*) stands for any characters, C(/) too. Without it the command
            runs after any change.
        type: list
        elements: str
        default: []
      about:
        description:
          - What it is for, in the message of its failure.
        type: str
  stale:
    description:
      - Paths of O(files) whose commands of O(after) are to run although the file is right, because what is in force was
        found to be something else.
    type: list
    elements: path
    default: []
  exclusive:
    description:
      - Whether files that the set had before and that are not listed any more go, as with O(state=absent).
    type: bool
    default: true
  force:
    description:
      - Whether a file that goes may go although somebody edited it since. Without it that is a failure that shows what
        was edited.
    type: bool
    default: false
requirements:
  - Linux
seealso:
  - module: ansible.builtin.copy
"""

EXAMPLES = r"""
- name: A firewall that is judged before it is in force, and taken back when it cannot be loaded
  bulwark.azure_docker.host_files:
    name: firewall
    files:
      - path: /etc/nftables.d
        state: directory
      - path: /etc/nftables.d/docker.nft
        content: "{{ lookup('ansible.builtin.template', 'docker.nft.j2') }}"
        mode: "0600"
    validate:
      - command: [nft, --check, --file, "{file:/etc/nftables.d/docker.nft}"]
        about: the rules are valid
    after:
      - command: [nft, --file, /etc/nftables.d/docker.nft]
        when_changed: ["/etc/nftables.d/*"]
        about: load the rules
  become: true
  register: firewall

- name: Something else takes its files over, too
  ansible.builtin.command:
    cmd: /usr/local/sbin/firewall-changed
  become: true
  when: "'/etc/nftables.d/docker.nft' in firewall.changed_paths"
  changed_when: true

- name: A key that nobody is shown
  bulwark.azure_docker.host_files:
    name: agent
    files:
      - path: /etc/agent/token
        content: "{{ vault_agent_token }}"
        owner: agent
        group: agent
        sensitive: true
  become: true

- name: All is as it was before
  bulwark.azure_docker.host_files:
    name: firewall
    state: absent
    after:
      - command: [systemctl, reload, nftables.service]
  become: true
"""

RETURN = r"""
changes:
  description:
    - What was (or, in check mode, would be) changed, in the order of the changes.
  type: list
  elements: dict
  returned: success
  contains:
    path:
      description: The path.
      type: str
    action:
      description:
        - What happens to it.
        - V(restore) puts back what was there before the set.
        - V(finish) changes nothing of it, but runs the commands that a run which was cut off has not run.
        - V(refresh) changes nothing of it, but runs its commands, as it is O(stale).
      type: str
      choices:
        - create
        - change
        - remove
        - restore
        - finish
        - refresh
    reasons:
      description: Why, each in words.
      type: list
      elements: str
  sample:
    - path: /etc/nftables.d/docker.nft
      action: change
      reasons:
        - content differs
        - edited by somebody since
changed_paths:
  description: The paths of RV(changes), for conditions of other tasks.
  type: list
  elements: str
  returned: success
  sample:
    - /etc/nftables.d/docker.nft
error:
  description: What went wrong, for conditions; C(msg) says it in words.
  type: dict
  returned: failure
  contains:
    code:
      description:
        - The kind of failure, such as V(InvalidOptions), V(PathRefused), V(OwnerUnknown), V(EditedSince),
          V(ValidationFailed), V(RolledBack) or V(RecordUnreadable).
      type: str
    message:
      description: What was found and expected.
      type: str
    details:
      description: More of it, as the difference of each file that was edited.
      type: list
      elements: dict
    hint:
      description: The next step.
      type: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files.converge import converge
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files.hiding import withdrawn


def argument_spec() -> t.Dict[str, t.Any]:
    """The options of the module."""
    file = {
        "path": {"type": "str", "required": True},
        "content": {"type": "raw", "no_log": True},
        "content_base64": {"type": "str", "no_log": True},
        "state": {"type": "str", "choices": ["file", "directory", "absent", "attributes"], "default": "file"},
        "mode": {"type": "str"},
        "owner": {"type": "str", "default": "root"},
        "group": {"type": "str", "default": "root"},
        "sensitive": {"type": "bool", "default": False},
    }
    command = {"command": {"type": "list", "elements": "str", "required": True}, "about": {"type": "str"}}
    after = {**command, "when_changed": {"type": "list", "elements": "str", "default": []}}
    return {
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "files": {"type": "list", "elements": "dict", "options": file},
        "validate": {"type": "list", "elements": "dict", "default": [], "options": command},
        "after": {"type": "list", "elements": "dict", "default": [], "options": after},
        "stale": {"type": "list", "elements": "path", "default": []},
        "exclusive": {"type": "bool", "default": True},
        "force": {"type": "bool", "default": False},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=argument_spec(),
        required_if=[("state", "present", ["files"])],
        supports_check_mode=True,
    )

    def run(argv: t.Sequence[str]) -> t.Tuple[int, str, str]:
        code, out, err = module.run_command(list(argv), handle_exceptions=False, expand_user_and_vars=False)
        return code, out, err

    try:
        result = converge(withdrawn(module), module.check_mode, run)
    except Failure as failure:
        module.fail_json(**failure.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()

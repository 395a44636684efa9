# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module can do, described once. A module states its support (full, partial with a reason, or none)."""

from __future__ import annotations


class ModuleDocFragment:
    """Descriptions of the attributes."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and say what it would change, without changing it.
  diff_mode:
    description: Returns what it changed, or would change, when in diff mode.
  idempotent:
    description: When run again with the same options, and nothing else changed meanwhile, it changes nothing.
  platform:
    description: Where the module itself runs.
"""

    ACTION_GROUP = r"""
options: {}
attributes:
  action_group:
    description: C(group/bulwark.azure_docker.azure) in C(module_defaults) sets what all Azure modules share.
    support: full
    membership:
      - bulwark.azure_docker.azure
"""

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What of the module's arguments no log and no result shows."""

from __future__ import annotations

import typing as t

from .._azure.redaction import withdraw_items

CONTENTS = ("content", "content_base64")


def withdrawn(module: t.Any) -> t.Dict[str, t.Any]:
    """The options with all contents; the module's own parameters are left without.

    All contents are secret to Ansible, as it has no option that is secret by the word of another one, and so none is
    in the machine's log. Results may show those that are not sensitive: else Ansible would blank them in the diff.
    """
    if not module.params["files"]:
        return dict(module.params)
    items = withdraw_items(module, "files", *CONTENTS)
    shown, hidden = (
        {str(item[name]) for item in items if bool(item["sensitive"]) is sensitive for name in CONTENTS if item[name]}
        for sensitive in (False, True)
    )
    module.no_log_values = module.no_log_values - (shown - hidden)
    return {**module.params, "files": items}

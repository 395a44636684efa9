# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What a user wants of one extension."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional


class Desired(NamedTuple):
    """An extension as declared. None means "as it is"; ``name`` None means "the one of this handler, else its type".

    ``version`` is "Major.Minor". ``protected_settings`` None and {} differ: only {} says that there are none.
    ``protected_settings_from_key_vault`` is {"secret_url", "source_vault_id"}. ``tags`` are merged with those that are
    there. ``rerun`` makes the handler run again although nothing differs. ``compared_secrets`` is what the digest of
    the protected settings is made of, where those are only one of several forms of the same.
    """

    name: Optional[str] = None
    publisher: Optional[str] = None
    type: Optional[str] = None
    version: Optional[str] = None
    settings: Optional[Dict[str, Any]] = None
    protected_settings: Optional[Dict[str, Any]] = None
    auto_upgrade_minor_version: Optional[bool] = None
    enable_automatic_upgrade: Optional[bool] = None
    force_update_tag: Optional[str] = None
    on_unknown_secret: str = "keep"
    state: str = "present"
    rerun: bool = False
    protected_settings_from_key_vault: Optional[Dict[str, str]] = None
    suppress_failures: Optional[bool] = None
    provision_after: Optional[List[str]] = None
    tags: Optional[Dict[str, str]] = None
    adopt: bool = False
    on_immutable_change: str = "fail"
    on_failed_sibling: str = "fail"
    compared_secrets: Optional[Dict[str, Any]] = None

    def handler(self) -> str:
        """Publisher and type as instance views write them."""
        return "%s.%s" % (self.publisher, self.type)

    def key_vault_reference(self) -> Optional[Dict[str, Any]]:
        """``protected_settings_from_key_vault`` in ARM's form, None if it is not given."""
        given = self.protected_settings_from_key_vault
        if given is None:
            return None
        return {"secretUrl": given["secret_url"], "sourceVault": {"id": given["source_vault_id"]}}

    def properties(self) -> Dict[str, Any]:
        """The public properties that are declared, as ARM names them."""
        values = {
            "publisher": self.publisher,
            "type": self.type,
            "typeHandlerVersion": self.version,
            "autoUpgradeMinorVersion": self.auto_upgrade_minor_version,
            "enableAutomaticUpgrade": self.enable_automatic_upgrade,
            "settings": self.settings,
            "suppressFailures": self.suppress_failures,
            "provisionAfterExtensions": self.provision_after,
            "protectedSettingsFromKeyVault": self.key_vault_reference(),
        }
        return {name: value for name, value in values.items() if value is not None}

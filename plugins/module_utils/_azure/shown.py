# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What a user is shown of a change to a resource that has tags beside its properties. Pure."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, Optional, Tuple

Document = Optional[Mapping[str, Any]]


def sides(
    public: Callable[[Document], Dict[str, Any]], there: Document, sent: Document
) -> Tuple[Dict[str, Any], Dict[str, Any]]:
    """(before, after): the public properties of both documents, and all ``tags`` of both where they differ.

    ``public`` gives the properties of a document that may be shown. A document is None where there is none.
    """
    tags = [dict((document or {}).get("tags") or {}) for document in (there, sent)]
    before, after = (
        {**public(document), **({"tags": own} if own and tags[0] != tags[1] else {})}
        for document, own in zip((there, sent), tags)
    )
    return before, after

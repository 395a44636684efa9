# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What is at a path, or shall be there (pure)."""

from __future__ import annotations

import base64
import hashlib
import typing as t

ABSENT, FILE, DIRECTORY = "absent", "file", "directory"
ATTRIBUTES = "attributes"  # declared of what is there, whatever it is
LINK, SPECIAL = "symbolic link", "special file"  # found, never declared


class State(t.NamedTuple):
    """``content``: of a file its bytes, of a link its target, else None. Mode, uid and gid of what is absent are 0.

    A file without a content is one of which only mode and owner count.
    """

    kind: str
    content: t.Optional[bytes] = None
    mode: int = 0
    uid: int = 0
    gid: int = 0

    @property
    def fingerprint(self) -> str:
        """What tells whether somebody edited it since: kind and content, but not who may read it."""
        return self.kind if self.content is None else f"{self.kind}:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def only_attributes(self) -> bool:
        """Whether nothing but mode and owner of it is ever changed."""
        return self.content is None and self.kind in (FILE, SPECIAL)

    @property
    def attributes(self) -> str:
        """Mode and owner in words."""
        return f"mode {self.mode:04o}, owner {self.uid}, group {self.gid}"


NOTHING = State(ABSENT)


def as_data(state: State) -> t.Dict[str, t.Any]:
    """A state as JSON holds it: {"kind"}, and where something is "mode" (octal), "uid", "gid", "content" (base64)."""
    if state.kind == ABSENT:
        return {"kind": ABSENT}
    data: t.Dict[str, t.Any] = {"kind": state.kind, "mode": f"{state.mode:04o}", "uid": state.uid, "gid": state.gid}
    if state.content is not None:
        data["content"] = base64.b64encode(state.content).decode("ascii")
    return data


def of_data(data: t.Mapping[str, t.Any]) -> State:
    """The state that ``as_data`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
    if data["kind"] == ABSENT:
        return NOTHING
    content = data.get("content")
    decoded = None if content is None else base64.b64decode(content, validate=True)
    return State(data["kind"], decoded, int(data["mode"], 8), int(data["uid"]), int(data["gid"]))


def text_of(content: t.Optional[bytes]) -> str:
    """The text of a content; of one that is no text, what it is known by."""
    try:
        text = (content or b"").decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        return f"(binary, sha256 {hashlib.sha256(content or b'').hexdigest()})\n"
    return text

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""/proc/self/mountinfo: what is mounted where, and where a path really lies (pure)."""

from __future__ import annotations

import typing as t

ESCAPES = (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\043", "#"), ("\\134", "\\"))


class Mount(t.NamedTuple):
    """``device``: "major:minor"; ``root``: the directory of that file system which is mounted at ``point``."""

    device: str
    root: str
    point: str
    kind: str


class Place(t.NamedTuple):
    """A path by its file system: the same for every name that bind mounts give it."""

    device: str
    path: str


def parse(text: str) -> t.Tuple[Mount, ...]:
    found = []
    for line in text.splitlines():
        words = line.split(" ")
        kind = words[words.index("-", 6) + 1]
        found.append(Mount(words[2], _unescaped(words[3]), _unescaped(words[4]), kind))
    return tuple(found)


def within(path: str, directory: str) -> bool:
    """Whether ``path`` is ``directory`` or below it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def place(mounts: t.Sequence[Mount], path: str) -> Place:
    """Where a path lies that has no symlinks in it. The last of several mounts at one point is the visible one."""
    best = Mount("", "/", "/", "")
    for mount in mounts:
        if within(path, mount.point) and len(mount.point) >= len(best.point):
            best = mount
    inner = path[len(best.point) :] if best.point != "/" else path
    return Place(best.device, (best.root.rstrip("/") + "/" + inner.strip("/")).rstrip("/") or "/")


def holds(mounts: t.Sequence[Mount], path: str, protected: str) -> bool:
    """Whether a recursive bind of ``path`` shows ``protected`` or a part of it, under whatever name."""
    if within(protected, path) or within(path, protected):
        return True
    target = place(mounts, protected)
    own = place(mounts, path)
    shown = [own] + [Place(mount.device, mount.root) for mount in mounts if within(mount.point, path)]
    if any(item.device == target.device and within(target.path, item.path) for item in shown):
        return True
    return own.device == target.device and within(own.path, target.path)


def fresh_tmpfs(mounts: t.Sequence[Mount], mount: Mount) -> bool:
    """Whether a tmpfs was made for this place; a bind of the host's /run or /dev/shm is a tmpfs too."""
    if mount.kind != "tmpfs" or mount.root != "/":
        return False
    return all(other.point == mount.point for other in mounts if other.device == mount.device)


def below(mounts: t.Sequence[Mount], path: str) -> t.Tuple[Mount, ...]:
    return tuple(mount for mount in mounts if mount.point != path and within(mount.point, path))


def _unescaped(word: str) -> str:
    if "\\" in word:
        for escape, character in ESCAPES:
            word = word.replace(escape, character)
    return word

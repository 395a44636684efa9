# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of a real disk as the machine, and commands that a table answers."""

from __future__ import annotations

import os
import pathlib
import stat

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine import lock, scratch
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files import converge as converging
from ansible_collections.bulwark.azure_docker.plugins.module_utils._files import record

OWN = {"owner": str(os.geteuid()), "group": str(os.getegid())}


def redirect(monkeypatch, top):
    """Have the module's own files below ``top``."""
    (top / "run").mkdir(exist_ok=True)
    monkeypatch.setattr(record, "DIRECTORY", top / "var" / "bulwark" / "files")
    monkeypatch.setattr(scratch, "PLACE", top / "run")
    monkeypatch.setattr(lock, "PATH", str(top / "run" / "lock"))


def tree(directory):
    """Everything below a directory: {path: (mode, content)}; of a directory content is None, of a link its target."""
    found = {}
    for path in sorted(pathlib.Path(directory).rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        if path.is_symlink():
            found[str(path)] = (mode, os.readlink(path))
        else:
            found[str(path)] = (mode, None if path.is_dir() else path.read_bytes())
    return found


class Machine:
    """``answers``: (exit code, standard output, standard error) by program; ``loaded``: what "load" found last."""

    def __init__(self, top):
        self.top = pathlib.Path(os.path.realpath(top))
        self.etc = self.top / "etc"
        self.etc.mkdir(exist_ok=True)
        self.answers = {}
        self.commands = []
        self.loaded = None
        (self.top / "var").mkdir(exist_ok=True)

    def path(self, name):
        return str(self.etc / name)

    def file(self, name, content="one\n", **given):
        return {"path": self.path(name), "state": "file", "content": content, "sensitive": False, **OWN, **given}

    def directory(self, name, **given):
        return self.file(name, None, **{"state": "directory", **given})

    def absent(self, name):
        return self.file(name, None, state="absent")

    def put(self, name, text, mode=0o644):
        path = self.etc / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def text(self, name):
        path = self.etc / name
        return path.read_text() if path.exists() else None

    def tree(self):
        return {path[len(str(self.etc)) + 1 :]: entry for path, entry in tree(self.etc).items()}

    def record(self, name="web"):
        path = record.path_of(name)
        return path.read_text() if path.exists() else None

    def run(self, argv):
        self.commands.append(list(argv))
        if argv[0] == "missing":
            raise FileNotFoundError(2, "No such file or directory", argv[0])
        if argv[0] == "load":
            self.loaded = self.tree()
        answer = self.answers.get(argv[0], (0, "", ""))
        return answer(argv) if callable(answer) else answer

    def declare(self, *files, check=False, **options):
        given = {"name": "web", "state": "present", "exclusive": True, "force": False, "files": list(files), **options}
        return converging.converge(given, check, self.run)

    def leave(self, **options):
        return self.declare(state="absent", **options)

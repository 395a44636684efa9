# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Commands of a set: which ones run, and what one says when it fails."""

from __future__ import annotations

import fnmatch
import re
import shlex
import typing as t

from .._azure.redaction import mask
from .document import PLACE, Command, Desired

Run = t.Callable[[t.Sequence[str]], t.Tuple[int, str, str]]  # exit code, standard output, standard error
LAST_LINES = 12
SHORTEST_LINE, SHORTEST_WORD = 4, 6  # characters; shorter ones of a sensitive content occur everywhere
BETWEEN_WORDS = re.compile(r"[\s=:;,\"'(){}\[\]<>]+")


def due(commands: t.Sequence[Command], changed: t.Sequence[str]) -> t.List[Command]:
    """The commands to run after these paths changed, in order."""
    return [
        command
        for command in commands
        if changed
        and (
            not command.when_changed
            or any(fnmatch.fnmatchcase(path, pattern) for path in changed for pattern in command.when_changed)
        )
    ]


def placed(command: Command, root: str) -> t.List[str]:
    """The words of a command that validates, with the places of the staged copies below ``root``."""
    return [PLACE.sub(lambda found: root + (found.group(1) or ""), word) for word in command.argv]


class Runner(t.NamedTuple):
    """Runs commands. ``secrets``: what no text of theirs may show."""

    run: Run
    secrets: t.Sequence[str] = ()

    def failure_of(self, command: Command, root: str = "") -> str:
        """Run a command; "" when it ends with 0, else what was found and expected.

        ``root``: below it are the staged copies; it is left out of the words.
        """
        try:
            code, out, err = self.run(placed(command, root) if root else command.argv)
        except OSError as error:
            reason = error.strerror or error
            return self._told(command, f"could not be started ({reason}), expected a command that runs", "")
        if code == 0:
            return ""
        lines = [line for line in f"{out}\n{err}".splitlines() if line.strip()][-LAST_LINES:]
        said = "\n".join(lines)
        return self._told(command, f"ended with {code}, expected 0", said.replace(root, "") if root else said)

    def _told(self, command: Command, found: str, said: str) -> str:
        about = f" ({command.about})" if command.about else ""
        words = f"; its last words:\n{said}\n" if said else "."
        return str(mask(f"{shlex.join(command.argv)}{about} {found}{words}", self.secrets))


def secrets_of(desired: Desired, others: t.Iterable[t.Optional[bytes]] = ()) -> t.List[str]:
    """What of sensitive contents no text may hold, longest first: their lines, and the words of these.

    ``others``: sensitive contents that are not declared, as those before.
    """
    found: t.Set[str] = set()
    for content in (*(one.content for one in desired.files if one.sensitive), *others):
        for line in (content or b"").decode("utf-8", "replace").splitlines():
            found.update([line.strip()] if len(line.strip()) >= SHORTEST_LINE else [])
            found.update(word for word in BETWEEN_WORDS.split(line) if len(word) >= SHORTEST_WORD)
    return sorted(found, key=lambda part: (-len(part), part))

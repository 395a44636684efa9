# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Change packages of an engine that runs: when the daemon does not answer afterwards, the old versions come back."""

from __future__ import annotations

import pathlib
import time
import typing as t

from . import live, observe, system
from .packages import Backend
from .refusal import Refusal

RECORD = pathlib.Path("/var/lib/bulwark-azure-docker/before-upgrade")  # "NAME VERSION" a line, while one is under way
START_SECONDS = 60
PAUSE = 0.5

Answers = t.Callable[[], bool]


def recorded() -> t.Dict[str, str]:
    """The versions before an upgrade that was cut off; {} where none was."""
    rows = (line.split(" ") for line in (system.read(RECORD) or "").splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 2}


def awaited(answers: Answers) -> bool:
    """Whether the daemon answers, at the latest after START_SECONDS, or once systemd tries no more."""
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        given_up = observe.properties("docker.service", "ActiveState").get("ActiveState") == "failed"
        if given_up or time.monotonic() >= deadline:
            return False
        time.sleep(PAUSE)
    return True


def last_words() -> str:
    """What dockerd itself said last. Not by its unit: that has systemd's lines too, and of a process that ends at
    once the journal may not know the unit."""
    command = ["journalctl", "--identifier", "dockerd", "--no-pager", "--lines", "6"]
    return (system.output([*command, "--output", "cat"]) or "").strip()


def carry_out(backend: Backend, act: t.Callable[[], None], answers: Answers) -> None:
    """Do ``act``, which changes packages. Raises Refusal, with the old versions in force again where that can be."""
    cut_off = recorded()
    before = cut_off or backend.everything()
    served = bool(cut_off) or answers()
    if not cut_off:
        system.write(RECORD, "".join(f"{name} {version}\n" for name, version in before.items()), 0o644)
    failure = None
    try:
        act()
    except Refusal as refusal:
        failure = str(refusal)
    if failure is None and live.is_replaced(observe.properties("docker.service", "MainPID").get("MainPID", "")):
        system.logged(["systemctl", "restart", "docker.service"])
    now = backend.everything()
    former = {name: version for name, version in before.items() if now.get(name) != version}
    if failure is None and served and not awaited(answers):
        failure = f"dockerd does not answer after the upgrade; its last words:\n{last_words()}"
    if failure is not None and former:
        failure += f"\n{put_back(backend, former, served, answers)}"
    RECORD.unlink(missing_ok=True)
    if failure is not None:
        raise Refusal(failure)


def put_back(backend: Backend, former: t.Mapping[str, str], served: bool, answers: Answers) -> str:
    """Install the old versions again; what came of it, and the next step."""
    names = ", ".join(f"{name} {version}" for name, version in former.items())
    try:
        backend.install(former, "(not asked again)", back=True)
    except Refusal as refusal:
        return f"The old versions ({names}) cannot be put back: {refusal}"
    if served and not answers():
        system.logged(["systemctl", "reset-failed", "docker.service"])
        system.logged(["systemctl", "restart", "docker.service"])
    if served and not awaited(answers):
        return (
            f"The old versions ({names}) are back, and dockerd does not answer: look at journalctl -u docker.service."
        )
    return f"The old versions ({names}) are in force again; mend the cause, or declare a version that works."

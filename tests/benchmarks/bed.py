# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet in a local Azure of its own, and ``ansible-playbook`` against it."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks import measure, numbers
from toolchain import places

MODULE = "bulwark.azure_docker.vm_extension"
PLAYBOOK = str(places.VENV / "bin" / "ansible-playbook")
SCRATCH = places.CACHE / "benchmarks"
TREE = places.CACHE / "tree"


class Ground:
    """A place to run plays in; ``directory`` is for files, and goes with it."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory

    def write(self, name: str, content: Any) -> pathlib.Path:
        """Write a file of JSON, which is YAML too."""
        path = self.directory / name
        path.write_text(json.dumps(content))
        return path

    def play(
        self, hosts: Mapping[str, Mapping[str, Any]], tasks: list[dict[str, Any]], *options: str,
        collections: Sequence[pathlib.Path] = (),
    ) -> measure.Usage:  # fmt: skip
        """Run a play of these tasks on these hosts, {name: variables}, by the local connection.

        ``collections`` are places of other collections than ours.
        """
        common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = self.write("inventory.json", {"all": {"hosts": hosts, "vars": common}})
        play = self.write("play.json", [{"hosts": "all", "gather_facts": False, "tasks": tasks}])
        command = [PLAYBOOK, "--inventory", str(inventory), *options, str(play)]
        return measure.run(command, environment(collections), self.directory)


class Bed(Ground):
    """A ground with an Azure. ``vms`` are the ids of the fleet."""

    def __init__(self, directory: pathlib.Path, variables: Mapping[str, str], vms: list[str]) -> None:
        super().__init__(directory)
        self.vms = vms
        self.login = {
            "cloud": variables["LOCAL_AZURE_CLOUD"],
            "ca_path": variables["LOCAL_AZURE_CA"],
            "auth_source": "service_principal",
            "tenant": variables["LOCAL_AZURE_TENANT"],
            "client_id": variables["LOCAL_AZURE_CLIENT_ID"],
            "secret": variables["LOCAL_AZURE_CLIENT_SECRET"],
        }
        self._journal = pathlib.Path(variables["LOCAL_AZURE_STATE"]) / "requests.jsonl"
        self._read = 0

    def requests(self) -> numbers.Requests:
        """Return what Azure was asked since the last call."""
        with self._journal.open("rb") as file:
            file.seek(self._read)
            lines = file.read().decode().splitlines()
            self._read = file.tell()
        return numbers.requests(lines)

    def asked(self, way: Callable[[Bed], measure.Usage]) -> tuple[measure.Usage, numbers.Requests]:
        """Run one way to do the work; return what it cost and what Azure was asked."""
        self.requests()
        return way(self), self.requests()


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """A ground without an Azure."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as name:
        yield Ground(pathlib.Path(name))


@contextlib.contextmanager
def fleet(
    hosts: int, extensions: Sequence[dict] = (), other: Mapping[int, Sequence[dict]] | None = None,
    options: Sequence[str] = (),
) -> Iterator[Bed]:  # fmt: skip
    """A fleet of running VMs with these extensions; ``other`` has those of single ones, by their number.

    ``options`` are those of ``local_azure start``.
    """
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as name:
        directory = pathlib.Path(name)
        state = directory / "state"
        state.mkdir()
        command = [sys.executable, "-m", "benchmarks.server", "--state", str(state), "--hosts", str(hosts)]
        command += ["--extensions", json.dumps(list(extensions)), "--other", json.dumps(other or {}), *options]
        measure.tell(f"local Azure with {hosts} VMs")
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None and process.stdout is not None
            told = json.loads(process.stdout.readline() or "null")
            if told is None:
                raise SystemExit("the local Azure did not come up; what it said is above")
            yield Bed(directory, told["variables"], told["vms"])
            process.stdin.close()


def environment(collections: Sequence[pathlib.Path] = ()) -> dict[str, str]:
    """The environment of a measured command: with byte code, as on a user's machine, but outside of the checkout."""
    found = {name: value for name, value in places.environment().items() if name != "PYTHONDONTWRITEBYTECODE"}
    places.link_tree()
    return {
        **found,
        "PYTHONPYCACHEPREFIX": str(SCRATCH / "byte_code"),
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(map(str, [TREE, *collections])),
        "ANSIBLE_NOCOLOR": "1",
    }

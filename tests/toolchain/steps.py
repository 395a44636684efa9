# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps, cheap ones first. To add one, add a row to ALL."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping

from local_azure.guests import accelerator
from toolchain import places, plan_coverage

SUITES = ("check", "test")
TREE = places.CACHE / "tree"
LINKED = TREE / places.COLLECTION
MAIN, GUESTS, PLAYBOOKS = "main", "guests", "playbooks"
ALONE, READERS = "alone", "readers"  # once the others have ended
PYTEST_OPTIONS = ("--quiet", "--color=no", "--numprocesses=2", "-p", "no:cacheprovider", "-o", "verbosity_assertions=2")


@dataclasses.dataclass(frozen=True)
class Step:
    """One command, run in the checkout. `{results}` in it is the directory for its JUnit files, as is $RESULTS.

    Where it ``tests`` it writes such files: without a result it has failed. Steps of one ``lane`` run one after the
    other; the lanes with guests (the longest steps) beside MAIN, because a guest mostly waits. Once these have ended,
    ALONE runs, which looks at the whole machine, beside READERS, which only read files: nothing that listens or mounts.
    """

    name: str
    about: str
    command: tuple[str, ...]
    only_in_test: bool = True
    tests: bool = False
    lane: str = MAIN
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"toolchain.{name}", *arguments)


def _lint() -> list[Step]:
    return [
        Step("ruff", "Python style and likely mistakes", ("ruff", "check", "."), only_in_test=False),
        Step("yamllint", "YAML style", ("yamllint", "--strict", "."), only_in_test=False),
        Step("shellcheck", "shell scripts", _module("lint", "shellcheck"), only_in_test=False),
        Step("mypy", "types of plugins and toolchain", _module("lint", "mypy"), only_in_test=False),
    ]


def _pytest(measured: tuple[str, ...]) -> list[Step]:
    """Plugins of the controller apart, as ansible-test does it: with its code loaded, modules warn in another way.

    ``measured`` are pytest's options that measure coverage, of what `unit` tests.
    """
    places.link_tree()
    controller = [
        f"{LINKED}/tests/unit/{place}" for place in ("plugins/action", "plugins/filter", "plugins/inventory", "roles")
    ]
    ignored = [f"--ignore={directory}" for directory in controller]
    rows = (
        (
            "unit",
            "unit tests of everything but plugins of the controller",
            (*measured, *ignored, f"{LINKED}/tests/unit"),
        ),
        (
            "unit-action",
            "unit tests of action, filter and inventory plugins and of roles' variables",
            tuple(controller),
        ),
    )
    return [
        Step(
            name,
            about,
            (sys.executable, "-m", "pytest", *PYTEST_OPTIONS, f"--junitxml={{results}}/{name}.xml", *arguments),
            only_in_test=False,
            environment={
                "PYTHONPATH": f"{TREE}:{places.ROOT / 'tests'}",
                "COVERAGE_FILE": str(places.CACHE / "plan-coverage"),
            },
        )
        for name, about, arguments in rows
    ]


def _azure() -> list[Step]:
    """The modules with the real SDK. Where the oldest one is installed, pytest is alone: it runs in one process."""
    about = "modules against local Azure without guests: errors, endurance, governance, secrets"
    rows: list[tuple[str, str, str, tuple[str, ...]]] = [("azure", about, sys.executable, PYTEST_OPTIONS)]
    if places.VENV_OLDEST.is_dir():
        alone = tuple(option for option in PYTEST_OPTIONS if not option.startswith("--numprocesses"))
        oldest = str(places.VENV_OLDEST / "bin" / "python")
        rows.append(("azure-oldest", "the same on the oldest supported ansible-core and Azure SDK", oldest, alone))
    return [
        Step(
            name,
            about,
            (python, "-m", "pytest", *options, f"--junitxml={{results}}/{name}.xml", f"{LINKED}/tests/against_azure"),
            environment={"PYTHONPATH": f"{TREE}:{places.ROOT / 'tests'}"},
        )
        for name, about, python, options in rows
    ]


def _release() -> list[Step]:
    return [
        Step("plan-coverage", "branch coverage of the code that decides", _module("plan_coverage")),
        Step("changelog", "changelog fragments", ("antsibull-changelog", "lint")),
        Step("docs", "documentation of modules and roles, and references between them", _module("in_copy", "docs")),
        Step("ansible-lint", "roles and playbooks, production profile", _module("in_copy", "lint")),
        Step(
            "importer", "archive as Galaxy imports it, without a warning", _module("in_copy", "importer"), lane=READERS
        ),
    ]


# The controller has a newer Python than the oldest: ansible-core 2.16 needs 3.10.
ON_HOSTS = (
    *(f"tests/unit/plugins/module_utils/{room}/" for room in ("_daemon", "_engine", "_files", "_guard", "_hardening")),
    "tests/unit/plugins/module_utils/_host/",
    "tests/unit/plugins/modules/",
)


def _ansible_test() -> list[Step]:
    """The newest ansible-core on the newest Python, the oldest core on the newest that it knows; and what travels to
    hosts on the oldest Python. What holds on the first and the last of them holds between."""
    versions = places.interpreters()
    first, last = versions[0], versions[-1]
    rows = [
        ("sanity", f"ansible-test sanity, Python {last}", ("sanity", "--python", last)),
        (f"sanity-{first}", f"what of it depends on Python, {first}", _sanity_of(first)),
        # The newest Python has had these tests in the step `unit`.
        (f"units-{first}", f"units of what runs on hosts, Python {first}", ("units", "--python", first, *ON_HOSTS)),
    ]
    if places.VENV_OLDEST.is_dir():
        newest = [version for version in versions if version in ("3.10", "3.11", "3.12")][-1]
        # What knows ansible-core; of module_utils that is the argument specifications, which the modules' tests use.
        places_of_core = ("plugins/action/", "plugins/filter/", "plugins/inventory/", "plugins/modules/", "roles/")
        product = tuple(f"tests/unit/{place}" for place in places_of_core)
        oldest = ("--oldest", "--python", newest)
        rows += [
            ("sanity-oldest", "ansible-test sanity on the oldest supported ansible-core", ("sanity", *oldest)),
            ("units-oldest", "ansible-test units on the oldest supported ansible-core", ("units", *oldest, *product)),
        ]
    return [
        Step(name, about, _module("ansible_test", *command), lane=READERS if "sanity" in command else MAIN)
        for name, about, command in rows
    ]


def _sanity_of(version: str) -> tuple[str, ...]:
    return ("sanity", "--test", "compile", "--test", "import", "--python", version)


def _guests() -> list[Step]:
    script = "tests/toolchain/in_lab.sh"
    return [
        Step("integration", "integration targets on guests of local Azure", (script, "integration"), lane=GUESTS),
        Step("end-to-end", "playbooks on guests of local Azure", (script, "end-to-end"), lane=PLAYBOOKS),
        *(
            [
                Step(
                    "end-to-end-oldest",
                    "the main job on the oldest supported ansible-core",
                    (script, "end-to-end-oldest"),
                    lane=GUESTS,
                )
            ]
            if places.VENV_OLDEST.is_dir()
            else []
        ),
        # It compares the processes, mounts and listeners of the machine before and after.
        Step("clean-up", "the demo stopped at random moments leaves nothing", (script, "clean-up"), lane=ALONE),
    ]


NO_KVM = "no KVM on this machine, and emulated it takes a quarter of an hour: make test ONLY=hardening"


def _virtual_machines(named: bool) -> list[Step]:
    """What proves nothing in a container. ``named``: somebody asked for it by its name, and it runs emulated too."""
    about = "the hardening, attacked on a virtual machine"
    command: tuple[str, ...] = ("tests/toolchain/in_lab.sh", "hardening")
    if not named and accelerator.accelerator() != accelerator.KVM:
        command = _module("not_run", "hardening", NO_KVM)
    return [Step("hardening", about, command, lane=PLAYBOOKS)]


def _that_test(rows: list[Step]) -> list[Step]:
    return [dataclasses.replace(step, tests=True) for step in rows]


def of(suite: str, only: tuple[str, ...] = ()) -> list[Step]:
    """The steps of a suite, or those named. Raises SystemExit for a name that is no step of it."""
    measured = plan_coverage.options() if suite == "test" else ()
    rows = (
        _lint()
        + _that_test(_pytest(measured))
        + _release()
        + _that_test(_azure() + _ansible_test() + _guests() + _virtual_machines("hardening" in only))
    )
    rows = [step for step in rows if suite == "test" or not step.only_in_test]
    unknown = set(only) - {step.name for step in rows}
    if unknown:
        names = ", ".join(step.name for step in rows)
        raise SystemExit(f"no step of `{suite}`: {', '.join(sorted(unknown))}. There are: {names}")
    return [step for step in rows if not only or step.name in only]

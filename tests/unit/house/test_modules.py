# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of modules that no linter knows: examples that work as written, the action group."""

from __future__ import annotations

import json
import pathlib
import re
import textwrap
import typing as t

import yaml

from . import checkout

BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
# Not asked of ansible: its controller code, once imported, takes the warnings of the modules that other tests run.
KEYWORDS = {
    "args",
    "become",
    "become_user",
    "changed_when",
    "check_mode",
    "connection",
    "delay",
    "delegate_facts",
    "delegate_to",
    "diff",
    "environment",
    "failed_when",
    "ignore_errors",
    "ignore_unreachable",
    "loop",
    "loop_control",
    "module_defaults",
    "name",
    "no_log",
    "notify",
    "register",
    "retries",
    "run_once",
    "tags",
    "throttle",
    "timeout",
    "until",
    "vars",
    "when",
}
FRAGMENT = f"{checkout.COLLECTION}.azure"


def examples(module: pathlib.Path) -> list[dict[str, t.Any]]:
    """The tasks of a module's EXAMPLES, those in blocks and plays too."""
    found: list[dict[str, t.Any]] = []
    pending = list(yaml.safe_load(checkout.constant(module, "EXAMPLES")))
    while pending:
        task = pending.pop()
        nested = [task[key] for key in ("tasks", "block", "rescue", "always", "pre_tasks", "handlers") if key in task]
        pending += [inner for tasks in nested for inner in tasks]
        if not nested and "roles" not in task:
            found.append(task)
    return found


def actions(task: dict[str, t.Any]) -> list[str]:
    """What a task calls: its keys that are no keywords of tasks."""
    return [key for key in task if key not in KEYWORDS and not key.startswith("with_")]


def fragments(module: pathlib.Path) -> list[str]:
    named = yaml.safe_load(checkout.constant(module, "DOCUMENTATION")).get("extends_documentation_fragment", [])
    return [named] if isinstance(named, str) else named


def calls(node: t.Any) -> t.Iterator[tuple[str, t.Any]]:
    """Every call of one of our modules in YAML of any shape, with its arguments."""
    for item in node if isinstance(node, list) else []:
        yield from calls(item)
    for key, value in node.items() if isinstance(node, dict) else []:
        if str(key).startswith(f"{checkout.COLLECTION}."):
            yield key, value
        else:
            yield from calls(value)


def undocumented(given: t.Any, options: dict[str, t.Any], where: str) -> list[str]:
    """The options that a call sets and the documentation lacks, suboptions too."""
    wrong: list[str] = []
    for item in given if isinstance(given, list) else [given]:
        for name, value in item.items() if isinstance(item, dict) else ():
            option = options.get(name)
            if option is None:
                wrong.append(f"{where}.{name}")
            elif option.get("suboptions"):
                wrong += undocumented(value, option["suboptions"], f"{where}.{name}")
    return wrong


def test_examples_name_their_actions_in_full() -> None:
    called = {}
    for module in checkout.modules():
        called[module.stem] = {action for task in examples(module) for action in actions(task)}
    print(f"examples of {len(called)} modules")
    assert [(name, action) for name, used in called.items() for action in used if action.count(".") < 2] == []
    assert [name for name, used in called.items() if f"{checkout.COLLECTION}.{name}" not in used] == []


def test_examples_pass_the_syntax_check(tmp_path: pathlib.Path) -> None:
    playbooks = []
    for module in checkout.modules():
        text = checkout.constant(module, "EXAMPLES").strip("\n").removeprefix("---\n")
        if "\n  hosts:" not in f"\n{text}":
            text = "- hosts: localhost\n  tasks:\n" + textwrap.indent(text, "    ")
        playbooks.append(tmp_path / f"{module.stem}.yml")
        playbooks[-1].write_text(text + "\n")
    if playbooks:
        done = checkout.ansible(tmp_path, "playbook", "--syntax-check", *map(str, playbooks))
        assert done.returncode == 0, done.stdout + done.stderr


def test_examples_and_guides_use_documented_options(tmp_path: pathlib.Path) -> None:
    names = [f"{checkout.COLLECTION}.{module.stem}" for module in checkout.modules()]
    done = checkout.ansible(tmp_path, "doc", "--json", *names)
    assert done.returncode == 0, done.stderr
    documented = json.loads(done.stdout)
    texts = {path.name: yaml.safe_load(checkout.constant(path, "EXAMPLES")) for path in checkout.modules()}
    for guide in checkout.texts():
        if guide.suffix == ".md":
            texts[checkout.relative(guide)] = [yaml.safe_load(block) for block in BLOCK.findall(guide.read_text())]
    wrong = []
    for where, text in texts.items():
        for action, given in calls(text):
            if action in documented:
                wrong += undocumented(given, documented[action]["doc"].get("options", {}), f"{where}: {action}")
            else:
                wrong.append(f"{where}: {action} is no module")
    assert wrong == []


def test_action_group_is_the_modules_with_azure_options() -> None:
    grouped = set(checkout.load(checkout.ROOT / "meta" / "runtime.yml")["action_groups"]["azure"])
    azure = {module.stem for module in checkout.modules() if FRAGMENT in fragments(module)}
    others = {module.stem for module in checkout.modules()} - azure
    assert (azure - grouped, others & grouped) == (set(), set())

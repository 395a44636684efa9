# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of plugins/ that no linter knows: small functions, small files, no catch-all."""

from __future__ import annotations

import ast
import typing as t

from . import checkout

FUNCTION_LINES = 60
FILE_LINES = 300
HEADER = "GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)"
PRIVATE = "# Private to this collection: may change without notice."
CATCH_ALL = {"Exception", "BaseException"}


def nodes() -> t.Iterator[tuple[str, ast.AST]]:
    for path in checkout.plugin_files():
        for node in ast.walk(ast.parse(path.read_text())):
            yield checkout.relative(path), node


def caught(handler: ast.ExceptHandler) -> set[str]:
    """The names that an except clause catches; BaseException for a bare one."""
    if handler.type is None:
        return {"BaseException"}
    return {name.id for name in ast.walk(handler.type) if isinstance(name, ast.Name)}


def test_functions_are_short() -> None:
    functions = [(where, node) for where, node in nodes() if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    print(f"{len(functions)} functions in plugins/")
    lengths = {f"{where}:{node.name}": (node.end_lineno or 0) - node.lineno + 1 for where, node in functions}
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def test_files_are_short() -> None:
    lengths = {checkout.relative(path): len(path.read_text().splitlines()) for path in checkout.plugin_files()}
    documented = {checkout.relative(path) for path in checkout.modules()} | {
        checkout.relative(path) for path in (checkout.ROOT / "plugins" / "doc_fragments").glob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES and name not in documented} == {}


def test_modules_hold_little_code() -> None:
    """Documentation may be long; what follows it may not."""
    code = {}
    for path in checkout.modules():
        body = [node for node in ast.parse(path.read_text()).body if not isinstance(node, ast.Assign)]
        code[path.name] = sum((node.end_lineno or 0) - node.lineno + 1 for node in body)
    assert {name: lines for name, lines in code.items() if lines > FILE_LINES / 2} == {}


def test_nothing_catches_everything() -> None:
    handlers = [(where, node) for where, node in nodes() if isinstance(node, ast.ExceptHandler)]
    assert [f"{where}:{node.lineno}" for where, node in handlers if caught(node) & CATCH_ALL] == []


def test_every_python_file_has_the_header() -> None:
    files = [path for path in checkout.texts() if path.suffix == ".py" and path.stat().st_size]
    assert [checkout.relative(path) for path in files if HEADER not in path.read_text()[:600]] == []


def test_private_module_utils_say_so() -> None:
    private = [path for path in checkout.plugin_files() if "module_utils" in path.parts]
    assert [checkout.relative(path) for path in private if PRIVATE not in path.read_text()[:600]] == []


def test_annotations_are_never_evaluated() -> None:
    """Python 3.9 cannot evaluate `X | None`: plugins import annotations from the future."""
    missing = []
    for path in checkout.plugin_files():
        imports = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)]
        if not imports or imports[0].module != "__future__":
            missing.append(checkout.relative(path))
    assert missing == []

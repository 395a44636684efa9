# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""The one guard for Python packages that are not part of Ansible."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import List

from .errors import Failure

# The PyPI package that brings each module we import by name.
PACKAGES = {
    "azure.core": "azure-core",
    "azure.identity": "azure-identity",
    "azure.mgmt.compute": "azure-mgmt-compute",
    "azure.mgmt.core": "azure-mgmt-core",
    "azure.mgmt.resource": "azure-mgmt-resource",
    "requests": "requests",
}


def require(*names: str) -> List[ModuleType]:
    """Import the modules ``names`` and return them in order.

    Raises Failure that names the missing package, the interpreter that lacks it and how to install it.
    """
    return [_import(name) for name in names]


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = _package(name)
        raise Failure(
            "The Python package %s is missing or broken for the interpreter %s (%s)."
            % (package, sys.executable, error),
            code="MissingPackage",
            hint="Install it there: %s -m pip install %s. "
            "If another interpreter has it, set ansible_python_interpreter for this task." % (sys.executable, package),
        ) from None


def _package(name: str) -> str:
    known = [module for module in PACKAGES if name == module or name.startswith(module + ".")]
    return PACKAGES[max(known, key=len)] if known else name

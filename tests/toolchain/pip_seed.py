# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives ansible-test its pip without the download that it would try: `python -m toolchain.pip_seed`.

ansible-test makes environments without pip and installs pip by a script from a host of its own, which networks that
only offer a package index do not reach. It looks first for that script in ~/.ansible/test/cache: an equivalent goes
there, with the wheel of the pip version that this ansible-test wants. Run it with the interpreter of the environment
that holds ansible-core.
"""

from __future__ import annotations

import pathlib
import subprocess
import sys
import types
import typing

SCRIPT = '''\
"""Installs pip and what else was asked for, from the wheel beside this file."""
import os
import sys

WHEEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pip-{version}-py3-none-any.whl")
sys.path.insert(0, WHEEL)

from pip._internal.cli.main import main

# --no-setuptools and --no-wheel are options of the original script: pip itself does not know them
packages = [argument for argument in sys.argv[1:] if not argument.startswith(("-", "pip=="))]
sys.exit(main(["install", "--disable-pip-version-check", WHEEL] + packages))
'''


def wanted_version() -> str:
    """The pip version of this environment's ansible-test."""
    from ansible_test._internal import python_requirements

    python: typing.Any = types.SimpleNamespace(version=f"{sys.version_info[0]}.{sys.version_info[1]}")
    return str(python_requirements.get_venv_packages(python)["pip"])


def main() -> None:
    """Write the script and the wheel unless they are there."""
    version = wanted_version()
    cache = pathlib.Path.home() / ".ansible" / "test" / "cache"
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    if script.exists() and (cache / f"pip-{version}-py3-none-any.whl").exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--dest", str(cache)]
    subprocess.run([sys.executable, "-m", "pip", "download", *options, f"pip=={version}"], check=True)
    script.write_text(SCRIPT.format(version=version))


if __name__ == "__main__":
    main()

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program is the same bytes from every Python: otherwise each controller would send it to each VM anew."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys

from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import bundle

TREE = pathlib.Path(bundle.__file__).parents[6]
COLLECTION = pathlib.Path(bundle.__file__).parents[3]
NAMES = ["python3.%d" % minor for minor in range(9, 15)]
VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"
DIGEST = (
    "import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True\n"
    "from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import bundle\n"
    "print(bundle.digest(), __import__('hashlib').sha256(bundle.build({}).encode()).hexdigest())\n"
)


def answer(python, *arguments):
    """What an interpreter prints, None if it does not run (a shim of a version that is not there)."""
    done = subprocess.run([python, "-I", "-c", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def interpreters():
    """{version: path} of the running interpreter and of all that are found."""
    found = {"%d.%d" % sys.version_info[:2]: sys.executable}
    for name in NAMES:
        linked = COLLECTION / ".cache" / "pythons" / name
        for path in (str(linked) if linked.exists() else None, shutil.which(name)):
            if path and answer(path, VERSION) == name[len("python") :]:
                found.setdefault(name[len("python") :], path)
    return found


def test_the_same_bytes_from_every_python():
    digests = {version: answer(path, DIGEST, str(TREE)) for version, path in interpreters().items()}
    print("%d interpreters were compared: %s" % (len(digests), ", ".join(digests)))
    running = "%d.%d" % sys.version_info[:2]
    assert digests[running].split()[0] == bundle.digest()
    assert digests == dict.fromkeys(digests, digests[running])

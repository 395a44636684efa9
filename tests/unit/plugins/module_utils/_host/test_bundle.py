# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import hashlib
import io
import json
import pathlib
import subprocess
import sys
import textwrap
import zipfile

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import bundle

from .documents import STATE, TLS

SCRIPT = bundle.build(STATE)
CONTENT = bundle.content_sha256(bundle.files())
ENGINE = pathlib.Path(bundle.__file__).parents[1] / "_engine"


def test_every_module_of_the_engine_travels():
    travel = [module.__name__.rpartition(".")[2] for module in bundle.MODULES]
    assert sorted(travel) == sorted(path.stem for path in ENGINE.glob("*.py") if path.stem != "__init__")


def test_the_archive_holds_the_very_files():
    with zipfile.ZipFile(io.BytesIO(bundle.archive())) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_DEFLATED}
    assert list(found) == sorted(found)
    assert found.pop("__main__.py").decode("ascii").splitlines()[-1] == "sys.exit(main())"
    assert found == {"engine/" + path.name: path.read_bytes() for path in ENGINE.glob("*.py")}


def test_the_same_bytes_every_time():
    first = bundle.archive()
    bundle.archive.cache_clear()
    assert bundle.archive() == first
    assert bundle.digest() == bundle.fingerprint(SCRIPT)
    assert SCRIPT.splitlines()[1] == "%s %s" % (bundle.MARKER, CONTENT)
    reordered = dict(reversed(list(STATE.items())))
    assert bundle.build(reordered) == SCRIPT


def test_the_script_is_ascii_and_fits():
    exotic = bundle.build({**STATE, "host": "d\u00f6cker\u2603 $(id) `id` ' \" \\"})
    assert exotic.isascii()
    assert "\r" not in exotic
    assert max(len(line) for line in SCRIPT.splitlines()) < 1000
    assert len(bundle.encoded(SCRIPT)) < 192 * 1024, "Azure takes 256 KB, and a desired state needs some of it"


@pytest.mark.parametrize(
    "state",
    [
        STATE,
        {},
        {"text": "END-OF-DESIRED-STATE\nEND-OF-PROGRAM\n{braces} $HOME `id` \\ \u2603"},
        {"END-OF-DESIRED-STATE": "\nEND-OF-DESIRED-STATE\n"},
    ],
)
def test_what_is_built_is_read_again(state):
    assert bundle.decode(bundle.encoded(bundle.build(state))) == bundle.Bundle(bundle.digest(), state)


def test_the_same_program_packed_in_another_way_is_the_same():
    """Two builds of zlib need not compress alike."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, text in bundle.files().items():
            archive.writestr(name, text)
    packed, other = (base64.b64encode(data).decode("ascii") for data in (bundle.archive(), buffer.getvalue()))
    again = SCRIPT.replace("\n".join(textwrap.wrap(packed, 120)), "\n".join(textwrap.wrap(other, 120)))
    assert again != SCRIPT
    assert (bundle.fingerprint(again), bundle.plain(again)) == (bundle.digest(), bundle.plain(SCRIPT))


def setting(script):
    return base64.b64encode(script.encode("utf-8")).decode("ascii")


# a script setting that is none of ours
FOREIGN = {
    "none": None,
    "empty": "",
    "no base64": "#!/bin/sh\necho hello\n",
    "base64 cut short": bundle.encoded(SCRIPT)[:-3],
    "base64 with a line end": bundle.encoded(SCRIPT) + "\n",
    "somebody else's": setting("#!/bin/sh\necho hello\n"),
    "no ASCII": setting(SCRIPT + "\u2603"),
    "no marker": setting(SCRIPT.replace(bundle.MARKER, "# another")),
    "half a digest": setting(SCRIPT.replace(CONTENT, CONTENT[:32])),
    "no desired state": setting(SCRIPT.partition('python3 "$')[0]),
    "desired state cut short": setting(SCRIPT.replace('"vm_id"', "")),
    "desired state is a list": setting(SCRIPT.replace(json.dumps(STATE, sort_keys=True, indent=1), "[1]")),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_not_ours_is_not_read(name):
    assert bundle.decode(FOREIGN[name]) is None


def test_the_digest_is_of_all_but_the_desired_state():
    head, _start, tail = SCRIPT.partition("<< 'END-OF-DESIRED-STATE'\n")
    assert tail.endswith("\nEND-OF-DESIRED-STATE\n")
    assert bundle.digest() == hashlib.sha256(bundle.plain(head).encode("ascii")).hexdigest()
    assert {bundle.fingerprint(bundle.build(state)) for state in ({}, STATE, {"x": [1]})} == {bundle.digest()}


PROGRAM = base64.b64encode(bundle.archive()).decode("ascii")
# a script of ours in which somebody changed something, its marker where it was
OTHERS = {
    "another version": SCRIPT.replace(CONTENT, "0" * 64),
    "another stub": SCRIPT.replace("set -eu\n", "set -eu\ntouch /tmp/x\n"),
    "another program": SCRIPT.replace(PROGRAM[:100], "A" * 100),
    "something before": SCRIPT.replace("#!/bin/sh\n", "#!/bin/sh\n\n"),
    "something after": SCRIPT + "touch /tmp/x\n",
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_program_is_read_with_its_digest(name):
    other = OTHERS[name]
    assert other != SCRIPT, "the control: something changed"
    found = bundle.decode(setting(other))
    assert found == bundle.Bundle(bundle.fingerprint(other), STATE)
    assert found.digest != bundle.digest()


def run(script, tmp_path, python):
    """Run a script with ``python`` (lines of sh) as the only python3 that it finds."""
    (tmp_path / "bin").mkdir()
    path = str(tmp_path / "bin")
    if python:
        (tmp_path / "bin" / "python3").write_text("#!/bin/sh\n" + python)
        (tmp_path / "bin" / "python3").chmod(0o755)
        path += ":/usr/local/bin:/usr/bin:/bin"
    (tmp_path / "script.sh").write_text(script)
    return subprocess.run(
        ["/bin/sh", "script.sh"], cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, check=False
    )


def test_the_script_runs_the_program_and_leaves_nothing_behind(tmp_path):
    python = 'echo "$1" > "%s/program"\nstat -c %%a "$1" >> "%s/program"\nexec "%s" "$@"\n' % (
        tmp_path,
        tmp_path,
        sys.executable,
    )
    done = run(bundle.build({**STATE, "schema": 2}), tmp_path, python)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("bulwark.azure_docker: desired state has schema 2, this program knows 1")
    program, mode = (tmp_path / "program").read_text().splitlines()
    assert program.startswith("/tmp/bulwark-azure-docker.")
    assert mode == "600"
    assert not pathlib.Path(program).parent.exists()


def test_the_script_hands_the_desired_state_over_as_it_is(tmp_path):
    state = {**STATE, "host": "$(id) `id` \\ ' \" {x} \u2603"}
    done = run(bundle.build(state), tmp_path, "cat\nexit 7\n")
    assert json.loads(done.stdout) == state
    assert (done.returncode, done.stderr) == (7, ""), "the program's exit code is the script's"


@pytest.mark.parametrize(("tls", "kept"), [(None, True), (TLS, True), ({**TLS, "key": "planted-S3cret"}, False)])
def test_a_script_with_a_key_in_it_forgets_itself(tmp_path, tls, kept):
    state = {**STATE, "tls": tls}
    done = run(bundle.build(state), tmp_path, "cat\n")
    assert (done.returncode, json.loads(done.stdout)) == (0, state), "it runs to its end all the same"
    assert (tmp_path / "script.sh").exists() is kept


def test_a_machine_without_python(tmp_path):
    done = run(SCRIPT, tmp_path, "")
    assert done.returncode == 1
    assert done.stderr == (
        "bulwark.azure_docker: found no python3 on this machine, expected Python 3.9 or newer; install it\n"
    )

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import base64
import io
import tarfile

import pytest

from local_azure.guests import identity

from ..wire.machines import SECRET, spec


def sections(text):
    """[(name, {key: value})] of a unit file, repeated sections too."""
    found = []
    for line in text.splitlines():
        if line.startswith("["):
            found.append((line.strip("[]"), {}))
        else:
            key, _equals, value = line.partition("=")
            found[-1][1][key] = value
    return found


@pytest.mark.parametrize(
    ("given", "interface", "address", "gateway"),
    [
        ({}, "host0", "10.42.0.4/24", "10.42.0.1"),
        ({"address": "10.7.1.5", "prefix_length": 20, "gateway": "10.7.0.1"}, "eth0", "10.7.1.5/20", "10.7.0.1"),
    ],
)
def test_the_network_of_a_guest(given, interface, address, gateway):
    match, network, wire_server, metadata = sections(identity.network_unit(spec(**given), interface))
    assert match == ("Match", {"Name": interface})
    assert network == (
        "Network",
        {"Address": address, "Gateway": gateway, "LinkLocalAddressing": "no", "IPv6AcceptRA": "no"},
    )
    assert wire_server == ("Route", {"Destination": "168.63.129.16/32", "Gateway": gateway})
    assert metadata == ("Route", {"Destination": "169.254.169.254/32", "Gateway": gateway})


def written(**given):
    return {file.path: file for file in identity.files(spec(**given), "eth0")}


@pytest.mark.parametrize(
    ("path", "content", "mode"),
    [
        ("etc/hostname", "web\n", 0o644),
        ("etc/hosts", "127.0.0.1 localhost\n127.0.1.1 web\n::1 localhost ip6-localhost ip6-loopback\n", 0o644),
        ("etc/sudoers.d/90-cloud-init-users", "ann ALL=(ALL) NOPASSWD:ALL\n", 0o440),
        ("home/ann/.ssh/authorized_keys", "ssh-ed25519 AAAA one\nssh-rsa BBBB two\n", 0o600),
        ("var/lib/waagent/CustomData", base64.b64encode(SECRET.encode()).decode(), 0o600),
    ],
)
def test_files(path, content, mode):
    keys = ("ssh-ed25519 AAAA one", "ssh-rsa BBBB two")
    file = written(
        computer_name="web", admin_username="ann", ssh_public_keys=keys, custom_data=SECRET.encode()
    )[path]  # fmt: skip
    assert (file.content.decode(), file.mode) == (content, mode)


def test_no_custom_data_no_file():
    assert "var/lib/waagent/CustomData" not in written()


def test_the_secret_is_in_one_file_only():
    secret = base64.b64encode(SECRET.encode())
    found = written(custom_data=SECRET.encode()).values()
    assert [file.path for file in found if secret in file.content] == ["var/lib/waagent/CustomData"]
    assert SECRET not in str(identity.commands(spec(custom_data=SECRET.encode())))


def test_the_machine_id_is_the_machines_own():
    first, again, other = (identity.machine_id(spec(vm_id=name)) for name in ("one", "one", "two"))
    assert first == again != other
    assert len(first) == 32 and int(first, 16)
    assert written(vm_id="one")["etc/machine-id"].content == f"{first}\n".encode()


def test_the_home_is_the_administrators():
    made, *_others, given = identity.commands(spec(admin_username="ann"))
    assert made[-1] == "id ann > /dev/null 2>&1 || useradd --no-create-home --shell /bin/bash ann"
    assert given == ["chown", "--recursive", "ann:ann", "/home/ann"]


def test_archive():
    files = [identity.File("etc/hostname", b"web\n"), identity.File("etc/secret", b"\0\1", 0o600)]
    text = identity.archive(files, [["useradd", "ann"], ["echo", "two words"]])
    with tarfile.open(fileobj=io.BytesIO(text)) as tar:
        found = {member.name: (tar.extractfile(member).read(), member.mode, member.uid) for member in tar}
    assert found == {
        "etc/hostname": (b"web\n", 0o644, 0),
        "etc/secret": (b"\0\1", 0o600, 0),
        "run/local-azure/commands": (b"useradd ann\necho 'two words'\n", 0o644, 0),
    }
    assert len(text) % 512 == 0, "a disk has whole sectors"

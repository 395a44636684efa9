# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input and broken machines: each has a clear error, and nothing is left half-made."""

from __future__ import annotations

import base64
import datetime
import shutil
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from .conftest import machine
from .portal import Portal
from .run import custom, play, site_play, succeeded


@pytest.fixture(scope="module")
def portal(arm) -> Portal:
    return Portal(arm, "trouble", 30)


@pytest.fixture
def bare(portal, make_site, request):
    """A site of one VM, fresh from the portal, named after the test."""
    name = request.node.name.removeprefix("test_").partition("_")[0] + "1"
    site = make_site(f"trouble-{name}", {name: {"azure_vms_id": portal.id(name)}})
    portal.vm(site, name)
    return site, name


def failed(run, host: str, *texts: str):
    """The run failed on ``host`` (and was not unreachable), saying all ``texts``."""
    assert run.code != 0, run.output[-3000:]
    assert run.numbers("failed")[host] == 1, run.output[-3000:]
    for text in texts:
        assert text in run.text, run.output[-3000:]


def test_unknown_image(arm, make_site):
    image = {"publisher": "Debian", "offer": "debian-99", "sku": "99", "version": "latest"}
    site = make_site("image", {"image1": {}}, azure_vms_image=image, azure_vms_subnet_prefix="10.42.31.0/24")
    failed(play(site), "image1", "PlatformImageNotFound", "Debian:debian-99:99:latest")
    assert arm.call("GET", machine(site, "image1"))[0] == 404
    assert not site.certificates.exists()


def test_missing_location(make_site, arm):
    writes = len(arm.writes("nowhere"))
    site = make_site("nowhere", {"nowhere1": {}}, azure_vms_location="")
    failed(play(site), "nowhere1", "azure_vms_location is empty; give the Azure region")
    assert arm.writes("nowhere")[writes:] == []


def test_stopped_vm(bare, arm, portal):
    site, name = bare
    arm.post(portal.id(name) + "/powerOff")
    failed(play(site), name, f"The VM of {name} is stopped, expected running")
    direct = {
        "name": "Straight to the module",
        "hosts": "docker_hosts",
        "gather_facts": False,
        "tasks": [
            {
                "bulwark.azure_docker.docker_host": {
                    "hosts": [{"name": name, "id": portal.id(name)}],
                    "cloud": "{{ docker_azure_cloud }}",
                    "ca_path": "{{ docker_azure_ca_path }}",
                },
                "delegate_to": "localhost",
            }
        ],
    }
    failed(
        play(site, custom(site, "direct", [direct])), name, "is stopped; extensions can only be changed while it runs"
    )
    assert arm.get(portal.id(name)).get("resources") in (None, [])


def test_agent_silent(bare, guest, arm, portal):
    site, name = bare
    guest(site, name).run("systemctl disable --now walinuxagent.service")
    deadline = time.monotonic() + 90
    while "Ready" in agent_status(arm, portal.id(name)) and time.monotonic() < deadline:
        time.sleep(1)
    assert agent_status(arm, portal.id(name)) == "Not Ready"  # nothing is canned: the view follows the agent
    run = play(site, custom(site, "impatient", [impatient()]))
    failed(run, name, "VMAgentNotReady", "systemctl status walinuxagent")


def agent_status(arm, vm):
    view = arm.get(vm, **{"$expand": "instanceView"})["properties"]["instanceView"]
    return view["vmAgent"]["statuses"][0]["displayStatus"]


def impatient():
    keywords = site_play()
    keywords["module_defaults"]["group/bulwark.azure_docker.azure"]["timeout"] = 20
    return keywords


def test_packages_unavailable(bare, guest, arm, portal):
    site, name = bare
    guest(site, name).run("echo 'deb http://127.0.0.1:9/none none main' > /etc/apt/sources.list")
    failed(play(site), name, "apt-get install ended with 100", "Mend the package sources", "127.0.0.1:9")
    extension = arm.get(f"{portal.id(name)}/extensions/bulwark-docker", **{"$expand": "instanceView"})
    assert extension["properties"]["provisioningState"] == "Failed"
    assert "apt-get install ended with" in extension["properties"]["instanceView"]["statuses"][0]["message"]
    assert guest(site, name).run("ls /etc/docker 2> /dev/null", check=False) == ""
    # mended, the same playbook repairs the failed extension
    guest(site, name).run("rm /etc/apt/sources.list.d/*; true")
    mend = "deb {} trixie main".format(guest(site, name).run("cat /etc/apt/mirror-of-the-image").strip())
    guest(site, name).run(f"echo '{mend}' > /etc/apt/sources.list")
    succeeded(play(site))


def test_slot_taken(bare, arm, portal):
    site, name = bare
    script = base64.b64encode(b"#!/bin/sh\necho theirs\n").decode()
    extension = portal.extension(
        portal.id(name), "theirs", "Microsoft.Azure.Extensions.CustomScript", "2.1", script=script
    )
    before = arm.get(extension)
    failed(play(site), name, "CustomScriptSlotTaken", "taken by the extension 'theirs'")
    assert arm.get(extension) == before
    assert not (site.certificates / "servers" / name).exists()


def test_unsupported_system(bare, guest):
    site, name = bare
    guest(site, name).run("rm /etc/os-release; printf 'ID=fedora\\nVERSION_ID=42\\n' > /etc/os-release")
    failed(play(site), name, "this machine runs fedora 42, supported are debian and ubuntu")
    assert guest(site, name).run("ls /etc/docker 2> /dev/null", check=False) == ""


def test_wrong_secret(bare, arm):
    site, name = bare
    writes = len(arm.writes("trouble"))
    failed(play(site, AZURE_CLIENT_SECRET="planted-wrong-secret"), name, "AADSTS7000215")
    assert arm.writes("trouble")[writes:] == []


def test_unreachable_endpoint(bare):
    site, name = bare
    run = play(site, "playbooks/site.yml", "-e", "docker_azure_cloud=https://127.0.0.1:9/metadata/endpoints")
    failed(run, name, "127.0.0.1:9")


def test_without_sdk(bare, tmp_path):
    site, name = bare
    # the system's own Python has no Azure SDK
    shutil.copy(site.inventory, tmp_path / "inventory.json")
    (tmp_path / "inventory.json").write_text(
        site.inventory.read_text().replace('"children"', '"hosts": {"localhost": {"ansible_connection": "local", '
                                           '"ansible_python_interpreter": "/usr/bin/python3"}}, "children"')
    )  # fmt: skip
    command = play(site, "playbooks/site.yml", "--inventory", str(tmp_path / "inventory.json"))
    failed(command, name, "azure-")
    assert "install" in command.text.lower()


@pytest.fixture(scope="module")
def pair(make_site, arm):
    """Two finished hosts, for what goes wrong later in a site's life."""
    site = make_site("later", {"later1": {}, "later2": {}}, azure_vms_subnet_prefix="10.42.32.0/24")
    succeeded(play(site))
    return site


def test_another_authority_is_trusted_already(pair, make_site, tmp_path, arm):
    writes = len(arm.writes("later"))
    empty = tmp_path / "certificates"
    run = play(
        pair, "playbooks/site.yml", "-e", f"docker_tls_directory={empty}", "-e", "docker_engine_look_inside=false"
    )
    failed(run, "later1", "authority")
    assert not empty.exists() or not any(empty.rglob("*.pem"))
    assert arm.writes("later")[writes:] == []


def test_mismatched_pair_is_replaced(pair, guest):
    servers = pair.certificates / "servers"
    shutil.copy(servers / "later1" / "cert.pem", servers / "later2" / "cert.pem")
    run = succeeded(play(pair))
    assert run.numbers("changed")["later1"] == 0
    assert run.numbers("changed")["later2"] > 0
    assert succeeded(play(pair)).numbers("changed") == {"later1": 0, "later2": 0}


def expire(site, host: str) -> None:
    """Put a leaf in the place of the host's that its authority signed and that has expired."""
    authority = site.certificates / "server-authority"
    ca = x509.load_pem_x509_certificate((authority / "ca.pem").read_bytes())
    key = serialization.load_pem_private_key((authority / "ca-key.pem").read_bytes(), None)
    path = site.certificates / "servers" / host / "cert.pem"
    old = x509.load_pem_x509_certificate(path.read_bytes())
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(ca.subject)
        .public_key(old.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now - datetime.timedelta(days=1))
    )
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def test_expired_pair_is_replaced(pair):
    expire(pair, "later1")
    run = succeeded(play(pair, "playbooks/site.yml", "--diff"))
    assert run.numbers("changed")["later1"] > 0
    assert run.numbers("changed")["later2"] == 0
    assert "expired" in run.text
    assert succeeded(play(pair)).numbers("changed") == {"later1": 0, "later2": 0}


def test_cloned_key_is_found(pair, guest):
    """The key of one guest, and the note for which VM it was made, copied to another: nobody but a cloner does that."""
    stolen = guest(pair, "later1").run("cat /etc/docker/tls/server-key.pem")
    mine = guest(pair, "later2").run("cat /etc/docker/tls/server-key.pem")
    put = "cat > /etc/docker/tls/server-key.pem << 'END'\n{}END\n"
    guest(pair, "later2").run(put.format(stolen))
    try:
        run = play(pair)
        failed(run, "later2", "later2 comes with the same public key as later1")
    finally:
        guest(pair, "later2").run(put.format(mine))
    succeeded(play(pair))
    assert succeeded(play(pair)).numbers("changed") == {"later1": 0, "later2": 0}


def test_clone_with_another_id_enrols_again(pair, guest):
    """A disk that was copied with its key: the VM's own id differs from the one that the key was made for."""
    before = guest(pair, "later2").run("sha256sum /etc/docker/tls/server-key.pem")
    guest(pair, "later2").run("echo 00000000-0000-0000-0000-000000000bad > /etc/docker/tls/server-key.vm-id")
    run = succeeded(play(pair))
    assert run.numbers("changed")["later1"] == 0
    assert run.numbers("changed")["later2"] > 0
    assert guest(pair, "later2").run("sha256sum /etc/docker/tls/server-key.pem") != before


def test_reimaged_guest_enrols_again(pair, arm, guest):
    old = arm.get(machine(pair, "later2"))["properties"]["vmId"]
    arm.delete(machine(pair, "later2"))
    run = succeeded(play(pair))
    assert run.numbers("changed")["later1"] == 0
    new = arm.get(machine(pair, "later2"))["properties"]["vmId"]
    assert new != old
    assert guest(pair, "later2").run("cat /etc/docker/tls/server-key.vm-id").strip() == new
    assert succeeded(play(pair)).numbers("changed") == {"later1": 0, "later2": 0}

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VM documents of Docker hosts, as Azure answers with them, and what the engine program says in them."""

from __future__ import annotations

import json

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.program import PREFIX
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import bundle
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host.desired import Host, Site

from .._azure.wire import ASYNC, BASE, GROUP, OPERATION, VM, Reply
from .._extension import machines
from .._tls import support

NAME = "bulwark-docker"
ID = VM + "/extensions/" + NAME
VM_ID = "5d133683-9b4e-4f6a-8f3c-000000000001"
NIC = GROUP + "/providers/Microsoft.Network/networkInterfaces/nic1"
PUBLIC_ADDRESS = GROUP + "/providers/Microsoft.Network/publicIPAddresses/ip1"
LEAF = support.self_signed(ca=False)[0].decode("ascii")
AUTHORITY = support.self_signed()[0].decode("ascii")
TLS = {"certificate": LEAF, "client_authorities": AUTHORITY, "server_authority_sha256": "ab" * 32}
STATE = {
    "schema": 1,
    "host": "docker1",
    "vm_id": VM_ID,
    "address": "10.0.0.4",
    "port": 2376,
    "engine": {"version": None},
    "tls": None,
}
SERVING = {**STATE, "tls": TLS}
SITE = Site(NAME, AUTHORITY, "ab" * 32)
ENROL = Host("docker1", VM)
SERVE = Host("docker1", VM, certificate=LEAF, vm_id=VM_ID)
SUCCEEDED = Reply("GET", OPERATION[len(BASE) :], 200, {"status": "Succeeded"})
REPORT = {
    "schema": 1,
    "state": "enrolled",
    "vm_id": VM_ID,
    "engine_version": "26.1.5+dfsg1-9",
    "os": "debian 13",
    "changes": [],
    "ssh_host_keys": ["ssh-ed25519 AAAAC3"],
    "csr": "CSR",
}


def said(report=None, stderr="", state="succeeded"):
    """The handler's instance view of a run; ``report`` None is a run that reported nothing."""
    line = "" if report is None else PREFIX + json.dumps(report) + "\n"
    message = "Enable %s: \n[stdout]\n%s\n[stderr]\n%s" % (state, line, stderr)
    level = "Error" if state == "failed" else "Info"
    return machines.view(NAME, [machines.status("ProvisioningState/" + state, level, message)])


def script(state, digest=None):
    """The script setting for a desired state, with a marker that names a program of that digest."""
    text = bundle.build(state)
    return bundle.encoded(text.replace(bundle.content_sha256(bundle.files()), digest) if digest else text)


def extension(state=None, name=NAME, tag="bulwark1:none", **properties):
    """Our extension, as it was sent for a desired state."""
    settings = {"skipDos2Unix": True, **({"script": script(state)} if state else {})}
    return machines.extension(name, **{"settings": settings, "forceUpdateTag": tag, **properties})


def vm(*extensions, views=(), vm_id=VM_ID, **more):
    """A VM with one network interface."""
    network = {"networkInterfaces": [{"id": NIC}]}
    return machines.machine(*extensions, views=views, vmId=vm_id, networkProfile=network, **more)


def got(document, path=VM):
    """The answer to a GET."""
    return Reply("GET", path, 200, document)


def configuration(address, public=None, **properties):
    """One IP configuration of an interface."""
    found = {"privateIPAddress": address, **properties}
    if public:
        found["publicIPAddress"] = {"id": public}
    return {"properties": found}


def interface(*configurations):
    """A network interface."""
    return {"id": NIC, "properties": {"ipConfigurations": list(configurations or [configuration("10.0.0.4")])}}


def put(name=NAME, status=201):
    """The answers to a PUT of the extension: the operation, and the two GETs that follow."""
    path = VM + "/extensions/" + name
    return [Reply("PUT", path, status, {}, ASYNC), SUCCEEDED, got(extension(name=name), path), got(extension(), path)]

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing about an extension's result is canned: what ARM shows follows what happens in the guest."""

from __future__ import annotations

import base64
import time

import pytest

from .portal import Portal


@pytest.fixture(scope="module")
def machine(arm, make_site):
    site = make_site("truth", {})
    portal = Portal(arm, "truth", 40)
    site.hosts["truth1"] = {"azure_vms_id": portal.id("truth1")}
    portal.vm(site, "truth1")
    return site, portal


def script(text: str) -> str:
    return base64.b64encode(f"#!/bin/sh\n{text}\n".encode()).decode()


def message(arm, extension: str) -> str:
    view = arm.get(extension, **{"$expand": "instanceView"})["properties"].get("instanceView") or {}
    return "".join(status.get("message") or "" for status in view.get("statuses") or [])


def wait_for(arm, extension: str, text: str, seconds: float = 30) -> str:
    deadline = time.monotonic() + seconds
    while text not in message(arm, extension) and time.monotonic() < deadline:
        time.sleep(0.5)
    return message(arm, extension)


def test_view_shows_what_the_script_printed(machine, arm):
    _site, portal = machine
    extension = portal.extension(
        portal.id("truth1"),
        "own",
        "Microsoft.Azure.Extensions.CustomScript",
        "2.1",
        script=script("uname -n; id -u >&2"),
    )
    assert "[stdout]\ntruth1\n" in message(arm, extension)
    assert "[stderr]\n0\n" in message(arm, extension)


def test_edited_status_file_is_what_azure_then_shows(machine, arm, guest):
    site, portal = machine
    extension = portal.id("truth1") + "/extensions/own"
    guest(site, "truth1").run(
        "cd /var/lib/waagent/*CustomScript-2.1.19/status && "
        "sed -i 's/truth1/edited-by-hand/' $(ls | sort -n | tail -n 1)"
    )
    assert "edited-by-hand" in wait_for(arm, extension, "edited-by-hand")


def test_failing_script_fails_the_operation_with_its_own_words(machine, arm):
    _site, portal = machine
    path = portal.id("truth1") + "/extensions/own"
    settings = {"script": script("echo the disk is on fire >&2; exit 7")}
    properties = {
        "publisher": "Microsoft.Azure.Extensions", "type": "CustomScript", "typeHandlerVersion": "2.1",
        "settings": settings,
    }  # fmt: skip
    status, _document, headers = arm.call("PUT", path, {"location": "westeurope", "properties": properties})
    assert status == 200
    ended = arm.wait(headers)
    assert ended["status"] == "Failed"
    assert "exit status=7" in ended["error"]["message"]
    assert "the disk is on fire" in ended["error"]["message"]
    assert arm.get(path)["properties"]["provisioningState"] == "Failed"


def test_deleted_extension_is_gone_in_the_guest(machine, arm, guest):
    site, portal = machine
    arm.delete(portal.id("truth1") + "/extensions/own")
    assert guest(site, "truth1").run("ls -d /var/lib/waagent/*CustomScript-2.1.19 2> /dev/null", check=False) == ""

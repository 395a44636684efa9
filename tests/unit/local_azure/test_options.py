# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not said depends on the kind of guests, and reaches the process in the lab."""

from __future__ import annotations

import argparse
import pathlib

import pytest

from local_azure import options as server_options


def parse(*arguments):
    parser = argparse.ArgumentParser()
    server_options.add(parser)
    return parser.parse_args(list(arguments))


def handed_on(*arguments):
    """What the other process understands."""
    return parse(*server_options.arguments(parse(*arguments)))


@pytest.mark.parametrize(
    ("given", "image", "timeout", "port"),
    [
        ((), "image/root", 120.0, 8443),
        (("--guests", "nspawn"), "image/root", 120.0, 8443),
        (("--guests", "qemu"), "image-qemu", 600.0, 8443),
        (("--guests", "null"), "image/root", 120.0, 0),
    ],
)
def test_defaults(given, image, timeout, port):
    found = handed_on(*given)
    assert (found.image, found.agent_timeout, found.port) == (server_options.CACHE / image, timeout, port)


def test_what_is_said_counts():
    found = handed_on("--guests", "qemu", "--image", "/elsewhere", "--agent-timeout", "0", "--port", "9")
    assert (found.guests, found.image, found.agent_timeout, found.port) == ("qemu", pathlib.Path("/elsewhere"), 0.0, 9)


def test_an_unknown_kind(capsys):
    with pytest.raises(SystemExit):
        parse("--guests", "firecracker")
    assert "invalid choice: 'firecracker'" in capsys.readouterr().err

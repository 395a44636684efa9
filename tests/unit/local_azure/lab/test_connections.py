# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import socket

import pytest

from local_azure.lab import connections

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
ROW = "   0: {local} {remote} 01 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0000 20 4 24 10 -1\n"
LOCAL = "01002A0A:A0F2"


@pytest.mark.parametrize(
    ("remote", "inode", "expected"),
    [
        ("04002A0A:0016", "4711", {"4711"}),
        ("04002A0A:0016", "0", set()),
        ("04002A0A:0944", "4711", set()),
        ("05002A0A:0016", "4711", set()),
    ],
)
def test_connections_to_a_machine(remote, inode, expected):
    table = HEAD + ROW.format(local=LOCAL, remote=remote, inode=inode)
    assert connections.to(table, "10.42.0.4", 22) == expected


def test_the_kernels_own_table():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()) as client:
            with open("/proc/net/tcp") as file:
                found = connections.to(file.read(), "127.0.0.1", server.getsockname()[1])
            link = os.readlink(f"/proc/self/fd/{client.fileno()}")
    assert [f"socket:[{inode}]" for inode in found] == [link]


def test_none_to_end():
    assert connections.end_ssh("192.0.2.1") == []

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from local_azure.recap import Recap, recap

HEAD = "\nPLAY RECAP *********************************************************************\n"
ONE = "docker1    : ok=31  changed=12  unreachable=0  failed=1  skipped=9  rescued=2  ignored=3\n"
TWO = "docker2.example.com    : ok=0  changed=0  unreachable=1  failed=0  skipped=0  rescued=0  ignored=0\n"
LONG = "a-host-with-a-name-longer-than-the-column : ok=1 changed=0 unreachable=0 failed=0\n"
TASK = '\nTASK [x] ***\nok: [docker1] => {"msg": "docker9 : ok=1 is said in a task"}\n'

RECAPS = {
    "nothing": ("", {}),
    "ended before it": (TASK + "ERROR! no such file\n", {}),
    "no host": (TASK + HEAD, {}),
    "two hosts": (
        TASK + HEAD + ONE + TWO + "\n",
        {"docker1": Recap(ok=31, changed=12, unreachable=0, failed=1), "docker2.example.com": Recap(0, 0, 1, 0)},
    ),
    "a long name, and no more columns": (HEAD + LONG, {LONG.split()[0]: Recap(1, 0, 0, 0)}),
}


@pytest.mark.parametrize("name", RECAPS)
def test_recap(name):
    output, expected = RECAPS[name]
    assert recap(output) == expected

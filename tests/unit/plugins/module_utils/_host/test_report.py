# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.bulwark.azure_docker.plugins.module_utils._engine.program import PREFIX
from ansible_collections.bulwark.azure_docker.plugins.module_utils._host import report

ONE = PREFIX + '{"state": "enrolled"}'
TWO = PREFIX + '{"state": "serving"}'

# text of the handler, the report in it
TEXTS = {
    "nothing": ("", None),
    "somebody else's": ("Enable succeeded: \n[stdout]\nhello\n[stderr]\n", None),
    "ours": ("Enable succeeded: \n[stdout]\n%s\n\n[stderr]\n" % ONE, {"state": "enrolled"}),
    "the last counts": ("%s\n%s\n" % (ONE, TWO), {"state": "serving"}),
    "cut at its end": (ONE[:-3], None),
    "cut at its beginning": (ONE[5:], None),
    "the last is cut": ("%s\n%s" % (ONE, TWO[:-3]), {"state": "enrolled"}),
    "within a line": ("+ echo " + ONE, None),
    "no object": (PREFIX + "[1]", None),
    "an object, then no object": ("%s\n%s" % (ONE, PREFIX + '"text"'), {"state": "enrolled"}),
    "Windows line ends": (ONE + "\r\n", {"state": "enrolled"}),
}


@pytest.mark.parametrize("name", TEXTS)
def test_parse(name):
    text, expected = TEXTS[name]
    assert report.parse(text) == expected


def test_line_ends_inside_the_report_do_not_cut_it():
    said = {"csr": "-----BEGIN\nAAAA\n-----END\n"}
    assert report.parse(PREFIX + json.dumps(said)) == said

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/controls.md is what the catalogue of hardening controls says."""

from __future__ import annotations

from toolchain import controls_document


def test_document_is_what_the_catalogue_says():
    assert controls_document.DOCUMENT.read_text() == controls_document.text(), (
        "docs/controls.md is old: run PYTHONPATH=tests python -m toolchain.controls_document"
    )

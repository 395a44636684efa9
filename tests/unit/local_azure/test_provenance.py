# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what local Azure does is generated, and the README counts what is only inferred."""

from __future__ import annotations

import pathlib

from local_azure import provenance

ROOT = pathlib.Path(__file__).resolve().parents[3]


def test_document_is_what_the_code_says():
    generated = provenance.table(provenance.collect())
    assert (ROOT / "docs/local_azure_behaviour.md").read_text().endswith(generated + "\n"), (
        "docs/local_azure_behaviour.md is old: paste the output of python -m local_azure.provenance below its head"
    )


def test_readme_counts_the_inferred():
    rows = provenance.collect()
    inferred = sum(evidence == "inferred" for _module, _what, evidence in rows)
    assert f"of its {len(rows)} behaviours {inferred} are only inferred" in " ".join(
        (ROOT / "README.md").read_text().split()
    )

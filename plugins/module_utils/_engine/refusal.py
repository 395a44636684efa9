# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""The one error of the engine program."""

from __future__ import annotations


class Refusal(Exception):
    """The program will not go on; the text says what was found, what was expected and the next step."""

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Start of the guard: ``python3 -I -S DIRECTORY/start.py ARGUMENTS``. The directory is the package, by any name.

For relative imports to work, its parent must stand in the search path, and not the directory itself.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    directory, package = os.path.split(os.path.dirname(os.path.abspath(__file__)))
    sys.path[: sys.path[0] == os.path.join(directory, package)] = [directory]
    raise SystemExit(__import__(package + ".main", fromlist=["main"]).main(sys.argv[1:]))

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for Azure's extension handlers, each a package as the agent downloads it; no code of them runs here.

"docs" below is mostly what the published source of the real handler does.
"""

from __future__ import annotations

PROVENANCE = {
    "run command: paths below /var/lib/waagent/run-command-handler, bash, texts of a script that failed": "recorded",
    "run command: named parameters are environment variables, unnamed ones are put behind the command unquoted": "docs",
    "run command: empty values are dropped, protected parameters follow the public ones": "docs",
    "run command: a timeout kills; the state is Failed with exit code -1, never TimedOut": "docs",
    "run command: a timeout kills the script's whole process group, not only its first process": "inferred",
    "run command: runAsUser runs a copy below the user's home by sudo, which drops named parameters": "docs",
    "run command: last 4 KB of each stream, told every 15 s while the script runs": "docs",
    "run command: asyncExecution reports success before the script starts": "docs",
    "run command: treatFailureAsDeploymentFailure reports error, else a failed script is success": "docs",
    "run command: disable kills handler and script, and so does a new run; uninstall removes all files": "docs",
    "run command: settings and files of older sequence numbers are removed": "docs",
    "run command: no artifacts, no output blobs, no managed identity": "inferred",
    "run command action: always success, the message holds the last 4 KB of each stream": "docs",
    "run command action: parameters are environment variables and, in order, positional ones": "inferred",
    "VMAccess: users, passwords, keys, sudo rules, sshd_config, conflicts, texts": "docs",
    "VMAccess: every enable writes ChallengeResponseAuthentication no and restarts sshd": "docs",
    "VMAccess: a password writes the sudo rule anew without NOPASSWD": "docs",
    'VMAccess: the text "false" counts as true, remove_prior_keys apart': "docs",
    "VMAccess: reset_ssh writes a default without Include, PasswordAuthentication yes": "docs",
    "VMAccess: only enable does anything, one run per sequence number": "docs",
    "VMAccess: protected settings are scrubbed from the settings file": "docs",
    "VMAccess: check_disk succeeds without fsck; repair_disk fails when the disk could be unmounted": "docs",
}

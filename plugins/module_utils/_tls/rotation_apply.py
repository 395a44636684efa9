# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.

"""The files of a rotation, written so that a run may be killed at any of them and called again.

At every moment the certificate that signs is there with its key, or the successor is there with its own and the next
call ends the switch. No certificate leaves the directory before it is written down as retired.
"""

from __future__ import annotations

import json

from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.authority import CERTIFICATE_FILE, KEY_FILE
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.facts import NEXT, PREVIOUS, AuthorityFacts
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.fingerprint import iso
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.rotation import CANCEL, FINISH, SWITCH, Step
from ansible_collections.bulwark.azure_docker.plugins.module_utils._tls.store import SECRET_MODE, FileWrite, Store

RETIRED_FILE = "retired.json"


def turn(store: Store, step: Step, after: AuthorityFacts) -> None:
    """Do one step. after: the authority as it is afterwards. A step that begins makes its successor elsewhere."""
    if step.phase == SWITCH:
        _switch(store, step)
    elif step.phase == FINISH:
        _write_retired(store, after)
        store.remove("%s/%s" % (step.label, PREVIOUS), [CERTIFICATE_FILE])
    elif step.phase == CANCEL:
        _write_retired(store, after)
        store.remove("%s/%s" % (step.label, NEXT), [KEY_FILE, CERTIFICATE_FILE])


def _switch(store: Store, step: Step) -> None:
    successor = "%s/%s" % (step.label, NEXT)
    signer, following = step.before.certificate, step.before.next and step.before.next.certificate
    if signer and following and signer.sha256 != following.sha256:
        present = store.read(step.label, CERTIFICATE_FILE) or b""
        certificate = store.read(successor, CERTIFICATE_FILE) or b""
        store.swap("%s/%s" % (step.label, PREVIOUS), [FileWrite(CERTIFICATE_FILE, present)])
        store.settle(step.label, PREVIOUS)
        # From here on both neighbours are there, which tells every later call to go on.
        key = store.read(successor, KEY_FILE)
        writes = [FileWrite(CERTIFICATE_FILE, certificate)]
        if key is not None:
            writes.insert(0, FileWrite(KEY_FILE, key, SECRET_MODE))
        # The predecessor's key goes here: overwritten, or removed where the successor's came as an option.
        store.swap(step.label, writes, [KEY_FILE] if key is None else [])
        store.settle(step.label)
    store.remove(successor, [KEY_FILE, CERTIFICATE_FILE])


def _write_retired(store: Store, after: AuthorityFacts) -> None:
    records = [{"sha256": gone.sha256, "at": iso(gone.at), "phase": gone.phase} for gone in after.retired]
    text = json.dumps(records, indent=2, sort_keys=True) + "\n"
    store.swap(after.label, [FileWrite(RETIRED_FILE, text.encode("ascii"))])
    store.settle(after.label)

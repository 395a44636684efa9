# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Our Docker hosts by tag: what Azure Resource Graph is asked, and what its rows say. Only ``read`` asks."""

from __future__ import annotations

import collections
import re
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.errors import Failure
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.graph import text_literal
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.ids import id_key
from ansible_collections.bulwark.azure_docker.plugins.module_utils._azure.session import Session
from ansible_collections.bulwark.azure_docker.plugins.module_utils._extension.observed import properties_of

from .seen import Document, addresses

SITE_TAG = "bulwark-azure-docker-site"
MACHINE = "microsoft.compute/virtualmachines"
TYPES = (MACHINE, "microsoft.network/networkinterfaces", "microsoft.network/publicipaddresses")
COLUMNS = "id, name, type, location, resourceGroup, subscriptionId, tags, zones, properties"
# Keeps the text of a query below 32 KB.
IDS_PER_QUERY = 100
# A host's name becomes the name of files and directories, and whoever may tag a VM may choose it.
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*\Z")
Ask = t.Callable[[str], t.List[Document]]


class Choices(t.NamedTuple):
    """What the user wants of the machines; ``hostname`` is name, id, computer_name or tag:KEY."""

    hostname: str = "name"
    connect_via: str = "private"
    include_stopped: bool = True
    tags: t.Mapping[str, t.Any] = {}


class _Rows:
    """Rows by id. Stands in for a session: ``get`` answers from the rows and notes what is not among them."""

    def __init__(self, rows: t.Iterable[Document]) -> None:
        self._rows: t.Dict[str, t.Optional[Document]] = {}
        self.missing: t.Dict[str, str] = {}
        self.add(rows)

    def get(self, resource_id: str) -> t.Optional[Document]:
        key = id_key(resource_id)
        if key not in self._rows:
            self.missing[key] = resource_id
        return self._rows.get(key)

    def add(self, rows: t.Iterable[Document]) -> None:
        """Take in more rows; what was missed and is not among them does not exist, or is not ours to read."""
        self._rows.update(dict.fromkeys(self.missing))
        self._rows.update({id_key(row["id"]): row for row in rows})
        self.missing = {}

    def machines(self) -> t.List[Document]:
        found = [row for row in self._rows.values() if row and str(row.get("type")).lower() == MACHINE]
        return sorted(found, key=lambda row: id_key(row["id"]))


def read(ask: Ask, sites: t.Sequence[str]) -> t.List[Document]:
    """What is known of the VMs of the sites (none given: of every site), as plain JSON, ordered by id.

    One query brings VMs, interfaces and public addresses that carry the tag; what VMs use of others is asked by id.
    """
    rows = _Rows(ask(by_site(sites)))
    while True:
        machines = [describe(rows, row) for row in rows.machines()]
        if not rows.missing:
            return machines
        ids = sorted(rows.missing.values(), key=id_key)
        batches = [ids[start : start + IDS_PER_QUERY] for start in range(0, len(ids), IDS_PER_QUERY)]
        rows.add(row for batch in batches for row in ask(by_ids(batch)))


def by_site(sites: t.Sequence[str]) -> str:
    """The query for everything of the sites, or of every site."""
    tag = f"tags[{text_literal(SITE_TAG)}]"
    if not sites:
        condition = f"isnotempty({tag})"
    elif len(sites) == 1:
        condition = f"{tag} =~ {text_literal(sites[0])}"
    else:
        condition = f"{tag} in~ {_list(sites)}"
    return f"Resources | where type in~ {_list(TYPES)} | where {condition} | project {COLUMNS} | order by id asc"


def by_ids(ids: t.Sequence[str]) -> str:
    """The query for resources by their ids."""
    return f"Resources | where id in~ {_list(ids)} | project {COLUMNS} | order by id asc"


def _list(values: t.Iterable[str]) -> str:
    return "(%s)" % ", ".join(text_literal(value) for value in values)


def describe(rows: t.Any, row: Document) -> Document:
    """One VM's row, with what ``rows`` hold of its interface, as one flat document."""
    properties = properties_of(row)
    view = (properties.get("extended") or {}).get("instanceView") or {}
    power = str((view.get("powerState") or {}).get("code") or "")
    tags = row.get("tags") or {}
    return {
        "id": row["id"],
        "name": row["name"],
        "computer_name": (properties.get("osProfile") or {}).get("computerName") or view.get("computerName"),
        "subscription": row["subscriptionId"],
        "resource_group": row["resourceGroup"],
        "location": row.get("location"),
        "tags": tags,
        "site": tag_of(tags, SITE_TAG),
        "zones": row.get("zones") or [],
        "size": (properties.get("hardwareProfile") or {}).get("vmSize"),
        "os": ((properties.get("storageProfile") or {}).get("osDisk") or {}).get("osType"),
        "power_state": power.split("/", 1)[-1].lower() or None,
        "vm_id": properties.get("vmId"),
        **addresses(t.cast(Session, rows), row),  # all that it asks of a session is get
    }


def tag_of(tags: t.Mapping[str, t.Any], name: str) -> t.Optional[str]:
    """The value of a tag; Azure does not tell upper case from lower case in names of tags."""
    for key, value in tags.items():
        if key.lower() == name.lower():
            return None if value is None else str(value)
    return None


def hosts(machines: t.Sequence[Document], choices: Choices) -> t.Tuple[t.Dict[str, Document], t.List[str]]:
    """({inventory name: variables}, warnings) for the machines that the choices let pass. Raises Failure."""
    wanted = [machine for machine in machines if _passes(machine, choices)]
    warnings: t.List[str] = []
    names = _names(wanted, choices.hostname, warnings)
    found = {names[machine["id"]]: variables(machine, choices.connect_via) for machine in wanted}
    nowhere = sorted(name for name, known in found.items() if "ansible_host" not in known)
    if nowhere:
        warnings.append(
            f"Found no {choices.connect_via} address of {', '.join(nowhere)}, so ansible_host is not set there. Choose "
            "the other value of connect_via, or set ansible_host with compose."
        )
    return found, warnings


def _passes(machine: Document, choices: Choices) -> bool:
    if not choices.include_stopped and machine["power_state"] != "running":
        return False
    return all(tag_of(machine["tags"], name) == str(value) for name, value in choices.tags.items())


def variables(machine: Document, connect_via: str) -> Document:
    """The host variables of one machine. Those without the prefix azure_ are read by the roles or by Ansible."""
    known = {
        "azure_vms_id": machine["id"],
        "docker_site_name": machine["site"],
        "azure_subscription_id": machine["subscription"],
        "azure_resource_group": machine["resource_group"],
        **{f"azure_{name}": machine[name] for name in ("location", "tags", "power_state", "zones", "size", "os")},
        **{f"azure_{name}": machine[name] for name in ("private_address", "public_address", "vm_id")},
    }
    if connect_via == "public":
        known["azure_vms_connect_via"] = connect_via  # else the role would go back to the private address
    address = machine[f"{connect_via}_address"]
    return {**known, "ansible_host": address} if address else known


def _names(machines: t.Sequence[Document], hostname: str, warnings: t.List[str]) -> t.Dict[str, str]:
    """{id: inventory name}. Where machines want the same name, each gets its resource group appended, and if that does
    not tell them apart, its subscription: which name a machine has must not depend on the order of the rows.
    """
    wanted = {machine["id"]: _wanted_name(machine, hostname, warnings) for machine in machines}
    for part in ("resource_group", "subscription"):
        count = collections.Counter(name.lower() for name in wanted.values())
        clashing = [machine for machine in machines if count[wanted[machine["id"]].lower()] > 1]
        for machine in clashing:
            # A dot: inventory_hostname_short, the roles' default name of the VM, stays what it was.
            wanted[machine["id"]] += "." + re.sub(r"[^a-z0-9_.-]+", "-", machine[part].lower()).strip("-._")
        if clashing:
            names = ", ".join(sorted(wanted[machine["id"]] for machine in clashing))
            warnings.append(f"Several VMs have the same name; they are told apart by their {part}: {names}.")
    return wanted


def _wanted_name(machine: Document, hostname: str, warnings: t.List[str]) -> str:
    if hostname == "id":
        return str(machine["id"])
    if hostname in ("name", "computer_name"):
        name = machine[hostname]
    elif hostname.startswith("tag:") and len(hostname) > len("tag:"):
        name = tag_of(machine["tags"], hostname[len("tag:") :])
    else:
        raise Failure(
            f"The hostname is {hostname!r}, expected name, id, computer_name or tag:KEY.",
            code="InvalidHostname",
            hint="Give one of these in option hostname.",
        )
    if name and NAME.match(name):
        return str(name)
    if name:
        warnings.append(
            f"{machine['id']} would be named {name!r} by hostname={hostname}, expected letters, digits, '.', '_' and "
            "'-'; it keeps the name of the VM."
        )
    return str(machine["name"])

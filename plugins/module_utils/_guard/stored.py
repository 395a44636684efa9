# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""What the policy will say of a container that does not run, by the daemon's own files.

Only for the pre-flight and for tests: the guard itself never needs it, as runc is given the real configuration.
``FIELDS`` has every field of HostConfig of Docker Engine 26.1 to 29.7 (moby's api/types/container/hostconfig.go and
api/types/mount/mount.go at v26.1.0, v27.5.1, v28.5.2, docker-v29.0.0 and docker-v29.7.2). A field that is not in it and
not empty is refused, like one of oci.py.
"""

from __future__ import annotations

import typing as t

from . import devices, judge, namespaces, oci, stored_mounts, stored_spec
from .case import Case
from .verdict import Findings, Spec

# where the object stands: its fields. Fields of Windows, and Cgroup, are read by no engine on Linux.
FIELDS: t.Dict[str, t.Dict[str, str]] = {
    "": oci.table(inside="HostConfig"),
    "HostConfig": oci.table(
        allow="AutoRemove BlkioDeviceReadBps BlkioDeviceReadIOps BlkioDeviceWriteBps BlkioDeviceWriteIOps BlkioWeight"
        " BlkioWeightDevice Cgroup CgroupParent ConsoleSize ContainerIDFile CpuCount CpuPercent CpuPeriod CpuQuota"
        " CpuRealtimePeriod CpuRealtimeRuntime CpuShares CpusetCpus CpusetMems Dns DnsOptions DnsSearch ExtraHosts"
        " IOMaximumBandwidth IOMaximumIOps Isolation KernelMemory KernelMemoryTCP Links LogConfig Memory"
        " MemoryReservation MemorySwap MemorySwappiness NanoCpus OomKillDisable PortBindings PublishAllPorts"
        " RestartPolicy ShmSize StorageOpt Sysctls Ulimits",
        judge="Annotations Binds CgroupnsMode DeviceCgroupRules DeviceRequests GroupAdd Init IpcMode MaskedPaths"
        " NetworkMode PidMode ReadonlyPaths Runtime Tmpfs UTSMode UsernsMode VolumeDriver VolumesFrom",
        cap="CapAdd CapDrop OomScoreAdj PidsLimit Privileged ReadonlyRootfs SecurityOpt",
        inside="Devices Mounts",
    ),
    "HostConfig.Devices[]": oci.table(judge="CgroupPermissions PathInContainer PathOnHost"),
    "HostConfig.Mounts[]": oci.table(
        allow="ClusterOptions Consistency ImageOptions TmpfsOptions",
        judge="ReadOnly Source Target Type",
        inside="BindOptions VolumeOptions",
    ),
    "HostConfig.Mounts[].BindOptions": oci.table(
        allow="CreateMountpoint ReadOnlyForceRecursive", judge="NonRecursive Propagation ReadOnlyNonRecursive"
    ),
    "HostConfig.Mounts[].VolumeOptions": oci.table(allow="Labels NoCopy", judge="Subpath", inside="DriverConfig"),
    "HostConfig.Mounts[].VolumeOptions.DriverConfig": oci.table(judge="Name Options"),
}
RUNTIMES = ("runc", "io.containerd.runc.v2")  # the two names under which the guard is started
NOT_FRESH = frozenset(("bind", "rbind", "remount"))  # mount options that make a tmpfs something else


def judge_stored(host_config: Spec, config: Spec, case: Case) -> t.Dict[str, t.Any]:
    """The answer of ``judge.judge_running``, for DATA_ROOT/containers/ID/hostconfig.json and config.v2.json.

    ``case`` is the container's, without a bundle; ``config`` becomes its record. Raises Closed for what dockerd does
    not write. All rules of containers are asked; these are only approximated, as the files do not tell:

    - ids of users by name, and the groups that an image gives a user: taken as in an exemption of that image;
    - a user namespace: taken for there where the policy wants it, unless the container has ``--userns=host``;
    - the namespace of a container that does not run: taken for one of its own, if ``joined_namespaces`` allows that;
    - Docker's own seccomp profile, which lets more through with more capabilities, and that of daemon.json: taken for
      one that lets nothing through; entries of a client's profile that depend on the host: taken for valid;
    - ``--cap-add ALL`` and ``--privileged``: "ALL" stands for what Docker does not give by itself;
    - devices of ``--gpus`` and CDI, volumes of plugins, images as mounts: refused unseen;
    - binds that are read-only: taken for recursively so, as Linux 5.12 and later have it;
    - what the daemon gives every container itself (network files, secrets, init by daemon.json): not looked at.

    ``proposal`` is always None, as an exemption must have the user's groups: start it in the mode audit for one.
    """
    points = stored_mounts.points(host_config, config)
    case.record = {**config, "MountPoints": points}
    spec = stored_spec.build(host_config, config, points, case)

    def also(findings: Findings) -> None:
        oci.unknown_fields({"HostConfig": host_config}, findings, tables=FIELDS, missing=oci.REFUSE)
        _runtime(host_config, findings)
        _namespaces(host_config, case, findings)
        _devices(host_config, case, findings)
        _mount_points(points, case, findings)

    return {**judge.judge_running(spec, case, also), "proposal": None}


def _runtime(host_config: Spec, findings: Findings) -> None:
    found = host_config.get("Runtime")
    if found and found not in RUNTIMES:
        findings.refuse("runtime", "", f"{found:.80}, which no rule would see", " or ".join(RUNTIMES))


def _namespaces(host_config: Spec, case: Case, findings: Findings) -> None:
    for field, kind in stored_spec.MODES.items():
        other, pid = stored_spec.joined(host_config, field, case)
        if other and not pid and not case.policy.joined_namespaces:
            namespaces.refuse(kind, "", f"that of another container ({other:.12})", "one of its own", findings)


def _devices(host_config: Spec, case: Case, findings: Findings) -> None:
    allowed = devices.listed(case)
    for device in host_config.get("Devices") or ():
        path = str(device.get("PathOnHost"))
        if case.host.device(path) is None:
            findings.refuse("devices", "", f"{path}, which is no device now", allowed)
    for request in host_config.get("DeviceRequests") or ():
        asked = request.get("Driver") or request.get("Capabilities") or "any"
        findings.refuse("devices", "", f"devices of a driver ({asked}: `--gpus`, CDI)", allowed)


def _mount_points(points: t.Mapping[str, Spec], case: Case, findings: Findings) -> None:
    for destination, point in points.items():
        kind, name = stored_mounts.kind(point), str(point.get("Name") or "")
        if kind != stored_mounts.TMPFS and not stored_mounts.source(point, case):
            found = f"the {kind} {name} at {destination}, whose source is made when the container starts"
            findings.refuse("binds", "", found, "binds and whole local volumes")
        options = _driver_options(point, case) if kind == stored_mounts.VOLUME else {}
        type_, device, words = (str(options.get(key) or "") for key in ("type", "device", "o"))
        fresh = type_ == "tmpfs" and not NOT_FRESH & set(words.split(","))
        if (type_ or device) and not fresh:
            found = f"{name}, which will be {type_} of {device} ({words})"
            findings.refuse("volumes.backed", f"volume:{name}", found, "plain local volumes and tmpfs")


def _driver_options(point: Spec, case: Case) -> Spec:
    """The options of a local volume: those with which it was made, which need not be those of this container."""
    if not stored_mounts.is_local(point):
        return {}
    record = case.host.volume(case.data_root, str(point.get("Name") or ""))
    if record:
        return {"type": record.get("MountType"), "device": record.get("MountDevice"), "o": record.get("MountOpts")}
    asked = (point.get("Spec") or {}).get("VolumeOptions") or {}
    return (asked.get("DriverConfig") or {}).get("Options") or {}

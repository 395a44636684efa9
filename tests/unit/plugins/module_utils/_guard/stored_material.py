# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A container as the daemon stores it, and what is judged of it."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard import stored
from ansible_collections.bulwark.azure_docker.plugins.module_utils._guard.verdict import Spec

from . import material
from .material import ID

# What dockerd 29.7 writes for `docker run -v data:/data nginx`.
HOST_CONFIG: Spec = json.loads(
    """
{"Binds": ["data:/data"], "ContainerIDFile": "", "LogConfig": {"Type": "json-file", "Config": {}},
"NetworkMode": "bridge", "PortBindings": {}, "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0},
"AutoRemove": false, "VolumeDriver": "", "VolumesFrom": null, "ConsoleSize": [24, 80], "CapAdd": null, "CapDrop": null,
"CgroupnsMode": "private", "Dns": [], "DnsOptions": [], "DnsSearch": [], "ExtraHosts": null, "GroupAdd": null,
"IpcMode": "private", "Cgroup": "", "Links": null, "OomScoreAdj": 0, "PidMode": "", "Privileged": false,
"PublishAllPorts": false, "ReadonlyRootfs": false, "SecurityOpt": null, "UTSMode": "", "UsernsMode": "",
"ShmSize": 67108864, "Runtime": "runc", "Isolation": "", "CpuShares": 0, "Memory": 0, "NanoCpus": 0,
"CgroupParent": "", "BlkioWeight": 0, "BlkioWeightDevice": [], "BlkioDeviceReadBps": [], "BlkioDeviceWriteBps": [],
"BlkioDeviceReadIOps": [], "BlkioDeviceWriteIOps": [], "CpuPeriod": 0, "CpuQuota": 0, "CpuRealtimePeriod": 0,
"CpuRealtimeRuntime": 0, "CpusetCpus": "", "CpusetMems": "", "Devices": [], "DeviceCgroupRules": null,
"DeviceRequests": null, "MemoryReservation": 0, "MemorySwap": 0, "MemorySwappiness": null, "OomKillDisable": null,
"PidsLimit": null, "Ulimits": [], "CpuCount": 0, "CpuPercent": 0, "IOMaximumIOps": 0, "IOMaximumBandwidth": 0,
"MaskedPaths": ["/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
"/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
"/sys/firmware"],
"ReadonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]}
"""
)


def point(source: str, destination: str, **values: t.Any) -> Spec:
    kind = {"Type": "bind", "Source": source, "Destination": destination, "RW": True, "Name": "", "Driver": ""}
    return {destination: {**kind, "Propagation": "rprivate", "Spec": {}, **values}}


def volume(name: str, destination: str, **values: t.Any) -> Spec:
    source = f"/var/lib/docker/volumes/{name}/_data"
    found = {"Type": "volume", "Name": name, "Driver": "local", "Relabel": "z", "Propagation": ""}
    return point(source, destination, **{**found, **values})


def config_of(**changes: t.Any) -> Spec:
    found = {
        "ID": ID,
        "State": {"Running": False, "Pid": 0},
        "Path": "nginx",
        "Args": ["-g", "daemon off;"],
        "Config": {"Hostname": "a1a1a1a1a1a1", "User": "", "Env": [material.PATH, "VERSION=1"], "WorkingDir": ""},
        "Image": material.IMAGE,
        "MountPoints": volume("data", "/data"),
        "ProcessLabel": "",
        "AppArmorProfile": "docker-default",
        "SeccompProfile": "",
        "NoNewPrivileges": True,
    }
    return {**found, **changes}


def judged(
    asked: Spec, config: t.Optional[Spec] = None, host: t.Optional[material.FakeHost] = None, **rules: t.Any
) -> t.Dict[str, t.Any]:
    config = config_of() if config is None else config
    return stored.judge_stored({**HOST_CONFIG, **asked}, config, material.case(host, "", **rules))


def refused(found: t.Dict[str, t.Any]) -> t.List[str]:
    return sorted({item["rule"] for item in found["refused"]})


def capped(found: t.Dict[str, t.Any]) -> t.List[str]:
    return sorted({item["rule"] for item in found["capped"]})

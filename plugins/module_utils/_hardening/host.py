# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""What a host is and has, as far as hardening asks. Reads only."""

from __future__ import annotations

import glob
import os
import re
import typing as t

from .._engine import daemon_json, observe, system
from . import evidence

UNITS = ("docker.service", "docker.socket", "containerd.service")
FRAGMENT = "hardening"
VERSION = re.compile(r"version ([0-9][^\s,]*)")
PACKAGES = {"apparmor": "apparmor_parser", "auditd": "auditctl", "nftables": "nft"}  # fact and package: its program
PROGRAMS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")


class Asked(t.NamedTuple):
    """What the role declares and a host may lack: kernel modules, kernel settings, and paths to watch."""

    package_source: str
    modules: t.Sequence[str] = ()
    settings: t.Sequence[str] = ()
    audit_paths: t.Sequence[str] = ()


def look(asked: Asked) -> t.Dict[str, t.Any]:
    """``facts`` (as hardening_selection wants them), ``data_root``, ``limits_processes``, ``units`` (paths by name),
    ``modules`` and ``settings`` (those that this kernel has, and that can be set here), ``audit_paths`` and
    ``registry_certificates`` (what exists), ``missing`` (packages for what the kernel has).

    Raises Refusal where daemon.json cannot be read.
    """
    shown = {name: observe.properties(name, "FragmentPath", "DropInPaths") for name in UNITS}
    record = daemon_json.parse_record(system.read(daemon_json.RECORD))
    options, _broken = observe.daemon_file(record)
    root, _default = observe.data_roots(observe.start_command(shown["docker.service"]), options)
    units = {name: os.path.realpath(one["FragmentPath"]) for name, one in shown.items() if one.get("FragmentPath")}
    kernel = _kernel()
    watched = (*evidence.USUAL, *units.values(), *asked.audit_paths)
    return {
        "facts": {
            **kernel,
            **_foreign(options or {}, record),
            "standalone": system.read(f"{root}/swarm/docker-state.json") is None,
            "engine_version": _version("dockerd"),
            "runc_version": _version("runc"),
            "package_source": asked.package_source,
        },
        "data_root": root,
        "limits_processes": _limits_processes(),
        "units": units,
        "modules": [name for name in asked.modules if _has_module(name)],
        # a container of systemd sees them, and can set none that is not its own
        "settings": [name for name in asked.settings if os.access("/proc/sys/" + name.replace(".", "/"), os.W_OK)],
        "audit_paths": sorted({path for path in watched if os.path.exists(path)}),
        "registry_certificates": sorted(path for path in glob.glob("/etc/docker/certs.d/*/*") if os.path.isfile(path)),
        "missing": [name for name, program in PACKAGES.items() if kernel[name] and not _program(program)],
    }


def _kernel() -> t.Dict[str, bool]:
    contained = os.path.exists("/run/systemd/container")
    return {
        "apparmor": (system.read("/sys/module/apparmor/parameters/enabled") or "").strip() == "Y"
        and os.path.isdir("/sys/kernel/security/apparmor"),
        "selinux": os.path.exists("/sys/fs/selinux/enforce"),
        "systemd": os.path.isdir("/run/systemd/system"),
        # the kernel's audit is the whole machine's, which a container is not
        "auditd": os.path.exists("/proc/self/loginuid") and not contained,
        "nftables": not contained and (os.path.isdir("/sys/module/nf_tables") or _has_module("nf_tables")),
    }


def _limits_processes() -> bool:
    """Whether control groups have a limit of processes here; a container of systemd may not have been given it."""
    controllers = system.read("/sys/fs/cgroup/cgroup.controllers")
    return os.path.isdir("/sys/fs/cgroup/pids") if controllers is None else "pids" in controllers.split()


def _foreign(options: t.Mapping[str, t.Any], record: t.Optional[daemon_json.Record]) -> t.Dict[str, bool]:
    """What others declare: in other fragments of daemon.json, or in the file before we came."""
    if record is None:
        theirs = {*options}
    else:
        fragments = [part for name, part in record.fragments.items() if name != FRAGMENT]
        theirs = {key for part in (record.found or {}, *fragments) for key in part}
        ours = {key for part in record.fragments.values() for key in part}
        theirs |= {*options} - ours
    return {
        "foreign_log_driver": "log-driver" in theirs,
        "foreign_bind_address": "ip" in theirs,
        "foreign_firewall": "ENABLED=yes" in (system.read("/etc/ufw/ufw.conf") or "").splitlines()
        or observe.properties("firewalld.service", "ActiveState").get("ActiveState") == "active",
    }


def _program(name: str) -> t.Optional[str]:
    return next((path for path in (f"{place}/{name}" for place in PROGRAMS) if os.path.exists(path)), None)


def _version(name: str) -> t.Optional[str]:
    path = _program(name)
    found = VERSION.search((system.output([path, "--version"]) if path else None) or "")
    return found.group(1) if found else None


def _has_module(name: str) -> bool:
    """Whether the kernel has it: loaded, built in, or to be loaded."""
    if os.path.isdir(f"/sys/module/{name.replace('-', '_')}"):
        return True
    modprobe = _program("modprobe")
    return bool(modprobe) and system.output([str(modprobe), "--dry-run", "--quiet", name]) is not None

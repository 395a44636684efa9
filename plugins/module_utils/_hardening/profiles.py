# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Private to this collection: may change without notice.
"""Layer L4: AppArmor profiles of containers. Pure.

What they deny is what Docker's own profile denies (moby/profiles, apparmor/template.go), with a list of capabilities
in the place of all of them: it holds for every container under the profile, whatever its bounding set is.
"""

from __future__ import annotations

import typing as t

from . import places
from .entries import HEAD, Layer, command, file

TEXT = """abi <abi/3.0>,

include <tunables/global>

profile {name} flags=(attach_disconnected,mediate_deleted) {{
  include <abstractions/base>

  file,
  network,
  umount,
{capabilities}
  # from the host, and from the runtime and the daemon under profiles of their own
  signal (receive) peer=unconfined,
  signal (receive) peer=runc,
  signal (receive) peer=crun,
  signal (receive) peer=dockerd,
  signal (send, receive) peer={name},
  ptrace (trace, tracedby, read, readby) peer={name},

  deny network alg,
  deny mount,

  # of /proc, only what belongs to a process can be written
  deny @{{PROC}}/[^1-9]** wl,
  deny @{{PROC}}/{{kcore,kmem,mem,sysrq-trigger}} rwklx,
  # of /sys, only control groups can be written
  deny /sys/[^f]** wkl,
  deny /sys/f[^s]** wkl,
  deny /sys/fs/[^c]** wkl,
  deny /sys/fs/c[^g]** wkl,
  deny /sys/firmware/** rwklx,
  deny /sys/kernel/security/** rwklx,
}}
"""


def text(name: str, capabilities: t.Iterable[str]) -> str:
    """One profile; ``capabilities`` as CAP_CHOWN."""
    lines = "".join(f"  capability {word[len('CAP_') :].lower()},\n" for word in sorted(set(capabilities)))
    return HEAD + TEXT.format(name=name, capabilities=lines)


def wants(names: t.Sequence[str], capabilities: t.Iterable[str]) -> Layer:
    """These profiles. A profile that is not declared any more stays in the kernel until it boots: without it, whoever
    runs under it would run without any."""
    allowed = sorted(set(capabilities))
    paths = [places.profile(name) for name in names]
    return Layer(
        files=tuple(file(places.profile(name), text(name, allowed)) for name in names),
        validate=tuple(
            command(
                "the profile compiles", "apparmor_parser", "--skip-kernel-load", "--skip-cache", "--skip-read-cache",
                "{file:%s}" % path,
            )
            for path in paths
        ),
        after=tuple(command("load the profile", "apparmor_parser", "--replace", path, when=[path]) for path in paths),
    )  # fmt: skip

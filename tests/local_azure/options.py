# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a local Azure: said to ``run`` or ``start``, and handed on to the process that is one."""

from __future__ import annotations

import argparse
import pathlib

from .arm.timing import LIMITS, TIMING, Settings
from .guests.kinds import KINDS

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = CHECKOUT / ".cache"
GUESTS = (*KINDS, "null")
LAB_PORT = 8443


def add_state(parser: argparse.ArgumentParser) -> None:
    """The one option of every command."""
    parser.add_argument(
        "--state", type=pathlib.Path, default=CACHE / "lab" / "default", help="directory, kept between starts"
    )


def add(parser: argparse.ArgumentParser) -> None:
    """All options of a server."""
    add_state(parser)
    parser.add_argument(
        "--guests", choices=GUESTS, default=GUESTS[0],
        help="nspawn: system containers; qemu: virtual machines; null: machines without machines, no root",
    )  # fmt: skip
    parser.add_argument("--image", type=pathlib.Path, help="what guests are made from; default: below .cache, by kind")
    parser.add_argument(
        "--agent-timeout", type=float, help="seconds without a report until ARM gives up; default: by kind"
    )
    parser.add_argument("--record-bodies", action="store_true", help="keep decrypted request bodies, for tests")
    parser.add_argument("--limits", choices=LIMITS, default=LIMITS[0], help="enforced: an empty bucket answers 429")
    parser.add_argument("--timing", choices=TIMING, default=TIMING[0], help="recorded: as slow as Azure was")
    parser.add_argument("--clock-scale", type=_scale, default=1.0, help="recorded times and refills so much faster")
    parser.add_argument("--graph-lag", type=float, default=0.0, help="seconds that Resource Graph answers late")
    parser.add_argument(
        "--port", type=int, help=f"of ARM on the loopback; default: {LAB_PORT} in a lab, with null any that is free"
    )


def _scale(text: str) -> float:
    try:
        return Settings(clock_scale=float(text)).clock_scale
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def arguments(options: argparse.Namespace) -> list[str]:
    """Return the arguments that say the same to another process."""
    return [
        "--state", str(options.state.resolve()), "--guests", options.guests, "--image", str(image(options).resolve()),
        "--agent-timeout", str(agent_timeout(options)), *(["--record-bodies"] if options.record_bodies else []),
        "--limits", options.limits, "--timing", options.timing, "--clock-scale", str(options.clock_scale),
        "--graph-lag", str(options.graph_lag), "--port", str(port(options)),
    ]  # fmt: skip


def image(options: argparse.Namespace) -> pathlib.Path:
    """Return what guests are made from."""
    given: pathlib.Path | None = options.image
    return given or CACHE / KINDS.get(options.guests, KINDS[GUESTS[0]]).image


def agent_timeout(options: argparse.Namespace) -> float:
    """Return how long the agent may be silent, in seconds."""
    given: float | None = options.agent_timeout
    return KINDS.get(options.guests, KINDS[GUESTS[0]]).agent_timeout if given is None else given


def port(options: argparse.Namespace) -> int:
    """Return the port to listen on, 0 for any."""
    if options.port is not None:
        return options.port
    return 0 if options.guests == "null" else LAB_PORT


def settings(options: argparse.Namespace) -> Settings:
    """Return how strict it shall be."""
    return Settings(options.limits, options.timing, options.clock_scale)

# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Process 2 of the lab: networks, wire server, ARM; then the command; then everything off, in order."""

from __future__ import annotations

import argparse
import os
import pathlib
import secrets
import signal
import subprocess
import sys

from ..arm.server import ArmServer
from ..fabric import LocalFabric
from ..wire.server import Wire
from . import network

HANDLERS = pathlib.Path(__file__).resolve().parent.parent / "handlers"
PACKAGES = {
    "Microsoft.Azure.Extensions.CustomScript": {"2.1.19": HANDLERS / "custom_script"},
    "Contoso.Operations.Marker": {"1.0.0": HANDLERS / "marker"},  # another team's, for tests
}
PORT = 8443
TENANT = "10000000-0000-0000-0000-000000000001"
SUBSCRIPTIONS = [f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2, 3)]
CLIENT = "20000000-0000-0000-0000-000000000001"


def client_secret(state: pathlib.Path) -> str:
    """The one client's secret: made once per state directory."""
    path = state / "client-secret"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text()


def variables(arm: ArmServer, state: pathlib.Path, secret: str) -> dict[str, str]:
    return {
        "LOCAL_AZURE_CLOUD": f"{arm.base_url}/metadata/endpoints?api-version=2022-09-01",
        "LOCAL_AZURE_CA": str(arm.ca_path),
        "LOCAL_AZURE_SUBSCRIPTIONS": ",".join(SUBSCRIPTIONS),
        "LOCAL_AZURE_TENANT": TENANT,
        "LOCAL_AZURE_CLIENT_ID": CLIENT,
        "LOCAL_AZURE_CLIENT_SECRET": secret,
        "LOCAL_AZURE_STATE": str(state),
    }


def wait_for_network() -> None:
    """The launcher opens the gate when the tap is there."""
    gate = int(os.environ.pop("LOCAL_AZURE_GATE"))
    if not os.read(gate, 1):
        sys.exit("local Azure: the launcher ended before the network was there")
    os.close(gate)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="local_azure.lab.inside")
    parser.add_argument("--state", type=pathlib.Path, required=True)
    parser.add_argument("--image", type=pathlib.Path, required=True)
    parser.add_argument("--agent-timeout", type=float, required=True)
    parser.add_argument("--record-bodies", action="store_true")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    wait_for_network()
    network.prepare()
    network.hide_host()
    network.use_resolver(options.state)
    wire = Wire(PACKAGES)
    fabric = LocalFabric(options.state, options.image, wire)
    secret = client_secret(options.state)
    arm = ArmServer(
        options.state, fabric, port=PORT, subscriptions=SUBSCRIPTIONS, tenant=TENANT, client_id=CLIENT,
        client_secret=secret, handlers={name: sorted(versions) for name, versions in PACKAGES.items()},
        agent_timeout=options.agent_timeout, record_bodies=options.record_bodies,
    )  # fmt: skip
    wire.start()
    arm.start()
    child: subprocess.Popen[bytes] | None = None
    try:
        child = subprocess.Popen(options.command, env=dict(os.environ, **variables(arm, options.state, secret)))
        return child.wait()
    except KeyboardInterrupt:
        return 130
    finally:
        if child is not None and child.poll() is None:
            child.terminate()
            child.wait(30)
        arm.stop()
        fabric.stop_all()
        wire.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

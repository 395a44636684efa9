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

from .. import options as server_options
from .. import server_file
from ..arm.fabric import Fabric
from ..arm.server import ArmServer
from ..fabric import LocalFabric
from ..guests.kinds import KINDS
from ..wire.server import Wire
from . import join, network

HANDLERS = pathlib.Path(__file__).resolve().parent.parent / "handlers"
PACKAGES = {
    "Microsoft.Azure.Extensions.CustomScript": {"2.1.19": HANDLERS / "custom_script"},
    "Microsoft.CPlat.Core.RunCommandHandlerLinux": {"1.3.28": HANDLERS / "run_command"},
    "Microsoft.CPlat.Core.RunCommandLinux": {"1.0.12": HANDLERS / "run_command"},
    "Microsoft.OSTCExtensions.VMAccessForLinux": {"1.5.25": HANDLERS / "vm_access"},
    "Contoso.Operations.Marker": {"1.0.0": HANDLERS / "marker"},  # another team's, for tests
}
TENANT = "10000000-0000-0000-0000-000000000001"
OTHER_TENANT = "10000000-0000-0000-0000-000000000002"
SUBSCRIPTIONS = [f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2, 3)]
TENANTS = {SUBSCRIPTIONS[2]: OTHER_TENANT}  # the client is known in both
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
        "LOCAL_AZURE_TENANTS": ",".join(TENANTS.get(subscription, TENANT) for subscription in SUBSCRIPTIONS),
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


def resource_manager(options: argparse.Namespace, fabric: Fabric, secret: str) -> ArmServer:
    return ArmServer(
        options.state, fabric, port=server_options.port(options), subscriptions=SUBSCRIPTIONS, tenant=TENANT,
        client_id=CLIENT, client_secret=secret, handlers={name: sorted(found) for name, found in PACKAGES.items()},
        agent_timeout=server_options.agent_timeout(options), record_bodies=options.record_bodies,
        tenants=TENANTS, graph_lag=options.graph_lag, settings=server_options.settings(options),
        about={"guests": options.guests},
    )  # fmt: skip


def attend(arm: ArmServer, options: argparse.Namespace, secret: str) -> int:
    """Run the command beside a Resource Manager that serves, tell others where that is, and return its exit code."""
    environment = variables(arm, options.state, secret)
    launcher = int((options.state / "lock").read_text())
    server_file.write(server_file.Server(
        launcher, options.guests, arm.base_url, str(arm.ca_path), str(options.state), join.network(), environment
    ))  # fmt: skip
    child: subprocess.Popen[bytes] | None = None
    try:
        child = subprocess.Popen(options.command, env=dict(os.environ, **environment))
        return child.wait()
    except KeyboardInterrupt:
        return 130
    finally:
        server_file.remove(options.state)
        if child is not None and child.poll() is None:
            child.terminate()
            child.wait(30)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="local_azure.lab")
    server_options.add(parser)
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


def end_in_order() -> None:
    """Let SIGTERM unwind the stack."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    end_in_order()
    wait_for_network()
    network.prepare()
    network.hide_host()
    network.use_resolver(options.state)
    wire = Wire(PACKAGES)
    fabric = LocalFabric(options.state, KINDS[options.guests].guest, server_options.image(options), wire)
    secret = client_secret(options.state)
    arm = resource_manager(options, fabric, secret)
    wire.start()
    arm.start()
    try:
        return attend(arm, options, secret)
    finally:
        arm.stop()
        fabric.stop_all()
        wire.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

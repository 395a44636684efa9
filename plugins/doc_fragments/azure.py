# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that every module with Azure credentials shares."""

from __future__ import annotations


class ModuleDocFragment:
    """Options for the login, and options for the work on many items."""

    DOCUMENTATION = r"""
options:
  auth_source:
    description:
      - Where the login comes from.
      - V(auto) uses O(tenant), O(client_id) and O(secret) if O(secret) is given, and else the first that works of
        the environment, workload identity, managed identity and the Azure CLI. It never opens a browser.
      - V(cli) uses the login of the Azure CLI.
      - V(environment) uses the variables of azure-identity, for example E(AZURE_CLIENT_CERTIFICATE_PATH).
      - V(managed_identity) uses the identity of the machine; O(client_id) chooses a user-assigned one.
      - V(service_principal) needs O(tenant), O(client_id) and O(secret).
      - V(workload_identity) uses the token file named by E(AZURE_FEDERATED_TOKEN_FILE).
    type: str
    default: auto
    choices: [auto, cli, environment, managed_identity, service_principal, workload_identity]
  ca_path:
    description:
      - A file with the authorities that signed the certificates of the cloud's endpoints.
      - Needed only for private clouds and behind proxies that break TLS open.
      - Taken from E(AZURE_CA_PATH) if not given.
    type: path
  client_id:
    description:
      - The application id of a service principal, or the client id of an identity.
      - Taken from E(AZURE_CLIENT_ID) if not given.
    type: str
  cloud:
    description:
      - The name of the cloud (V(AzureCloud), V(AzureUSGovernment), V(AzureChinaCloud)), or the C(https) URL of an Azure
        Resource Manager endpoint, whose metadata then says the rest.
      - Taken from E(AZURE_CLOUD) if not given.
    type: str
    default: AzureCloud
  secret:
    description:
      - The secret of the service principal.
      - Taken from E(AZURE_CLIENT_SECRET) if not given.
    type: str
  tenant:
    description:
      - The id of the tenant.
      - Taken from E(AZURE_TENANT_ID) if not given.
    type: str
  timeout:
    description:
      - How many seconds to wait for one change at most.
      - Azure itself needs more than 25 minutes to give up on a VM whose agent does not answer.
    type: int
    default: 1800
requirements:
  - azure-identity
  - azure-mgmt-compute >= 33.0.0
  - azure-mgmt-resource >= 23.0.0
"""

    # For plugins that run on the controller and are configured by a file: modules take these from their argument spec.
    PLUGINS = r"""
options:
  ca_path:
    env:
      - name: AZURE_CA_PATH
  client_id:
    env:
      - name: AZURE_CLIENT_ID
  cloud:
    env:
      - name: AZURE_CLOUD
  secret:
    env:
      - name: AZURE_CLIENT_SECRET
  tenant:
    env:
      - name: AZURE_TENANT_ID
"""

    FLEET = r"""
options:
  concurrency:
    description:
      - How many items to work on at the same time. Each takes a thread and a connection of the controller; 200 take
        some 25 MB more than 32.
      - It is no guard of Azure's limits. Requests to one subscription are spaced so that they stay below the limits of
        Azure Resource Manager, however many items there are.
      - It is no guard of a fleet either. To change some hosts before the others, use C(serial) of the play.
    type: int
    default: 200
  total_timeout:
    description:
      - After how many seconds nothing more is begun. Items that are not finished then fail, each with the code
        V(TotalTimeout). V(0) is no limit.
    type: int
    default: 0
  on_partial:
    description:
      - What to do when some items fail. The others are always finished, and the result always holds all of them.
      - V(fail) fails the task.
      - V(report) does not; the failed items are in the result, each with its C(error).
    type: str
    default: fail
    choices: [fail, report]
"""

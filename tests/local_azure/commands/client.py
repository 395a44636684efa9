# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Speaks to the control paths of a local Azure that runs, also to one in a lab's network."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from ..lab import join
from ..server_file import Server


class ControlError(Exception):
    """A local Azure did not answer, or refused; the text says why."""


class Client:
    """For a server in a lab this moves the calling thread into the lab's network, for good."""

    def __init__(self, server: Server) -> None:
        if not join.is_inside(server):
            join.enter_network(server.pid)
        self._place = urlsplit(server.base_url)
        self._tls = ssl.create_default_context(cafile=server.ca_path)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request to ``path`` below /local-azure/ and return the answer's body."""
        text = None if body is None else json.dumps(body)
        # a reset waits for machines to go
        connection = http.client.HTTPSConnection(self._place.netloc, context=self._tls, timeout=300)
        try:
            connection.request(method, f"/local-azure/{path}", text, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException) as error:
            raise ControlError(f"{self._place.geturl()} does not answer: {error}; look at server.log") from error
        finally:
            connection.close()
        if response.status >= 400:
            raise ControlError(answer["error"]["message"])
        return answer

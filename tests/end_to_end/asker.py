# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that asks a Docker API all the time, as a fleet of them would while certificates are replaced."""

from __future__ import annotations

import dataclasses
import pathlib
import socket
import ssl
import threading
import time

PAUSE = 0.05  # seconds between two requests
ANSWERED, REFUSED, TLS_FAILED = "answered", "refused", "tls failed"


@dataclasses.dataclass
class Tally:
    """What became of the requests; ``gaps``: seconds between two answers, ``failures``: what TLS said."""

    answered: int = 0
    refused: int = 0
    failures: list[str] = dataclasses.field(default_factory=list)
    gaps: list[float] = dataclasses.field(default_factory=list)

    @property
    def requests(self) -> int:
        return self.answered + self.refused + len(self.failures)

    @property
    def longest(self) -> float:
        return max(self.gaps, default=0.0)

    def __str__(self) -> str:
        return (
            f"{self.requests} requests, {self.refused} refused, {len(self.failures)} TLS-failed, "
            f"longest gap {self.longest:.2f} s"
        )


class Asker:
    """Asks one host until it is stopped; reads the client's directory for every request, as the docker command does."""

    def __init__(self, client: pathlib.Path, address: str, server_name: str) -> None:
        self.client, self.address, self.server_name = client, address, server_name
        self.tally = Tally()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Asker:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        last = time.monotonic()
        while not self._stop.wait(PAUSE):
            outcome, words = self._ask()
            if outcome == ANSWERED:
                now = time.monotonic()
                self.tally.gaps.append(now - last)
                self.tally.answered, last = self.tally.answered + 1, now
            elif outcome == REFUSED:
                self.tally.refused += 1
            else:
                self.tally.failures.append(words)

    def _ask(self) -> tuple[str, str]:
        """A daemon that stops or starts refuses or breaks off; whatever TLS itself says is a failure."""
        try:
            context = ssl.create_default_context(cafile=str(self.client / "ca.pem"))
            context.load_cert_chain(self.client / "cert.pem", self.client / "key.pem")
            with (
                socket.create_connection((self.address, 2376), 10) as plain,
                context.wrap_socket(plain, server_hostname=self.server_name) as secure,
            ):
                secure.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
                answer = secure.recv(64)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            return REFUSED, str(error)
        except (ssl.SSLError, ssl.CertificateError) as error:
            return TLS_FAILED, str(error)
        except OSError as error:
            return REFUSED, str(error)
        return (ANSWERED, "") if b" 200 " in answer else (REFUSED, repr(answer))

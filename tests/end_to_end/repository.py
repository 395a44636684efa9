# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A signed package repository with the vendor's layout and names, made of Debian's own engine: a real dockerd runs."""

from __future__ import annotations

import base64
import email.utils
import hashlib
import http.server
import pathlib
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping

from local_azure.__main__ import CACHE

from .signer import Signer

ARCHIVES = CACHE / "image" / "root" / "var/cache/apt/archives"
SUFFIX = "-1~debian.13~trixie"
BROKEN = "#!/bin/sh\necho 'this dockerd is broken' >&2\nexit 1\n"
ENGINE_DEPENDS = "containerd.io, docker-ce-cli, iptables, libc6, libsystemd0, adduser"


def run(*command: str | pathlib.Path) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


class Repository:
    """Files below ``directory``, laid out as ``dists/trixie/stable`` and ``pool``; ``signer`` has the key."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory = directory
        self.pool = directory / "pool"
        self.pool.mkdir(parents=True)
        self.signer = Signer("throw-away repository")
        (directory / "gpg").write_bytes(self.signer.public)

    def package(
        self, name: str, version: str, *origins: str, depends: str = "", files: Mapping[str, str] | None = None
    ) -> pathlib.Path:
        """Pack the contents of Debian's packages ``origins`` under another name; ``files`` replaces some of them."""
        tree = self.directory / "work"
        shutil.rmtree(tree, ignore_errors=True)
        (tree / "DEBIAN").mkdir(parents=True)
        for origin in origins:
            (archive,) = ARCHIVES.glob(f"{origin}_*.deb")
            run("dpkg-deb", "--extract", archive, tree)
            run("dpkg-deb", "--control", archive, tree / "DEBIAN")
        for unwanted in ("DEBIAN/md5sums", "usr/share", "usr/bin/ctr", "usr/bin/containerd-shim-runc-v1"):
            path = tree / unwanted
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for path, text in (files or {}).items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
            (tree / path).chmod(0o755)
        fields = {
            "Package": name, "Version": version, "Architecture": "amd64", "Maintainer": "nobody <nobody@example.com>",
            "Depends": depends, "Description": "for tests",
        }  # fmt: skip
        lines = [f"{field}: {value}\n" for field, value in fields.items() if value]
        (tree / "DEBIAN" / "control").write_text("".join(lines))
        target = self.pool / f"{name}_{version.rpartition(':')[2]}_amd64.deb"
        run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, target)
        shutil.rmtree(tree)
        return target

    def engine(self, number: str, files: Mapping[str, str] | None = None) -> list[pathlib.Path]:
        """Engine and command line of one version; the files of their packages."""
        version = f"5:{number}{SUFFIX}"
        return [
            self.package("docker-ce", version, "docker.io", depends=ENGINE_DEPENDS, files=files),
            self.package("docker-ce-cli", version, "docker-cli", depends="libc6"),
        ]

    def containerd(self, number: str) -> pathlib.Path:
        # runc first: the maintainer scripts are those of the last one
        return self.package("containerd.io", f"{number}-1", "runc", "containerd", depends="libc6, libseccomp2")

    def publish(self) -> None:
        """Write the indexes over all packages, and sign them."""
        place = self.directory / "dists/trixie/stable/binary-amd64"
        place.mkdir(parents=True, exist_ok=True)
        index = "\n".join(self._stanzas()).encode()
        (place / "Packages").write_bytes(index)
        release = (
            "Origin: Docker\nLabel: Docker CE\nSuite: trixie\nCodename: trixie\nArchitectures: amd64\n"
            f"Components: stable\nDate: {email.utils.formatdate(usegmt=True)}\nSHA256:\n"
            f" {hashlib.sha256(index).hexdigest()} {len(index)} stable/binary-amd64/Packages\n"
        ).encode()
        top = self.directory / "dists/trixie"
        (top / "Release").write_bytes(release)
        armour = base64.encodebytes(self.signer.sign(release)).decode()
        (top / "Release.gpg").write_text(f"-----BEGIN PGP SIGNATURE-----\n\n{armour}-----END PGP SIGNATURE-----\n")

    def _stanzas(self) -> Iterator[str]:
        for path in sorted(self.pool.glob("*.deb")):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            yield (
                f"{run('dpkg-deb', '--field', path)}Filename: pool/{path.name}\n"
                f"Size: {path.stat().st_size}\nSHA256: {digest}\n"
            )


class Server:
    """Serves a directory over HTTP on all of the lab's addresses; ``asked``: the paths so far."""

    def __init__(self, directory: pathlib.Path) -> None:
        asked: list[str] = []

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments: object) -> None:
                super().__init__(*arguments, directory=str(directory))  # type: ignore[arg-type]

            def do_GET(self) -> None:
                asked.append(self.path)
                super().do_GET()

            def log_message(self, *_arguments: object) -> None:
                pass

        self.asked = asked
        self._server = http.server.ThreadingHTTPServer(("", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

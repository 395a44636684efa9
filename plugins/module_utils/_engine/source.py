# Copyright (c) 2026, bulwark.azure_docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Private to this collection: may change without notice.
"""Where the engine's packages come from: as declared, checked (pure).

``{"kind": "distribution" | "docker" | "mirror" | "offline", "url": str, "suite": str, "component": str,
"key_url": str, "key_fingerprint": str | [str], "packages": [str],
"files": [{"url": str, "sha256": hex} | {"path": str, "sha256": hex}], "managed_identity": "system" | CLIENT_ID,
"allow_untested_platform": bool}``; what is empty or null counts as not given.

All of it can be read by others and goes into apt's files, so that there is no place for a secret in it, nor a line end.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .refusal import Refusal

DISTRIBUTION, DOCKER, MIRROR, OFFLINE = "distribution", "docker", "mirror", "offline"
REPOSITORY = ("url", "suite", "component", "key_url", "key_fingerprint", "packages")
FIELDS = {DISTRIBUTION: (), DOCKER: REPOSITORY, MIRROR: REPOSITORY, OFFLINE: ("files", "managed_identity")}
VENDOR_URL = "https://download.docker.com/linux"
VENDOR_PACKAGES = ("docker-ce", "docker-ce-cli", "containerd.io", "docker-buildx-plugin", "docker-compose-plugin")
STORAGE = (".blob.core.windows.net", ".blob.core.usgovcloudapi.net", ".blob.core.chinacloudapi.cn")
SYSTEM = "system"  # the machine's own identity, where it has just one

URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~%+=,/-]*)?\Z")
NO_SECRET = "an http or https URL without user, password and query (others can read it)"
PLACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*\Z")
FORMS: t.Mapping[str, t.Tuple["re.Pattern[str]", str]] = {
    "url": (URL, NO_SECRET),
    "key_url": (URL, NO_SECRET),
    "suite": (PLACE, "a name such as trixie"),
    "component": (PLACE, "a name such as stable"),
    "key_fingerprint": (re.compile(r"[0-9A-F]{40}\Z"), "40 hexadecimal digits"),
    "packages": (re.compile(r"[a-z0-9][a-z0-9+._-]*\Z"), "names of packages"),
    "path": (re.compile(r"/[^\x00-\x1f]+\Z"), "an absolute path"),
    "sha256": (re.compile(r"[0-9a-f]{64}\Z"), "64 hexadecimal digits"),
    "managed_identity": (re.compile(r"(system|[0-9A-Fa-f-]{36})\Z"), "system, or the client id of an identity"),
}


@dataclasses.dataclass(frozen=True)
class File:
    """A package file with its checksum: at ``url``, or already on the machine at ``path``."""

    sha256: str
    url: str = ""
    path: str = ""

    @property
    def name(self) -> str:
        return (self.url or self.path).rpartition("/")[2]

    @property
    def in_storage(self) -> bool:
        """Whether it is on an Azure storage account, reached by TLS: only there a token may go."""
        host = self.url.partition("://")[2].partition("/")[0].partition(":")[0].lower()
        return self.url.startswith("https://") and host.endswith(STORAGE)


@dataclasses.dataclass(frozen=True)
class Source:
    """``distribution``: the image's own package sources; ``docker``: the vendor's signed repository; ``mirror``: a
    repository like that one at ``url``; ``offline``: ``files``."""

    kind: str = DISTRIBUTION
    url: str = ""
    suite: str = ""
    component: str = ""
    key_url: str = ""
    key_fingerprints: t.Tuple[str, ...] = ()
    packages: t.Tuple[str, ...] = ()
    files: t.Tuple[File, ...] = ()
    managed_identity: t.Optional[str] = None
    allow_untested_platform: bool = False

    @property
    def has_repository(self) -> bool:
        return self.kind in (DOCKER, MIRROR)


def wrong(field: str, found: t.Any, expected: str) -> Refusal:
    return Refusal(f"desired state: engine.source.{field} is {found!r}, expected {expected}")


def word(field: str, found: t.Any, form: str = "") -> str:
    """A text of the form that the field must have; "" where nothing is given."""
    pattern, expected = FORMS[form or field]
    if found in (None, ""):
        return ""
    if not isinstance(found, str) or not pattern.match(found):
        raise wrong(field, found, expected)
    return found


def words(field: str, found: t.Any) -> t.Tuple[str, ...]:
    texts = [found] if isinstance(found, str) else list(found or ())
    if field == "key_fingerprint":  # as people print them
        texts = [re.sub(r"[\s:]", "", str(text)).upper() for text in texts]
    return tuple(word(field, text) for text in texts if text != "")


def parse_source(data: t.Mapping[str, t.Any]) -> Source:
    """Check and convert; raises Refusal naming the first wrong field."""
    kind = data.get("kind") or DISTRIBUTION
    if kind not in FIELDS:
        raise wrong("kind", kind, "distribution, docker, mirror or offline")
    known = {"kind", "allow_untested_platform", *FIELDS[kind]}
    strange = sorted(name for name, value in data.items() if value and name not in known)
    if strange:
        raise Refusal(
            f"desired state: engine.source has {', '.join(strange)} with kind {kind}, expected only "
            f"{', '.join(sorted(known))}; take it away or declare the kind that it belongs to"
        )
    if kind == MIRROR and not data.get("url"):
        raise wrong("url", data.get("url"), "the mirror's URL")
    files = tuple(parse_file(f"files[{number}]", entry) for number, entry in enumerate(data.get("files") or ()))
    if kind == OFFLINE and not files:
        raise wrong("files", data.get("files"), "the engine's package files, each with url or path and sha256")
    identity = word("managed_identity", data.get("managed_identity")) or None
    if identity and not any(file.in_storage for file in files):
        raise wrong("managed_identity", identity, f"a file at an https URL of a storage account ({', '.join(STORAGE)})")
    return Source(
        kind=kind,
        url=word("url", data.get("url")).rstrip("/"),
        suite=word("suite", data.get("suite")),
        component=word("component", data.get("component")),
        key_url=word("key_url", data.get("key_url")),
        key_fingerprints=words("key_fingerprint", data.get("key_fingerprint")),
        packages=words("packages", data.get("packages")),
        files=files,
        managed_identity=identity,
        allow_untested_platform=bool(data.get("allow_untested_platform")),
    )


def parse_file(field: str, data: t.Mapping[str, t.Any]) -> File:
    url, path = data.get("url") or "", data.get("path") or ""
    if str(url).startswith("file:///"):
        url, path = "", url[len("file://") :]
    if bool(url) == bool(path):
        raise wrong(field, dict(data), "either url or path")
    sha256 = word(f"{field}.sha256", str(data.get("sha256") or "").lower(), "sha256")
    if not sha256:
        raise wrong(f"{field}.sha256", None, FORMS["sha256"][1])
    return File(sha256, word(f"{field}.url", url, "url"), word(f"{field}.path", path, "path"))


def completed(source: Source, directory: t.Optional[str], suite: str, fingerprint: str) -> Source:
    """With the vendor's values where nothing is declared. Raises Refusal where the vendor has none.

    ``directory``: the vendor's for this distribution; ``suite``: this release's; ``fingerprint``: of the vendor's key.
    """
    if not source.has_repository:
        return source
    url = source.url or (f"{VENDOR_URL}/{directory}" if directory else "")
    for field, value in (("url", url), ("suite", source.suite or suite)):
        if not value:
            raise wrong(field, "", "a value, as Docker has none for this distribution")
    return dataclasses.replace(
        source,
        url=url,
        suite=source.suite or suite,
        component=source.component or "stable",
        key_url=source.key_url or f"{url}/gpg",
        key_fingerprints=source.key_fingerprints or (fingerprint,),
        packages=source.packages or VENDOR_PACKAGES,
    )

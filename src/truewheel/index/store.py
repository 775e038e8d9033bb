"""A cache of our own: files by their sha256, pages by their address. Whatever is read is checked first.

Several processes may use it at once: what is written takes its place whole, by a rename, and two that write the same
write the same bytes. A damaged entry is thrown away, as if it had never been there.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from truewheel.errors import RequestError, Where
from truewheel.index.addresses import without_credentials
from truewheel.index.model import Fetched
from truewheel.world.files import replacing
from truewheel.world.regular import reason

_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.!+-]{0,239}")
_CHUNK: Final = 1 << 20
_HEAD: Final = 1 << 16
_HINT: Final = "name another folder: --cache, or TRUEWHEEL_CACHE"


class Sink(Protocol):
    """Somebody who takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Add bytes at the end."""


@dataclass(frozen=True, slots=True)
class Page:
    """What stood at an address: the address where it ended, what it is, when it came (seconds since 1970)."""

    url: str
    kind: str
    etag: str
    fetched: float
    body: bytes


def default_folder(environment: Mapping[str, str]) -> Path:
    """The folder of the cache: TRUEWHEEL_CACHE, else ``truewheel`` where this system keeps caches."""
    if environment.get("TRUEWHEEL_CACHE"):
        return Path(environment["TRUEWHEEL_CACHE"])
    home = Path(environment["HOME"]) if environment.get("HOME") else Path(os.path.expanduser("~"))  # noqa: PTH111
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local", "truewheel", "Cache")
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "truewheel"
    cache = environment.get("XDG_CACHE_HOME", "")  # has to be absolute (XDG Base Directory Specification)
    return Path(cache if os.path.isabs(cache) else home / ".cache", "truewheel")  # noqa: PTH117 - it is text


class Store:
    """The cache in one folder, which nobody else may look into."""

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise RequestError(f"can't be made: {reason(error)}", where=Where(file=str(folder)), hint=_HINT) from None
        self._folder = folder

    def path_of(self, sha256: str, name: str) -> Path:
        """Where a file with this hash and name lies, or would. Raises `RequestError` where one of them is none."""
        if not _SHA256.fullmatch(sha256):
            raise RequestError(f"{sha256[:80]!r} is no sha256")
        if not _NAME.fullmatch(name):
            raise RequestError(f"{name[:80]!r} is no name for a file in the cache")
        return self._folder / "files" / "sha256" / sha256[:2] / sha256 / name

    def file(self, sha256: str, name: str) -> Fetched | None:
        """The file with this hash, read through and found to be whole; None where it isn't here, or was damaged."""
        path = self.path_of(sha256, name)
        try:
            with path.open("rb") as file:
                digest, size = hashlib.sha256(), 0
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
        except OSError:
            return None
        if digest.hexdigest() == sha256:
            return Fetched(path, sha256, size)
        _thrown_away(path)
        return None

    def page(self, key: str) -> Page | None:
        """What is known of the page of this key, however old it is."""
        path = self._page_path(key)
        try:
            with path.open("rb") as file:
                head, body = file.readline(_HEAD), file.read()
        except OSError:
            return None
        page = _page(head, body)
        if page is None:
            _thrown_away(path)
        return page

    def keep_page(self, key: str, page: Page) -> None:
        """Keep a page in place of the one of this key."""
        head = {
            "url": without_credentials(page.url),
            "kind": page.kind,
            "etag": page.etag,
            "fetched": page.fetched,
            "sha256": hashlib.sha256(page.body).hexdigest(),
        }
        with replacing(self._page_path(key)) as draft:
            draft.write(json.dumps(head, sort_keys=True).encode("ascii") + b"\n")
            draft.write(page.body)

    def alias(self, key: str) -> str:
        """The sha256 of a file that an index names without one, as it was when it was fetched; "" where it wasn't."""
        page = self.page(f"alias {key}")
        text = page.body.decode("ascii", "replace") if page else ""
        return text if _SHA256.fullmatch(text) else ""

    def keep_alias(self, key: str, sha256: str) -> None:
        """Remember the sha256 of such a file."""
        self.keep_page(f"alias {key}", Page("", "", "", 0.0, sha256.encode("ascii")))

    def _page_path(self, key: str) -> Path:
        name = hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()
        return self._folder / "pages" / name[:2] / name


def _page(head: bytes, body: bytes) -> Page | None:
    """A page as it was kept; None where it was damaged."""
    try:
        said = json.loads(head)
        page = Page(str(said["url"]), str(said["kind"]), str(said["etag"]), float(said["fetched"]), body)
        return page if said["sha256"] == hashlib.sha256(body).hexdigest() else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _thrown_away(path: Path) -> None:
    with suppress(OSError):
        path.unlink()

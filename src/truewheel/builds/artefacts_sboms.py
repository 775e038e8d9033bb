"""The folder of a build in bills of materials: maturin names crates by the URLs of their folders.

Such a name only tells components of one document apart (CycloneDX, ``bom-ref``): it may be another one, if it is that
wherever it stands. Cargo leaves a crate's own name out where the last part of the URL is that name already:
``path+file:///way/own#1.0.0``, but ``path+file:///way/other#own@1.0.0`` (Cargo Book, Package ID Specifications). Here
the crate is always named, so that what the folder is called decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath
from typing import Final
from urllib.parse import quote

from truewheel.wheel import Bytes, Entry, Normalizer, Wheel, amended

_LARGEST: Final = 64 << 20
"""Bytes of a bill that is looked into; one of a thousand crates has two million."""

_LITERAL: Final = "/:@!$&'()*+,;=~[]^|"
"""What Rust's URLs leave as it is in a path, besides letters, digits and ``-._``."""

_FILE: Final = "file://"
_NEW: Final = _FILE.encode() + b"/src"


def folders_left_out(folders: Iterable[str]) -> Normalizer:
    """A step that calls the folders of a build ``/src`` in the URLs of bills of materials (PEP 770).

    A crate that lies in such a folder itself is ``/src#NAME@VERSION``, whether Cargo has named it or not.
    """
    # Inner folders before outer ones: of two that begin alike, the longer one is meant.
    roots = sorted({spelled for folder in folders for spelled in _spelled(folder)}, key=lambda root: (-len(root), root))
    if not roots:
        return lambda wheel: wheel
    root = b"|".join(map(re.escape, roots))
    # Before 1.77, Cargo put the URL in brackets: `own 1.0.0 (path+file:///way/own)`.
    url = re.compile(rb"(path\+)?(?P<root>" + root + rb')(?:(?P<version>#(?=\d+\.\d+\.\d))|(?=[/#?"\s]|\)["\s]|\Z))')

    def step(wheel: Wheel) -> Wheel:
        inside = wheel.info_path("sboms/")
        bills = [e for e in wheel.entries if e.name.startswith(inside) and e.size <= _LARGEST]
        changed = []
        for entry in bills:
            before = bytes(entry.read())
            after = url.sub(_renamed, before)
            if after != before:
                changed.append(Entry(entry.name, entry.executable, Bytes(after)))
        return amended(wheel, *changed) if changed else wheel

    return step


def _renamed(found: re.Match[bytes]) -> bytes:
    """What stands for the URL of a folder, with the name of its crate where only the folder's says it."""
    kind, version = found[1] or b"", found["version"] or b""
    crate = found["root"].rpartition(b"/")[2] + b"@" if kind and version else b""
    return kind + _NEW + version + crate


def _spelled(folder: str) -> set[bytes]:
    """The URLs of a folder, as it is and as URLs are encoded; none for the root."""
    path = PurePath(folder).as_posix().rstrip("/")
    if not path:
        return set()
    start = _FILE if path.startswith("/") else f"{_FILE}/"  # a drive of Windows has no slash before it
    return {f"{start}{path}".encode("utf-8", "surrogateescape"), f"{start}{quote(path, _LITERAL)}".encode("ascii")}

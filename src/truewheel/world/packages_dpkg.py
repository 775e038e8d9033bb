"""The packages of Debian and its kin: who has which library.

Sources: dpkg(1) and deb-control(5) for ``status`` and its stanzas, dpkg-query(1) for ``info/NAME[:ARCH].list``.
Images made by bazel (distroless) have a stanza and the md5sums of each package in ``status.d`` instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from truewheel.binary.fields import decoded
from truewheel.world.packages_model import MOST_CLAIMS, Claim, sound
from truewheel.world.trees import Root

_HOME = "var/lib/dpkg"
_LARGEST = 1 << 24  # bytes of one file: ``status`` has about one kilobyte per package
_LARGEST_SUM = 1 << 28  # bytes of all lists

_FIELD = re.compile(rb"^(Package|Version|Architecture):(.*)$", re.MULTILINE)
_LIBRARY = b".so"


class _Stanza(NamedTuple):
    name: str
    version: str
    arch: str


def dpkg_claims(root: Root) -> dict[str, list[Claim]]:
    """Which packages have the libraries of a system, by file name; empty where there is no such database."""
    index: dict[str, list[Claim]] = {}
    count = 0
    for stanza, listed in _packages(root):
        for line in _lines_with(_LIBRARY, listed):
            path = line if line.startswith(b"/") else line.partition(b"  ")[2]
            folder, _, name = path.rpartition(b"/")
            index.setdefault(decoded(name), []).append(Claim(decoded(folder).lstrip("/"), *stanza))
            count += 1
            if count == MOST_CLAIMS:
                return index
    return index


def _lines_with(mark: bytes, text: bytes) -> Iterator[bytes]:
    """The lines in which the mark stands: few of many, so it is looked for before lines are."""
    at = text.find(mark)
    while at >= 0:
        end = text.find(b"\n", at)
        end = len(text) if end < 0 else end
        yield text[text.rfind(b"\n", 0, at) + 1 : end]
        at = text.find(mark, end)


def _packages(root: Root) -> Iterator[tuple[_Stanza, bytes]]:
    """Each package with the lines of its files: a path with a slash before it, or after a checksum and two spaces."""
    left = _LARGEST_SUM
    for stanza, path in (*_listed(root), *_bazel(root)):
        listed = _whole(root, path)
        left -= len(listed)
        if left < 0:
            return
        yield stanza, listed


def _listed(root: Root) -> Iterator[tuple[_Stanza, str]]:
    known: dict[str, _Stanza] = {}
    for text in _paragraphs(_whole(root, f"{_HOME}/status")):
        stanza = _stanza(text)
        if stanza is not None:
            known[stanza.name] = known[f"{stanza.name}:{stanza.arch}"] = stanza
    for name in root.names(f"{_HOME}/info") if known else ():
        stanza = known.get(name.removesuffix(".list"))
        if stanza is not None:
            yield stanza, f"{_HOME}/info/{name}"


def _bazel(root: Root) -> Iterator[tuple[_Stanza, str]]:
    for name in root.names(f"{_HOME}/status.d"):
        if not name.endswith(".md5sums"):
            stanza = _stanza(_whole(root, f"{_HOME}/status.d/{name}"))
            if stanza is not None:
                yield stanza, f"{_HOME}/status.d/{name}.md5sums"


def _paragraphs(data: bytes) -> Iterator[bytes]:
    """The parts of a file with empty lines between them, one after the other."""
    start = 0
    while start < len(data):
        end = data.find(b"\n\n", start)
        end = len(data) if end < 0 else end
        yield data[start:end]
        start = end + 2


def _stanza(text: bytes) -> _Stanza | None:
    """Name, version and architecture that a stanza gives, if all three are sound."""
    fields = {key: sound(value) for key, value in _FIELD.findall(text)}
    found = _Stanza(*(fields.get(key, "") for key in (b"Package", b"Version", b"Architecture")))
    return found if all(found) else None


def _whole(root: Root, path: str) -> bytes:
    """A file; nothing of one that is larger than any package's."""
    data = root.read(path, _LARGEST + 1) or b""
    return data if len(data) <= _LARGEST else b""

"""The packages of Alpine: who has which library.

Source: apk-installed(5) of apk-tools. Packages are blocks of lines ``LETTER:VALUE`` with an empty line between
them: ``P`` name, ``V`` version, ``A`` architecture, ``F`` a folder, ``R`` a file in the folder named last.
"""

from __future__ import annotations

from io import BytesIO

from truewheel.binary.fields import decoded
from truewheel.world.packages_model import MOST_CLAIMS, Claim, is_library, sound
from truewheel.world.trees import Root

_PLACES = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
_LARGEST = 1 << 26  # bytes


def apk_claims(root: Root) -> dict[str, list[Claim]]:
    """Which packages have the libraries of a system, by file name; empty where there is no such database."""
    for place in _PLACES:
        data = root.read(place, _LARGEST + 1)
        if data is not None:
            return _claims(data) if len(data) <= _LARGEST else {}
    return {}


def _claims(data: bytes) -> dict[str, list[Claim]]:
    index: dict[str, list[Claim]] = {}
    said: dict[bytes, bytes] = {}
    count = 0
    for line in BytesIO(data):
        key, colon, value = line.rstrip(b"\n").partition(b":")
        if not colon:
            said.clear()
        elif key in {b"P", b"V", b"A", b"F"}:
            said[key] = value
        elif key == b"R" and is_library(value):
            claim = Claim(decoded(said.get(b"F", b"")), *(sound(said.get(each, b"")) for each in (b"P", b"V", b"A")))
            count += 1
            if count > MOST_CLAIMS:
                break
            if all(claim[1:]):
                index.setdefault(decoded(value), []).append(claim)
    return index

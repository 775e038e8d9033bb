"""What a package database says about a file."""

from __future__ import annotations

import re
from typing import NamedTuple

from truewheel.binary.fields import decoded

MOST_CLAIMS = 1 << 18
"""Libraries that an index keeps; large systems have some ten thousand."""

_SOUND = re.compile(r"[\w.+~:^%-]{1,256}", re.ASCII)


class Claim(NamedTuple):
    """A package that has a file of a certain name: in this folder, a path below the root without links resolved."""

    folder: str
    name: str
    version: str
    arch: str


def sound(field: bytes) -> str:
    """A name, a version or an architecture as text; "" for what no distribution would write."""
    text = decoded(field.strip())
    return text if _SOUND.fullmatch(text) else ""


def is_library(name: bytes) -> bool:
    """Whether an index keeps a file: of the hundreds of thousands in a system only these are asked for."""
    return b".so" in name

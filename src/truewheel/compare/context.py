"""What a comparer is given, and what it gives: one shape for all formats."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from truewheel.compare.model import Difference


@dataclass(frozen=True, slots=True)
class Pair:
    """The contents of one member on both sides, which differ, and where it stands.

    ``name`` is the member's path; of nested archives the whole way, joined by ``!/``. ``depth`` counts how many
    archives it lies in, so that nesting ends.
    """

    name: str
    left: bytes
    right: bytes
    depth: int = 0


Comparer: TypeAlias = Callable[[Pair], tuple[Difference, ...]]
"""Says where the two contents differ, in the words of their format, with causes where they can be recognized.

Empty where the format doesn't apply or can't be read: then the next comparer is asked, and in the end the bytes are
compared. Never raises for what a file holds, and is bounded: time and memory grow with the size of the contents.
"""

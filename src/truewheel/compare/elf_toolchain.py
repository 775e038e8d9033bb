"""What ELF sections say of tools: the compilers' and linkers' notes in ``.comment``."""

from __future__ import annotations

import re

from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.native_clues import told
from truewheel.compare.native_producers import Strings
from truewheel.compare.reasons import COMPILER, LINKER

_LINKERS = re.compile(r"^(?:Linker:|LLD\b|mold\b|GNU gold\b|Wild\b)", re.IGNORECASE)


def notes(data: memoryview) -> tuple[str, ...]:
    """The notes in a ``.comment``, each once, sorted: linkers keep them in the order of the object files."""
    texts = {text.decode("utf-8", "replace") for text in bytes(data).split(b"\0") if text}
    return tuple(sorted(texts))


def compare_notes(place: str, left: memoryview, right: memoryview) -> Difference | None:
    """How the notes of compilers and linkers differ, with who is another one."""
    ones, others = notes(left), notes(right)
    if ones == others:
        if bytes(left) == bytes(right):
            return None
        return Difference(place, Kind.CONTENT, "the same notes of tools in another order, or some twice")
    only_left = tuple(note for note in ones if note not in others)
    only_right = tuple(note for note in others if note not in ones)
    causes = []
    for reason, linkers in ((COMPILER, False), (LINKER, True)):
        sides = [
            ", ".join(note for note in side if bool(_LINKERS.match(note)) is linkers)
            for side in (only_left, only_right)
        ]
        if any(sides):
            causes.append(Cause(reason, f"{sides[0] or 'nothing'} on the left, {sides[1] or 'nothing'} on the right"))
    shown = told(Strings(only_left, only_right))
    return Difference(place, Kind.CONTENT, "the notes of compilers and linkers differ", *shown, causes=tuple(causes))

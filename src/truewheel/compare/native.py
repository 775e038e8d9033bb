"""Two native files, or two static libraries: of which format they are, and who compares them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from truewheel.binary import HEAD, identify
from truewheel.compare.ar import MAGIC, compare_ar
from truewheel.compare.context import Pair
from truewheel.compare.elf import compare_elf
from truewheel.compare.macho import compare_macho
from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.native_parts import rooted
from truewheel.compare.pe import compare_pe
from truewheel.compare.reasons import PLATFORM
from truewheel.errors import BinaryError

_WORDS: Final = {"elf": "ELF", "macho": "Mach-O", "pe": "PE", "wasm": "WebAssembly", "ar": "a static library"}
_COMPARERS: Final[dict[str, Callable[[bytes, bytes], tuple[Difference, ...]]]] = {
    "elf": compare_elf,
    "macho": compare_macho,
    "pe": compare_pe,
}
_DEEPEST: Final = 8
"""How many archives may lie in each other."""


def compare_native(pair: Pair) -> tuple[Difference, ...]:
    """In what two native files or static libraries differ, in the words of their format.

    Empty where one of them is none, or is damaged; files of two formats differ in nothing but that.
    """
    left, right = _format(pair.left), _format(pair.right)
    if left is None or right is None:
        return ()
    if left != right:
        words = _WORDS[left], _WORDS[right]
        cause = Cause(PLATFORM, f"{words[0]} on the left, {words[1]} on the right")
        return (Difference("format", Kind.CONTENT, "the formats differ", *words, causes=(cause,)),)
    try:
        if left == "ar":
            return rooted(compare_ar(pair, compare_native)) if pair.depth < _DEEPEST else ()
        return rooted(_COMPARERS[left](pair.left, pair.right)) if left in _COMPARERS else ()
    except BinaryError:
        return ()


def _format(data: bytes) -> str | None:
    return "ar" if data.startswith(MAGIC) else identify(data[:HEAD])

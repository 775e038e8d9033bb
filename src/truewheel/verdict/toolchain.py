"""What in a native file may follow from another toolchain, and what never does: which other files it loads.

A published manylinux wheel and a local rebuild of it come from two compilers, and from two Pythons with link options of
their own. Where the compilers' own notes prove that, debug information, which nothing loads, and the linker's
bookkeeping follow. What a loader acts upon is looked at by itself, whatever causes `compare` sees.
"""

from __future__ import annotations

import re
from typing import Final

from truewheel.compare import Difference
from truewheel.compare.reasons import COMPILER, COMPILER_OPTIONS, LINKER

_TOOLS: Final = frozenset({COMPILER, COMPILER_OPTIONS, LINKER})
_RUNTIME: Final = re.compile(
    r"lib(?:atomic|c|dl|gcc_s|m|pthread|rt|stdc\+\+|util)\.so\.\d+|ld-linux[\w-]*\.so\.\d+|libSystem\.B\.dylib|"
    r".*/libSystem\.B\.dylib|.*/libc\+\+\.1\.dylib"
).fullmatch
"""Libraries that come with compilers and systems; which of them are named follows from these (glibc 2.34 has fewer)."""
_LIBRARIES: Final = frozenset({"NEEDED", "libraries", "imports"})
_PATHS: Final = frozenset({"RPATH", "RUNPATH", "run paths"})
_NEVER: Final = frozenset({"SONAME", "AUXILIARY", "FILTER", ".interp"})
_BOOKKEEPING: Final = frozenset(
    {
        "BIND_NOW", "FINI", "FINI_ARRAY", "FINI_ARRAYSZ", "FLAGS", "FLAGS_1", "GNU_HASH", "HASH", "INIT", "INIT_ARRAY",
        "INIT_ARRAYSZ", "JMPREL", "PLTGOT", "PLTREL", "PLTRELSZ", "REL", "RELA", "RELACOUNT", "RELAENT", "RELASZ",
        "RELCOUNT", "RELENT", "RELR", "RELRENT", "RELRSZ", "RELSZ", "TLSDESC_GOT", "TLSDESC_PLT", "VERNEED",
        "VERNEEDNUM", "VERSYM",
    }
)  # fmt: skip
"""Entries of the dynamic table that say where and how many things are, and how they are bound."""
_DEBUG: Final = re.compile(r"\.debug_\w+|debug sections|\.symtab|\.strtab|\.gnu\.build\.attributes").fullmatch


def other_tools(difference: Difference) -> bool:
    """Whether the notes in a native file prove that other tools made it."""
    return any(cause.reason in _TOOLS and cause.sure for part in difference.walk() for cause in part.causes)


def of_loading(part: Difference) -> bool | None:
    """Whether a part that loaders act upon may be explained at all; None for one that they don't.

    They may be by which of the systems' own libraries are named, and by run paths that the rebuilt file alone has.
    """
    left, right = _items(part.left), _items(part.right)
    if part.place in _LIBRARIES:
        return bool(left | right) and all(map(_RUNTIME, left | right))
    if part.place in _PATHS:
        return not left and bool(right)
    return False if part.place in _NEVER else None


def follows_tools(part: Difference) -> bool:
    """Whether a part for which there is no cause follows from other tools, where these are proven."""
    if _DEBUG(part.place) or part.place in _BOOKKEEPING:
        return True
    if part.place == "entries":
        return _items(part.left) <= _BOOKKEEPING and _items(part.right) <= _BOOKKEEPING | _PATHS
    return bool(of_loading(part))


def _items(side: str | None) -> frozenset[str]:
    """The items of a side that only it has; a list that was cut ends with what is no item."""
    return frozenset(side.split("\n")) if side else frozenset()

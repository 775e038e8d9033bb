"""The symbols of a Mach-O slice: LC_SYMTAB's table, narrowed by the ranges of LC_DYSYMTAB.

Source: ``<mach-o/nlist.h>`` and ``<mach-o/loader.h>``. Names are decoded when first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from struct import Struct
from typing import NamedTuple, TypeAlias

from truewheel.binary.fields import LONGEST_SYMBOL, Fields, decoded
from truewheel.errors import BinaryError, Where

_STAB, _PRIVATE, _TYPE, _EXTERNAL = 0xE0, 0x10, 0x0E, 0x01
_UNDEFINED, _PREBOUND = 0x00, 0x0C
# Linkers write each name once and may let a name end inside another; a table that hands out many times
# its own size is made to exhaust memory.
_REUSE = 8
_OVERLAP = "is one too many in a table of overlapping names"

Range: TypeAlias = tuple[int, int]
"""The index of the first symbol and the number of symbols."""


class SymbolCommands(NamedTuple):
    """Where a slice keeps its symbols: LC_SYMTAB, and the ranges of LC_DYSYMTAB if there is one."""

    symbols: int
    number: int
    strings: int
    strings_size: int
    defined: Range | None
    undefined: Range | None


class MachSymbolTable:
    """The symbol table of a slice (a `MachSymbols`). Equal when the names are.

    The table's bounds are checked at once, its names when they are decoded: `imports` and `exports` raise
    `BinaryError` for a name that isn't in the string table. What is held are copies of the entries that matter and
    of the strings between their first and their last name: most of a string table is about local symbols.
    """

    def __init__(self, slice_: Fields, bits: int, order: str, commands: SymbolCommands | None) -> None:
        self._entry = Struct(order + ("IBxxxQ" if bits == 64 else "IBxxxI"))
        self._undefined = self._defined = self._strings = b""
        self._start = self._strings_at = self._room = 0
        if commands is not None:
            slice_.check(commands.symbols, commands.number * self._entry.size, "the symbol table")
            slice_.check(commands.strings, commands.strings_size, "the string table")
            for first, count in filter(None, (commands.defined, commands.undefined)):
                if first + count > commands.number:
                    what = f"LC_DYSYMTAB speaks of symbol {first + count - 1}, but LC_SYMTAB has {commands.number}"
                    raise slice_.error(what, commands.symbols)
            self._copy(slice_, commands)

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Undefined external names, in table order."""
        return tuple(self._names(self._undefined, _is_import))

    @cached_property
    def exports(self) -> tuple[str, ...]:
        """Defined external names, in table order; a private external is not among them."""
        return tuple(self._names(self._defined, _is_export))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MachSymbolTable):
            return NotImplemented
        return self.imports == other.imports and self.exports == other.exports

    def __hash__(self) -> int:
        return hash((self.imports, self.exports))

    def _copy(self, slice_: Fields, commands: SymbolCommands) -> None:
        """Take the entries of both ranges, and the strings that they use."""
        size, whole = self._entry.size, (0, commands.number)
        tables = {
            part: slice_.take(commands.symbols + part[0] * size, part[1] * size, "the symbol table")
            for part in (commands.undefined or whole, commands.defined or whole)
        }
        self._undefined, self._defined = tables[commands.undefined or whole], tables[commands.defined or whole]
        index = Struct(f"{self._entry.format[0]}I{size - 4}x")
        ends = [end for table in tables.values() if table for end in _ends(at for (at,) in index.iter_unpack(table))]
        strings = slice_.take(commands.strings, commands.strings_size, "the string table")
        self._start = min(ends, default=0)
        end = strings.find(0, max(ends, default=0))
        self._strings = strings[self._start : len(strings) if end < 0 else end + 1]
        self._strings_at = slice_.start + commands.strings
        self._room = _REUSE * len(strings)

    def _names(self, table: bytes, wanted: Callable[[int, int], bool]) -> Iterator[str]:
        strings, start, budget = self._strings, self._start, self._room
        seen: dict[int, str] = {}
        for index, kind, value in self._entry.iter_unpack(table):
            if not wanted(kind, value):
                continue
            if index not in seen:
                end = strings.find(0, index - start)
                size = end + start - index
                budget -= max(size, 0)
                if end < 0 or budget < 0 or size > LONGEST_SYMBOL:
                    fault = "has no end" if end < 0 else "is too long" if budget >= 0 else _OVERLAP
                    raise BinaryError(f"the symbol name at {index:#x} {fault}", where=Where(offset=self._strings_at))
                seen[index] = decoded(strings[index - start : end])
            yield seen[index]


def _ends(numbers: Iterable[int]) -> tuple[int, int]:
    """The least and the greatest of some numbers, in no more memory than two take."""
    least, greatest = 1 << 32, 0
    for number in numbers:
        least = min(least, number)
        greatest = max(greatest, number)
    return least, greatest


def _is_import(kind: int, value: int) -> bool:
    return not kind & _STAB and bool(kind & _EXTERNAL) and _is_undefined(kind, value)


def _is_export(kind: int, value: int) -> bool:
    return not kind & (_STAB | _PRIVATE) and bool(kind & _EXTERNAL) and not _is_undefined(kind, value)


def _is_undefined(kind: int, value: int) -> bool:
    """A common symbol of an object file is undefined by its type, but has its size as value: it is a definition."""
    return kind & _TYPE == _PREBOUND or (kind & _TYPE == _UNDEFINED and not value)

"""The symbols of a Mach-O slice: LC_SYMTAB's table, narrowed by the ranges of LC_DYSYMTAB.

Source: ``<mach-o/nlist.h>`` and ``<mach-o/loader.h>``. Names are decoded when first asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from struct import Struct
from typing import NamedTuple, TypeAlias

from truewheel.binary.fields import Fields, decoded

_STAB, _PRIVATE, _TYPE, _EXTERNAL = 0xE0, 0x10, 0x0E, 0x01
_UNDEFINED, _PREBOUND = 0x00, 0x0C
# Linkers write each name once and may let a name end inside another; a table that hands out many times
# its own size is made to exhaust memory.
_REUSE = 8

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
    `BinaryError` for a name that isn't in the string table. The buffer must still be open then.
    """

    def __init__(self, slice_: Fields, bits: int, order: str, commands: SymbolCommands | None) -> None:
        self._slice = slice_
        self._entry = Struct(order + ("IBxxxQ" if bits == 64 else "IBxxxI"))
        self._commands = commands
        if commands is not None:
            slice_.check(commands.symbols, commands.number * self._entry.size, "the symbol table")
            slice_.check(commands.strings, commands.strings_size, "the string table")
            for first, count in filter(None, (commands.defined, commands.undefined)):
                if first + count > commands.number:
                    what = f"LC_DYSYMTAB speaks of symbol {first + count - 1}, but LC_SYMTAB has {commands.number}"
                    raise slice_.error(what, commands.symbols)

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Undefined external names, in table order."""
        return tuple(self._names(None if self._commands is None else self._commands.undefined, _is_import))

    @cached_property
    def exports(self) -> tuple[str, ...]:
        """Defined external names, in table order; a private external is not among them."""
        return tuple(self._names(None if self._commands is None else self._commands.defined, _is_export))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MachSymbolTable):
            return NotImplemented
        return self.imports == other.imports and self.exports == other.exports

    def __hash__(self) -> int:
        return hash((self.imports, self.exports))

    def _names(self, part: Range | None, wanted: Callable[[int, int], bool]) -> Iterator[str]:
        commands = self._commands
        if commands is None:
            return
        first, count = part or (0, commands.number)
        size = self._entry.size
        table = self._slice.take(commands.symbols + first * size, count * size, "the symbol table")
        strings = self._slice.take(commands.strings, commands.strings_size, "the string table")
        budget = _REUSE * len(strings)
        seen: dict[int, str] = {}
        for index, kind, value in self._entry.iter_unpack(table):
            if not wanted(kind, value):
                continue
            if index not in seen:
                end = strings.find(0, index)
                budget -= max(end - index, 0)
                if end < 0 or budget < 0:
                    fault = "has no end" if end < 0 else "is one too many in a table of overlapping names"
                    raise self._slice.error(f"the symbol name at {index:#x} {fault}", commands.strings)
                seen[index] = decoded(strings[index:end])
            yield seen[index]


def _is_import(kind: int, value: int) -> bool:
    return not kind & _STAB and bool(kind & _EXTERNAL) and _is_undefined(kind, value)


def _is_export(kind: int, value: int) -> bool:
    return not kind & (_STAB | _PRIVATE) and bool(kind & _EXTERNAL) and not _is_undefined(kind, value)


def _is_undefined(kind: int, value: int) -> bool:
    """A common symbol of an object file is undefined by its type, but has its size as value: it is a definition."""
    return kind & _TYPE == _PREBOUND or (kind & _TYPE == _UNDEFINED and not value)

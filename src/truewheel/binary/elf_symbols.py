"""The dynamic symbols of an ELF file: how many there are, and what they are when somebody asks.

Most files are asked for their imports at most, so nothing is decoded before. What is held are copies of the
three tables, not the file: the buffer may be closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat
from struct import Struct
from typing import NamedTuple

from truewheel.binary.elf_layout import EM_ALPHA, EM_S390, Layout, Strings, Tag
from truewheel.binary.elf_versions import INDEX, VersionName
from truewheel.binary.fields import Fields
from truewheel.binary.model import Binding, ElfSymbol

SHT_DYNSYM = 11
_CHUNK = 1 << 12
_LOWEST_BIT = bytes(number & 1 for number in range(256))
_BINDINGS = {0: Binding.LOCAL, 1: Binding.GLOBAL, 2: Binding.WEAK, 10: Binding.UNIQUE}
_BINDING_OF = tuple(_BINDINGS.get(number, Binding.OTHER) for number in range(16))
_UNVERSIONED = ("", "")
_TABLES = (Tag.STRTAB, Tag.HASH, Tag.GNU_HASH, Tag.VERSYM, Tag.VERNEED, Tag.VERDEF, Tag.RELA, Tag.REL, Tag.JMPREL)


@dataclass(frozen=True)
class SymbolTable:
    """The symbols as the file stores them; two are equal when their bytes and versions are.

    ``symbols`` is ``.dynsym``, ``indexes`` is ``.gnu.version`` (empty if there is none), ``names`` says what
    its numbers mean. ``strings`` is ``.dynstr``, which was at ``offset`` in the file. `imports` and `exports`
    raise `BinaryError` if a name lies outside of it.
    """

    little_endian: bool
    bits: int
    symbols: bytes = field(repr=False)
    strings: bytes = field(repr=False)
    indexes: bytes = field(repr=False)
    names: tuple[VersionName, ...]
    offset: int = field(compare=False)

    @cached_property
    def imports(self) -> tuple[ElfSymbol, ...]:
        """The undefined names, strong and weak, in table order."""
        return tuple(self._decoded({name.number: (name.version, name.library) for name in self.names}, defined=False))

    @cached_property
    def exports(self) -> tuple[ElfSymbol, ...]:
        """The defined names that are not local, in table order."""
        return tuple(self._decoded({name.number: (name.version, "") for name in self.names}, defined=True))

    def _decoded(self, versions: dict[int, tuple[str, str]], *, defined: bool) -> Iterator[ElfSymbol]:
        versions[0] = versions[1] = _UNVERSIONED
        name_at = Strings(self.strings, self.offset, symbols=True).at
        for (start, info, section), (index,) in zip(self._records(), self._indexes(), strict=False):
            if (section != 0) is defined and info >> 4 and (name := name_at(start)):
                version, library = versions.get(index & INDEX, _UNVERSIONED)
                yield ElfSymbol(name, version, library, _BINDING_OF[info >> 4], info & 15)

    def _records(self) -> Iterator[tuple[int, int, int]]:
        order = "<" if self.little_endian else ">"
        return Struct(order + ("IBxH16x" if self.bits == 64 else "I8xBxH")).iter_unpack(self.symbols)

    def _indexes(self) -> Iterator[tuple[int]]:
        if not self.indexes:
            return repeat((0,))
        return Struct("<H" if self.little_endian else ">H").iter_unpack(self.indexes)


def read_symbols(layout: Layout, strings: Strings, tags: dict[int, int], names: tuple[VersionName, ...]) -> SymbolTable:
    """The symbol table that the dynamic table leads to. Raises `BinaryError`."""
    symbols = indexes = b""
    if Tag.SYMTAB in tags:
        count = count_symbols(layout, tags)
        symbols = _table(layout, tags[Tag.SYMTAB], count * layout.codec.symbol.size, "the symbol table")
        if Tag.VERSYM in tags:
            indexes = _table(layout, tags[Tag.VERSYM], count * 2, "the table of symbol versions")
    return SymbolTable(layout.little_endian, layout.bits, symbols, strings.data, indexes, names, strings.offset)


def _table(layout: Layout, address: int, size: int, what: str) -> bytes:
    return layout.fields.take(layout.locate(address, size, what), size, what) if size else b""


class HashHead(NamedTuple):
    """How DT_HASH begins: the size of its words in bytes, and the numbers of its buckets and chains."""

    word: int
    buckets: int
    chains: int


def hash_head(layout: Layout, address: int) -> HashHead:
    """The head of the table of DT_HASH.

    The gABI has words of 32 bits, but two platforms took 64. LLVM's linker writes 32 there too: taken together, two of
    these, neither of them zero, count more than any file has.
    """
    if layout.bits == 64 and layout.machine in (EM_S390, EM_ALPHA):
        head = _hash_head(layout, address, layout.codec.wide)
        if head.buckets < 1 << 32:
            return head
    return _hash_head(layout, address, layout.codec.word)


def _hash_head(layout: Layout, address: int, word: Struct) -> HashHead:
    offset = layout.locate(address, 2 * word.size, "the hash table")
    (buckets,) = layout.fields.unpack(word, offset, "the hash table")
    (chains,) = layout.fields.unpack(word, offset + word.size, "the hash table")
    return HashHead(word.size, buckets, chains)


def count_symbols(layout: Layout, tags: dict[int, int]) -> int:
    """The number of symbols, which no entry of the dynamic table says."""
    count = count_by_hashes(layout, tags)
    return count_unhashed(layout, tags) if count is None else count


def count_by_hashes(layout: Layout, tags: dict[int, int]) -> int | None:
    """The number of symbols by the tables of their hashes; None where these don't tell.

    DT_GNU_HASH comes first, as for loaders; it counts nothing in a file that defines nothing.
    """
    count = count_hashed(layout, tags[Tag.GNU_HASH]) if Tag.GNU_HASH in tags else 0
    if not count and Tag.HASH in tags:
        return hash_head(layout, tags[Tag.HASH]).chains
    return count or None


def count_hashed(layout: Layout, address: int) -> int:
    """The number of symbols by DT_GNU_HASH: the end of the last chain. 0 if no symbol is hashed."""
    what = "the GNU hash table"
    word = layout.codec.word
    offset, room = layout.extent(address, what)
    part = layout.fields.part(offset, room, what)
    buckets, first, filters, _ = part.unpack(Struct(layout.order + "IIII"), 0, what)
    at = 16 + filters * (layout.bits // 8)
    last: int = max(word.iter_unpack(part.take(at, buckets * 4, what)), default=(0,))[0]
    if last < first or last == 0:
        return 0
    return last + 1 + _links(layout, part, at + buckets * 4 + (last - first) * 4, what)


def _links(layout: Layout, part: Fields, at: int, what: str) -> int:
    """The number of entries of a chain from `at` on, but for the one that ends it: its lowest bit is set."""
    low, links = 0 if layout.little_endian else 3, 0
    while True:
        part.check(at + 4 * links, 4, what)
        size = min(_CHUNK, part.size - at - 4 * links)
        column = part.take(at + 4 * links, size - size % 4, what)[low::4]
        end = column.translate(_LOWEST_BIT).find(1)
        if end >= 0:
            return links + end
        links += len(column)


def count_unhashed(layout: Layout, tags: dict[int, int]) -> int:
    """The number of symbols where all are undefined: by the section header, else up to the next table."""
    symbols = tags[Tag.SYMTAB]
    size = layout.codec.symbol.size
    for section in layout.sections():
        if section.type == SHT_DYNSYM and section.address == symbols:
            return section.size // size
    place = layout.find(symbols)
    room = place[1] if place else 0
    following = (tags[tag] - symbols for tag in _TABLES if tags.get(tag, 0) > symbols)
    return min(room, *following, room) // size

"""How an ELF file is laid out: header, segments, sections and the dynamic table (gABI chapters 4 and 5).

Everything is found the way a loader finds it, through the program headers and the addresses of PT_DYNAMIC;
section headers may be absent or nonsense, and are looked at only where nothing else knows the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import NamedTuple

from truewheel.binary.fields import LONGEST_PATH, LONGEST_SYMBOL, Buffer, Fields, decoded
from truewheel.errors import BinaryError, Where

EM_MIPS, EM_S390, EM_ALPHA = 8, 22, 0x9026
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_TLS = 1, 2, 3, 4, 7
PT_GNU_STACK = 0x6474E551
PN_XNUM = 0xFFFF
_MOST_TAGS = 1 << 16  # entries of the dynamic table: ten times those of a program with a thousand libraries


class Tag(IntEnum):
    """The entries of the dynamic table that matter here (DT_*)."""

    NULL = 0
    NEEDED = 1
    PLTRELSZ = 2
    HASH = 4
    STRTAB = 5
    SYMTAB = 6
    RELA = 7
    RELASZ = 8
    RELAENT = 9
    STRSZ = 10
    SONAME = 14
    RPATH = 15
    REL = 17
    RELSZ = 18
    RELENT = 19
    PLTREL = 20
    TEXTREL = 22
    JMPREL = 23
    INIT_ARRAY = 25
    FINI_ARRAY = 26
    INIT_ARRAYSZ = 27
    FINI_ARRAYSZ = 28
    RUNPATH = 29
    FLAGS = 30
    PREINIT_ARRAY = 32
    PREINIT_ARRAYSZ = 33
    RELRSZ = 35
    RELR = 36
    RELRENT = 37
    ANDROID_RELR = 0x6FFFE000
    ANDROID_RELRSZ = 0x6FFFE001
    ANDROID_RELRENT = 0x6FFFE003
    GNU_HASH = 0x6FFFFEF5
    CONFIG = 0x6FFFFEFA
    DEPAUDIT = 0x6FFFFEFB
    AUDIT = 0x6FFFFEFC
    VERSYM = 0x6FFFFFF0
    RELACOUNT = 0x6FFFFFF9
    RELCOUNT = 0x6FFFFFFA
    FLAGS_1 = 0x6FFFFFFB
    VERDEF = 0x6FFFFFFC
    VERNEED = 0x6FFFFFFE
    AUXILIARY = 0x7FFFFFFD
    USED = 0x7FFFFFFE
    FILTER = 0x7FFFFFFF


class Segment(NamedTuple):
    """A program header (Elf_Phdr), the same for both sizes."""

    type: int
    flags: int
    offset: int
    address: int
    file_size: int
    memory_size: int
    alignment: int


class Section(NamedTuple):
    """A section header (Elf_Shdr) without its name."""

    type: int
    address: int
    offset: int
    size: int


class Codec(NamedTuple):
    """The records of ELF for one size and byte order."""

    header: Struct
    segment: Struct
    section: Struct
    dynamic: Struct
    symbol: Struct
    word: Struct
    wide: Struct


def _codec(bits: int, order: str) -> Codec:
    if bits == 64:
        layouts = ("HHIQQQIHHHHHH", "IIQQ8xQQQ", "4xI8xQQQ4xI16x", "QQ", "IBxH16x")
    else:
        layouts = ("HHIIIIIHHHHHH", "III4xIIII", "4xI4xIII4xI8x", "II", "I8xBxH")
    return Codec(*(Struct(order + layout) for layout in (*layouts, "I", "Q")))


_CODECS = {(bits, little): _codec(bits, "<" if little else ">") for bits in (32, 64) for little in (True, False)}


class Strings:
    """A string table: a copy of ``.dynstr``, and where it was.

    Names may overlap (linkers merge tails), so a small hostile table could ask for endless text: a table gives
    out `SHARING` times its size at most, which leaves honest files a wide margin, and of what isn't a symbol's
    name (``symbols`` tells) no more than `MOST_PATHS`, for all of that is shown.
    """

    SHARING = 16
    MOST_PATHS = 1 << 20

    __slots__ = ("_known", "_longest", "_room", "data", "offset")

    def __init__(self, data: bytes, offset: int, *, symbols: bool = False) -> None:
        self.data = data
        self.offset = offset
        self._known: dict[int, str] = {}
        self._room = self.SHARING * len(data) if symbols else min(self.SHARING * len(data), self.MOST_PATHS)
        self._longest = LONGEST_SYMBOL if symbols else LONGEST_PATH

    def at(self, start: int) -> str:
        """The string that begins at `start`. Raises `BinaryError` outside of the table, and where it is too long."""
        known = self._known.get(start)
        if known is None:
            known = self._known[start] = self.text(start, self._longest)
        return known

    def text(self, start: int, longest: int) -> str:
        """`at` for a string that has a limit of its own."""
        end = self.data.find(b"\0", start, start + longest + 1)
        self._room -= end - start
        if end < 0:
            size = len(self.data)
            what = f"a name at {start:#x} of a string table of {size} bytes has no end"
            raise self._error(what if start + longest >= size else f"{what} within {longest} bytes", start)
        if self._room < 0:
            raise self._error("the names in a string table overlap beyond reason, or are too many", start)
        return decoded(self.data[start:end])

    def _error(self, what: str, start: int) -> BinaryError:
        return BinaryError(what, where=Where(offset=self.offset + start))


@dataclass(frozen=True, slots=True)
class Layout:
    """The header of an ELF file and its segments, with what it takes to follow addresses."""

    fields: Fields
    codec: Codec
    bits: int
    little_endian: bool
    osabi: int
    type: int
    machine: int
    flags: int
    segments: tuple[Segment, ...]
    loads: tuple[Segment, ...]  # those with bytes in the file; neighbours in file and memory are one
    sections_at: tuple[int, int, int]  # offset, size of an entry, number of entries, as the header says

    @property
    def order(self) -> str:
        """The byte order as `struct` writes it."""
        return "<" if self.little_endian else ">"

    def of(self, *types: int) -> Iterator[Segment]:
        """The segments of some types, in table order."""
        return (segment for segment in self.segments if segment.type in types)

    def find(self, address: int) -> tuple[int, int] | None:
        """The file offset of an address, and how many bytes of its segment the file has from there on."""
        for load in self.loads:
            skip = address - load.address
            if 0 <= skip < load.file_size:
                return load.offset + skip, load.file_size - skip
        return None

    def extent(self, address: int, what: str) -> tuple[int, int]:
        """`find`, or a `BinaryError` that names `what`."""
        place = self.find(address)
        if place is None:
            raise BinaryError(f"{what} is said to be at address {address:#x}, which no segment of the file holds")
        return place

    def locate(self, address: int, size: int, what: str) -> int:
        """The file offset of an address that `size` bytes are to be read from."""
        offset, room = self.extent(address, what)
        if size > room:
            raise self.fields.error(f"{what} needs {size} bytes, but its segment ends after {room}", offset)
        return offset

    def sections(self) -> Iterator[Section]:
        """The section headers, in table order; none at all where they don't fit into the file."""
        offset, entry, count = self.sections_at
        layout = self.codec.section
        if offset == 0 or entry != layout.size or offset + entry > self.fields.size:
            return
        if count == 0:
            count = Section(*self.fields.unpack(layout, offset, "section 0")[:4]).size
        if offset + count * entry > self.fields.size:
            return
        for index in range(count):
            yield Section(*self.fields.unpack(layout, offset + index * entry, "a section header")[:4])

    def dynamic(self) -> tuple[tuple[int, int], ...]:
        """The tags and values of the dynamic table, up to DT_NULL.

        A loader takes it from its address, tools often from its offset: both must be the same.
        """
        for segment in self.of(PT_DYNAMIC):
            place = self.find(segment.address)
            if place is not None and segment.file_size and place[0] != segment.offset:
                raise self.fields.error(
                    f"PT_DYNAMIC has the offset {segment.offset:#x}, but its address is at {place[0]:#x}", place[0]
                )
            size = segment.file_size - segment.file_size % self.codec.dynamic.size
            raw = self.fields.take(segment.offset, min(size, _MOST_TAGS * self.codec.dynamic.size), "the dynamic table")
            entries = tuple(_until_null(self.codec.dynamic.iter_unpack(raw)))
            if len(entries) == _MOST_TAGS:
                raise self.fields.error(f"the dynamic table has no end within {_MOST_TAGS} entries", segment.offset)
            return entries
        return ()


def _until_null(entries: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for tag, value in entries:
        if tag == Tag.NULL:
            return
        yield tag, value


def read_layout(buffer: Buffer) -> Layout:
    """The header and the program headers of an ELF file.

    Raises `BinaryError` if it isn't ELF, is truncated, or has headers of the wrong size.
    """
    fields = Fields(buffer)
    ident = fields.take(0, 16, "the ELF identification")
    if ident[:4] != b"\x7fELF" or ident[4] not in (1, 2) or ident[5] not in (1, 2):
        raise fields.error(f"this is not an ELF file: it begins with {ident[:6].hex(' ')}", 0)
    bits, little = 32 * ident[4], ident[5] == 1
    codec = _CODECS[bits, little]
    kind, machine, _, _, phoff, shoff, flags, _, phentsize, phnum, shentsize, shnum, _ = fields.unpack(
        codec.header, 16, "the ELF header"
    )
    if phnum == PN_XNUM:
        phnum = _many_segments(fields, codec, shoff)
    segments = tuple(_segments(fields, codec, phoff, phentsize, phnum, wide=bits == 64))
    loads = tuple(segment for segment in segments if segment.type == PT_LOAD and segment.file_size)
    for load in loads:
        fields.check(load.offset, load.file_size, f"the segment loaded at {load.address:#x}")
    joined = tuple(_joined(loads))
    return Layout(
        fields, codec, bits, little, ident[7], kind, machine, flags, segments, joined, (shoff, shentsize, shnum)
    )


def _joined(loads: Iterable[Segment]) -> Iterator[Segment]:
    """The segments, those as one that follow each other without a gap in file and memory alike.

    patchelf puts such a segment in front of a program's first one, and lets tables run over the seam.
    """
    last: Segment | None = None
    for load in loads:
        if last is None:
            last = load
        elif (load.offset, load.address) == (last.offset + last.file_size, last.address + last.file_size):
            last = last._replace(file_size=last.file_size + load.file_size)
        else:
            yield last
            last = load
    if last is not None:
        yield last


def _many_segments(fields: Fields, codec: Codec, shoff: int) -> int:
    """The number of segments where the header's field is too small: sh_info of section 0 (PN_XNUM)."""
    if not shoff:
        raise fields.error("the ELF header leaves the number of segments to section 0, which it doesn't have", 16)
    return fields.unpack(codec.section, shoff, "section 0")[4]


def _segments(fields: Fields, codec: Codec, offset: int, entry: int, count: int, *, wide: bool) -> Iterator[Segment]:
    layout = codec.segment
    if not count:
        return
    if entry != layout.size:
        raise fields.error(f"the ELF header gives program headers {entry} bytes each instead of {layout.size}", 16)
    for values in layout.iter_unpack(fields.take(offset, count * entry, f"the table of {count} program headers")):
        if wide:
            yield Segment(*values)
        else:  # ELF32 has the flags behind the sizes
            kind, start, address, file_size, memory_size, flags, alignment = values
            yield Segment(kind, flags, start, address, file_size, memory_size, alignment)

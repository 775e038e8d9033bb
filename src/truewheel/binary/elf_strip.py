"""Strip an ELF file: its symbol table and what only debuggers read go, as ``strip -s`` takes them.

What is loaded keeps its place and its bytes, and program headers stay as they are: nothing but the table of sections
is made anew. Sections that nobody loads and nobody debugs with (``.comment``, the attributes of processors,
``.gnu_debuglink``, what a program keeps for itself) stay. Behind the last byte that is loaded they move together, so
that the file ends sooner; before it, where linkers and editors have put segments behind them, they stay where they
are, and zeros take the place of what goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from truewheel.binary.elf_edit_image import (
    ET_DYN,
    ET_EXEC,
    SHF_ALLOC,
    SHT_REL,
    SHT_RELA,
    SHT_STRTAB,
    Image,
    extended_numbering,
    read_image,
)
from truewheel.binary.elf_layout import read_layout
from truewheel.binary.elf_strip_build import HEADER, SHT_NULL, TABLE, Extent, Range, Work, stripped
from truewheel.binary.fields import Buffer
from truewheel.binary.patch import Patch
from truewheel.errors import BinaryError

_SHT_SYMTAB, _SHT_NOTE, _SHT_GROUP, _SHT_SYMTAB_SHNDX = 2, 7, 17, 18
_SYMBOLIC = frozenset({_SHT_SYMTAB, _SHT_SYMTAB_SHNDX, _SHT_GROUP, SHT_REL, SHT_RELA})
"""The types of sections that are symbol tables or mean nothing without one, where they aren't loaded."""
_DEBUG = (
    *(b".debug", b".zdebug", b".stab", b".gnu.debuglto_", b".gnu.linkonce.wi."),
    *(b".line\0", b".gdb_index\0", b".gnu_debugdata\0"),
)
"""How the names of debug information begin (DWARF 5, appendix F; stabs; gdb; what GNU's bfd takes for such)."""
_LARGEST_PAGE = 1 << 16


@dataclass(frozen=True, slots=True)
class Stripped:
    """What is left of a file of ``source_size`` bytes: its first ``kept`` ones, with a patch.

    ``left`` says in words why a file is left as it is though it may have something to strip; "" otherwise.
    """

    source_size: int
    kept: int
    patch: Patch
    left: str = ""

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return self.kept < self.source_size or bool(self.patch)

    @property
    def size(self) -> int:
        """The number of bytes of the stripped file."""
        return self.patch.size

    def applied(self, source: Buffer) -> bytearray:
        """The stripped file, a new copy. `source` must be the very file that was looked at."""
        with memoryview(source) as view:
            return self.patch.onto(bytearray(view[: self.kept]))

    def onto(self, copy: bytearray) -> bytearray:
        """The same, made of a copy that the caller does without."""
        del copy[self.kept :]
        return self.patch.onto(copy)

    def head(self, start: bytes) -> bytes:
        """The first bytes of the stripped file, at most as many as `start` has, which are the first of the other."""
        return self.patch.head(start[: self.kept])


def strip_elf(buffer: Buffer) -> Stripped:
    """The file without symbol table and debug information; the same where there is nothing to strip.

    What isn't a linked ELF file (an object file, a static library) comes back as it is, and so does a file with
    data behind everything that its headers name: only its maker knows how it is found (`Stripped.left` says so).
    Raises `BinaryError` where the headers are damaged that a loader reads.
    """
    same = Stripped(len(buffer), len(buffer), Patch(len(buffer)))
    if bytes(buffer[:4]) != b"\x7fELF":
        return same
    layout = read_layout(buffer)
    if layout.type not in (ET_EXEC, ET_DYN) or not layout.sections_at[0]:
        return same
    image = read_image(buffer, layout)
    try:
        work = _work(image)
        return same if work is None else Stripped(len(buffer), work.end, stripped(work))
    except BinaryError as error:
        return replace(same, left=error.what)


# --- what goes
def _work(image: Image) -> Work | None:
    """What there is to do; None for nothing. The errors are reasons to leave the file as it is."""
    if extended_numbering(image):
        raise BinaryError("it has more sections than its header can count")
    if not image.sections:
        raise BinaryError("its table of sections is damaged")
    names = _names(image)
    gone = frozenset(_gone(image, names))
    if not gone:
        return None
    if not any(section.loaded and section.type != _SHT_NOTE for section in image.sections):
        raise BinaryError("it is a debug file, which has nothing else")
    extents = tuple(_extents(image))
    segments = tuple(_joined((s.offset, s.end) for s in image.segments if s.type and s.file_size))
    end = _end(image, gone, extents, segments)
    _check_gaps(image, extents, end)
    return Work(image, gone, extents, segments, end, names)


def _names(image: Image) -> bytes:
    """The section with the names, which must be sound and nobody else's."""
    if not 0 < image.names_section < len(image.sections):
        raise BinaryError("its sections have no names")
    section = image.sections[image.names_section]
    data = bytes(image.buffer[section.offset : section.end])
    wrong = section.type != SHT_STRTAB or section.flags & SHF_ALLOC or len(data) != section.size
    if wrong or not (data.startswith(b"\0") and data.endswith(b"\0")):
        raise BinaryError("the names of its sections are damaged")
    if any(header.name >= len(data) for header in image.sections):
        raise BinaryError("the names of its sections are damaged")
    return data


def _gone(image: Image, names: bytes) -> Iterator[int]:
    """The indexes of the sections that go: symbols, their names, debug information, relocations for linkers."""
    sections = image.sections
    candidates = {
        index
        for index, section in enumerate(sections)
        if not section.flags & SHF_ALLOC and index != image.names_section and section.type != SHT_NULL
    }
    found = {i for i in candidates if sections[i].type in _SYMBOLIC or names.startswith(_DEBUG, sections[i].name)}
    linked = {sections[index].link for index in found}
    others = {section.link for index, section in enumerate(sections) if index not in found}
    yield from found
    yield from (i for i in (linked & candidates) - found - others if sections[i].type == SHT_STRTAB)


# --- where things are
def _extents(image: Image) -> Iterator[Extent]:
    """The headers and all sections with bytes, in the order of the file. Raises where they overlap, or lie outside."""
    offset, entry, count = image.layout.sections_at
    found = [Extent(0, 16 + image.layout.codec.header.size, HEADER), Extent(offset, offset + entry * count, TABLE)]
    if image.segments:
        found.append(Extent(image.table_at, image.table_end, HEADER))
    for index, section in enumerate(image.sections):
        if section.type != SHT_NULL and section.end > section.offset:
            found.append(Extent(section.offset, section.end, index))
    end = 0
    for extent in sorted(found):
        if extent.start < end:
            raise BinaryError("its sections overlap")
        end = extent.end
        yield extent
    if end > len(image.buffer):
        raise BinaryError("its sections reach beyond the end of the file")


def _joined(ranges: Iterable[Range]) -> Iterator[Range]:
    """Ranges in order, those that meet as one."""
    last: Range | None = None
    for start, end in sorted(ranges):
        if last is None or start > last[1]:
            if last is not None:
                yield last
            last = (start, end)
        else:
            last = (last[0], max(last[1], end))
    if last is not None:
        yield last


def _end(image: Image, gone: frozenset[int], extents: Iterable[Extent], segments: Iterable[Range]) -> int:
    """Where that ends which must stay in its place, because it is loaded or something behind it is."""
    end = max(extent.end for extent in _fixed(image, extents))
    end = max([end, *(stop for _, stop in segments)])
    if end > len(image.buffer):
        raise BinaryError("a segment reaches beyond the end of the file")
    for extent in extents:
        if extent.start < end and extent.section not in gone:
            end = max(end, extent.end)
    return end


def _fixed(image: Image, extents: Iterable[Extent]) -> Iterator[Extent]:
    for extent in extents:
        if extent.section == HEADER or (extent.section >= 0 and image.sections[extent.section].flags & SHF_ALLOC):
            yield extent


def _check_gaps(image: Image, extents: Iterable[Extent], end: int) -> None:
    """Raise where bytes behind the end belong to no section: an archive that a program has for itself, say."""
    position = end
    for start, stop, _ in (*extents, Extent(len(image.buffer), len(image.buffer), HEADER)):
        gap = range(position, start)
        if len(gap) > _LARGEST_PAGE or (gap and any(image.buffer[position:start])):
            raise BinaryError("data lies behind what is loaded that no section names")
        position = max(position, stop)

"""Where new names go in a PE file: over old ones, into padding at the end of sections, or into a section for them.

Source: the PE/COFF specification (Microsoft), "Section Table", and what the loader of Windows makes of it: sections
follow each other in memory without a gap, each fills whole pages, and a page is filled from the file as far as
SizeOfRawData goes, whatever VirtualSize says. So the padding of a section is mapped already.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from truewheel.binary.pe_edit_names import Reference, Renaming
from truewheel.binary.pe_header import CERTIFICATE, DELAY, EXPORT, IMPORT, RESOURCES, PeHeader
from truewheel.binary.pe_map import Section

OWN_NAME = ".twheel"
"""The section that is added; one that is there grows."""

_CODE, DATA, _BSS = 0x20, 0x40, 0x80
_DISCARDED, _SHARED, _EXECUTED, READ, _WRITTEN = 0x02000000, 0x10000000, 0x20000000, 0x40000000, 0x80000000
_NO_ROOM = _CODE | _BSS | _DISCARDED | _SHARED | _EXECUTED
_DATA_NAMES = frozenset({".rdata", ".data", ".idata", ".edata", ".didata", OWN_NAME})
"""What linkers call data that is found by addresses. Others may look a section up by its name and read all of it, as
far as VirtualSize says: LLVM's libunwind does so with ``.eh_fram``, the runtime of D with ``.minfo``, and the helper
of Visual C++ for late loading makes all of ``.didat`` writable and back.
"""
_HOLD_NAMES = (IMPORT, DELAY, EXPORT, CERTIFICATE)  # the last isn't mapped


class Room(Enum):
    """Where a name may go, in the order in which the places are tried."""

    PLACE = "in place"
    PADDING = "padding"
    SECTION = "section"


class Padding(NamedTuple):
    """The zeros at the end of a section: its number, its header, and up to which size it may grow."""

    number: int
    section: Section
    end: int

    @property
    def room(self) -> int:
        """How many bytes there are."""
        return self.end - self.section.virtual_size


class Placed(NamedTuple):
    """Where each new name goes.

    ``over`` are the addresses of old names that new ones are written over; ``addresses`` tell where the others are to
    be. ``grown`` holds the new sizes of sections by their index, and ``texts`` what is written into the space won, by
    its place in the file. ``rest`` are the names that need a section of their own.
    """

    over: dict[int, bytes]
    addresses: dict[bytes, int]
    grown: dict[int, int]
    texts: dict[int, bytes]
    rest: tuple[bytes, ...]

    @property
    def room(self) -> Room:
        """The last room that is needed."""
        if self.rest:
            return Room.SECTION
        return Room.PADDING if self.addresses else Room.PLACE


def placed(
    views: Sequence[PeHeader], references: Collection[Reference], changes: list[Renaming], rooms: Collection[Room]
) -> Placed:
    """The place of each new name, in a file with one view or more.

    `references` are all fields that lead to names, `changes` those that change.
    """
    header = views[0]
    over = dict(_over(views, references, changes)) if Room.PLACE in rooms else {}
    names = tuple(dict.fromkeys(new for reference, new in changes if reference.address not in over))
    if Room.PADDING in rooms and names:
        spaces = [space for space in (padding(header, index) for index in range(len(header.sections))) if space]
        filled = _filled(spaces, names)
        if filled is not None:
            return Placed(over, *filled, ())
    return Placed(over, {}, {}, {}, names)


def _over(
    views: Sequence[PeHeader], references: Collection[Reference], changes: list[Renaming]
) -> Iterator[tuple[int, bytes]]:
    """The old names that new ones may be written over: long enough, and nobody else's.

    Zeros behind a name aren't free: they may be the hint of the next symbol, or a string of their own.
    """
    if not any(len(new) <= len(reference.name) for reference, new in changes):
        return
    strings = {string for view in views for string in view.image.strings()}
    ends = Counter(end for _, end, _ in strings)  # strings that overlap end with the same NUL
    end_of = {start: end for start, end, _ in strings}
    users = Counter(reference.address for reference in references)
    news: defaultdict[int, list[bytes]] = defaultdict(list)
    for reference, new in changes:
        news[reference.address].append(new)
    header = views[0]
    directories = (pair for view in views for pair in enumerate(view.directories))
    taken = [row for number, row in directories if number not in _HOLD_NAMES and row.size]
    for address, wanted in news.items():
        end = end_of[address]
        alone = ends[end] == 1 and len(wanted) == users[address] and len(set(wanted)) == 1
        fits = address + len(wanted[0]) < end and header.image.locate(address, "a name")[0] >= header.table_end
        if alone and fits and not any(row.address < end and address < row.address + row.size for row in taken):
            yield address, wanted[0].ljust(end - address, b"\0")


def padding(header: PeHeader, index: int) -> Padding | None:
    """The padding of a section of data if names may go there; none that is discarded, executed or left to tools.

    Tools that change resources write that section anew, and would lose the names.
    """
    section = header.sections[index]
    alignment = header.optional.section_alignment
    end = min(section.size, -(-section.virtual_size // alignment) * alignment)
    if section.virtual_size >= end or section.name not in _DATA_NAMES or not _takes_names(section):
        return None
    if section.address <= header.directory(RESOURCES).address < section.address + end:
        return None
    start = section.offset + section.virtual_size
    zeros = header.view.take(start, end - section.virtual_size, "padding")
    return Padding(index, section, end) if zeros.count(0) == len(zeros) else None


def _takes_names(section: Section) -> bool:
    return section.characteristics & (DATA | READ | _NO_ROOM) == DATA | READ


def _filled(
    spaces: list[Padding], names: Iterable[bytes]
) -> tuple[dict[bytes, int], dict[int, int], dict[int, bytes]] | None:
    """Names put one after the other, into the largest space first; None where they don't fit.

    Sections that are only read come before those that the program may write to.
    """
    spaces.sort(key=lambda space: (bool(space.section.characteristics & _WRITTEN), -space.room, space.number))
    addresses: dict[bytes, int] = {}
    grown: dict[int, int] = {}
    texts: dict[int, bytes] = {}
    left = iter(spaces)
    space, used = next(left, None), 0
    for name in names:
        while space is not None and used + len(name) + 1 > space.room:
            space, used = next(left, None), 0
        if space is None:
            return None
        place = space.section.virtual_size + used
        addresses[name] = space.section.address + place
        used += len(name) + 1
        grown[space.number] = space.section.virtual_size + used
        texts[space.section.offset + place] = name + b"\0"
    return addresses, grown, texts


class Own(NamedTuple):
    """The section that holds names after an edit: its number, its header, and where each new name is.

    ``source`` are the offsets of what it held before, ``keep`` the number of bytes of the source that stay before it.
    """

    number: int
    section: Section
    addresses: dict[bytes, int]
    names: bytes
    source: tuple[int, int]
    keep: int


def own_section(header: PeHeader, names: Iterable[bytes], keep: int) -> Own:
    """The section for `names`: a new one, or ours of an earlier edit, grown.

    `keep` is where the file ends without its certificate. What the section holds is put behind that, unless it is the
    last thing in the file already.
    """
    index = len(header.sections) - 1
    last = header.sections[index] if header.sections else None
    if last is not None and last.name == OWN_NAME and _takes_names(last) and _only_padding(header, last):
        address, used, start = last.address, last.virtual_size, last.offset
        if start + last.size >= keep:
            keep = start
        flags, offset = last.characteristics, start
    else:
        index, used, offset, flags = index + 1, 0, 0, DATA | READ
        address = image_end(header)
    texts = bytearray()
    addresses: dict[bytes, int] = {}
    for name in names:
        addresses[name] = address + used + len(texts)
        texts += name + b"\0"
    alignment = header.optional.file_alignment
    size = -(-(used + len(texts)) // alignment) * alignment
    section = Section(OWN_NAME, address, used + len(texts), -(-keep // alignment) * alignment, size, flags)
    return Own(index, section, addresses, bytes(texts), (offset, offset + used), keep)


def _only_padding(header: PeHeader, section: Section) -> bool:
    """Whether a section holds nothing in the file beyond what it uses."""
    if not 0 < section.virtual_size <= section.size:
        return False
    rest = header.view.take(section.offset + section.virtual_size, section.size - section.virtual_size, "padding")
    return rest.count(0) == len(rest)


def image_end(header: PeHeader) -> int:
    """The address behind all sections, where another would begin. One that says no size has that of its bytes."""
    alignment = header.optional.section_alignment
    ends = [section.address + (section.virtual_size or section.size) for section in header.sections]
    return -(-max([header.optional.headers, *ends]) // alignment) * alignment

"""Fat Mach-O files as what they are made of: slices, each at an offset of its own alignment.

Source: ``<mach-o/fat.h>``; order and alignment are those of ``lipo``, Apple's and LLVM's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from truewheel.binary.fields import Buffer, Fields
from truewheel.binary.macho import ARCHIVE, FatEntry, arch_name, fat_entries, read_macho
from truewheel.binary.macho_archive import archived_processor
from truewheel.binary.magic import FAT, FAT_64, MOST_SLICES
from truewheel.binary.patch import Patch, Write
from truewheel.errors import BinaryError, RequestError

_MOST_ALIGN = 15
"""The largest alignment that ``lipo`` takes, as the exponent of two (MAXSECTALIGN)."""
_ARM = frozenset({12, 0x0100000C, 0x0200000C})
_ARM64 = 0x0100000C
_ARM_ALIGN, _ALIGN = 14, 12  # the page sizes of processors
_LARGEST = (1 << 32) - 1
_HEAD, _ENTRY, _ENTRY_64 = Struct(">4sI"), Struct(">5I"), Struct(">2I2Q2I")


class FatSlice(NamedTuple):
    """A slice of a fat file to be: bytes of a source (``offset``, ``size``), and what is changed in them.

    ``align`` is the exponent of two, ``source`` the number of the file that the bytes come from, where there are
    several. The offsets of ``patch`` count from the start of the slice; it cuts nothing off.
    """

    cpu_type: int
    cpu_subtype: int
    align: int
    offset: int
    size: int
    patch: Patch
    source: int = 0


@dataclass(frozen=True, slots=True)
class Reassembled:
    """A fat file with its slices laid out anew: a step of an edit, like `Patch`.

    The slices keep their order, in the header and behind it, and none moves towards the start.
    """

    source_size: int
    slices: tuple[FatSlice, ...]

    def __bool__(self) -> bool:
        """It always changes something."""
        return True

    @property
    def size(self) -> int:
        """The number of bytes of the new file."""
        return max(place + part.patch.size for part, place in self._places())

    def applied(self, source: Buffer) -> bytearray:
        """The new file. `source` must be the very file that this was made for."""
        return self.onto(bytearray(source))

    def onto(self, copy: bytearray) -> bytearray:
        """The same, made of a copy that the caller does without."""
        places = self._places()
        copy += bytes(self.size - self.source_size)
        with memoryview(copy) as view:
            for part, place in reversed(places):
                view[place : place + part.size] = view[part.offset : part.offset + part.size]
            end = 0
            for part, place in places:
                view[end:place] = bytes(place - end)
                _write(view[place : place + part.patch.size], part.patch)
                end = place + part.patch.size
            header = self._header()
            view[: len(header)] = header
        return copy

    def head(self, start: bytes) -> bytes:
        """The first bytes of the new file: as many as `start` has, which are the first of the other."""
        result = bytearray(len(start))
        for part, place in self._places():
            piece = start[part.offset : part.offset + part.size]
            # A slice whose end isn't seen is the last that is: none moves towards the start.
            new = part.patch.applied(piece) if len(piece) == part.size else part.patch.head(piece)
            seen = new[: max(0, len(start) - place)]
            result[place : place + len(seen)] = seen
        header = self._header()[: len(start)]
        result[: len(header)] = header
        return bytes(result)

    def _places(self) -> list[tuple[FatSlice, int]]:
        """The slices and their new offsets, in the order of the file."""
        found, end = [], 0
        for part in sorted(self.slices, key=lambda part: part.offset):
            place = _aligned(max(part.offset, end), part.align)
            found.append((part, place))
            end = place + part.patch.size
        return found

    def _header(self) -> bytes:
        places = {part.offset: place for part, place in self._places()}
        return _header([(part, places[part.offset]) for part in self.slices])


def combined(buffer: Buffer, patches: Sequence[Patch]) -> Patch | Reassembled:
    """What makes the patches of all slices of a fat file, in the order of its header.

    Raises `BinaryError` where a slice that grows would take the place of data that belongs to no slice.
    """
    view = Fields(buffer)
    entries = fat_entries(view)
    if all(patch.size == entry.size for patch, entry in zip(patches, entries, strict=True)):
        writes = [
            Write(entry.offset + offset, data)
            for entry, patch in zip(entries, patches, strict=True)
            for offset, data in patch.writes
        ]
        way = next((patch.way for patch in patches if patch), "")
        return Patch(view.size, tuple(sorted(writes)), way=way)
    _check_gaps(view, entries)
    return Reassembled(
        view.size,
        tuple(
            FatSlice(entry.cpu_type, entry.cpu_subtype, _align(view, entry), entry.offset, entry.size, patch)
            for entry, patch in zip(entries, patches, strict=True)
        ),
    )


def assembled(files: Sequence[Buffer]) -> bytearray:
    """One fat file of several Mach-O files, thin or fat, or static libraries, sorted by processor as `lipo` does it.

    Raises `BinaryError` where one is damaged, and `RequestError` where two hold the same architecture.
    """
    slices = [part for number, file in enumerate(files) for part in _slices(file, number)]
    names = [arch_name(part.cpu_type, part.cpu_subtype) for part in slices]
    for name in names:
        if names.count(name) > 1:
            raise RequestError(f"there are two slices for {name}: a fat file has one for each architecture")
    if not 1 <= len(slices) <= MOST_SLICES:
        raise RequestError(f"a fat file has 1 to {MOST_SLICES} slices, not {len(slices)}")
    places, end = [], _HEAD.size + len(slices) * _ENTRY.size
    for part in _sorted(slices):
        place = _aligned(end, part.align)
        places.append((part, place))
        end = place + part.size
    if end > _LARGEST:
        raise RequestError("the slices don't fit into one file: its header counts to 4 GiB")
    result = bytearray(end)
    header = _header(places)
    result[: len(header)] = header
    for part, place in places:
        with Fields(files[part.source], part.offset, part.size).memory() as memory:
            result[place : place + part.size] = memory
    return result


def _slices(file: Buffer, number: int) -> Iterator[FatSlice]:
    """The slices of a thin or fat file; those of a fat one keep their alignment."""
    if file[: len(ARCHIVE)] == ARCHIVE:
        yield _archive(file, number)
        return
    image = read_macho(file)
    aligns = [entry.align for entry in fat_entries(Fields(file))] if image.fat else []
    for index, part in enumerate(image.slices):
        align = aligns[index] if image.fat else _own_align(part.cpu_type)
        if align > _MOST_ALIGN:
            raise BinaryError(f"a slice is aligned to 2^{align} bytes, more than 2^{_MOST_ALIGN}")
        yield FatSlice(part.cpu_type, part.cpu_subtype, align, part.offset, part.size, Patch(part.size), number)


def _archive(file: Buffer, number: int) -> FatSlice:
    """The slice of a static library, which isn't mapped by pages: words are all that is aligned."""
    view = Fields(file)
    cpu_type, cpu_subtype, bits = archived_processor(view)
    return FatSlice(cpu_type, cpu_subtype, 3 if bits == 64 else 2, 0, view.size, Patch(view.size), number)


def _sorted(slices: Sequence[FatSlice]) -> list[FatSlice]:
    """In the order of ``lipo``: arm64 last, smaller alignments first, the variants of a processor together."""
    processors = [part.cpu_type for part in slices]
    return sorted(
        slices,
        key=lambda part: (part.cpu_type == _ARM64, part.align, processors.index(part.cpu_type), part.cpu_subtype),
    )


def _align(view: Fields, entry: FatEntry) -> int:
    """The alignment of a slice that may move: that of its processor's pages at least."""
    if entry.align > _MOST_ALIGN:
        raise view.error(f"a slice is aligned to 2^{entry.align} bytes, more than 2^{_MOST_ALIGN}", entry.offset)
    return max(entry.align, _own_align(entry.cpu_type))


def _own_align(cpu_type: int) -> int:
    return _ARM_ALIGN if cpu_type in _ARM else _ALIGN


def _check_gaps(view: Fields, entries: Sequence[FatEntry]) -> None:
    """Raise where there are bytes between or behind the slices that would be lost: more than zeros that align."""
    entry = _ENTRY_64 if view.take(0, 4, "the magic number") == FAT_64 else _ENTRY
    end = _HEAD.size + len(entries) * entry.size
    for start, stop in sorted((entry.offset, entry.offset + entry.size) for entry in entries):
        if start - end >= 1 << _MOST_ALIGN or any(view.take(end, start - end, "the room between slices")):
            raise view.error("a slice can't grow: there is data that belongs to no slice", end)
        end = stop
    if end < view.size:
        raise view.error("a slice can't grow: there is data behind the last one", end)


def _header(places: Sequence[tuple[FatSlice, int]]) -> bytes:
    """The header of a fat file with these slices at these offsets: in the form of 64 bits only where it must be."""
    wide = any(max(place, part.patch.size) > _LARGEST for part, place in places)
    header = _HEAD.pack(FAT_64 if wide else FAT, len(places))
    for part, place in places:
        fields = part.cpu_type, part.cpu_subtype, place, part.patch.size, part.align
        header += _ENTRY_64.pack(*fields, 0) if wide else _ENTRY.pack(*fields)
    return header


def _write(view: memoryview, patch: Patch) -> None:
    """Apply a patch to a slice, in a view that has its new size."""
    for offset, data in patch.writes:
        view[offset : offset + len(data)] = data
    if patch.tail:
        view[patch.source_size : patch.tail_offset] = bytes(patch.tail_offset - patch.source_size)
        view[patch.tail_offset :] = patch.tail


def _aligned(offset: int, align: int) -> int:
    return offset + -offset % (1 << align)

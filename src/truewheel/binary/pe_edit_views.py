"""How a PE file looks to who loads it: as it is, and to x64 programs on ARM with the fixups of an ARM64X image made.

An ARM64X image holds code for ARM64 and for x64 programs. It says that it is ARM64; for a program of the other kind
the system writes some values over it first: the machine type, the addresses of some tables, what of the imports is
for this kind only. Both views share the import tables of what Microsoft's and LLVM's linkers make; each has an export
directory and a load configuration of its own. An image that is ARM64EC only says that it is x64, and has one view.

Source: ``IMAGE_DYNAMIC_RELOCATION_TABLE`` and ``IMAGE_DVRT_ARM64X_FIXUP_RECORD`` of ``winnt.h`` and ``ntimage.h``;
what the linkers write there was looked at in the runtime of Visual C++ 14.51 and in the tests of LLVM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from struct import Struct

from truewheel.binary.fields import Buffer, Fields
from truewheel.binary.patch import Patch, Write, merged_writes
from truewheel.binary.pe_header import LOAD_CONFIG, PeHeader, read_header
from truewheel.errors import BinaryError

_ARM64, _AMD64 = 0xAA64, 0x8664
_PLACE = Struct("<224xIH")
_TABLE = Struct("<2I")
_ENTRY = Struct("<QI")
_BLOCK = Struct("<2I")
_HALF, _WORD = Struct("<H"), Struct("<I")
_VERSION, _ARM64X = 1, 6
_ZERO, _VALUE, _DELTA = 0, 1, 2
_MOST_FIXUPS = 1 << 18  # Microsoft's runtime has some hundred in a DLL
_WHAT = "the fixups for another processor"


class PatchedFields(Fields):
    """The file that a patch makes, read without making it."""

    __slots__ = ("_patch",)

    def __init__(self, buffer: Buffer, patch: Patch, start: int = 0, size: int | None = None) -> None:
        super().__init__(buffer, start, patch.size - start if size is None else size)
        self._patch = patch

    def part(self, offset: int, size: int, what: str) -> PatchedFields:
        """A view of `size` bytes from `offset` on."""
        return PatchedFields(self._buffer, self._patch, self.check(offset, size, what), size)

    def unpack(self, layout: Struct, offset: int, what: str) -> tuple[int, ...]:
        """The numbers at `offset`."""
        return layout.unpack(self.take(offset, layout.size, what))

    def take(self, offset: int, size: int, what: str) -> bytes:
        """A copy of `size` bytes from `offset` on."""
        position = self.check(offset, size, what)
        return self._patch.piece(self._buffer, position, position + size)


def views(buffer: Buffer, patch: Patch, *, hybrid: bool) -> tuple[PeHeader, ...]:
    """The headers of the patched file in each of its views; a `hybrid` file may have two.

    Raises `BinaryError` for fixups that aren't understood, and for those of 32-bit images, which nobody makes any more.
    """
    header = read_header(PatchedFields(buffer, patch))
    if not hybrid or header.coff.machine == _AMD64:
        return (header,)
    if header.coff.machine != _ARM64 or header.bits != 64:
        raise BinaryError("the file holds code for two processors in a way of which nothing is known")
    made = list(_fixups(header))
    if any(write.offset + len(write.data) > patch.source_size - patch.cut for write in made):
        raise header.view.error(f"{_WHAT} lead to where new bytes are", 0)
    other = replace(patch, writes=merged_writes(buffer, [*patch.writes, *made]))
    return header, read_header(PatchedFields(buffer, other))


def _fixups(header: PeHeader) -> Iterator[Write]:
    """What is written over the file for the other processor."""
    config = header.image.part(header.directory(LOAD_CONFIG).address, None, _WHAT)
    offset, number = config.unpack(_PLACE, 0, _WHAT)
    if not 0 < number <= len(header.sections):
        raise config.error(f"{_WHAT} are in section {number}, which isn't there", 0)
    address = header.sections[number - 1].address + offset
    version, size = header.image.part(address, None, _WHAT).unpack(_TABLE, 0, _WHAT)
    if version != _VERSION:
        raise config.error(f"{_WHAT} are of version {version}, of which nothing is known", 0)
    table = header.image.part(address + _TABLE.size, size, _WHAT)
    if size > _MOST_FIXUPS * _WORD.size:
        raise table.error(f"{_WHAT} take {size} bytes, more than any linker writes", 0)
    at = 0
    while at < size:
        symbol, length = table.unpack(_ENTRY, at, _WHAT)
        entry = table.part(at + _ENTRY.size, length, _WHAT)
        if symbol == _ARM64X:
            yield from _entry(header, entry)
        at += _ENTRY.size + length


def _entry(header: PeHeader, entry: Fields) -> Iterator[Write]:
    """The fixups of one entry: block after block, each for a page."""
    at = 0
    while at < entry.size:
        page, size = entry.unpack(_BLOCK, at, _WHAT)
        if size < _BLOCK.size:
            raise entry.error(f"{_WHAT} have a block of {size} bytes", at)
        yield from _block(header, page, entry.part(at + _BLOCK.size, size - _BLOCK.size, _WHAT))
        at += size


def _block(header: PeHeader, page: int, block: Fields) -> Iterator[Write]:
    at = 0
    while at < block.size:
        (record,) = block.unpack(_HALF, at, _WHAT)
        at += _HALF.size
        if not record:  # aligns the next block
            continue
        offset, kind, size = record & 0xFFF, record >> 12 & 3, 1 << (record >> 14)
        if kind == _DELTA:
            (steps,) = block.unpack(_HALF, at, _WHAT)
            at += _HALF.size
            yield _moved(header, page + offset, steps * (8 if record >> 15 else 4) * (-1 if record >> 14 & 1 else 1))
            continue
        if kind not in (_ZERO, _VALUE):
            raise block.error(f"{_WHAT} are of kind {kind}, of which nothing is known", at)
        data = block.take(at, size, _WHAT) if kind == _VALUE else bytes(size)
        at += size if kind == _VALUE else 0
        yield Write(header.image.part(page + offset, size, _WHAT).start, data)


def _moved(header: PeHeader, address: int, delta: int) -> Write:
    """A number that is to be `delta` larger."""
    field = header.image.part(address, _WORD.size, _WHAT)
    (value,) = field.unpack(_WORD, 0, _WHAT)
    return Write(field.start, _WORD.pack((value + delta) % (1 << 32)))

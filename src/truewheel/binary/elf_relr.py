"""Rewrite DT_RELR, the compact form of relative relocations, as ordinary ones that every loader knows.

glibc before 2.36 and musl before 1.2.4 ignore DT_RELR: a program dies at its first pointer. Sources: the gABI's
chapter on relative relocation tables, and ``elf.h`` for the numbers of R_*_RELATIVE.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from struct import Struct
from typing import NamedTuple

from truewheel.binary.elf_edit_image import PF_W, Entry, Image, ProgramHeader
from truewheel.binary.elf_layout import Tag
from truewheel.errors import BinaryError

_RELATIVE = {3: 8, 62: 8, 40: 23, 183: 1027, 20: 22, 21: 22, 22: 12, 243: 3, 258: 3}
"""R_*_RELATIVE by machine: i386, x86-64, ARM, AArch64, PowerPC of both sizes, s390, RISC-V, LoongArch."""
WITHOUT_ADDEND = (3, 40)
"""Machines whose dynamic relocations are REL: the addend stands in the place that is relocated."""
_COMPACT = (
    (Tag.RELR, Tag.RELRSZ, Tag.RELRENT),
    (Tag.ANDROID_RELR, Tag.ANDROID_RELRSZ, Tag.ANDROID_RELRENT),
)
_CHUNK = 1 << 12  # relocations packed together


class Expansion(NamedTuple):
    """The table of relocations that takes the place of DT_RELR, and what the dynamic table then says.

    ``tag`` is DT_RELA or DT_REL, whose value is yet to be filled in. ``says`` are the entries that change or are added,
    ``gone`` those that vanish.
    """

    tag: Tag
    table: bytes
    says: dict[int, int]
    gone: frozenset[int]

    def entries(self, old: Iterable[Entry]) -> tuple[Entry, ...]:
        """The dynamic table after the expansion."""
        says = dict(self.says)
        kept = [(tag, self.says.get(tag, value)) for tag, value in old if tag not in self.gone]
        for tag, _ in kept:
            says.pop(tag, None)
        return (*kept, *says.items())


class _Kind(NamedTuple):
    """How a machine writes its relocations."""

    tag: Tag
    size: Tag
    entry: Tag
    number: Tag
    record: Struct
    info: int
    addend: bool


def expanded(image: Image) -> Expansion | None:
    """The expansion of all relative relocations of a file; None where it has no DT_RELR.

    The new relocations come first, as DT_RELACOUNT demands; the old ones follow in their order. A version need of
    ``GLIBC_ABI_DT_RELR`` stays: it does no harm where it can be met. Raises `BinaryError` for a machine without
    known numbers, and where an address isn't one of a writable word that the file holds.
    """
    tags = image.tags
    found = [group for group in _COMPACT if group[0] in tags]
    if not found:
        return None
    if not all(tags.get(size) for _, size, _ in found):
        raise BinaryError("the dynamic table has DT_RELR, but doesn't say its size")
    kind = _kind(image)
    segments = [load for load in image.loads if load.flags & PF_W and load.file_size]
    limit = sum(load.file_size for load in segments) * 8 // image.layout.bits
    addresses: list[int] = []
    for tag, size, _ in found:
        addresses += _addresses(image, tags[tag], tags[size], limit - len(addresses))
    table = b"".join((*_packed(image, kind, addresses, segments), _old(image, kind, tags)))
    says: dict[int, int] = {kind.tag: 0, kind.size: len(table), kind.entry: kind.record.size}
    if kind.number in tags:
        says[kind.number] = tags[kind.number] + len(addresses)
    return Expansion(kind.tag, table, says, frozenset(tag for group in _COMPACT for tag in group))


def _kind(image: Image) -> _Kind:
    layout = image.layout
    number = _RELATIVE.get(layout.machine)
    if number is None:
        raise BinaryError(f"DT_RELR can't be expanded: the relative relocation of machine {layout.machine} isn't known")
    word = "Q" if layout.bits == 64 else "I"
    if layout.machine in WITHOUT_ADDEND:
        record = Struct(layout.order + 2 * word)
        return _Kind(Tag.REL, Tag.RELSZ, Tag.RELENT, Tag.RELCOUNT, record, number, addend=False)
    record = Struct(layout.order + 3 * word)
    return _Kind(Tag.RELA, Tag.RELASZ, Tag.RELAENT, Tag.RELACOUNT, record, number, addend=True)


def _addresses(image: Image, address: int, size: int, limit: int) -> list[int]:
    """The addresses that a table names: a word with an even number is one, an odd one says which words follow.

    No honest table relocates a word twice, so there are no more than `limit`, the words of writable segments.
    """
    layout, word = image.layout, image.records.native
    start = layout.locate(address, size, "the table of DT_RELR")
    if size % word.size:
        raise layout.fields.error(f"the table of DT_RELR has {size} bytes, which are no whole words", start)
    result: list[int] = []
    base, room = -1, 8 * word.size - 1
    for (entry,) in word.iter_unpack(layout.fields.take(start, size, "the table of DT_RELR")):
        if not entry & 1:
            result.append(entry)
            base = entry + word.size
        elif base < 0:
            raise layout.fields.error("the table of DT_RELR doesn't begin with an address", start)
        else:
            result += _marked(entry >> 1, base, word.size)
            base += room * word.size
        if len(result) > limit:
            raise layout.fields.error("DT_RELR names more words than there are to be relocated", start)
    return result


def _marked(bits: int, base: int, step: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield base + (low.bit_length() - 1) * step
        bits ^= low


def _packed(image: Image, kind: _Kind, addresses: list[int], segments: list[ProgramHeader]) -> Iterator[bytes]:
    """The relocations as the file writes them."""
    letter, order = kind.record.format[-1:], image.layout.order
    for start in range(0, len(addresses), _CHUNK):
        part = addresses[start : start + _CHUNK]
        values = _values(image, part, segments)
        rows = (
            zip(part, (kind.info,) * len(part), values, strict=True)
            if kind.addend
            else zip(part, (kind.info,) * len(part), strict=True)
        )
        numbers = tuple(chain.from_iterable(rows))
        yield Struct(f"{order}{len(numbers)}{letter}").pack(*numbers)


def _values(image: Image, addresses: list[int], segments: list[ProgramHeader]) -> list[int]:
    """What stands at each address, which is the addend of a relative relocation."""
    word = image.records.native
    result: list[int] = []
    load: ProgramHeader | None = None
    for address in addresses:
        if load is None or not load.address <= address <= load.address + load.file_size - word.size:
            load = _holding(segments, address, word.size)
        result.append(word.unpack_from(image.buffer, load.offset + address - load.address)[0])
    return result


def _holding(segments: list[ProgramHeader], address: int, size: int) -> ProgramHeader:
    for load in segments:
        if load.address <= address <= load.address + load.file_size - size:
            return load
    raise BinaryError(f"DT_RELR relocates the word at {address:#x}, which no writable segment of the file holds")


def _old(image: Image, kind: _Kind, tags: dict[int, int]) -> bytes:
    """The relocations that the file has already, without those for the PLT.

    Some linkers count DT_JMPREL in at the end of DT_RELA. That part stays where it is, or it would be applied twice.
    """
    fields, layout = image.layout.fields, image.layout
    size = tags.get(kind.size, 0) if kind.tag in tags else 0
    if not size:
        return b""
    entry = tags.get(kind.entry, kind.record.size)
    start = layout.locate(tags[kind.tag], size, f"the table of DT_{kind.tag.name}")
    if entry != kind.record.size or size % entry:
        raise fields.error(f"the table of DT_{kind.tag.name} has entries of {entry} bytes", start)
    data = fields.take(start, size, f"the table of DT_{kind.tag.name}")
    skip = tags.get(Tag.JMPREL, -1) - tags[kind.tag]
    plt = tags.get(Tag.PLTRELSZ, 0)
    if not 0 <= skip < size or not plt:
        return data
    if skip % entry or plt % entry or skip + plt > size:
        raise fields.error(f"the table of DT_{kind.tag.name} holds half of DT_JMPREL", start)
    return data[:skip] + data[skip + plt :]

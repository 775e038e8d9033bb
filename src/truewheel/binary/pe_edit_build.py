"""The bytes that an edit of a PE file writes, and what its headers are to say afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import NamedTuple

from truewheel.binary.fields import Buffer
from truewheel.binary.model import Pe
from truewheel.binary.patch import Patch, Write, merged_writes
from truewheel.binary.pe import load_flags_at
from truewheel.binary.pe_edit_names import Renaming, Tables
from truewheel.binary.pe_edit_room import OWN_NAME, Own, Placed, image_end, own_section
from truewheel.binary.pe_header import (
    BOUND,
    CERTIFICATE,
    IMAGE_SIZE_AT,
    INITIALIZED_AT,
    SECTION_COUNT_AT,
    SECTION_ROW,
    Directory,
    PeHeader,
)
from truewheel.errors import BinaryError

_WORD = Struct("<I")
_COUNT = Struct("<H")
_DIRECTORY = 8
_VIRTUAL_SIZE_AT = 8
_ROW = Struct("<8s4I12xI")
_ALIGNMENT = 8  # of the certificate
_MOST_SECTIONS = 96  # that the loader takes, says the specification
_LIMIT = 1 << 32
_BINDING_AT, _BINDING = 4, 8  # the time stamp and the chain of forwarders of an import
_STAMP, _LOOKUP = 1, 0
_DELAY_STAMP, _DELAY_STAMP_AT = 7, 28


class Draft(NamedTuple):
    """What is written where, and the headers that come of it.

    The first `keep` bytes of the source stay. ``own`` is the section for names behind them if one is made or grown.
    """

    writes: list[Write]
    header: PeHeader
    keep: int
    own: Own | None = None

    def patch(self, source: Buffer, way: str) -> Patch:
        """The patch that makes it so."""
        size = len(source)
        own = self.own
        if own is None:
            return Patch(size, merged_writes(source, self.writes), way=way, cut=size - self.keep)
        held = Patch(size, merged_writes(source, self.writes)).piece(source, *own.source)
        tail = (held + own.names).ljust(own.section.size, b"\0")
        writes = merged_writes(source, (write for write in self.writes if write.offset < self.keep))
        return Patch(size, writes, own.section.offset, tail, way, size - self.keep)


def unsigned(header: PeHeader, before: Pe) -> Draft:
    """The file without its certificate, which signs other bytes than those that will be there.

    What a certificate at the end takes is cut off; zeros before it, which align it, may belong to other data and
    stay. One that something follows gives way to zeros: data behind the sections is found by its place in the file.
    """
    size = header.view.size
    if before.certificate is None:
        return Draft([], header, size)
    start, length = before.certificate
    end = start + length
    if start < max(header.optional.headers, *(section.offset + section.size for section in header.sections), 0):
        raise header.view.error("the certificate lies over what is mapped", start)
    writes = [Write(header.directories_at + _DIRECTORY * CERTIFICATE, bytes(_DIRECTORY))]
    rest = header.view.take(end, size - end, "what follows the certificate") if size - end < _ALIGNMENT else b"more"
    if any(rest):
        writes.append(Write(start, bytes(length)))
        start = size
    return Draft(writes, _without(header, CERTIFICATE), start)


def with_names(draft: Draft, tables: Tables, changes: list[Renaming], placed: Placed) -> Draft:
    """The draft with the new names in their places, and what leads to them."""
    header = draft.header
    writes = [*draft.writes, *_unbound(header, tables, changes)]
    writes += [Write(header.image.locate(address, "a name")[0], text) for address, text in placed.over.items()]
    writes += [Write(place, text) for place, text in placed.texts.items()]
    sections = list(header.sections)
    for index, size in placed.grown.items():
        sections[index] = sections[index]._replace(virtual_size=size)
        writes.append(Write(header.table_at + SECTION_ROW * index + _VIRTUAL_SIZE_AT, _WORD.pack(size)))
    bound = header.directory(BOUND)
    draft = Draft(writes, _without(header, BOUND)._replace(sections=tuple(sections)), draft.keep)
    addresses = placed.addresses
    if placed.rest:
        draft = _with_section(draft, own_section(draft.header, placed.rest, draft.keep), bound)
        addresses = addresses | (draft.own.addresses if draft.own else {})
    for (at, shift, address, _), new in changes:
        value = addresses.get(new, address) + shift
        if address not in placed.over:
            if value >= _LIMIT:
                raise header.view.error("the address of a new name has more than 32 bits", at)
            draft.writes.append(Write(at, _WORD.pack(value)))
    return draft


def searching(draft: Draft, views: Iterable[PeHeader]) -> Draft:
    """The draft with DependentLoadFlags cleared in some views of the file."""
    return draft._replace(writes=[*draft.writes, *(Write(load_flags_at(view), bytes(_COUNT.size)) for view in views)])


def _without(header: PeHeader, number: int) -> PeHeader:
    """The headers with one data directory cleared."""
    rows = header.directories
    return header._replace(directories=(*rows[:number], Directory(0, 0), *rows[number + 1 :])[: len(rows)])


def _unbound(header: PeHeader, tables: Tables, changes: list[Renaming]) -> Iterator[Write]:
    """Undo binding, by which imports are looked up before the file is loaded.

    A loader that finds the directory of bound imports takes the names of DLLs from there. Descriptors say -1 for
    "see there", or the time of the DLL that their addresses are taken from: 0 makes the loader look them up again.
    """
    bound = header.directory(BOUND)
    if bound.address:
        yield Write(header.directories_at + _DIRECTORY * BOUND, bytes(_DIRECTORY))
    renamed = {change.reference.at for change in changes}
    for at, fields, _ in tables.imports:
        if fields[_STAMP] and (bound.address or at + 12 in renamed):
            if not fields[_LOOKUP]:
                raise header.view.error("the imports from a DLL are bound and have no names any more", at)
            yield Write(at + _BINDING_AT, bytes(_BINDING))
    for at, fields, _ in tables.delayed:
        if fields[_DELAY_STAMP] and at + 4 in renamed:
            yield Write(at + _DELAY_STAMP_AT, bytes(_WORD.size))


def _with_section(draft: Draft, own: Own, bound: Directory) -> Draft:
    """The draft with the section for names: its header, and the sizes in which it counts."""
    header, section = draft.header, own.section
    sections = (*header.sections[: own.number], section)
    coff = header.coff._replace(sections=len(sections))
    grown = section.size
    if own.number == len(header.sections):
        _check_new(header, bound)
        if _in_gap(header, bound):
            draft.writes.append(Write(bound.address, bytes(_gap_end(header, bound) - bound.address)))
    else:
        grown -= header.sections[own.number].size
    changed = header._replace(coff=coff, sections=sections)
    end = image_end(changed)
    if max(section.offset + section.size, end) >= _LIMIT:
        raise header.view.error("the file has no addresses left for another section", header.table_end)
    initialized = (header.optional.initialized + grown) % _LIMIT
    optional = header.optional._replace(initialized=initialized, image=max(header.optional.image, end))
    row = _ROW.pack(OWN_NAME.encode(), *section[2:0:-1], section.size, section.offset, section.characteristics)
    writes = [
        Write(header.optional_at + SECTION_COUNT_AT, _COUNT.pack(len(sections))),
        Write(header.optional_at + INITIALIZED_AT, _WORD.pack(optional.initialized)),
        Write(header.optional_at + IMAGE_SIZE_AT, _WORD.pack(optional.image)),
        Write(header.table_at + SECTION_ROW * own.number, row),
    ]
    return Draft([*draft.writes, *writes], changed._replace(optional=optional), own.keep, own)


def _check_new(header: PeHeader, bound: Directory) -> None:
    """Refuse a file whose headers have no room for one more section."""
    if len(header.sections) >= _MOST_SECTIONS:
        raise BinaryError(f"the file has {len(header.sections)} sections, and no loader takes one more")
    start, end = header.table_end, header.optional.headers
    gap = bytearray(header.view.take(start, max(0, min(SECTION_ROW, end - start)), "the section table"))
    if _in_gap(header, bound):
        first, last = max(bound.address - start, 0), max(_gap_end(header, bound) - start, 0)
        gap[first:last] = bytes(len(gap[first:last]))
    free = len(gap) - len(gap.lstrip(b"\0"))
    used = any(row.address < start + SECTION_ROW and start < row.address + row.size for row in header.directories)
    if free < SECTION_ROW or used:
        raise BinaryError(
            f"a section header takes {SECTION_ROW} bytes, and {0 if used else free} are free behind the others",
            hint="shorter names may fit where the old ones are",
        )


def _in_gap(header: PeHeader, bound: Directory) -> bool:
    """Whether the bound imports lie where section headers can grow: their addresses are offsets there."""
    return header.table_end <= bound.address < header.optional.headers


def _gap_end(header: PeHeader, bound: Directory) -> int:
    return min(bound.address + bound.size, header.optional.headers)

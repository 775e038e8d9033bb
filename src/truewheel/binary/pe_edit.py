"""Edit the names in a PE file: the DLLs that it imports from, and its own.

New names are written over the old ones, into padding at the end of sections, or into one section that is added; no
other byte of the image moves. The section lies behind everything else in the file: an overlay keeps its place, and so
do the symbols that MinGW puts there, which headers find by their offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from truewheel.binary.fields import Buffer, Fields
from truewheel.binary.model import Pe
from truewheel.binary.patch import Patch
from truewheel.binary.pe import describe
from truewheel.binary.pe_edit_build import searching, unsigned, with_names
from truewheel.binary.pe_edit_check import OverlapError, expectation, finished, followed
from truewheel.binary.pe_edit_names import Renaming, Tables, check_forwards, joined, read_tables, renamings
from truewheel.binary.pe_edit_room import Room, placed
from truewheel.binary.pe_edit_views import views
from truewheel.binary.pe_header import PeHeader, read_header
from truewheel.errors import BinaryError

__all__ = ["PeChanges", "Room", "edit_pe"]

_FORCE_INTEGRITY = 0x80
_PAGE, _SECTOR, _LARGEST = 0x1000, 0x200, 0x10000


@dataclass(frozen=True, slots=True)
class PeChanges:
    """What is to be different in a PE file; what isn't named stays.

    ``dlls`` maps names of DLLs, in lower case, to new ones, in the import and the delay-import tables.
    ``export_name`` is the new name of the DLL itself, in the export directory if it has one. ``search_freely``
    clears DependentLoadFlags, with which a linker can restrict the search for imported DLLs to the system's folder.

    Every edit drops the certificate, which no longer fits, and renews the checksum where there is one.
    """

    dlls: Mapping[str, str] = field(default_factory=dict)
    export_name: str | None = None
    search_freely: bool = False

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return self != PeChanges()


def edit_pe(buffer: Buffer, changes: PeChanges, rooms: tuple[Room, ...] = tuple(Room)) -> Patch:
    """The patch that makes the changes; an empty one where the file says so already.

    ``Patch.way`` is the value of the last of the `rooms` that was needed. Raises `BinaryError` where the file is
    damaged, where no room can be made, and where a forwarded export names a DLL that is to be renamed;
    `RequestError` for a change that names what isn't there, or a name that no loader could take.
    """
    if not changes:
        return Patch(len(buffer))
    file = _read(buffer)
    for _, said in file.views:
        check_forwards(said, changes.dlls)
    tables = joined(file.tables)
    wanted = renamings(tables, changes.dlls, changes.export_name)
    freed = [header for header, said in file.views if changes.search_freely and said.dependent_load_flags]
    if not wanted and not freed:
        return Patch(len(buffer))
    _check_editable(*file.views[0])
    try:
        return _edited(buffer, file, _Wanted(wanted, freed, rooms))
    except OverlapError:
        if Room.SECTION not in rooms or not wanted:
            raise
        # Zeros behind a section may end a table in it; nothing of the file is behind a section of our own.
        return _edited(buffer, file, _Wanted(wanted, freed, (Room.SECTION,)))


class _File(NamedTuple):
    """What a file says, and where it names DLLs, in each of its views."""

    views: list[tuple[PeHeader, Pe]]
    tables: list[Tables]


class _Wanted(NamedTuple):
    """The names that change, the views whose search is freed, and the rooms to be used."""

    names: list[Renaming]
    freed: list[PeHeader]
    rooms: tuple[Room, ...]


def _read(buffer: Buffer) -> _File:
    header = read_header(Fields(buffer))
    said = [(header, describe(header))]
    if said[0][1].hybrid:
        said = [(view, describe(view)) for view in views(buffer, Patch(len(buffer)), hybrid=True)]
    return _File(said, [read_tables(*view) for view in said])


def _edited(buffer: Buffer, file: _File, wanted: _Wanted) -> Patch:
    header, before = file.views[0]
    draft, room = unsigned(header, before), Room.PLACE
    if wanted.names:
        tables = joined(file.tables)
        places = placed([view for view, _ in file.views], tables.references, wanted.names, wanted.rooms)
        if places.rest and Room.SECTION not in wanted.rooms:
            raise BinaryError(f"the file has no room for {len(places.rest)} names that are longer than the old ones")
        draft, room = with_names(draft, tables, wanted.names, places), places.room
    draft = searching(draft, wanted.freed)
    expected = [
        (followed(view, header, draft.header), expectation(said, own, wanted.names, freed=bool(wanted.freed)))
        for (view, said), own in zip(file.views, file.tables, strict=True)
    ]
    return finished(buffer, draft.patch(buffer, room.value), expected)


def _check_editable(header: PeHeader, before: Pe) -> None:
    """Refuse what can't be edited safely."""
    optional = header.optional
    if before.dll_characteristics & _FORCE_INTEGRITY:
        raise BinaryError("the file asks to be loaded with its signature only, which no edit can keep")
    for alignment in (optional.section_alignment, optional.file_alignment):
        if alignment & (alignment - 1):
            raise BinaryError(f"the file is aligned to {alignment} bytes, which is no power of two")
    if optional.section_alignment < _PAGE or not _SECTOR <= optional.file_alignment <= _LARGEST:
        raise BinaryError(
            f"the file is aligned to {optional.section_alignment} bytes in memory and {optional.file_alignment} on "
            f"disk; at least {_PAGE} and {_SECTOR} are needed"
        )
    _check_apart(header)


def _check_apart(header: PeHeader) -> None:
    """Refuse a file that fills two places in memory with the same bytes: an edit of one would be one of the other."""
    end = min(header.optional.headers, header.view.size)
    for section in sorted(header.sections, key=lambda section: section.offset):
        if section.size and section.offset < end:
            what = f"section {section.name!r} shares bytes of the file with the headers or another section"
            raise header.view.error(what, section.offset)
        end = max(end, section.offset + section.size)

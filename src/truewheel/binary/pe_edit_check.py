"""The last look before a patch leaves the editor: the edited file is read, and says what it should and nothing else.

Linkers never let tables and names overlap; a damaged or hostile file may, and an edit would then change more than was
asked for.
"""

from __future__ import annotations

from dataclasses import replace
from struct import Struct

from truewheel.binary.fields import Buffer
from truewheel.binary.model import Pe
from truewheel.binary.patch import Patch, Write, merged_writes
from truewheel.binary.pe import checksum, describe
from truewheel.binary.pe_edit_names import Renaming, Tables
from truewheel.binary.pe_edit_views import views
from truewheel.binary.pe_header import CHECKSUM_AT, PeHeader
from truewheel.errors import BinaryError

_WORD = Struct("<I")


class OverlapError(BinaryError):
    """The edit would change more than it is to."""


def finished(buffer: Buffer, patch: Patch, expected: list[tuple[PeHeader, Pe]]) -> Patch:
    """The patch with the checksum that the file is to have, if it has one.

    `expected` is what is to be read in each view of the file. Raises `OverlapError` where something else would be.
    """
    hybrid = expected[0][1].hybrid
    try:
        headers = views(buffer, patch, hybrid=hybrid)
        found = [describe(header) for header in headers]
    except BinaryError as error:
        raise _overlap(error.what) from None
    for header, image, (wanted, said) in zip(headers, found, expected, strict=True):
        _compare(header, image, wanted, said)
    if not expected[0][1].checksum:
        return patch
    at = headers[0].optional_at + CHECKSUM_AT
    writes = (*patch.writes, Write(at, _WORD.pack(checksum(headers[0]) % (1 << 32))))
    return replace(patch, writes=merged_writes(buffer, writes))


def _compare(header: PeHeader, image: Pe, wanted: PeHeader, said: Pe) -> None:
    for name in ("bits", "coff", "optional_at", "optional", "directories", "table_at", "sections"):
        if getattr(header, name) != getattr(wanted, name):
            raise _overlap(f"it would change the {name} of the header")
    for name, value in said._asdict().items():
        if name != "overlay" and getattr(image, name) != value:
            raise _overlap(f"it would change {name}")


def _overlap(what: str) -> OverlapError:
    return OverlapError(f"the file can't be edited, for its tables overlap: {what}")


def expectation(before: Pe, tables: Tables, changes: list[Renaming], *, freed: bool) -> Pe:
    """What the file says in one view after the edit; its overlay is left out. `tables` are those of that view."""
    new = {reference.at: name.decode() for reference, name in changes}
    own = [new[reference.at] for reference in tables.own if reference.at in new]
    imports = zip(before.imports, tables.imported, strict=True)
    return before._replace(
        imports=tuple(dll._replace(name=new.get(reference.at, dll.name)) for dll, reference in imports),
        export_name=own[0] if own else before.export_name,
        certificate=None,
        dependent_load_flags=0 if freed else before.dependent_load_flags,
    )


def followed(view: PeHeader, before: PeHeader, after: PeHeader) -> PeHeader:
    """The headers of a view when those of the file change from one to the other."""
    rows = zip(view.directories, before.directories, after.directories, strict=True)
    return view._replace(
        coff=view.coff._replace(sections=after.coff.sections),
        optional=view.optional._replace(initialized=after.optional.initialized, image=after.optional.image),
        directories=tuple(mine if new == old else new for mine, old, new in rows),
        sections=after.sections,
    )

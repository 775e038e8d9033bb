"""The last look before a patch leaves the editor: the edited file is read, and says what it should and nothing else.

Linkers never let tables and names overlap; a damaged or hostile file may, and an edit would then change more than was
asked for.
"""

from __future__ import annotations

from struct import Struct

from truewheel.binary.fields import Buffer, Fields
from truewheel.binary.model import Pe
from truewheel.binary.patch import Patch, Write, merged_writes
from truewheel.binary.pe import checksum, describe
from truewheel.binary.pe_edit_names import Renaming, Tables
from truewheel.binary.pe_header import CHECKSUM_AT, PeHeader, read_header
from truewheel.errors import BinaryError

_WORD = Struct("<I")


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


def finished(buffer: Buffer, patch: Patch, header: PeHeader, expected: Pe) -> Patch:
    """The patch with the checksum that the file is to have, if it has one.

    `header` and `expected` say what is to be read. Raises `BinaryError` where something else would be.
    """
    try:
        after = read_header(PatchedFields(buffer, patch))
        found = describe(after)
    except BinaryError as error:
        raise _overlap(error.what) from None
    for name in ("bits", "coff", "optional_at", "optional", "directories", "table_at", "sections"):
        if getattr(after, name) != getattr(header, name):
            raise _overlap(f"it would change the {name} of the header")
    for name, value in expected._asdict().items():
        if name != "overlay" and getattr(found, name) != value:
            raise _overlap(f"it would change {name}")
    if not expected.checksum:
        return patch
    sum_at = header.optional_at + CHECKSUM_AT
    writes = (*patch.writes, Write(sum_at, _WORD.pack(checksum(after) % (1 << 32))))
    return Patch(patch.source_size, merged_writes(buffer, writes), patch.tail_offset, patch.tail, patch.way, patch.cut)


def _overlap(what: str) -> BinaryError:
    return BinaryError(f"the file can't be edited, for its tables overlap: {what}")


def expectation(before: Pe, tables: Tables, changes: list[Renaming], *, search_freely: bool) -> Pe:
    """What the file says after the edit; its overlay is left out."""
    new = {reference.at: name.decode() for reference, name in changes}
    own = new.get(tables.own.at) if tables.own is not None else None
    imports = zip(before.imports, tables.imported, strict=True)
    return before._replace(
        imports=tuple(dll._replace(name=new.get(reference.at, dll.name)) for dll, reference in imports),
        export_name=own or before.export_name,
        certificate=None,
        dependent_load_flags=0 if search_freely else before.dependent_load_flags,
    )

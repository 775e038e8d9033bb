"""Where a PE file keeps the names of DLLs, and which of them are to be others.

Three tables hold addresses of names: the import table, the delay-import table, and the export directory, which holds
the file's own. An address in an older delay-import table is a whole one, which the loader relocates: ``.reloc`` lists
the field, so a new address in it is relocated like the old one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from truewheel.binary.fields import decoded
from truewheel.binary.model import Pe
from truewheel.binary.pe_header import DELAY, EXPORT, IMPORT, PeHeader
from truewheel.binary.pe_imports import Row, delay_rows, import_rows
from truewheel.errors import BinaryError, RequestError

_LONGEST_NAME = 255  # of a file, on every file system of Windows
_FORBIDDEN = frozenset(b'"*/:<>?\\|')
_OWN_NAME_AT = 12
_IMPORT_NAME, _IMPORT_NAME_AT = 3, 12
_DELAY_NAME, _DELAY_NAME_AT = 1, 4


class Reference(NamedTuple):
    """A field that holds the address of a name: where it is in the file, and what it leads to.

    ``shift`` is what the field holds beyond the address relative to the image.
    """

    at: int
    shift: int
    address: int
    name: str


class Tables(NamedTuple):
    """The rows of both tables of imported DLLs, the fields in them that lead to names, and those of the own name."""

    imports: tuple[Row, ...]
    delayed: tuple[Row, ...]
    imported: tuple[Reference, ...]
    own: tuple[Reference, ...]

    @property
    def references(self) -> tuple[Reference, ...]:
        """All fields that lead to names."""
        return (*self.imported, *self.own)


class Renaming(NamedTuple):
    """A field, and the name that it is to lead to."""

    reference: Reference
    new: bytes


def read_tables(header: PeHeader, before: Pe) -> Tables:
    """The tables that name DLLs. `before` is what the file says."""
    own: tuple[Reference, ...] = ()
    if before.export_name is not None:
        directory, what = header.directory(EXPORT), "the export table"
        (address,) = header.image.numbers(directory.address + _OWN_NAME_AT, 1, "I", what)
        at = header.image.locate(directory.address, what)[0] + _OWN_NAME_AT
        own = (Reference(at, 0, address, before.export_name),)
    imports = tuple(import_rows(header.image, header.directory(IMPORT)))
    delayed = tuple(delay_rows(header.image, header.directory(DELAY), header.optional.base))
    return Tables(imports, delayed, tuple(_imported(imports, delayed, before)), own)


def joined(tables: list[Tables]) -> Tables:
    """The tables of all views of a file, in which what they share is once.

    Raises `BinaryError` where two views, or two tables, find names by one field: no change would be right for both.
    """
    if any(len({reference.at for reference in one.references}) < len(one.references) for one in tables):
        raise BinaryError("the file can't be edited, for its tables overlap: one field leads to two names")
    known: dict[int, Reference] = {}
    for reference in (reference for one in tables for reference in one.references):
        if known.setdefault(reference.at, reference) != reference:
            raise BinaryError(f"the file names {reference.name!r} for one processor where it names another DLL for one")
    return Tables(
        tuple({row.at: row for one in tables for row in one.imports}.values()),
        tuple({row.at: row for one in tables for row in one.delayed}.values()),
        tuple({reference.at: reference for one in tables for reference in one.imported}.values()),
        tuple({reference.at: reference for one in tables for reference in one.own}.values()),
    )


def _imported(imports: tuple[Row, ...], delayed: tuple[Row, ...], before: Pe) -> Iterator[Reference]:
    fields = [Reference(row.at + _IMPORT_NAME_AT, 0, row.fields[_IMPORT_NAME], "") for row in imports]
    fields += [
        Reference(row.at + _DELAY_NAME_AT, row.shift, row.fields[_DELAY_NAME] - row.shift, "") for row in delayed
    ]
    for dll, reference in zip(before.imports, fields, strict=True):
        yield reference._replace(name=dll.name)


def renamings(tables: Tables, dlls: Mapping[str, str], export_name: str | None) -> list[Renaming]:
    """The names that aren't yet what they are to be.

    Raises `RequestError` for a DLL that the file doesn't import, under its new name neither.
    """
    known = {reference.name.lower() for reference in tables.imported}
    for old, new in dlls.items():
        if old not in known and new.lower() not in known:
            raise RequestError(f"nothing is imported from {old}, so this name can't be changed to {new}")
    wanted = ((reference, dlls.get(reference.name.lower(), reference.name)) for reference in tables.imported)
    result = [Renaming(reference, checked(new)) for reference, new in wanted if new != reference.name]
    if export_name is not None:
        own = (reference for reference in tables.own if reference.name != export_name)
        result += (Renaming(reference, checked(export_name)) for reference in own)
    return result


def checked(name: str) -> bytes:
    """A new name of a DLL as it is written. Raises `RequestError` for one that a loader couldn't find anywhere.

    The loader takes names for text in the code page of the machine, so only ASCII means the same everywhere.
    """
    raw = name.encode("ascii", "replace")
    plain = name.isascii() and name.isprintable() and not _FORBIDDEN.intersection(raw)
    if not plain or not 0 < len(raw) <= _LONGEST_NAME or name != name.strip().rstrip("."):
        raise RequestError(f"this can't be the name of a DLL: {decoded(raw)[:80]!r}")
    return raw


def check_forwards(before: Pe, dlls: Mapping[str, str]) -> None:
    """Refuse to rename a DLL to which exports are forwarded: such names stay.

    A forward is ``DLL.symbol``, and the loader adds ``.dll`` to the first part.
    """
    changed = {old for old, new in dlls.items() if new.lower() != old}
    changed |= {old.removesuffix(".dll") for old in changed}
    longest = max(map(len, changed), default=-1) + 1
    exports: dict[str, str] = {}  # many may share one target
    for symbol, target in before.forwards if changed else ():
        exports.setdefault(target, symbol)
    for target, symbol in exports.items():
        start = target[:longest].lower()
        ends = (at for at, letter in enumerate(start) if letter == ".")
        library = next((start[:end] for end in ends if start[:end] in changed), None)
        if library is not None:
            raise BinaryError(
                f"the export {symbol[:80]} is forwarded to {target[:80]}, so {library} can't be renamed",
                hint="leave this DLL its name",
            )

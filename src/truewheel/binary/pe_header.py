"""The headers of a PE file: what its readers and editors start from.

Source: the PE/COFF specification (Microsoft), "File Headers", "Optional Header" and "Section Table".
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from truewheel.binary.fields import Buffer, Fields, decoded
from truewheel.binary.pe_map import PeMap, Section

EXPORT, IMPORT, CERTIFICATE, DEBUG, LOAD_CONFIG, DELAY, MANAGED = 0, 1, 4, 6, 10, 13, 14
"""The data directories that matter here, by their index."""
CHECKSUM_AT = 64
"""Where the checksum is, counted from the optional header."""

_SIGNATURE = b"PE\0\0"
_LFANEW_AT = 0x3C
_WORD = Struct("<I")
_COFF = Struct("<4x2HI8x2H")
_COFF_SIZE = 24  # with the signature
_MAGIC = Struct("<H")
_BITS = {0x10B: 32, 0x20B: 64}
_OPTIONAL = {32: Struct("<2x2B24xI2I2H4x2H8x2I2H20xI"), 64: Struct("<2x2B20xQ2I2H4x2H8x2I2H36xI")}
_DIRECTORY = Struct("<2I")
_SECTION = Struct("<8x4I16x")
_SECTION_NAME = 8
_MOST_DIRECTORIES = 16
_PAGE, _SECTOR = 0x1000, 0x200


class Directory(NamedTuple):
    """A row of the data directories: an address (for certificates, an offset in the file) and a size."""

    address: int
    size: int


class Coff(NamedTuple):
    """The COFF header, without the obsolete symbol table."""

    machine: int
    sections: int
    timestamp: int
    optional_size: int
    characteristics: int


class Optional(NamedTuple):
    """The fields of the optional header that matter; ``headers`` is the size that all headers take."""

    linker_major: int
    linker_minor: int
    base: int
    section_alignment: int
    file_alignment: int
    system_major: int
    system_minor: int
    subsystem_major: int
    subsystem_minor: int
    headers: int
    checksum: int
    subsystem: int
    dll_characteristics: int
    directories: int


class PeHeader(NamedTuple):
    """All headers of a PE file; ``optional_at`` and ``table_at`` are where two of them begin in the file."""

    view: Fields
    bits: int
    coff: Coff
    optional_at: int
    optional: Optional
    directories: tuple[Directory, ...]
    table_at: int
    sections: tuple[Section, ...]
    image: PeMap

    def directory(self, number: int) -> Directory:
        """A data directory; one that the file doesn't have is empty."""
        return self.directories[number] if number < len(self.directories) else Directory(0, 0)


def is_pe(buffer: Buffer) -> bool:
    """Whether `buffer` is a PE file, and not another program with a DOS stub (NE, LE, plain DOS)."""
    size = len(buffer)
    if size < _LFANEW_AT + _WORD.size or bytes(buffer[:2]) != b"MZ":
        return False
    (at,) = _WORD.unpack_from(buffer, _LFANEW_AT)
    return bytes(buffer[at : at + 4]) == _SIGNATURE


def read_header(buffer: Buffer) -> PeHeader:
    """The headers of the PE file in `buffer`. Raises `BinaryError` if they are truncated or impossible."""
    view = Fields(buffer)
    (at,) = view.unpack(_WORD, _LFANEW_AT, "the DOS header")
    if view.take(0, 2, "the DOS header") != b"MZ" or view.take(at, 4, "the PE signature") != _SIGNATURE:
        raise view.error("a PE file begins with MZ and has a PE signature", at)
    coff = Coff(*view.unpack(_COFF, at, "the COFF header"))
    optional_at = at + _COFF_SIZE
    head = view.part(optional_at, coff.optional_size, "the optional header")
    (magic,) = head.unpack(_MAGIC, 0, "the optional header")
    if magic not in _BITS:
        raise view.error(f"an optional header begins with 0x10b or 0x20b, here is {magic:#x}", optional_at)
    layout = _OPTIONAL[_BITS[magic]]
    optional = Optional(*head.unpack(layout, 0, "the optional header"))
    directories = tuple(
        Directory(*head.unpack(_DIRECTORY, layout.size + number * _DIRECTORY.size, "the data directories"))
        for number in range(min(optional.directories, _MOST_DIRECTORIES))
    )
    table_at = optional_at + coff.optional_size
    sections = tuple(
        _section(view, table_at + number * _SECTION.size, optional.section_alignment) for number in range(coff.sections)
    )
    image = PeMap(view, optional.headers, max(optional.section_alignment, 1), sections)
    return PeHeader(view, _BITS[magic], coff, optional_at, optional, directories, table_at, sections, image)


def _section(view: Fields, at: int, alignment: int) -> Section:
    virtual_size, address, size, offset = view.unpack(_SECTION, at, "the section table")
    name = decoded(view.take(at, _SECTION_NAME, "a section name").rstrip(b"\0"))
    if alignment >= _PAGE:
        offset -= offset % _SECTOR  # so does the loader
    if not offset:
        size = 0  # nothing in the file, only memory
    return Section(name, address, virtual_size, view.check(offset, size, f"section {name!r}"), size)

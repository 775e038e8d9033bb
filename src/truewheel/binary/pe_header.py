"""The headers of a PE file: what its readers and editors start from.

Source: the PE/COFF specification (Microsoft), "File Headers", "Optional Header" and "Section Table".
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from truewheel.binary.fields import Buffer, Fields, decoded
from truewheel.binary.pe_map import PeMap, Section

EXPORT, IMPORT, RESOURCES, CERTIFICATE, DEBUG, LOAD_CONFIG, BOUND, DELAY, MANAGED = 0, 1, 2, 4, 6, 10, 11, 13, 14
"""The data directories that matter here, by their index."""
SECTION_COUNT_AT, INITIALIZED_AT, IMAGE_SIZE_AT, CHECKSUM_AT = -18, 8, 56, 64
"""Where the number of sections, the size of all initialised data, that of the image, and the checksum are.

They count from the optional header; the first is in the COFF header before it.
"""
SECTION_ROW = 40
"""The size of a section header."""

_SIGNATURE = b"PE\0\0"
_LFANEW_AT = 0x3C
_WORD = Struct("<I")
_COFF = Struct("<4x2HI8x2H")
_COFF_SIZE = 24  # with the signature
_MAGIC = Struct("<H")
_BITS = {0x10B: 32, 0x20B: 64}
_OPTIONAL = {32: Struct("<2x2B4xI16xI2I2H4x2H4x3I2H20xI"), 64: Struct("<2x2B4xI12xQ2I2H4x2H4x3I2H36xI")}
_DIRECTORY = Struct("<2I")
_SECTION = Struct("<8x4I12xI")
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
    """The fields of the optional header that matter.

    ``initialized`` is the size of all initialised data, ``image`` what the file takes in memory, and ``headers``
    what all headers take.
    """

    linker_major: int
    linker_minor: int
    initialized: int
    base: int
    section_alignment: int
    file_alignment: int
    system_major: int
    system_minor: int
    subsystem_major: int
    subsystem_minor: int
    image: int
    headers: int
    checksum: int
    subsystem: int
    dll_characteristics: int
    directories: int


class PeHeader(NamedTuple):
    """All headers of a PE file; ``…_at`` is where in the file they begin."""

    view: Fields
    bits: int
    coff: Coff
    optional_at: int
    optional: Optional
    directories_at: int
    directories: tuple[Directory, ...]
    table_at: int
    sections: tuple[Section, ...]
    image: PeMap

    @property
    def table_end(self) -> int:
        """Where the section table ends in the file."""
        return self.table_at + SECTION_ROW * len(self.sections)

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


def read_header(view: Fields) -> PeHeader:
    """The headers of a PE file. Raises `BinaryError` if they are truncated or impossible."""
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
        _section(view, table_at + number * SECTION_ROW, optional.section_alignment) for number in range(coff.sections)
    )
    image = PeMap(view, optional.headers, max(optional.section_alignment, 1), sections)
    directories_at = optional_at + layout.size
    bits = _BITS[magic]
    return PeHeader(view, bits, coff, optional_at, optional, directories_at, directories, table_at, sections, image)


def _section(view: Fields, at: int, alignment: int) -> Section:
    virtual_size, address, size, offset, characteristics = view.unpack(_SECTION, at, "the section table")
    name = decoded(view.take(at, _SECTION_NAME, "a section name").rstrip(b"\0"))
    if alignment >= _PAGE:
        offset -= offset % _SECTOR  # so does the loader
    if not offset:
        size = 0  # nothing in the file, only memory
    offset = view.check(offset, size, f"section {name!r}")
    return Section(name, address, virtual_size, offset, size, characteristics)

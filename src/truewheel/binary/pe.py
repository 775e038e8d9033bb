"""The PE reader: DLLs, extension modules and programs of Windows.

Source: the PE/COFF specification (Microsoft) and ``winnt.h``. The headers are read by `pe_header`, addresses
found in the file by `pe_map`, imports and exports by `pe_imports`.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from truewheel.binary.fields import LONGEST_PATH, Buffer, Fields
from truewheel.binary.model import Pe
from truewheel.binary.pe_header import (
    CERTIFICATE,
    CHECKSUM_AT,
    DEBUG,
    DELAY,
    EXPORT,
    IMPORT,
    LOAD_CONFIG,
    MANAGED,
    PeHeader,
    read_header,
)
from truewheel.binary.pe_imports import read_delayed, read_exports, read_imports

_ARCHS = {0x14C: "win32", 0x8664: "amd64", 0xAA64: "arm64"}
_I386 = 0x14C
_DLL = 0x2000

_DEBUG_ENTRY = Struct("<12x4I")
_CODE_VIEW, _REPRODUCIBLE = 2, 16
_PATH_AT = {b"RSDS": 24, b"NB10": 16}

_CONFIG = "the load configuration"
_SIZE = Struct("<I")
_LOAD_FLAGS = Struct("<H")
_LOAD_FLAGS_AT = {32: 54, 64: 78}
_HYBRID_POINTER = {32: Struct("<I"), 64: Struct("<Q")}
_HYBRID_AT = {32: 124, 64: 200}

_MANAGED_FLAGS = Struct("<16xI")
_IL_ONLY, _NEEDS_32_BITS, _PREFERS_32_BITS = 0x1, 0x2, 0x20000

_CHUNK = 1 << 16
_MODULUS = 0xFFFF
_MOST_DEBUG = 256  # rows of the debug directory; linkers write at most ten


class DebugEntry(NamedTuple):
    """A row of the debug directory: the kind of data, its size, its address (0 if not mapped) and offset."""

    kind: int
    size: int
    address: int
    offset: int


def read_pe(buffer: Buffer) -> Pe:
    """The PE file in `buffer`.

    Raises `BinaryError` if it is no PE file, or one that is truncated or contradicts itself: sections beyond
    the end of the file, tables outside the sections or without an end, names without an end.
    """
    return describe(read_header(Fields(buffer)))


def describe(header: PeHeader) -> Pe:
    """The PE file that these headers belong to. Raises what `read_pe` does."""
    coff, optional = header.coff, header.optional
    exports = read_exports(header.image, header.directory(EXPORT))
    debug = tuple(_debug_entries(header))
    load_flags, hybrid = _load_config(header)
    certificate = _certificate(header)
    return Pe(
        machine=coff.machine,
        arch=_ARCHS.get(coff.machine, f"machine-{coff.machine}"),
        bits=header.bits,
        dll=bool(coff.characteristics & _DLL),
        characteristics=coff.characteristics,
        dll_characteristics=optional.dll_characteristics,
        subsystem=optional.subsystem,
        os_version=(optional.system_major, optional.system_minor),
        subsystem_version=(optional.subsystem_major, optional.subsystem_minor),
        linker_version=(optional.linker_major, optional.linker_minor),
        timestamp=coff.timestamp,
        image_base=optional.base,
        checksum=optional.checksum,
        imports=(
            *read_imports(header.image, header.directory(IMPORT), header.bits),
            *read_delayed(header.image, header.directory(DELAY), header.bits, optional.base),
        ),
        export_name=exports.name,
        exports=exports.names,
        forwards=exports.forwards,
        certificate=certificate,
        overlay=_overlay(header, certificate),
        pdb_path=next(filter(None, (_pdb_path(header, entry) for entry in debug)), None),
        reproducible=any(entry.kind == _REPRODUCIBLE for entry in debug),
        dependent_load_flags=load_flags,
        hybrid=hybrid,
    )


def is_portable_assembly(buffer: Buffer) -> bool:
    """Whether the PE file in `buffer` is a .NET assembly of intermediate code alone, for any processor.

    Its header names the i386 by convention, so it says nothing about where the file runs (ECMA-335, II.25.3.3).
    """
    header = read_header(Fields(buffer))
    directory = header.directory(MANAGED)
    if header.coff.machine != _I386 or not directory.address:
        return False
    what = "the header of the .NET assembly"
    (flags,) = header.image.part(directory.address, None, what).unpack(_MANAGED_FLAGS, 0, what)
    bound = flags & (_NEEDS_32_BITS | _PREFERS_32_BITS) == _NEEDS_32_BITS
    return bool(flags & _IL_ONLY) and not bound


def pe_checksum(buffer: Buffer) -> int:
    """The checksum that the optional header of the PE file in `buffer` ought to hold.

    It is the sum of all 16-bit words, the field itself taken as 0, carries added back in, plus the size of the
    file (ImageHlp's CheckSumMappedFile). Raises `BinaryError` if `buffer` has no PE headers.
    """
    return checksum(read_header(Fields(buffer)))


def checksum(header: PeHeader) -> int:
    """The same for the file that these headers belong to."""
    at = header.optional_at + CHECKSUM_AT
    size = header.view.size
    # Carries that come back in make a sum modulo 2^16 - 1, where a big number leaves the same rest as its words do.
    pieces = (header.view.take(start, min(_CHUNK, size - start), "the file") for start in range(0, size, _CHUNK))
    words = sum(int.from_bytes(piece, "little") for piece in pieces)
    words -= header.optional.checksum << 8 * (at % 2)
    # A rest of 0 stands for 0xffff unless every word is 0, which no PE file is.
    return (words % _MODULUS or _MODULUS) + size


def _certificate(header: PeHeader) -> tuple[int, int] | None:
    offset, size = header.directory(CERTIFICATE)
    if not offset or not size:
        return None
    return header.view.check(offset, size, "the certificate"), size


def _overlay(header: PeHeader, certificate: tuple[int, int] | None) -> tuple[int, int] | None:
    """What follows the last section, up to the certificate if there is one; else what follows the certificate."""
    mapped = [section.offset + section.size for section in header.sections]
    start, end = max([*mapped, min(header.optional.headers, header.view.size)]), header.view.size
    if certificate is not None:
        offset, size = certificate
        if start < offset:
            end = offset
        else:
            start = max(start, offset + size)
    return (start, end - start) if start < end else None


def _debug_entries(header: PeHeader) -> Iterator[DebugEntry]:
    address, size = header.directory(DEBUG)
    if not address:
        return
    table = header.image.part(address, size, "the debug directory")
    if size > _MOST_DEBUG * _DEBUG_ENTRY.size:
        raise table.error(f"the debug directory has {size} bytes, more than {_MOST_DEBUG} rows take", 0)
    for number in range(size // _DEBUG_ENTRY.size):
        yield DebugEntry(*table.unpack(_DEBUG_ENTRY, number * _DEBUG_ENTRY.size, "the debug directory"))


def _pdb_path(header: PeHeader, entry: DebugEntry) -> str | None:
    """The path of the PDB in CodeView data of either form; None for anything else."""
    if entry.kind != _CODE_VIEW or not entry.size:
        return None
    what = "the CodeView data"
    if entry.address:
        data = header.image.part(entry.address, entry.size, what)
    else:
        data = header.view.part(entry.offset, entry.size, what)
    path_at = _PATH_AT.get(data.take(0, min(4, data.size), what))
    if path_at is None:
        return None
    return data.text(path_at, LONGEST_PATH, "the path of the PDB")


def load_flags_at(header: PeHeader) -> int:
    """Where DependentLoadFlags is in a file that has it."""
    return header.image.locate(header.directory(LOAD_CONFIG).address, _CONFIG)[0] + _LOAD_FLAGS_AT[header.bits]


def _load_config(header: PeHeader) -> tuple[int, bool]:
    """DependentLoadFlags, and whether there is a pointer to metadata for ARM64EC; what the table lacks is 0."""
    directory = header.directory(LOAD_CONFIG)
    if not directory.address:
        return 0, False
    (size,) = header.image.part(directory.address, None, _CONFIG).unpack(_SIZE, 0, _CONFIG)
    table = header.image.part(directory.address, size, _CONFIG)
    return (
        _optional_field(table, _LOAD_FLAGS, _LOAD_FLAGS_AT[header.bits]),
        bool(_optional_field(table, _HYBRID_POINTER[header.bits], _HYBRID_AT[header.bits])),
    )


def _optional_field(table: Fields, layout: Struct, offset: int) -> int:
    """A field that older, shorter tables lack."""
    present = offset + layout.size <= table.size
    return table.unpack(layout, offset, _CONFIG)[0] if present else 0

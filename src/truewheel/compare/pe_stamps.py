"""What linkers stamp into PE files: times, identities of debug information, the tools that made the objects.

Source: the PE/COFF specification (Microsoft), "Debug Directory", "Export Directory Table", "Resource Directory
Table". The Rich header, which Microsoft's linker writes behind the DOS stub, is not documented: it lists tools and how
many objects each made, from ``DanS`` to ``Rich``, masked by the word that follows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct

from truewheel.binary.fields import LONGEST_PATH, Fields
from truewheel.binary.pe_header import CHECKSUM_AT, DEBUG, EXPORT, RESOURCES, PeHeader
from truewheel.compare.pe_parts import part_at

_DEBUG_ROW = Struct("<4xI4x4I")
_CODE_VIEW, _REPRODUCIBLE = 2, 16
_MOST_ROWS = 256
_TIME = Struct("<4xI")
_WORD = Struct("<I")
_AGE = Struct("<20xI")
_COFF_TIME_AT = -16  # from the optional header
_LINKER_AT, _LINKER_SIZE = 2, 2
_DOS_HEADER = 0x40


@dataclass
class PeStamps:
    """The stamps of one file, and in ``blanks`` (offset, size) where they are. Filled in by `pe_stamps`.

    ``times`` has the time of the header first, and those that other tables hold by what they are. ``rich`` lists tools
    as ``product.build (n objects)``. ``pdb_at`` is where in the file the GUID and the path of the PDB are, -1 if not.
    """

    times: dict[str, int] = field(default_factory=dict)
    guid: str | None = None
    age: int | None = None
    pdb: str | None = None
    pdb_at: int = -1
    digest: str | None = None
    rich: list[str] = field(default_factory=list)
    stub: bytes = b""
    blanks: list[tuple[int, int]] = field(default_factory=list)


def pe_stamps(header: PeHeader) -> PeStamps:
    """The stamps of a PE file. Raises `BinaryError`."""
    found = PeStamps(times={"header": header.coff.timestamp})
    start = header.optional_at
    found.blanks += [(start + _COFF_TIME_AT, 4), (start + CHECKSUM_AT, 4), (start + _LINKER_AT, _LINKER_SIZE)]
    _rich(header, found)
    _debug(header, found)
    for number, what in ((EXPORT, "exports"), (RESOURCES, "resources")):
        address = header.directory(number).address
        if address:
            table = header.image.part(address, None, what)
            (found.times[what],) = table.unpack(_TIME, 0, what)
            found.blanks.append((table.start + 4, 4))
    return found


def _debug(header: PeHeader, found: PeStamps) -> None:
    address, size = header.directory(DEBUG)
    if not address:
        return
    table = header.image.part(address, size, "the debug directory")
    for number in range(min(size // 28, _MOST_ROWS)):
        time, kind, length, place, offset = table.unpack(_DEBUG_ROW, number * 28, "the debug directory")
        found.times.setdefault("debug directory", time)
        found.blanks.append((table.start + number * 28, 28))
        if kind in (_CODE_VIEW, _REPRODUCIBLE) and length:
            _identity(found, kind, part_at(header, place, offset, length, "debug data"))


def _identity(found: PeStamps, kind: int, data: Fields) -> None:
    """The GUID and path of the PDB, or the digest of a reproducible link."""
    if kind == _REPRODUCIBLE:
        found.digest = data.take(0, data.size, "the digest").hex()
    elif data.size >= 24 and data.take(0, 4, "CodeView data") == b"RSDS":
        found.guid = data.take(4, 16, "the GUID").hex()
        found.pdb_at = data.start
        (found.age,) = data.unpack(_AGE, 0, "the age")
        found.pdb = data.text(24, LONGEST_PATH, "the path of the PDB") if data.size > 24 else ""
    else:
        return
    found.blanks.append((data.start, data.size))


def _rich(header: PeHeader, found: PeStamps) -> None:
    """The tools in the Rich header, and the DOS stub before it."""
    end = header.optional_at - 24
    raw = header.view.take(_DOS_HEADER, max(0, end - _DOS_HEADER), "the DOS stub")
    mark = raw.rfind(b"Rich")
    found.stub = raw
    if mark < 0 or mark + 8 > len(raw):
        return
    (key,) = _WORD.unpack_from(raw, mark + 4)
    start = raw.rfind(_WORD.pack(key ^ 0x536E6144), 0, mark)  # DanS
    if start < 0:
        return
    found.stub = raw[:start]
    words = [word ^ key for (word,) in _WORD.iter_unpack(raw[start : mark - (mark - start) % 4])]
    for tool, number in zip(words[4::2], words[5::2], strict=False):
        found.rich.append(f"{tool >> 16}.{tool & 0xFFFF} ({number} objects)")

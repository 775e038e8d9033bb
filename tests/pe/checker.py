"""Whether a PE file keeps the rules of Windows' loader, of its signatures and of debuggers; what an edit changed.

Nothing here uses our own reader or editor. What is asked of an edit:

- `complaints`: the rules, on one file. Wine's loader is content with less.
- `differences`: the fields, strings and paddings in which two files differ, by name.
- `meaning`: what pefile reads in every table, without the addresses of names.

Source of the rules: Microsoft's PE/COFF specification, and what is known of MiCreateImageFileMap, the part of the
kernel that maps an image.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from struct import unpack_from

import pefile

from tests.pe.reader import Reading

_BLOCK = 1 << 12
_MOST_SECTIONS = 96


def complaints(data: bytes) -> list[str]:
    """What a loader, or who looks at signatures, would stumble over."""
    file = Reading(data)
    return [*_headers(file), *_sections(file), *_directories(file), *_names(file), *_trailing(file)]


def _up(number: int, alignment: int) -> int:
    return -(-number // alignment) * alignment


def _headers(file: Reading) -> Iterator[str]:
    optional = file.optional
    size, alignment = optional["SizeOfHeaders"], optional["FileAlignment"]
    if alignment not in (512 << shift for shift in range(8)) or optional["SectionAlignment"] < max(alignment, 4096):
        yield f"alignments {alignment} and {optional['SectionAlignment']}"
    if file.table_end > size or size % alignment:
        yield f"the section headers end at {file.table_end:#x}, all headers at {size:#x}"
    if len(file.sections) > _MOST_SECTIONS:
        yield f"{len(file.sections)} sections"
    if optional["CheckSum"] and optional["CheckSum"] != checksum(file.data, file.checksum_at):
        yield f"checksum {optional['CheckSum']:#x}"


def checksum(data: bytes, at: int) -> int:
    """The sum of IMAGEHLP's CheckSumMappedFile: of 16-bit words with their carries, and the size; `at` counts as 0."""
    blank = data[:at] + bytes(4) + data[at + 4 :] + bytes(len(data) % 2)
    total = sum(memoryview(blank).cast("H"))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total + len(data)


def _sections(file: Reading) -> Iterator[str]:
    alignment = file.optional["SectionAlignment"]
    expected = _up(file.optional["SizeOfHeaders"], alignment)
    for section in file.sections:
        if section.address != expected:  # neither a hole nor an overlap: the kernel refuses both
            yield f"{section.name} is at address {section.address:#x}, not {expected:#x}"
        expected = _up(section.end, alignment)
        if section.offset % file.optional["FileAlignment"] or section.size % file.optional["FileAlignment"]:
            yield f"{section.name} isn't aligned in the file"
        if section.offset + section.size > len(file.data):
            yield f"{section.name} ends behind the file"
    if file.optional["SizeOfImage"] != expected:
        yield f"SizeOfImage is {file.optional['SizeOfImage']:#x}, not {expected:#x}"
    spans = [(0, file.optional["SizeOfHeaders"], "headers")]
    spans += [(s.offset, s.offset + s.size, s.name) for s in file.sections if s.size]
    for (_, end, one), (start, _, other) in pairwise(sorted(spans)):
        if start < end:
            yield f"{one} and {other} share bytes of the file"


def _directories(file: Reading) -> Iterator[str]:
    for name, (address, size) in file.directories.items():
        section = file.section_of(address)
        if name == "bound imports":
            if address + size > file.optional["SizeOfHeaders"] or 0 < address < file.table_end:
                yield "the bound imports aren't behind the section headers"
        elif name != "certificate" and size and (section is None or address + size > _up(section.end, 4096)):
            yield f"the directory of {name} leads outside of the sections"
    address, size = file.directories.get("debug", (0, 0))
    for row in range(file.locate(address), file.locate(address) + size, 28) if size else ():
        length, where, offset = unpack_from("<III", file.data, row + 16)
        if where and file.locate(where) != offset:
            yield f"debug information at address {where:#x} isn't at {offset:#x}"
        if offset + length > len(file.data):
            yield f"debug information at {offset:#x} ends behind the file"


def _names(file: Reading) -> Iterator[str]:
    for kind, name, address in file.names():
        section = file.section_of(address)
        if section is None or address + len(name) + 1 > section.end:
            yield f"the {kind} {name!r} isn't inside of a section"
        if not name.isascii() or not name.isprintable() or not name or len(name) > 255:
            yield f"the {kind} {name!r} is no name"


def _trailing(file: Reading) -> Iterator[str]:
    offset, size = file.certificate
    if size and (offset % 8 or offset < file.sections_end or offset + size != len(file.data)):
        yield f"the certificate is at {offset:#x}, {size} bytes of {len(file.data)}"
    table, count = file.coff["PointerToSymbolTable"], file.coff["NumberOfSymbols"]
    end = table + 18 * count + 4
    within = any(s.offset < end and table < s.offset + s.size for s in file.sections)
    if table and (within or table < file.optional["SizeOfHeaders"] or end > len(file.data)):
        yield f"the symbols are at {table:#x}"


def differences(old: bytes, new: bytes) -> set[str]:
    """What isn't the same in two files, in the words of the first: its fields, strings and paddings.

    "more" and "less" say that the new one has bytes behind the old one's end, or that it ends before.
    """
    reading = Reading(old)
    found = {"more"} if len(new) > len(old) else {"less"} if len(new) < len(old) else set()
    shared = min(len(old), len(new))
    for block in range(0, shared, _BLOCK):
        if old[block : block + _BLOCK] != new[block : block + _BLOCK]:
            places = range(block, min(block + _BLOCK, shared))
            found |= {reading.label(place) for place in places if old[place] != new[place]}
    return found


def padding_written(old: bytes, new: bytes) -> set[str]:
    """The strings that stand in the new file where the old one has padding; the latter must be zeros."""
    reading = Reading(old)
    found: set[str] = set()
    for section in reading.sections:
        start, end = section.offset + section.used, section.offset + section.size
        if new[start:end] != old[start:end]:
            assert not any(old[start:end]), f"the padding of {section.name} is in use"
            found |= {text.decode("latin-1") for text in new[start:end].split(b"\0") if text}
    return found


def meaning(data: bytes, *, everything: bool = True) -> tuple[dict[str, object], list[tuple[str, str]]]:
    """What pefile reads in the tables, but for the names of DLLs; and these, each with its kind as in `Reading.names`.

    Addresses are kept, for nothing may move, but for those of the names. `everything` takes long for a large file.
    """
    image = pefile.PE(data=data, fast_load=True)
    image.parse_data_directories([*range(16)] if everything else [0, 1, 2, 6, 9, 10, 13])
    tables = {table: rows for table, rows in sorted(vars(image).items()) if table.startswith("DIRECTORY_ENTRY_")}
    names = [("import", row.dll.decode()) for row in tables.get("DIRECTORY_ENTRY_IMPORT", [])]
    names += [("delayed import", row.dll.decode()) for row in tables.get("DIRECTORY_ENTRY_DELAY_IMPORT", [])]
    if "DIRECTORY_ENTRY_EXPORT" in tables:
        names.append(("export", tables["DIRECTORY_ENTRY_EXPORT"].name.decode()))
    return {table: _plain(rows, _MAY_CHANGE.get(table, set())) for table, rows in tables.items()}, names


_MAY_CHANGE = {
    "DIRECTORY_ENTRY_IMPORT": {"dll", "Name"},
    "DIRECTORY_ENTRY_DELAY_IMPORT": {"dll", "szName"},
    "DIRECTORY_ENTRY_EXPORT": {"name", "Name"},
    "DIRECTORY_ENTRY_LOAD_CONFIG": {"DependentLoadFlags"},
}


def _plain(value: object, left_out: set[str]) -> object:
    """An answer of pefile as plain values; `left_out` are fields of the outermost structure."""
    if isinstance(value, pefile.Structure):
        rows = value.dump_dict()
        return {key: row["Value"] for key, row in rows.items() if isinstance(row, dict) and key not in left_out}
    if isinstance(value, pefile.DataContainer):
        skipped = {"pe", *left_out}
        if getattr(value, "import_by_ordinal", False):
            skipped.add("name")  # pefile knows some by heart, if the DLL is called as Windows calls it
        kept = {key: item for key, item in vars(value).items() if key not in skipped}
        return {key: _plain(item, left_out if key == "struct" else set()) for key, item in kept.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, left_out) for item in value]
    return value if isinstance(value, (int, str, bytes, type(None))) else repr(type(value))

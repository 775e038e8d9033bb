"""Whether a PE file hangs together, and what an edit changed in it: judged by pefile's reading, not by ours."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from struct import iter_unpack
from typing import Any

import pefile

_IMPORT, _DELAY, _LOAD_CONFIG, _CERTIFICATE = 1, 13, 10, 4


@lru_cache(maxsize=2)
def parsed(data: bytes) -> Any:  # noqa: ANN401 - pefile has no types
    """The file as pefile reads it."""
    return pefile.PE(data=data, fast_load=True)


def complaints(data: bytes) -> list[str]:
    """What the loader of Windows would stumble over, or who checks the file."""
    file = parsed(data)
    return [*_about_sections(file, len(data)), *_about_places(file), *_about_sizes(file, data)]


def _about_sections(file: Any, size: int) -> Iterator[str]:  # noqa: ANN401 - the same
    head, sections = file.OPTIONAL_HEADER, file.sections
    end = sections[0].get_file_offset() + 40 * len(sections)
    if end > head.SizeOfHeaders or len(sections) != file.FILE_HEADER.NumberOfSections:
        yield "the section headers aren't all inside of the headers"
    for section in sections:
        if section.PointerToRawData % head.FileAlignment or section.SizeOfRawData % head.FileAlignment:
            yield f"{section.Name} isn't aligned in the file"
        if section.PointerToRawData + section.SizeOfRawData > size:
            yield f"{section.Name} is longer than the file"


def _about_places(file: Any) -> Iterator[str]:  # noqa: ANN401 - the same
    head, sections = file.OPTIONAL_HEADER, file.sections
    for one, other in pairwise(sections):
        if other.VirtualAddress != one.VirtualAddress + _up(_length(one), head.SectionAlignment):
            yield f"{other.Name} doesn't follow the section before it in memory"
    filled = sorted((s.PointerToRawData, s.SizeOfRawData) for s in sections if s.SizeOfRawData)
    for (start, length), (following, _) in pairwise([(0, head.SizeOfHeaders), *filled]):
        if following < start + length:
            yield f"two sections share the bytes at {following:#x}"


def _length(section: Any) -> int:  # noqa: ANN401 - the same
    """What a section takes in memory: a loader that finds no such size takes that in the file."""
    return int(section.Misc_VirtualSize or section.SizeOfRawData)


def _about_sizes(file: Any, data: bytes) -> Iterator[str]:  # noqa: ANN401 - the same
    head, sections = file.OPTIONAL_HEADER, file.sections
    last = sections[-1]
    if head.SizeOfImage != _up(last.VirtualAddress + _length(last), head.SectionAlignment):
        yield "the image has another size"
    if head.SizeOfInitializedData != sum(s.SizeOfRawData for s in sections if s.Characteristics & 0x40):
        yield "the initialised data have another size"
    at = head.get_field_absolute_offset("CheckSum")
    if head.CheckSum and head.CheckSum != _checksum(data[:at] + bytes(4) + data[at + 4 :]):
        yield "the checksum is another"
    if len(head.DATA_DIRECTORY) > _CERTIFICATE:
        row = head.DATA_DIRECTORY[_CERTIFICATE]
        if row.VirtualAddress + row.Size > len(data):
            yield "the certificate is longer than the file"


def _checksum(data: bytes) -> int:
    """Words one by one, as the documentation of ImageHlp has it; pefile's takes a tenth of a second."""
    total = 0
    for (word,) in iter_unpack("<H", data + bytes(len(data) % 2)):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    return total + len(data)


def dlls(data: bytes) -> list[str]:
    """The names of the imported DLLs, those loaded on first use last."""
    file = parsed(data)
    return [file.get_string_at_rva(name).decode() for _, name, _ in _rows(file)]


def _rows(file: Any) -> Iterator[tuple[int, int, bool]]:  # noqa: ANN401 - the same
    """Where each row of the two tables is, where it finds the name of its DLL, and whether that is loaded late."""
    directories, base = file.OPTIONAL_HEADER.DATA_DIRECTORY, file.OPTIONAL_HEADER.ImageBase
    for number, size, name_at in ((_IMPORT, 20, 12), (_DELAY, 32, 4)):
        at = directories[number].VirtualAddress if number < len(directories) else 0
        while at and (name := file.get_dword_at_rva(at + name_at)):
            whole = number == _DELAY and not file.get_dword_at_rva(at) & 1
            yield at, name - (base if whole else 0), number == _DELAY
            at += size


def memory(data: bytes) -> dict[int, bytes]:
    """What the sections are in memory, by their addresses."""
    file = parsed(data)
    unit, found = file.OPTIONAL_HEADER.SectionAlignment, {}
    for section in file.sections:
        size = _up(section.Misc_VirtualSize or section.SizeOfRawData, unit)
        start = section.PointerToRawData
        raw = data[start : start + min(section.SizeOfRawData, size)]
        found[section.VirtualAddress] = raw.ljust(size, b"\0")
    return found


def changed(before: bytes, after: bytes) -> set[int]:
    """The addresses in sections at which two files differ, but for what a section that is added holds."""
    old, new = memory(before), memory(after)
    return {
        start + place
        for start, data in old.items()
        if data != new[start][: len(data)]
        for place in range(len(data))
        if data[place] != new[start][place]
    }


def may_change(data: bytes) -> set[int]:
    """The addresses that an edit may change: names, the fields that lead to them, bindings, load flags, padding."""
    file = parsed(data)
    places = set[int]()
    for at, name, delayed in _rows(file):
        places |= _span(name, len(file.get_string_at_rva(name)) + 1)
        places |= _span(at + 4, 4) | _span(at + 28, 4) if delayed else _span(at + 4, 12)
    export, config = (file.OPTIONAL_HEADER.DATA_DIRECTORY[number].VirtualAddress for number in (0, _LOAD_CONFIG))
    if export:
        name = file.get_dword_at_rva(export + 12)
        places |= _span(export + 12, 4) | _span(name, len(file.get_string_at_rva(name)) + 1)
    places |= _span(config + (78 if file.PE_TYPE == pefile.OPTIONAL_HEADER_MAGIC_PE_PLUS else 54), 2)
    for section in file.sections:
        places |= _span(section.VirtualAddress + section.Misc_VirtualSize, -section.Misc_VirtualSize % 0x1000)
    return places


def _span(start: int, size: int) -> set[int]:
    return set(range(start, start + size))


def _up(value: int, unit: int) -> int:
    return -(-value // unit) * unit

"""Whether an ELF file hangs together, and what an edit changed in it: judged by pyelftools' reading, not by ours."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from itertools import combinations, pairwise
from typing import Any

from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

PAGES = {"EM_AARCH64": 0x10000, "EM_PPC64": 0x10000}
_FOLLOWERS = ("PT_DYNAMIC", "PT_INTERP", "PT_NOTE", "PT_TLS", "PT_PHDR", "PT_GNU_EH_FRAME", "PT_GNU_PROPERTY")
_ALLOC = 2


def complaints(data: bytes) -> list[str]:
    """What a loader, or ``strip``, would stumble over."""
    file = ELFFile(BytesIO(data))
    return [*_about_loads(file, len(data)), *_about_segments(file), *_about_sections(file)]


def segments_of(file: ELFFile, *kinds: str) -> list[Any]:
    """The headers of the segments of some types."""
    return [segment.header for segment in file.iter_segments() if segment.header.p_type in kinds]


def _about_loads(file: ELFFile, size: int) -> Iterator[str]:
    loads = segments_of(file, "PT_LOAD")
    page = PAGES.get(file["e_machine"], 0x1000)
    for load in loads:
        if (load.p_vaddr - load.p_offset) % max(load.p_align, page):
            yield f"the segment at {load.p_vaddr:#x} isn't congruent"
        if load.p_filesz > load.p_memsz or load.p_offset + load.p_filesz > size:
            yield f"the segment at {load.p_vaddr:#x} is too long"
        if load.p_flags & 3 == 3:
            yield f"the segment at {load.p_vaddr:#x} can be written and executed"
    for one, other in pairwise(loads):
        if one.p_vaddr + one.p_memsz > other.p_vaddr:
            yield f"the segments at {one.p_vaddr:#x} and {other.p_vaddr:#x} overlap or are unordered"
        if one.p_flags != other.p_flags and (one.p_vaddr + one.p_memsz - 1) // page == other.p_vaddr // page:
            yield f"the segments at {one.p_vaddr:#x} and {other.p_vaddr:#x} share a page"


def _about_segments(file: ELFFile) -> Iterator[str]:
    loads = segments_of(file, "PT_LOAD")
    size = file["e_phnum"] * file["e_phentsize"]
    if file["e_phoff"] != file["e_ehsize"] or loads[0].p_offset or loads[0].p_filesz < file["e_phoff"] + size:
        yield "the program headers aren't behind the header, or not loaded"
    for segment in segments_of(file, *_FOLLOWERS):
        inside = any(
            load.p_offset <= segment.p_offset
            and segment.p_offset + segment.p_filesz <= load.p_offset + load.p_filesz
            and segment.p_vaddr - segment.p_offset == load.p_vaddr - load.p_offset
            for load in loads
        )
        if not inside:
            yield f"{segment.p_type} isn't inside of a segment that is loaded"
        if segment.p_type == "PT_PHDR" and (segment.p_offset, segment.p_filesz) != (file["e_phoff"], size):
            yield "PT_PHDR doesn't describe the table"
        if segment.p_vaddr % max(1, segment.p_align):
            yield f"{segment.p_type} isn't aligned"
    for one, other in combinations([segment.header for segment in file.iter_segments()], 2):
        if other.p_type == "PT_LOAD" != one.p_type and one.p_filesz and one.p_offset == other.p_offset:
            yield f"llvm-strip would lay the segment at {other.p_vaddr:#x} out as a part of {one.p_type}"


def _about_sections(file: ELFFile) -> Iterator[str]:
    loads = segments_of(file, "PT_LOAD")
    used = set()
    for section in file.iter_sections():
        header = section.header
        if not header.sh_flags & _ALLOC or not header.sh_size:
            continue
        homes = [
            number
            for number, load in enumerate(loads)
            if load.p_vaddr <= header.sh_addr
            and header.sh_addr + header.sh_size <= load.p_vaddr + load.p_memsz
            and (header.sh_type == "SHT_NOBITS" or header.sh_addr - load.p_vaddr == header.sh_offset - load.p_offset)
        ]
        if not homes:
            yield f"section {section.name} isn't inside of a segment"
        if header.sh_addr % max(1, header.sh_addralign):
            yield f"section {section.name} isn't aligned"
        used.update(homes)
        if section.name == ".dynstr" and header.sh_addr != _dynamic(file)["DT_STRTAB"]:
            yield "the section of the string table is elsewhere"
        if header.sh_type == "SHT_DYNAMIC" and header.sh_offset != segments_of(file, "PT_DYNAMIC")[0].p_offset:
            yield "the section of the dynamic table is elsewhere"
    if file["e_shnum"] and len(used) < len(loads):
        yield "a segment has no section"


def _dynamic(file: ELFFile) -> dict[str, int]:
    segment = next(segment for segment in file.iter_segments() if isinstance(segment, DynamicSegment))
    return {str(tag.entry.d_tag): int(tag.entry.d_val) for tag in segment.iter_tags()}


def changed(before: bytes, after: bytes) -> set[str]:
    """The sections of the old file with loaded bytes that are others now, at the same addresses; "" for no section."""
    old, new = ELFFile(BytesIO(before)), ELFFile(BytesIO(after))
    sections = [section for section in old.iter_sections() if section.header.sh_flags & _ALLOC]
    found: set[str] = set()
    for load in segments_of(old, "PT_LOAD"):
        start, size = load.p_vaddr, min(load.p_memsz, 1 << 20)
        one, other = _memory(old, before, start, size), _memory(new, after, start, size)
        for place in (number for number in range(size) if one[number] != other[number]):
            address = start + place
            names = [s.name for s in sections if s.header.sh_addr <= address < s.header.sh_addr + s.header.sh_size]
            headers = new["e_phoff"] + new["e_phnum"] * new["e_phentsize"]
            found.add(names[0] if names else "headers" if address - start < headers and load.p_offset == 0 else "")
    return found


def _memory(file: ELFFile, data: bytes, start: int, size: int) -> bytearray:
    """What is at some addresses once the file is loaded; 0xAA where nothing is."""
    result = bytearray(b"\xaa" * size)
    for load in segments_of(file, "PT_LOAD"):
        image = data[load.p_offset : load.p_offset + load.p_filesz].ljust(min(load.p_memsz, 1 << 22), b"\0")
        low, high = max(start, load.p_vaddr), min(start + size, load.p_vaddr + len(image))
        if low < high:
            result[low - start : high - start] = image[low - load.p_vaddr : high - load.p_vaddr]
    return result


def section_header(data: bytes, name: str) -> Any:  # noqa: ANN401 - as pyelftools has it
    """The header of a section."""
    section = ELFFile(BytesIO(data)).get_section_by_name(name)
    assert section is not None
    return section.header


def dynamic_values(data: bytes) -> dict[str, int]:
    """The values of the dynamic table, of tags that come twice the last."""
    return _dynamic(ELFFile(BytesIO(data)))


def static_symbols(data: bytes) -> dict[str, int]:
    """The values in ``.symtab``, by name, those of sections by the name of their section."""
    file = ELFFile(BytesIO(data))
    table = file.get_section_by_name(".symtab")
    assert isinstance(table, SymbolTableSection)
    result = {}
    for symbol in table.iter_symbols():
        index = symbol.entry.st_shndx
        name = symbol.name or (file.get_section(index).name if isinstance(index, int) and index else "")
        result[name] = int(symbol.entry.st_value)
    return result

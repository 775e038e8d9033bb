"""Whether an ELF file keeps the rules that loaders, strip and debuggers rely on, by pyelftools and readelf.

Nothing here uses our own reader. What is asked of an edit:

- `complaints`: the rules of the gABI, of glibc's, musl's and the kernel's loaders, and of GNU strip, on one file.
- `displaced`: every byte that was loaded is loaded again at its address, but for the tables that an edit is about.
- `meaning`: what readelf sees through the tables, names replaced by what they are now.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile

from tests.elf.toolchains import call, run
from tests.tools import need

_PAGES = {"EM_AARCH64": 0x10000, "EM_PPC64": 0x10000, "EM_ARM": 0x1000, "EM_LOONGARCH": 0x4000}
"""The largest page a kernel uses with programs of these processors, as their loaders meet it; else 4096."""

_INSIDE = {"PT_DYNAMIC", "PT_INTERP", "PT_NOTE", "PT_PHDR", "PT_GNU_EH_FRAME", "PT_GNU_PROPERTY", "PT_TLS"}
"""Segments whose bytes are read from memory."""

_TABLES = {
    "DT_STRTAB": "SHT_STRTAB",
    "DT_SYMTAB": "SHT_DYNSYM",
    "DT_HASH": "SHT_HASH",
    "DT_GNU_HASH": "SHT_GNU_HASH",
    "DT_VERSYM": "SHT_GNU_versym",
    "DT_VERNEED": "SHT_GNU_verneed",
    "DT_VERDEF": "SHT_GNU_verdef",
    "DT_INIT_ARRAY": "SHT_INIT_ARRAY",
    "DT_FINI_ARRAY": "SHT_FINI_ARRAY",
}
"""Where a tag points to, a section of this type begins."""


class Segment(NamedTuple):
    """A program header."""

    kind: str
    offset: int
    address: int
    file_size: int
    memory_size: int
    flags: int
    align: int

    def holds(self, offset: int, address: int, size: int) -> bool:
        """Whether this one maps those bytes of the file to that address."""
        inside = self.offset <= offset and offset + size <= self.offset + self.file_size
        return inside and address - offset == self.address - self.offset


class Section(NamedTuple):
    """A section header."""

    name: str
    kind: str
    flags: int
    address: int
    offset: int
    size: int

    @property
    def loaded(self) -> bool:
        """Whether it has bytes of the file in memory."""
        return bool(self.flags & 2) and self.kind != "SHT_NOBITS" and self.size > 0


class Layout:
    """The headers of a file."""

    def __init__(self, data: bytes | bytearray) -> None:
        self.data = bytes(data)
        file = ELFFile(BytesIO(self.data))
        self.page = _PAGES.get(file["e_machine"], 0x1000)
        self.table = int(file["e_phoff"])
        self.table_size = file["e_phnum"] * file["e_phentsize"]
        self.section_table = (int(file["e_shoff"]), file["e_shnum"] * file["e_shentsize"])
        self.segments = [
            Segment(s["p_type"], s["p_offset"], s["p_vaddr"], s["p_filesz"], s["p_memsz"], s["p_flags"], s["p_align"])
            for s in file.iter_segments()
        ]
        self.sections = [
            Section(s.name, s["sh_type"], s["sh_flags"], s["sh_addr"], s["sh_offset"], s["sh_size"])
            for s in (file.iter_sections() if file["e_shoff"] else ())
        ]
        dynamic = [segment for segment in file.iter_segments() if isinstance(segment, DynamicSegment)]
        self.tags = [(tag.entry.d_tag, tag.entry.d_val) for segment in dynamic for tag in segment.iter_tags()]

    @property
    def loads(self) -> list[Segment]:
        """What is mapped, in the order of the table."""
        return self.of("PT_LOAD")

    def of(self, kind: str) -> list[Segment]:
        """The segments of a kind."""
        return [segment for segment in self.segments if segment.kind == kind]

    def memory(self, address: int, size: int) -> bytes | None:
        """What is loaded there, or None where a byte of it isn't mapped from one segment."""
        for load in self.loads:
            at = address - load.address
            if at >= 0 and at + size <= load.memory_size:
                return self.data[load.offset + at : load.offset + min(at + size, load.file_size)].ljust(size, b"\0")
        return None


def complaints(data: bytes | bytearray) -> list[str]:
    """Every rule that the file breaks."""
    layout = Layout(data)
    return [complaint for rule in _RULES for complaint in rule(layout)]


def _about_loads(layout: Layout) -> Iterator[str]:
    for load in layout.loads:
        where = f"LOAD at {load.address:#x}"
        if load.align & (load.align - 1):
            yield f"{where}: alignment {load.align:#x} isn't a power of two"
        if load.align > 1 and (load.address - load.offset) % load.align:
            yield f"{where}: address and offset {load.offset:#x} differ modulo its alignment {load.align:#x}"
        if load.align < layout.page:
            yield f"{where}: alignment {load.align:#x} is less than a page"
        if load.offset + load.file_size > len(layout.data):
            yield f"{where}: beyond the end of the file"
        if load.file_size > load.memory_size:
            yield f"{where}: more in the file than in memory"
        if load.flags & 3 == 3:
            yield f"{where}: writable and executable"
        held = any(s.loaded and load.holds(s.offset, s.address, s.size) for s in layout.sections)
        if layout.sections and load.file_size and not held:
            yield f"{where}: no section in it, so strip empties it"


def _about_neighbours(layout: Layout) -> Iterator[str]:
    for first, second in pairwise(layout.loads):
        if first.address > second.address:
            yield "LOADs aren't in the order of their addresses"
        last = (first.address + max(first.memory_size, 1) - 1) // layout.page
        if last >= second.address // layout.page:
            yield f"LOADs at {first.address:#x} and {second.address:#x} share a page"


def _about_table(layout: Layout) -> Iterator[str]:
    end = layout.table + layout.table_size
    holder = next((s for s in layout.loads if s.offset <= layout.table and end <= s.offset + s.file_size), None)
    if holder is None:
        yield "no LOAD maps the program headers"
    elif holder.address - holder.offset != layout.loads[0].address - layout.loads[0].offset:
        yield "kernels before 5.18 tell programs the wrong address of the program headers"
    for own in layout.of("PT_PHDR"):
        if (own.offset, own.file_size, own.memory_size) != (layout.table, layout.table_size, layout.table_size):
            yield "PT_PHDR isn't the table of program headers"
    kinds = [segment.kind for segment in layout.segments]
    for kind in ("PT_PHDR", "PT_INTERP"):
        if kind in kinds and "PT_LOAD" in kinds[: kinds.index(kind)]:
            yield f"{kind} stands after a LOAD"
    for section in layout.sections:
        if section.loaded and section.offset < end and layout.table < section.offset + section.size:
            yield f"{section.name} lies in the table of program headers"
    start, size = layout.section_table
    if start + size > len(layout.data):
        yield "section headers beyond the end of the file"


def _about_parents(layout: Layout) -> Iterator[str]:
    """llvm-strip lays a segment out inside the first one that begins where it does, with that one's alignment."""
    for place, load in enumerate(layout.segments):
        for other in layout.segments[:place]:
            if load.kind == "PT_LOAD" != other.kind and load.file_size and load.offset == other.offset:
                yield f"LOAD at {load.address:#x}: begins with {other.kind}, which stands before it"


def _about_segments(layout: Layout) -> Iterator[str]:
    for segment in layout.segments:
        size = segment.file_size
        mapped = any(load.holds(segment.offset, segment.address, size) for load in layout.loads)
        if segment.kind in _INSIDE and segment.memory_size and not mapped:
            yield f"{segment.kind} at {segment.address:#x}: in no LOAD"
        if segment.align > 1 and segment.address % segment.align and segment.kind not in {"PT_LOAD", "PT_TLS"}:
            yield f"{segment.kind} at {segment.address:#x}: not aligned to {segment.align}"
    for dynamic in layout.of("PT_DYNAMIC"):
        if not any(s.flags & 2 and s.holds(dynamic.offset, dynamic.address, dynamic.file_size) for s in layout.loads):
            yield "PT_DYNAMIC isn't writable: glibc relocates it in place"
    tags = Counter(tag for tag, _ in layout.tags if tag != "DT_NEEDED")
    yield from (f"{tag} stands {times} times" for tag, times in tags.items() if times > 1 and tag != "DT_NULL")


def _about_sections(layout: Layout) -> Iterator[str]:
    for section in layout.sections:
        place = (section.offset, section.address, section.size)
        if section.loaded and not any(load.holds(*place) for load in layout.loads):
            yield f"{section.name}: in no LOAD"
        if section.kind != "SHT_NOBITS" and section.offset + section.size > len(layout.data):
            yield f"{section.name}: beyond the end of the file"
    stored = sorted((s for s in layout.sections if s.kind not in {"SHT_NOBITS", "SHT_NULL"}), key=lambda s: s.offset)
    for first, second in pairwise([section for section in stored if section.size]):
        if first.offset + first.size > second.offset:
            yield f"{first.name} and {second.name} overlap"


def _about_tags(layout: Layout) -> Iterator[str]:
    if not layout.sections:
        return
    starts = {(section.kind, section.address): section for section in layout.sections if section.flags & 2}
    tags = dict(layout.tags)
    for tag, kind in _TABLES.items():
        if tag in tags and (kind, tags[tag]) not in starts:
            yield f"{tag}: no section of its type begins at {tags[tag]:#x}"
    strings = starts.get(("SHT_STRTAB", tags.get("DT_STRTAB", 0)))
    if strings and strings.size != tags.get("DT_STRSZ"):
        yield f"DT_STRSZ is {tags.get('DT_STRSZ')}, {strings.name} has {strings.size}"
    for segment in layout.of("PT_DYNAMIC"):
        if ("SHT_DYNAMIC", segment.address) not in starts:
            yield ".dynamic isn't PT_DYNAMIC"


_RULES = (
    _about_loads,
    _about_neighbours,
    _about_table,
    _about_parents,
    _about_segments,
    _about_sections,
    _about_tags,
)


def displaced(before: bytes | bytearray, after: bytes | bytearray, *, names: bytes | None = None) -> Counter[str]:
    """How many loaded bytes of each section changed or went, but for those that an edit of names is about.

    `names` is a file like `before` with its section headers, where that has none. The tables of names may change,
    and so may sections that have moved: their old place is free. Without section headers, what leads to them tells.
    """
    old, new = Layout(before), Layout(after)
    sections = [section for section in Layout(names or before).sections if section.loaded]
    now = {(section.name, section.kind): section.address for section in new.sections}
    free = {".dynamic", ".dynstr", ".gnu.version_r"}
    free |= {s.name for s in sections if now.get((s.name, s.kind), s.address) != s.address}
    free |= {s.name for s in sections if not new.sections and _led_elsewhere(old, new, s)}
    result: Counter[str] = Counter()
    for load in old.loads:
        there = new.memory(load.address, load.memory_size)
        if there is None:
            result[f"LOAD at {load.address:#x}"] += load.memory_size
            continue
        if any(there[load.file_size :]):
            result["zeros"] += 1
        for section in sections:
            if section.name not in free and load.holds(section.offset, section.address, section.size):
                was = old.data[section.offset : section.offset + section.size]
                at = section.address - load.address
                if differing := _differing(was, there[at : at + section.size]):
                    result[section.name] += differing
    return result


def _led_elsewhere(old: Layout, new: Layout, section: Section) -> bool:
    """Whether tags or segments lead to the same bytes at another address now."""
    tags, now = dict(old.tags), dict(new.tags)
    places = {now[tag] for tag in _TABLES if tag in tags and tags[tag] == section.address}
    for kind in ("PT_INTERP", "PT_NOTE"):
        for before, after in zip(old.of(kind), new.of(kind), strict=True):
            if before.holds(section.offset, section.address, section.size):
                places.add(section.address - before.address + after.address)
    was = old.data[section.offset : section.offset + section.size]
    return bool(places - {section.address}) and all(new.memory(place, section.size) == was for place in places)


def _differing(first: bytes, second: bytes) -> int:
    return 0 if first == second else sum(a != b for a, b in zip(first, second, strict=True))


class Names(NamedTuple):
    """The names in the dynamic section, as readelf prints them."""

    needed: tuple[str, ...]
    soname: str
    rpath: str
    runpath: str


def names(path: Path) -> Names:
    """What a file needs, is called, and where it searches."""
    text = call([*need("readelf"), "-dW", path])
    found: dict[str, list[str]] = {}
    for tag, value in re.findall(r"\((NEEDED|SONAME|RPATH|RUNPATH)\)[^\[]*\[(.*)\]$", text, re.MULTILINE):
        found.setdefault(tag, []).append(value)
    single = {tag: values[0] for tag, values in found.items()}
    return Names(
        tuple(found.get("NEEDED", ())), single.get("SONAME", ""), single.get("RPATH", ""), single.get("RUNPATH", "")
    )


_PLACES = re.compile(
    r"\b(?:offset|Offset:|Addr:|Link:) *(?:0x)?[0-9a-f]+(?: \([\w.]+\))?"
    r"|^Displaying notes found.*"
    r"|(?<=DEFAULT )  *\d+(?= )",  # the number of a symbol's section
    re.MULTILINE,
)


def meaning(path: Path, renamed: Mapping[str, str] | None = None, *, relocations: bool = True) -> str:
    """Symbols, versions, relocations and notes of a file; files that versions are needed from have their new names.

    Where a table lies is left out: `displaced` tells whether it moved.
    """
    options = ["-rW"] if relocations else ["-W"]
    text = call([*need("readelf"), *options, "--dyn-syms", "-V", "-n", path])
    for old, new in (renamed or {}).items():
        text = re.sub(rf"(?<= File: ){re.escape(old)}(?= )", new, text)
    lines = [line.rstrip() for line in _PLACES.sub("", text).splitlines()]
    return "\n".join(line for line in lines if line)


def pointers(path: Path) -> list[tuple[str, str]]:
    """Every dynamic tag that isn't a name or a table of names, with its value, in order."""
    found = re.findall(r"^ *0x[0-9a-f]+ \((\w+)\) +(.*)$", call([*need("readelf"), "-dW", path]), re.MULTILINE)
    left_out = {"NEEDED", "SONAME", "RPATH", "RUNPATH", "STRSZ", "NULL"}
    moving = {"STRTAB", "SYMTAB", "HASH", "GNU_HASH", "VERSYM"}  # to make room: `complaints` looks at where they point
    return [(tag, "" if tag in moving else value) for tag, value in found if tag not in left_out]


def warnings(path: Path) -> list[str]:
    """What readelf finds wrong when it prints all headers."""
    text = run([*need("readelf"), "-hlSdVW", path]).stdout
    return [line for line in text.splitlines() if re.search(r"(?i)warning|error|corrupt|not in segment", line)]


def lint(path: Path) -> Counter[str]:
    """What elfutils' elflint complains of, without the numbers of sections and segments, which an edit changes."""
    text = run([*need("eu-elflint"), "--gnu-ld", path]).stdout
    lines = (re.sub(r"\[ *\d+\]|\b\d+\b", "#", line).strip() for line in text.splitlines())
    # It takes what a relocation is about to be as large as its symbol, here 16 MB, and finds that in what follows.
    confused = "read-only section modified but text relocation flag not set"
    return Counter(line for line in lines if line and line != "No errors" and not line.endswith(confused))

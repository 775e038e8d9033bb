"""Read an ELF file: what it is, what it needs, and what it says of itself.

Only headers and tables are touched, so a mapped file of any size takes milliseconds. The sources are the
System V gABI, the LSB for versions, glibc's ``elf.h`` for numbers, and what loaders do where these are silent.
"""

from __future__ import annotations

from truewheel.binary.elf_arch import arch_of
from truewheel.binary.elf_go import go_settings
from truewheel.binary.elf_layout import (
    EM_MIPS,
    PT_DYNAMIC,
    PT_GNU_STACK,
    PT_INTERP,
    PT_LOAD,
    PT_TLS,
    Layout,
    Strings,
    Tag,
    read_layout,
)
from truewheel.binary.elf_notes import read_notes
from truewheel.binary.elf_symbols import read_symbols
from truewheel.binary.elf_system import read_system
from truewheel.binary.elf_versions import read_versions
from truewheel.binary.fields import LONGEST_PATH, Buffer
from truewheel.binary.model import Elf

ET_EXEC = 2
PF_X = 1
DF_TEXTREL, DF_STATIC_TLS, DF_1_PIE = 0x4, 0x10, 0x08000000
_GO_LEVELS = {"v2": 2, "v3": 4, "v4": 8}
"""GNU_PROPERTY_X86_ISA_1_* by GOAMD64: a program of Go ends at once on a processor without its level."""
_LONGEST_PATHS = 1 << 16  # bytes of a list of run paths
_CHUNK = 1 << 16  # relocations looked at together
_TYPE_BYTES = {(64, True): (8, 9, 10, 11), (64, False): (15, 14, 13, 12), (32, True): (4,), (32, False): (7,)}
"""Where the type stands in a relocation, least significant byte first: the low word or byte of r_info."""


def read_elf(buffer: Buffer) -> Elf:
    """The ELF file in `buffer`, which may be closed afterwards.

    Raises `BinaryError` if it isn't ELF, is truncated, loops, or contradicts itself; damaged symbol names are
    found when `Elf.symbols` is first asked for them.
    """
    layout = read_layout(buffer)
    entries = layout.dynamic()
    tags = dict(entries)  # of tags that come twice, loaders take the last
    strings = _strings(layout, tags)
    versions = read_versions(layout, strings, tags)
    notes = read_notes(layout)
    static = layout.type == ET_EXEC and not any(layout.of(PT_INTERP))
    settings = go_settings(layout) if notes.go or static else {}
    flags = tags.get(Tag.FLAGS, 0)
    return Elf(
        bits=layout.bits,
        little_endian=layout.little_endian,
        machine=layout.machine,
        arch=arch_of(layout),
        type=layout.type,
        flags=layout.flags,
        osabi=layout.osabi,
        interpreter=_interpreter(layout),
        dynamic=any(layout.of(PT_DYNAMIC)),
        soname=strings.at(tags[Tag.SONAME]) if Tag.SONAME in tags else None,
        needed=tuple(strings.at(value) for tag, value in entries if tag == Tag.NEEDED),
        rpath=_paths(layout, strings, tags, Tag.RPATH),
        runpath=_paths(layout, strings, tags, Tag.RUNPATH),
        version_needs=versions.needs,
        version_definitions=versions.definitions,
        symbols=read_symbols(layout, strings, tags, versions.names),
        relocations=_relocations(layout, tags),
        relr=Tag.RELR in tags or Tag.ANDROID_RELR in tags,
        text_relocations=Tag.TEXTREL in tags or bool(flags & DF_TEXTREL),
        static_tls=bool(flags & DF_STATIC_TLS),
        pie=bool(tags.get(Tag.FLAGS_1, 0) & DF_1_PIE),
        has_tls=any(layout.of(PT_TLS)),
        exec_stack=next((bool(segment.flags & PF_X) for segment in layout.of(PT_GNU_STACK)), None),
        build_id=notes.build_id,
        android_api=notes.android_api,
        isa_needed=notes.isa_needed | _GO_LEVELS.get(settings.get("GOAMD64", ""), 0),
        isa_used=notes.isa_used,
        filters=tuple(strings.at(value) for tag, value in entries if tag == Tag.FILTER),
        load_alignment=max((segment.alignment for segment in layout.of(PT_LOAD)), default=0),
        system=read_system(layout, notes, settings),
    )


def _interpreter(layout: Layout) -> str | None:
    """The path in PT_INTERP; a kernel takes the first, and refuses one longer than PATH_MAX."""
    for segment in layout.of(PT_INTERP):
        if segment.file_size:
            part = layout.fields.part(segment.offset, segment.file_size, "the interpreter")
            return part.text(0, LONGEST_PATH, "the interpreter")
    return None


def _strings(layout: Layout, tags: dict[int, int]) -> Strings:
    """A copy of the dynamic string table; up to the end of its segment if its size isn't said."""
    if Tag.STRTAB not in tags:
        return Strings(b"", 0)
    offset, room = layout.extent(tags[Tag.STRTAB], "the string table")
    size = tags.get(Tag.STRSZ, room)
    offset = layout.locate(tags[Tag.STRTAB], size, "the string table")
    return Strings(layout.fields.take(offset, size, "the string table"), offset)


def _paths(layout: Layout, strings: Strings, tags: dict[int, int], tag: Tag) -> tuple[str, ...] | None:
    """The run paths of a tag, each of which may be as long as a path."""
    if tag not in tags:
        return None
    paths = tuple(strings.text(tags[tag], _LONGEST_PATHS).split(":"))
    longest = max(map(len, paths))
    if longest > LONGEST_PATH:
        raise layout.fields.error(f"DT_{tag.name} holds a path of {longest} bytes", strings.offset + tags[tag])
    return paths


def _relocations(layout: Layout, tags: dict[int, int]) -> frozenset[int]:
    """The kinds of relocations that a loader will apply.

    None for MIPS of 64 bits, which packs several into one record in an order of its own.
    """
    if layout.machine == EM_MIPS and layout.bits == 64:
        return frozenset()
    word = layout.bits // 8
    plt = 2 if tags.get(Tag.PLTREL) == Tag.REL else 3
    found: set[int] = set()
    for tag, size_tag, words in ((Tag.RELA, Tag.RELASZ, 3), (Tag.REL, Tag.RELSZ, 2), (Tag.JMPREL, Tag.PLTRELSZ, plt)):
        size = tags.get(size_tag, 0)
        if tag in tags and size:
            offset = layout.locate(tags[tag], size, f"the table of DT_{tag.name}")
            found |= _kinds(layout, offset, size, words * word)
    return frozenset(found)


def _kinds(layout: Layout, offset: int, size: int, entry: int) -> set[int]:
    """The distinct types in a table of relocations.

    Columns of bytes are cut out of many records at once, which does the work of a loop in C.
    """
    low, *high = _TYPE_BYTES[layout.bits, layout.little_endian]
    found: set[int] = set()
    size -= size % entry
    for start in range(0, size, _CHUNK * entry):
        data = layout.fields.take(offset + start, min(_CHUNK * entry, size - start), "relocations")
        columns = [data[at::entry] for at in high]
        if all(column.count(0) == len(column) for column in columns):
            found |= _distinct(data[low::entry])
        else:
            kinds = set(zip(data[low::entry], *columns, strict=True))
            found |= {int.from_bytes(bytes(kind), "little") for kind in kinds}
    return found


def _distinct(column: bytes) -> set[int]:
    """The values in a column: few, so each is struck out in turn."""
    found: set[int] = set()
    while column:
        found.add(column[0])
        column = column.translate(None, column[:1])
    return found

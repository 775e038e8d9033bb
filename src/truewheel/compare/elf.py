"""Two ELF files, section by section: what differs, and what in the sections shows why.

Sections are known by their names (gABI; LSB for ``.comment``; the GNU tools for the build id and the debug link; DWARF
for debug sections). What only follows from something else is marked so: a build id that hashes the file, tables of
addresses and code that point at what moved, strings that a symbol table refers to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from struct import Struct
from typing import Final, TypeAlias

from truewheel.binary import Elf, read_elf
from truewheel.binary.elf_layout import Segment
from truewheel.compare.elf_dynamic import BY_LINKER, compare_dynamic
from truewheel.compare.elf_parts import SHF_COMPRESSED, ElfParts, Section, elf_parts, inflated, symbols
from truewheel.compare.elf_tables import ElfAddresses, address_map
from truewheel.compare.elf_toolchain import compare_notes
from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.native_parts import NOT_COMPARED, alone, beside, changed, existing, extent, listed, only, values
from truewheel.compare.native_sections import all_causes, compare_section, concluded, probable
from truewheel.compare.native_shapes import HEADERS, compare_rest, compare_shapes
from truewheel.compare.native_spread import spread
from truewheel.compare.reasons import (
    BUILD_ID,
    COMPILER,
    COMPILER_OPTIONS,
    DEBUG_INFO,
    DEFLATE,
    LINK_ORDER,
    LINKER,
    PLATFORM,
)
from truewheel.compare.symbols import compare_symbols

_DEBUG = (".debug_", ".zdebug_", ".gnu.debuglto_", ".stab")
_DEBUG_NAMES = frozenset({".symtab", ".strtab", ".gnu_debuglink", ".gnu_debugaltlink", ".gdb_index", ".gnu_debugdata"})
_BUILD_ID, _COMMENT, _DEBUG_LINK, _DYNAMIC = ".note.gnu.build-id", ".comment", ".gnu_debuglink", ".dynamic"
_NUMBERS: Final = (
    ".eh_frame",
    ".rel",
    ".got",
    ".plt",
    ".init",
    ".fini",
    ".gnu.hash",
    ".hash",
    ".gnu.version",
    ".gcc_except_table",
    ".note.gnu.property",
)
_OF_SYMBOLS = (".gnu.hash", ".hash", ".gnu.version")
_NAMED_BY = {
    ".strtab": (".symtab",),
    ".dynstr": (".dynsym", _DYNAMIC, ".gnu.version_r", ".gnu.version_d"),
}
"""Whose names a table holds."""
_OF_NAMES = frozenset({COMPILER, COMPILER_OPTIONS, LINKER, LINK_ORDER, DEBUG_INFO})
"""Why other symbols may be there."""
_GOLD = ".note.gnu.gold-version"
_SHT_NOTE = 7
_OF_NOTES = frozenset({4, 0x6474E553})
_SEGMENTS = {1: "LOAD", 2: "DYNAMIC", 3: "INTERP", 4: "NOTE", 6: "PHDR", 7: "TLS", 0x6474E550: "GNU_EH_FRAME"}
_SEGMENTS |= {0x6474E551: "GNU_STACK", 0x6474E552: "GNU_RELRO", 0x6474E553: "GNU_PROPERTY"}


def compare_elf(left: bytes, right: bytes) -> tuple[Difference, ...]:
    """In what two ELF files differ. Raises `BinaryError` for damaged ones."""
    images = read_elf(left), read_elf(right)
    if images[0].archs != images[1].archs or images[0].bits != images[1].bits:
        archs = tuple(image.arch for image in images)
        cause = Cause(PLATFORM, f"{archs[0]} on the left, {archs[1]} on the right")
        return existing([values("processor", "the processor", archs, (cause,)), NOT_COMPARED, *_interfaces(*images)])
    files = _Files(*images, elf_parts(left), elf_parts(right))
    found = existing([*_headers(files), *_sections(files)])
    return _concluded((*found, *existing([compare_rest(found, files.one.headers, files.other.headers)])))


def _interfaces(left: Elf, right: Elf) -> Iterable[Difference | None]:
    """What two files for two processors can be compared in: what they need, and what they offer."""
    images = left, right
    yield listed("NEEDED", "the needed libraries", [sorted(image.needed) for image in images])
    for what in ("imports", "exports"):
        names = [sorted({symbol.name for symbol in getattr(image.symbols, what)}) for image in images]
        yield listed(what, f"the names of {what}", names)


@dataclass(frozen=True)
class _Files:
    """Both files, read."""

    left: Elf
    right: Elf
    one: ElfParts
    other: ElfParts

    @property
    def order(self) -> str:
        """Their byte order."""
        return self.one.layout.order

    @cached_property
    def addresses(self) -> ElfAddresses:
        """Which addresses are the same place."""
        return ElfAddresses(self.one, self.other, self.left.arch, address_map(self.one, self.other))


def _headers(files: _Files) -> Iterable[Difference | None]:
    """What differs in the ELF header, in segments, and in what neither headers nor sections hold."""
    left, right = files.left, files.right
    for what, of in (("type", "type"), ("flags", "flags"), ("ABI of the system", "osabi")):
        one, other = getattr(left, of), getattr(right, of)
        yield values("header", f"the {what}", (f"{one:#x}", f"{other:#x}"))
    one, other = files.one, files.other
    marks = [bytes(parts.layout.fields.take(8, 8, "the ELF header")).hex() for parts in (one, other)]
    yield values("header", "what fills up the identification", marks)
    yield compare_shapes(HEADERS, *({part.name: part.shape for part in side.sections} for side in (one, other)))
    yield values(
        "header",
        "the entry point",
        (f"{one.entry:#x}", f"{other.entry:#x}"),
        follows=files.addresses.same(one.entry, other.entry),
    )
    yield _segments(one, other)
    yield changed(one.rest.name, one.rest.data, other.rest.data)


def _segments(left: ElfParts, right: ElfParts) -> Difference | None:
    """The program headers; those of notes follow from a note that one side lacks."""
    sides = left.layout.segments, right.layout.segments
    found = listed("program headers", "the segments", [list(map(_shape, side)) for side in sides])
    rest = [[_shape(segment) for segment in side if segment.type not in _OF_NOTES] for side in sides]
    notes = [{section.name for section in parts.sections if section.type == _SHT_NOTE} for parts in (left, right)]
    if found is None or rest[0] != rest[1] or notes[0] == notes[1]:
        return found
    return replace(found, follows=True)


def _shape(segment: Segment) -> str:
    """A segment without its place and size, which follow from the sections in it."""
    kind = _SEGMENTS.get(segment.type, f"{segment.type:#x}")
    return f"{kind}, flags {segment.flags:#x}, aligned to {segment.alignment:#x}"


_Comparer: TypeAlias = Callable[[_Files, Section, Section], Difference | None]


def _sections(files: _Files) -> Iterable[Difference | None]:
    ones, others = ([section.part for section in parts.sections] for parts in (files.one, files.other))
    known = [{id(section.part): section for section in parts.sections} for parts in (files.one, files.other)]
    lacking: list[Difference] = []
    for both in beside(ones, others):
        if both.left is None or both.right is None:
            cause = Cause(LINKER, f"gold on the {'left' if both.left else 'right'}, and not on the other side")
            lacking.append(only(both, (cause,) if both.name == _GOLD else ()))
        else:
            left, right = known[0][id(both.left)], known[1][id(both.right)]
            found = _comparer(left.name)(files, left, right)
            yield None if found is None else replace(found, place=both.name)
    yield from alone(lacking, _is_debug)


def _comparer(name: str) -> _Comparer:
    if name in _BY_NAME:
        return _BY_NAME[name]
    return _debug if _is_debug(name) else _any


def _is_debug(name: str) -> bool:
    """Whether a section is for debuggers; in objects, those with its relocations are too."""
    section = name.removeprefix(".rela").removeprefix(".rel")
    return name in _DEBUG_NAMES or section.startswith(_DEBUG)


def _any(files: _Files, left: Section, right: Section) -> Difference | None:
    """A section without a meaning of its own: its bytes, its strings, and addresses in it that moved."""
    if left.size != right.size and not left.part.data and not right.part.data:
        return values(left.name, "the size in memory", (f"{left.size:,}", f"{right.size:,}"))
    silent = left.code or left.name.startswith(_NUMBERS)
    return compare_section(left.part, right.part, lambda: files.addresses.explain(left, right), silent=silent)


def _debug(files: _Files, left: Section, right: Section) -> Difference | None:
    """A debug section, as it is before compression."""
    one, other = inflated(files.one.layout, left), inflated(files.other.layout, right)
    if one.why or other.why:
        told = changed(left.name, left.part.data, right.part.data)
        return told and replace(
            told, summary=f"{told.summary}; {one.why or other.why}", left=None, right=None, causes=()
        )
    told = changed(left.name, one.data, other.data)
    if told is None and spread(left.part.data, right.part.data):
        both = bool(left.flags & right.flags & SHF_COMPRESSED)
        evidence = "both sides compress it" if both else "only one side compresses it"
        cause = Cause(DEFLATE if both else DEBUG_INFO, evidence)
        return Difference(left.name, Kind.CONTENT, "the same contents, compressed otherwise", causes=(cause,))
    return told


def _build_id(_: _Files, left: Section, right: Section) -> Difference | None:
    ids = tuple(bytes(section.part.data[16:]).hex() for section in (left, right))
    told = values(left.name, "the build id", ids)
    return told or changed(left.name, left.part.data, right.part.data)


def _gold(_: _Files, left: Section, right: Section) -> Difference | None:
    versions = [bytes(section.part.data[16:]).rstrip(b"\0").decode("utf-8", "replace") for section in (left, right)]
    cause = Cause(LINKER, f"{versions[0]} on the left, {versions[1]} on the right")
    return values(left.name, "the version of the linker", versions, (cause,))


def _comment(_: _Files, left: Section, right: Section) -> Difference | None:
    return compare_notes(left.name, left.part.data, right.part.data)


def _debug_link(files: _Files, left: Section, right: Section) -> Difference | None:
    """The name of the file with debug information, and its checksum (the last four bytes)."""
    if left.part.data == right.part.data:
        return None
    names = [bytes(section.part.data).partition(b"\0")[0].decode("utf-8", "replace") for section in (left, right)]
    word = Struct(files.order + "I")
    sums = [word.unpack(section.part.data[-4:])[0] if len(section.part.data) >= 4 else 0 for section in (left, right)]
    cause = Cause(
        DEBUG_INFO, f"the files with debug information have the checksums {sums[0]:#010x} and {sums[1]:#010x}"
    )
    told = [f"{name}, checksum {number:#010x}" for name, number in zip(names, sums, strict=True)]
    return values(left.name, "the link to debug information", told, (cause,) if names[0] == names[1] else ())


def _dynamic(files: _Files, left: Section, right: Section) -> Difference | None:
    return compare_dynamic((files.left, files.right), (files.one, files.other), (left, right))


def _versions(files: _Files, left: Section, right: Section) -> Difference | None:
    """The versions that are needed of other libraries."""
    needs = [
        [f"{need.version} of {need.library}" for need in image.version_needs] for image in (files.left, files.right)
    ]
    told = listed(left.name, "the needed versions", [sorted(side) for side in needs])
    return told or changed(left.name, left.part.data, right.part.data)


def _symbols(files: _Files, left: Section, right: Section) -> Difference | None:
    return compare_symbols(left.name, symbols(files.one, left), symbols(files.other, right), files.addresses.same)


def _strings(_: _Files, left: Section, right: Section) -> Difference | None:
    """A table of names: whose names these are tells in what they differ."""
    found = spread(left.part.data, right.part.data)
    if found is None:
        return None
    summary = extent(left.part.data, right.part.data, found)
    return Difference(left.name, Kind.CONTENT, f"{summary}: names of what is told elsewhere", follows=True)


_BY_NAME: dict[str, _Comparer] = {
    _BUILD_ID: _build_id,
    _GOLD: _gold,
    _COMMENT: _comment,
    _DEBUG_LINK: _debug_link,
    _DYNAMIC: _dynamic,
    ".gnu.version_r": _versions,
    ".symtab": _symbols,
    ".dynsym": _symbols,
    ".strtab": _strings,
    ".dynstr": _strings,
    ".shstrtab": _strings,
}


# --- what follows from what ----------------------------------------------------------------------------------
def _concluded(found: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """The differences, with what the sections say of each other."""
    told = {difference.place: difference for difference in found}
    causes = all_causes(found)
    return tuple(_conclude(difference, told, causes) for difference in found)


def _conclude(found: Difference, told: Mapping[str, Difference], causes: tuple[Cause, ...]) -> Difference:
    if found.place == _BUILD_ID and found.kind is Kind.CONTENT:
        return _concluded_id(found, told)
    if found.place == _BUILD_ID:
        evidence = "it was told to write a build id on one side alone"
        return replace(found, causes=(Cause(LINKER, evidence, sure=False),))
    if found.place in _NAMED_BY and not any(place in told for place in _NAMED_BY[found.place]):
        return replace(found, follows=False)
    if found.place.startswith(_OF_SYMBOLS) and not found.causes and _names_differ(told):
        return replace(found, left=None, right=None, follows=True)
    if found.place == _DYNAMIC:
        return replace(found, inside=tuple(_by_linker(part, causes) for part in found.inside))
    if found.place in _DEBUG_NAMES:
        causes = tuple(cause for cause in causes if cause.reason in _OF_NAMES)
    return concluded(found, causes, _is_section, _is_debug)


def _names_differ(told: Mapping[str, Difference]) -> bool:
    """Whether the symbols for the loader are others, or in another order: other addresses alone change no table."""
    return ".dynsym" in told and not told[".dynsym"].follows


def _by_linker(found: Difference, causes: tuple[Cause, ...]) -> Difference:
    """An entry of the dynamic table; what linkers choose is known of another one."""
    linkers = tuple(cause for cause in probable(causes, debug=False) if cause.reason is LINKER)
    return found if found.causes or found.place not in BY_LINKER else replace(found, causes=linkers)


def _is_section(place: str) -> bool:
    return not place.startswith("header")


def _concluded_id(found: Difference, places: Iterable[str]) -> Difference:
    if set(places) == {_BUILD_ID}:
        evidence = "nothing else differs: what did was stripped off, or isn't kept"
        return replace(found, causes=(Cause(BUILD_ID, evidence),))
    return replace(found, causes=(Cause(BUILD_ID, "it hashes what else differs in the file"),), follows=True)

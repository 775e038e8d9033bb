"""The dynamic tables of two ELF files, entry by entry: what is needed, run paths, flags, places and sizes.

Source: gABI, chapter 5, "Dynamic Section", and glibc's ``elf.h``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from truewheel.binary import Elf
from truewheel.compare.elf_parts import ElfParts, Section
from truewheel.compare.model import Difference, Kind
from truewheel.compare.native_parts import existing, listed, values
from truewheel.compare.native_spread import spread

_FIRST: Final = (
    "NULL NEEDED PLTRELSZ PLTGOT HASH STRTAB SYMTAB RELA RELASZ RELAENT STRSZ SYMENT INIT FINI "
    "SONAME RPATH SYMBOLIC REL RELSZ RELENT PLTREL DEBUG TEXTREL JMPREL BIND_NOW INIT_ARRAY "
    "FINI_ARRAY INIT_ARRAYSZ FINI_ARRAYSZ RUNPATH FLAGS"
)
_NAMES: Final = {
    **dict(enumerate(_FIRST.split())),
    0x20: "PREINIT_ARRAY",
    0x21: "PREINIT_ARRAYSZ",
    0x22: "SYMTAB_SHNDX",
    0x23: "RELRSZ",
    0x24: "RELR",
    0x25: "RELRENT",
    0x6FFFFDF5: "GNU_PRELINKED",
    0x6FFFFEF5: "GNU_HASH",
    0x6FFFFEF6: "TLSDESC_PLT",
    0x6FFFFEF7: "TLSDESC_GOT",
    0x6FFFFEFA: "CONFIG",
    0x6FFFFEFB: "DEPAUDIT",
    0x6FFFFEFC: "AUDIT",
    0x6FFFFFF0: "VERSYM",
    0x6FFFFFF9: "RELACOUNT",
    0x6FFFFFFA: "RELCOUNT",
    0x6FFFFFFB: "FLAGS_1",
    0x6FFFFFFC: "VERDEF",
    0x6FFFFFFD: "VERDEFNUM",
    0x6FFFFFFE: "VERNEED",
    0x6FFFFFFF: "VERNEEDNUM",
    0x7FFFFFFD: "AUXILIARY",
    0x7FFFFFFF: "FILTER",
}
_OF_NAMES: Final = frozenset({1, 14, 15, 29, 0x7FFFFFFD, 0x7FFFFFFF})
"""NEEDED, SONAME, RPATH, RUNPATH, AUXILIARY, FILTER: places in a table of strings, which are told as what they name."""
_FLAGS: Final = frozenset({30, 0x6FFFFFFB})
BY_LINKER: Final = frozenset({"entries", "FLAGS", "FLAGS_1"})
"""Entries that are the linker's choice."""


def compare_dynamic(
    images: tuple[Elf, Elf], files: tuple[ElfParts, ElfParts], sections: tuple[Section, Section]
) -> Difference | None:
    """How two dynamic tables differ: it follows from others where only places and sizes of the same sections do."""
    one, other = images
    inside = existing(
        [
            listed("NEEDED", "the needed libraries", (one.needed, other.needed)),
            listed("SONAME", "the names", (_one(one.soname), _one(other.soname))),
            _run_paths("RPATH", one.rpath, other.rpath),
            _run_paths("RUNPATH", one.runpath, other.runpath),
            *_entries(files),
        ]
    )
    left, right = sections
    if not inside and spread(left.part.data, right.part.data) is None:
        return None
    summary = "the dynamic table differs" if inside else "only addresses and sizes in the dynamic table differ"
    return Difference(left.name, Kind.CONTENT, summary, inside=inside, follows=not inside)


def _run_paths(tag: str, left: tuple[str, ...] | None, right: tuple[str, ...] | None) -> Difference | None:
    """Run paths may be those of a build, and may be wanted."""
    told = listed(tag, "the run paths", (left or (), right or ()))
    return told and replace(told, causes=tuple(cause._replace(sure=False) for cause in told.causes))


def _one(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _entries(files: tuple[ElfParts, ElfParts]) -> Iterator[Difference | None]:
    """Which entries there are, and those whose values are no place or size of a section that both have."""
    tables = [[(tag, value) for tag, value in parts.layout.dynamic() if tag != 1] for parts in files]
    yield listed("entries", "the kinds of entries", [[_name(tag) for tag, _ in table] for table in tables])
    ones, others = (dict(table) for table in tables)
    facts = _Facts(files)
    for tag, value in ones.items():
        if tag in _FLAGS or tag in _OF_NAMES or tag not in others or others[tag] == value:
            continue
        if not facts.same(value, others[tag]):
            yield values(_name(tag), f"the entry {_name(tag)}", (f"{value:#x}", f"{others[tag]:#x}"))
    for tag in sorted(_FLAGS):
        flags = [f"{table[tag]:#x}" if tag in table else None for table in (ones, others)]
        yield values(_name(tag), "the flags", flags)


def _name(tag: int) -> str:
    return _NAMES.get(tag, f"{tag:#x}")


class _Facts:
    """Where sections are and how large, by value: what an entry may follow from."""

    def __init__(self, files: tuple[ElfParts, ElfParts]) -> None:
        self._places = tuple(_by_value(parts, lambda section: section.part.address) for parts in files)
        self._sizes = tuple(_by_value(parts, lambda section: section.size) for parts in files)

    def same(self, left: int, right: int) -> bool:
        """Whether both values are the place, or the size, of a section of one name."""
        return any(one.get(left, set()) & other.get(right, set()) for one, other in (self._places, self._sizes))


def _by_value(parts: ElfParts, value: Callable[[Section], int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for section in parts.sections:
        if section.part.address and section.size:
            found.setdefault(value(section), set()).add(section.name)
    return found

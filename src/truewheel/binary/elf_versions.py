"""Symbol versions of ELF: what a file demands (``.gnu.version_r``) and what it defines (``.gnu.version_d``).

The source is the LSB core specification, section "Symbol Versioning". The chains are followed as glibc does,
to the link that is zero; links only go forward, and their number is bounded by the bytes that are there and by
the 15 bits of an index.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

from truewheel.binary.elf_layout import Layout, Strings, Tag
from truewheel.binary.model import VersionNeed

VER_FLG_BASE, VER_FLG_WEAK = 1, 2
INDEX = 0x7FFF
"""The part of a version number that is an index; the bit above it hides the symbol."""


class VersionName(NamedTuple):
    """What an entry of ``.gnu.version`` stands for; `library` is "" for the file's own versions."""

    number: int
    version: str
    library: str


class Versions(NamedTuple):
    """The versions of a file: needs and definitions in table order, and the names of their indexes."""

    needs: tuple[VersionNeed, ...]
    definitions: tuple[str, ...]
    names: tuple[VersionName, ...]


class Chain:
    """Records of `least` bytes or more, each of which says how far the next one is; 0 for the last."""

    def __init__(self, layout: Layout, tag: Tag, address: int, least: int = 16) -> None:
        self.what = f"a record of DT_{tag.name}"
        start, room = layout.extent(address, f"the table of DT_{tag.name}")
        self.part = layout.fields.part(start, room, self.what)
        self.left = min(room // least, 2 * INDEX)  # a version has an index of its own, and at most one library

    def walk(self, record: Struct, offset: int) -> Iterator[tuple[int, tuple[int, ...]]]:
        """The offset and the values of each record from `offset` on; the last value is the link."""
        link = 1
        while link:
            values = self.part.unpack(record, offset, self.what)
            self.left -= 1
            if self.left < 0:
                raise self.part.error(f"{self.what} is used over and over, or there are too many", offset)
            yield offset, values
            link = values[-1]
            offset += link


def _needs(layout: Layout, strings: Strings, address: int) -> Iterator[tuple[VersionNeed, VersionName]]:
    need, entry = Struct(layout.order + "HHIII"), Struct(layout.order + "4xHHII")
    chain = Chain(layout, Tag.VERNEED, address)
    for offset, (_, count, file, first, _) in chain.walk(need, 0):
        library = strings.at(file)
        for _, (flags, index, name, _) in chain.walk(entry, offset + first) if count else ():
            version = strings.at(name)
            yield (
                VersionNeed(library, version, weak=bool(flags & VER_FLG_WEAK)),
                VersionName(index & INDEX, version, library),
            )


def _definitions(layout: Layout, strings: Strings, address: int) -> Iterator[VersionName]:
    definition, entry = Struct(layout.order + "2xHHH4xII"), Struct(layout.order + "I4x")
    chain = Chain(layout, Tag.VERDEF, address)
    for offset, (flags, index, count, first, _) in chain.walk(definition, 0):
        if count and not flags & VER_FLG_BASE:  # the base is the file's own name, not a version
            (name,) = chain.part.unpack(entry, offset + first, chain.what)
            yield VersionName(index & INDEX, strings.at(name), "")


def read_versions(layout: Layout, strings: Strings, tags: dict[int, int]) -> Versions:
    """The versions that the dynamic table leads to. Raises `BinaryError`."""
    needs: tuple[tuple[VersionNeed, VersionName], ...] = ()
    definitions: tuple[VersionName, ...] = ()
    if Tag.VERNEED in tags:
        needs = tuple(_needs(layout, strings, tags[Tag.VERNEED]))
    if Tag.VERDEF in tags:
        definitions = tuple(_definitions(layout, strings, tags[Tag.VERDEF]))
    return Versions(
        tuple(need for need, _ in needs),
        tuple(name.version for name in definitions),
        definitions + tuple(name for _, name in needs),
    )

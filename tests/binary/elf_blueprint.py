"""What an ELF file made by `elf_files` is to be like."""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import pack

SHT = {
    "PROGBITS": 1,
    "SYMTAB": 2,
    "STRTAB": 3,
    "RELA": 4,
    "HASH": 5,
    "DYNAMIC": 6,
    "NOTE": 7,
    "NOBITS": 8,
    "REL": 9,
    "DYNSYM": 11,
    "RELR": 19,
    "GNU_HASH": 0x6FFFFFF6,
    "VERNEED": 0x6FFFFFFE,
    "VERSYM": 0x6FFFFFFF,
}
ALLOC, WRITE, TLS = 2, 1, 0x400
RELATIVE = {62: 8, 183: 1027, 21: 22, 22: 12, 243: 3, 258: 3, 3: 8, 40: 23}
WITH_REL = (3, 40)


@dataclass(frozen=True)
class Blueprint:
    """What a file is to be like.

    ``notes`` are alignments of notes of 32 bytes each; ``joint`` puts one PT_NOTE over all of them, and
    ``noted`` PT_GNU_PROPERTY over the first. ``relr`` are
    numbers of words of the data that are relocated, ``rela`` and ``plt`` count further relocations, ``plt_inside``
    counts the latter to the former. ``absolute`` makes ``_DYNAMIC`` an absolute symbol, as old linkers did.
    """

    bits: int = 64
    little: bool = True
    machine: int = 62
    type: int = 3
    base: int = 0
    page: int = 0x1000
    phdr: bool = False
    interpreter: bool = False
    pie: bool = False
    notes: tuple[int, ...] = (8, 4)
    joint: bool = False
    noted: bool = False
    gap: int = 0
    spare: int = 5
    bss: int = 64
    hashed: str = "GNU_HASH"
    sections: bool = True
    needed: tuple[str, ...] = ("libfoo.so.1", "libc.so.6")
    soname: str | None = "libme.so.1"
    runpath: str | None = None
    undefined: tuple[str, ...] = ("foo",)
    defined: tuple[str, ...] = ("bar",)
    versions: tuple[str, ...] = ("libfoo.so.1",)
    tags: tuple[tuple[int, int | str], ...] = ()
    relr: tuple[int, ...] = ()
    rela: int = 0
    plt: int = 0
    plt_inside: bool = False
    count: bool = True
    absolute: bool = False
    stack: int = 6
    extra: tuple[tuple[int, int], ...] = ()  # type and flags of further, empty segments
    overlay: bytes = b""


@dataclass
class Part:
    """A section: its bytes (or their number), and where it came to be."""

    name: str
    type: str
    flags: int
    size: int
    alignment: int
    offset: int = 0
    address: int = 0
    data: bytes = b""


@dataclass
class Built:
    """A file, and its sections by name."""

    data: bytes
    parts: dict[str, Part]
    blueprint: Blueprint


@dataclass
class Builder:
    """A blueprint on its way to bytes."""

    blueprint: Blueprint
    parts: list[Part] = field(default_factory=list)
    strings: bytearray = field(default_factory=lambda: bytearray(b"\0"))

    def pack(self, layout: str, *values: int) -> bytes:
        """Numbers in the order of the file; N is a native word."""
        wide = self.blueprint.bits == 64
        return pack(("<" if self.blueprint.little else ">") + layout.replace("N", "Q" if wide else "I"), *values)

    @property
    def word(self) -> int:
        return self.blueprint.bits // 8

    def string(self, text: str) -> int:
        """The offset of a string, as a linker merges it: the tail of another one will do."""
        raw = text.encode() + b"\0"
        found = self.strings.find(raw)
        if found < 0:
            found = len(self.strings)
            self.strings += raw
        return found

    def part(self, name: str) -> Part:
        return next(part for part in self.parts if part.name == name)

    def has(self, name: str) -> bool:
        return any(part.name == name for part in self.parts)

    def add(self, name: str, kind: str, flags: int, data: bytes | int, alignment: int = 1) -> None:
        size = data if isinstance(data, int) else len(data)
        part = Part(name, kind, flags, size, alignment)
        part.data = b"" if isinstance(data, int) else data
        self.parts.append(part)

"""Small ELF files made by hand: every size, byte order and oddity that no linker at hand will write.

The layout is the simplest that a loader takes: header, program headers, then one table after the other, all in
one PT_LOAD whose addresses are `BASE` above the offsets, so that nobody confuses the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from struct import pack
from typing import NamedTuple

BASE = 0x10000
EM_386, EM_S390, EM_ARM, EM_X86_64, EM_AARCH64 = 3, 22, 40, 62, 183


class Symbol(NamedTuple):
    """A symbol to be written; ``version`` is an index into the versions, 0 and 1 for none."""

    name: str
    defined: bool = False
    binding: int = 1
    kind: int = 2
    version: int = 1


class Need(NamedTuple):
    """The versions demanded of one library: name, index, weak."""

    library: str
    versions: tuple[tuple[str, int, bool], ...]


class Note(NamedTuple):
    """A note of its own segment; ``alignment`` is 4 or 8."""

    owner: bytes
    kind: int
    text: bytes
    alignment: int = 4


@dataclass(frozen=True)
class Made:
    """A file, and where its tables are in it."""

    data: bytes
    at: dict[str, int]

    def patched(self, offset: int, new: bytes) -> bytes:
        """The file with some bytes replaced."""
        return self.data[:offset] + new + self.data[offset + len(new) :]


@dataclass(frozen=True)
class Recipe:
    """What the file shall say. ``hashed`` is how symbols are found: sysv, gnu, both or none."""

    bits: int = 64
    little: bool = True
    machine: int = EM_X86_64
    type: int = 3
    flags: int = 0
    osabi: int = 0
    interpreter: str | None = None
    soname: str | None = None
    needed: tuple[str, ...] = ()
    rpath: str | None = None
    runpath: str | None = None
    needs: tuple[Need, ...] = ()
    definitions: tuple[tuple[str, int], ...] = ()
    symbols: tuple[Symbol, ...] = ()
    hashed: str = "gnu"
    relocations: tuple[int, ...] = ()
    plt: tuple[int, ...] = ()
    rela: bool = True
    notes: tuple[Note, ...] = ()
    tags: tuple[tuple[int, int], ...] = ()
    segments: tuple[tuple[int, int], ...] = ()  # type and flags of further, empty ones
    alignment: int = 0x1000
    sections: tuple[tuple[int, str, bytes], ...] = ()  # type, table it covers ("" for the bytes that follow), bytes


@dataclass
class _Writer:
    """A recipe on its way to bytes."""

    recipe: Recipe
    body: bytearray = field(default_factory=bytearray)
    at: dict[str, int] = field(default_factory=dict)
    size: dict[str, int] = field(default_factory=dict)
    strings: bytearray = field(default_factory=lambda: bytearray(1))

    def pack(self, layout: str, *values: int) -> bytes:
        """Numbers in the byte order of the file; N is a native word, as in ``Nn`` of the gABI's tables."""
        wide = self.recipe.bits == 64
        return pack(("<" if self.recipe.little else ">") + layout.replace("N", "Q" if wide else "I"), *values)

    def string(self, text: str) -> int:
        """The offset of a new string; the empty one is at 0."""
        if not text:
            return 0
        self.strings += text.encode("utf-8", "surrogateescape") + b"\0"
        return len(self.strings) - len(text.encode("utf-8", "surrogateescape")) - 1

    def put(self, name: str, data: bytes, alignment: int = 8) -> None:
        """One more table."""
        self.body += bytes(-len(self.body) % alignment)
        self.at[name], self.size[name] = len(self.body), len(data)
        self.body += data

    def address(self, name: str) -> int:
        return BASE + self.at[name]


def make(recipe: Recipe) -> Made:
    """The file that a recipe describes."""
    writer = _Writer(recipe)
    wide = recipe.bits == 64
    header, entry = (64, 56) if wide else (52, 32)
    count = 2 + (recipe.interpreter is not None) + len(recipe.notes) + len(recipe.segments)
    writer.put("header", bytes(header))
    writer.put("segments", bytes(entry * count), 1)
    if recipe.interpreter is not None:
        writer.put("interpreter", recipe.interpreter.encode() + b"\0")
    for number, note in enumerate(recipe.notes):
        writer.put(f"note{number}", _note(writer, note), note.alignment)
    _tables(writer)
    _sections(writer)
    kinds = [1, 2] + [3] * (recipe.interpreter is not None)
    names = ["", "dynamic", "interpreter"][: len(kinds)]
    rows = [_segment(writer, kind, 6, name, recipe.alignment) for kind, name in zip(kinds, names, strict=True)]
    rows += [_segment(writer, 4, 4, f"note{number}", note.alignment) for number, note in enumerate(recipe.notes)]
    rows += [_segment(writer, kind, flags, None, 8) for kind, flags in recipe.segments]
    table = b"".join(rows)
    writer.body[writer.at["segments"] : writer.at["segments"] + len(table)] = table
    writer.body[:header] = _header(writer, header, entry, count)
    return Made(bytes(writer.body), writer.at)


def _header(writer: _Writer, header: int, entry: int, count: int) -> bytes:
    recipe = writer.recipe
    wide = recipe.bits == 64
    sections = len(recipe.sections) + 1 if recipe.sections else 0
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if recipe.little else 2, 1, recipe.osabi]) + bytes(8)
    return ident + writer.pack(
        "HHINNNIHHHHHH",
        *(recipe.type, recipe.machine, 1, 0, writer.at["segments"], writer.at.get("sections", 0), recipe.flags),
        *(header, entry, count, 64 if wide else 40, sections, 0),
    )


def _segment(writer: _Writer, kind: int, flags: int, name: str | None, alignment: int) -> bytes:
    if name is None:
        start, size = 0, 0
    elif name:
        start, size = writer.at[name], writer.size[name]
    else:
        start, size = 0, len(writer.body)
    address = start + BASE
    if writer.recipe.bits == 64:
        return writer.pack("IIQQQQQQ", kind, flags, start, address, address, size, size, alignment)
    return writer.pack("IIIIIIII", kind, start, address, address, size, size, flags, alignment)


def _note(writer: _Writer, note: Note) -> bytes:
    head = writer.pack("III", len(note.owner), len(note.text), note.kind) + note.owner
    head += bytes(-len(head) % note.alignment)
    return head + note.text + bytes(-len(note.text) % note.alignment)


def _tables(writer: _Writer) -> None:
    recipe = writer.recipe
    tags = [(1, writer.string(name)) for name in recipe.needed]
    for tag, text in ((14, recipe.soname), (15, recipe.rpath), (29, recipe.runpath)):
        if text is not None:
            tags.append((tag, writer.string(text)))
    tags += _symbols(writer)
    tags += _versions(writer)
    tags += _relocations(writer)
    writer.put("strings", bytes(writer.strings), 1)
    tags += [(5, writer.address("strings")), (10, len(writer.strings)), *recipe.tags, (0, 0)]
    writer.put("dynamic", b"".join(writer.pack("NN", tag, value) for tag, value in tags))


def _symbols(writer: _Writer) -> list[tuple[int, int]]:
    recipe = writer.recipe
    if not recipe.symbols:
        return []
    symbols = sorted(recipe.symbols, key=lambda symbol: symbol.defined)  # a GNU hash table wants them last
    rows = [bytes(24 if recipe.bits == 64 else 16)]
    for symbol in symbols:
        name, info, section = writer.string(symbol.name), symbol.binding << 4 | symbol.kind, 7 * symbol.defined
        if recipe.bits == 64:
            rows.append(writer.pack("IBBHQQ", name, info, 0, section, 0, 0))
        else:
            rows.append(writer.pack("IIIBBH", name, 0, 0, info, 0, section))
    writer.put("symbols", b"".join(rows))
    indexes = [0] + [symbol.version for symbol in symbols]
    writer.put("indexes", writer.pack(f"{len(indexes)}H", *indexes))
    return [(6, writer.address("symbols")), (0x6FFFFFF0, writer.address("indexes")), *_hashes(writer, symbols)]


def _hashes(writer: _Writer, symbols: list[Symbol]) -> list[tuple[int, int]]:
    """Tables of one bucket; the hashes themselves are nobody's business here."""
    recipe = writer.recipe
    count = len(symbols) + 1
    tags = []
    if recipe.hashed in ("sysv", "both"):
        word = "Q" if recipe.bits == 64 and recipe.machine == EM_S390 else "I"
        writer.put("hash", writer.pack(f"{3 + count}{word}", 1, count, *range(count + 1)))
        tags.append((4, writer.address("hash")))
    if recipe.hashed in ("gnu", "both"):
        defined = sum(symbol.defined for symbol in symbols)
        first = count - defined if defined else 1  # as GNU ld does it: no help for counting
        chain = [2 * number for number in range(1, defined)] + [1] * bool(defined)
        data = writer.pack("IIIIN", 1, first, 1, 0, 0) + writer.pack(f"{1 + defined}I", first if defined else 0, *chain)
        writer.put("gnu_hash", data)
        tags.append((0x6FFFFEF5, writer.address("gnu_hash")))
    return tags


def _versions(writer: _Writer) -> list[tuple[int, int]]:
    recipe = writer.recipe
    tags = []
    if recipe.needs:
        rows = b""
        for number, need in enumerate(recipe.needs):
            size = 16 + 16 * len(need.versions)
            following = 0 if number == len(recipe.needs) - 1 else size
            rows += writer.pack("HHIII", 1, len(need.versions), writer.string(need.library), 16, following)
            for place, (version, index, weak) in enumerate(need.versions):
                last = place == len(need.versions) - 1
                rows += writer.pack("IHHII", 0, 2 * weak, index, writer.string(version), 0 if last else 16)
        writer.put("needs", rows)
        tags += [(0x6FFFFFFE, writer.address("needs")), (0x6FFFFFFF, len(recipe.needs))]
    if recipe.definitions:
        rows = writer.pack("HHHHIII", 1, 1, 1, 1, 0, 20, 28) + writer.pack("II", writer.string("base"), 0)
        for number, (version, index) in enumerate(recipe.definitions):
            following = 0 if number == len(recipe.definitions) - 1 else 28
            rows += writer.pack("HHHHIII", 1, 0, index, 1, 0, 20, following)
            rows += writer.pack("II", writer.string(version), 0)
        writer.put("definitions", rows)
        tags += [(0x6FFFFFFC, writer.address("definitions")), (0x6FFFFFFD, len(recipe.definitions) + 1)]
    return tags


def _relocations(writer: _Writer) -> list[tuple[int, int]]:
    recipe = writer.recipe
    words = 3 if recipe.rela else 2
    tags = []
    table, size = (7, 8) if recipe.rela else (17, 18)
    for name, kinds, tag, size_tag in (("relocations", recipe.relocations, table, size), ("plt", recipe.plt, 23, 2)):
        if kinds:
            rows = (_relocation(writer, kind, number) for number, kind in enumerate(kinds))
            writer.put(name, b"".join(row[: words * recipe.bits // 8] for row in rows))
            tags += [(tag, writer.address(name)), (size_tag, writer.size[name])]
    return [*tags, (20, table)]


def _relocation(writer: _Writer, kind: int, symbol: int) -> bytes:
    info = symbol % 0x10000 << 32 | kind if writer.recipe.bits == 64 else symbol % 0x10000 << 8 | kind
    return writer.pack("NNN", 0x1234, info, 0x55AA)


def _sections(writer: _Writer) -> None:
    """Section headers, if any are asked for, with a null section before them."""
    recipe = writer.recipe
    if not recipe.sections:
        return
    wide = recipe.bits == 64
    rows = [bytes(64 if wide else 40)]
    for number, (kind, table, data) in enumerate(recipe.sections):
        if not table:
            writer.put(f"section{number}", data)
        name = table or f"section{number}"
        address, start, size = writer.address(name), writer.at[name], writer.size[name]
        rows.append(writer.pack("IINNNNIINN", 0, kind, 2, address, start, size, 0, 0, 8, 0))
    writer.put("sections", b"".join(rows))


def arm_attributes(cpu: int, *, little: bool = True, before: Iterable[bytes] = ()) -> bytes:
    """An ``.ARM.attributes`` section with Tag_CPU_arch, and other attributes before it."""
    order = "<I" if little else ">I"
    attributes = b"".join(before) + bytes([6, cpu])
    inner = b"\x01" + pack(order, 5 + len(attributes)) + attributes
    return b"A" + pack(order, 10 + len(inner)) + b"aeabi\0" + inner


def gnu_property(recipe_bits: int, *entries: tuple[int, int], little: bool = True) -> bytes:
    """The description of an NT_GNU_PROPERTY_TYPE_0 note: properties of one word each."""
    order = "<" if little else ">"
    padding = bytes(4 if recipe_bits == 64 else 0)
    return b"".join(pack(order + "III", kind, 4, value) + padding for kind, value in entries)

"""Tiny Mach-O files, built field by field: each odd case that real wheels don't bring along.

What is built has one segment with one section, and a __LINKEDIT with symbols, strings and the signature.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from struct import calcsize, pack

from hypothesis import strategies as st

ARM64, X86_64, I386, PPC = (0x0100000C, 0), (0x01000007, 3), (7, 3), (18, 0)
ARM64E, X86_64H, ARM64_32, ARMV7, ARMV7K = (
    (0x0100000C, 2 | 0x80 << 24),
    (0x01000007, 8),
    (0x0200000C, 1),
    (12, 9),
    (12, 12),
)
OBJECT, EXECUTE, DYLIB, BUNDLE, DSYM = 1, 2, 6, 8, 10
LOAD, WEAK, REEXPORT, LAZY, UPWARD, IDENTITY = 0xC, 0x80000018, 0x8000001F, 0x20, 0x80000023, 0xD
MIN_MACOS, MIN_IOS, MIN_TVOS, MIN_WATCHOS, BUILD = 0x24, 0x25, 0x2F, 0x30, 0x32
RPATH, SYMTAB, DYSYMTAB, SIGNATURE, SEGMENT, SEGMENT_64 = 0x8000001C, 2, 0xB, 0x1D, 0x1, 0x19
UNDEFINED, EXPORTED, PRIVATE, DEBUG = 0x01, 0x0F, 0x1F, 0x24


@dataclass(frozen=True)
class Command:
    """A load command: numbers of 32 bits, and a string behind them whose offset is the first number."""

    kind: int
    numbers: tuple[int, ...] = ()
    text: bytes | None = None

    def encode(self, order: str, bits: int) -> bytes:
        numbers = self.numbers if self.text is None else (12 + 4 * len(self.numbers), *self.numbers)
        body = pack(f"{order}{len(numbers)}I", *numbers)
        body += b"" if self.text is None else self.text + b"\0"
        body += bytes(-len(body) % (bits // 8))
        return pack(order + "2I", self.kind, 8 + len(body)) + body


def packed(major: int, minor: int = 0, patch: int = 0) -> int:
    return major << 16 | minor << 8 | patch


def dylib(name: str, kind: int = LOAD, current: int = packed(1), compatibility: int = packed(1)) -> Command:
    return Command(kind, (2, current, compatibility), name.encode("utf-8", "surrogateescape"))


def rpath(path: str) -> Command:
    return Command(RPATH, (), path.encode("utf-8", "surrogateescape"))


def build_version(platform: int, minos: int, sdk: int = 0) -> Command:
    return Command(BUILD, (platform, minos, sdk, 0))


def version_min(kind: int, minos: int, sdk: int = 0) -> Command:
    return Command(kind, (minos, sdk))


@dataclass(frozen=True)
class MachFile:
    """The recipe of a thin file. `symbols` are (name, n_type, n_value), in the order of LC_DYSYMTAB's ranges."""

    cpu: tuple[int, int] = ARM64
    filetype: int = DYLIB
    order: str = "<"
    bits: int = 64
    commands: Sequence[Command] = ()
    symbols: Sequence[tuple[str, int, int]] = ()
    ranges: tuple[int, int, int, int] | None = None
    signature: bytes = b""
    room: int = 64
    padding: bytes = b""
    tail: bytes = b""
    linkedit: bool = True
    contents: bytes = field(default=b"\xcc" * 16)

    def encode(self) -> bytes:
        strings, entries = b"\0", b""
        for name, kind, value in self.symbols:
            entries += pack(self.order + ("IBBHQ" if self.bits == 64 else "IBBHI"), len(strings), kind, 0, 0, value)
            strings += name.encode("utf-8", "surrogateescape") + b"\0"
        extra = [] if self.ranges is None else [Command(DYSYMTAB, (0, 0, *self.ranges, *[0] * 12))]
        given = b"".join(command.encode(self.order, self.bits) for command in [*self.commands, *extra])
        # All sizes are known before any offset: two segments, one section, LC_SYMTAB, LC_CODE_SIGNATURE.
        wide = self.bits == 64
        header, segment, section = (32, 72, 80) if wide else (28, 56, 68)
        signed = 16 if self.signature else 0
        area = 2 * segment + section + 24 + signed + len(given)
        text_at = header + area + self.room
        linkedit_at = text_at + len(self.contents)
        strings_at = linkedit_at + len(entries)
        signature_at = strings_at + len(strings)
        signature_at += -signature_at % 16 if self.signature else 0
        end = signature_at + len(self.signature)
        words = "Q" if wide else "I"

        def segment_command(name: bytes, offset: int, size: int, sections: int) -> bytes:
            kind, length = (SEGMENT_64, segment) if wide else (SEGMENT, segment)
            layout = f"{self.order}2I16s4{words}4I"
            assert calcsize(layout) == segment
            return pack(layout, kind, length + sections * section, name, offset, size, offset, size, 7, 5, sections, 0)

        layout = f"{self.order}16s16s2{words}{8 if wide else 7}I"
        commands = segment_command(b"__TEXT", 0, linkedit_at, 1)
        commands += pack(
            layout, b"__text", b"__TEXT", text_at, len(self.contents), text_at, 0, 0, 0, 0x80000400, 0, 0, *[0] * wide
        )
        last = b"__LINKEDIT" if self.linkedit else b"__OTHER"
        commands += segment_command(last, linkedit_at, end - linkedit_at, 0)
        commands += pack(self.order + "6I", SYMTAB, 24, linkedit_at, len(self.symbols), strings_at, len(strings))
        commands += given
        count = 4 + len(self.commands) + len(extra) - 1
        if self.signature:
            commands += pack(self.order + "4I", SIGNATURE, 16, signature_at, len(self.signature))
            count += 1
        magic = 0xFEEDFACF if wide else 0xFEEDFACE
        head = pack(self.order + "7I", magic, *self.cpu, self.filetype, count, len(commands), 0x85) + bytes(4 * wide)
        body = head + commands + self.padding.ljust(self.room, b"\0") + self.contents + entries + strings
        body = body.ljust(signature_at, b"\0") + self.signature
        assert len(body) == end
        return body + self.tail


def fat(*slices: bytes, wide: bool = False, align: int = 4, cpus: Sequence[tuple[int, int]] | None = None) -> bytes:
    """A fat file of these slices, each with the CPU that its own header names (big- or little-endian)."""
    header = 8 + len(slices) * (32 if wide else 20)
    entries, body = b"", b""
    for number, data in enumerate(slices):
        body += bytes(-(header + len(body)) % (1 << align))
        order = "<" if data[:1] in (b"\xcf", b"\xce") else ">"
        own = (
            int.from_bytes(data[4:8], "little" if order == "<" else "big"),
            int.from_bytes(data[8:12], "little" if order == "<" else "big"),
        )
        cpu = own if cpus is None else cpus[number]
        layout = ">2I2Q2I" if wide else ">5I"
        entries += pack(layout, *cpu, header + len(body), len(data), align, *[0] * wide)
        body += data
    return pack(">2I", 0xCAFEBABF if wide else 0xCAFEBABE, len(slices)) + entries + body


def signature(
    flags: int = 0x20002,
    identifier: str = "libx.dylib",
    team: str = "",
    blobs: Sequence[tuple[int, bytes]] = (),
    version: int = 0x20400,
) -> bytes:
    """A SuperBlob with a CodeDirectory that hashes nothing, and further blobs as (slot, bytes)."""
    name, owner = identifier.encode() + b"\0", team.encode() + b"\0" if team else b""
    fixed = 88
    team_at = fixed + len(name) if team else 0
    head = pack(
        ">9I4BI", 0xFADE0C02, fixed + len(name) + len(owner), version, flags, 0, fixed, 0, 0, 0, 32, 2, 0, 12, 0
    )
    directory = (head + pack(">2I", 0, team_at)).ljust(fixed, b"\0") + name + owner
    every = [(0, directory), *blobs]
    at = 12 + 8 * len(every)
    index = b""
    for slot, data in every:
        index += pack(">2I", slot, at)
        at += len(data)
    return pack(">3I", 0xFADE0CC0, at, len(every)) + index + b"".join(data for _, data in every)


def blob(magic: int, data: bytes) -> bytes:
    return pack(">2I", magic, 8 + len(data)) + data


@dataclass(frozen=True)
class Sealing:
    """The recipe of a signature whose hashes are right: `kinds` are the hash types of its CodeDirectories."""

    kinds: tuple[int, ...] = (2,)
    shift: int = 12
    flags: int = 0x20002
    identifier: str = "libx.dylib"
    team: str = ""
    blobs: Sequence[tuple[int, bytes]] = ()
    version: int = 0x20400
    spare: int = 0
    main: bool = False
    executable: tuple[int, int] = (0, 0)

    def encode(self, contents: bytes) -> bytes:
        """The signature of `contents`, with `spare` zeros behind it."""
        directories = [self._directory(kind, contents) for kind in self.kinds]
        slots = [0, *range(0x1000, 0x1000 + len(directories) - 1)]
        every = [*zip(slots, directories, strict=True), *self.blobs]
        at = 12 + 8 * len(every)
        index = b""
        for slot, data in every:
            index += pack(">2I", slot, at)
            at += len(data)
        return pack(">3I", 0xFADE0CC0, at, len(every)) + index + b"".join(data for _, data in every) + bytes(self.spare)

    def _directory(self, kind: int, contents: bytes) -> bytes:
        name, size = HASHES[kind]
        page = 1 << self.shift if self.shift else max(1, len(contents))
        pages = [contents[at : at + page] for at in range(0, len(contents), page)]
        held = dict(self.blobs)
        special = max([slot for slot in held if slot < 0x1000], default=0)
        hashes = [
            hashlib.new(name, held[slot]).digest()[:size] if slot in held else bytes(size)
            for slot in range(special, 0, -1)
        ]
        hashes += [hashlib.new(name, data).digest()[:size] for data in pages]
        strings = self.identifier.encode() + b"\0" + (self.team.encode() + b"\0" if self.team else b"")
        fixed = {0x20001: 44, 0x20100: 48, 0x20200: 52, 0x20300: 64, 0x20400: 88, 0x20500: 96, 0x20600: 108}[
            self.version
        ]
        team_at = fixed + len(self.identifier.encode()) + 1 if self.team else 0
        hashes_at = fixed + len(strings) + special * size
        head = pack(
            ">9I4B4x3I4Q20x",
            *(0xFADE0C02, fixed + len(strings) + len(hashes) * size, self.version, self.flags, hashes_at, fixed),
            *(special, len(pages), len(contents), size, kind, 0, self.shift, 0, team_at, 0, 0),
            *(*self.executable, int(self.main)),
        )
        return head[:fixed] + strings + b"".join(hashes)


FIXED = {0x20001: 44, 0x20100: 48, 0x20200: 52, 0x20300: 64, 0x20400: 88, 0x20500: 96, 0x20600: 108}
HASHES = {1: ("sha1", 20), 2: ("sha256", 32), 3: ("sha256", 20), 4: ("sha384", 48)}


def signed(recipe: MachFile, sealing: Sealing | None = None) -> bytes:
    """The file with a signature that fits."""
    sealing = sealing or Sealing()
    one = replace(recipe, signature=b"\0", tail=b"").encode()
    # Its size is known before its hashes are: these are about load commands that name the size.
    size = len(sealing.encode(one[:-1]))
    draft = replace(recipe, signature=bytes(size), tail=b"").encode()
    start = len(draft) - size
    return draft[:start] + sealing.encode(draft[:start]) + recipe.tail


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
VERSIONS = st.tuples(st.integers(0, 99), st.integers(0, 255), st.integers(0, 255))


@st.composite
def mach_files(draw: st.DrawFn) -> MachFile:
    """Thin files of either width and byte order."""
    bits = draw(st.sampled_from((32, 64)))
    cpu = draw(st.sampled_from((ARM64, X86_64, ARM64E) if bits == 64 else (I386, PPC, ARMV7)))
    kinds = st.sampled_from((LOAD, WEAK, REEXPORT, LAZY, UPWARD))
    command = st.one_of(
        st.builds(dylib, NAMES, kinds, VERSIONS.map(lambda v: packed(*v)), VERSIONS.map(lambda v: packed(*v))),
        st.builds(rpath, NAMES),
        st.builds(build_version, st.integers(1, 12), VERSIONS.map(lambda v: packed(*v))),
    )
    symbol = st.tuples(NAMES, st.sampled_from((UNDEFINED, EXPORTED, PRIVATE, DEBUG)), st.just(0))
    return MachFile(
        cpu=cpu,
        bits=bits,
        order=draw(st.sampled_from("<>")),
        filetype=draw(st.sampled_from((EXECUTE, DYLIB, BUNDLE))),
        commands=tuple(draw(st.lists(command, max_size=6))),
        symbols=tuple(draw(st.lists(symbol, max_size=6))),
        signature=draw(st.sampled_from((b"", signature(), signature(0x10000, team="ABCDE12345")))),
        room=draw(st.integers(0, 100)),
    )

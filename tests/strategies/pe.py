"""Tiny PE files, built field by field: each odd case that real wheels don't bring along.

What is built has one section, mapped at 0x1000 and kept at 0x200 of the file, that holds every table; more may follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from struct import pack, unpack_from

from hypothesis import strategies as st

I386, AMD64, ARM64 = 0x14C, 0x8664, 0xAA64
EXPORT, IMPORT, RESOURCES, CERTIFICATE, RELOCATIONS, DEBUG, LOAD_CONFIG, BOUND = 0, 1, 2, 4, 5, 6, 10, 11
DELAY, MANAGED = 13, 14
RVA, OFFSET = 0x1000, 0x200
RDATA, DATA, CODE, RELOC = 0x40000040, 0xC0000040, 0x60000020, 0x42000040
UNKNOWN_TIME = 0xFFFFFFFF

Dll = tuple[str, Sequence[str]]
"""The name of a DLL and what is imported from it; ``#7`` is the ordinal 7."""


@dataclass(frozen=True)
class Extra:
    """A section behind the first: its bytes, how many of them it says that it uses, and its characteristics.

    `directory` is the number of the data directory that it holds, -1 for none.
    """

    data: bytes = b"contents"
    used: int | None = None
    flags: int = RDATA
    name: str = ".extra"
    directory: int = -1


class _Section:
    """Bytes that know their addresses."""

    def __init__(self) -> None:
        self.data = bytearray()

    def put(self, data: bytes) -> int:
        self.data += bytes(-len(self.data) % 8)
        self.data += data
        return RVA + len(self.data) - len(data)

    def text(self, text: str) -> int:
        return self.put(text.encode("utf-8", "surrogateescape") + b"\0")


@dataclass(frozen=True)
class PeFile:
    """The recipe of a PE file.

    `exports` maps a name ("" for none) to a forward ("" for a function of its own). `old_delay` writes delay
    descriptors with addresses instead of RVAs. `debug` are rows of (type, data); `load_config` are (offset,
    bytes) in a load configuration of `load_size` bytes. With `exact` the section says how many bytes it uses, and
    the rest of it is padding. `bound` are DLLs that imports are bound to, named behind the section headers.
    """

    machine: int = AMD64
    bits: int = 64
    base: int = 0x400000
    characteristics: int = 0x2022
    checksum: int = 0
    imports: Sequence[Dll] = ()
    delayed: Sequence[Dll] = ()
    old_delay: bool = False
    only_addresses: bool = False
    export_name: str = ""
    exports: Sequence[tuple[str, str]] = ()
    debug: Sequence[tuple[int, bytes]] = ()
    load_config: Sequence[tuple[int, bytes]] = ()
    load_size: int = 256
    managed: int | None = None
    certificate: bytes = b""
    overlay: bytes = b""
    directories: int = 16
    lfanew: int = 0x40
    flags: int = 0x160
    exact: bool = False
    padding: int = 0
    more: Sequence[Extra] = ()
    bound: Sequence[str] = ()
    stamp: int = 0
    alignments: tuple[int, int] = (0x1000, 0x200)
    headers: int = OFFSET

    def encode(self) -> bytes:
        section, rows = _Section(), dict.fromkeys(range(self.directories), (0, 0))
        if self.imports:
            rows[IMPORT] = self._imports(section)
        if self.delayed:
            rows[DELAY] = self._delayed(section)
        if self.export_name or self.exports:
            rows[EXPORT] = self._exports(section)
        if self.debug:
            data = [(kind, len(bytes_), section.put(bytes_)) for kind, bytes_ in self.debug]
            table = b"".join(pack("<3I4I", 0, 0, 0, kind, size, at, at - RVA + OFFSET) for kind, size, at in data)
            rows[DEBUG] = section.put(table), len(table)
        if self.load_config:
            config = bytearray(pack("<I", self.load_size).ljust(self.load_size, b"\0"))
            for at, value in self.load_config:
                config[at : at + len(value)] = value
            rows[LOAD_CONFIG] = section.put(bytes(config)), self.load_size
        if self.managed is not None:
            rows[MANAGED] = section.put(pack("<I2H2I2I", 72, 2, 5, 0, 0, self.managed, 0).ljust(72, b"\0")), 72
        used = len(section.data)
        raw = bytes(section.data).ljust(OFFSET, b"\0")
        raw += bytes(-len(raw) % OFFSET + self.padding)
        first = Extra(raw, used if self.exact else None, RDATA, ".rdata")
        headers, contents = self._sections((first, *self.more), rows)
        end = OFFSET + len(contents) + len(self.overlay)
        if self.certificate:
            rows[CERTIFICATE] = end, len(self.certificate)
        head = self._headers(rows, headers).ljust(OFFSET, b"\0")
        assert len(head) == OFFSET
        return head + contents + self.overlay + self.certificate

    def _sections(self, sections: Sequence[Extra], rows: dict[int, tuple[int, int]]) -> tuple[list[bytes], bytes]:
        """The section headers, and what follows them."""
        table, contents, address = [], b"", RVA
        for extra in sections:
            raw = extra.data + bytes(-len(extra.data) % OFFSET)
            used = len(raw) if extra.used is None else extra.used
            fields = used, address, len(raw), (OFFSET + len(contents)) if raw else 0
            table.append(pack("<8s4I12xI", extra.name.encode(), *fields, extra.flags))
            if extra.directory >= 0:
                rows[extra.directory] = address, used
            contents += raw
            address += -(-(used or len(raw)) // 0x1000) * 0x1000
        rows[-1] = address, 0
        return table, contents

    def _headers(self, rows: dict[int, tuple[int, int]], table: list[bytes]) -> bytes:
        wide = self.bits == 64
        size = (240 if wide else 224) - 8 * (16 - self.directories)
        end = self.lfanew + 24 + size + 40 * len(table)
        bound = b""
        if self.bound:
            names, place = b"", 8 * (len(self.bound) + 1)
            for name in self.bound:
                bound += pack("<I2H", 0x5F000001, place + len(names), 0)
                names += name.encode() + b"\0"
            bound = bound.ljust(place, b"\0") + names
            rows[BOUND] = end, len(bound)
        data = sum(unpack_from("<I", header, 16)[0] for header in table if unpack_from("<I", header, 36)[0] & 0x40)
        optional = pack("<H2B3I2I", 0x20B if wide else 0x10B, 14, 44, 0, data, 0, 0, 0)
        optional += pack("<Q", self.base) if wide else pack("<2I", 0, self.base)
        optional += pack("<2I", *self.alignments)
        optional += pack("<6H", 6, 2, 0, 0, 6, 1)
        optional += pack("<4I2H", 0, rows[-1][0], self.headers, self.checksum, 2, self.flags)
        optional += bytes(32 if wide else 16) + pack("<2I", 0, self.directories)
        optional += b"".join(pack("<2I", *rows[number]) for number in range(self.directories))
        fields = self.machine, len(table), 0x5F000000, 0, 0, len(optional), self.characteristics
        coff = pack("<4s2H3I2H", b"PE\0\0", *fields)
        dos = b"MZ".ljust(0x3C, b"\0") + pack("<I", self.lfanew)
        return dos.ljust(self.lfanew, b"\0") + coff + optional + b"".join(table) + bound

    def _thunks(self, section: _Section, symbols: Sequence[str], shift: int = 0) -> int:
        code, flag = ("Q", 1 << 63) if self.bits == 64 else ("I", 1 << 31)
        values = [
            flag | int(name[1:]) if name.startswith("#") else section.put(b"\7\0" + name.encode() + b"\0") + shift
            for name in symbols
        ]
        return section.put(pack(f"<{len(values) + 1}{code}", *values, 0))

    def _imports(self, section: _Section) -> tuple[int, int]:
        table = b""
        time = UNKNOWN_TIME if self.bound else self.stamp
        for name, symbols in self.imports:
            thunks = self._thunks(section, symbols)
            lookup = 0 if self.only_addresses else thunks
            table += pack("<5I", lookup, time, UNKNOWN_TIME if time else 0, section.text(name), thunks)
        return section.put(table + bytes(20)), len(table) + 20

    def _delayed(self, section: _Section) -> tuple[int, int]:
        shift, table = self.base if self.old_delay else 0, b""
        for name, symbols in self.delayed:
            thunks = self._thunks(section, symbols, shift) + shift
            table += pack("<8I", not self.old_delay, section.text(name) + shift, 0, thunks, thunks, 0, 0, self.stamp)
        return section.put(table + bytes(32)), len(table) + 32

    def _exports(self, section: _Section) -> tuple[int, int]:
        """One run of bytes, so that forwards lie inside the directory and functions don't."""
        named = [(name, index) for index, (name, _) in enumerate(self.exports) if name]
        functions, names = len(self.exports), len(named)
        start = section.put(bytes(40 + 4 * functions + 6 * names))
        addresses = [section.text(forward) if forward else RVA + 0x10000 for _, forward in self.exports]
        texts = [section.text(name) for name, _ in named]
        own = section.text(self.export_name)
        tables = start + 40, start + 40 + 4 * functions, start + 40 + 4 * functions + 4 * names
        head = pack("<3I7I", 0, 0, 0, own, 1, functions, names, *tables)
        head += pack(f"<{functions}I{names}I{names}H", *addresses, *texts, *(index for _, index in named))
        section.data[start - RVA : start - RVA + len(head)] = head
        return start, RVA + len(section.data) - start


def fixups(*pages: tuple[int, Sequence[bytes]], symbol: int = 6, version: int = 1) -> bytes:
    """The table of what is written over an ARM64X image for x64 programs: records for each page."""
    blocks = b""
    for page, records in pages:
        data = b"".join(records)
        data += bytes(-len(data) % 4)
        blocks += pack("<2I", page, 8 + len(data)) + data
    return pack("<2IQI", version, 12 + len(blocks), symbol, len(blocks)) + blocks


def fixup(offset: int, data: bytes) -> bytes:
    """A record that puts a value of 2, 4 or 8 bytes at an offset in its page."""
    return pack("<H", offset | 1 << 12 | (len(data).bit_length() - 1) << 14) + data


def zeroed(offset: int, size: int) -> bytes:
    return pack("<H", offset | (size.bit_length() - 1) << 14)


def moved(offset: int, delta: int) -> bytes:
    """A record that adds to a number, in steps of 8 or 4."""
    step = 4 if delta % 8 else 8
    return pack("<2H", offset | 2 << 12 | (delta < 0) << 14 | (step == 8) << 15, abs(delta) // step)


def arm64x(table: bytes | None = None, last: Sequence[Extra] = ()) -> PeFile:
    """An ARM64X image: for x64 programs it has another export directory and another load configuration.

    Both are in its second section, and the fixups, if not given, in its third. What is imported from the first DLL
    begins one symbol later in the other view.
    """
    tables = bytearray(0x400)
    tables[:40] = pack("<3I7I", 0, 0, 0, RVA + 0x1000 + 40, 1, 1, 0, RVA + 0x1000 + 64, 0, 0)
    tables[40:68] = b"me.dll".ljust(24, b"\0") + pack("<I", 0x10)
    tables[0x100:0x104] = pack("<I", 256)
    tables[0x100 + 78 : 0x100 + 80] = b"\0\x08"
    tables[0x100 + 200] = 1
    rows = 0x40 + 24 + 112
    head = [fixup(0x44, pack("<H", AMD64))]
    for number, address in ((EXPORT, RVA + 0x1000), (LOAD_CONFIG, RVA + 0x1100)):
        head += [fixup(rows + 8 * number, pack("<I", address)), fixup(rows + 8 * number + 4, pack("<I", 40))]
    config = [(78, b"\0\x08"), (200, b"\1"), (224, pack("<IH", 0, 3))]
    recipe = PeFile(
        machine=ARM64, imports=[("foo.dll", ["f", "g"])], export_name="me.dll", exports=[("e", "")],
        load_config=config, exact=True,
    )  # fmt: skip
    start = int.from_bytes(recipe.encode()[rows + 8 * IMPORT :][:4], "little") - RVA
    lists = [moved(start, 8), moved(start + 16, 8), zeroed(start + 8, 4)]
    extras = [Extra(bytes(tables), name=".second"), Extra(table or fixups((0, head), (RVA, lists)), None, RELOC)]
    return replace(recipe, more=[*extras, *last])


def rsds(path: str) -> bytes:
    return b"RSDS" + bytes(20) + path.encode() + b"\0"


def nb10(path: str) -> bytes:
    return b"NB10" + bytes(12) + path.encode() + b"\0"


NAMES = st.text(st.characters(codec="ascii", min_codepoint=0x24, exclude_characters="\0"), min_size=1, max_size=12)
DLLS = st.tuples(NAMES, st.lists(st.one_of(NAMES, st.integers(0, 0xFFFF).map("#{}".format)), max_size=4))


EXTRAS = st.builds(
    Extra,
    st.binary(min_size=1, max_size=40),
    st.sampled_from((None, 40, 0x1000)),
    st.sampled_from((RDATA, DATA, CODE, RELOC)),
    st.sampled_from((".data", ".twheel", ".reloc")),
    st.sampled_from((-1, RESOURCES, RELOCATIONS)),
)


@st.composite
def pe_files(draw: st.DrawFn) -> PeFile:
    """PE files of either width with any mix of tables."""
    more = draw(st.lists(EXTRAS, max_size=2))
    return PeFile(
        machine=draw(st.sampled_from((I386, AMD64, ARM64))),
        bits=draw(st.sampled_from((32, 64))),
        base=draw(st.sampled_from((0x10000000, 0x400000))),
        imports=draw(st.lists(DLLS, max_size=3)),
        delayed=draw(st.lists(DLLS, max_size=3)),
        old_delay=draw(st.booleans()),
        only_addresses=draw(st.booleans()),
        export_name=draw(NAMES),
        exports=draw(st.lists(st.tuples(st.one_of(st.just(""), NAMES), st.one_of(st.just(""), NAMES)), max_size=4)),
        debug=draw(st.sampled_from(((), ((2, rsds("a.pdb")),), ((16, b""), (2, nb10("b.pdb")))))),
        load_config=draw(st.sampled_from(((), ((78, b"\0\x08"),)))),
        certificate=draw(st.binary(max_size=16)),
        overlay=draw(st.binary(max_size=16)),
        checksum=draw(st.sampled_from((0, 1))),
        exact=draw(st.booleans()),
        padding=draw(st.sampled_from((0, OFFSET))),
        more=more,
        bound=draw(st.sampled_from(((), ("a.dll",)))),
        lfanew=0x40 if more else draw(st.sampled_from((0x40, 0x90))),
    )

"""The sections of an ELF file taken apart and put together: added, reordered, or made nonsense of.

Independent of the reader and of the stripper: `struct` and the layouts of the gABI.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from struct import Struct

PROGBITS, SYMTAB, STRTAB, RELA, NOTE, NOBITS, ALLOC = 1, 2, 3, 4, 7, 8, 2


@dataclass
class Section:
    """A section header by its fields, with the name as text and the bytes if they are new."""

    name: str
    type: int = PROGBITS
    flags: int = 0
    address: int = 0
    offset: int = 0
    size: int = 0
    link: int = 0
    info: int = 0
    alignment: int = 1
    entry: int = 0
    data: bytes | None = None


@dataclass
class File:
    """A file without what comes behind the contents of its sections: names and table are written anew."""

    body: bytearray
    sections: list[Section]
    gap: bytes = b""
    overlay: bytes = b""
    names_flags: int = 0
    header: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Section:
        return next(section for section in self.sections if section.name == name)

    def index(self, name: str) -> int:
        return [section.name for section in self.sections].index(name)

    def contents(self, name: str) -> bytes:
        """The bytes of a section."""
        section = self[name]
        return bytes(self.body[section.offset : section.offset + section.size])

    def add(self, section: Section) -> None:
        """Another section, in front of the names, with its bytes behind all others."""
        self.sections.insert(len(self.sections) - 1, section)

    def encode(self) -> bytes:
        """The file."""
        body = bytearray(self.body)
        for section in self.sections:
            if section.data is not None:
                body += bytes(-len(body) % section.alignment)
                section.offset, section.size = len(body), len(section.data)
                body += section.data
        names = self.sections[-1]
        text = b"\0" + b"".join(section.name.encode() + b"\0" for section in self.sections[1:])
        names.offset, names.size, names.flags = len(body), len(text), self.names_flags
        body += text + self.gap
        body += bytes(-len(body) % 8)
        table = len(body)
        at = 0
        for number, section in enumerate(self.sections):
            values = [getattr(section, name) for name in ("type", "flags", "address", "offset", "size")]
            values += [section.link, section.info, section.alignment, section.entry]
            body += _row(self.body).pack(text.index(b"\0", at) + 1 if number else 0, *values)
            at = text.index(b"\0", at) + 1 if number else 0
        fields = {"shoff": table, "shnum": len(self.sections), "names": len(self.sections) - 1, **self.header}
        _put_header(body, fields)
        return bytes(body) + self.overlay


def parse(data: bytes | bytearray) -> File:
    """A file that has names for its sections last, and its table behind them; the contents stay where they are."""
    layout, (table, count, names) = _row(data), header(data)
    rows = [layout.unpack_from(data, table + number * layout.size) for number in range(count)]
    text = bytes(data[rows[names][4] : rows[names][4] + rows[names][5]])
    sections = [Section(text[row[0] : text.index(b"\0", row[0])].decode(), *row[1:]) for row in rows]
    return File(bytearray(data[: rows[names][4]]), sections)


def read(data: bytes | bytearray) -> File:
    """A file for looking at: the whole of it."""
    found = parse(data)
    found.body = bytearray(data)
    return found


def header(data: bytes | bytearray) -> tuple[int, int, int]:
    """e_shoff, e_shnum and e_shstrndx."""
    layout = _header(data)
    values = layout.unpack_from(data, 16)
    return values[5], values[11], values[12]


def _order(data: bytes | bytearray) -> str:
    return "<" if data[5] == 1 else ">"


def _row(data: bytes | bytearray) -> Struct:
    return Struct(_order(data) + ("IIQQQQIIQQ" if data[4] == 2 else "10I"))


def _header(data: bytes | bytearray) -> Struct:
    return Struct(_order(data) + ("HHIQQQIHHHHHH" if data[4] == 2 else "HHIIIIIHHHHHH"))


def _put_header(body: bytearray, fields: dict[str, int]) -> None:
    layout = _header(body)
    values = list(layout.unpack_from(body, 16))
    places = {"type": 0, "shoff": 5, "entry": 10, "shnum": 11, "names": 12}
    for name, value in fields.items():
        values[places[name]] = value
    layout.pack_into(body, 16, *values)

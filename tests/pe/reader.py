"""A small reader of PE files for the tests: it knows the name of every byte, and believes that the file is whole.

Nothing of ours takes part. Source: Microsoft's PE/COFF specification.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import calcsize, unpack_from
from typing import NamedTuple

DIRECTORIES = (
    *("exports", "imports", "resources", "exceptions", "certificate", "relocations", "debug", "architecture"),
    *("global pointer", "TLS", "load configuration", "bound imports", "addresses", "delayed imports", "CLR", "none"),
)
IMPORT, DELAYED = 20, 32
"""The size of an import descriptor and of one of a delayed import."""

_COFF = (
    *(("Machine", "H"), ("NumberOfSections", "H"), ("TimeDateStamp", "I"), ("PointerToSymbolTable", "I")),
    *(("NumberOfSymbols", "I"), ("SizeOfOptionalHeader", "H"), ("Characteristics", "H")),
)
_OPTIONAL_START = (
    *(("Magic", "H"), ("LinkerVersion", "H"), ("SizeOfCode", "I"), ("SizeOfInitializedData", "I")),
    *(("SizeOfUninitializedData", "I"), ("AddressOfEntryPoint", "I"), ("BaseOfCode", "I")),
)
_OPTIONAL_REST = (
    *(("SectionAlignment", "I"), ("FileAlignment", "I"), ("OperatingSystemVersion", "I"), ("ImageVersion", "I")),
    *(("SubsystemVersion", "I"), ("Win32VersionValue", "I"), ("SizeOfImage", "I"), ("SizeOfHeaders", "I")),
    *(("CheckSum", "I"), ("Subsystem", "H"), ("DllCharacteristics", "H")),
)
_STACK_AND_HEAP = ("SizeOfStackReserve", "SizeOfStackCommit", "SizeOfHeapReserve", "SizeOfHeapCommit")
_SECTION = (
    *(("Name", "8s"), ("VirtualSize", "I"), ("VirtualAddress", "I"), ("SizeOfRawData", "I"), ("PointerToRawData", "I")),
    *(("PointerToRelocations", "I"), ("PointerToLinenumbers", "I"), ("Counts", "I"), ("Characteristics", "I")),
)
_IMPORT = tuple((name, "I") for name in ("OriginalFirstThunk", "TimeDateStamp", "ForwarderChain", "Name", "FirstThunk"))
_DELAYED_FIELDS = ("Attributes", "Name", "Module", "Addresses", "Names", "Bound", "Unload", "TimeDateStamp")
_DELAYED = tuple((name, "I") for name in _DELAYED_FIELDS)
_EXPORT = tuple((name, "I") for name in ("Characteristics", "TimeDateStamp", "Version", "Name", "Base"))


class Field(NamedTuple):
    """Some bytes of a file and what they are called."""

    offset: int
    size: int
    label: str


@dataclass(frozen=True, slots=True)
class Section:
    """A section header, at `header`."""

    header: int
    name: str
    virtual_size: int
    address: int
    size: int
    offset: int
    flags: int

    @property
    def used(self) -> int:
        """The bytes of the file that are its contents; those behind are padding."""
        return min(self.size, self.virtual_size or self.size)

    @property
    def end(self) -> int:
        """The address behind it."""
        return self.address + (self.virtual_size or self.size)


class Reading:
    """What the headers and the tables of names say, and where."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.fields: list[Field] = []
        (self.start,) = unpack_from("<I", data, 0x3C)
        assert data[self.start : self.start + 4] == b"PE\0\0"
        self._add(0, 64, "DOS header")
        self._add(64, self.start - 64, "DOS stub")
        self._add(self.start, 4, "PE signature")
        self.coff = self._struct(self.start + 4, _COFF)
        at = self.start + 24
        wide = unpack_from("<H", data, at) == (0x20B,)
        word = "Q" if wide else "I"
        base = ("ImageBase", word) if wide else ("BaseOfData+ImageBase", "Q")
        sizes = tuple((name, word) for name in _STACK_AND_HEAP)
        layout = (*_OPTIONAL_START, base, *_OPTIONAL_REST, *sizes, ("LoaderFlags", "I"), ("NumberOfRvaAndSizes", "I"))
        self.optional = self._struct(at, layout)
        self.image_base = self.optional[base[0]] if wide else self.optional[base[0]] >> 32
        self.checksum_at = at + 64
        self.directories: dict[str, tuple[int, int]] = {}
        row = at + sum(calcsize("<" + code) for _, code in layout)
        for name in DIRECTORIES[: self.optional["NumberOfRvaAndSizes"]]:
            self.directories[name] = unpack_from("<II", data, row)
            self._add(row, 8, f"directory of {name}")
            row += 8
        self.table = at + self.coff["SizeOfOptionalHeader"]
        self.sections = tuple(self._sections())
        self.table_end = self.table + 40 * len(self.sections)
        self._add(self.table_end, self.optional["SizeOfHeaders"] - self.table_end, "gap behind the headers")
        self.certificate = self.directories.get("certificate", (0, 0))
        self._add(*self.certificate, "certificate")
        self.imports = dict(self._descriptors("imports", IMPORT, _IMPORT))
        self.delayed = dict(self._descriptors("delayed imports", DELAYED, _DELAYED))
        self.export_name = self._export()
        self.load_flags = self._load_flags()

    def _add(self, offset: int, size: int, label: str) -> None:
        if size > 0:
            self.fields.append(Field(offset, size, label))

    def _struct(self, at: int, layout: tuple[tuple[str, str], ...], label: str = "") -> dict[str, int]:
        values = {}
        for name, code in layout:
            size = calcsize("<" + code)
            values[name] = int.from_bytes(self.data[at : at + size], "little")
            self._add(at, size, label + name)
            at += size
        return values

    def _sections(self) -> Iterator[Section]:
        for number in range(self.coff["NumberOfSections"]):
            header = self.table + 40 * number
            name = self.data[header : header + 8].rstrip(b"\0").decode("latin-1")
            row = self._struct(header, _SECTION, f"{name}: ")
            section = Section(
                header=header,
                name=name,
                virtual_size=row["VirtualSize"],
                address=row["VirtualAddress"],
                size=row["SizeOfRawData"],
                offset=row["PointerToRawData"],
                flags=row["Characteristics"],
            )
            self._add(section.offset, section.used, f"contents of {name}")
            self._add(section.offset + section.used, section.size - section.used, f"padding of {name}")
            yield section

    @property
    def sections_end(self) -> int:
        """The offset behind the last byte that a section takes."""
        return max((s.offset + s.size for s in self.sections if s.size), default=self.optional["SizeOfHeaders"])

    def section_of(self, address: int) -> Section | None:
        """The section at an address, by what the file gives it."""
        found = (s for s in self.sections if s.address <= address < s.address + max(s.virtual_size, s.size))
        return next(found, None)

    def locate(self, address: int) -> int:
        """The offset in the file of an address."""
        section = self.section_of(address)
        if section is None:
            assert address < self.optional["SizeOfHeaders"], hex(address)
            return address
        assert address - section.address < section.size, hex(address)
        return section.offset + address - section.address

    def string(self, address: int, label: str) -> str:
        """The string at an address; its bytes get a name."""
        offset = self.locate(address)
        end = self.data.index(0, offset)
        self._add(offset, end + 1 - offset, label)
        return self.data[offset:end].decode("latin-1")

    def _descriptors(
        self, table: str, size: int, layout: tuple[tuple[str, str], ...]
    ) -> Iterator[tuple[int, tuple[str, int]]]:
        """Of each descriptor its offset, the name of the DLL, and the address of that name."""
        address, _ = self.directories.get(table, (0, 0))
        at = self.locate(address) if address else 0
        while address and any(self.data[at : at + size]):
            name = int.from_bytes(
                self.data[at + 12 : at + 16] if size == IMPORT else self.data[at + 4 : at + 8], "little"
            )
            if not name:
                break
            if size == DELAYED and not self.data[at] & 1:  # of old: addresses as they are in memory
                name -= self.image_base
            dll = self.string(name, f"name of {dll_kind(table)}")
            self._struct(at, layout, f"{dll_kind(table)} {dll}: ")
            yield at, (dll, name)
            at += size

    def _export(self) -> tuple[str, int] | None:
        address, _ = self.directories.get("exports", (0, 0))
        if not address:
            return None
        row = self._struct(self.locate(address), _EXPORT, "exports: ")
        return self.string(row["Name"], "name in the exports"), row["Name"]

    def _load_flags(self) -> int:
        address, size = self.directories.get("load configuration", (0, 0))
        place = 0x4E if self.optional["Magic"] == 0x20B else 0x36
        if not address or min(size, *unpack_from("<I", self.data, self.locate(address))) < place + 2:
            return 0
        at = self.locate(address) + place
        self._add(at, 2, "DependentLoadFlags")
        return int.from_bytes(self.data[at : at + 2], "little")

    def names(self) -> Iterator[tuple[str, str, int]]:
        """Every name of a DLL: what it is, the name, and its address."""
        yield from (("import", *name) for name in self.imports.values())
        yield from (("delayed import", *name) for name in self.delayed.values())
        if self.export_name:
            yield "export", *self.export_name

    def label(self, offset: int) -> str:
        """What the byte at an offset belongs to: of all fields, the smallest."""
        around = [field for field in self.fields if field.offset <= offset < field.offset + field.size]
        if around:
            return min(around, key=lambda field: field.size).label
        return "behind the sections" if offset >= self.sections_end else "between the sections"


def dll_kind(table: str) -> str:
    """What a DLL in one of the two tables is called."""
    return "import" if table == "imports" else "delayed import"

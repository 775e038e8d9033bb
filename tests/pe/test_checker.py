"""The checker of this package sees what it is asked to see."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from struct import pack_into, unpack_from

import lief
import pytest

from tests.pe.checker import checksum, complaints, differences, meaning, padding_written
from tests.pe.reader import Reading
from tests.pe.toolchains import AY, CASES, FILES, PLUG, Case, build, case


@pytest.fixture(scope="session")
def signed(builds: Path) -> bytes:
    return (build(case("lld", "signed"), builds) / AY).read_bytes()


@pytest.fixture(scope="session")
def zig(builds: Path) -> bytes:
    return (build(case("zig"), builds) / AY).read_bytes()


@pytest.fixture(scope="session")
def symbols(builds: Path) -> bytes:
    return (build(case("bfd", "symbols"), builds) / AY).read_bytes()


@pytest.mark.parametrize("wanted", CASES, ids=str)
def test_nothing_to_say_about_what_linkers_make(wanted: Case, builds: Path) -> None:
    for name in FILES:
        data = (build(wanted, builds) / name).read_bytes()
        assert complaints(data) == []
        assert differences(data, data) == set()
        assert meaning(data) == meaning(data)


def at(data: bytes, label: str) -> int:
    """Where a field is."""
    return next(field.offset for field in Reading(data).fields if field.label == label)


def changed(data: bytes, label: str, change: Callable[[int], int], code: str = "<I") -> bytes:
    """The file with another number in a field, and without the checksum."""
    result = bytearray(data)
    place = at(data, label)
    pack_into(code, result, place, change(*unpack_from(code, data, place)))
    if label != "CheckSum":
        pack_into("<I", result, Reading(data).checksum_at, 0)
    return bytes(result)


HEADERS = [
    ("CheckSum", lambda old: old ^ 1, "checksum"),
    ("FileAlignment", lambda _: 256, "alignments"),
    ("SizeOfHeaders", lambda old: old + 1, "all headers at"),
    ("SizeOfHeaders", lambda _: 0x100, "the section headers end at"),
    ("SizeOfImage", lambda old: old + 0x1000, "SizeOfImage"),
    ("directory of relocations", lambda _: 0x7000, "outside of the sections"),
    ("directory of bound imports", lambda _: 0x10, "bound imports"),
    ("directory of certificate", lambda old: old - 8, "the certificate is at"),
    ("directory of certificate", lambda old: old + 1, "the certificate is at"),
]


@pytest.mark.parametrize(
    ("label", "change", "complaint"), HEADERS, ids=lambda value: value if type(value) is str else ""
)
def test_a_broken_header_is_seen(signed: bytes, label: str, change: Callable[[int], int], complaint: str) -> None:
    data = signed
    if label in {"directory of relocations", "directory of bound imports"}:
        place = at(data, label)
        data = data[: place + 4] + (16).to_bytes(4, "little") + data[place + 8 :]
    said = complaints(changed(data, label, change))
    assert any(complaint in line for line in said), said


SECTION = [
    ("VirtualAddress", 0x1000, ".pdata is at address"),
    ("VirtualAddress", -0x1000, ".pdata is at address"),
    ("VirtualSize", 0x1000, "SizeOfImage"),
    ("PointerToRawData", 16, ".pdata isn't aligned"),
    ("PointerToRawData", -0x200, "share bytes"),
    ("SizeOfRawData", 0x1000, "ends behind the file"),
]


@pytest.mark.parametrize(("field", "more", "complaint"), SECTION)
def test_a_misplaced_section_is_seen(zig: bytes, field: str, more: int, complaint: str) -> None:
    said = complaints(changed(zig, f".pdata: {field}", lambda old: old + more))
    assert any(complaint in line for line in said), said


def test_a_signed_file_that_grew_is_seen(signed: bytes) -> None:
    assert any("the certificate is at" in line for line in complaints(signed + bytes(8)))


def test_broken_debug_information_is_seen(zig: bytes) -> None:
    place = Reading(zig).locate(Reading(zig).directories["debug"][0])
    for offset, number, complaint in ((24, 1, "isn't at"), (16, 0x8000, "ends behind the file")):
        data = bytearray(zig)
        pack_into("<I", data, place + offset, unpack_from("<I", zig, place + offset)[0] + number)
        assert any(complaint in line for line in complaints(bytes(data)))


def test_symbols_that_are_cut_or_covered_are_seen(symbols: bytes) -> None:
    table = Reading(symbols).coff["PointerToSymbolTable"]
    cut = changed(symbols[: table + 18], "PointerToSymbolTable", lambda old: old)
    covered = changed(symbols, "PointerToSymbolTable", lambda _: 0x400)
    for data in (cut, covered):
        assert any("the symbols are at" in line for line in complaints(data))


def test_names_outside_of_what_is_mapped_are_seen(signed: bytes) -> None:
    section = next(section for section in Reading(signed).sections if section.name == ".rdata")
    outside = changed(signed, "import libbee.dll: Name", lambda _: section.address + section.virtual_size)
    assert any("isn't inside of a section" in line for line in complaints(outside))
    place = at(signed, "name of import")
    unclear = signed[:place] + b"\xc3" + signed[place + 1 :]
    assert any("is no name" in line for line in complaints(unclear))


def test_every_byte_has_one_name(zig: bytes, signed: bytes, symbols: bytes) -> None:
    for data in (zig, signed, symbols):
        reading = Reading(data)
        labels = [reading.label(place) for place in range(len(data))]
        assert "between the sections" not in labels
        assert labels.count("CheckSum") == labels.count("import libbee.dll: Name") == 4
        assert labels.count("name of import") == labels.count("name in the exports") + 1 == len("libbee.dll") + 1
        for place in (0, 60, 0x3FF, 0x400, len(data) - 1):
            other = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            if place != 60:  # where the header is
                assert differences(data, other) == {labels[place]}


def test_growth_and_loss_are_seen(signed: bytes) -> None:
    assert differences(signed, signed + b"\0") == {"more"}
    assert differences(signed, signed[:-1]) == {"less"}


def test_what_stands_in_the_padding_is_read(signed: bytes) -> None:
    place = at(signed, "padding of .rdata")
    written = signed[:place] + b"new.dll\0other.dll\0" + signed[place + 18 :]
    assert padding_written(signed, written) == {"new.dll", "other.dll"}
    with pytest.raises(AssertionError, match="in use"):
        padding_written(written, signed)


def test_the_checksum_is_the_linkers(builds: Path) -> None:
    from_ld = (build(case("bfd"), builds) / PLUG).read_bytes()
    reading = Reading(from_ld)
    assert 0 != reading.optional["CheckSum"] == checksum(from_ld, reading.checksum_at)


@pytest.mark.parametrize("field", ["FirstThunk", "OriginalFirstThunk", "ForwarderChain"])
def test_another_meaning_is_seen(signed: bytes, field: str) -> None:
    other = changed(signed, f"import libbee.dll: {field}", lambda old: old + 8)
    assert meaning(other)[0] != meaning(signed)[0]


def test_a_name_has_no_part_in_the_meaning(signed: bytes) -> None:
    place = at(signed, "name of import")
    renamed = meaning(signed[:place] + b"b" + signed[place + 1 :])
    assert renamed == (meaning(signed)[0], [("import", "bibbee.dll"), ("export", "libay.dll")])


def test_what_another_tool_leaves_behind_is_seen(signed: bytes, tmp_path: Path) -> None:
    """LIEF writes a new table of imports, but neither the checksum nor the end of the signature."""
    binary = lief.PE.parse(list(signed))
    assert binary is not None
    for row in binary.imports:
        row.name = f"new-{row.name!s}"
    options = lief.PE.Builder.config_t()
    options.imports = True
    binary.write(str(tmp_path / "new.dll"), options)
    data = (tmp_path / "new.dll").read_bytes()
    assert [line.partition(" 0x")[0] for line in complaints(data)] == ["checksum", "the certificate is at"]
    assert differences(signed, data) > {"directory of imports", "NumberOfSections", "SizeOfImage", "more"}

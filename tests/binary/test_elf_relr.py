"""DT_RELR as ordinary relocations: the same words are relocated by the same values."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelrRelocationSection
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.binary.elf_blueprint import RELATIVE, Blueprint, Built
from tests.binary.elf_files import TAGGED, build
from tests.binary.elf_soundness import changed, complaints, dynamic_values, section_header, segments_of
from truewheel.binary.elf import read_elf
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf
from truewheel.errors import BinaryError

EXPAND = ElfChanges(expand_relr=True)
MACHINES = [*TAGGED, (32, True, 62)]  # and x32
Relocation = tuple[int, int, int]


def expanded(data: bytes, changes: ElfChanges = EXPAND) -> bytes:
    result = bytes(edit_elf(data, changes).applied(data))
    assert complaints(result) == []
    assert not read_elf(result).relr
    assert not edit_elf(result, changes)
    return result


def table(data: bytes) -> list[Relocation]:
    """Address, type and addend of the relocations of DT_RELA or DT_REL, cut out of the file by hand."""
    file = ELFFile(BytesIO(data))
    tags = dynamic_values(data)
    addend = "DT_RELA" in tags
    start, size = (tags[f"DT_RELA{suffix}" if addend else f"DT_REL{suffix}"] for suffix in ("", "SZ"))
    load = next(p for p in segments_of(file, "PT_LOAD") if p.p_vaddr <= start < p.p_vaddr + p.p_filesz)
    word, order = file.elfclass // 8, "little" if file.little_endian else "big"
    raw = data[start - load.p_vaddr + load.p_offset :][:size]
    words = [int.from_bytes(raw[at : at + word], order) for at in range(0, size, word)]  # type: ignore[arg-type]
    if addend:
        return list(zip(words[::3], words[1::3], words[2::3], strict=True))
    values = [value_at(data, address) for address in words[::2]]
    return list(zip(words[::2], words[1::2], values, strict=True))


def value_at(data: bytes, address: int) -> int:
    file = ELFFile(BytesIO(data))
    load = next(p for p in segments_of(file, "PT_LOAD") if p.p_vaddr <= address < p.p_vaddr + p.p_filesz)
    start = load.p_offset + address - load.p_vaddr
    return int.from_bytes(data[start : start + file.elfclass // 8], "little" if file.little_endian else "big")


def by_others(built: Built) -> list[int]:
    """The addresses in DT_RELR as pyelftools decodes them."""
    section = ELFFile(BytesIO(built.data)).get_section_by_name(".relr.dyn")
    assert isinstance(section, RelrRelocationSection)
    return [relocation["r_offset"] for relocation in section.iter_relocations()]


@pytest.mark.parametrize("machine", MACHINES)
@settings(max_examples=25)
@given(words=st.sets(st.integers(0, 300), min_size=1), rela=st.integers(0, 3), spare=st.integers(0, 3))
def test_the_same_words_by_the_same_values(
    machine: tuple[int, bool, int], words: set[int], rela: int, spare: int
) -> None:
    bits, little, number = machine
    blueprint = Blueprint(bits=bits, little=little, machine=number, relr=tuple(words), rela=rela, spare=spare)
    page = 0x10000 if number in (183, 21) else 0x1000
    built = build(replace(blueprint, page=page, hashed="HASH" if number == 22 else "GNU_HASH"))
    addresses = by_others(built)
    assert sorted(addresses) == sorted(built.parts[".data"].address + word * bits // 8 for word in words)
    after = expanded(built.data)
    old = table(built.data) if rela else []
    kind = RELATIVE[number]
    assert table(after) == [(address, kind, value_at(built.data, address)) for address in addresses] + old
    tags = dynamic_values(after)
    if rela:
        assert tags["DT_RELCOUNT" if number in (3, 40) else "DT_RELACOUNT"] == rela + len(words)
    assert changed(built.data, after) <= {".dynamic", ".note.0", ".note.1", ".hash", "headers"}


def test_the_section_of_the_old_relocations_follows() -> None:
    built = build(Blueprint(relr=(1, 2, 70), rela=2))
    after = expanded(built.data)
    header = section_header(after, ".rel.dyn")
    tags = dynamic_values(after)
    assert (header.sh_addr, header.sh_size, header.sh_type) == (tags["DT_RELA"], tags["DT_RELASZ"], "SHT_RELA")
    assert header.sh_size == 5 * 24
    assert section_header(after, ".relr.dyn").sh_type == "SHT_PROGBITS"


@pytest.mark.parametrize(("machine", "bits", "kind"), [(62, 64, "SHT_RELA"), (40, 32, "SHT_REL")])
def test_without_old_relocations_their_section_becomes_one(machine: int, bits: int, kind: str) -> None:
    after = expanded(build(Blueprint(machine=machine, bits=bits, relr=(1, 2, 70))).data)
    header = section_header(after, ".relr.dyn")
    assert header.sh_type == kind
    assert ELFFile(BytesIO(after)).get_section(header.sh_link).name == ".dynsym"


def test_relocations_of_the_plt_stay_where_they_are() -> None:
    built = build(Blueprint(relr=(3, 4), rela=2, plt=3, plt_inside=True))
    assert dynamic_values(built.data)["DT_RELASZ"] == 5 * 24
    after = expanded(built.data)
    tags = dynamic_values(after)
    assert tags["DT_JMPREL"] == dynamic_values(built.data)["DT_JMPREL"]
    assert tags["DT_RELASZ"] == (2 + 2) * 24
    assert [row[1] for row in table(after)] == [8, 8, 8, 8]


def test_half_of_the_plt_inside_is_refused() -> None:
    built = build(Blueprint(relr=(3, 4), rela=2, plt=3, plt_inside=True))
    part = built.parts[".dynamic"]
    data = bytearray(built.data)
    for at in range(part.offset, part.offset + part.size, 16):
        if data[at] == 8 and not any(data[at + 1 : at + 8]):
            data[at + 8] -= 24
    with pytest.raises(BinaryError, match="half of DT_JMPREL"):
        edit_elf(bytes(data), EXPAND)


def test_names_change_at_the_same_time() -> None:
    built = build(Blueprint(relr=(1, 2, 70), rela=2))
    path = RunPath(("$ORIGIN/../libs",))
    after = expanded(built.data, ElfChanges(expand_relr=True, soname="libother-0123.so", run_path=path))
    assert (read_elf(after).soname, read_elf(after).rpath) == ("libother-0123.so", path.entries)
    alone = bytes(edit_elf(built.data, ElfChanges(soname="libother-0123.so")).applied(built.data))
    assert table(expanded(alone)) == table(after)


def test_the_form_of_android() -> None:
    built = build(Blueprint(relr=(1, 2)))
    part = built.parts[".dynamic"]
    data = bytearray(built.data)
    for at in range(part.offset, part.offset + part.size, 16):
        tag = int.from_bytes(data[at : at + 8], "little")
        new = {36: 0x6FFFE000, 35: 0x6FFFE001, 37: 0x6FFFE003}.get(tag, tag)
        data[at : at + 8] = new.to_bytes(8, "little")
    assert read_elf(bytes(data)).relr
    assert len(table(expanded(bytes(data)))) == 2


def test_nothing_to_expand() -> None:
    assert not edit_elf(build(Blueprint(rela=1)).data, EXPAND)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ([1], "doesn't begin with an address"),
        ([0x10], "no writable segment"),
        ([1 << 63], "no writable segment"),
        (["data", *[1] * 9, 1 << 62 | 1], "no writable segment"),
    ],
)
def test_lies_are_refused(words: list[int | str], reason: str) -> None:
    built = build(Blueprint(relr=tuple(range(0, 640, 16))))
    part, data = built.parts[".relr.dyn"], bytearray(built.data)
    numbers = [built.parts[".data"].address if word == "data" else int(word) for word in words]
    raw = b"".join(number.to_bytes(8, "little") for number in numbers)
    assert len(raw) <= part.size
    data[part.offset : part.offset + len(raw)] = raw
    with pytest.raises(BinaryError, match=reason):
        edit_elf(bytes(data), EXPAND)


def test_no_more_words_than_there_are() -> None:
    """A bitmap of eight bytes stands for 63 relocations of 24 bytes."""
    built = build(Blueprint(relr=tuple(range(0, 640, 16))))
    part, text, data = built.parts[".relr.dyn"], built.parts[".text"], bytearray(built.data)
    for at in range(part.offset + 8, text.offset + text.size):
        data[at] = 0xFF
    dynamic = built.parts[".dynamic"]
    for at in range(dynamic.offset, dynamic.offset + dynamic.size, 16):
        if data[at] == 35:
            data[at + 8 : at + 10] = (text.offset + text.size - part.offset & ~7).to_bytes(2, "little")
    with pytest.raises(BinaryError, match="more words than"):
        edit_elf(bytes(data), EXPAND)


def test_machines_without_known_numbers_are_refused() -> None:
    with pytest.raises(BinaryError, match="machine 2 isn't known"):
        edit_elf(build(Blueprint(machine=2, little=False, bits=32, relr=(1,))).data, EXPAND)


def test_a_table_of_half_words_is_refused() -> None:
    built = build(Blueprint(relr=(1, 2)))
    part, data = built.parts[".dynamic"], bytearray(built.data)
    for at in range(part.offset, part.offset + part.size, 16):
        if data[at] == 35:
            data[at + 8] -= 4
    with pytest.raises(BinaryError, match="no whole words"):
        edit_elf(bytes(data), EXPAND)

"""What the editor refuses, and what it does to files without names."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from elftools.elf.elffile import ELFFile

from tests.binary.elf_blueprint import Blueprint
from tests.binary.elf_files import build
from truewheel.binary.elf import read_elf
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf
from truewheel.errors import BinaryError

CHANGES = ElfChanges(soname="libme-89ab.so.1", run_path=RunPath(("$ORIGIN/../me.libs",)))


def change(data: bytes, offset: int, new: int, size: int = 8) -> bytes:
    """The file with one number replaced."""
    return data[:offset] + new.to_bytes(size, "little") + data[offset + size :]


def test_several_dynamic_tables_are_refused() -> None:
    data = build(Blueprint(extra=((2, 4),))).data
    with pytest.raises(BinaryError, match="several dynamic tables"):
        edit_elf(data, CHANGES)


def test_the_dynamic_table_must_name_its_strings() -> None:
    built = build(Blueprint())
    part = built.parts[".dynamic"]
    for at in range(part.offset, part.offset + part.size, 16):
        if built.data[at] == 10:
            with pytest.raises(BinaryError, match="no string table, or not its size"):
                edit_elf(change(built.data, at, 0x7000), CHANGES)


def test_strings_must_end() -> None:
    built = build(Blueprint())
    part = built.parts[".dynstr"]
    with pytest.raises(BinaryError, match="doesn't end with a NUL"):
        edit_elf(change(built.data, part.offset + part.size - 1, 65, 1), CHANGES)


def test_a_segment_longer_than_its_memory_is_refused() -> None:
    built = build(Blueprint(bss=0))
    with pytest.raises(BinaryError, match="larger than its memory"):
        edit_elf(change(built.data, 64 + 56 + 40, 16), CHANGES)


def test_an_odd_alignment_is_refused() -> None:
    with pytest.raises(BinaryError, match="isn't a power of two"):
        edit_elf(change(build(Blueprint()).data, 64 + 48, 0x1001), CHANGES)


def test_a_dynamic_table_without_a_section_stays() -> None:
    built = build(Blueprint(spare=0))
    at = ELFFile(BytesIO(built.data))["e_shoff"] + 64 * 10  # .dynamic
    with pytest.raises(BinaryError, match="don't tell where the dynamic table is"):
        edit_elf(change(built.data, at + 24, 8), CHANGES)


@pytest.mark.parametrize(
    ("offset", "new", "reason"),
    [
        (16, b"\1\0", "only programs and libraries"),
        (18, b"\x08\0", "MIPS"),
        (60, b"\0\0", "more segments or sections"),
        (62, b"\xff\xff", "more segments or sections"),
    ],
)
def test_what_is_refused(offset: int, new: bytes, reason: str) -> None:
    data = bytearray(build(Blueprint()).data)
    data[offset : offset + len(new)] = new
    with pytest.raises(BinaryError, match=reason):
        edit_elf(bytes(data), CHANGES)


def test_segments_out_of_order_are_refused_where_one_must_be_added() -> None:
    built = build(Blueprint())
    data = bytearray(built.data)
    data[64 : 64 + 56], data[120 : 120 + 56] = data[120 : 120 + 56], data[64 : 64 + 56]
    with pytest.raises(BinaryError, match="order of their addresses"):
        edit_elf(bytes(data), CHANGES)
    assert edit_elf(bytes(data), ElfChanges(needed={"libc.so.6": "bar"})).way == "in place"


def test_addresses_can_run_out() -> None:
    data = bytearray(build(Blueprint(bits=32, machine=3, bss=0xFFFFE000, page=0x1000)).data)
    with pytest.raises(BinaryError, match="no addresses left"):
        edit_elf(bytes(data), CHANGES)


def test_the_stack_is_made_plain_in_every_file() -> None:
    for further in ({}, {"type": 1}, {"machine": 8}):
        built = build(replace(Blueprint(stack=7), **further))  # type: ignore[arg-type]
        patch = edit_elf(built.data, ElfChanges(clear_exec_stack=True))
        after = bytes(patch.applied(built.data))
        assert (read_elf(built.data).exec_stack, read_elf(after).exec_stack) == (True, False)
        assert sum(one != other for one, other in zip(built.data, after, strict=True)) == 1
        assert not edit_elf(after, ElfChanges(clear_exec_stack=True))


def test_static_files_have_no_names() -> None:
    built = build(Blueprint(stack=7))
    data = bytearray(built.data)
    data[64 + 2 * 56 : 64 + 2 * 56 + 4] = (4).to_bytes(4, "little")  # PT_DYNAMIC becomes a note
    static = bytes(data)
    assert edit_elf(static, ElfChanges(clear_exec_stack=True))
    assert not edit_elf(static, ElfChanges(needed={"a": "b"}, expand_relr=True, run_path=RunPath(())))
    with pytest.raises(BinaryError, match="static"):
        edit_elf(static, CHANGES)


@pytest.mark.parametrize("further", [{"pie": True}, {"type": 2, "base": 0x400000}])
def test_static_programs_that_relocate_themselves_have_no_names(further: dict[str, object]) -> None:
    plain = Blueprint(needed=(), soname=None, stack=7)
    static = build(replace(plain, **further)).data  # type: ignore[arg-type]
    path = RunPath(("$ORIGIN",))
    for changes in (CHANGES, ElfChanges(soname="libme.so.1"), ElfChanges(run_path=path)):
        with pytest.raises(BinaryError, match="a static file has no place"):
            edit_elf(static, changes)
    assert not edit_elf(static, ElfChanges(needed={"a": "b"}, drop_needed=frozenset({"c"}), run_path=RunPath(())))
    assert edit_elf(static, ElfChanges(clear_exec_stack=True)).way == "in place"
    led = build(replace(plain, runpath="/old", **further)).data  # type: ignore[arg-type]
    assert read_elf(bytes(edit_elf(led, ElfChanges(run_path=RunPath(()))).applied(led))).runpath is None
    asking = build(replace(plain, needed=("libfoo.so.1",), **further)).data  # type: ignore[arg-type]
    for changes in (ElfChanges(needed={"libfoo.so.1": "b"}), ElfChanges(drop_needed=frozenset({"libfoo.so.1"}))):
        with pytest.raises(BinaryError, match="a static file has no place"):
            edit_elf(asking, changes)
    interpreted = build(replace(plain, interpreter=True, **further)).data  # type: ignore[arg-type]
    assert edit_elf(interpreted, CHANGES)

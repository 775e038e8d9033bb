"""What ELF files say of the system that they are for, besides EI_OSABI."""

from __future__ import annotations

from dataclasses import replace
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.binary.fixtures import Note, Recipe, make
from truewheel.binary import Elf
from truewheel.binary.elf import read_elf


def named(elf: Elf) -> str:
    return elf.system.name if elf.system else ""


def gnu(system: int) -> Note:
    return Note(b"GNU\0", 1, pack("<4I", system, 3, 2, 0))


@pytest.mark.parametrize(
    ("notes", "name"),
    [
        ((Note(b"NetBSD\0", 1, pack("<I", 1000000000)),), "NetBSD"),
        ((Note(b"OpenBSD\0", 1, bytes(4)),), "OpenBSD"),
        ((Note(b"FreeBSD\0", 1, pack("<I", 1400097)),), "FreeBSD"),
        ((Note(b"DragonFly\0", 1, pack("<I", 600400)),), "DragonFly"),
        ((gnu(0),), "Linux"),
        ((gnu(1),), "Hurd"),
        ((gnu(3),), "FreeBSD"),
        ((gnu(7),), ""),
        ((Note(b"GNU\0", 1, b"\0"),), ""),
        ((Note(b"NetBSD\0", 2, bytes(4)),), ""),
        ((gnu(0), Note(b"NetBSD\0", 1, bytes(4))), "NetBSD"),
        ((Note(b"NetBSD\0", 1, bytes(4)), gnu(0)), "NetBSD"),
        ((Note(b"Go\0\0", 4, b"id"),), ""),
    ],
)
def test_notes_name_the_system(notes: tuple[Note, ...], name: str) -> None:
    assert named(read_elf(make(Recipe(notes=notes)).data)) == name


def test_notes_are_in_the_byte_order_of_the_file() -> None:
    note = Note(b"GNU\0", 1, pack(">4I", 3, 0, 0, 0))
    assert named(read_elf(make(Recipe(bits=32, little=False, machine=20, notes=(note,))).data)) == "FreeBSD"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (0x6464E550, "Solaris"),
        (0x6FFFFFF9, ""),
        (0x6FFFFFFA, "Solaris"),
        (0x6FFFFFFD, "Solaris"),
        (0x6FFFFFFE, ""),
        (0x65A3DBE4, ""),
        (0x65A3DBE5, "OpenBSD"),
        (0x65A3DBE9, "OpenBSD"),
        (0x65A3DBEA, ""),
        (0x65A41BE6, "OpenBSD"),
        (0x65041580, ""),
    ],
)
def test_segments_of_one_system_name_it(kind: int, name: str) -> None:
    elf = read_elf(make(Recipe(segments=((kind, 4),))).data)
    assert named(elf) == name
    assert elf.system is None or f"{kind:#x}" in elf.system.evidence


def varint(number: int) -> bytes:
    return bytes([number & 0x7F | 0x80, number >> 7]) if number > 0x7F else bytes([number])


def text(value: bytes) -> bytes:
    return varint(len(value)) + value


def information(modules: bytes, *, flags: int = 2, version: bytes = b"go1.24.0") -> bytes:
    """Go's build information with inline strings, as ``debug/buildinfo`` describes it."""
    return b"\xff Go buildinf:" + bytes([8, flags]) + bytes(16) + text(version) + text(bytes(16) + modules + bytes(16))


def program(data: bytes, *, past: int = 0, recipe: Recipe | None = None) -> bytes:
    """A program whose data has some bytes at an address divisible by 16, or so many bytes past one."""
    base = replace(recipe or Recipe(), type=2)
    at = make(replace(base, sections=((1, "", data),))).at["section0"]
    return make(replace(base, sections=((1, "", bytes(-at % 16 + past) + data),))).data


SETTINGS = (
    b"path\tcommand-line-arguments\nbuild\t-compiler=gc\nbuild\tGOARCH=amd64\nbuild\tGOOS=%s\nbuild\tGOAMD64=v1\n"
)


@pytest.mark.parametrize(
    ("goos", "name"), [(b"dragonfly", "DragonFly"), (b"linux", "Linux"), (b"strange9", "strange9")]
)
def test_build_information_of_go_names_the_system(goos: bytes, name: str) -> None:
    elf = read_elf(program(information(SETTINGS % goos)))
    assert elf.system is not None
    assert elf.system.name == name
    assert elf.system.evidence == f"Go built it with GOOS={goos.decode()}"


@pytest.mark.parametrize(("level", "mask"), [(b"v1", 0), (b"v2", 2), (b"v3", 4), (b"v4", 8), (b"v9", 0)])
def test_go_says_which_processor_it_built_for(level: bytes, mask: int) -> None:
    data = information(b"build\tGOARCH=amd64\nbuild\tGOAMD64=%s\n" % level)
    assert read_elf(program(data)).isa_needed == mask
    noted = Recipe(interpreter="/lib64/ld-linux-x86-64.so.2", notes=(Note(b"Go\0\0", 4, b"build-id"),))
    assert read_elf(program(data, recipe=noted)).isa_needed == mask
    assert read_elf(program(data, recipe=replace(noted, notes=()))).isa_needed == 0


def test_nothing_is_made_of_build_information_that_says_nothing() -> None:
    good = information(SETTINGS % b"dragonfly")
    assert named(read_elf(program(good, past=8))) == ""
    assert named(read_elf(program(bytes(8) + good + bytes(8) + good, past=8))) == "DragonFly"
    assert named(read_elf(program(information(SETTINGS % b"dragonfly", flags=0)))) == ""
    assert named(read_elf(program(information(b"path\tx\n")))) == ""
    for flags in (4, 7):  # PF_R alone, and with PF_W and PF_X: Go's data is written, and never run
        elsewhere = bytearray(program(good))
        elsewhere[64 + 4] = flags
        assert named(read_elf(bytes(elsewhere))) == ""


def test_who_has_an_interpreter_is_known_by_that_and_not_by_go() -> None:
    linked = Recipe(interpreter="/lib64/ld-linux-x86-64.so.2")
    for notes in ((), (Note(b"Go\0\0", 4, b"build-id"),)):
        data = program(information(SETTINGS % b"dragonfly"), recipe=replace(linked, notes=notes))
        assert named(read_elf(data)) == ""


@given(st.binary(max_size=12), st.integers(0, 80))
def test_damaged_build_information_names_nothing_and_is_no_error(end: bytes, kept: int) -> None:
    cut = information(SETTINGS % b"dragonfly")[:kept] + end
    made = program(cut)
    start = made.rindex(cut)
    assert named(read_elf(made)) == ""
    assert start >= 0


def test_the_length_of_the_settings_may_be_a_lie() -> None:
    whole = information(SETTINGS % b"dragonfly")
    head, tail = whole[:41], whole[43:]  # the two bytes of the length lie between
    assert whole[41:43] == varint(len(SETTINGS % b"dragonfly") + 32)
    assert named(read_elf(program(head + b"\xff\xff\xff\xff\x0f" + tail))) == "DragonFly"
    assert named(read_elf(program(head + b"\xff\xff\xff\xff\xff\x0f" + tail))) == ""

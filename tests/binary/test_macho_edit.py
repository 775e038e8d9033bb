"""Names in Mach-O files: what an edit is asked for is there afterwards, and nothing else has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.binary.macho_soundness import LOADS, complaints, raw, strayed
from tests.strategies import macho as build
from tests.strategies.macho import Command, MachFile, Sealing, signed
from truewheel.binary import read_macho
from truewheel.binary.macho_edit import MachChanges, SliceChanges, edit_macho, room_left
from truewheel.binary.patch import Patch
from truewheel.errors import BinaryError

OLD = "/opt/lib/libb.dylib"
NEW = "@loader_path/.dylibs/libb-0123abcd.dylib"
COMMANDS = (
    build.dylib("/home/somebody/liba.dylib", build.IDENTITY),
    build.dylib("/usr/lib/libSystem.B.dylib"),
    build.dylib(OLD),
    build.rpath("/home/somebody/lib"),
    build.build_version(1, build.packed(11)),
    build.rpath("@loader_path"),
    Command(0x7FFFFFF0, (1, 2, 3)),  # one that nobody knows
)
CHANGES = SliceChanges({OLD: NEW}, "/DLC/a/liba.dylib", ("@loader_path", "@loader_path/.."))


class Kind(NamedTuple):
    """A processor with its word size and byte order."""

    arch: str
    cpu: tuple[int, int]
    bits: int = 64
    order: str = "<"


KINDS = [
    Kind("arm64", build.ARM64),
    Kind("arm64e", build.ARM64E),
    Kind("x86_64", build.X86_64),
    Kind("x86_64h", build.X86_64H),
    Kind("i386", build.I386, 32),
    Kind("armv7", build.ARMV7, 32),
    Kind("ppc", build.PPC, 32, ">"),
    Kind("ppc64", (0x01000012, 0), 64, ">"),
]
PLAIN = MachFile(cpu=build.X86_64, commands=COMMANDS, room=200)


def edited(data: bytes, changes: SliceChanges, arch: str = "x86_64") -> bytes:
    """A thin file with changes, of which a second edit finds nothing to do."""
    patch = edit_macho(data, MachChanges({arch: changes}))
    assert isinstance(patch, Patch)
    after = bytes(patch.applied(data))
    assert len(after) == patch.size
    assert patch.head(data[:64]) == after[:64]
    assert not edit_macho(after, MachChanges({arch: changes}))
    assert strayed(data, after) == []
    assert complaints(after) == []
    return after


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.arch)
def test_names_change_in_the_room_of_the_header(kind: Kind) -> None:
    recipe = MachFile(kind.cpu, bits=kind.bits, order=kind.order, commands=COMMANDS, room=200)
    for data in (signed(recipe), recipe.encode()):
        after = edited(data, CHANGES, kind.arch)
        (part,) = read_macho(after).slices
        assert part.install_name == CHANGES.install_name
        assert [dylib.name for dylib in part.dylibs] == ["/usr/lib/libSystem.B.dylib", NEW]
        assert part.rpaths == CHANGES.rpaths
        assert part.header_room == room_left(read_macho(data).slices[0], CHANGES, signs="arm64" in kind.arch)
        assert b"somebody" not in after


@pytest.mark.parametrize("kind", LOADS)
def test_every_way_to_load_a_library_keeps_all_but_its_name(kind: int) -> None:
    command = build.dylib(OLD, kind, build.packed(3, 2, 1), build.packed(2))
    data = replace(PLAIN, commands=(command, build.dylib("liba.dylib"), command)).encode()
    before = read_macho(data).slices[0].dylibs
    after = read_macho(edited(data, SliceChanges({OLD: NEW}))).slices[0].dylibs
    assert after == tuple(dylib._replace(name={OLD: NEW}.get(dylib.name, dylib.name)) for dylib in before)


@pytest.mark.parametrize("flags", [0, 1, 2, 8])
def test_the_flags_of_macos_15_stay_before_the_name(flags: int) -> None:
    command = Command(build.LOAD, (0x1A741800, build.packed(1), build.packed(1), flags), OLD.encode())
    data = replace(PLAIN, commands=(command,)).encode()
    (before,), (after,) = (read_macho(file).slices[0].dylibs for file in (data, edited(data, SliceChanges({OLD: NEW}))))
    assert after == before._replace(name=NEW)


def test_a_name_where_the_flags_would_be_is_no_flags() -> None:
    command = Command(build.LOAD, (0x1A741800, build.packed(1), build.packed(1)), b"\1ib.dylib")
    data = replace(PLAIN, commands=(command,)).encode()
    (after,) = read_macho(edited(data, SliceChanges({"\1ib.dylib": OLD}))).slices[0].dylibs
    assert after[:2] == (OLD, "load")


@pytest.mark.parametrize(
    ("old", "wanted", "commands"),
    [
        ("abc", "abc", "a.b.c."),
        ("abc", "b", ".b.."),
        ("abc", "bd", ".b..d"),
        ("abc", "cd", "..c.d"),
        ("abc", "ba", ".b..a"),
        ("abc", "dab", "...dab"),
        ("aab", "ab", "a..b."),
        ("abc", "", "..."),
        ("", "xy", "xy"),
    ],
)
def test_run_paths_that_stay_keep_their_places(old: str, wanted: str, commands: str) -> None:
    """A dot stands for another command."""
    given_commands = [command for path in old for command in (build.rpath(path), build.dylib("l"))]
    data = replace(PLAIN, commands=given_commands).encode()
    after = edited(data, SliceChanges(rpaths=tuple(wanted)))
    assert read_macho(after).slices[0].rpaths == tuple(wanted)
    part = raw(after)
    kinds = [kind for kind, _ in part.commands if kind in (build.RPATH, build.LOAD)]
    assert "".join("." if kind == build.LOAD else "r" for kind in kinds) == "".join(
        "." if command == "." else "r" for command in commands
    )


def test_names_of_any_bytes() -> None:
    name = b"/opt/\xff\xc3\xa9.dylib".decode("utf-8", "surrogateescape")
    data = replace(PLAIN, commands=(build.dylib(name),)).encode()
    changes = SliceChanges({name: "lib\udcfe\u00e9"})
    after = edited(data, changes)
    assert b"lib\xfe\xc3\xa9\0" in after
    assert room_left(read_macho(data).slices[0], changes, signs=False) == read_macho(after).slices[0].header_room


@pytest.mark.parametrize(
    "changes",
    [
        MachChanges(),
        MachChanges({"x86_64": SliceChanges()}),
        MachChanges(
            {"x86_64": SliceChanges({OLD: OLD}, "/home/somebody/liba.dylib", ("/home/somebody/lib", "@loader_path"))}
        ),
        MachChanges(resign=True, identifier="x"),
        MachChanges(sign=True),
    ],
)
def test_nothing_to_do(changes: MachChanges) -> None:
    data = PLAIN.encode()
    patch = edit_macho(data, changes)
    assert not patch
    assert patch.applied(data) == data


def test_what_is_asked_for_tells_whether_it_is_anything() -> None:
    assert not SliceChanges()
    assert SliceChanges(rpaths=())
    assert not MachChanges({"arm64": SliceChanges()})
    assert MachChanges({"arm64": SliceChanges(install_name="x")})


def test_the_room_of_the_header_is_used_to_the_last_byte() -> None:
    data = replace(PLAIN, room=32).encode()
    name = OLD + 36 * "x"
    changes = SliceChanges({OLD: name})
    part = read_macho(edited(data, changes)).slices[0]
    assert part.header_room == room_left(read_macho(data).slices[0], changes, signs=False) == 0
    for more in range(1, 9):
        with pytest.raises(BinaryError, match=r"no room for the new names: 8 bytes lack") as caught:
            edit_macho(data, MachChanges({"x86_64": SliceChanges({OLD: name + more * "y"})}))
        assert "headerpad_max_install_names" in caught.value.hint
        assert caught.value.where.offset == raw(data).end


@given(st.integers(0, 100), st.text("ab/", min_size=1, max_size=90), st.text("ab/", min_size=1, max_size=90), st.data())
def test_the_room_that_is_foretold_is_there(room: int, name: str, path: str, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    marked = Command(build.LOAD, (0x1A741800, build.packed(1), build.packed(1), 0), b"marked")
    commands = (*COMMANDS, marked)
    file = MachFile(kind.cpu, bits=kind.bits, order=kind.order, commands=commands, room=room).encode()
    changes = SliceChanges({OLD: name, "marked": path}, path, (path, "@loader_path", path))
    left = room_left(read_macho(file).slices[0], changes, signs="arm64" in kind.arch)
    try:
        after = edited(file, changes, kind.arch)
    except BinaryError:
        assert left < 0
        return
    assert left == read_macho(after).slices[0].header_room


def test_unsigned_files_for_intel_stay_unsigned_and_signed_ones_signed() -> None:
    assert raw(edited(PLAIN.encode(), CHANGES)).signature == (len(PLAIN.encode()), 0)
    data = signed(PLAIN, Sealing((1, 2)))
    assert raw(edited(data, CHANGES)).signature == raw(data).signature

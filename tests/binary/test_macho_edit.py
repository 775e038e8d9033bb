"""Names in Mach-O files: what an edit is asked for is there afterwards, and nothing else has changed."""

from __future__ import annotations

from tests.strategies import macho as build
from tests.strategies.macho import MachFile
from truewheel.binary import read_macho
from truewheel.binary.macho_edit import MachChanges, SliceChanges, edit_macho

COMMANDS = (
    build.dylib("/tmp/build/liba.dylib", build.IDENTITY),
    build.dylib("/opt/lib/libb.dylib"),
    build.rpath("/tmp/build"),
    build.rpath("@loader_path"),
)


def test_names_are_changed_in_the_room_of_the_header() -> None:
    data = MachFile(cpu=build.X86_64, commands=COMMANDS, room=200).encode()
    changes = SliceChanges(
        {"/opt/lib/libb.dylib": "@loader_path/.dylibs/libb.dylib"}, "/DLC/a/liba.dylib", ("@loader_path",)
    )
    patch = edit_macho(data, MachChanges({"x86_64": changes}))
    after = patch.applied(data)
    (part,) = read_macho(after).slices
    assert part.install_name == "/DLC/a/liba.dylib"
    assert [dylib.name for dylib in part.dylibs] == ["@loader_path/.dylibs/libb.dylib"]
    assert part.rpaths == ("@loader_path",)
    assert len(after) == len(data)
    assert not edit_macho(after, MachChanges({"x86_64": changes}))

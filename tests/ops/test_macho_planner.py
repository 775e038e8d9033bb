"""The plan of a repair for macOS: grafts, links, run paths and names, all of them values that the wheel decides."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.ops.fakes import Disk
from tests.ops.mach_fakes import (
    FOR_SIMULATOR,
    change_of,
    edits,
    graft_of,
    links,
    mach,
    module,
    planned,
    repaired,
    slices,
)
from tests.strategies.macho import DSYM, OBJECT, X86_64, packed
from truewheel.binary import SignatureKind
from truewheel.binary.macho_edit import SliceChanges
from truewheel.ops.fates import sha256_of
from truewheel.ops.grafted_names import grafted_name

MEMBER = "pkg/_x.so"
PATH = "/lib/libfoo.1.dylib"
FOO = mach(id=PATH)


def name_of(name: str, data: bytes) -> str:
    """The name of a graft with 8 digits of its hash."""
    return grafted_name(name, sha256_of(Disk({"x": data})["x"]))


NEW_FOO = name_of("libfoo.1.dylib", FOO)


class TestNothingToDo:
    @pytest.mark.parametrize(
        "files",
        [
            {},
            {MEMBER: module()},
            {MEMBER: module(rpaths=["@loader_path", "@executable_path/../lib", "/usr/lib/swift"])},
            {MEMBER: module("@rpath/libown.dylib", rpaths=["@loader_path/lib"]), "pkg/lib/libown.dylib": mach()},
            {MEMBER: module("@loader_path/.dylibs/libz.dylib"), "pkg/.dylibs/libz.dylib": mach(id="/DLC/pkg/libz")},
            {"pkg/x.o": mach("/opt/x.dylib", filetype=OBJECT), "pkg/x.dSYM": mach("/opt/x.dylib", filetype=DSYM)},
            {"pkg/x.dylib": mach("/opt/x.dylib", platform=FOR_SIMULATOR, rpaths=["/opt"])},
            {MEMBER: module("@rpath/libswiftCore.dylib", rpaths=["/usr/lib/swift"])},
            {MEMBER: module(cpu=X86_64)},
        ],
    )
    def test_the_plan_is_empty_and_false(self, files: Mapping[str, bytes]) -> None:
        made = planned(files)
        assert not made
        assert (made.grafts, made.changes, made.excluded, made.findings) == ((), (), (), ())

    def test_what_the_system_brings_is_told(self) -> None:
        made = planned({MEMBER: module(), "pkg/_y.so": module("/System/Library/Frameworks/Metal.framework/Metal")})
        assert made.promised == (
            ("/System/Library/Frameworks/Metal.framework/Metal", ("pkg/_y.so",)),
            ("/usr/lib/libSystem.B.dylib", (MEMBER, "pkg/_y.so")),
        )


class TestAGraft:
    def test_it_gets_a_name_and_whoever_needs_it_a_link(self) -> None:
        made = planned({MEMBER: module(PATH)}, {PATH: FOO})
        graft = graft_of(made, PATH)
        assert graft.member == f"pkg/.dylibs/{NEW_FOO}"
        assert (graft.library, graft.size, graft.needed_by) == (PATH, len(FOO), (MEMBER,))
        assert graft.changes.slices == {"arm64": SliceChanges(install_name=f"@rpath/{NEW_FOO}")}
        change = change_of(made, MEMBER)
        link = f"@loader_path/.dylibs/{NEW_FOO}"
        assert change.changes.slices == {"arm64": SliceChanges(dylibs={PATH: link})}
        assert change.reasons == (f"loads {link} instead of {PATH}",)

    def test_the_plan_can_be_carried_out(self) -> None:
        wheel = repaired({MEMBER: module(PATH, rpaths=["/lib"])}, {PATH: FOO})
        assert links(bytes(wheel.by_name[MEMBER].read())) == [f"@loader_path/.dylibs/{NEW_FOO}"]
        (part,) = slices(bytes(wheel.by_name[f"pkg/.dylibs/{NEW_FOO}"].read())).values()
        assert part.install_name == f"@rpath/{NEW_FOO}"
        assert part.signature.kind is SignatureKind.LINKER

    def test_grafts_of_grafts_find_each_other_beside_them(self) -> None:
        bar = mach(id="/lib/libbar.dylib")
        foo = mach("@loader_path/libbar.dylib", id=PATH, rpaths=["/opt", "@loader_path"])
        made = planned({MEMBER: module(PATH)}, {PATH: foo, "/lib/libbar.dylib": bar})
        new = name_of("libbar.dylib", bar)
        assert edits(made, PATH).dylibs == {"@loader_path/libbar.dylib": f"@loader_path/{new}"}
        assert edits(made, PATH).rpaths == ()
        assert graft_of(made, "/lib/libbar.dylib").needed_by == (graft_of(made, PATH).member,)

    def test_two_libraries_of_one_name_get_along(self) -> None:
        one, two = mach(id="/a/libx.dylib"), mach(id="/b/libx.dylib", compatibility=packed(2))
        files = {MEMBER: module("/a/libx.dylib"), "pkg/_y.so": module("/b/libx.dylib")}
        made = planned(files, Disk({"/a/libx.dylib": one, "/b/libx.dylib": two}, folders=()))
        assert {graft.member for graft in made.grafts} == {
            f"pkg/.dylibs/{name_of('libx.dylib', data)}" for data in (one, two)
        }

    def test_a_framework_is_its_library(self) -> None:
        path = "/Qt/lib/QtCore.framework/Versions/A/QtCore"
        core = mach(id="@rpath/QtCore.framework/Versions/A/QtCore")
        files = {MEMBER: module("@rpath/QtCore.framework/Versions/A/QtCore", rpaths=["/Qt/lib"])}
        made = planned(files, Disk({path: core}, folders=()))
        new = name_of("QtCore", core)
        assert graft_of(made, path).member == f"pkg/.dylibs/{new}"
        assert edits(made, MEMBER) == SliceChanges(
            dylibs={"@rpath/QtCore.framework/Versions/A/QtCore": f"@loader_path/.dylibs/{new}"}, rpaths=()
        )

    def test_a_cycle_comes_whole(self) -> None:
        outside = {
            "/lib/liba.dylib": mach("/lib/libb.dylib", id="/lib/liba.dylib"),
            "/lib/libb.dylib": mach("/lib/liba.dylib", id="/lib/libb.dylib"),
        }
        made = planned({MEMBER: module("/lib/liba.dylib")}, outside)
        assert len(made.grafts) == 2

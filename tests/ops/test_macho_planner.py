"""The plan of a repair for macOS: grafts, links, run paths and names, all of them values that the wheel decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.fakes import Disk, examined, wishes
from tests.ops.mach_fakes import (
    BOTH,
    FOR_IOS,
    FOR_SIMULATOR,
    IOS,
    MAC,
    MACOS,
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
from tests.strategies import macho as build
from tests.strategies.macho import ARM64E, BUNDLE, DSYM, EXECUTE, LAZY, OBJECT, REEXPORT, UPWARD, WEAK, X86_64, packed
from truewheel import rules
from truewheel.binary import SignatureKind
from truewheel.binary.macho_edit import MachChanges, SliceChanges
from truewheel.binary.macho_sign import signature_faults
from truewheel.errors import BinaryError, RequestError
from truewheel.ops.fates import sha256_of
from truewheel.ops.grafted_names import grafted_name
from truewheel.ops.macho_planner import plan_macho
from truewheel.ops.plan import Plan
from truewheel.ops.wishes import Wishes

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
            {MEMBER: module(), "pkg/x.dylib": mach("/opt/x.dylib", platform=FOR_SIMULATOR, rpaths=["/opt"])},
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


class TestLinks:
    @pytest.mark.parametrize(
        ("member", "start"),
        [
            ("pkg/a/b/_x.so", "@loader_path/../../.dylibs/"),
            ("_x.so", "@loader_path/pkg/.dylibs/"),
            ("pkg-1.0.data/platlib/other/_x.so", "@loader_path/../pkg/.dylibs/"),
            ("pkg-1.0.data/platlib/_x.so", "@loader_path/pkg/.dylibs/"),
            ("pkg/.dylibs/x.so", "@loader_path/"),
        ],
    )
    def test_they_are_those_of_the_installed_files(self, member: str, start: str) -> None:
        made = planned({member: module(PATH)}, {PATH: FOO})
        assert edits(made, member).dylibs == {PATH: f"{start}{NEW_FOO}"}

    @pytest.mark.parametrize("kind", [WEAK, REEXPORT, LAZY, UPWARD])
    def test_of_every_kind(self, kind: int) -> None:
        made = planned({MEMBER: module(build.dylib(PATH, kind))}, {PATH: FOO})
        assert edits(made, MEMBER).dylibs == {PATH: f"@loader_path/.dylibs/{NEW_FOO}"}

    def test_slices_of_a_fat_file_get_the_files_of_their_processors(self) -> None:
        arm, intel = mach(id="@rpath/libx.dylib"), mach(id="@rpath/libx.dylib", cpu=X86_64)
        both = build.fat(module("@rpath/libx.dylib"), module("@rpath/libx.dylib", cpu=X86_64), align=14)
        disk = Disk({"/a/libx.dylib": arm, "/b/libx.dylib": intel}, folders=("/b", "/a"))
        made = planned({MEMBER: both}, disk, name=BOTH)
        for arch, data in (("arm64", arm), ("x86_64", intel)):
            link = f"@loader_path/.dylibs/{name_of('libx.dylib', data)}"
            assert edits(made, MEMBER, arch).dylibs == {"@rpath/libx.dylib": link}
        wheel = repaired({MEMBER: both}, disk, name=BOTH)
        assert {part.dylibs[0].name for part in slices(bytes(wheel.by_name[MEMBER].read())).values()} == {
            f"@loader_path/.dylibs/{name_of('libx.dylib', data)}" for data in (arm, intel)
        }

    def test_a_fat_library_comes_once(self) -> None:
        data = build.fat(mach(id=PATH), mach(id=PATH, cpu=X86_64), align=14)
        both = build.fat(module(PATH), module(PATH, cpu=X86_64), align=14)
        made = planned({MEMBER: both}, {PATH: data}, name=BOTH)
        assert len(made.grafts) == 1
        assert set(graft_of(made, PATH).changes.slices) == {"arm64", "x86_64"}
        link = f"@loader_path/.dylibs/{name_of('libfoo.1.dylib', data)}"
        assert change_of(made, MEMBER).reasons == (f"loads {link} instead of {PATH}",)

    def test_one_file_in_two_places_comes_once(self) -> None:
        data = mach(id="libx.dylib")
        files = {MEMBER: module("/a/libx.dylib"), "pkg/_y.so": module("/b/libx.dylib")}
        made = planned(files, Disk({"/a/libx.dylib": data, "/b/libx.dylib": data}, folders=()))
        (graft,) = made.grafts
        assert graft.needed_by == (MEMBER, "pkg/_y.so")

    def test_one_file_that_is_asked_for_by_two_names_is_loaded_by_two(self) -> None:
        """No load command can go, for symbols count them, and dyld takes no name twice."""
        member = module("/one/liba.dylib", "/two/liba.dylib")
        files = {"/one/liba.dylib": mach(), "/two/liba.dylib": mach()}
        wheel = repaired({MEMBER: member}, files)
        made = bytes(wheel.by_name[MEMBER].read())
        way = f"pkg/.dylibs/{name_of('liba.dylib', mach())}".removeprefix("pkg/")
        assert links(made) == [f"@loader_path/{way}", f"@loader_path/./{way}"]
        again = {entry.name: bytes(entry.read()) for entry in wheel.entries if entry.name.startswith("pkg/")}
        assert not planned(again)

    def test_one_file_that_loads_different_ones_in_two_places_is_refused(self) -> None:
        data = mach("@loader_path/liby.dylib", id="libx.dylib")
        files = {MEMBER: module("/a/libx.dylib"), "pkg/_y.so": module("/b/libx.dylib")}
        outside = {f"/{folder}/libx.dylib": data for folder in "ab"} | {
            "/a/liby.dylib": mach(id="a/liby.dylib"),
            "/b/liby.dylib": mach(id="b/liby.dylib"),
        }
        with pytest.raises(RequestError, match="are the same, and load different libraries"):
            planned(files, Disk(outside, folders=()))


class TestNotFound:
    def test_one_error_names_everything_that_is_missing(self) -> None:
        files = {MEMBER: module("/x/liba.dylib", "@rpath/libb.dylib"), "pkg/_y.so": module("/x/liba.dylib")}
        with pytest.raises(RequestError) as caught:
            planned(files, {"/lib/libb.dylib": b"text"})
        assert caught.value.what == (
            f"not found in /lib: /x/liba.dylib, which {MEMBER} and 1 more need; "
            f"@rpath/libb.dylib, which {MEMBER} needs (/lib/libb.dylib is no Mach-O file)"
        )
        assert caught.value.where.member == MEMBER
        assert "--exclude 'liba.dylib'" in caught.value.hint

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (mach(id=PATH, cpu=X86_64), "is for x86_64"),
            (module(), "is no dynamic library"),
            (mach(id=PATH, platform=FOR_IOS), "is for ios"),
            (mach(id=PATH, compatibility=packed(1, 9)), "is compatible with version 1.9.0, and .* demands 2.0.0"),
            (mach(id=PATH)[:40], "can't be used: "),
        ],
    )
    def test_what_dyld_would_refuse(self, data: bytes, words: str) -> None:
        wants = build.dylib(PATH, compatibility=packed(2))
        with pytest.raises(RequestError, match=words):
            planned({MEMBER: module(wants)}, {PATH: data})

    @pytest.mark.parametrize("kind", [WEAK, LAZY])
    def test_what_can_be_done_without_stays(self, kind: int) -> None:
        assert not planned({MEMBER: module(build.dylib("@rpath/libx.dylib", kind))})

    def test_what_may_be_there_by_a_path_of_the_build_machine_is_told(self) -> None:
        weak = build.dylib("/opt/lib/libmaybe.dylib", WEAK)
        (finding,) = planned({MEMBER: module(weak)}).findings
        assert (finding.rule, finding.member) == (rules.PATH_INSTALL_NAME, MEMBER)
        assert finding.message == "it loads /opt/lib/libmaybe.dylib where that is there, whoever has put it there"
        assert planned({MEMBER: module(build.dylib("@rpath/libmaybe.dylib", WEAK))}).findings == ()

    def test_weak_and_strong_is_strong(self) -> None:
        wants = (build.dylib("@rpath/libx.dylib", WEAK), build.dylib("@rpath/libx.dylib"))
        with pytest.raises(RequestError, match="not found"):
            planned({MEMBER: module(*wants)})

    def test_slices_that_the_wheel_is_not_for_may_lack_libraries(self) -> None:
        both = build.fat(module(PATH), module(PATH, cpu=X86_64), align=14)
        made = planned({MEMBER: both}, {PATH: FOO})
        assert edits(made, MEMBER).dylibs
        assert not edits(made, MEMBER, "x86_64")
        with pytest.raises(RequestError, match="is for arm64"):
            planned({MEMBER: both}, {PATH: FOO}, name=BOTH)

    @pytest.mark.parametrize("tag", ["macosx_11_0_arm64", "macosx_10_9_arm64.macosx_11_0_arm64", "win_amd64", "any"])
    def test_files_for_another_processor_than_the_tags_still_need_theirs(self, tag: str) -> None:
        # The result gets tags that are true; what it lacks must not be let go for the false ones.
        with pytest.raises(RequestError, match="not found"):
            planned({MEMBER: module(PATH, cpu=X86_64)}, name=f"pkg-1.0-cp312-cp312-{tag}.whl")

    def test_a_variant_of_a_processor_is_served_by_the_plain_one(self) -> None:
        made = planned({MEMBER: module(PATH, cpu=ARM64E)}, {PATH: FOO})
        assert edits(made, MEMBER, "arm64e").dylibs

    def test_a_variant_serves_no_plain_one(self) -> None:
        with pytest.raises(RequestError, match="is for arm64e"):
            planned({MEMBER: module(PATH)}, {PATH: mach(id=PATH, cpu=ARM64E)})

    def test_files_without_a_platform_are_taken(self) -> None:
        assert planned({MEMBER: module(PATH, platform=None)}, {PATH: mach(id=PATH, platform=None)}).grafts


class TestLeftToOthers:
    def test_a_name_with_rpath_stays(self) -> None:
        files = {MEMBER: module("@rpath/libfoo.1.dylib", rpaths=["@loader_path/../../x", "@loader_path/../y", "/opt"])}
        made = planned(files, {PATH: FOO}, wishes(exclude=("libfoo*",)))
        assert made.excluded == (("@rpath/libfoo.1.dylib", (MEMBER,)),)
        assert edits(made, MEMBER) == SliceChanges(rpaths=("@loader_path/../../x", "@loader_path/../y"))
        assert made.findings == ()

    def test_a_path_of_the_build_machine_stays_too_and_is_told(self) -> None:
        made = planned({MEMBER: module(PATH)}, {PATH: FOO}, wishes(exclude=(PATH,)))
        assert not made
        (finding,) = made.findings
        assert (finding.rule, finding.member) == (rules.PATH_INSTALL_NAME, MEMBER)

    def test_by_the_place_where_it_is(self) -> None:
        made = planned({MEMBER: module("@rpath/libfoo.1.dylib")}, {PATH: FOO}, wishes(exclude=("/lib/*",)))
        assert made.excluded == (("@rpath/libfoo.1.dylib", (MEMBER,)),)

    def test_an_exclusion_without_a_match(self) -> None:
        made = planned({MEMBER: module(PATH)}, {PATH: FOO}, wishes(exclude=("libfo.dylib",)))
        (finding,) = made.findings
        assert finding.rule == rules.LIB_EXCLUDE_IDLE

    @pytest.mark.parametrize(
        "library",
        [
            "@rpath/libpython3.12.dylib",
            "/Library/Frameworks/Python.framework/Versions/3.12/Python",
            "@rpath/Python3.framework/Versions/3.9/Python3",
        ],
    )
    def test_the_interpreters_own_library(self, library: str) -> None:
        made = planned({MEMBER: module(library)}, {f"/lib/{library.rpartition('/')[2]}": mach(id=library)})
        assert not made

    def test_the_folders_of_pythons_stay_where_they_are_searched(self) -> None:
        xcode = "/Applications/Xcode.app/Contents/Developer/Library/Frameworks"
        data = module("@rpath/Python3.framework/Versions/3.9/Python3", rpaths=[xcode, "/opt"])
        assert edits(planned({MEMBER: data}), MEMBER).rpaths == (xcode,)
        assert edits(planned({MEMBER: module(rpaths=[xcode])}), MEMBER).rpaths == ()

    def test_ways_to_the_python_that_a_file_is_installed_in_stay(self) -> None:
        up = "@loader_path/../../.."
        assert not planned({MEMBER: module("@rpath/libpython3.12.dylib", rpaths=[up])})
        assert edits(planned({MEMBER: module(rpaths=[up])}), MEMBER).rpaths == ()

    def test_what_is_optional_keeps_its_ways(self) -> None:
        data = module(build.dylib("@rpath/libx.dylib", WEAK), rpaths=["@loader_path/../../.."])
        assert not planned({MEMBER: data})


class TestTheWheelsOwn:
    """Members that are needed and not led to."""

    OLD = "/Users/me/libown.dylib"

    @pytest.mark.parametrize("name", [OLD, "@rpath/libown.dylib", "libown.dylib"])
    def test_a_link_leads_to_the_only_one(self, name: str) -> None:
        made = planned({MEMBER: module(name), "pkg/lib/libown.dylib": mach(id="@rpath/libown.dylib")})
        (change,) = made.changes
        assert change.member == MEMBER
        assert edits(made, MEMBER).dylibs == {name: "@loader_path/lib/libown.dylib"}

    def test_an_install_name_decides_among_several(self) -> None:
        files = {
            MEMBER: module(self.OLD),
            "pkg/a/libown.dylib": mach(id=self.OLD),
            "pkg/b/libown.dylib": mach(id="/other/libown.dylib"),
        }
        made = planned(files)
        assert edits(made, MEMBER).dylibs == {self.OLD: "@loader_path/a/libown.dylib"}
        assert edits(made, "pkg/a/libown.dylib").install_name == "@rpath/libown.dylib"
        assert not planned({change: bytes(repaired(files).by_name[change].read()) for change in ("pkg/_x.so", *files)})

    def test_several_that_no_install_name_means_leave_the_choice_to_the_given_folders(self) -> None:
        files = {MEMBER: module(PATH)} | {f"pkg/{d}/libfoo.1.dylib": mach(id=f"/{d}/libfoo.1.dylib") for d in "ab"}
        made = planned(files, {PATH: FOO})
        assert edits(made, MEMBER).dylibs == {PATH: f"@loader_path/.dylibs/{NEW_FOO}"}
        assert made.findings == ()
        # One that a package can load before keeps the name that it is known by then.
        files["pkg/a/libfoo.1.dylib"] = files["pkg/b/libfoo.1.dylib"] = mach(id=PATH)
        assert not planned(files, {PATH: FOO}).grafts

    def test_what_lies_out_of_reach_is_taken_from_the_given_folders_too(self) -> None:
        files = {MEMBER: module("@rpath/libfoo.1.dylib"), "pkg-1.0.data/data/lib/libfoo.1.dylib": mach()}
        assert len(planned(files, {"/lib/libfoo.1.dylib": FOO}).grafts) == 1

    def test_a_run_path_that_may_lead_there_stays(self) -> None:
        outward = "@loader_path/../../../../lib"
        files = {
            MEMBER: module("@rpath/libfoo.1.dylib", rpaths=[outward, "/opt"]),
            "pkg-1.0.data/data/lib/libfoo.1.dylib": mach(),
        }
        assert edits(planned(files), MEMBER).rpaths == (outward,)

    def test_none_leads_to_several_and_they_keep_their_names(self) -> None:
        files = {MEMBER: module("/x/libown.dylib")} | {
            f"pkg/{d}/libown.dylib": mach(id=f"/{d}/libown.dylib") for d in "ab"
        }
        made = planned(files)
        assert not made
        (finding,) = made.findings
        assert (finding.rule, finding.member) == (rules.LIB_UNLED, MEMBER)
        assert "pkg/a/libown.dylib" in finding.message

    @pytest.mark.parametrize("place", ["pkg-1.0.data/data/lib/libown.dylib", "pkg-1.0.data/purelib/pkg/libown.dylib"])
    def test_none_leads_out_of_the_packages(self, place: str) -> None:
        made = planned({MEMBER: module("@rpath/libown.dylib"), place: mach()})
        assert not made
        assert [finding.rule for finding in made.findings] == [rules.LIB_UNLED]

    @pytest.mark.parametrize("place", ["pkg-1.0.data/data/x.so", "pkg-1.0.data/scripts/app"])
    def test_none_leads_from_there(self, place: str) -> None:
        made = planned({place: mach("@rpath/libown.dylib", filetype=EXECUTE), "pkg/libown.dylib": mach()})
        assert not made
        assert [finding.rule for finding in made.findings] == [rules.LIB_UNLED]

    def test_a_module_is_no_library(self) -> None:
        made = planned({MEMBER: module("@rpath/_y.so"), "pkg/y/_y.so": module()})
        assert not made
        assert [finding.rule for finding in made.findings] == [rules.LIB_UNLED]

    def test_a_file_is_not_its_own_library(self) -> None:
        own = mach("/lib/libfoo.1.dylib", id="@rpath/libfoo.1.dylib")
        made = planned({"pkg/libfoo.1.dylib": own}, {PATH: FOO})
        assert edits(made, "pkg/libfoo.1.dylib").dylibs == {PATH: f"@loader_path/.dylibs/{NEW_FOO}"}

    def test_a_graft_that_needs_one_finds_it(self) -> None:
        foo = mach("/elsewhere/libown.dylib", id=PATH)
        files = {MEMBER: module(PATH), "pkg/core/libown.dylib": mach(id="@rpath/libown.dylib")}
        made = planned(files, {PATH: foo})
        assert edits(made, PATH).dylibs == {"/elsewhere/libown.dylib": "@loader_path/../core/libown.dylib"}

    def test_a_graft_that_could_mean_several_finds_its_own(self) -> None:
        foo = mach("/lib/libown.dylib", id=PATH)
        files = {MEMBER: module(PATH), "pkg/a/libown.dylib": mach(), "pkg/b/libown.dylib": mach()}
        made = planned(files, {PATH: foo, "/lib/libown.dylib": mach(id="x")})
        assert len(made.grafts) == 2

    def test_a_header_without_room_stays_without_a_link(self) -> None:
        made = planned({MEMBER: module("libown.dylib", room=0), "pkg/lib/libown.dylib": mach()})
        assert not made
        assert [finding.rule for finding in made.findings] == [rules.LIB_UNLED]


class TestTraces:
    """What names the build machine goes, whether or not something is grafted."""

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            (["/opt/lib"], []),
            (["/opt/homebrew/lib", "@loader_path"], ["@loader_path"]),
            (["libs/", ""], []),
            (["@loader_path/../..", "@loader_path/.."], ["@loader_path/.."]),
            (["@loader_path", "@loader_path"], ["@loader_path"]),
            (
                ["/usr/lib/swift", "/usr/local/lib", "@executable_path/../lib"],
                ["/usr/lib/swift", "@executable_path/../lib"],
            ),
            (["/usr/lib", "/System/Library", "/usr/library"], ["/usr/lib", "/System/Library"]),
        ],
    )
    def test_run_paths(self, before: list[str], after: list[str]) -> None:
        made = planned({MEMBER: module(rpaths=before)})
        assert change_of(made, MEMBER).changes.slices == {"arm64": SliceChanges(rpaths=tuple(after))}

    def test_they_are_told(self) -> None:
        made = planned({MEMBER: module(rpaths=["/opt", "", "@loader_path", "@loader_path"])})
        assert change_of(made, MEMBER).reasons == (
            "no longer searches /opt, an empty path",
            "no longer searches twice @loader_path",
        )

    def test_in_every_slice(self) -> None:
        both = build.fat(module(rpaths=["/opt"]), module(rpaths=["/opt"], cpu=X86_64), align=14)
        made = planned({MEMBER: both}, name=BOTH)
        assert set(change_of(made, MEMBER).changes.slices) == {"arm64", "x86_64"}
        assert change_of(made, MEMBER).reasons == ("no longer searches /opt",)

    @pytest.mark.parametrize("member", ["pkg-1.0.data/scripts/app", "pkg-1.0.data/data/lib/x.dylib"])
    def test_relative_ones_stay_where_only_the_installer_knows_what_is_beside(self, member: str) -> None:
        made = planned({member: module(rpaths=["@loader_path/../lib", "/opt"])})
        assert edits(made, member).rpaths == ("@loader_path/../lib",)

    def test_names(self) -> None:
        made = planned({"pkg/libown.dylib": mach(id="/Users/me/build/libown.1.dylib")})
        change = change_of(made, "pkg/libown.dylib")
        assert change.changes.slices == {"arm64": SliceChanges(install_name="@rpath/libown.1.dylib")}
        assert change.reasons == ("is called @rpath/libown.1.dylib instead of /Users/me/build/libown.1.dylib",)

    def test_a_name_stays_that_somebody_asks_for_whom_no_path_leads_there(self) -> None:
        own = "/Users/me/build/libown.1.dylib"
        files = {MEMBER: module(own), "pkg-1.0.data/data/lib/libown.1.dylib": mach(id=own)}
        made = planned(files)
        assert made.changes == ()
        assert [finding.rule for finding in made.findings] == [rules.LIB_UNLED]

    def test_names_from_the_folder_that_a_linker_was_started_in(self) -> None:
        made = planned({"pkg/libown.dylib": mach(id="build/libown.dylib")})
        assert edits(made, "pkg/libown.dylib") == SliceChanges(install_name="@rpath/libown.dylib")

    @pytest.mark.parametrize(
        "name",
        ["/DLC/pkg/libx.dylib", "@rpath/x", "@loader_path/x", "libx.dylib", "/usr/lib/x", "/opt/x/", "X.framework/X"],
    )
    def test_neutral_names_stay(self, name: str) -> None:
        assert not planned({"pkg/libx.dylib": mach(id=name)})

    def test_a_short_name_gets_no_longer_than_there_is_room(self) -> None:
        made = planned({"pkg/libx.dylib": mach(id="/libx.dylib", room=0)})
        assert edits(made, "pkg/libx.dylib") == SliceChanges(install_name="libx.dylib")

    def test_an_unsigned_file_without_room_for_a_signature_is_left_alone(self) -> None:
        data = mach(rpaths=["/a"], room=0, signed=b"")
        assert planned({"pkg/libx.dylib": data}).changes  # the run path's own room is enough
        data = mach(id="/libx.dylib", room=0, signed=b"")
        assert not planned({"pkg/libx.dylib": data})

    def test_they_stay_where_that_is_wished(self) -> None:
        files = {
            MEMBER: module(PATH, rpaths=["/opt", "/opt", "@loader_path/../.."]),
            "pkg/libx.dylib": mach(id="/opt/libx.dylib"),
        }
        made = planned(files, {PATH: mach(id=PATH, rpaths=["/opt"])}, Wishes(keep_rpaths=True))
        assert [change.member for change in made.changes] == [MEMBER]
        assert edits(made, MEMBER).rpaths is None
        assert edits(made, PATH).rpaths is None
        assert edits(made, PATH).install_name

    def test_other_platforms_and_objects_are_left_alone(self) -> None:
        both = build.fat(
            mach(id="/x/a", platform=FOR_SIMULATOR, rpaths=["/opt"]), mach(id="/x/a", cpu=X86_64), align=14
        )
        made = planned({"pkg/liba.dylib": both}, name=BOTH)
        assert set(change_of(made, "pkg/liba.dylib").changes.slices) == {"x86_64"}


class TestSignatures:
    SIGNED: ClassVar = build.Sealing(flags=0x10000, team="ABCDE12345")

    def test_somebodys_is_not_broken_for_a_trace(self) -> None:
        made = planned({MEMBER: mach(rpaths=["/opt"], signed=self.SIGNED)})
        assert not made
        (finding,) = made.findings
        assert (finding.rule, finding.member) == (rules.MAC_SIGNED_LEFT, MEMBER)
        assert finding.message == "it is left as it is, for it is signed by ABCDE12345; else: no longer searches /opt"

    def test_nor_is_anything_said_where_nothing_would_be_done(self) -> None:
        for resign in (False, True):
            made = planned({MEMBER: mach(signed=self.SIGNED)}, wanted=Wishes(resign=resign))
            assert not made
            assert made.findings == ()

    def test_for_a_link_it_is_with_leave_only(self) -> None:
        files = {MEMBER: mach(PATH, filetype=BUNDLE, signed=self.SIGNED)}
        with pytest.raises(RequestError, match="is signed by ABCDE12345") as caught:
            planned(files, {PATH: FOO})
        assert "--resign" in caught.value.hint
        assert caught.value.where.member == MEMBER
        change = change_of(planned(files, {PATH: FOO}, Wishes(resign=True)), MEMBER)
        assert change.changes.resign
        assert change.reasons[-1] == "the signature of ABCDE12345 is replaced by one without an identity"

    def test_nor_for_a_link_into_the_wheel_whose_library_keeps_its_name_then(self) -> None:
        files = {
            MEMBER: mach("/old/libown.dylib", signed=self.SIGNED),
            "pkg/lib/libown.dylib": mach(id="/old/libown.dylib"),
        }
        made = planned(files)
        assert not made
        assert [finding.rule for finding in made.findings] == [rules.LIB_UNLED]
        assert edits(planned(files, wanted=Wishes(resign=True)), MEMBER).dylibs

    def test_a_graft_that_needs_no_link_keeps_it(self) -> None:
        data = mach(id=PATH, signed=self.SIGNED)
        made = planned({MEMBER: module(PATH)}, {PATH: data})
        graft = graft_of(made, PATH)
        assert graft.changes == MachChanges()
        assert [(finding.rule, finding.member) for finding in made.findings] == [(rules.MAC_SIGNED_LEFT, graft.member)]
        assert repaired({MEMBER: module(PATH)}, {PATH: data}).by_name[graft.member].read() == data

    def test_a_graft_that_needs_one_loses_it_with_leave_only(self) -> None:
        outside = {PATH: mach("/lib/libz.dylib", id=PATH, signed=self.SIGNED), "/lib/libz.dylib": mach(id="libz.dylib")}
        with pytest.raises(RequestError, match="is signed by ABCDE12345") as caught:
            planned({MEMBER: module(PATH)}, outside)
        assert caught.value.where.member == PATH
        made = planned({MEMBER: module(PATH)}, outside, Wishes(resign=True))
        assert graft_of(made, PATH).changes.resign
        assert graft_of(made, PATH).reasons == ("the signature of ABCDE12345 is replaced by one without an identity",)

    def test_what_would_have_to_be_cut_is_not_for_a_trace(self) -> None:
        made = planned({MEMBER: module(rpaths=["/opt"], signed=b"") + b"trailing data"})
        assert not made
        (finding,) = made.findings
        assert (finding.rule, finding.member) == (rules.MAC_SIGNED_LEFT, MEMBER)
        assert "there is data behind its place" in finding.message

    def test_entitlements_are_lost_with_leave_only(self) -> None:
        signed = build.signature(0x2, blobs=[(5, build.blob(0xFADE7171, b"<dict/>"))])  # its hashes are of nothing
        files = {MEMBER: mach(PATH, filetype=EXECUTE, signed=signed)}
        with pytest.raises(BinaryError, match="it has entitlements") as caught:
            repaired(files, {PATH: FOO})
        assert "--resign" in caught.value.hint
        wheel = repaired(files, {PATH: FOO}, Wishes(resign=True))
        assert not slices(bytes(wheel.by_name[MEMBER].read()))["arm64"].signature.entitlements
        made = planned({MEMBER: mach(rpaths=["/opt"], signed=signed)})
        assert [finding.rule for finding in made.findings] == [rules.MAC_SIGNED_LEFT]

    def test_what_is_wrong_with_somebodys_is_told_and_mended_with_leave_only(self) -> None:
        data = bytearray(mach(signed=self.SIGNED))
        data[data.index(b"\xcc" * 16)] ^= 1
        files = {MEMBER: bytes(data)}
        made = planned(files)
        assert not made
        (finding,) = made.findings
        assert (finding.rule, finding.member) == (rules.MAC_SIGNATURE_BROKEN, MEMBER)
        assert finding.message.startswith("arm64: 1 of 1 pages aren't")
        made = planned(files, wanted=Wishes(resign=True))
        assert made.findings == ()
        mended, replaced = change_of(made, MEMBER).reasons
        assert mended.startswith("is signed again, arm64: 1 of 1 pages aren't")
        assert replaced == "the signature of ABCDE12345 is replaced by one without an identity"
        wheel = repaired(files, wanted=Wishes(resign=True))
        assert signature_faults(bytes(wheel.by_name[MEMBER].read())) == ()

    def test_so_is_what_nobody_can_mend(self) -> None:
        (finding,) = planned({MEMBER: module(signed=b"") + b"trailing data"}).findings
        assert (finding.rule, finding.member) == (rules.MAC_SIGNATURE_BROKEN, MEMBER)

    def test_a_signature_without_a_team_is_told_by_its_name(self) -> None:
        (finding,) = planned(
            {MEMBER: mach(rpaths=["/opt"], signed=build.Sealing(flags=0x10000, identifier="org.x"))}
        ).findings
        assert "org.x" in finding.message

    def test_what_apples_processors_refuse_is_signed(self) -> None:
        made = planned({MEMBER: module(signed=b"")})
        change = change_of(made, MEMBER)
        assert change.changes == MachChanges(sign=True, identifier="_x.so")
        assert change.reasons == (
            "is signed again, arm64: there is no signature, and Apple's processors run nothing without one",
        )
        assert slices(bytes(repaired({MEMBER: module(signed=b"")}).by_name[MEMBER].read()))["arm64"].signature.flags

    def test_so_is_what_was_changed_behind_its_signature(self) -> None:
        data = bytearray(module())
        data[data.index(b"\xcc" * 16)] ^= 1
        (reason,) = change_of(planned({MEMBER: bytes(data)}), MEMBER).reasons
        assert reason.startswith("is signed again, arm64: 1 of 1 pages aren't")

    def test_one_slice_of_two(self) -> None:
        both = build.fat(module(signed=b""), module(cpu=X86_64, rpaths=["/opt"]), align=14)
        change = change_of(planned({MEMBER: both}, name=BOTH), MEMBER)
        assert change.changes.sign
        assert set(change.changes.slices) == {"x86_64"}

    @pytest.mark.parametrize(
        "data",
        [
            module(cpu=X86_64),
            module(signed=b"", room=8),  # no command fits in
            mach(filetype=OBJECT, signed=b""),
            module(signed=b"", platform=FOR_SIMULATOR),
        ],
    )
    def test_others_are_not(self, data: bytes) -> None:
        assert not planned({MEMBER: data, "pkg/_y.so": module()})

    def test_a_damaged_one_is_replaced(self) -> None:
        data = mach(signed=build.signature(blobs=[(0x1000, build.blob(0xFADE0C02, b""))]), contents=bytes(16))
        (reason,) = change_of(planned({MEMBER: data}), MEMBER).reasons
        assert reason.startswith("is signed again, arm64: a CodeDirectory is damaged")

    def test_one_that_nothing_can_be_done_about_stays(self) -> None:
        data = module() + b"trailing data"
        assert signature_faults(data)
        assert not planned({MEMBER: data})
        assert not planned({MEMBER: module(signed=b"") + b"trailing data"})


class TestOutOfThePackages:
    SCRIPT = "pkg-1.0.data/scripts/app"

    def test_a_program_among_the_scripts_moves_to_its_libraries(self) -> None:
        program = mach(
            PATH, "@rpath/libown.dylib", filetype=EXECUTE, rpaths=["@loader_path/../lib", "@executable_path"]
        )
        files = {self.SCRIPT: program, "pkg/libown.dylib": mach()}
        made = planned(files, {PATH: FOO})
        change = change_of(made, self.SCRIPT)
        assert change.moved_to == "pkg.scripts/app"
        assert edits(made, self.SCRIPT) == SliceChanges(
            dylibs={
                PATH: f"@loader_path/../pkg/.dylibs/{NEW_FOO}",
                "@rpath/libown.dylib": "@loader_path/../pkg/libown.dylib",
            },
            rpaths=(),
        )
        assert change.reasons[-1] == "moves to pkg.scripts/app, and a script that starts it takes its place"
        assert graft_of(made, PATH).needed_by == ("pkg.scripts/app",)
        assert b"pkg.scripts/app" in repaired(files, {PATH: FOO}).by_name[self.SCRIPT].read()

    def test_one_that_needs_no_graft_stays(self) -> None:
        assert not planned({self.SCRIPT: mach(filetype=EXECUTE)})

    def test_one_that_would_lose_what_lies_beside_it_is_refused(self) -> None:
        program = mach(PATH, "@loader_path/libside.dylib", filetype=EXECUTE)
        files = {self.SCRIPT: program, "pkg-1.0.data/scripts/libside.dylib": mach()}
        with pytest.raises(RequestError, match="no relative path leads to the package"):
            planned(files, {PATH: FOO})

    @pytest.mark.parametrize("folder", ["data/lib", "purelib/pkg", "scripts", "headers/x"])
    def test_others_are_refused(self, folder: str) -> None:
        member = f"pkg-1.0.data/{folder}/x.so"
        with pytest.raises(RequestError, match="no relative path leads to the package") as caught:
            planned({member: module(PATH)}, {PATH: FOO})
        assert caught.value.where.member == member

    def test_a_place_that_is_taken_is_refused(self) -> None:
        files = {self.SCRIPT: mach(PATH, filetype=EXECUTE), "pkg.scripts/app": b""}
        with pytest.raises(RequestError, match="in the wheel already"):
            planned(files, {PATH: FOO})


class TestForIos:
    def test_nothing_is_grafted(self) -> None:
        data = module("@rpath/libfoo.dylib", platform=FOR_IOS)
        with pytest.raises(RequestError, match=r"lacks @rpath/libfoo.dylib, and nothing is grafted for iOS") as caught:
            planned({MEMBER: data}, {"/lib/libfoo.dylib": mach(platform=FOR_IOS)}, name=IOS)
        assert caught.value.where.member == MEMBER
        with pytest.raises(RequestError, match="and 1 more, and nothing is grafted for iOS"):
            planned({MEMBER: module(*(f"@rpath/{x}.dylib" for x in "abcd"), platform=FOR_IOS)}, name=IOS)

    def test_nothing_is_included(self) -> None:
        wanted = wishes(include=("/lib/libfoo.dylib",))
        with pytest.raises(RequestError, match="nothing is grafted for iOS") as caught:
            planned({MEMBER: module(platform=FOR_IOS)}, {"/lib/libfoo.dylib": mach(platform=FOR_IOS)}, wanted, name=IOS)
        assert caught.value.where.member == ""

    def test_python_and_the_system_are_there(self) -> None:
        data = module("@rpath/Python.framework/Python", platform=FOR_IOS)
        assert not planned({MEMBER: data}, name=IOS)

    def test_traces_go(self) -> None:
        made = planned({MEMBER: module(rpaths=["/opt"], platform=FOR_IOS)}, name=IOS)
        assert edits(made, MEMBER).rpaths == ()

    def test_files_for_macos_are_left_alone(self) -> None:
        others = {"pkg/_y.so": module(PATH, rpaths=["/opt"])}
        assert not planned({MEMBER: module(platform=FOR_IOS), **others}, name=IOS)

    @pytest.mark.parametrize(("name", "platform"), [(IOS, MACOS), (MAC, FOR_SIMULATOR), (IOS, FOR_SIMULATOR)])
    def test_files_for_another_platform_than_the_tags_still_need_theirs(self, name: str, platform: int) -> None:
        with pytest.raises(RequestError, match=r"lacks /lib/libfoo\.1\.dylib, and nothing is grafted for iOS"):
            planned({MEMBER: module(PATH, platform=platform)}, name=name)


class TestOrder:
    """A plan doesn't depend on the order in which members, or files outside, come along."""

    FILES: ClassVar = {
        "pkg/a.so": module("@rpath/libfoo.dylib", "/x/libbar.dylib", "@rpath/libcuda.dylib", rpaths=["/opt"]),
        "pkg/b.so": module("/x/libbar.dylib", "@rpath/libfoo.dylib", room=40),
        "pkg/c/d.so": build.fat(module("@rpath/libbar.dylib", rpaths=["/one"]), module(cpu=X86_64), align=14),
        "pkg/e.so": module("/home/libinside.dylib", signed=b""),
        "pkg/libinside.dylib": mach("@rpath/libfoo.dylib", id="/home/libinside.dylib"),
        "pkg-1.0.data/scripts/app": mach("@rpath/libfoo.dylib", filetype=EXECUTE),
    }
    OUTSIDE: ClassVar = {
        "/lib/libfoo.dylib": mach("@rpath/libbar.dylib", "@rpath/libcirc.dylib", id="libfoo.dylib", rpaths=["/two"]),
        "/lib/libcirc.dylib": mach("@rpath/libfoo.dylib", "@rpath/libinside.dylib", id="libcirc.dylib"),
        "/lib/libbar.dylib": mach(id="libbar.1.dylib"),
        "/x/libbar.dylib": mach(id="/x/libbar.dylib"),
        "/p/plug.so": module("@rpath/libcuda.dylib", "@rpath/libfoo.dylib"),
    }

    def plan_of(self, files: Mapping[str, bytes], outside: Mapping[str, bytes]) -> Plan[MachChanges]:
        wanted = wishes(exclude=("libcuda*", "libnope.so"), include=("plug.so",))
        examination = examined({**files, "pkg/__init__.py": b""}, MAC, exclude=wanted.exclude.globs)
        images = dict(sorted(examination.images.items(), key=lambda item: list(files).index(item[0])))
        return plan_macho(replace(examination, images=images), Disk(outside), wanted)

    @given(st.permutations(list(FILES)), st.permutations(list(OUTSIDE)))
    def test_shuffled(self, files: list[str], outside: list[str]) -> None:
        expected = self.plan_of(self.FILES, self.OUTSIDE)
        assert len(expected.grafts) == 5
        shuffled = {path: self.FILES[path] for path in files}, {path: self.OUTSIDE[path] for path in outside}
        assert self.plan_of(*shuffled) == expected

    def test_a_repaired_wheel_stays_as_it_is(self) -> None:
        wanted = wishes(exclude=("libcuda*",), include=("plug.so",))
        wheel = repaired(self.FILES, self.OUTSIDE, wanted)
        files = {entry.name: bytes(entry.read()) for entry in wheel if ".dist-info" not in entry.name}
        again = planned(files, self.OUTSIDE, wanted)
        assert not again
        assert again.findings == ()

"""The plan of a repair: names, run paths and edits, all of them values that nothing but the wheel decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.binary.fixtures import EM_AARCH64, Recipe
from tests.ops.fakes import (
    EXEC_STACK,
    LINUX,
    LOW,
    PIE,
    PLAIN_STACK,
    RELR,
    Disk,
    android,
    calling,
    examined,
    lib,
    musl,
    planned,
    program,
    the_change,
    the_graft,
    versions,
    wishes,
)
from truewheel import rules
from truewheel.binary.elf_edit import ElfChanges, RunPath
from truewheel.errors import RequestError
from truewheel.ops.elf_planner import plan_elf
from truewheel.ops.fates import sha256_of
from truewheel.ops.grafted_names import grafted_name
from truewheel.ops.plan import Plan
from truewheel.ops.wishes import Wishes

MEMBER = "pkg/_x.so"
FOO = lib(soname="libfoo.so.1")
TO_LIBS = "$ORIGIN/../pkg.libs"
ANDROID = "pkg-1.0-cp313-cp313-android_24_arm64_v8a.whl"
MUSL = "pkg-1.0-cp312-cp312-musllinux_1_2_x86_64.whl"


def name_of(soname: str, data: bytes) -> str:
    """The name of a graft with 8 digits of its hash."""
    return grafted_name(soname, sha256_of(Disk({"x": data})["x"]))


NEW_FOO = name_of("libfoo.so.1", FOO)


class TestNothingToDo:
    @pytest.mark.parametrize(
        "files",
        [
            {"pkg/__init__.py": b""},
            {MEMBER: lib()},
            {MEMBER: lib("libz.so.1", "libm.so.6", like=Recipe(segments=(PLAIN_STACK,)))},
            {MEMBER: lib("libfoo.so", like=Recipe(rpath="$ORIGIN")), "pkg/libfoo.so": lib()},
            {"pkg/x.o": lib("libfoo.so", like=Recipe(type=1))},
            {MEMBER: lib(glibc=None, like=Recipe(interpreter="/lib64/ld-linux-x86-64.so.2"))},
            {MEMBER: lib(like=Recipe(symbols=calling("dlopen")))},
            {MEMBER: lib(like=Recipe(needs=(versions("libghost.so", "GHOST_1"),)))},
        ],
    )
    def test_the_plan_is_empty_and_false(self, files: Mapping[str, bytes]) -> None:
        made = planned(files)
        assert not made
        assert (made.grafts, made.changes, made.excluded, made.findings) == ((), (), (), ())

    def test_what_the_platform_brings_is_told(self) -> None:
        made = planned({MEMBER: lib("libz.so.1"), "pkg/_y.so": lib()})
        assert made.promised == (("libc.so.6", (MEMBER, "pkg/_y.so")), ("libz.so.1", (MEMBER,)))


class TestAGraft:
    def test_it_gets_a_name_and_whoever_needs_it_a_way(self) -> None:
        made = planned({MEMBER: lib("libfoo.so.1")}, {"/lib/libfoo.so.1": FOO})
        graft = the_graft(made, "libfoo.so.1")
        assert graft.member == f"pkg.libs/{NEW_FOO}"
        assert (graft.file.path, graft.size, graft.needed_by) == ("/lib/libfoo.so.1", len(FOO), (MEMBER,))
        assert graft.changes == ElfChanges(soname=NEW_FOO)
        change = the_change(made, MEMBER)
        assert change.changes == ElfChanges(needed={"libfoo.so.1": NEW_FOO}, run_path=RunPath((TO_LIBS,)))
        assert change.reasons == (f"needs {NEW_FOO} instead of libfoo.so.1", f"searches {TO_LIBS}")
        assert bool(made)

    @pytest.mark.parametrize(
        ("member", "entry"),
        [
            ("_x.so", "$ORIGIN/pkg.libs"),
            ("pkg/a/b/_x.so", "$ORIGIN/../../../pkg.libs"),
            ("pkg-1.0.data/platlib/pkg/_x.so", TO_LIBS),
            ("pkg-1.0.data/platlib/_x.so", "$ORIGIN/pkg.libs"),
            ("pkg.libs/x.so", "$ORIGIN"),
        ],
    )
    def test_the_way_is_that_of_the_installed_files(self, member: str, entry: str) -> None:
        made = planned({member: lib("libfoo.so.1")}, {"/lib/libfoo.so.1": FOO})
        assert the_change(made, member).changes.run_path == RunPath((entry,))

    def test_the_folder_is_called_like_the_wheel_and_as_asked(self) -> None:
        name = LINUX.replace("pkg-", "My_Pkg-")
        made = planned({MEMBER: lib("libfoo.so.1")}, {"/lib/libfoo.so.1": FOO}, Wishes(folder=".dylibs"), name=name)
        assert the_graft(made, "libfoo.so.1").member == f"My_Pkg.dylibs/{NEW_FOO}"
        assert the_change(made, MEMBER).changes.run_path == RunPath(("$ORIGIN/../My_Pkg.dylibs",))

    def test_its_name_comes_of_its_own_name_else_of_the_one_it_was_asked_for_by(self) -> None:
        other, nameless = lib(soname="libother.so.7"), lib()
        made = planned({MEMBER: lib("liba.so", "libb.so")}, {"/lib/liba.so": other, "/lib/libb.so": nameless})
        assert the_graft(made, "liba.so").member == f"pkg.libs/{name_of('libother.so.7', other)}"
        new = name_of("libb.so", nameless)
        assert the_graft(made, "libb.so").member == f"pkg.libs/{new}"
        assert the_graft(made, "libb.so").changes.soname == new

    def test_grafts_of_grafts_find_each_other_beside_them(self) -> None:
        outside = {"/lib/libfoo.so": lib("libbar.so", like=Recipe(rpath="/opt:$ORIGIN/x")), "/lib/libbar.so": lib()}
        made = planned({MEMBER: lib("libfoo.so")}, outside)
        bar, foo = the_graft(made, "libbar.so"), the_graft(made, "libfoo.so")
        assert bar.needed_by == (foo.member,)
        new = bar.member.removeprefix("pkg.libs/")
        assert dict(foo.changes.needed) == {"libbar.so": new}
        assert foo.changes.run_path == RunPath(("$ORIGIN",))
        assert bar.changes.run_path is None
        assert dict(the_change(made, MEMBER).changes.needed) == {"libfoo.so": foo.member.removeprefix("pkg.libs/")}

    @pytest.mark.parametrize("like", [Recipe(rpath="/opt/lib:$ORIGIN"), Recipe(runpath="")])
    def test_nothing_of_the_place_where_it_was_found_stays_in_it(self, like: Recipe) -> None:
        made = planned({MEMBER: lib("libfoo.so")}, {"/lib/libfoo.so": lib(like=like)})
        assert the_graft(made, "libfoo.so").changes.run_path == RunPath(())

    def test_one_that_needs_a_member_finds_it(self) -> None:
        files = {MEMBER: lib("libfoo.so"), "pkg/core/libcore.so.2": lib(soname="libcore.so.2")}
        made = planned(files, {"/lib/libfoo.so": lib("libcore.so.2")})
        graft = the_graft(made, "libfoo.so")
        assert graft.changes.run_path == RunPath(("$ORIGIN/../pkg/core",))
        assert not graft.changes.needed
        assert [change.member for change in made.changes] == [MEMBER]

    def test_versions_that_are_asked_of_it_follow_its_name(self) -> None:
        # libm's user takes a version from a library that somebody else has linked.
        indirect = lib("libuser.so", like=Recipe(needs=(versions("libfoo.so.1", "FOO_1"),)))
        outside = {"/lib/libuser.so": lib("libfoo.so.1"), "/lib/libfoo.so.1": FOO}
        made = planned({MEMBER: indirect}, outside)
        assert the_change(made, MEMBER).changes.needed["libfoo.so.1"] == NEW_FOO

    def test_versions_that_are_asked_of_the_wheels_own_do_not(self) -> None:
        own = lib("libfoo.so.1", like=Recipe(rpath="$ORIGIN/own", needs=(versions("libfoo.so.1", "FOO_1"),)))
        files = {"a/x.so": own, "a/own/libfoo.so.1": lib(soname="libfoo.so.1")}
        outside = {"/lib/libbar.so": lib("libqux.so"), "/lib/libqux.so": FOO}
        made = planned({**files, "b/y.so": lib("libbar.so")}, outside)
        assert the_graft(made, "libqux.so").member == f"pkg.libs/{NEW_FOO}"
        assert [change.member for change in made.changes] == ["b/y.so"]

    def test_whatever_is_told_is_in_order(self) -> None:
        members = [f"pkg/{number}.so" for number in range(9)]
        made = planned(
            {member: lib("libfoo.so.1", "libbar.so", "libz.so.1") for member in reversed(members)},
            {"/lib/libfoo.so.1": FOO, "/lib/libbar.so": lib("libz.so.1", soname="libbar.so")},
        )
        bar, foo = made.grafts
        assert (bar.needed_by, foo.needed_by) == (tuple(members), tuple(members))
        assert dict(made.promised)["libz.so.1"] == (bar.member, *members)
        words = [reason.rpartition(" of ")[2] for reason in made.changes[0].reasons[:2]]
        assert words == sorted(words)
        new, old = "libpython3.9.so.1.0", "libpython3.10.so.1.0"
        told = the_change(planned({MEMBER: lib(new, old)}), MEMBER).reasons
        assert [old in told[0], new in told[1]] == [True, True]

    def test_two_of_one_name_in_different_folders_are_two(self) -> None:
        one, two = lib(soname="libfoo.so"), lib("libm.so.6", soname="libfoo.so")
        files = {"pkg/a.so": lib("libfoo.so", like=Recipe(rpath="/one")), "pkg/b.so": lib("libfoo.so")}
        made = planned(files, Disk({"/one/libfoo.so": one, "/lib/libfoo.so": two}))
        assert {graft.file.path: graft.needed_by for graft in made.grafts} == {
            "/one/libfoo.so": ("pkg/a.so",),
            "/lib/libfoo.so": ("pkg/b.so",),
        }
        names = {graft.member.removeprefix("pkg.libs/") for graft in made.grafts}
        assert names == {name_of("libfoo.so", one), name_of("libfoo.so", two)}
        assert the_change(made, "pkg/a.so").changes.needed == {"libfoo.so": name_of("libfoo.so", one)}
        assert the_change(made, "pkg/a.so").changes.run_path == RunPath((TO_LIBS,))

    def test_one_file_under_two_paths_comes_once(self) -> None:
        files = {"pkg/a.so": lib("libfoo.so.1", like=Recipe(rpath="/one")), "pkg/b.so": lib("libfoo.so.1")}
        (graft,) = planned(files, Disk({"/one/libfoo.so.1": FOO, "/lib/libfoo.so.1": FOO})).grafts
        assert (graft.file.path, graft.needed_by) == ("/lib/libfoo.so.1", ("pkg/a.so", "pkg/b.so"))

    def test_grafts_and_changes_are_sorted(self) -> None:
        files = {f"pkg/{name}.so": lib(f"lib{name}.so") for name in "zmakb"}
        made = planned(files, {f"/lib/lib{name}.so": lib(soname=f"lib{name}.so") for name in "zmakb"})
        assert [graft.library for graft in made.grafts] == [f"lib{name}.so" for name in "abkmz"]
        assert [change.member for change in made.changes] == [f"pkg/{name}.so" for name in "abkmz"]

    def test_a_name_that_is_taken_by_another_file_is_refused(self) -> None:
        files = {MEMBER: lib("libfoo.so.1"), f"pkg.libs/{NEW_FOO}": b"text"}
        with pytest.raises(RequestError, match=f"there is a pkg.libs/{NEW_FOO} in the wheel already"):
            planned(files, {"/lib/libfoo.so.1": FOO})

    @pytest.mark.parametrize("other", ["pkg.libs", "PKG.LIBS", f"Pkg.libs/{NEW_FOO}"])
    def test_so_is_one_that_another_file_stands_in_the_way_of(self, other: str) -> None:
        with pytest.raises(RequestError, match="can't be a new member: "):
            planned({MEMBER: lib("libfoo.so.1"), other: b"text"}, {"/lib/libfoo.so.1": FOO})

    @pytest.mark.parametrize("folder", ["/../x", ":x", ".", "\n", " "])
    def test_so_is_a_folder_that_no_wheel_may_hold(self, folder: str) -> None:
        with pytest.raises(RequestError, match="can't be a new member: "):
            planned({MEMBER: lib("libfoo.so.1")}, {"/lib/libfoo.so.1": FOO}, Wishes(folder=folder))

    def test_a_ceiling_decides_what_is_carried(self) -> None:
        outside = {"/lib/libexpat.so.1": lib(soname="libexpat.so.1")}
        made = planned({MEMBER: lib("libexpat.so.1")}, outside, wishes(ceiling=LOW))
        assert [graft.library for graft in made.grafts] == ["libexpat.so.1"]
        assert not planned({MEMBER: lib("libexpat.so.1")}, outside)

    def test_a_driver_is_worth_knowing(self) -> None:
        outside = {"/lib/libcuda.so.1": lib(soname="libcuda.so.1")}
        made = planned({MEMBER: lib("libcuda.so.1")}, outside)
        (finding,) = made.findings
        assert (finding.rule, finding.member) == (rules.LIB_DRIVER, made.grafts[0].member)
        assert finding.message.startswith("libcuda.so.1 is grafted")
        assert not planned({MEMBER: lib("libcuda.so.1")}, outside, wishes(exclude=("libcuda.so.1",))).findings


class TestExclusion:
    FILES: ClassVar = {MEMBER: lib("libcuda.so.1", "libfoo.so.1", like=Recipe(rpath="$ORIGIN/../../../../lib:/opt"))}
    OUTSIDE: ClassVar = {"/lib/libfoo.so.1": FOO, "/opt/libcuda.so.1": lib("libmore.so"), "/opt/libmore.so": lib()}

    @pytest.mark.parametrize("glob", ["libcuda.so.1", "libcuda*", "/opt/*"])
    def test_what_is_left_to_others(self, glob: str) -> None:
        made = planned(self.FILES, self.OUTSIDE, wishes(exclude=(glob,)))
        assert made.excluded == (("libcuda.so.1", (MEMBER,)),)
        assert [graft.library for graft in made.grafts] == ["libfoo.so.1"]
        assert made.findings == ()
        # What leads out of the wheel may be the way to the others.
        assert the_change(made, MEMBER).changes.run_path == RunPath(("$ORIGIN/../../../../lib", TO_LIBS))
        assert list(the_change(made, MEMBER).changes.needed) == ["libfoo.so.1"]

    def test_it_is_the_same_whatever_is_found(self) -> None:
        by_name = wishes(exclude=("libcuda.so.1",))
        without = {"/lib/libfoo.so.1": FOO}
        assert planned(self.FILES, self.OUTSIDE, by_name) == planned(self.FILES, without, by_name)

    @pytest.mark.parametrize(
        ("glob", "suggestion"),
        [("libcuda.so", "; did you mean libcuda.so.1?"), ("libCuda*", "; did you mean libcuda.so.1?"), ("torch", "")],
    )
    def test_one_that_excludes_nothing_is_worth_knowing(self, glob: str, suggestion: str) -> None:
        made = planned(self.FILES, self.OUTSIDE, wishes(exclude=("/opt/*", glob)))
        (finding,) = made.findings
        assert finding.rule is rules.LIB_EXCLUDE_IDLE
        assert finding.message == f"--exclude {glob} matches no library that is needed{suggestion}"

    def test_the_paths_of_members_are_none_where_something_was_found(self) -> None:
        files = {MEMBER: lib("libown.so", like=Recipe(rpath="$ORIGIN")), "pkg/libown.so": lib()}
        (finding,) = planned(files, {}, wishes(exclude=("pkg/*",))).findings
        assert finding.rule is rules.LIB_EXCLUDE_IDLE

    @pytest.mark.parametrize("glob", ["libfoo.so.1", "libz.so.1", "libpython3.*"])
    def test_one_that_matches_something_is_not_idle(self, glob: str) -> None:
        files = {MEMBER: lib("libfoo.so.1", "libz.so.1", "libpython3.12.so.1.0")}
        assert planned(files, {"/lib/libfoo.so.1": FOO}, wishes(exclude=(glob,))).findings == ()


class TestInclusion:
    PLUGIN = lib("libdep.so", soname="libplug.so.1")
    OUTSIDE: ClassVar = {"/opt/libplug.so.1": PLUGIN, "/lib/libdep.so": lib(soname="libdep.so"), "/lib/libz.so.1": FOO}
    OPENER = lib(like=Recipe(symbols=calling("dlopen")))

    @pytest.mark.parametrize("glob", ["/opt/libplug.so.1", "libplug.so.1", "libplug*"])
    def test_a_plugin_keeps_its_name_and_who_opens_it_finds_it(self, glob: str) -> None:
        files = {MEMBER: self.OPENER, "pkg/_y.so": lib()}
        made = planned(files, self.OUTSIDE, wishes(include=(glob,)))
        graft = the_graft(made, "libplug.so.1")
        assert (graft.member, graft.needed_by) == ("pkg.libs/libplug.so.1", ())
        dep = the_graft(made, "libdep.so")
        assert dep.needed_by == (graft.member,)
        new = dep.member.removeprefix("pkg.libs/")
        assert graft.changes == ElfChanges(
            needed={"libdep.so": new}, soname="libplug.so.1", run_path=RunPath(("$ORIGIN",))
        )
        (change,) = made.changes
        assert (change.member, change.changes) == (MEMBER, ElfChanges(run_path=RunPath((TO_LIBS,))))

    def test_a_plugin_without_a_name_gets_none(self) -> None:
        made = planned({MEMBER: self.OPENER}, {"/opt/plug.so": lib()}, wishes(include=("plug.so",)))
        assert the_graft(made, "plug.so").member == "pkg.libs/plug.so"
        assert not the_graft(made, "plug.so").changes

    def test_plugins_may_open_plugins(self) -> None:
        outside = {"/a/p.so": self.OPENER, "/a/q.so": lib(like=Recipe(symbols=calling("dlmopen")))}
        made = planned({MEMBER: lib()}, outside, wishes(include=("/a/*",)))
        assert [graft.changes.run_path for graft in made.grafts] == [RunPath(("$ORIGIN",))] * 2
        assert not made.changes

    def test_a_plugin_may_be_needed_by_another(self) -> None:
        outside = {"/lib/a.so": lib("b.so"), "/lib/b.so": lib()}
        made = planned({MEMBER: lib()}, outside, wishes(include=("a.so", "b.so")))
        a, b = made.grafts
        assert (a.member, b.member, b.needed_by) == ("pkg.libs/a.so", "pkg.libs/b.so", ("pkg.libs/a.so",))
        assert a.changes == ElfChanges(run_path=RunPath(("$ORIGIN",)))

    def test_what_the_platform_promises_is_carried_under_a_new_name(self) -> None:
        zlib = lib(soname="libz.so.1")
        made = planned({MEMBER: lib("libz.so.1")}, {"/lib/libz.so.1": zlib}, wishes(include=("libz.so.1",)))
        assert the_graft(made, "libz.so.1").member == f"pkg.libs/{name_of('libz.so.1', zlib)}"
        assert ("libz.so.1", (MEMBER,)) not in made.promised

    def test_two_different_files_of_one_name_are_refused(self) -> None:
        outside = {"/a/plug.so": lib(), "/b/plug.so": lib("libm.so.6")}
        with pytest.raises(RequestError, match=r"pkg\.libs/plug\.so"):
            planned({MEMBER: lib()}, outside, wishes(include=("plug.so",)))
        same = {"/a/plug.so": lib(), "/b/plug.so": lib()}
        assert len(planned({MEMBER: lib()}, same, wishes(include=("plug.so",))).grafts) == 1

    @pytest.mark.parametrize("soname", ["../../evil.so", "/etc/evil.so", "a/evil.so"])
    def test_a_name_with_folders_in_it_stays_in_the_folder_of_grafts(self, soname: str) -> None:
        made = planned({MEMBER: lib()}, {"/lib/plug.so": lib(soname=soname)}, wishes(include=("plug.so",)))
        (graft,) = made.grafts
        assert graft.member == "pkg.libs/evil.so"

    @pytest.mark.parametrize("soname", ["..", ".", "x/.."])
    def test_a_name_that_is_a_folder_is_none(self, soname: str) -> None:
        made = planned({MEMBER: lib()}, {"/lib/plug.so": lib(soname=soname)}, wishes(include=("plug.so",)))
        (graft,) = made.grafts
        assert graft.member == "pkg.libs/plug.so"

    @pytest.mark.parametrize(
        ("name", "words"),
        [("a:b.so", "colon"), ("a\nb.so", "invisible"), ("con.so", "device"), ("a\udcff.so", "not UTF-8")],
    )
    def test_a_name_that_no_wheel_may_hold_is_refused(self, name: str, words: str) -> None:
        with pytest.raises(RequestError, match=f"can't be a new member: .*{words}"):
            planned({MEMBER: lib()}, {"/lib/plug.so": lib(soname=name)}, wishes(include=("plug.so",)))

    def test_what_means_nothing_is_an_error(self) -> None:
        with pytest.raises(RequestError, match=r"--include libnope\.so means no library"):
            planned({MEMBER: lib()}, self.OUTSIDE, wishes(include=("libnope.so",)))


class TestTheInterpretersLibrary:
    NAME = "libpython3.12.so.1.0"

    def test_an_extension_does_without(self) -> None:
        made = planned({MEMBER: lib(self.NAME)}, {f"/lib/{self.NAME}": lib()})
        assert not made.grafts
        change = the_change(made, MEMBER)
        assert change.changes == ElfChanges(drop_needed=frozenset({self.NAME}))
        assert change.reasons == (f"no longer needs {self.NAME}, which the interpreter has loaded",)

    def test_a_graft_does_without(self) -> None:
        made = planned({MEMBER: lib("libboost.so")}, {"/lib/libboost.so": lib(self.NAME)})
        assert the_graft(made, "libboost.so").changes.drop_needed == {self.NAME}

    def test_who_finds_it_in_the_wheel_keeps_it(self) -> None:
        files = {MEMBER: lib(self.NAME, like=Recipe(rpath="$ORIGIN")), f"pkg/{self.NAME}": lib()}
        assert not planned(files)
        by_chance = {MEMBER: lib(self.NAME), f"pkg/lib/{self.NAME}": lib()}
        assert the_change(planned(by_chance), MEMBER).changes.drop_needed == {self.NAME}

    def test_a_program_does_not(self) -> None:
        assert not planned({"pkg/app": program(self.NAME)})

    def test_who_asks_a_version_of_it_does_not(self) -> None:
        assert not planned({MEMBER: lib(self.NAME, like=Recipe(needs=(versions(self.NAME, "PY_1"),)))})

    def test_on_android_nobody_does(self) -> None:
        assert not planned({MEMBER: android("libpython3.13.so")}, name=ANDROID)


class TestNotFound:
    def test_one_error_names_everything_that_is_missing(self) -> None:
        files = {
            MEMBER: lib("libfoo.so", "libbar.so"),
            "pkg/_y.so": lib("libfoo.so"),
            "pkg/_z.so": lib("libfoo.so", "libok.so"),
        }
        disk = Disk({"/a/libfoo.so": b"text", "/lib/libok.so": lib("libdeep.so")}, folders=("/a", "/lib"))
        with pytest.raises(RequestError) as caught:
            planned(files, disk)
        error = caught.value
        assert error.what == (
            f"not found in /a or /lib: libbar.so, which {MEMBER} needs; libdeep.so, which /lib/libok.so needs; "
            f"libfoo.so, which {MEMBER} and 2 more need (/a/libfoo.so is no ELF file)"
        )
        assert error.where.member == MEMBER
        assert "-L DIR" in error.hint
        assert "--host-libs" in error.hint
        assert "--exclude 'libbar.so'" in error.hint

    def test_no_place_to_look(self) -> None:
        with pytest.raises(RequestError, match=rf"^{MEMBER}: not found, for no place to look was named: libfoo\.so,"):
            planned({MEMBER: lib("libfoo.so")})

    def test_a_file_from_outside_is_no_member(self) -> None:
        with pytest.raises(RequestError) as caught:
            planned({MEMBER: lib("libfoo.so")}, {"/lib/libfoo.so": lib("libbar.so")})
        assert caught.value.where.member == ""

    def test_a_part_of_glibc(self) -> None:
        with pytest.raises(RequestError, match=r"libnss_files\.so\.2, which .* needs \(it is a part of glibc"):
            planned({MEMBER: lib("libnss_files.so.2")}, {"/lib/libnss_files.so.2": lib()})


class TestRunPathsOfMembers:
    @pytest.mark.parametrize(
        ("like", "after", "told"),
        [
            (Recipe(rpath="/opt/build"), RunPath(()), "no longer searches /opt/build"),
            (Recipe(runpath="/opt/build"), RunPath((), runpath=True), "no longer searches /opt/build"),
            (Recipe(rpath="$ORIGIN:/opt"), RunPath(("$ORIGIN",)), "searches $ORIGIN; no longer searches /opt"),
            (Recipe(rpath=":."), RunPath(()), "no longer searches the current directory, ."),
            (Recipe(rpath="$ORIGIN/../../x"), RunPath(()), "no longer searches $ORIGIN/../../x"),
            (
                Recipe(rpath="/a", runpath="$ORIGIN"),
                RunPath(("$ORIGIN",), runpath=True),
                "searches $ORIGIN; no longer searches /a",
            ),
        ],
    )
    def test_what_leads_nowhere_goes_though_nothing_is_grafted(self, like: Recipe, after: RunPath, told: str) -> None:
        change = the_change(planned({MEMBER: lib(like=like)}), MEMBER)
        assert change.changes == ElfChanges(run_path=after)
        assert "; ".join(change.reasons) == told

    @pytest.mark.parametrize("path", ["/usr/lib64", "$ORIGIN", "$ORIGIN/../other.libs", ""])
    def test_what_does_no_harm_stays(self, path: str) -> None:
        made = planned({MEMBER: lib(like=Recipe(rpath=path or None))})
        assert not made

    def test_android_gets_a_runpath(self) -> None:
        outside = {"/lib/libfoo.so": android("libbar.so"), "/lib/libbar.so": android()}
        made = planned({MEMBER: android("libfoo.so")}, outside, name=ANDROID)
        assert the_change(made, MEMBER).changes.run_path == RunPath((TO_LIBS,), runpath=True)
        assert the_graft(made, "libfoo.so").changes.run_path == RunPath(("$ORIGIN",), runpath=True)


class TestTheWheelsOwn:
    """Members that are needed and not led to, which packages load beforehand, or simply forgot."""

    def test_a_way_is_added(self) -> None:
        files = {MEMBER: lib("libown.so", like=Recipe(rpath="$ORIGIN")), "pkg/lib/libown.so": lib()}
        (change,) = planned(files).changes
        assert (change.member, change.changes) == (MEMBER, ElfChanges(run_path=RunPath(("$ORIGIN", "$ORIGIN/lib"))))

    @pytest.mark.parametrize(
        "others",
        [
            {"pkg/a/libown.so": lib(), "pkg/b/libown.so": lib()},  # whose choice is the package's
            {"pkg-1.0.data/data/lib/libown.so": lib()},
            {"pkg-1.0.data/purelib/pkg/libown.so": lib()},
        ],
    )
    def test_none_leads_to_several_or_to_nowhere(self, others: Mapping[str, bytes]) -> None:
        assert not planned({MEMBER: lib("libown.so"), **others})

    @pytest.mark.parametrize("folder", ["data/bin", "purelib/pkg", "scripts"])
    def test_none_leads_from_nowhere(self, folder: str) -> None:
        assert not planned({f"pkg-1.0.data/{folder}/x.so": lib("libown.so"), "pkg/libown.so": lib()})

    def test_the_platforms_own_needs_none(self) -> None:
        assert not planned({MEMBER: lib("libz.so.1"), "pkg/lib/libz.so.1": lib()})

    def test_a_program_that_moves_finds_them_from_there(self) -> None:
        files = {"pkg-1.0.data/scripts/app": program("libown.so", "libfoo.so.1"), "pkg/libown.so": lib()}
        (change,) = planned(files, {"/lib/libfoo.so.1": FOO}).changes
        assert change.changes.run_path == RunPath(("$ORIGIN/../pkg", TO_LIBS))


class TestOutOfThePackages:
    FILES: ClassVar = {"pkg-1.0.data/scripts/app": program("libfoo.so.1", like=Recipe(rpath="$ORIGIN/../lib:/opt"))}
    OUTSIDE: ClassVar = {"/lib/libfoo.so.1": FOO}

    def test_a_program_among_the_scripts_moves_to_its_libraries(self) -> None:
        made = planned(self.FILES, self.OUTSIDE)
        change = the_change(made, "pkg-1.0.data/scripts/app")
        assert change.moved_to == "pkg.scripts/app"
        assert change.changes.run_path == RunPath((TO_LIBS,))
        assert change.reasons[-1] == "moves to pkg.scripts/app, and a script that starts it takes its place"
        assert the_graft(made, "libfoo.so.1").needed_by == ("pkg.scripts/app",)

    def test_one_that_needs_no_graft_stays(self) -> None:
        assert not planned({"pkg-1.0.data/scripts/app": program("libz.so.1")}, self.OUTSIDE)

    @pytest.mark.parametrize("folder", ["data/lib", "data/bin", "purelib/pkg", "headers/x"])
    def test_others_are_refused(self, folder: str) -> None:
        member = f"pkg-1.0.data/{folder}/x.so"
        with pytest.raises(RequestError, match="installed where no relative path leads to the package") as caught:
            planned({member: lib("libfoo.so.1")}, self.OUTSIDE)
        assert caught.value.where.member == member
        assert "statically" in caught.value.hint

    def test_a_library_among_the_scripts_is_no_program(self) -> None:
        with pytest.raises(RequestError, match="installed where no relative path leads to the package"):
            planned({"pkg-1.0.data/scripts/x.so": lib("libfoo.so.1")}, self.OUTSIDE)

    @pytest.mark.parametrize("folder", ["data/lib", "purelib/pkg", "scripts"])
    def test_those_that_need_nothing_are_left_alone(self, folder: str) -> None:
        assert not planned({f"pkg-1.0.data/{folder}/x.so": lib("libz.so.1")})

    def test_a_place_that_is_taken_is_refused(self) -> None:
        with pytest.raises(RequestError, match=r"there is a pkg\.scripts/app in the wheel already"):
            planned({**self.FILES, "pkg.scripts/app": b"#!/bin/sh\n"}, self.OUTSIDE)


class TestTheStack:
    def test_a_library_loses_the_execute_bit(self) -> None:
        change = the_change(planned({MEMBER: lib(like=Recipe(segments=(EXEC_STACK,)))}), MEMBER)
        assert change.changes == ElfChanges(clear_exec_stack=True)
        assert change.reasons == ("its stack is no longer executable",)

    def test_a_graft_too(self) -> None:
        outside = {"/lib/libfoo.so": lib(like=Recipe(segments=(EXEC_STACK,)))}
        assert the_graft(planned({MEMBER: lib("libfoo.so")}, outside), "libfoo.so").changes.clear_exec_stack

    @pytest.mark.parametrize(
        "data",
        [
            program(like=Recipe(segments=(EXEC_STACK,))),
            lib(like=Recipe(segments=(EXEC_STACK,), type=2)),
            lib(like=Recipe(segments=(EXEC_STACK,), tags=(PIE,))),
            lib(like=Recipe(segments=(PLAIN_STACK,))),
            lib(),
        ],
    )
    def test_programs_and_others_keep_theirs(self, data: bytes) -> None:
        assert not planned({MEMBER: data})

    def test_it_stays_where_that_is_wished(self) -> None:
        outside = {"/lib/libfoo.so": lib(like=Recipe(segments=(EXEC_STACK,)))}
        files = {MEMBER: lib("libfoo.so", like=Recipe(segments=(EXEC_STACK,)))}
        made = planned(files, outside, Wishes(keep_exec_stack=True))
        assert not the_graft(made, "libfoo.so").changes.clear_exec_stack
        assert not the_change(made, MEMBER).changes.clear_exec_stack


class TestRelativeRelocations:
    PACKED = Recipe(tags=RELR)
    MARKED = Recipe(tags=RELR, needs=(versions("libc.so.6", "GLIBC_ABI_DT_RELR"),))

    @pytest.mark.parametrize(
        ("data", "name", "wish", "expands"),
        [
            (musl(like=PACKED), MUSL, None, True),
            (musl(like=PACKED), MUSL, True, True),
            (musl(like=PACKED), MUSL, False, False),
            (musl(), MUSL, True, False),
            (lib(like=PACKED), LINUX, None, False),
            (lib(like=PACKED), LINUX, True, True),
            (lib(like=PACKED), LINUX, False, False),
            (lib(like=MARKED), LINUX, True, False),
            (android(like=PACKED), ANDROID, None, False),
            (android(like=PACKED), ANDROID, True, False),
            # What needs no C library is loaded by either loader.
            (lib(glibc=None, like=PACKED), LINUX, None, True),
            (lib(glibc=None, like=PACKED), LINUX, False, False),
            # A static program relocates itself.
            (lib(glibc=None, like=replace(PACKED, tags=(*RELR, PIE))), MUSL, True, False),
        ],
    )
    def test_they_are_written_out_where_that_helps(
        self, data: bytes, name: str, *, wish: bool | None, expands: bool
    ) -> None:
        made = planned({MEMBER: data}, wanted=Wishes(expand_relr=wish), name=name)
        assert [change.changes for change in made.changes] == [ElfChanges(expand_relr=True)] * expands
        if expands:
            assert "DT_RELR" in the_change(made, MEMBER).reasons[0]

    def test_grafts_are_no_exception(self) -> None:
        made = planned({MEMBER: musl("libfoo.so")}, {"/lib/libfoo.so": musl(like=self.PACKED)}, name=MUSL)
        assert the_graft(made, "libfoo.so").changes.expand_relr

    def test_a_member_without_a_face_is_judged_like_the_others(self) -> None:
        files = {MEMBER: musl(), "pkg/plain.so": lib(glibc=None, like=self.PACKED)}
        assert the_change(planned(files, name=MUSL), "pkg/plain.so").changes.expand_relr


class TestOrder:
    """A plan doesn't depend on the order in which members, or files outside, come along."""

    FILES: ClassVar = {
        "pkg/a.so": lib("libfoo.so", "libbar.so.1", "libcuda.so.1"),
        "pkg/b.so": lib("libbar.so", "libfoo.so", like=Recipe(rpath="/opt/x:$ORIGIN")),
        "pkg/c/d.so": lib("libbar.so.1", "libpython3.12.so.1.0", like=Recipe(rpath="/one")),
        "pkg/e.so": lib("libinside.so", like=Recipe(segments=(EXEC_STACK,))),
        "pkg/libinside.so": lib("libfoo.so"),
        "pkg-1.0.data/scripts/app": program("libfoo.so"),
    }
    OUTSIDE: ClassVar = {
        "/lib/libfoo.so": lib("libbar.so.1", "libcirc.so", soname="libfoo.so"),
        "/lib/libcirc.so": lib("libfoo.so", "libinside.so"),
        "/lib/libbar.so": lib(soname="libbar.so.1"),
        "/lib/libbar.so.1": lib(soname="libbar.so.1"),
        "/one/libbar.so.1": lib("libm.so.6", soname="libbar.so.1"),
        "/p/plug.so": lib("libcuda.so.1", "libbar.so.1"),
    }

    def plan_of(self, files: Mapping[str, bytes], outside: Mapping[str, bytes]) -> Plan[ElfChanges]:
        wanted = wishes(exclude=("libcuda*", "libnope.so"), include=("plug.so",))
        examination = examined(files, LINUX, exclude=wanted.exclude.globs)
        images = dict(sorted(examination.images.items(), key=lambda item: list(files).index(item[0])))
        return plan_elf(replace(examination, images=images), Disk(outside), wanted)

    @given(st.permutations(list(FILES)), st.permutations(list(OUTSIDE)))
    def test_shuffled(self, files: list[str], outside: list[str]) -> None:
        expected = self.plan_of(self.FILES, self.OUTSIDE)
        assert len(expected.grafts) == 5
        shuffled = {path: self.FILES[path] for path in files}, {path: self.OUTSIDE[path] for path in outside}
        assert self.plan_of(*shuffled) == expected

    def test_nothing_remembers_what_was_planned_before(self) -> None:
        made = [self.plan_of(self.FILES, self.OUTSIDE) for _ in range(2)]
        assert made[0] == made[1]


def test_files_for_several_processors_each_get_their_own() -> None:
    other = Recipe(machine=EM_AARCH64)
    files = {"pkg/a.so": lib("libfoo.so"), "pkg/b.so": lib("libfoo.so", like=other)}
    disk = Disk({"/a/libfoo.so": lib(), "/b/libfoo.so": lib(like=other)}, folders=("/a", "/b"))
    made = planned(files, disk, name="pkg-1.0-cp312-cp312-linux_aarch64.linux_x86_64.whl")
    assert {graft.file.path: graft.needed_by for graft in made.grafts} == {
        "/a/libfoo.so": ("pkg/a.so",),
        "/b/libfoo.so": ("pkg/b.so",),
    }

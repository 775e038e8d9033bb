"""What reviewers and newcomers found in repairs, kept so that it stays mended."""

from __future__ import annotations

import json
import subprocess  # noqa: TID251 - the linker is a program; the ban protects src
from dataclasses import replace
from pathlib import Path

import pytest

from tests.binary.fixtures import Need, Recipe, Symbol
from tests.cli.run import run
from tests.ops.fakes import EXEC_STACK, Disk, calling, examined, lib, musl, planned, program, wheel_of, wishes
from tests.ops.test_elf_closure import MEMBER as ASKER
from tests.ops.test_elf_closure import fate, followed
from tests.ops.test_repair import FOO, LOWEST, MEMBER, NONE, PLUGINS, elf_of, grafts_of, repaired
from tests.strategies.macho import MachFile, build_version, packed
from tests.support import write_wheel
from tests.tools import need
from truewheel import rules
from truewheel.binary.elf_edit import RunPath
from truewheel.errors import LimitError, RequestError
from truewheel.ops import audit
from truewheel.ops.fates import Fate
from truewheel.ops.repair import Request, repair
from truewheel.ops.sbom import FILE
from truewheel.ops.wishes import Wishes
from truewheel.wheel import Limits

OUTSIDE = {"/opt/one/libone.so": lib("libtwo.so"), "/opt/two/libtwo.so": lib()}


class TestPromisedCopies:
    """A copy of a promised library lies in the wheel, where no run path leads."""

    def test_grafts_take_the_platforms(self) -> None:
        files = {MEMBER: lib("libfoo.so.1"), "pkg/vendor/libstdc++.so.6": lib(soname="libstdc++.so.6")}
        outside = {"/lib/libfoo.so.1": lib("libstdc++.so.6", soname="libfoo.so.1", glibc="2.17")}
        made = planned(files, outside)
        assert made.grafts[0].changes.run_path is None
        assert "libstdc++.so.6" in dict(made.promised)

    def test_a_library_that_nobody_promises_is_taken_from_the_wheel(self) -> None:
        files = {MEMBER: lib("libfoo.so.1"), "pkg/vendor/libbar.so.1": lib(soname="libbar.so.1")}
        outside = {"/lib/libfoo.so.1": lib("libbar.so.1", soname="libfoo.so.1")}
        run_path = planned(files, outside).grafts[0].changes.run_path
        assert run_path is not None
        assert run_path.entries == ("$ORIGIN/../pkg/vendor",)


def test_a_library_with_an_interpreter_is_one_all_the_same() -> None:
    can_be_started = Recipe(interpreter="/lib64/ld-linux-x86-64.so.2")
    data = lib(soname="libcap.so.2", like=can_be_started)
    found = followed(lib("libcap.so.2"), {"/lib/libcap.so.2": data})
    assert fate("libcap.so.2", found) is Fate.GRAFTED


def test_its_stack_is_a_librarys_too() -> None:
    like = Recipe(interpreter="/lib64/ld-linux-x86-64.so.2", segments=(EXEC_STACK,))
    (graft,) = planned({MEMBER: lib("libcap.so.2")}, {"/lib/libcap.so.2": lib(soname="libcap.so.2", like=like)}).grafts
    assert graft.changes.clear_exec_stack


def test_a_program_is_none() -> None:
    data = lib(like=Recipe(interpreter="/lib64/ld-linux-x86-64.so.2"))
    assert fate("libcap.so.2", followed(lib("libcap.so.2"), {"/lib/libcap.so.2": data})) is Fate.LOST


class TestInheritedRunPaths:
    """libone needs libtwo, which lies where only the DT_RPATH of the member leads."""

    def test_rpath_holds_for_what_is_loaded(self) -> None:
        asking = lib("libone.so", like=Recipe(rpath="/opt/one:/opt/two"))
        found = followed(asking, Disk(OUTSIDE, folders=()))
        assert fate("libtwo.so", found, "/opt/one/libone.so") is Fate.GRAFTED

    def test_runpath_does_not(self) -> None:
        asking = lib("libone.so", like=Recipe(runpath="/opt/one:/opt/two"))
        found = followed(asking, Disk(OUTSIDE, folders=()))
        assert fate("libtwo.so", found, "/opt/one/libone.so") is Fate.LOST

    def test_runpath_of_the_library_switches_it_off(self) -> None:
        outside = {**OUTSIDE, "/opt/one/libone.so": lib("libtwo.so", like=Recipe(runpath="/nowhere"))}
        asking = lib("libone.so", like=Recipe(rpath="/opt/one:/opt/two"))
        found = followed(asking, Disk(outside, folders=()))
        assert fate("libtwo.so", found, "/opt/one/libone.so") is Fate.LOST


@pytest.mark.parametrize(("include", "needed"), [("libz.so.1", "libz.so.1"), ("libfoo.so.1", "libm.so.6")])
@pytest.mark.parametrize("again", [{}, {**PLUGINS, "/lib/libz.so.1": lib(soname="libz.so.1")}])
def test_what_is_included_comes_once(include: str, needed: str, again: dict[str, bytes]) -> None:
    outside = {**PLUGINS, "/lib/libz.so.1": lib(soname="libz.so.1")}
    once = repaired({MEMBER: lib(needed)}, outside, include=(include,))
    assert len(grafts_of(once)) == 1
    files = {entry.name: bytes(entry.read()) for entry in once.wheel}
    request = Request(wishes(include=(include,)))
    twice = repair(examined(files, str(once.wheel.name)), Disk(again), request)
    assert (twice.plan.grafts, twice.wheel.name) == ((), once.wheel.name)


def test_an_earlier_bill_stays() -> None:
    files = {MEMBER: lib("libfoo.so.1"), f"pkg-1.0.dist-info/{FILE}": b"{}"}
    done = repaired(files, PLUGINS, request=Request(Wishes(), bill=True))
    bills = sorted(entry.name for entry in done.wheel if "/sboms/" in entry.name)
    assert bills == ["pkg-1.0.dist-info/sboms/truewheel-2.cdx.json", f"pkg-1.0.dist-info/{FILE}"]
    assert done.wheel.by_name[bills[1]].read() == b"{}"
    assert json.loads(done.wheel.by_name[bills[0]].read())["components"]


SECURE_GETENV = musl(like=Recipe(symbols=(Symbol("secure_getenv"),)))


@pytest.mark.parametrize(
    ("data", "claim", "after"),
    [
        (SECURE_GETENV, "musllinux_1_2_x86_64", "musllinux_1_2_x86_64"),  # since 1.1.24: not all of 1.1
        (SECURE_GETENV, "musllinux_1_1_x86_64", "musllinux_1_1_x86_64"),
        (SECURE_GETENV, "linux_x86_64", "musllinux_1_1_x86_64"),
        (musl(), "musllinux_1_2_x86_64", "musllinux_1_1_x86_64"),
    ],
)
def test_a_claim_on_musl_is_lowered_to_what_is_true_of_every_patch_level(data: bytes, claim: str, after: str) -> None:
    done = repaired({"pkg/native.so": data}, name=f"pkg-1.0-py3-none-{claim}.whl")
    assert done.wheel.name.platforms == (after,)


class TestNamesThatNoFileHas:
    """A loader looks for the names of files; a library of the wheel answers to its soname alone."""

    def test_a_member_asks_for_the_file(self) -> None:
        files = {MEMBER: lib("libown.so.1"), "pkg/lib/libown.so.1.2": lib(soname="libown.so.1")}
        (change,) = planned(files).changes
        assert change.changes.needed == {"libown.so.1": "libown.so.1.2"}
        assert change.changes.run_path == RunPath(("$ORIGIN/lib",))

    def test_a_graft_does_too(self) -> None:
        files = {MEMBER: lib("libfoo.so.1"), "pkg/lib/libown.so.1.2": lib(soname="libown.so.1")}
        (graft,) = planned(files, {"/lib/libfoo.so.1": lib("libown.so.1", soname="libfoo.so.1")}).grafts
        assert graft.changes.needed == {"libown.so.1": "libown.so.1.2"}

    def test_of_several_the_package_chooses(self) -> None:
        files = {MEMBER: lib("libown.so.1"), **{f"pkg/{n}/libown.so.1.2": lib(soname="libown.so.1") for n in "ab"}}
        made = planned(files)
        assert made.changes == ()
        assert [finding.rule for finding in made.findings] == [rules.LIB_UNLED]


class TestNeedsThatArePaths:
    """Linkers write the path of a library without a soname into what needs it."""

    def test_the_interpreters_library_is_not_carried(self) -> None:
        path = "/opt/python/lib/libpython3.12.so.1.0"
        found = followed(lib(path), {path: lib()})
        assert fate(path, found) is Fate.PYTHON

    def test_a_promised_library_is_asked_for_by_its_name(self) -> None:
        (change,) = planned({MEMBER: lib("/usr/lib64/libz.so.1")}).changes
        assert change.changes.needed == {"/usr/lib64/libz.so.1": "libz.so.1"}

    def test_one_that_others_bring_too(self) -> None:
        done = repaired({MEMBER: lib("/opt/cuda/lib/libcuda.so.1")}, exclude=("libcuda.so.*",))
        assert elf_of(done.wheel, MEMBER).needed[0] == "libcuda.so.1"
        assert done.wheel.name.platforms == LOWEST


def test_what_is_promised_is_judged_whoever_is_said_to_bring_it() -> None:
    newer = Recipe(needs=(Need("libstdc++.so.6", (("GLIBCXX_3.4.29", 3, False),)),))
    done = repaired({MEMBER: lib("libstdc++.so.6", like=newer)}, exclude=("lib[!g]*",))
    assert done.wheel.name.platforms == ("manylinux_2_34_x86_64",)


def test_a_library_must_define_the_versions_that_are_asked_of_it() -> None:
    asking = lib("libv.so", like=Recipe(needs=(Need("libv.so", (("V2", 3, False),)),)))
    old, new = (lib(soname="libv.so", like=Recipe(definitions=((version, 2),))) for version in ("V1", "V2"))
    found = followed(asking, Disk({"/old/libv.so": old, "/new/libv.so": new}, folders=("/old", "/new")))
    assert found.found[ASKER, "libv.so"] == "/new/libv.so"
    (lost,) = followed(asking, {"/lib/libv.so": old}).lost
    assert lost.against == (f"/lib/libv.so doesn't define V2, which {ASKER} demands",)


def test_programs_among_the_scripts_may_open_libraries() -> None:
    opening = program(like=Recipe(symbols=calling("dlopen")))
    files = {MEMBER: lib(), "pkg-1.0.data/scripts/app": opening}
    assert planned(files, PLUGINS, wishes(include=("libfoo.so.1",))).changes == ()


def test_searches_without_end_are_refused() -> None:
    folders = ":".join(f"/{number}" for number in range(300))
    asking = lib(*(f"lib{number}.so" for number in range(1200)), like=Recipe(runpath=folders))
    with pytest.raises(RequestError, match="more libraries, in more folders"):
        followed(asking, {})


class TestPackedRelocationsWithoutALibc:
    """An extension that takes Python's names alone may be loaded by either loader."""

    FILE = lib(glibc=None, like=Recipe(symbols=(Symbol("PyModule_Create2"),), tags=((36, 0x10000), (35, 0), (37, 8))))

    def test_it_asks_for_loaders_that_know_them(self) -> None:
        found = audit(wheel_of({"pkg/native.so": self.FILE}, NONE), file="x", size=1)
        assert found.tags.computed == ("manylinux_2_36_x86_64", "musllinux_1_2_x86_64")

    def test_they_are_written_out(self) -> None:
        (change,) = planned({"pkg/native.so": self.FILE}, name=NONE).changes
        assert change.changes.expand_relr


def test_a_program_may_load_the_interpreter_through_a_library() -> None:
    embedding = lib("libpython3.12.so.1.0", soname="libem.so")
    files = {MEMBER: lib("libpython3.12.so.1.0"), "pkg/libem.so": embedding}
    assert {change.member for change in planned(files).changes} == {MEMBER, "pkg/libem.so"}
    app = program("libem.so", like=Recipe(rpath="$ORIGIN"))
    (change,) = planned({**files, "pkg/app": app}).changes
    assert change.member == MEMBER


def test_a_glob_may_mean_more_than_what_is_needed() -> None:
    outside = {"/lib/libq.so.1": lib(soname="libq.so.1"), "/lib/libq-plugin.so": lib(), "/lib/libq.txt": b"no library"}
    made = planned({MEMBER: lib("libq.so.1")}, outside, wishes(include=("libq*",)))
    assert {graft.library for graft in made.grafts} == {"libq-plugin.so", "libq.so.1"}


def test_what_a_folder_of_the_system_hides_is_led_to() -> None:
    files = {MEMBER: lib("libown.so", like=Recipe(rpath="/usr/lib:$ORIGIN/sub")), "pkg/sub/libown.so": lib()}
    (change,) = planned(files).changes
    assert change.changes.run_path == RunPath(("$ORIGIN/sub",))


def test_a_demand_below_the_oldest_tag_is_refused_for_what_it_is() -> None:
    with pytest.raises(RequestError, match="manylinux_2_1_x86_64 is never asked for"):
        repaired({MEMBER: lib()}, platforms=("manylinux_2_1_x86_64",))


def test_libraries_of_another_calling_convention_are_passed_over() -> None:
    hard, soft = (Recipe(bits=32, machine=40, flags=0x5000000 | bits) for bits in (0x400, 0x200))
    data = lib("libfoo.so", glibc=None, like=hard)
    (lost,) = followed(data, {"/lib/libfoo.so": lib(glibc=None, like=soft)}).lost
    assert lost.against == ("/lib/libfoo.so passes floating-point numbers in another way",)


def test_an_error_of_many_libraries_stays_readable() -> None:
    with pytest.raises(RequestError, match="and 292 more libraries") as caught:
        planned({MEMBER: lib(*(f"lib{number}.so" for number in range(300)))})
    assert len(caught.value.what) < 1000


def test_a_demand_on_a_wheel_of_another_system_is_kept_or_refused() -> None:
    mac = "pkg-1.0-py3-none-macosx_11_0_arm64.whl"
    code = MachFile(commands=(build_version(1, packed(11)),)).encode()
    assert repaired({"pkg/a.dylib": code}, name=mac, platforms=("macosx_12_0_arm64",)).wheel.name.platforms
    with pytest.raises(RequestError, match="not for manylinux_2_17_x86_64"):
        repaired({"pkg/a.dylib": code}, name=mac, platforms=("manylinux_2_17_x86_64",))


@pytest.mark.parametrize("limits", [Limits(member_size=1000), Limits(total_size=1000)])
def test_libraries_from_outside_are_held_to_the_limits(limits: Limits) -> None:
    wanted = replace(wishes(), limits=limits)
    with pytest.raises(LimitError, match=r"/lib/libfoo\.so\.1 has|ve [0-9,]+ bytes; the limit is 1,000"):
        planned({MEMBER: lib("libfoo.so.1")}, {"/lib/libfoo.so.1": FOO + bytes(1000)}, wanted)


def test_the_interpreters_library_is_not_included_in_silence() -> None:
    with pytest.raises(RequestError, match=r"means libpython3\.12\.so\.1\.0, the interpreter's own"):
        planned({MEMBER: lib("libpython3.12.so.1.0")}, {}, wishes(include=("libpython*",)))


def test_executable_stacks_that_are_kept_are_told() -> None:
    stack = Recipe(segments=(EXEC_STACK,))
    files, outside = (
        {MEMBER: lib("libfoo.so.1", like=stack)},
        {"/lib/libfoo.so.1": lib(soname="libfoo.so.1", like=stack)},
    )
    made = planned(files, outside, Wishes(keep_exec_stack=True))
    places = [finding.member for finding in made.findings if finding.rule is rules.SEC_EXEC_STACK]
    assert sorted(places) == sorted([MEMBER, made.grafts[0].member])


@pytest.mark.parametrize("platform", ["manylinux_2_28_aarch64", "musllinux_1_2_x86_64"])
def test_a_demand_of_another_kind_is_told_apart_from_one_that_is_too_old(platform: str) -> None:
    with pytest.raises(RequestError, match=f"the wheel is not for {platform}: what is inside is for manylinux_2_5_x86"):
        repaired({MEMBER: lib()}, platforms=(platform,))


@pytest.mark.parametrize("recipe", [Recipe(symbols=(Symbol("f", True, 1, 10),)), Recipe(tags=((30, 0x10),))])
def test_what_musl_never_loads_is_not_for_musl_though_it_needs_no_libc(recipe: Recipe) -> None:
    """An indirect function, and thread-local variables of the initial-exec model."""
    done = repaired({"pkg/native.so": lib(glibc=None, like=recipe)}, name=NONE)
    assert done.wheel.name.platforms == LOWEST


@pytest.mark.parametrize("options", [["-L", ""], ["--sysroot", ""]])
def test_an_unset_variable_is_no_folder(options: list[str], tmp_path: Path) -> None:
    result = run("repair", *options, write_wheel(tmp_path))
    assert result.exit_code == 2
    assert "is empty, and names no folder" in result.stderr


def test_a_library_that_only_stands_for_another_is_not_taken(tmp_path: Path) -> None:
    """What the linker makes with ``-F``: the loader fails without the other library."""
    source = tmp_path / "a.c"
    source.write_text("int f(void) { return 1; }\n")
    (gcc,) = need("gcc")
    options = ["-shared", "-fPIC", "-nostdlib", "-Wl,-F,libimpl.so.1", "-Wl,-soname,libfoo.so.1"]
    subprocess.run([gcc, *options, "-o", tmp_path / "libfoo.so.1", source], check=True)
    outside = {"/lib/libfoo.so.1": (tmp_path / "libfoo.so.1").read_bytes()}
    (lost,) = followed(lib("libfoo.so.1"), outside).lost
    assert lost.against == ("/lib/libfoo.so.1 stands for libimpl.so.1 (DT_FILTER), which isn't followed",)


def test_who_asks_for_a_lower_tag_gets_it() -> None:
    asked = ("musllinux_1_1_x86_64",)
    done = repaired({"pkg/native.so": SECURE_GETENV}, name="pkg-1.0-py3-none-musllinux_1_2_x86_64.whl", platforms=asked)
    assert done.wheel.name.platforms == asked


def test_a_plugin_with_another_name_than_its_file_comes_once() -> None:
    outside = {"/lib/libplug.so": lib(soname="libplug.so.1")}
    once = repaired({MEMBER: lib()}, outside, include=("/lib/libplug.so",))
    assert grafts_of(once) == ["pkg.libs/libplug.so.1"]
    files = {entry.name: bytes(entry.read()) for entry in once.wheel}
    request = Request(wishes(include=("/lib/libplug.so",)))
    assert repair(examined(files, str(once.wheel.name)), Disk(outside), request).plan.grafts == ()

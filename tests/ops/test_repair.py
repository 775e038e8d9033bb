"""A repaired wheel: what is in it, what it is called, and what is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.binary.fixtures import EM_AARCH64, Recipe, make
from tests.ops.fakes import (
    EXEC_STACK,
    LINUX,
    V3,
    Disk,
    android,
    calling,
    examined,
    lib,
    musl,
    program,
    versions,
    wheel_of,
)
from tests.ops.mach_fakes import sealed
from tests.strategies.elf import recipes
from tests.strategies.macho import MachFile, build_version, dylib, packed
from tests.strategies.pe import PeFile
from tests.support import wheel_bytes, zip_bytes
from truewheel import rules
from truewheel.binary import Elf, read_elf
from truewheel.errors import BinaryError, RequestError, TruewheelError, WheelError
from truewheel.ops import Depth, Patterns, Verdict, audit, examine
from truewheel.ops import applied as package
from truewheel.ops.launcher import launcher
from truewheel.ops.libraries import Package
from truewheel.ops.repair import Repair, Request, repair
from truewheel.ops.sbom import FILE
from truewheel.ops.wishes import Wishes
from truewheel.wheel import Wheel, WheelName, read, read_wheel_file, verify_record

MEMBER = "pkg/_x.cpython-312-x86_64-linux-gnu.so"
NONE = "pkg-1.0-py3-none-linux_x86_64.whl"
PURE = "pkg-1.0-py3-none-any.whl"
FOO = lib(soname="libfoo.so.1")
PLUGINS = {"/lib/libfoo.so.1": FOO}
LOWEST = ("manylinux1_x86_64", "manylinux_2_5_x86_64")


def repaired(
    files: Mapping[str, bytes],
    outside: Mapping[str, bytes] | Disk | None = None,
    *,
    name: str = LINUX,
    executable: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    include: tuple[str, ...] = (),
    platforms: tuple[str, ...] = (),
    request: Request | None = None,
) -> Repair:
    disk = outside if isinstance(outside, Disk) else Disk(outside or {})
    plain = request or Request(Wishes())
    wanted = replace(plain.wishes, exclude=Patterns(exclude), include=Patterns(include))
    asked = replace(plain, wishes=wanted, platforms=platforms)
    return repair(examined(files, name, executable, exclude), disk, asked)


def elf_of(wheel: Wheel, member: str) -> Elf:
    return read_elf(wheel.by_name[member].read())


def grafts_of(done: Repair) -> list[str]:
    return [entry.name for entry in done.wheel if entry.name.startswith("pkg.libs/")]


def demand_whole(wheel: Wheel) -> None:
    """The wheel is right in itself: RECORD, name and WHEEL agree, and an audit finds its tags exact."""
    assert verify_record(wheel, contents=True) == ()
    said = read_wheel_file(wheel)
    assert set(said.expanded_tags) == set(wheel.name.tags)
    found = audit(wheel, file=str(wheel.name), size=1, depth=Depth.CONTENTS)
    assert found.tags.verdict is Verdict.EXACT, found.tags
    assert found.external == ()


class TestTheWheel:
    def test_grafts_are_in_it_and_found(self) -> None:
        files = {MEMBER: lib("libfoo.so.1", glibc="2.17"), "pkg/__init__.py": b"import sys\n"}
        done = repaired(files, PLUGINS)
        (place,) = grafts_of(done)
        member, graft = elf_of(done.wheel, MEMBER), elf_of(done.wheel, place)
        assert member.needed == (place.removeprefix("pkg.libs/"), "libc.so.6")
        assert (member.rpath, member.runpath) == (("$ORIGIN/../pkg.libs",), None)
        assert graft.soname == place.removeprefix("pkg.libs/")
        assert done.wheel.by_name["pkg/__init__.py"].read() == b"import sys\n"
        assert str(done.wheel.name) == "pkg-1.0-cp312-cp312-manylinux2014_x86_64.manylinux_2_17_x86_64.whl"
        assert [graft.member for graft in done.plan.grafts] == [place]
        demand_whole(done.wheel)

    def test_what_the_verdicts_are_of(self) -> None:
        done = repaired({MEMBER: lib("libfoo.so.1")}, PLUGINS)
        assert (done.before.claimed, done.before.computed) == (("linux_x86_64",), ("linux_x86_64",))
        assert (done.after.claimed, done.after.computed) == (LOWEST, ("manylinux_2_5_x86_64",))
        assert done.after.verdict is Verdict.EXACT

    def test_the_input_is_not_touched(self) -> None:
        found = examined({MEMBER: lib("libfoo.so.1")})
        before, images = wheel_of({MEMBER: lib("libfoo.so.1")}), dict(found.images)
        repair(found, Disk(PLUGINS), Request(Wishes()))
        assert found.wheel == before
        assert found.images == images

    def test_a_repaired_wheel_needs_no_repair(self) -> None:
        outside = {"/lib/libfoo.so.1": lib("libbar.so", soname="libfoo.so.1"), "/lib/libbar.so": lib(like=SHAKY)}
        files = {MEMBER: lib("libfoo.so.1", like=SHAKY), "pkg-1.0.data/scripts/app": program("libbar.so")}
        first = repaired(files, outside)
        second = repair(examine(first.wheel), Disk({}), Request(Wishes()))
        assert not second.plan
        assert second.wheel == first.wheel
        assert second.before == second.after == first.after
        demand_whole(first.wheel)

    def test_nothing_but_the_tag_changes_where_nothing_else_is_wrong(self) -> None:
        files = {MEMBER: lib("libz.so.1")}
        done = repaired(files)
        assert not done.plan
        before = wheel_of(files)
        changed = {entry.name for entry in done.wheel if entry != before.by_name[entry.name]}
        assert changed == {"pkg-1.0.dist-info/WHEEL", "pkg-1.0.dist-info/RECORD"}

    def test_a_wheel_that_is_right_comes_out_equal(self) -> None:
        name = "pkg-1.0-cp312-cp312-manylinux1_x86_64.manylinux_2_5_x86_64.whl"
        files = {MEMBER: lib("libz.so.1")}
        assert repaired(files, name=name).wheel == wheel_of(files, name)

    def test_modes_are_kept_and_grafts_have_none(self) -> None:
        files = {"pkg/app": program("libfoo.so.1"), MEMBER: lib("libfoo.so.1")}
        done = repaired(files, PLUGINS, executable=("pkg/app",))
        executable = {entry.name for entry in done.wheel if entry.executable}
        assert executable == {"pkg/app"}

    @pytest.mark.parametrize("mode", [(), ("pkg-1.0.data/scripts/app",)])
    def test_a_program_among_the_scripts(self, mode: tuple[str, ...]) -> None:
        script = "pkg-1.0.data/scripts/app"
        done = repaired({script: program("libfoo.so.1")}, PLUGINS, name=NONE, executable=mode)
        moved = done.wheel.by_name["pkg.scripts/app"]
        assert moved.executable
        assert read_elf(moved.read()).rpath == ("$ORIGIN/../pkg.libs",)
        assert done.wheel.by_name[script].executable
        assert done.wheel.by_name[script].read() == launcher("pkg.scripts/app")
        demand_whole(done.wheel)

    @pytest.mark.parametrize("kept", [0, 1 << 30])
    def test_how_much_stays_in_memory_changes_nothing(self, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
        files = {MEMBER: lib("libfoo.so.1", like=SHAKY), "pkg-1.0.data/scripts/app": program("libfoo.so.1")}
        expected = repaired(files, PLUGINS).wheel
        monkeypatch.setattr(package, "_KEPT", kept)
        found = repaired(files, PLUGINS).wheel
        assert found == expected
        for entry in found:
            assert entry.size == len(entry.read())
            assert entry.head(64) == bytes(entry.read()[:64])
        assert verify_record(found, contents=True) == ()

    @given(st.permutations(["pkg/a.so", "pkg/b.so", "pkg/c/d.so", "pkg-1.0.data/scripts/app"]))
    def test_the_order_of_members_has_no_meaning(self, order: list[str]) -> None:
        files = {
            "pkg/a.so": lib("libfoo.so.1"),
            "pkg/b.so": lib("libbar.so", "libfoo.so.1"),
            "pkg/c/d.so": lib("libbar.so", glibc="2.12"),
            "pkg-1.0.data/scripts/app": program("libbar.so"),
        }
        outside = {**PLUGINS, "/lib/libbar.so": lib("libfoo.so.1", soname="libbar.so")}
        expected = repaired(files, outside, name=NONE)
        done = repaired({path: files[path] for path in order}, outside, name=NONE)
        # RECORD is in the order of the archive until the canonical form sorts both.
        assert sans_record(done.wheel) == sans_record(expected.wheel)
        assert (done.plan, done.after, done.findings) == (expected.plan, expected.after, expected.findings)

    def test_a_wrong_record_is_never_made_right(self) -> None:
        wrong = f"{MEMBER},sha256=AAAA,0\npkg-1.0.dist-info/RECORD,,\n".encode()
        files = {MEMBER: lib("libfoo.so.1"), "pkg-1.0.dist-info/RECORD": wrong}
        with pytest.raises(WheelError, match="RECORD"):
            repaired(files, PLUGINS)

    def test_a_wrong_hash_of_a_member_that_is_edited_is_found_in_time(self) -> None:
        data = lib("libfoo.so.1")
        other = hashlib.sha256(b"other").hexdigest().encode()
        plain = wheel_bytes({MEMBER: data}, name=LINUX)
        wheel = read(plain, WheelName.parse(LINUX))
        record = bytes(wheel.info("RECORD").read())
        row = next(line for line in record.splitlines() if line.startswith(MEMBER.encode()))
        lie = record.replace(row, f"{MEMBER},sha256={other.decode()[:43]},{len(data)}".encode())
        with pytest.raises(WheelError, match="RECORD"):
            repaired({MEMBER: data, "pkg-1.0.dist-info/RECORD": lie}, PLUGINS)

    def test_what_can_not_be_edited_is_an_error_that_names_it(self) -> None:
        mips = Recipe(machine=8, little=False, bits=32)
        name = "pkg-1.0-py3-none-linux_mips.whl"
        member = lib("libfoo.so", glibc=None, like=mips)
        with pytest.raises(BinaryError, match="MIPS") as caught:
            repaired({"pkg/x.so": member}, {"/lib/libfoo.so": lib(glibc=None, like=mips)}, name=name)
        assert caught.value.where.member == "pkg/x.so"

    def test_a_library_that_can_not_be_edited_is_told_by_its_path(self) -> None:
        two = lib(soname="libfoo.so.1", like=Recipe(segments=((2, 6),)))
        with pytest.raises(BinaryError, match="several dynamic tables") as caught:
            repaired({MEMBER: lib("libfoo.so.1")}, {"/lib/libfoo.so.1": two})
        assert caught.value.where.member == "/lib/libfoo.so.1"

    def test_a_library_that_is_missing_is_an_error(self) -> None:
        with pytest.raises(RequestError, match=r"not found in /lib: libfoo\.so\.1, which"):
            repaired({MEMBER: lib("libfoo.so.1")})


class TestExclusion:
    @pytest.mark.parametrize("glob", ["libfoo.so.1", "/lib/*"])
    def test_what_others_bring_is_not_missed(self, glob: str) -> None:
        done = repaired({MEMBER: lib("libfoo.so.1")}, PLUGINS, exclude=(glob,))
        assert done.wheel.name.platforms == LOWEST
        assert done.plan.excluded == (("libfoo.so.1", (MEMBER,)),)
        assert done.findings == ()
        assert not done.plan

    def test_idle_ones_are_told_with_the_other_findings(self) -> None:
        done = repaired({MEMBER: lib("libfoo.so.1", like=FPECTL)}, PLUGINS, exclude=("libfo.so",), platforms=("linux",))
        assert {finding.rule for finding in done.findings} == {rules.LIB_EXCLUDE_IDLE, rules.ABI_FPECTL}


class TestTags:
    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ((), ("manylinux_2_12_x86_64", "manylinux2010_x86_64")),
            (("manylinux_2_12_x86_64",), ("manylinux_2_12_x86_64", "manylinux2010_x86_64")),
            (("manylinux_2_28",), ("manylinux_2_12_x86_64", "manylinux2010_x86_64")),
            (("manylinux2014",), ("manylinux_2_12_x86_64", "manylinux2010_x86_64")),
            (("manylinux2014_x86_64.manylinux_2_28_x86_64",), ("manylinux_2_12_x86_64", "manylinux2010_x86_64")),
            (("linux_x86_64",), ("manylinux_2_12_x86_64", "manylinux2010_x86_64")),
        ],
    )
    def test_they_are_the_lowest_true_ones(self, asked: tuple[str, ...], expected: tuple[str, ...]) -> None:
        done = repaired({MEMBER: lib("libfoo.so.1", glibc="2.12")}, PLUGINS, platforms=asked)
        assert set(done.wheel.name.platforms) == set(expected)

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            (("manylinux_2_28",), ("manylinux_2_28_x86_64",)),
            (("manylinux2014_x86_64",), ("manylinux2014_x86_64", "manylinux_2_17_x86_64")),
            (("manylinux_2_17",), ("manylinux2014_x86_64", "manylinux_2_17_x86_64")),
            (("manylinux_2_28", "manylinux_2_34"), ("manylinux_2_28_x86_64", "manylinux_2_34_x86_64")),
            (("linux",), ("linux_x86_64",)),
        ],
    )
    def test_or_only_those_that_were_asked_for(self, asked: tuple[str, ...], expected: tuple[str, ...]) -> None:
        done = repaired({MEMBER: lib()}, platforms=asked, request=Request(Wishes(), only=True))
        assert done.wheel.name.platforms == expected

    def test_a_platform_that_is_too_old_is_refused_with_symbol_and_library(self) -> None:
        outside = {"/opt/libfoo.so.1": lib(soname="libfoo.so.1", glibc="2.34")}
        with pytest.raises(RequestError) as caught:
            repaired({MEMBER: lib("libfoo.so.1")}, Disk(outside, ("/opt",)), platforms=("manylinux_2_17",))
        error = caught.value
        assert error.what.startswith(
            "manylinux_2_17_x86_64 would promise too much: the wheel needs manylinux_2_34_x86_64"
        )
        assert "GLIBC_2.34" in error.what
        assert "pkg.libs/libfoo-" in error.what
        assert "libfoo.so.1 was found as /opt/libfoo.so.1" in error.hint
        assert "-L" in error.hint
        assert "--exclude 'libfoo.so.1'" in error.hint

    def test_where_a_member_is_to_blame_no_library_is_named(self) -> None:
        with pytest.raises(RequestError, match=rf"\({MEMBER}: .*GLIBC_2\.34") as caught:
            repaired({MEMBER: lib("libfoo.so.1", glibc="2.34")}, PLUGINS, platforms=("manylinux_2_17",))
        assert "libfoo" not in caught.value.hint

    def test_a_platform_for_another_processor_or_none_is_refused(self) -> None:
        for platform in ("manylinux_2_17_aarch64", "win_amd64", "any", "musllinux_1_2", "manylinux_2_17.musllinux_1_2"):
            with pytest.raises(RequestError, match=r"the wheel is not for |would promise too much"):
                repaired({MEMBER: lib()}, platforms=(platform,))
        with pytest.raises(RequestError, match=r"^nonsense is no platform tag"):
            repaired({MEMBER: lib()}, platforms=("nonsense",))

    def test_a_ceiling_grafts_what_the_older_platform_lacks(self) -> None:
        expat = {"/lib/libexpat.so.1": lib(soname="libexpat.so.1")}
        files = {MEMBER: lib("libexpat.so.1")}
        low = repaired(files, expat, platforms=("manylinux1",))
        assert len(grafts_of(low)) == 1
        assert low.wheel.name.platforms == LOWEST
        for asked in ((), ("manylinux2010",), ("linux",), ("manylinux_2_28", "manylinux_2_17")):
            high = repaired(files, expat, platforms=asked)
            assert grafts_of(high) == []
            assert "manylinux_2_12_x86_64" in high.wheel.name.platforms
        for asked in (("manylinux_2_28", "manylinux_2_5"), ("linux", "manylinux1")):
            assert len(grafts_of(repaired(files, expat, platforms=asked))) == 1

    def test_a_static_program_runs_on_both_families(self) -> None:
        static = lib(glibc=None, like=Recipe(type=2))
        done = repaired({"pkg/app": static}, name=NONE)
        assert set(done.wheel.name.platforms) == {*LOWEST, "musllinux_1_1_x86_64"}
        demand_whole(done.wheel)
        one = repaired(
            {"pkg/app": static}, name=NONE, platforms=("musllinux_1_2",), request=Request(Wishes(), only=True)
        )
        assert one.wheel.name.platforms == ("musllinux_1_2_x86_64",)

    def test_files_for_two_processors_ask_for_both(self) -> None:
        files = {"pkg/a.so": lib(), "pkg/b.so": lib(glibc="2.17", like=Recipe(machine=EM_AARCH64))}
        name = "pkg-1.0-py3-none-linux_aarch64.linux_x86_64.whl"
        done = repaired(files, name=name, platforms=("manylinux_2_28",), request=Request(Wishes(), only=True))
        assert set(done.wheel.name.platforms) == {"manylinux_2_28_aarch64", "manylinux_2_28_x86_64"}

    def test_code_for_graphics_processors_is_not_named(self) -> None:
        files = {"pkg/a.so": lib(), "pkg/kernel.co": lib(glibc=None, like=Recipe(machine=224))}
        files["pkg/object.o"] = lib(glibc=None, like=Recipe(machine=EM_AARCH64, type=1))
        done = repaired(files, name=NONE, platforms=("manylinux_2_28",), request=Request(Wishes(), only=True))
        assert done.wheel.name.platforms == ("manylinux_2_28_x86_64",)
        with pytest.raises(RequestError, match="manylinux_2_28 is no platform tag"):
            repaired({"pkg/kernel.co": files["pkg/kernel.co"]}, name=NONE, platforms=("manylinux_2_28",))

    def test_musl(self) -> None:
        name = "pkg-1.0-cp312-cp312-linux_x86_64.whl"
        outside = {"/lib/libfoo.so.1": musl(soname="libfoo.so.1", like=Recipe(symbols=calling("qsort_r")))}
        done = repaired({"pkg/x.so": musl("libfoo.so.1")}, outside, name=name)
        assert done.wheel.name.platforms == ("musllinux_1_2_x86_64",)
        demand_whole(done.wheel)

    def test_android(self) -> None:
        name = "pkg-1.0-cp313-cp313-android_24_arm64_v8a.whl"
        done = repaired(
            {"pkg/x.so": android("libfoo.so", "libpython3.13.so")}, {"/lib/libfoo.so": android()}, name=name
        )
        assert done.wheel.name.platforms == ("android_24_arm64_v8a",)
        made = elf_of(done.wheel, "pkg/x.so")
        assert "libpython3.13.so" in made.needed
        assert (made.rpath, made.runpath) == (None, ("$ORIGIN/../pkg.libs",))

    def test_what_is_known_to_nobody_needs_a_word_on_the_platform(self) -> None:
        unsure = lib(glibc=None, like=Recipe(symbols=calling("malloc")))
        with pytest.raises(RequestError, match="the platform can't be computed"):
            repaired({"pkg/x.so": unsure}, name=NONE)
        done = repaired({"pkg/x.so": unsure}, name=NONE, platforms=("manylinux_2_17",))
        assert set(done.wheel.name.platforms) == {"manylinux_2_17_x86_64", "manylinux2014_x86_64"}


FPECTL = Recipe(symbols=calling("PyFPE_jbuf"))
SHAKY = Recipe(rpath="/opt/build:$ORIGIN/../../../../x", segments=(EXEC_STACK,))


class TestNoIndexTakesIt:
    CASES = (
        pytest.param(lib(like=Recipe(notes=(V3,))), "x86-64-v3", id="processor"),
        pytest.param(lib(like=Recipe(needs=(versions("libc.so.6", "GLIBC_PRIVATE"),))), "GLIBC_PRIVATE", id="private"),
        pytest.param(lib(like=FPECTL), "PyFPE_jbuf, which a Python has only if", id="fpectl"),
        pytest.param(
            lib("libz.so.1", like=Recipe(symbols=calling("inflate_table"))),
            "uses inflate_table of libz.so.1",
            id="zlib",
        ),
    )

    @pytest.mark.parametrize(("data", "words"), CASES)
    def test_it_is_refused_with_the_reason(self, data: bytes, words: str) -> None:
        with pytest.raises(RequestError, match="no tag but linux_x86_64 is true of it, which no index takes") as caught:
            repaired({MEMBER: data})
        assert words in caught.value.what
        assert caught.value.where.member == MEMBER
        assert "--plat linux_x86_64" in caught.value.hint

    @pytest.mark.parametrize(("data", "words"), CASES)
    @pytest.mark.parametrize("platform", ["linux_x86_64", "linux"])
    def test_it_is_made_for_who_asks_for_it(self, data: bytes, words: str, platform: str) -> None:
        done = repaired({MEMBER: data}, platforms=(platform,))
        assert done.wheel.name.platforms == ("linux_x86_64",)
        assert words in done.after.deciding[0].reason

    @pytest.mark.parametrize(("data", "words"), CASES)
    def test_no_other_platform_is_true_of_it(self, data: bytes, words: str) -> None:
        with pytest.raises(RequestError, match="manylinux_2_39_x86_64 would promise too much") as caught:
            repaired({MEMBER: data}, platforms=("manylinux_2_39",))
        assert words in caught.value.what

    def test_a_graft_may_be_to_blame(self) -> None:
        outside = {"/lib/libfoo.so.1": lib(soname="libfoo.so.1", like=Recipe(notes=(V3,)))}
        with pytest.raises(RequestError, match="x86-64-v3") as caught:
            repaired({MEMBER: lib("libfoo.so.1")}, outside)
        assert caught.value.where.member.startswith("pkg.libs/libfoo-")
        assert "libfoo.so.1 was found as /lib/libfoo.so.1" in caught.value.hint

    def test_zlib_may_be_carried_instead(self) -> None:
        files = {MEMBER: lib("libz.so.1", like=Recipe(symbols=calling("inflate_table")))}
        done = repaired(files, {"/lib/libz.so.1": lib(soname="libz.so.1")}, include=("libz.so.1",))
        assert done.wheel.name.platforms == LOWEST
        assert len(grafts_of(done)) == 1


class TestAnyPlatform:
    def test_a_wheel_with_elf_files_is_for_one(self) -> None:
        done = repaired({"pkg/x.so": lib("libfoo.so.1"), "pkg/__init__.py": b""}, PLUGINS, name=PURE)
        assert str(done.wheel.name) == "pkg-1.0-py3-none-manylinux1_x86_64.manylinux_2_5_x86_64.whl"
        assert not read_wheel_file(done.wheel).root_is_purelib
        demand_whole(done.wheel)

    def test_the_root_of_a_wheel_for_a_platform_is_platlib_too(self) -> None:
        text = b"Wheel-Version: 1.0\nGenerator: x 1\nRoot-Is-Purelib: true\nTag: py3-none-linux_x86_64\n"
        done = repaired({"pkg/x.so": lib(), "pkg-1.0.dist-info/WHEEL": text}, name=NONE)
        assert not read_wheel_file(done.wheel).root_is_purelib
        assert verify_record(done.wheel, contents=True) == ()

    @pytest.mark.parametrize("files", [{"pkg/__init__.py": b""}, {"pkg/x.o": lib(glibc=None, like=Recipe(type=1))}])
    def test_one_without_is_left_alone(self, files: Mapping[str, bytes]) -> None:
        done = repaired(files, name=PURE)
        assert done.wheel == wheel_of(files, PURE)
        assert (bool(done.plan), done.before) == (False, done.after)

    def test_files_for_several_platforms_are_data(self) -> None:
        files = {
            "pkg/x.so": lib("libfoo.so.1"),
            "pkg/x.dll": PeFile().encode(),
            "pkg/x.dylib": MachFile(commands=(build_version(1, packed(11)),)).encode(),
        }
        done = repaired(files, name=PURE)
        assert done.wheel == wheel_of(files, PURE)

    def test_neither_does_a_wrong_record_pass_there(self) -> None:
        wrong = b"pkg/__init__.py,sha256=AAAA,0\npkg-1.0.dist-info/RECORD,,\n"
        with pytest.raises(WheelError, match="RECORD"):
            repaired({"pkg/__init__.py": b"", "pkg-1.0.dist-info/RECORD": wrong}, name=PURE)


class TestOtherSystems:
    MAC = "pkg-1.0-cp312-cp312-macosx_11_0_arm64.whl"
    WINDOWS = "pkg-1.0-cp312-cp312-win_amd64.whl"

    @staticmethod
    def mac(*needed: str, minos: int = 11) -> bytes:
        commands = (build_version(1, packed(minos)), *(dylib(name) for name in needed))
        return sealed(MachFile(commands=commands).encode())

    def test_what_is_complete_is_left_alone(self) -> None:
        # An ELF file in it is data.
        files = {
            "pkg/_x.cpython-312-darwin.so": self.mac("/usr/lib/libSystem.B.dylib"),
            "pkg/linux.so": lib("libfoo.so"),
        }
        done = repaired(files, name=self.MAC)
        assert done.wheel == wheel_of(files, self.MAC)
        assert not done.plan
        files = {"pkg/_x.cp312-win_amd64.pyd": PeFile().encode()}
        assert repaired(files, name=self.WINDOWS).wheel == wheel_of(files, self.WINDOWS)

    def test_what_lacks_a_library_is_refused(self) -> None:
        libraries = [f"/opt/lib/lib{letter}.dylib" for letter in "abcd"]
        with pytest.raises(RequestError) as caught:
            repaired({"pkg/_x.cpython-312-darwin.so": self.mac(*libraries)}, name=self.MAC)
        assert not [library for library in libraries if library not in str(caught.value)]

    def test_what_promises_too_much_promises_less_afterwards(self) -> None:
        files = {"pkg/_x.cpython-312-darwin.so": self.mac("/usr/lib/libSystem.B.dylib", minos=14)}
        done = repaired(files, name=self.MAC)
        assert (done.before.verdict, done.wheel.name.platforms) == (Verdict.TOO_GENEROUS, ("macosx_14_0_arm64",))
        demand_whole(done.wheel)

    def test_a_wheel_for_two_systems_is_repaired_for_both(self) -> None:
        name = "pkg-1.0-py3-none-macosx_11_0_arm64.win_amd64.whl"
        files = {
            "pkg/__init__.py": b"",
            "pkg/libx.dylib": self.mac("/opt/lib/libfoo.dylib"),
            "pkg/x.dll": PeFile(imports=[("foo.dll", ())]).encode(),
        }
        outside = {
            "/opt/lib/libfoo.dylib": self.mac(),
            "/lib/foo.dll": PeFile(export_name="foo.dll").encode(),
        }
        done = repaired(files, outside, name=name)
        assert str(done.wheel.name) == name
        assert [graft.library for graft in done.plan.grafts] == ["/opt/lib/libfoo.dylib", "foo.dll"]
        assert [change.member for change in done.plan.changes] == ["pkg/libx.dylib", "pkg/x.dll"]
        demand_whole(done.wheel)

    @pytest.mark.parametrize("name", [MAC, WINDOWS])
    def test_only_elf_files_are_stripped(self, name: str) -> None:
        files = {"pkg/libx.dylib": self.mac(), "pkg/x.dll": PeFile().encode()}
        with pytest.raises(RequestError, match="only ELF files can be stripped"):
            repaired(files, name=name, request=Request(Wishes(strip=True)))

    def test_files_for_another_system_alone_are_no_repair(self) -> None:
        with pytest.raises(RequestError, match=r"promises too much: pkg/x\.dll: its machine type is amd64"):
            repaired({"pkg/x.dll": PeFile().encode()}, name=LINUX)

    def test_demands_are_asked_of_what_came_out(self) -> None:
        files = {"pkg/__init__.py": b"", "pkg/libx.dylib": self.mac("/opt/lib/libfoo.dylib")}
        outside = {"/opt/lib/libfoo.dylib": self.mac(minos=12)}
        with pytest.raises(RequestError, match=r"macOS 11\.0 is demanded.*pkg/\.dylibs/libfoo-"):
            repaired(files, outside, name=self.MAC, request=Request(Wishes(), macos=(11, 0)))
        with pytest.raises(RequestError, match="x86_64 is demanded"):
            repaired(files, outside, name=self.MAC, request=Request(Wishes(), archs=("x86_64",)))


class TestTheBill:
    def test_it_is_there_where_it_was_asked_for_and_something_grafted(self) -> None:
        package_ = Package("deb", "debian", "12", "libfoo1", "1.0", "amd64")
        disk = Disk(PLUGINS, packages={"/lib/libfoo.so.1": package_})
        asked = Request(Wishes(), bill=True, timestamp=0)
        done = repaired({MEMBER: lib("libfoo.so.1")}, disk, request=asked)
        entry = done.wheel.info(FILE)
        document = json.loads(bytes(entry.read()))
        assert document["bomFormat"] == "CycloneDX"
        assert "libfoo1" in bytes(entry.read()).decode()
        (place,) = grafts_of(done)
        hashed = hashlib.sha256(done.wheel.by_name[place].read()).hexdigest()
        assert hashed in bytes(entry.read()).decode()
        assert done.plan.grafts[0].package == package_
        demand_whole(done.wheel)

    @pytest.mark.parametrize(("needed", "bill"), [((), True), (("libfoo.so.1",), False)])
    def test_else_there_is_none(self, needed: tuple[str, ...], *, bill: bool) -> None:
        done = repaired({MEMBER: lib(*needed)}, PLUGINS, request=Request(Wishes(), bill=bill))
        assert done.wheel.info_path(FILE) not in done.wheel.by_name


def sans_record(wheel: Wheel) -> object:
    return SimpleNamespace(
        name=wheel.name, members={name: entry for name, entry in wheel.by_name.items() if not name.endswith("RECORD")}
    )


@given(
    member=recipes(), library=recipes(), name=st.sampled_from([LINUX, NONE, PURE]), exclude=st.sampled_from(["", "*a*"])
)
def test_whatever_files_say_only_our_errors_come_of_it(
    member: Recipe, library: Recipe, name: str, exclude: str
) -> None:
    # Else most libraries would be passed over, and most members be for no platform at all.
    fit = replace(library, bits=member.bits, little=member.little, machine=member.machine, flags=member.flags)
    fit = replace(fit, type=3, interpreter=None, osabi=0, soname=library.soname or "lib.so")
    found = dict.fromkeys((f"/lib/{needed}" for needed in (*member.needed, *fit.needed)), make(fit).data)
    try:
        done = repaired({"pkg/x.so": make(member).data}, found, name=name, exclude=(exclude,), platforms=("linux",))
    except TruewheelError:
        return
    assert verify_record(done.wheel, contents=True) == ()
    read(zip_bytes({entry.name: bytes(entry.read()) for entry in done.wheel}), done.wheel.name)
    again = repair(examine(done.wheel), Disk({}), Request(Wishes(exclude=Patterns((exclude,))), ("linux",)))
    assert (again.plan.grafts, again.plan.changes) == ((), ())

"""Which DLLs a wheel for Windows lacks, and where they are found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

import pytest

from tests.ops.fakes import Disk, File, examined
from tests.ops.pe_fakes import ANY_PYTHON, WINDOWS, dll, planned, program, wishes
from tests.strategies.pe import AMD64, ARM64, I386, PeFile
from truewheel.binary import Pe, read_pe
from truewheel.errors import LimitError, RequestError
from truewheel.ops.fates import Fate
from truewheel.ops.pe_closure import Asker, Closure, Members, follow, needs
from truewheel.ops.wishes import Wishes
from truewheel.wheel import Limits

MEMBER = "pkg/_x.pyd"
FOO = dll(name="foo.dll")


def followed(
    files: Mapping[str, bytes] | bytes,
    outside: Mapping[str, bytes] | Disk | None = None,
    wanted: Wishes | None = None,
    *,
    brought: tuple[str, ...] = (),
) -> Closure:
    """The closure of some members, all of which Windows loads."""
    examination = examined(files if isinstance(files, Mapping) else {MEMBER: files})
    askers = tuple(Asker(path, image) for path, image in examination.images.items() if isinstance(image, Pe))
    edges = {(edge.member, edge.needed): edge.provider for edge in examination.graph.edges if edge.provider}
    members = Members(askers, edges, {"amd64": frozenset(brought)})
    return follow(members, outside if isinstance(outside, Disk) else Disk(outside or {}), wanted or Wishes())


def fate(library: str, found: Closure, member: str = MEMBER) -> Fate:
    return found.fates[member, library]


def words(library: str, found: Closure) -> str:
    """What spoke against the files of a name."""
    (lost,) = [each for each in found.lost if each.library == library]
    return "; ".join(lost.against)


class TestFates:
    def test_what_is_found_outside_is_grafted_with_all_that_it_needs(self) -> None:
        outside = {"/lib/foo.dll": dll("bar.dll", "kernel32.dll"), "/lib/bar.dll": dll("foo.dll")}
        found = followed(dll("foo.dll"), outside)
        assert sorted(found.loaded) == ["/lib/bar.dll", "/lib/foo.dll"]
        assert fate("kernel32.dll", found, "/lib/foo.dll") is Fate.GIVEN
        assert found.grafts_of(MEMBER) == ("/lib/foo.dll",)
        assert found.grafts_of("/lib/bar.dll") == ("/lib/foo.dll",)
        assert not found.lost

    @pytest.mark.parametrize(
        "library",
        ["kernel32.dll", "api-ms-win-crt-heap-l1-1-0.dll", "ext-ms-win-x-l1-1-0.dll", "WS2_32.dll", "winspool.drv"],
    )
    def test_what_windows_promises_is_not_looked_for(self, library: str) -> None:
        disk = Disk({f"/lib/{library}": FOO})
        assert fate(library.lower(), followed(dll(library), disk)) is Fate.GIVEN
        assert disk.asked == []

    def test_neither_is_what_all_the_pythons_bring(self) -> None:
        found = followed(dll("VCRUNTIME140.dll"), brought=("vcruntime140.dll",))
        assert fate("vcruntime140.dll", found) is Fate.GIVEN

    @pytest.mark.parametrize(
        ("name", "grafted"),
        [
            (WINDOWS, []),
            ("pkg-1.0-cp38-cp38-win_amd64.whl", ["vcruntime140_1.dll"]),
            ("pkg-1.0-cp38.cp312-abi3-win_amd64.whl", ["vcruntime140_1.dll"]),
            ("pkg-1.0-cp34-cp34m-win_amd64.whl", ["vcruntime140.dll", "vcruntime140_1.dll"]),
            (ANY_PYTHON, ["vcruntime140.dll", "vcruntime140_1.dll"]),
        ],
    )
    def test_what_that_is_follows_from_the_tags(self, name: str, grafted: list[str]) -> None:
        runtime = ("vcruntime140.dll", "vcruntime140_1.dll")
        made = planned({MEMBER: dll(*runtime)}, {f"/lib/{each}": FOO for each in runtime}, name=name)
        assert [graft.library for graft in made.grafts] == grafted

    @pytest.mark.parametrize("library", ["python312.dll", "python3.dll", "python313t.dll", "libpypy3.11-c.dll"])
    def test_the_interpreters_own_is_never_carried(self, library: str) -> None:
        disk = Disk({f"/lib/{library}": FOO})
        assert fate(library, followed(dll(library), disk)) is Fate.PYTHON
        assert disk.asked == []
        with pytest.raises(RequestError, match=f"--include means {library}, the interpreter's own DLL"):
            followed(dll(library), disk, wishes(include=("PYTHON*", "libpypy*")))

    def test_one_in_the_wheel_is_the_wheels(self) -> None:
        assert fate("python312.dll", followed({MEMBER: dll("python312.dll"), "x/Python312.dll": FOO})) is Fate.INSIDE

    @pytest.mark.parametrize("member", ["pkg/foo.dll", "other/deep/FOO.DLL", "foo.dll"])
    def test_what_is_in_the_wheel_in_any_case_stays(self, member: str) -> None:
        found = followed({MEMBER: dll("Foo.dll"), member: FOO}, {"/lib/foo.dll": FOO}, wishes(exclude=("foo.dll",)))
        assert fate("foo.dll", found) is Fate.INSIDE
        assert found.found[MEMBER, "foo.dll"] == member
        assert not found.loaded

    def test_it_answers_those_from_outside_as_well(self) -> None:
        files = {MEMBER: dll("foo.dll"), "b/bar.dll": FOO, "c/bar.dll": FOO, "pkg/zlib1.dll": FOO}
        found = followed(files, {"/lib/foo.dll": dll("Bar.dll", "vcruntime140.dll"), "/lib/bar.dll": FOO})
        assert found.found["/lib/foo.dll", "bar.dll"] == "b/bar.dll"
        assert list(found.loaded) == ["/lib/foo.dll"]

    def test_but_not_in_the_place_of_what_windows_promises(self) -> None:
        files = {MEMBER: dll("foo.dll", "version.dll"), "pkg/version.dll": FOO}
        found = followed(files, {"/lib/foo.dll": dll("version.dll")})
        assert fate("version.dll", found, "/lib/foo.dll") is Fate.GIVEN
        assert fate("version.dll", found) is Fate.INSIDE

    def test_a_program_provides_nothing(self) -> None:
        found = followed({MEMBER: dll("foo.dll"), "a/bar.dll": program()}, {"/lib/foo.dll": dll("bar.dll")})
        assert fate("bar.dll", found, "/lib/foo.dll") is Fate.LOST

    @pytest.mark.parametrize("glob", ["FOO.dll", "f*.DLL", "[e-g]oo.dll"])
    def test_what_is_excluded_is_not_looked_for(self, glob: str) -> None:
        disk = Disk({"/lib/foo.dll": FOO})
        assert fate("foo.dll", followed(dll("Foo.dll"), disk, wishes(exclude=(glob,)))) is Fate.EXCLUDED
        assert disk.asked == []

    def test_it_may_be_excluded_by_its_path(self) -> None:
        found = followed(dll("foo.dll"), Disk({"/CUDA/Foo.dll": FOO}, ("/CUDA",)), wishes(exclude=("/cuda/*",)))
        assert fate("foo.dll", found) is Fate.EXCLUDED
        assert not found.loaded

    @pytest.mark.parametrize("library", ["nvcuda.dll", "vulkan-1.dll"])
    def test_drivers_stay_with_the_machine_unless_they_are_included(self, library: str) -> None:
        disk = Disk({f"/lib/{library}": FOO})
        assert fate(library, followed(dll(library), disk)) is Fate.EXCLUDED
        assert fate(library, followed(dll(library), disk, wishes(include=(library.upper(),)))) is Fate.GRAFTED

    def test_an_include_means_what_windows_promises_too(self) -> None:
        found = followed(dll("version.dll"), {"/lib/Version.dll": FOO}, wishes(include=("VERSION.*",)))
        assert fate("version.dll", found) is Fate.GRAFTED

    @pytest.mark.parametrize("library", ["vcruntime140d.dll", "MSVCP140D.dll", "ucrtbased.dll", "mfc140ud.dll"])
    def test_the_debug_runtime_is_never_carried(self, library: str) -> None:
        found = followed(dll(library), {f"/lib/{library}": FOO})
        assert words(library.lower(), found).endswith("which may not be passed on: build without /MDd")
        with pytest.raises(RequestError, match=r"which is of the debug runtime"):
            followed(dll(), {f"/lib/{library}": FOO}, wishes(include=(library,)))

    def test_the_python_of_msys2_is_never_carried(self) -> None:
        found = followed(dll("libpython3.12.dll"), {"/lib/libpython3.12.dll": FOO})
        assert "is the Python of MSYS2" in words("libpython3.12.dll", found)

    def test_what_came_with_a_later_windows_is_never_carried(self) -> None:
        found = followed(dll("icu.dll"), {"/lib/icu.dll": FOO})
        assert "is a part of Windows that came with Windows 10 version" in words("icu.dll", found)

    def test_a_need_of_the_runtime_that_nobody_has_is_left(self) -> None:
        outside = {"/lib/msvcp140.dll": dll(delayed=["concrt140.dll", "foo.dll"]), "/lib/concrt140.dll": FOO}
        found = followed(dll("msvcp140.dll"), {**outside, "/lib/foo.dll": FOO})
        assert fate("concrt140.dll", found, "/lib/msvcp140.dll") is Fate.OPTIONAL
        assert fate("foo.dll", found, "/lib/msvcp140.dll") is Fate.GRAFTED
        found = followed(dll("msvcp140.dll", "concrt140.dll"), outside)
        assert sorted(found.loaded) == ["/lib/concrt140.dll", "/lib/msvcp140.dll"]


class TestWhatMayWait:
    def test_it_is_grafted_where_it_is_found_and_else_left(self) -> None:
        asking = dll(delayed=["foo.dll", "none.dll"], forwards=["BAR", "more.exe", "ghost", "_x"])
        found = followed(asking, {"/lib/foo.dll": FOO, "/lib/bar.dll": FOO, "/lib/more.exe": FOO})
        fates = {library: kind for (_, library), kind in found.fates.items()}
        assert fates.pop("_x.dll") is Fate.OPTIONAL
        assert fates == {
            "foo.dll": Fate.GRAFTED,
            "none.dll": Fate.OPTIONAL,
            "bar.dll": Fate.GRAFTED,
            "more.exe": Fate.GRAFTED,
            "ghost.dll": Fate.OPTIONAL,
        }
        assert not found.lost

    def test_what_is_needed_at_once_as_well_can_not(self) -> None:
        found = followed(dll("none.dll", delayed=["NONE.dll"], forwards=["none"]))
        assert fate("none.dll", found) is Fate.LOST

    def test_a_file_that_forwards_to_itself_needs_nothing(self) -> None:
        pe = read_pe(dll(forwards=["Foo"]))
        assert needs(Asker("x/foo.DLL", pe)) == {}
        assert needs(Asker("x/bar.dll", pe)) == {"foo.dll": True}


class TestTheSearch:
    def test_files_that_do_not_fit_are_passed_over(self) -> None:
        disk = Disk(
            {
                "/1/foo.dll": b"text",
                "/2/foo.dll": dll(machine=I386),
                "/3/foo.dll": program(),
                "/4/foo.dll": FOO[:300],
                "/5/foo.dll": PeFile(load_config=((200, b"\1"),)).encode(),
                "/6/foo.dll": FOO,
            },
            tuple(f"/{number}" for number in range(1, 7)),
        )
        assert list(followed(dll("foo.dll"), disk).loaded) == ["/6/foo.dll"]
        disk = Disk({path: data for path, data in disk.files.items() if path != "/6/foo.dll"}, disk.folders)
        told = words("foo.dll", followed(dll("foo.dll"), disk))
        assert re.fullmatch(
            "/1/foo.dll is no PE file; /2/foo.dll is for win32; /3/foo.dll is no DLL; "
            "/4/foo.dll can't be used: .*; /5/foo.dll is ARM64EC code, which only x64 programs on ARM load",
            told,
        )

    def test_firmware_is_no_dll(self) -> None:
        data = bytearray(FOO)
        at = data.index((2).to_bytes(2, "little") + (0x160).to_bytes(2, "little"))
        data[at] = 11
        assert "is no DLL" in words("foo.dll", followed(dll("foo.dll"), {"/lib/foo.dll": bytes(data)}))

    def test_one_that_lacks_an_imported_name_is_passed_over(self) -> None:
        disk = Disk({"/1/foo.dll": dll(exports=["a"]), "/2/foo.dll": dll(exports=["a", "b"])}, ("/1", "/2"))
        asking = dll("foo.dll", symbols=["b", "a", "#7"])
        assert list(followed(asking, disk).loaded) == ["/2/foo.dll"]
        disk = Disk({"/1/foo.dll": dll(exports=["a"])}, ("/1",))
        assert words("foo.dll", followed(asking, disk)) == f"/1/foo.dll doesn't export b, which {MEMBER} imports"
        # What is called later, if at all, is no reason to refuse.
        assert list(followed(dll(delayed=["foo.dll"], symbols=["b"]), disk).loaded) == ["/1/foo.dll"]

    def test_a_dll_for_both_kinds_of_code_on_arm_fits(self) -> None:
        both = PeFile(machine=ARM64, load_config=((200, b"\1"),)).encode()
        made = planned(
            {MEMBER: dll("foo.dll", machine=ARM64)}, {"/lib/foo.dll": both}, name=WINDOWS.replace("amd64", "arm64")
        )
        assert [graft.library for graft in made.grafts] == ["foo.dll"]

    def test_a_file_that_asks_is_searched_beside(self) -> None:
        disk = Disk({"/lib/foo.dll": dll("bar.dll")}, ("/lib",))
        followed(dll("foo.dll"), disk)
        assert disk.asked == [("foo.dll", (), ""), ("bar.dll", (), "/lib/foo.dll")]

    @pytest.mark.parametrize(
        "library",
        [
            "..\\foo.dll",
            "/lib/foo.dll",
            "c:foo.dll",
            "..",
            "foo.",
            "foo.dll ",
            "foo*.dll",
            "a\x01.dll",
            f"{'x' * 300}.dll",
        ],
    )
    def test_what_is_no_name_of_a_file_is_not_looked_for(self, library: str) -> None:
        disk = Disk({"/lib/foo.dll": FOO})
        assert words(library, followed(dll(library), disk)) == "it isn't the name of a file"
        assert disk.asked == []
        assert fate(library, followed(dll(delayed=[library]), disk)) is Fate.OPTIONAL
        assert fate(library, followed(dll(library), disk, wishes(exclude=("*",)))) is Fate.EXCLUDED

    def test_all_that_is_lost_is_told(self) -> None:
        with pytest.raises(RequestError, match=r"not found in /lib: a.dll, which pkg/_x.pyd and 1 more need") as raised:
            planned({MEMBER: dll("A.dll", "b.dll"), "pkg/_y.pyd": dll("a.dll")}, {})
        assert raised.value.where.member == MEMBER
        assert "b.dll, which pkg/_x.pyd needs" in raised.value.what
        assert "--exclude 'a.dll'" in raised.value.hint

    def test_too_many_questions_are_not_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("truewheel.ops.pe_closure._MOST_LOOKUPS", 3)
        outside = {f"/lib/{number}.dll": dll(f"{number + 1}.dll") for number in range(4)}
        with pytest.raises(RequestError, match="need more DLLs than can be looked for"):
            followed(dll("0.dll"), outside)

    def test_files_from_outside_have_the_limits_of_members(self) -> None:
        with pytest.raises(LimitError, match=r"/lib/foo\.dll has"):
            followed(dll("foo.dll"), {"/lib/foo.dll": FOO}, Wishes(limits=Limits(member_size=10)))


class TestInclusion:
    OUTSIDE: ClassVar = {
        "/opt/Plug.dll": dll("dep.dll", name="plug.dll"),
        "/lib/dep.dll": FOO,
        "/opt/notes.txt": b"text",
    }

    @pytest.mark.parametrize("glob", ["plug.dll", "PLUG.*", "/opt/Plug.dll"])
    def test_what_is_opened_at_run_time_comes_along(self, glob: str) -> None:
        found = followed(dll(), self.OUTSIDE, wishes(include=(glob,)))
        assert sorted(found.loaded) == ["/lib/dep.dll", "/opt/Plug.dll"]

    @pytest.mark.parametrize("member", ["x/plug.dll", "PLUG.DLL", "x/plug-0123abcd.dll"])
    def test_unless_it_is_there_already(self, member: str) -> None:
        assert not followed({MEMBER: dll(), member: dll()}, self.OUTSIDE, wishes(include=("Plug.dll",))).loaded

    @pytest.mark.parametrize(
        ("glob", "data", "what"),
        [
            ("none.dll", b"", "means no library that anything in the wheel needs, and no file"),
            ("/opt/x.dll", b"text", "means /opt/x.dll, which is no PE file"),
            ("x.dll", dll(machine=I386), "means /opt/x.dll, which is for win32"),
            ("x.dll", program(), "means /opt/x.dll, which is no DLL"),
        ],
    )
    def test_what_means_nothing_is_refused(self, glob: str, data: bytes, what: str) -> None:
        with pytest.raises(RequestError, match=f"--include {glob} {what}"):
            followed(dll(), {"/opt/x.dll": data}, wishes(include=(glob,)))

    def test_a_glob_that_is_needed_may_mean_more(self) -> None:
        outside = {"/lib/foo.dll": FOO, "/lib/foo2.dll": FOO, "/lib/foo.txt": b"", "/lib/foo3.dll": dll(machine=I386)}
        found = followed(dll("foo.dll"), outside, wishes(include=("foo*",)))
        assert sorted(found.loaded) == ["/lib/foo.dll", "/lib/foo2.dll"]


def test_what_was_found_tells_its_file() -> None:
    found = followed(dll("foo.dll"), {"/lib/foo.dll": FOO})
    assert found.loaded["/lib/foo.dll"].file == File("/lib/foo.dll", FOO)
    assert found.of(Fate.GRAFTED) == {"foo.dll": (MEMBER,)}
    assert found.loaded["/lib/foo.dll"].asker.pe.machine == AMD64

"""Where libraries are looked for, and which files dyld would take: chains of run paths, includes, hostile files."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.ops.fakes import Disk, wishes
from tests.ops.mach_fakes import BOTH, SYSTEM, edits, graft_of, mach, module, planned, repaired
from tests.strategies import macho as build
from tests.strategies.macho import ARM64E, BUNDLE, X86_64, X86_64H
from truewheel.binary import read_macho
from truewheel.errors import LimitError, RequestError
from truewheel.ops.macho_closure import Searched, lengthened
from truewheel.ops.wishes import Wishes
from truewheel.wheel import Limits

MEMBER = "pkg/_x.so"
PLUG = mach(id="/p/libplug.dylib")


def asked(files: Mapping[str, bytes], outside: Mapping[str, bytes]) -> list[tuple[str, tuple[str, ...], str]]:
    """What is looked for: names, run paths, and who asks."""
    disk = Disk(outside, folders=())
    planned(files, disk)
    return disk.asked


class TestWhereItIsLookedFor:
    @pytest.mark.parametrize(
        ("library", "rpaths", "question"),
        [
            ("/opt/lib/libx.dylib", (), ("libx.dylib", ("/opt/lib",), "")),
            ("@rpath/libx.dylib", ("@loader_path", "/opt/lib", "/a", "b"), ("libx.dylib", ("/opt/lib", "/a"), "")),
            ("@rpath/sub/libx.dylib", ("/opt/lib",), ("sub/libx.dylib", ("/opt/lib",), "")),
            ("@executable_path/../opt/libx.dylib", (), ("libx.dylib", ("@executable_path/../opt",), "")),
            (
                "/opt/lib/Qt.framework/Versions/A/Qt",
                (),
                ("Qt.framework/Versions/A/Qt", ("/opt/lib",), ""),
            ),
            ("@rpath/Qt.framework/Qt", ("/opt/lib",), ("Qt.framework/Qt", ("/opt/lib",), "")),
            ("@loader_path/../opt/libx.dylib", (), ("libx.dylib", ("@loader_path/../opt",), "")),
            ("libx.dylib", (), ("libx.dylib", (), "")),
            ("@rpath/libx.dylib", (), ("libx.dylib", (), "")),
            ("libx.framework/Versions/A/libx", (), ("libx.framework/Versions/A/libx", (), "")),
            ("/libx.dylib", (), ("libx.dylib", ("/",), "")),
        ],
    )
    def test_for_a_member(
        self, library: str, rpaths: tuple[str, ...], question: tuple[str, tuple[str, ...], str]
    ) -> None:
        disk = Disk({})
        with pytest.raises(RequestError, match="not found"):
            planned({MEMBER: module(library, rpaths=rpaths)}, disk)
        assert disk.asked == [question]

    def test_a_file_from_outside_is_asked_from_where_it_is(self) -> None:
        outside = {
            "/a/liba.dylib": mach("@loader_path/../b/libb.dylib", id="/a/liba.dylib"),
            "/a/../b/libb.dylib": mach("@rpath/libc.dylib", id="/b/libb.dylib", rpaths=["@loader_path/../c"]),
            "/a/../b/../c/libc.dylib": mach(id="libc.dylib"),
        }
        found = asked({MEMBER: module("/a/liba.dylib")}, outside)
        assert found[1:] == [
            ("libb.dylib", ("@loader_path/../b",), "/a/liba.dylib"),
            ("libc.dylib", ("@loader_path/../c",), "/a/../b/libb.dylib"),
        ]

    def test_run_paths_hold_for_the_whole_chain(self) -> None:
        outside = {
            "/o/liba.dylib": mach("@rpath/libb.dylib", id="@rpath/liba.dylib", rpaths=["@loader_path/sub"]),
            "/o/sub/libb.dylib": mach("@rpath/libc.dylib", "@rpath/libd.dylib", id="@rpath/libb.dylib"),
            "/o/sub/libc.dylib": mach(id="@rpath/libc.dylib"),
            "/o/libd.dylib": mach(id="@rpath/libd.dylib"),
        }
        made = planned({MEMBER: module("@rpath/liba.dylib", rpaths=["/o"])}, Disk(outside, folders=()))
        assert {graft.file.path for graft in made.grafts} == set(outside)
        new = graft_of(made, "/o/libd.dylib").member.rpartition("/")[2]
        assert edits(made, "/o/sub/libb.dylib").dylibs["@rpath/libd.dylib"] == f"@loader_path/{new}"

    def test_a_file_that_is_met_twice_is_told_once(self) -> None:
        outside = {"/o/liba.dylib": mach("@rpath/libb.dylib", rpaths=["/x"]), "/o/libb.dylib": b"text"}
        with pytest.raises(RequestError) as caught:
            planned({MEMBER: module("@rpath/liba.dylib", rpaths=["/y"])}, Disk(outside, folders=("/o",)))
        assert caught.value.what.count("/o/libb.dylib is no Mach-O file") == 1

    def test_and_for_members_that_others_load(self) -> None:
        files = {
            MEMBER: module("@loader_path/libown.dylib", rpaths=["/o"]),
            "pkg/libown.dylib": mach("@loader_path/libdeep.dylib"),
            "pkg/libdeep.dylib": mach("@rpath/liba.dylib", "@loader_path/libown.dylib"),
        }
        made = planned(files, Disk({"/o/liba.dylib": mach(id="liba.dylib")}, folders=()))
        assert edits(made, "pkg/libdeep.dylib").dylibs

    def test_a_chain_has_an_end(self) -> None:
        chain: tuple[Searched, ...] = ()
        for number in range(100):
            chain = lengthened(chain, Searched((f"/{number}",), None))
        assert len(chain) == 32
        assert chain[0].rpaths == ("/99",)
        assert lengthened(chain, Searched((), None)) is chain
        assert lengthened(chain, chain[3]) is chain

    def test_one_question_is_asked_once(self) -> None:
        files = {f"pkg/{name}.so": module("/o/libx.dylib") for name in "abc"}
        assert len(asked(files, {"/o/libx.dylib": mach(id="libx.dylib")})) == 1

    def test_the_first_that_fits_is_taken(self) -> None:
        outside = {"/a/libx.dylib": mach(cpu=X86_64), "/b/libx.dylib": mach(id="b"), "/c/libx.dylib": mach(id="c")}
        made = planned({MEMBER: module("@rpath/libx.dylib", rpaths=["/a", "/b", "/c"])}, Disk(outside, folders=("/c",)))
        assert [graft.file.path for graft in made.grafts] == ["/b/libx.dylib"]

    @pytest.mark.parametrize(("variant", "plain"), [(ARM64E, build.ARM64), (X86_64H, X86_64)])
    def test_the_very_processor_counts_before_the_plain_one(
        self, variant: tuple[int, int], plain: tuple[int, int]
    ) -> None:
        both = build.fat(mach(id="plain", cpu=plain, signed=b""), module(cpu=variant, signed=b""))
        with pytest.raises(RequestError, match="is no dynamic library"):
            planned({MEMBER: module("@rpath/libx.dylib", cpu=variant)}, {"/lib/libx.dylib": both}, name=BOTH)


class TestSystemSwift:
    def test_the_run_path_of_a_loader_holds(self) -> None:
        outside = {"/o/liba.dylib": mach("@rpath/libswiftCore.dylib", id="liba.dylib")}
        made = planned({MEMBER: module("/o/liba.dylib", rpaths=["/usr/lib/swift"])}, Disk(outside, folders=()))
        assert ("@rpath/libswiftCore.dylib", (made.grafts[0].member,)) in made.promised

    def test_without_one_it_is_grafted(self) -> None:
        swift = "@rpath/libswiftCore.dylib"
        made = planned({MEMBER: module(swift)}, {"/lib/libswiftCore.dylib": mach(id=swift)})
        assert len(made.grafts) == 1


class TestIncluded:
    def test_a_plugin_keeps_its_name_and_is_found_by_whoever_opens(self) -> None:
        files = {MEMBER: module(opens=True), "pkg/_y.so": module(), "pkg-1.0.data/data/z.so": module(opens=True)}
        made = planned(files, {"/p/libplug.dylib": PLUG}, wishes(include=("libplug.*",)))
        graft = graft_of(made, "/p/libplug.dylib")
        assert (graft.member, graft.library, graft.needed_by) == ("pkg/.dylibs/libplug.dylib", "/p/libplug.dylib", ())
        assert edits(made, "/p/libplug.dylib").install_name == "@rpath/libplug.dylib"
        assert edits(made, MEMBER).rpaths == ("@loader_path/.dylibs",)
        assert [change.member for change in made.changes] == [MEMBER]

    def test_a_file_that_opens_and_has_no_room_does_without(self) -> None:
        made = planned({MEMBER: module(opens=True, room=0)}, {"/p/libplug.dylib": PLUG}, wishes(include=("libplug.*",)))
        assert not made.changes

    def test_its_own_needs_come_too(self) -> None:
        outside = {"/p/plug.so": module("/lib/libx.dylib"), "/lib/libx.dylib": mach(id="/lib/libx.dylib")}
        made = planned({MEMBER: module()}, outside, wishes(include=("plug.so",)))
        new = graft_of(made, "/lib/libx.dylib").member.rpartition("/")[2]
        assert edits(made, "/p/plug.so").dylibs == {"/lib/libx.dylib": f"@loader_path/{new}"}

    def test_the_second_time_it_is_there(self) -> None:
        wanted = wishes(include=("libplug.*",))
        wheel = repaired({MEMBER: module(opens=True)}, {"/p/libplug.dylib": PLUG}, wanted)
        files = {entry.name: bytes(entry.read()) for entry in wheel if ".dist-info" not in entry.name}
        assert not planned(files, {"/p/libplug.dylib": PLUG}, wanted)

    def test_what_the_system_brings(self) -> None:
        outside = {"/lib/libSystem.B.dylib": mach(id=SYSTEM)}
        made = planned({MEMBER: module()}, outside, wishes(include=("libSystem.B.dylib",)))
        assert edits(made, MEMBER).dylibs[SYSTEM].startswith("@loader_path/.dylibs/libSystem.B-")

    @pytest.mark.parametrize(
        ("glob", "data", "words"),
        [
            ("nothing*", PLUG, "no library that anything in the wheel needs, and no file"),
            ("libplug*", b"text", "means /p/libplug.dylib, which is no Mach-O file"),
            ("libplug*", mach(cpu=X86_64), "is for x86_64, which no member is for"),
        ],
    )
    def test_what_means_nothing_is_refused(self, glob: str, data: bytes, words: str) -> None:
        with pytest.raises(RequestError, match=words):
            planned({MEMBER: module()}, {"/p/libplug.dylib": data}, wishes(include=(glob,)))

    def test_a_glob_that_means_something_needed_may_mean_more(self) -> None:
        outside = {"/lib/libx.dylib": mach(id="libx.dylib"), "/p/libxtra.dylib": PLUG, "/p/libx.txt": b"text"}
        made = planned({MEMBER: module("@rpath/libx.dylib")}, outside, wishes(include=("libx*",)))
        assert {graft.file.path for graft in made.grafts} == {"/lib/libx.dylib", "/p/libxtra.dylib"}

    def test_two_that_would_have_one_name_are_refused(self) -> None:
        outside = {"/a/plug.so": module(), "/b/plug.so": module(opens=True)}
        with pytest.raises(RequestError, match=r"/a/plug.so and /b/plug.so would both be pkg/.dylibs/plug.so"):
            planned({MEMBER: module()}, outside, wishes(include=("plug.so",)))

    def test_symbols_that_are_damaged(self) -> None:
        data = bytearray(module(opens=True, signed=b""))
        (part,) = read_macho(data).slices
        assert part.symbols.imports == ("_dlopen",)
        at = data.rindex(b"\0_dlopen\0") - 16  # the only entry of the symbol table stands before its name
        data[at : at + 4] = b"\xff\xff\xff\xff"
        with pytest.raises(RequestError, match="which can't be used: the symbol name at 0xffffffff has no end"):
            planned({MEMBER: module()}, {"/p/plug.so": bytes(data)}, wishes(include=("plug.so",)))

    def test_the_interpreters_library_is_refused(self) -> None:
        with pytest.raises(RequestError, match="the interpreter's own library, which is never grafted"):
            planned({MEMBER: module("@rpath/libpython3.12.dylib")}, {}, wishes(include=("libpython*",)))


class TestHostile:
    def test_thousands_of_run_paths_come_to_an_end(self) -> None:
        rpaths = [f"/{number}" for number in range(2000)]
        wants = [f"@rpath/lib{number}.dylib" for number in range(200)]
        with pytest.raises(RequestError, match="more libraries, in more folders, than can be looked for"):
            planned({MEMBER: module(*wants, rpaths=rpaths)}, Disk({}, folders=()))

    def test_names_as_long_as_they_can_be(self) -> None:
        name = f"/{'x' * 4000}.dylib"
        with pytest.raises(RequestError, match="not found"):
            planned({MEMBER: module(name)})
        made = planned({MEMBER: module(f"@rpath{name}")}, {f"/lib{name}": mach(id=name)})
        assert len(made.grafts[0].member) <= len("pkg/.dylibs/") + 255

    def test_strange_names(self) -> None:
        outside = {"/lib/lib\udcff\\\n$x.dylib": mach(id="/lib/..")}
        made = planned({MEMBER: module("/lib/lib\udcff\\\n$x.dylib")}, outside)
        assert made.grafts[0].member.isascii()

    def test_a_name_without_letters(self) -> None:
        with pytest.raises(RequestError, match="not found"):
            planned({MEMBER: module("", "/", "@rpath/", "@rpath", "@loader_path", "..")})

    def test_a_large_library_is_refused_before_it_is_read(self) -> None:
        with pytest.raises(LimitError, match=r"/lib/libx\.dylib has"):
            planned(
                {MEMBER: module("/lib/libx.dylib")},
                {"/lib/libx.dylib": mach(id="x", contents=bytes(4096))},
                Wishes(limits=Limits(member_size=4096)),
            )

    def test_a_long_chain_of_members(self) -> None:
        files = {f"pkg/lib{n}.dylib": mach(f"@loader_path/lib{n + 1}.dylib", rpaths=["/o"]) for n in range(100)}
        files["pkg/lib100.dylib"] = mach("@rpath/libx.dylib")
        made = planned(files, Disk({"/o/libx.dylib": mach(id="x")}, folders=()))
        assert len(made.grafts) == 1


def test_libraries_that_nobody_links_are_no_bundles() -> None:
    """A plugin may be a bundle, which nothing can be linked with; what is needed may not."""
    with pytest.raises(RequestError, match="is no dynamic library"):
        planned({MEMBER: module("@rpath/x.so")}, {"/lib/x.so": mach(filetype=BUNDLE)})

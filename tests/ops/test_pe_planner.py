"""Plans for wheels of Windows, with DLLs in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ops.fakes import Disk, examined
from tests.ops.pe_fakes import WINDOWS, dll, planned, program, the_change, the_graft, wishes
from tests.strategies.pe import AMD64, ARM64, I386, PeFile
from truewheel import rules
from truewheel.binary.pe_edit import PeChanges
from truewheel.errors import RequestError
from truewheel.ops.fates import sha256_of
from truewheel.ops.grafted_names import grafted_name
from truewheel.ops.libraries import LibraryFile
from truewheel.ops.patterns import Patterns
from truewheel.ops.pe_planner import plan_pe
from truewheel.ops.plan import Plan
from truewheel.ops.repair import Request, repair
from truewheel.ops.wishes import Wishes

MEMBER = "pkg/_x.pyd"
FOO = dll(name="foo.dll")
PACKAGE = {"pkg/__init__.py": b""}


def name_of(name: str, data: bytes) -> str:
    """The name of a graft that loads no others."""
    return grafted_name(name, sha256_of(Disk({"x": data})["x"]))


NEW_FOO = name_of("foo.dll", FOO)


class TestNothingToDo:
    @pytest.mark.parametrize(
        "files",
        [
            {MEMBER: dll()},
            {MEMBER: dll("kernel32.dll", "python312.dll", "vcruntime140.dll")},
            {MEMBER: dll("Foo.dll"), "pkg/foo.dll": FOO},
            {MEMBER: dll("Foo.dll"), "elsewhere/foo.dll": FOO, "pkg/a.py": b"os.add_dll_directory(elsewhere)"},
            {MEMBER: dll(delayed=["none.dll"], forwards=["ghost"])},
            {MEMBER: dll("kernel32.dll", restricted=True)},
            {MEMBER: dll(), "pkg/helper_x86.dll": dll("none.dll", machine=I386)},
            {MEMBER: dll(), "pkg/odd.dll": dll("none.dll", machine=0x1C0)},
            {MEMBER: dll(), "pkg/ec.dll": PeFile(imports=[("none.dll", ())], load_config=((200, b"\1"),)).encode()},
        ],
    )
    def test_the_plan_is_empty_and_false(self, files: Mapping[str, bytes]) -> None:
        made = planned({**PACKAGE, **files})
        assert not made
        assert (made.grafts, made.changes, made.excluded, made.findings, made.sources) == ((), (), (), (), ())

    def test_a_dll_that_nothing_leads_to_is_told(self) -> None:
        made = planned({**PACKAGE, MEMBER: dll("Foo.dll"), "elsewhere/foo.dll": FOO})
        assert not made
        (finding,) = made.findings
        assert (finding.rule, finding.member) == (rules.WIN_OUT_OF_REACH, MEMBER)
        assert finding.message == "needs foo.dll, and nothing leads to elsewhere/foo.dll"

    def test_options_that_mean_nothing_are_told(self) -> None:
        wanted = Wishes(no_mangle=Patterns(("fo.dll", "FOO.dll")), namespaces=("pkg", "pgk.sub"))
        made = planned({**PACKAGE, MEMBER: dll("foo.dll")}, {"/lib/foo.dll": FOO}, wanted)
        assert [(finding.rule, finding.message) for finding in made.findings] == [
            (rules.LIB_EXCLUDE_IDLE, "--namespace-pkg pgk.sub names no package of the wheel"),
            (rules.LIB_EXCLUDE_IDLE, "--no-mangle fo.dll matches no library that is needed; did you mean foo.dll?"),
        ]

    def test_firmware_is_left_alone(self) -> None:
        data = bytearray(dll("none.dll"))
        data[data.index((2).to_bytes(2, "little") + (0x160).to_bytes(2, "little"))] = 10
        assert not planned({MEMBER: dll(), "pkg/boot.dll": bytes(data)})

    def test_what_windows_brings_is_told(self) -> None:
        made = planned({MEMBER: dll("KERNEL32.dll"), "pkg/_y.pyd": dll("kernel32.dll", "vcruntime140.dll")})
        assert made.promised == (("kernel32.dll", (MEMBER, "pkg/_y.pyd")), ("vcruntime140.dll", ("pkg/_y.pyd",)))

    def test_of_a_wheel_with_a_wrong_tag_every_file_counts(self) -> None:
        # The result gets tags that are true, and is to work there.
        helper = {"pkg/cli-64.exe": program("foo.dll")}
        assert not planned({MEMBER: dll(machine=I386), **helper}, name=WINDOWS.replace("win_amd64", "win32"))
        for files in ({MEMBER: dll("foo.dll")}, {MEMBER: dll(), **helper}):
            with pytest.raises(RequestError, match="not found"):
                planned(files, name=WINDOWS.replace("win_amd64", "win32"))

    def test_of_a_wheel_for_any_platform_every_file_counts(self) -> None:
        files = {MEMBER: dll("foo.dll"), "pkg/_y.pyd": dll("foo.dll", machine=I386)}
        disk = Disk({"/64/foo.dll": FOO, "/32/foo.dll": dll(machine=I386)}, ("/64", "/32"))
        made = planned(files, disk, name="pkg-1.0-py3-none-any.whl")
        assert sorted(graft.needed_by for graft in made.grafts) == [(MEMBER,), ("pkg/_y.pyd",)]


class TestAGraft:
    def test_it_gets_a_name_and_whoever_needs_it_asks_for_that(self) -> None:
        made = planned({**PACKAGE, MEMBER: dll("Foo.dll")}, {"/lib/Foo.DLL": FOO})
        graft = the_graft(made, "foo.dll")
        new = name_of("foo.dll", FOO)
        assert new.startswith("foo-")
        assert graft.member == f"pkg/{new}"
        assert (graft.file.path, graft.size, graft.needed_by) == ("/lib/Foo.DLL", len(FOO), (MEMBER,))
        assert graft.sha256 == hashlib.sha256(FOO).hexdigest()
        # Nothing in it asks for another name than before, so not a byte changes.
        assert graft.changes == PeChanges()
        change = the_change(made, MEMBER)
        assert change.changes == PeChanges({"foo.dll": new})
        assert change.reasons == (f"imports {new} instead of foo.dll",)
        assert made.sources == ()
        assert bool(made)

    def test_it_may_be_asked_for_without_the_usual_extension(self) -> None:
        made = planned({MEMBER: dll("FOO", delayed=["bar"]), "pkg/bar.dll": dll()}, {"/lib/foo.dll": FOO})
        new = name_of("foo.dll", FOO)
        assert the_graft(made, "foo.dll").member == f"pkg/{new}"
        assert the_change(made, MEMBER).changes == PeChanges({"foo": new})
        kept = planned({MEMBER: dll("foo")}, {"/lib/foo.dll": FOO}, wishes(no_mangle=("FOO.dll",)))
        assert (the_graft(kept, "foo.dll").member, kept.changes) == ("pkg/foo.dll", ())

    def test_who_needs_it_may_import_from_a_program_too(self) -> None:
        made = planned({MEMBER: dll("tool.exe", "foo.dll"), "pkg/tool.exe": program()}, {"/lib/foo.dll": FOO})
        assert the_graft(made, "foo.dll").needed_by == (MEMBER,)

    def test_one_that_loads_others_is_edited_and_gets_its_new_name(self) -> None:
        outside = {
            "/lib/foo.dll": dll("bar.dll", name="FOO.dll", signed=True),
            "/lib/bar.dll": dll(name="bar.dll", signed=True),
        }
        made = planned({MEMBER: dll("foo.dll")}, outside)
        foo, bar = the_graft(made, "foo.dll"), the_graft(made, "bar.dll")
        new = bar.member.removeprefix("pkg/")
        assert foo.changes == PeChanges({"bar.dll": new}, export_name=foo.member.removeprefix("pkg/"))
        assert foo.reasons == ("its Authenticode signature is dropped, for it is edited",)
        assert (bar.changes, bar.reasons) == (PeChanges(), ())

    def test_one_without_a_name_in_it_gets_none(self) -> None:
        outside = {"/lib/foo.dll": dll("bar.dll"), "/lib/bar.dll": dll()}
        assert the_graft(planned({MEMBER: dll("foo.dll")}, outside), "foo.dll").changes.export_name is None

    def test_a_signature_of_a_member_that_is_edited_is_told(self) -> None:
        change = the_change(planned({MEMBER: dll("foo.dll", signed=True)}, {"/lib/foo.dll": FOO}), MEMBER)
        assert change.reasons[1:] == ("its Authenticode signature is dropped, for it is edited",)

    @pytest.mark.parametrize("inside", [True, False])
    def test_a_search_of_windows_own_folders_alone_is_widened(self, inside: bool) -> None:
        files = {MEMBER: dll("foo.dll", restricted=True)} | ({"pkg/foo.dll": FOO} if inside else {})
        changes = the_change(planned(files, {"/lib/foo.dll": FOO}), MEMBER)
        assert changes.changes.search_freely
        assert changes.reasons[-1] == "its DLLs are no longer looked for in the folders of Windows alone"

    def test_what_it_loads_later_is_renamed_as_well(self) -> None:
        change = the_change(planned({MEMBER: dll(delayed=["FOO.dll"])}, {"/lib/foo.dll": FOO}), MEMBER)
        assert change.changes.dlls == {"foo.dll": NEW_FOO}

    def test_a_link_to_it_counts_as_the_file(self) -> None:
        class Linked(Disk):
            """A folder in which one file has two names."""

            def candidates(self, name: str, *rest: object, **more: object) -> Iterator[LibraryFile]:
                del rest, more
                yield from (self["/lib/foo-1.2.dll"],) if name in {"foo.dll", "libfoo.dll"} else ()

        made = planned({MEMBER: dll("foo.dll", "libfoo.dll")}, Linked({"/lib/foo-1.2.dll": FOO}))
        (graft,) = made.grafts
        assert (graft.library, graft.member) == ("foo.dll", f"pkg/{NEW_FOO}")
        assert the_change(made, MEMBER).changes.dlls == {"foo.dll": NEW_FOO, "libfoo.dll": NEW_FOO}
        files = {MEMBER: dll("foo.dll", forwards=["libfoo"])}
        (graft,) = planned(files, Linked({"/lib/foo-1.2.dll": FOO})).grafts
        assert (graft.library, graft.member) == ("libfoo.dll", "pkg/libfoo.dll")
        with pytest.raises(RequestError, match=r"asked for as foo\.dll and as libfoo\.dll, and neither can be changed"):
            planned({MEMBER: dll(forwards=["foo", "libfoo"])}, Linked({"/lib/foo-1.2.dll": FOO}))

    def test_a_place_that_is_taken_is_refused(self) -> None:
        with pytest.raises(RequestError, match=f"there is a pkg/{NEW_FOO} in the wheel already"):
            planned({MEMBER: dll("foo.dll"), f"pkg/{NEW_FOO}": b"text"}, {"/lib/foo.dll": FOO})
        with pytest.raises(RequestError, match="can't be a new member: "):
            planned({MEMBER: dll("foo.dll"), f"pkg/{NEW_FOO.upper()}": b"text"}, {"/lib/foo.dll": FOO})

    @pytest.mark.parametrize("folder", ["/../x", ":x", "\n", " "])
    def test_so_is_a_folder_that_no_wheel_may_hold(self, folder: str) -> None:
        files = {**PACKAGE, MEMBER: dll("foo.dll"), "pkg/a/_y.pyd": dll("foo.dll")}
        with pytest.raises(RequestError, match="can't be a new member: "):
            planned(files, {"/lib/foo.dll": FOO}, Wishes(folder=folder))


class TestNames:
    def test_the_hash_tells_what_a_file_loads(self) -> None:
        """Two wheels that bring one DLL over two builds of another must not share its name."""
        foo = dll("bar.dll", name="foo.dll")
        names = [
            the_graft(
                planned({MEMBER: dll("foo.dll")}, {"/lib/foo.dll": foo, "/lib/bar.dll": bar}, wanted), "foo.dll"
            ).member
            for bar in (dll(), dll("version.dll"))
            for wanted in (wishes(), wishes(no_mangle=("bar.dll",)))
        ]
        assert len(set(names)) == 4

    def test_circles_have_names_too(self) -> None:
        outside = {"/lib/a.dll": dll("b.dll"), "/lib/b.dll": dll("c.dll"), "/lib/c.dll": dll("a.dll", "c.dll")}
        made = planned({MEMBER: dll("a.dll"), "pkg/_y.pyd": dll("c.dll")}, outside)
        assert len({graft.member for graft in made.grafts}) == 3
        assert all(graft.changes.dlls for graft in made.grafts)

    @pytest.mark.parametrize("glob", ["FOO.dll", "*", "f*"])
    def test_those_that_are_not_to_be_mangled_keep_theirs(self, glob: str) -> None:
        made = planned({MEMBER: dll("FOO.dll", signed=True)}, {"/lib/Foo.dll": FOO}, wishes(no_mangle=(glob,)))
        assert the_graft(made, "foo.dll").member == "pkg/foo.dll"
        assert made.changes == ()

    @pytest.mark.parametrize("glob", [(), ("*",)])
    def test_it_does_not_matter_how_a_disk_spells_them(self, glob: tuple[str, ...]) -> None:
        paths = ("/lib/foo.dll", "/lib/Foo.dll", "/lib/FOO.DLL")
        made = [planned({MEMBER: dll("FOO.dll")}, {path: FOO}, wishes(no_mangle=glob)) for path in paths]
        assert len({graft.member for plan in made for graft in plan.grafts}) == 1

    def test_who_loads_only_such_keeps_every_byte(self) -> None:
        outside = {"/lib/foo.dll": dll("bar.dll", name="foo.dll", signed=True), "/lib/bar.dll": dll()}
        foo = the_graft(planned({MEMBER: dll("foo.dll")}, outside, wishes(no_mangle=("bar*",))), "foo.dll")
        assert (foo.changes, foo.reasons) == (PeChanges(), ())
        assert foo.member != "pkg/foo.dll"

    def test_what_exports_are_forwarded_to_can_not_be_renamed(self) -> None:
        outside = {"/lib/foo.dll": FOO, "/lib/bar.dll": dll(forwards=["foo"])}
        made = planned({MEMBER: dll("foo.dll", "bar.dll")}, outside)
        assert the_graft(made, "foo.dll").member == "pkg/foo.dll"
        assert list(the_change(made, MEMBER).changes.dlls) == ["bar.dll"]

    @pytest.mark.parametrize(
        "fixed",
        [
            PeFile(imports=[("foo.dll", ())], flags=0x1E0),
            PeFile(imports=[("foo.dll", ())], machine=ARM64, load_config=((200, b"\1"), (78, b"\0\x08"))),
        ],
    )
    def test_neither_can_what_a_file_imports_that_can_not_be_edited(self, fixed: PeFile) -> None:
        arch = "amd64" if fixed.machine == AMD64 else "arm64"
        outside = {"/lib/bar.dll": fixed.encode(), "/lib/foo.dll": dll(machine=fixed.machine)}
        files = {MEMBER: dll("foo.dll", "bar.dll", machine=fixed.machine)}
        made = planned(files, outside, name=WINDOWS.replace("amd64", arch))
        assert the_graft(made, "foo.dll").member == "pkg/foo.dll"
        assert not the_graft(made, "bar.dll").changes
        assert the_graft(made, "bar.dll").member != "pkg/bar.dll"

    def test_the_part_of_the_runtime_that_pythons_have_keeps_its_name(self) -> None:
        """So that Microsoft's other parts, which import it, stay as they are."""
        outside = {
            "/vc/msvcp140.dll": dll("VCRUNTIME140.dll", "vcruntime140_1.dll", name="MSVCP140.dll", signed=True),
            "/vc/vcruntime140.dll": dll(signed=True),
            "/vc/vcruntime140_1.dll": dll("vcruntime140.dll", signed=True),
        }
        files = {MEMBER: dll("MSVCP140.dll", "VCRUNTIME140.dll")}
        made = planned(files, Disk(outside, ("/vc",)), name=WINDOWS.replace("cp312-cp312", "py3-none"))
        assert not any(graft.changes or graft.reasons for graft in made.grafts)
        members = [graft.member for graft in made.grafts]
        assert members[1:] == ["pkg/vcruntime140.dll", "pkg/vcruntime140_1.dll"]
        assert list(the_change(made, MEMBER).changes.dlls) == ["msvcp140.dll"]

    def test_an_included_one_is_mangled_where_something_imports_it(self) -> None:
        outside = {"/lib/plug.dll": dll(), "/lib/other.dll": dll("plug.dll")}
        made = planned({MEMBER: dll()}, outside, wishes(include=("plug.dll", "other.dll")))
        assert the_graft(made, "other.dll").member == "pkg/other.dll"
        assert the_graft(made, "plug.dll").member == f"pkg/{name_of('plug.dll', outside['/lib/plug.dll'])}"

    def test_two_of_one_name_are_two(self) -> None:
        class Near(Disk):
            """A disk that searches beside the file that asks, as Windows' linkers are told to."""

            def candidates(
                self,
                name: str,
                run_paths: tuple[str, ...] = (),
                beside: LibraryFile | None = None,
                *,
                kind: str = "elf",
            ) -> Iterator[LibraryFile]:
                folder = beside.path.rpartition("/")[0] if beside else "/1"
                yield from Disk(self.files, (folder, *self.folders)).candidates(name, run_paths, beside, kind=kind)

        files = {"/1/foo.dll": dll("baz.dll"), "/1/baz.dll": dll(), "/2/bar.dll": dll("baz.dll"), "/2/baz.dll": FOO}
        asking = {MEMBER: dll("foo.dll", "bar.dll")}
        made = planned(asking, Near(files, ("/2",)))
        assert sorted(graft.file.path for graft in made.grafts if graft.library == "baz.dll") == [
            "/1/baz.dll",
            "/2/baz.dll",
        ]
        with pytest.raises(RequestError, match=r"different files that would both be called baz\.dll"):
            planned(asking, Near(files, ("/2",)), wishes(no_mangle=("baz.dll",)))
        (baz,) = (
            g for g in planned(asking, Near({**files, "/1/baz.dll": FOO}, ("/2",))).grafts if g.library == "baz.dll"
        )
        assert len(baz.needed_by) == 2

    def test_files_for_two_processors_may_share_theirs(self) -> None:
        disk = Disk({"/64/foo.dll": FOO, "/32/foo.dll": dll(machine=I386)}, ("/64", "/32"))
        name = WINDOWS.replace("win_amd64", "win32.win_amd64")
        files = {"pkg/a/_x.pyd": dll("foo.dll"), "pkg/b/_y.pyd": dll("foo.dll", machine=I386)}
        made = planned(files, disk, wishes(no_mangle=("*",)), name=name)
        assert [graft.member for graft in made.grafts] == ["pkg/a/foo.dll", "pkg/b/foo.dll"]
        with pytest.raises(RequestError, match="different files"):
            planned(
                {"_x.pyd": files["pkg/a/_x.pyd"], "_y.pyd": files["pkg/b/_y.pyd"]}, disk, wishes(no_mangle=("*",)), name
            )


class TestWhatIsTold:
    def test_what_is_left_to_others(self) -> None:
        files = {MEMBER: dll("foo.dll", "nvcuda.dll"), "pkg/_y.pyd": dll("bar.dll")}
        outside = {"/lib/foo.dll": FOO, "/lib/bar.dll": dll("foo.dll")}
        made = planned(files, outside, wishes(exclude=("FOO.DLL",)))
        bar = the_graft(made, "bar.dll").member
        assert made.excluded == (("foo.dll", tuple(sorted((MEMBER, bar)))), ("nvcuda.dll", (MEMBER,)))
        assert made.findings == ()

    @pytest.mark.parametrize(
        ("glob", "told"),
        [
            ("Fooo.dll", "--exclude Fooo.dll matches no library that is needed; did you mean foo.dll?"),
            ("torch*", "--exclude torch* matches no library that is needed"),
        ],
    )
    def test_an_exclusion_that_excludes_nothing(self, glob: str, told: str) -> None:
        made = planned({MEMBER: dll("foo.dll")}, {"/Lib/foo.dll": FOO}, wishes(exclude=(glob, "f[o]*")))
        assert [(finding.rule, finding.message) for finding in made.findings] == [(rules.LIB_EXCLUDE_IDLE, told)]

    def test_an_exclusion_by_path_is_not_idle(self) -> None:
        disk = Disk({"/CUDA/foo.dll": FOO}, ("/CUDA",))
        assert planned({MEMBER: dll("foo.dll")}, disk, wishes(exclude=("/cuda/*",))).findings == ()

    def test_a_driver_that_is_carried(self) -> None:
        made = planned({MEMBER: dll("nvcuda.dll")}, {"/lib/nvcuda.dll": FOO}, wishes(include=("nvcuda.dll",)))
        (finding,) = made.findings
        assert (finding.rule, finding.member) == (rules.LIB_DRIVER, made.grafts[0].member)

    @pytest.mark.parametrize(
        ("linkers", "told"),
        [
            (((14, 29), (14, 44)), True),
            (((14, 42), (14, 44)), False),
            (((14, 29), (2, 44)), False),
            (((12, 0), (14, 4)), False),
        ],
    )
    def test_a_runtime_that_is_older_than_its_user(self, linkers: tuple[tuple[int, int], ...], told: bool) -> None:
        old, new = (
            linked(data, linker) for data, linker in zip((FOO, dll("msvcp140.dll", "foo.dll")), linkers, strict=True)
        )
        made = planned({MEMBER: new}, {"/lib/msvcp140.dll": old, "/lib/foo.dll": old})
        assert [(finding.rule, finding.member) for finding in made.findings] == (
            [(rules.WIN_RUNTIME_OLDER, the_graft(made, "msvcp140.dll").member)] if told else []
        )
        if told:
            assert made.findings[0].message == (
                f"msvcp140.dll 14.29 from /lib/msvcp140.dll is older than {MEMBER}, which was linked with 14.44"
            )

    def test_a_source_that_nobody_understands(self) -> None:
        files = {"pkg/__init__.py": b"'", MEMBER: dll("foo.dll"), "pkg/a/_y.pyd": dll("foo.dll")}
        with pytest.raises(RequestError, match="a string has no end") as raised:
            planned(files, {"/lib/foo.dll": FOO})
        assert raised.value.where.member == "pkg/__init__.py"


def linked(data: bytes, version: tuple[int, int]) -> bytes:
    """A PE file with the version of the linker that made it (the two bytes behind the magic of the optional header)."""
    at = data.index(b"PE\0\0") + 26
    return data[:at] + bytes(version) + data[at + 2 :]


class TestTheOrderHasNoMeaning:
    FILES: ClassVar = {
        "pkg/__init__.py": b"",
        "pkg/b.pyd": dll("foo.dll", "nvcuda.dll"),
        "pkg/a/a.pyd": dll("foo.dll", "bar.dll", "kernel32.dll"),
        "space/x.pyd": dll("circ.dll"),
        "lib/inside.dll": dll(),
        "pkg-1.0.data/scripts/tool.exe": program("bar.dll"),
    }
    OUTSIDE: ClassVar = {
        "/lib/foo.dll": dll("bar.dll", "circ.dll", name="foo.dll"),
        "/lib/circ.dll": dll("foo.dll", "inside.dll", delayed=["ghost.dll"]),
        "/lib/bar.dll": dll(forwards=["fwd"]),
        "/lib/fwd.dll": dll(signed=True),
        "/p/plug.dll": dll("bar.dll"),
    }

    def plan_of(self, files: Mapping[str, bytes], outside: Mapping[str, bytes]) -> Plan[PeChanges]:
        wanted = wishes(exclude=("nope.dll",), include=("plug.dll",))
        examination = examined(files, WINDOWS)
        images = dict(sorted(examination.images.items(), key=lambda item: list(files).index(item[0])))
        return plan_pe(replace(examination, images=images), Disk(outside), wanted)

    @given(st.permutations(list(FILES)), st.permutations(list(OUTSIDE)))
    def test_shuffled(self, files: list[str], outside: list[str]) -> None:
        expected = self.plan_of(self.FILES, self.OUTSIDE)
        assert len({graft.library for graft in expected.grafts}) == 5
        assert len(expected.grafts) > 10
        shuffled = {path: self.FILES[path] for path in files}, {path: self.OUTSIDE[path] for path in outside}
        assert self.plan_of(*shuffled) == expected


class TestApplied:
    """The plan carried out: what comes of it needs no repair."""

    FILES: ClassVar = {
        "pkg/__init__.py": b'"""Doc."""\r\n',
        "pkg/b.pyd": dll("foo.dll"),
        "pkg/a/a.pyd": dll("foo.dll", restricted=True, signed=True),
        "_top.pyd": dll("bar.dll"),
    }
    OUTSIDE: ClassVar = {"/lib/foo.dll": dll("bar.dll", name="foo.dll", signed=True), "/lib/bar.dll": dll(signed=True)}

    def test_a_repaired_wheel_is_complete(self) -> None:
        done = repair(examined(self.FILES, WINDOWS), Disk(self.OUTSIDE), Request(Wishes()))
        files = {entry.name: bytes(entry.read()) for entry in done.wheel if ".dist-info" not in entry.name}
        assert len(files) == 7
        assert files["pkg/__init__.py"] == done.plan.sources[0].data
        kept = [path for path, data in files.items() if data == self.OUTSIDE["/lib/bar.dll"]]
        assert sorted(path.rpartition("/")[0] for path in kept) == ["", "pkg.libs"]
        again = repair(examined(files, WINDOWS), Disk({}), Request(Wishes()))
        assert not again.plan
        assert (again.plan.promised, again.plan.excluded) == ((), ())
        assert not again.findings


class Named(Disk):
    """A folder that knows its files by their names."""

    def candidates(self, name: str, *rest: object, **more: object) -> Iterator[LibraryFile]:
        del rest, more
        yield self[f"/lib/{name}"]


def test_thousands_of_names_are_no_burden() -> None:
    names = [f"lib{number}.dll" for number in range(3000)]
    outside = {f"/lib/{name}": dll(*names[number + 1 : number + 2]) for number, name in enumerate(names)}
    made = planned({MEMBER: dll(*names[:100])}, Named(outside))
    assert len(made.grafts) == 3000

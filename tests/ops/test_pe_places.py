"""Where grafted DLLs lie: beside their users, or in a folder to which packages lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest

from tests.ops.pe_fakes import dll, planned, program, the_change, the_source, wishes
from tests.strategies.pe import PeFile
from truewheel.binary.pe_edit import PeChanges
from truewheel.ops.plan import Plan
from truewheel.ops.python_source import with_dlls
from truewheel.ops.wishes import Wishes
from truewheel.rules import WIN_OUT_OF_REACH

OUTSIDE = {"/lib/foo.dll": dll("bar.dll"), "/lib/bar.dll": dll()}
FOO = dll("foo.dll")
BAR = dll("bar.dll")
PACKAGE = {"pkg/__init__.py": b""}


def places(made: Plan[PeChanges]) -> list[str]:
    """The places of grafts, with names as they were."""
    return [f"{graft.member.rpartition('/')[0]}/{graft.library}" for graft in made.grafts]


def plan(files: Mapping[str, bytes], wanted: Wishes | None = None) -> Plan[PeChanges]:
    return planned(files, OUTSIDE, wanted)


class TestBeside:
    @pytest.mark.parametrize(
        "folder", ["pkg", "pkg/a/b", "space/pkg", "pkg-1.0.data/platlib/pkg", "pkg-1.0.data/scripts", "pkg.libs"]
    )
    def test_grafts_lie_beside_users_in_one_folder(self, folder: str) -> None:
        made = plan({**PACKAGE, f"{folder}/_x.pyd": FOO, f"{folder}/_y.pyd": BAR})
        assert places(made) == [f"{folder}/bar.dll", f"{folder}/foo.dll"]
        assert made.sources == ()
        bar, foo = made.grafts
        assert set(bar.needed_by) == {f"{folder}/_y.pyd", foo.member}
        assert foo.needed_by == (f"{folder}/_x.pyd",)

    def test_modules_at_the_root_too(self) -> None:
        made = plan({**PACKAGE, "_x.pyd": FOO, "_y.pyd": BAR})
        assert places(made) == ["/bar.dll", "/foo.dll"]
        assert all("/" not in graft.member for graft in made.grafts)

    def test_users_that_share_nothing_each_have_their_own(self) -> None:
        files = {**PACKAGE, "pkg/a/_x.pyd": dll("one.dll"), "pkg/b/_y.pyd": dll("two.dll")}
        made = planned(files, {"/lib/one.dll": dll(), "/lib/two.dll": dll("kernel32.dll")})
        assert places(made) == ["pkg/a/one.dll", "pkg/b/two.dll"]

    def test_the_installed_folder_counts(self) -> None:
        made = plan({**PACKAGE, "pkg/_x.pyd": FOO, "pkg-1.0.data/purelib/pkg/_y.pyd": BAR})
        assert places(made) == ["pkg/bar.dll", "pkg/foo.dll"]
        assert not made.sources


class TestAFolderOfTheirOwn:
    FILES: ClassVar = {**PACKAGE, "pkg/a/_x.pyd": FOO, "pkg/b/_y.pyd": BAR}

    def test_the_package_leads_there(self) -> None:
        made = plan(self.FILES)
        assert places(made) == ["pkg.libs/bar.dll", "pkg.libs/foo.dll"]
        source = the_source(made, "pkg/__init__.py")
        assert source.data == with_dlls(b"", ["../pkg.libs"], member="")
        assert source.reasons == ("adds ../pkg.libs to the folders that Windows searches for DLLs",)
        bar, foo = made.grafts
        assert bar.needed_by == ("pkg.libs/" + foo.member.rpartition("/")[2], "pkg/b/_y.pyd")

    def test_it_has_the_name_that_was_asked_for(self) -> None:
        made = plan(self.FILES, Wishes(folder="_dlls"))
        assert places(made) == ["pkg_dlls/bar.dll", "pkg_dlls/foo.dll"]
        assert made.sources[0].data == with_dlls(b"", ["../pkg_dlls"], member="")

    def test_it_may_be_the_package_itself(self) -> None:
        made = plan(self.FILES, Wishes(folder=""))
        assert places(made) == ["pkg/bar.dll", "pkg/foo.dll"]
        assert made.sources[0].data == with_dlls(b"", ["."], member="")

    def test_a_source_that_leads_there_already_stays(self) -> None:
        patched = the_source(plan(self.FILES), "pkg/__init__.py").data
        assert plan({**self.FILES, "pkg/__init__.py": patched}).sources == ()

    def test_the_topmost_source_is_the_one(self) -> None:
        made = plan({**self.FILES, "pkg/a/__init__.py": b"", "other/__init__.py": b"", "other/c/_z.pyd": FOO})
        assert [source.member for source in made.sources] == ["other/__init__.py", "pkg/__init__.py"]

    def test_one_below_a_folder_without_any_leads_from_there(self) -> None:
        files = {"space/pkg/__init__.py": b"", "space/pkg/a/_x.pyd": FOO, "space/pkg/b/_y.pyd": BAR}
        made = plan(files)
        assert the_source(made, "space/pkg/__init__.py").data == with_dlls(b"", ["../../pkg.libs"], member="")

    @pytest.mark.parametrize(
        "shared",
        [
            b"__path__ = __import__('pkgutil').extend_path(__path__, __name__)",
            b"from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)",
            b"__import__('pkg_resources').declare_namespace(__name__)",
        ],
    )
    def test_namespaces_are_not_patched(self, shared: bytes) -> None:
        files = {"space/__init__.py": shared, "space/pkg/__init__.py": b"", "space/pkg/_x.pyd": FOO}
        made = plan({**files, "space/pkg/b/_y.pyd": BAR})
        assert [source.member for source in made.sources] == ["space/pkg/__init__.py"]

    @pytest.mark.parametrize("compiled", ["__init__.pyd", "__init__.cp312-win_amd64.pyd"])
    def test_neither_is_what_never_runs(self, compiled: str) -> None:
        files = {"pkg/__init__.py": b"", f"pkg/{compiled}": FOO, "pkg/b/_y.pyd": FOO, "pkg/b/__init__.py": b""}
        made = plan(files)
        assert made.sources == ()
        assert {"pkg/foo.dll", "pkg/b/foo.dll"} <= set(places(made))

    @pytest.mark.parametrize("namespace", ["space", "space.pkg"])
    def test_neither_are_those_that_were_named(self, namespace: str) -> None:
        below = {"space/pkg/a/_x.pyd": FOO, "space/pkg/b/_y.pyd": BAR, "space/pkg/b/__init__.py": b""}
        files = {"space/__init__.py": b"", "space/pkg/__init__.py": b"", **below}
        made = plan(files, wishes(namespaces=(namespace, "elsewhere")))
        expected = ["space/pkg/__init__.py"] if namespace == "space" else []
        assert [source.member for source in made.sources] == expected

    def test_a_source_in_each_scheme_is_patched(self) -> None:
        files = {**self.FILES, "pkg-1.0.data/platlib/pkg/__init__.py": b"x = 1\n"}
        assert [s.member for s in plan(files).sources] == ["pkg-1.0.data/platlib/pkg/__init__.py", "pkg/__init__.py"]

    def test_a_folder_of_the_wheel_that_a_graft_needs_is_added(self) -> None:
        files = {**PACKAGE, "pkg/_x.pyd": FOO, "pkg/lib/bar.dll": dll()}
        made = plan(files)
        assert places(made) == ["pkg.libs/foo.dll"]
        assert made.sources[0].data == with_dlls(b"", ["../pkg.libs", "lib"], member="")
        assert made.findings == ()

    def test_one_beside_its_users_is_there_already(self) -> None:
        made = plan({**PACKAGE, "pkg/_x.pyd": FOO, "pkg/bar.dll": dll()})
        assert (places(made), made.sources) == (["pkg/foo.dll"], ())


class TestCopies:
    def test_what_no_package_leads_has_its_own(self) -> None:
        made = plan({**PACKAGE, "pkg/a/_x.pyd": BAR, "pkg/b/_y.pyd": BAR, "_z.pyd": FOO, "space/_w.pyd": BAR})
        assert places(made) == ["/bar.dll", "/foo.dll", "pkg.libs/bar.dll", "space/bar.dll"]
        name, foo = made.grafts[0].member, made.grafts[1].member
        assert {graft.member: graft.needed_by for graft in made.grafts if graft.library == "bar.dll"} == {
            name: ("_z.pyd", foo)[1:],
            f"pkg.libs/{name}": ("pkg/a/_x.pyd", "pkg/b/_y.pyd"),
            f"space/{name}": ("space/_w.pyd",),
        }
        assert len({graft.changes.export_name for graft in made.grafts}) == 1
        assert [source.member for source in made.sources] == ["pkg/__init__.py"]

    def test_one_folder_of_a_package_needs_no_lead_for_them(self) -> None:
        made = plan({**PACKAGE, "pkg/_x.pyd": BAR, "pkg-1.0.data/scripts/tool.exe": program("bar.dll")})
        assert places(made) == ["pkg-1.0.data/scripts/bar.dll", "pkg/bar.dll"]
        assert made.sources == ()

    def test_before_a_program_nothing_runs(self) -> None:
        made = plan({**PACKAGE, "pkg/a/_x.pyd": BAR, "pkg/b/_y.pyd": BAR, "pkg/bin/tool.exe": program("bar.dll")})
        assert places(made) == ["pkg.libs/bar.dll", "pkg/bin/bar.dll"]

    def test_a_program_finds_what_others_need_that_it_loads(self) -> None:
        tool = program("own.dll", "other.dll")
        files = {**PACKAGE, "pkg/bin/tool.exe": tool, "pkg/bin/own.dll": dll("own2.dll"), "pkg/bin/own2.dll": BAR}
        made = plan({**files, "pkg/bin/other.dll": dll("own.dll"), "pkg/a/_x.pyd": BAR, "pkg/b/_y.pyd": BAR})
        assert places(made) == ["pkg.libs/bar.dll", "pkg/bin/bar.dll"]
        assert list(the_change(made, "pkg/bin/own2.dll").changes.dlls) == ["bar.dll"]

    def test_be_it_by_way_of_a_graft(self) -> None:
        outside = {"/lib/out.dll": dll("own.dll"), "/lib/bar.dll": dll()}
        files = {**PACKAGE, "pkg/sub/own.dll": BAR, "pkg/_x.pyd": BAR, "pkg/bin/tool.exe": program("out.dll")}
        assert places(planned(files, outside)) == ["pkg.libs/bar.dll", "pkg/bin/bar.dll", "pkg/bin/out.dll"]

    def test_a_dll_outside_of_packages_is_led_by_those_that_load_it(self) -> None:
        files = {**PACKAGE, "pkg/_x.pyd": dll("own.dll", "bar.dll"), ".hidden/own.dll": dll("own2.dll")}
        made = plan({**files, "more/own2.dll": dll("bar.dll", "own.dll")})
        assert places(made) == ["pkg.libs/bar.dll"]
        assert [source.member for source in made.sources] == ["pkg/__init__.py"]

    def test_but_not_if_others_load_it_as_well(self) -> None:
        files = {"_top.pyd": dll("a.dll"), "a.dll": dll("b.dll", "bar.dll"), "pkg/b.dll": dll("a.dll", "bar.dll")}
        assert places(plan({**PACKAGE, **files})) == ["/bar.dll", "pkg/bar.dll"]

    def test_one_in_a_package_that_others_load_has_copies_too(self) -> None:
        files = {**PACKAGE, "_top.pyd": dll("own.dll"), "pkg/sub/own.dll": dll("bar.dll"), "pkg/_x.pyd": dll("bar.dll")}
        made = plan(files)
        assert (places(made), made.sources) == (["pkg/bar.dll", "pkg/sub/bar.dll"], ())

    def test_of_several_packages_that_load_it_each_leads(self) -> None:
        files = {**PACKAGE, "pkg/sub/own.dll": dll("bar.dll"), "pkg/_x.pyd": dll("bar.dll"), "other/__init__.py": b""}
        made = plan({**files, "other/_y.pyd": dll("own.dll")})
        assert places(made) == ["pkg.libs/bar.dll"]
        assert [source.member for source in made.sources] == ["other/__init__.py", "pkg/__init__.py"]

    def test_a_dll_of_an_earlier_repair_has_what_it_needs_beside_it(self) -> None:
        files = {**PACKAGE, "pkg/a/_x.pyd": dll("baz-01234567.dll"), "pkg.libs/baz-01234567.dll": BAR}
        made = plan({**files, "pkg/b/_y.pyd": dll("baz-01234567.dll")})
        assert (places(made), made.sources) == (["pkg.libs/bar.dll"], ())

    def test_what_nothing_leads_to_is_told(self) -> None:
        made = plan({**PACKAGE, "_x.pyd": FOO, "pkg/lib/bar.dll": dll()})
        (finding,) = made.findings
        assert (finding.rule, finding.member) == (WIN_OUT_OF_REACH, made.grafts[0].member)
        assert finding.message == "needs bar.dll, and nothing leads to pkg/lib/bar.dll"

    def test_what_lies_outside_of_packages_can_not_be_led_to(self) -> None:
        made = plan({**PACKAGE, "pkg/_x.pyd": FOO, "pkg-1.0.data/scripts/bar.dll": dll()})
        assert (places(made), made.sources) == (["pkg/foo.dll"], ())
        assert [finding.rule for finding in made.findings] == [WIN_OUT_OF_REACH]


class TestPlugins:
    OUTSIDE: ClassVar = {"/opt/plug.dll": dll("dep.dll"), "/lib/dep.dll": dll()}

    def test_they_lie_beside_whoever_may_open_them(self) -> None:
        made = planned({**PACKAGE, "pkg/_x.pyd": dll()}, self.OUTSIDE, wishes(include=("plug.dll",)))
        assert places(made) == ["pkg/dep.dll", "pkg/plug.dll"]
        plug = made.grafts[1]
        assert (plug.member, plug.needed_by) == ("pkg/plug.dll", ())
        assert not made.changes

    def test_or_where_packages_lead(self) -> None:
        files = {**PACKAGE, "pkg/_x.pyd": dll(), "pkg/a/_y.pyd": dll(), "pkg-1.0.data/scripts/tool.exe": program()}
        made = planned(files, self.OUTSIDE, wishes(include=("plug.dll",)))
        assert places(made) == ["pkg.libs/dep.dll", "pkg.libs/plug.dll"]
        assert [source.member for source in made.sources] == ["pkg/__init__.py"]

    def test_without_a_package_everybody_may(self) -> None:
        files = {"_x.pyd": dll(), "pkg-1.0.data/scripts/tool.exe": program()}
        made = planned(files, self.OUTSIDE, wishes(include=("plug.dll",)))
        assert places(made) == [
            "/dep.dll",
            "pkg-1.0.data/scripts/dep.dll",
            "pkg-1.0.data/scripts/plug.dll",
            "/plug.dll",
        ]


class TestWhatIsCalledForLate:
    """Plain LoadLibrary finds it when it is loaded already, and beside programs."""

    def test_a_package_loads_it_beforehand(self) -> None:
        made = planned({**PACKAGE, "pkg/a/_x.pyd": dll(delayed=["bar.dll"])}, OUTSIDE)
        (graft,) = made.grafts
        name = graft.member.removeprefix("pkg/a/")
        source = the_source(made, "pkg/__init__.py")
        assert source.data == with_dlls(b"", [], [f"a/{name}"], member="")
        assert source.reasons == (f"loads a/{name}, which Windows would not find when it is called for",)

    def test_in_a_folder_of_its_own_too(self) -> None:
        files = {**PACKAGE, "pkg/a/_x.pyd": dll(delayed=["bar.dll"]), "pkg/_y.pyd": BAR, "other/__init__.py": b""}
        made = planned({**files, "other/_z.pyd": BAR}, OUTSIDE)
        name = made.grafts[0].member
        assert the_source(made, "pkg/__init__.py").data == with_dlls(b"", ["../pkg.libs"], [f"../{name}"], member="")
        assert the_source(made, "other/__init__.py").data == with_dlls(b"", ["../pkg.libs"], member="")

    def test_what_a_graft_calls_for(self) -> None:
        outside = {"/lib/foo.dll": dll("baz.dll"), "/lib/baz.dll": dll(delayed=["bar.dll"]), "/lib/bar.dll": dll()}
        made = planned({**PACKAGE, "pkg/_x.pyd": FOO}, outside)
        bar = next(graft.member for graft in made.grafts if graft.library == "bar.dll")
        assert made.sources[0].data == with_dlls(b"", [], [bar.removeprefix("pkg/")], member="")

    @pytest.mark.parametrize("more", [{"needed": ["foo.dll"]}, {"forwards": ["foo"]}])
    def test_not_if_it_is_loaded_by_then(self, more: dict[str, list[str]]) -> None:
        user = dll(*more.get("needed", ()), forwards=more.get("forwards", ()), delayed=["bar.dll"])
        made = planned({**PACKAGE, "pkg/_x.pyd": user}, OUTSIDE)
        assert (places(made), made.sources, made.findings) == (["pkg/bar.dll", "pkg/foo.dll"], (), ())

    def test_beside_a_program_it_is_found(self) -> None:
        tool = PeFile(characteristics=0x22, delayed=[("bar.dll", ())]).encode()
        made = planned({**PACKAGE, "pkg/bin/tool.exe": tool}, OUTSIDE)
        assert (places(made), made.sources, made.findings) == (["pkg/bin/bar.dll"], (), ())

    def test_without_a_package_it_is_told(self) -> None:
        made = planned({"_x.pyd": dll(delayed=["bar.dll"])}, OUTSIDE)
        (finding,) = made.findings
        assert (finding.rule, finding.member) == (WIN_OUT_OF_REACH, "_x.pyd")
        assert finding.message.startswith(f"calls for {made.grafts[0].member} late, when Windows looks")
        outside = {"/lib/foo.dll": dll(delayed=["bar.dll"]), "/lib/bar.dll": dll()}
        made = planned({"_x.pyd": FOO}, outside)
        assert [finding.member for finding in made.findings] == [made.grafts[1].member]

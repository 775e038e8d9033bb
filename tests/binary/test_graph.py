"""The graph follows the loaders' rules, and says where it only goes by a name."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tests.policy.images import DSYM, DYLIB, EXECUTE, elf, macho, part, pe
from truewheel.binary import graph_macho
from truewheel.binary.graph import Edge, installed_path, is_of_system, join, resolve
from truewheel.binary.model import DllImport, Elf, Image, Wasm


def edges(**members: Image) -> dict[tuple[str, str], Edge]:
    """The edges by member and needed library; ``__`` in a keyword stands for a slash."""
    graph = resolve({name.replace("__", "/"): image for name, image in members.items()})
    return {(edge.member, edge.needed): edge for edge in graph.edges}


@pytest.mark.parametrize(
    ("member", "path"),
    [
        ("pkg/_c.so", "pkg/_c.so"),
        ("pkg-1.0.data/platlib/pkg/_c.so", "pkg/_c.so"),
        ("pkg-1.0.data/purelib/pkg.libs/a.so", "pkg.libs/a.so"),
        ("pkg-1.0.data/scripts/tool", "/scripts/tool"),
        ("pkg-1.0.data/data/lib/a.so", "/data/lib/a.so"),
        ("pkg-1.0.data/headers/a.h", "/headers/a.h"),
        ("pkg-1.0.data/other/a.so", "pkg-1.0.data/other/a.so"),
        ("pkg-1.0.data/platlib", "pkg-1.0.data/platlib"),
    ],
)
def test_members_land_where_installers_put_them(member: str, path: str) -> None:
    assert installed_path(member) == path


@pytest.mark.parametrize(
    ("folder", "relative", "place"),
    [
        ("pkg", "../pkg.libs/a.so", "pkg.libs/a.so"),
        ("", "./a//b", "a/b"),
        ("a/b", "../..", ""),
        ("a", "../../b", None),
        ("/scripts", "../data/lib", None),
        ("/data/lib", "../share", "/data/share"),
    ],
)
def test_paths_are_joined_within_their_root(folder: str, relative: str, place: str | None) -> None:
    assert join(folder, relative) == place


class TestElf:
    def test_runpath_with_origin_finds_the_grafted_library(self) -> None:
        found = edges(
            pkg___c=elf("liba-123.so", "libc.so.6", runpath=("$ORIGIN/../pkg.libs",)),
            **{"pkg.libs__liba-123.so": elf("libc.so.6")},
        )
        edge = found["pkg/_c", "liba-123.so"]
        assert (edge.provider, edge.how) == ("pkg.libs/liba-123.so", "run-path")
        assert found["pkg/_c", "libc.so.6"].provider is None

    @pytest.mark.parametrize("entry", ["${ORIGIN}/$LIB", "$ORIGIN/${LIB}/", "$ORIGIN/./lib64"])
    def test_tokens_are_expanded(self, entry: str) -> None:
        found = edges(a=elf("x.so", rpath=(entry,)), lib64__x=elf(), **{"lib64__x.so": elf()})
        assert found["a", "x.so"] == Edge("a", "x86_64", "x.so", "lib64/x.so", "run-path")

    def test_without_a_run_path_the_soname_counts_and_is_told_apart(self) -> None:
        found = edges(pkg__a=elf("libx.so.1"), other__real=elf(soname="libx.so.1"))
        assert found["pkg/a", "libx.so.1"] == Edge("pkg/a", "x86_64", "libx.so.1", "other/real", "soname")

    def test_the_file_name_is_searched_by_the_run_path_and_not_the_soname(self) -> None:
        """ld.so opens files; who else answers to the name is second choice."""
        found = edges(
            a=elf("libx.so.1", runpath=("$ORIGIN/two",)),
            one__other=elf(soname="libx.so.1"),
            **{"two__libx.so.1": elf(soname="else")},
        )
        assert found["a", "libx.so.1"].provider == "two/libx.so.1"

    def test_rpath_is_handed_down_to_what_is_loaded(self) -> None:
        found = edges(
            a=elf("b.so", rpath=("$ORIGIN/l", "$ORIGIN/m")),
            **{"l__b.so": elf("c.so"), "m__c.so": elf("d.so"), "m__d.so": elf(), "k__d.so": elf(), "k__c.so": elf()},
        )
        assert found["l/b.so", "c.so"] == Edge("l/b.so", "x86_64", "c.so", "m/c.so", "run-path")
        assert found["m/c.so", "d.so"] == Edge("m/c.so", "x86_64", "d.so", "m/d.so", "run-path")

    def test_runpath_is_not_handed_down(self) -> None:
        found = edges(a=elf("b.so", runpath=("$ORIGIN/l",)), **{"l__b.so": elf("c.so"), "m__c.so": elf()})
        assert found["l/b.so", "c.so"].how == "soname"

    def test_runpath_switches_rpath_off(self) -> None:
        found = edges(a=elf("b.so", rpath=("$ORIGIN/l",), runpath=("$ORIGIN/m",)), **{"l__b.so": elf()})
        assert found["a", "b.so"].how == "soname"

    def test_another_machine_provides_nothing(self) -> None:
        assert edges(a=elf("b.so"), **{"b.so": elf(arch="aarch64")})["a", "b.so"].provider is None

    def test_an_older_arm_library_serves_a_newer_program(self) -> None:
        found = edges(a=elf("b.so", arch="armv7l"), **{"b.so": elf(arch="armv6l")})
        assert found["a", "b.so"].provider == "b.so"

    def test_run_paths_that_leave_the_wheel_lead_nowhere(self) -> None:
        found = edges(a=elf("b.so", rpath=("/opt/lib", "$ORIGIN/../../lib", "lib", "$ORIGINAL/lib")))
        assert found["a", "b.so"].how == ""

    @pytest.mark.parametrize(
        ("first", "how"),
        [
            ("/usr/lib64", "soname"),
            ("/lib/x86_64-linux-gnu/", "soname"),
            ("/usr/local/lib", "soname"),
            ("/opt/build/lib", "run-path"),
            ("/usr/lib/own", "run-path"),
        ],
    )
    def test_a_folder_of_the_system_in_a_run_path_comes_before_those_behind_it(self, first: str, how: str) -> None:
        members = {"b.so": elf()}
        assert edges(a=elf("b.so", rpath=(first, "$ORIGIN")), **members)["a", "b.so"].how == how
        assert edges(a=elf("b.so", rpath=("$ORIGIN", first)), **members)["a", "b.so"].how == "run-path"

    def test_a_sibling_in_the_same_folder_comes_first(self) -> None:
        found = edges(z__a=elf("b.so"), **{"a__b.so": elf(), "z__b.so": elf()})
        assert found["z/a", "b.so"].provider == "z/b.so"

    def test_a_ring_of_libraries_ends(self) -> None:
        found = edges(
            **{"a.so": elf("b.so", "x.so", rpath=("$ORIGIN",)), "b.so": elf("a.so", "x.so"), "c__x.so": elf()}
        )
        assert found["b.so", "a.so"].provider == "a.so"
        assert found["b.so", "x.so"].how == "soname"


class TestMachO:
    def test_loader_path_and_system_libraries(self) -> None:
        dylibs = ("@loader_path/.dylibs/liba.dylib", "/usr/lib/libz.1.dylib", "/usr/lib/libSystem.B.dylib")
        graph = resolve(
            {
                "p/_c.so": macho(part(dylibs=dylibs)),
                "p/.dylibs/liba.dylib": macho(part(filetype=DYLIB)),
                "p/.dylibs/libz.1.dylib": macho(part(filetype=DYLIB)),
            }
        )
        found = {edge.needed: (edge.provider, edge.how) for edge in graph.edges}
        assert found[dylibs[0]] == ("p/.dylibs/liba.dylib", "run-path")
        assert found[dylibs[1]] == (None, ""), "dyld takes the system's, whatever lies beside"
        assert set(graph.external) == set(dylibs[1:])

    def test_rpath_of_the_file_and_of_its_loaders(self) -> None:
        found = edges(
            **{
                "p__m.so": macho(part(dylibs=("@rpath/a.dylib",), rpaths=("@loader_path/one", "@loader_path/two"))),
                "p__one__a.dylib": macho(part(filetype=DYLIB, dylibs=("@rpath/b.dylib",))),
                "p__two__b.dylib": macho(part(filetype=DYLIB)),
            }
        )
        assert found["p/m.so", "@rpath/a.dylib"].provider == "p/one/a.dylib"
        edge = found["p/one/a.dylib", "@rpath/b.dylib"]
        assert (edge.provider, edge.how) == ("p/two/b.dylib", "run-path")

    def test_executable_path_counts_in_programs_alone(self) -> None:
        lib = macho(part(filetype=DYLIB))
        asking = ("@executable_path/../lib/x.dylib",)
        found = edges(
            bin__tool=macho(part(filetype=EXECUTE, dylibs=asking)),
            bin__module=macho(part(dylibs=asking)),
            **{"lib__x.dylib": lib},
        )
        assert found["bin/tool", asking[0]].how == "run-path"
        assert found["bin/module", asking[0]].how == "name"

    @pytest.mark.parametrize("asking", ["@executable_path/../lib/x.dylib", "@rpath/x.dylib"])
    def test_the_program_is_that_of_the_process(self, asking: str) -> None:
        """The folder of a program holds for what it loads, and for what that loads, however it is found."""
        members: dict[str, Image] = {
            "app/bin/tool": macho(part(filetype=EXECUTE, dylibs=("@loader_path/../first.dylib",))),
            "app/first.dylib": macho(part(filetype=DYLIB, dylibs=("@executable_path/../deep/second.dylib",))),
            "app/deep/second.dylib": macho(
                part(filetype=DYLIB, dylibs=(asking,), rpaths=("@executable_path/../lib",)),
            ),
            "app/lib/x.dylib": macho(part(filetype=DYLIB)),
        }
        found = {edge.needed: (edge.provider, edge.how) for edge in resolve(members).edges}
        assert found["@executable_path/../deep/second.dylib"] == ("app/deep/second.dylib", "run-path")
        assert found[asking] == ("app/lib/x.dylib", "run-path")
        del members["app/bin/tool"]
        assert {edge.how for edge in resolve(members).edges} == {"name"}, "another program's folder isn't known"

    def test_a_chain_of_libraries_that_only_the_program_leads_to_has_an_end(self) -> None:
        long = graph_macho._MOST_ROUNDS + 3
        members: dict[str, Image] = {
            "bin/tool": macho(part(filetype=EXECUTE, dylibs=("@executable_path/../lib/l0.dylib",))),
            **{
                f"lib/l{n}.dylib": macho(
                    part(
                        filetype=DYLIB,
                        dylibs=(f"@executable_path/../lib/l{n + 1}.dylib",),
                        rpaths=("/opt/lib", "@rpath/x"),
                    )
                )
                for n in range(long)
            },
        }
        found = [edge.how for edge in sorted(resolve(members).edges, key=lambda edge: len(edge.member))]
        assert found.count("run-path") == graph_macho._MOST_ROUNDS + 1
        assert found.count("name") == 2
        assert found.count("") == 1

    def test_libraries_without_measure_are_followed_one_step(self, monkeypatch: pytest.MonkeyPatch) -> None:
        tool = macho(part(filetype=EXECUTE, dylibs=("@executable_path/../lib/l0.dylib",)))
        libraries: dict[str, Image] = {
            f"lib/l{n}.dylib": macho(part(filetype=DYLIB, dylibs=(f"@executable_path/../lib/l{n + 1}.dylib",)))
            for n in range(5)
        }
        monkeypatch.setattr(graph_macho, "_MOST_LOOKS", 1)
        edges = resolve({"bin/tool": tool, **libraries}).edges
        assert [edge.how for edge in edges] == ["run-path", "run-path", "name", "name", "name", ""]

    def test_two_programs_may_lead_to_one_library(self) -> None:
        tool = macho(part(filetype=EXECUTE, dylibs=("@loader_path/../lib/a.dylib",)))
        found = edges(
            one__tool=tool,
            two__tool=tool,
            **{
                "lib__a.dylib": macho(part(filetype=DYLIB, dylibs=("@executable_path/x.dylib",))),
                "two__x.dylib": macho(part(filetype=DYLIB)),
                "zero__x.dylib": macho(part(filetype=DYLIB)),
            },
        )
        assert found["lib/a.dylib", "@executable_path/x.dylib"].provider == "two/x.dylib"

    def test_run_paths_are_handed_down_to_what_is_found_without_one(self) -> None:
        found = edges(
            m=macho(part(dylibs=("@loader_path/lib/a.dylib",), rpaths=("@loader_path/deep",))),
            **{
                "lib__a.dylib": macho(part(filetype=DYLIB, dylibs=("@rpath/b.dylib",))),
                "deep__b.dylib": macho(part(filetype=DYLIB)),
            },
        )
        assert found["lib/a.dylib", "@rpath/b.dylib"] == Edge(
            "lib/a.dylib", "arm64", "@rpath/b.dylib", "deep/b.dylib", "run-path"
        )

    def test_reexported_and_upward_libraries_are_needed_like_others(self) -> None:
        asked = (("@loader_path/a.dylib", "reexport"), ("@loader_path/b.dylib", "upward"))
        found = edges(m=macho(part(dylibs=asked)), **{"a.dylib": macho(part(filetype=DYLIB))})
        assert found["m", "@loader_path/a.dylib"] == Edge("m", "arm64", "@loader_path/a.dylib", "a.dylib", "run-path")
        assert found["m", "@loader_path/b.dylib"].strength == ""

    def test_a_framework_keeps_its_path(self) -> None:
        name = "Qt.framework/Versions/A/Qt"
        found = edges(
            p__m=macho(part(dylibs=(f"@rpath/{name}",), rpaths=("@loader_path/lib",))),
            p__Qt=macho(part(filetype=DYLIB)),
            **{f"p/lib/{name}".replace("/", "__"): macho(part(filetype=DYLIB))},
        )
        assert found["p/m", f"@rpath/{name}"].provider == f"p/lib/{name}"

    def test_of_libraries_of_one_name_the_one_with_that_install_name_is_meant(self) -> None:
        name = "/opt/two/libx.dylib"
        found = edges(
            p__m=macho(part(dylibs=(name,))),
            **{
                "p__libx.dylib": macho(part(filetype=DYLIB, install_name="/opt/one/libx.dylib")),
                "z__libx.dylib": macho(part(filetype=DYLIB, install_name=name)),
            },
        )
        assert (found["p/m", name].provider, found["p/m", name].how) == ("z/libx.dylib", "name")

    @pytest.mark.parametrize(
        ("library", "of_system"),
        [
            ("/usr/lib/libz.1.dylib", True),
            ("/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation", True),
            ("/System/Volumes/Data/opt/homebrew/lib/libz.1.dylib", False),
            ("/usr/lib/../local/lib/libz.1.dylib", False),
            ("/usr/local/lib/libz.1.dylib", False),
            ("/usr/libz.dylib", False),
        ],
    )
    def test_what_the_system_has_no_member_provides(self, library: str, *, of_system: bool) -> None:
        found = edges(m=macho(part(dylibs=(library,))), **{library.rpartition("/")[2]: macho(part(filetype=DYLIB))})
        assert is_of_system(library) is (found["m", library].provider is None) is of_system

    def test_absolute_names_fall_back_on_a_sibling_of_that_name(self) -> None:
        found = edges(
            m=macho(part(dylibs=("/opt/x/liba.dylib",))),
            a=macho(part(filetype=DYLIB, install_name="@rpath/liba.dylib")),
        )
        assert found["m", "/opt/x/liba.dylib"].provider == "a"

    def test_slices_are_resolved_one_by_one(self) -> None:
        asking = macho(part("x86_64", dylibs=("@rpath/a.dylib",)), part("arm64", dylibs=("@rpath/a.dylib",)))
        graph = resolve({"m.so": asking, "a.dylib": macho(part("arm64", filetype=DYLIB))})
        assert {(edge.arch, edge.provider) for edge in graph.edges} == {("x86_64", None), ("arm64", "a.dylib")}
        assert graph.external == {"@rpath/a.dylib": ("m.so",)}

    def test_weak_needs_are_noted_and_not_external(self) -> None:
        graph = resolve({"m.so": macho(part(dylibs=(("/opt/w.dylib", "weak"), ("/opt/l.dylib", "lazy"))))})
        assert {edge.needed: edge.strength for edge in graph.edges} == {
            "/opt/w.dylib": "weak",
            "/opt/l.dylib": "delayed",
        }
        assert list(graph.external) == ["/opt/l.dylib"]

    def test_debug_companions_provide_nothing(self) -> None:
        found = edges(m=macho(part(dylibs=("@rpath/a.dylib",))), **{"a.dSYM__a.dylib": macho(part(filetype=DSYM))})
        assert found["m", "@rpath/a.dylib"].provider is None


class TestPe:
    def test_names_are_compared_in_any_case_and_anywhere_in_the_wheel(self) -> None:
        found = edges(**{"p___c.pyd": pe("HDF5.dll"), "p.libs__hdf5.DLL": pe("KERNEL32.dll")})
        assert found["p/_c.pyd", "hdf5.dll"].provider == "p.libs/hdf5.DLL"
        assert found["p.libs/hdf5.DLL", "kernel32.dll"].provider is None

    def test_windows_adds_the_usual_extension(self) -> None:
        found = edges(**{"a.pyd": pe("FOO", "odd.", "foo.drv"), "lib__foo.dll": pe()})
        assert {name: edge.provider for (_, name), edge in found.items()} == {
            "foo.dll": "lib/foo.dll",
            "odd.": None,
            "foo.drv": None,
        }

    def test_another_machine_provides_nothing(self) -> None:
        found = edges(**{"a.pyd": pe("b.dll", arch="arm64"), "b.dll": pe(arch="amd64")})
        assert found["a.pyd", "b.dll"].provider is None

    def test_delayed_imports_are_noted_and_external(self) -> None:
        graph = resolve({"a.pyd": pe(DllImport("b.dll", (), delayed=True))})
        assert graph.edges[0].strength == "delayed"
        assert graph.external == {"b.dll": ("a.pyd",)}


class TestForwards:
    @pytest.mark.parametrize(
        ("target", "dll"),
        [("Other.func", "other.dll"), ("OTHER.#12", "other.dll"), ("a.b.func", "a.b"), ("x.drv.f", "x.drv")],
    )
    def test_the_target_is_looked_for_on_use(self, target: str, dll: str) -> None:
        found = edges(**{"a.dll": pe(forwards=(target,)), "lib__other.dll": pe()})
        provider = "lib/other.dll" if dll == "other.dll" else None
        assert found["a.dll", dll] == Edge("a.dll", "amd64", dll, provider, "name" if provider else "", "delayed")

    def test_what_is_imported_too_must_be_there_at_once(self) -> None:
        assert [edge.strength for edge in resolve({"a.dll": pe("B.dll", forwards=("b.f",))}).edges] == [""]

    @pytest.mark.parametrize("target", ["A.f", "a.dll.f", "nothing", ".f"])
    def test_a_forward_to_itself_or_to_nothing_is_no_need(self, target: str) -> None:
        assert resolve({"lib/A.dll": pe(forwards=(target,))}).edges == ()


def test_webassembly_modules_find_each_other_by_name() -> None:
    found = edges(**{"m.so": Wasm(1, shared=True, needed=("libx.so",)), "l__libx.so": Wasm(1, shared=True, needed=())})
    assert found["m.so", "libx.so"].provider == "l/libx.so"


def test_loads_gives_the_edges_of_each_member() -> None:
    graph = resolve({"a": elf("x.so", "y.so"), "b": elf()})
    assert [edge.needed for edge in graph.loads["a"]] == ["x.so", "y.so"]
    assert "b" not in graph.loads


_NAMES = st.sampled_from(["a.so", "b.so", "c.so", "l/a.so", "l/b.so", "m/c.so"])
_PATHS = st.lists(st.sampled_from(["$ORIGIN", "$ORIGIN/l", "$ORIGIN/../m"]), max_size=2).map(tuple)
_ELVES = st.builds(
    lambda needed, rpath, run: elf(*needed, rpath=None if run else rpath, runpath=rpath if run else None),
    st.lists(st.sampled_from(["a.so", "b.so", "c.so", "libc.so.6"]), max_size=3, unique=True),
    _PATHS,
    st.booleans(),
)


@given(st.data(), st.dictionaries(_NAMES, _ELVES))
def test_the_order_of_members_has_no_meaning(data: st.DataObject, images: dict[str, Image]) -> None:
    shuffled = data.draw(st.permutations(list(images.items())))
    assert resolve(dict(shuffled)) == resolve(images)


_PATHS_OF_MAC = st.sampled_from(["@rpath", "@loader_path", "@loader_path/l", "@executable_path/../m", "/opt"])
_MACHOS = st.builds(
    lambda arch, filetype, dylibs, rpaths, name: macho(
        part(
            arch,
            filetype=filetype,
            dylibs=tuple(f"{folder}/{file}" for folder, file in dylibs),
            rpaths=tuple(rpaths),
            install_name=name,
        )
    ),
    st.sampled_from(["arm64", "x86_64"]),
    st.sampled_from([DYLIB, DYLIB, EXECUTE]),
    st.lists(st.tuples(_PATHS_OF_MAC, st.sampled_from(["a.so", "b.so", "c.so"])), max_size=3, unique=True),
    st.lists(_PATHS_OF_MAC, max_size=2),
    st.none() | st.sampled_from(["/opt/a.so", "@rpath/b.so"]),
)
_PES = st.builds(
    lambda dlls, forwards, arch: pe(*dlls, forwards=tuple(forwards), arch=arch),
    st.lists(st.sampled_from(["a.so", "B.so", "kernel32.dll"]), max_size=3),
    st.lists(st.sampled_from(["a.so.f", "C.so.g", "kernel32.h", "x"]), max_size=2),
    st.sampled_from(["amd64", "win32"]),
)


@given(st.data(), st.dictionaries(_NAMES, _MACHOS | _PES))
def test_nor_has_it_for_other_systems(data: st.DataObject, images: dict[str, Image]) -> None:
    shuffled = data.draw(st.permutations(list(images.items())))
    graph = resolve(images)
    assert resolve(dict(shuffled)) == graph
    assert all(edge.provider in images for edge in graph.edges if edge.provider is not None)
    assert all((edge.provider is None) == (edge.how == "") for edge in graph.edges)


@given(st.dictionaries(_NAMES, _ELVES))
def test_every_need_has_one_edge_and_providers_are_members(images: dict[str, Image]) -> None:
    graph = resolve(images)
    asked = {(member, name) for member, image in images.items() if isinstance(image, Elf) for name in image.needed}
    assert {(edge.member, edge.needed) for edge in graph.edges} == asked
    assert all(edge.provider in images for edge in graph.edges if edge.provider is not None)
    assert all((edge.provider is None) == (edge.how == "") for edge in graph.edges)


def test_folders_travel_down_a_chain_of_loaders() -> None:
    chain: dict[str, Image] = {
        "m.so": elf("l1.so", rpath=("$ORIGIN/a", "$ORIGIN/z")),
        **{f"a/l{n}.so": elf(f"l{n + 1}.so") for n in range(1, 6)},
        "a/l6.so": elf("end.so"),
        "b/end.so": elf(),
        "z/end.so": elf(),
    }
    ends = [edge for edge in resolve(chain).edges if edge.needed == "end.so"]
    assert [(edge.provider, edge.how) for edge in ends] == [("z/end.so", "run-path")]

"""What becomes of each library that is needed: every fate, and what speaks against a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pytest

from tests.binary.fixtures import EM_386, EM_AARCH64, Recipe, Symbol, make
from tests.ops.fakes import PIE, Disk, File, android, calling, lib, musl, program, versions
from truewheel.binary import read_elf
from truewheel.errors import RequestError
from truewheel.ops.elf_closure import Asker, Closure, Members, follow
from truewheel.ops.fates import Fate
from truewheel.ops.patterns import Patterns
from truewheel.policy import Floor
from truewheel.policy.libc import BIONIC, GLIBC, MUSL

MEMBER = "pkg/_x.so"


def members(
    files: Mapping[str, bytes],
    libc: str = GLIBC,
    inside: Mapping[tuple[str, str], str] | None = None,
    by_chance: frozenset[tuple[str, str]] = frozenset(),
) -> Members:
    askers = tuple(Asker(path, read_elf(data), libc) for path, data in sorted(files.items()))
    return Members(askers, inside or {}, by_chance)


def followed(
    asking: Members | bytes,
    outside: Mapping[str, bytes] | Disk | None = None,
    *,
    exclude: tuple[str, ...] = (),
    include: tuple[str, ...] = (),
    ceiling: Floor | None = None,
) -> Closure:
    libraries = outside if isinstance(outside, Disk) else Disk(outside or {})
    asked = members({MEMBER: asking}) if isinstance(asking, bytes) else asking
    return follow(asked, libraries, exclude=Patterns(exclude), include=Patterns(include), ceiling=ceiling)


def fate(library: str, found: Closure, asker: str = MEMBER) -> Fate:
    return found.fates[asker, library]


class TestFates:
    def test_what_is_found_outside_is_grafted(self) -> None:
        data = lib(soname="libfoo.so.1")
        found = followed(lib("libfoo.so.1"), {"/lib/libfoo.so.1": data})
        assert found.of(Fate.GRAFTED) == {"libfoo.so.1": (MEMBER,)}
        assert found.of(Fate.GIVEN) == {"libc.so.6": ("/lib/libfoo.so.1", MEMBER)}
        assert found.found == {(MEMBER, "libfoo.so.1"): "/lib/libfoo.so.1"}
        (loaded,) = found.loaded.values()
        assert (loaded.library, loaded.file, loaded.plugin) == (
            "libfoo.so.1",
            File("/lib/libfoo.so.1", data),
            False,
        )
        assert loaded.sha256 == hashlib.sha256(data).hexdigest()
        assert not found.lost

    def test_what_is_in_the_wheel_stays(self) -> None:
        asking = members(
            {MEMBER: lib("libfoo.so.1"), "pkg/libfoo.so.1": lib()}, inside={(MEMBER, "libfoo.so.1"): "pkg/libfoo.so.1"}
        )
        found = followed(asking, {"/lib/libfoo.so.1": lib()})
        assert fate("libfoo.so.1", found) is Fate.INSIDE
        assert found.found[MEMBER, "libfoo.so.1"] == "pkg/libfoo.so.1"
        assert not found.loaded

    def test_the_platforms_own_is_not_looked_for(self) -> None:
        disk = Disk({"/lib/libz.so.1": lib(), "/lib/libc.so.6": lib(glibc=None)})
        assert fate("libz.so.1", followed(lib("libz.so.1"), disk)) is Fate.GIVEN
        assert disk.asked == []

    def test_a_copy_of_the_platforms_own_to_which_nothing_leads_does_not_count(self) -> None:
        key = (MEMBER, "libz.so.1")
        asking = members({MEMBER: lib("libz.so.1")}, inside={key: "pkg/libz.so.1"})
        assert fate("libz.so.1", followed(asking)) is Fate.INSIDE
        by_chance = asking._replace(by_chance=frozenset({key}))
        assert fate("libz.so.1", followed(by_chance)) is Fate.GIVEN
        # An --include says that the platform's isn't wanted.
        assert fate("libz.so.1", followed(by_chance, include=("libz.*",))) is Fate.INSIDE

    def test_another_library_by_chance_is_the_one_that_is_meant(self) -> None:
        key = (MEMBER, "libfoo.so.1")
        asking = members({MEMBER: lib("libfoo.so.1")}, inside={key: "pkg/libfoo.so.1"}, by_chance=frozenset({key}))
        assert fate("libfoo.so.1", followed(asking)) is Fate.INSIDE

    def test_what_is_excluded_by_name_is_not_looked_for(self) -> None:
        disk = Disk({})
        assert fate("libcuda.so.1", followed(lib("libcuda.so.1"), disk, exclude=("libcuda*",))) is Fate.EXCLUDED
        assert disk.asked == []

    def test_what_is_excluded_by_the_path_where_it_was_found(self) -> None:
        outside = {"/opt/cuda/libcublas.so.12": lib(), "/lib/libfoo.so.1": lib()}
        disk = Disk(outside, folders=("/opt/cuda", "/lib"))
        found = followed(lib("libcublas.so.12", "libfoo.so.1"), disk, exclude=("/opt/cuda/*",))
        assert fate("libcublas.so.12", found) is Fate.EXCLUDED
        assert fate("libfoo.so.1", found) is Fate.GRAFTED
        assert list(found.loaded) == ["/lib/libfoo.so.1"]
        assert found.found[MEMBER, "libcublas.so.12"] == "/opt/cuda/libcublas.so.12"

    def test_what_is_in_the_wheel_can_not_be_excluded(self) -> None:
        asking = members({MEMBER: lib("libfoo.so.1")}, inside={(MEMBER, "libfoo.so.1"): "pkg/libfoo.so.1"})
        assert fate("libfoo.so.1", followed(asking, exclude=("libfoo*",))) is Fate.INSIDE

    @pytest.mark.parametrize("library", ["libpython3.12.so.1.0", "libpython3.so", "libpypy3.11-c.so"])
    def test_the_interpreters_own_is_never_carried(self, library: str) -> None:
        disk = Disk({f"/lib/{library}": lib()})
        assert fate(library, followed(lib(library), disk)) is Fate.PYTHON
        assert disk.asked == []

    def test_an_include_means_the_platforms_own_too(self) -> None:
        found = followed(lib("libz.so.1"), {"/lib/libz.so.1": lib(soname="libz.so.1")}, include=("libz.so.1",))
        assert fate("libz.so.1", found) is Fate.GRAFTED
        assert not found.loaded["/lib/libz.so.1"].plugin

    def test_what_is_nowhere_is_lost_with_all_who_need_it(self) -> None:
        files = {MEMBER: lib("libfoo.so.1"), "pkg/_a.so": lib("libfoo.so.1", "libbar.so")}
        found = followed(members(files), {})
        assert [(lost.library, lost.askers) for lost in found.lost] == [
            ("libbar.so", ("pkg/_a.so",)),
            ("libfoo.so.1", ("pkg/_a.so", MEMBER)),
        ]
        assert found.of(Fate.LOST) == {"libbar.so": ("pkg/_a.so",), "libfoo.so.1": ("pkg/_a.so", MEMBER)}

    def test_exclusion_is_for_what_the_grafts_need_as_well(self) -> None:
        outside = {"/lib/libfoo.so": lib("libcuda.so.1")}
        found = followed(lib("libfoo.so"), outside, exclude=("libcuda.so.1",))
        assert found.of(Fate.EXCLUDED) == {"libcuda.so.1": ("/lib/libfoo.so",)}


class TestTheCLibrary:
    @pytest.mark.parametrize(
        "library", ["libnss_files.so.2", "libthread_db.so.1", "libBrokenLocale.so.1", "libm-2.31.so"]
    )
    def test_parts_of_glibc_are_never_grafted(self, library: str) -> None:
        disk = Disk({f"/lib/{library}": lib()})
        for include in ((), (library,)):
            (lost,) = followed(lib(library), disk, include=include).lost
            assert (lost.library, lost.against) == (
                library,
                ("it is a part of glibc, and a copy would fit no other build of it",),
            )
        assert disk.asked == []

    def test_what_has_left_glibc_is_a_library_like_any_other(self) -> None:
        found = followed(lib("libnsl.so.2"), {"/lib/libnsl.so.2": lib()})
        assert fate("libnsl.so.2", found) is Fate.GRAFTED
        assert fate("libnsl.so.1", followed(lib("libnsl.so.1"))) is Fate.GIVEN

    def test_musls_loader_takes_itself_for_its_parts(self) -> None:
        asking = members({MEMBER: musl("libz.so.1", "libm.so.6", "libstdc++.so.6")}, MUSL)
        found = followed(asking, {"/lib/libstdc++.so.6": musl()})
        assert {library: found.fates[MEMBER, library] for _, library in found.fates} == {
            "libc.musl-x86_64.so.1": Fate.GIVEN,
            "libm.so.6": Fate.GIVEN,
            "libstdc++.so.6": Fate.GRAFTED,
            "libz.so.1": Fate.GIVEN,
        }

    def test_android_promises_by_level(self) -> None:
        asking = members({MEMBER: android("libvulkan.so", "libneuralnetworks.so", "libfoo.so")}, BIONIC)
        outside = {f"/lib/lib{name}.so": android() for name in ("vulkan", "neuralnetworks", "foo")}
        low, high = Floor("android", "arm64_v8a", (24,)), Floor("android", "arm64_v8a", (27,))
        assert fate("libvulkan.so", followed(asking, outside, ceiling=low)) is Fate.GIVEN
        assert fate("libneuralnetworks.so", followed(asking, outside, ceiling=low)) is Fate.GRAFTED
        assert fate("libneuralnetworks.so", followed(asking, outside, ceiling=high)) is Fate.GIVEN
        assert fate("libneuralnetworks.so", followed(asking, outside)) is Fate.GIVEN
        assert fate("libfoo.so", followed(asking, outside)) is Fate.GRAFTED

    def test_on_android_the_interpreters_own_is_there_and_needed(self) -> None:
        asking = members({MEMBER: android("libpython3.13.so")}, BIONIC)
        assert fate("libpython3.13.so", followed(asking)) is Fate.PYTHON

    def test_a_ceiling_decides_what_is_promised(self) -> None:
        outside = {"/lib/libexpat.so.1": lib()}
        for minor, expected in [(5, Fate.GRAFTED), (11, Fate.GRAFTED), (12, Fate.GIVEN), (39, Fate.GIVEN)]:
            ceiling = Floor("manylinux", "x86_64", (2, minor))
            assert fate("libexpat.so.1", followed(lib("libexpat.so.1"), outside, ceiling=ceiling)) is expected
        assert fate("libexpat.so.1", followed(lib("libexpat.so.1"), outside)) is Fate.GIVEN


class TestWhoeverAsks:
    def test_what_is_found_asks_in_its_turn_to_the_end(self) -> None:
        outside = {f"/lib/lib{number}.so": lib(f"lib{number + 1}.so") for number in range(1, 40)}
        found = followed(lib("lib1.so"), {**outside, "/lib/lib40.so": lib()})
        assert list(found.loaded) == [f"/lib/lib{number}.so" for number in range(1, 41)]
        assert not found.lost

    def test_a_circle_ends(self) -> None:
        found = followed(lib("liba.so"), {"/lib/liba.so": lib("libb.so"), "/lib/libb.so": lib("liba.so", "libb.so")})
        assert list(found.loaded) == ["/lib/liba.so", "/lib/libb.so"]

    def test_a_graft_may_need_a_member_by_its_name_or_its_path(self) -> None:
        files = {MEMBER: lib("liba.so"), "pkg/libfile.so": lib(soname="libname.so.1"), "other/libfile.so": lib()}
        found = followed(members(files), {"/lib/liba.so": lib("libname.so.1", "libfile.so")})
        assert found.fates["/lib/liba.so", "libname.so.1"] is Fate.INSIDE
        assert found.found["/lib/liba.so", "libname.so.1"] == "pkg/libfile.so"
        # Of two with one name, the first by path.
        assert found.found["/lib/liba.so", "libfile.so"] == "other/libfile.so"
        assert list(found.loaded) == ["/lib/liba.so"]

    def test_programs_and_files_for_other_processors_provide_nothing(self) -> None:
        files = {
            MEMBER: lib("liba.so"),
            "a/libx.so": program(),
            "b/libx.so": lib(glibc=None, like=Recipe(type=2)),
            "c/libx.so": lib(glibc=None, like=Recipe(machine=EM_AARCH64)),
        }
        found = followed(members(files), {"/lib/liba.so": lib("libx.so")})
        assert found.fates["/lib/liba.so", "libx.so"] is Fate.LOST

    def test_one_library_asked_for_by_two_names(self) -> None:
        data = lib(soname="libfoo.so.1")
        disk = Alias({"/lib/libfoo.so.1": data}, aliases={"/lib/libfoo.so": "/lib/libfoo.so.1"})
        found = followed(lib("libfoo.so", "libfoo.so.1"), disk)
        (loaded,) = found.loaded.values()
        assert loaded.library == "libfoo.so"
        assert set(found.of(Fate.GRAFTED)) == {"libfoo.so", "libfoo.so.1"}

    def test_each_is_searched_with_its_own_run_path_beside_its_own_file(self) -> None:
        disk = Disk(
            {
                "/a/libx.so": lib("libdep.so", like=Recipe(runpath="$ORIGIN")),
                "/a/libdep.so": lib(soname="libdep.so"),
                "/lib/liby.so": lib("libdep.so"),
                "/lib/libdep.so": lib("libmore.so", soname="libdep.so"),
                "/lib/libmore.so": lib(),
            }
        )
        found = followed(lib("libx.so", "liby.so", like=Recipe(rpath="/nowhere:/a", runpath="/a")), disk)
        assert found.found["/a/libx.so", "libdep.so"] == "/a/libdep.so"
        assert found.found["/lib/liby.so", "libdep.so"] == "/lib/libdep.so"
        assert disk.asked == [
            ("libx.so", ("/a",), ""),
            ("liby.so", ("/a",), ""),
            ("libdep.so", ("$ORIGIN",), "/a/libx.so"),
            ("libdep.so", (), "/lib/liby.so"),
            ("libmore.so", (), "/lib/libdep.so"),
        ]

    def test_nothing_is_searched_for_twice(self) -> None:
        disk = Disk({"/lib/libx.so": lib()})
        files = {f"pkg/{number}.so": lib("libx.so", "liby.so") for number in range(5)}
        found = followed(members(files), disk)
        assert len(disk.asked) == 2
        assert len(found.of(Fate.GRAFTED)["libx.so"]) == 5

    def test_a_library_without_a_face_runs_with_who_asks_for_it(self) -> None:
        nothing = {"/lib/libx.so": lib("liby.so", glibc=None), "/lib/liby.so": lib(glibc=None)}
        for libc in (MUSL, GLIBC):
            found = followed(members({MEMBER: lib("libx.so", glibc=None)}, libc), nothing)
            assert {loaded.asker.libc for loaded in found.loaded.values()} == {libc}


class TestWhatIsPassedOver:
    """The loader goes on behind files that it can't use; what spoke against them is told if nothing is found."""

    CASES = (
        pytest.param(b"/* GNU ld script */\nINPUT(/lib/libfoo.so.1)\n", "is no ELF file", id="linker-script"),
        pytest.param(b"", "is no ELF file", id="empty"),
        pytest.param(lib(glibc=None, like=Recipe(machine=EM_AARCH64)), "is for aarch64", id="other-processor"),
        pytest.param(lib(glibc=None, like=Recipe(machine=EM_386, bits=32)), "is for i686", id="other-width"),
        pytest.param(lib(glibc=None, like=Recipe(type=2)), "is no shared library", id="ET_EXEC"),
        pytest.param(lib(glibc=None, like=Recipe(type=1)), "is no shared library", id="object"),
        pytest.param(program(), "is no shared library", id="pie"),
        pytest.param(lib(like=Recipe(tags=(PIE,))), "is no shared library", id="static-pie"),
        pytest.param(musl(), f"is built for musl, and {MEMBER} for glibc", id="other-libc"),
        pytest.param(lib()[:100], "can't be used: ", id="damaged"),
    )

    @pytest.mark.parametrize(("data", "words"), CASES)
    def test_the_next_one_is_taken(self, data: bytes, words: str) -> None:
        del words
        disk = Disk({"/a/libfoo.so": data, "/b/libfoo.so": lib()}, folders=("/a", "/b"))
        found = followed(lib("libfoo.so"), disk)
        assert list(found.loaded) == ["/b/libfoo.so"]

    @pytest.mark.parametrize(("data", "words"), CASES)
    def test_the_reason_is_told(self, data: bytes, words: str) -> None:
        disk = Disk({"/a/libfoo.so": data, "/b/libfoo.so": b"text"}, folders=("/a", "/b"))
        found = followed(lib("libfoo.so"), disk)
        (lost,) = found.lost
        assert lost.against[0].startswith(f"/a/libfoo.so {words}")
        assert lost.against[1:] == ("/b/libfoo.so is no ELF file",)

    def test_a_reason_is_told_once(self) -> None:
        files = {"pkg/a.so": lib("libfoo.so"), "pkg/b.so": lib("libfoo.so", like=Recipe(runpath="/b"))}
        (lost,) = followed(members(files), {"/lib/libfoo.so": b""}).lost
        assert lost.against == ("/lib/libfoo.so is no ELF file",)

    def test_no_name_of_its_own_fits_every_c_library(self) -> None:
        neutral = lib(glibc=None, soname="libfoo.so")
        unsure = lib(glibc=None, soname="libfoo.so", like=Recipe(symbols=calling("malloc")))
        for data in (neutral, unsure):
            for asker, libc in ((musl("libfoo.so"), MUSL), (lib("libfoo.so"), GLIBC)):
                assert (
                    fate("libfoo.so", followed(members({MEMBER: asker}, libc), {"/lib/libfoo.so": data}))
                    is Fate.GRAFTED
                )

    def test_symbols_that_lie_are_damage_too(self) -> None:
        made = make(Recipe(symbols=(Symbol("malloc"),)))
        bad = made.patched(made.at["symbols"] + 24, b"\xff\xff\xff\x7f")
        (lost,) = followed(lib("libfoo.so"), {"/lib/libfoo.so": bad}).lost
        assert lost.against[0].startswith("/lib/libfoo.so can't be used: ")


class TestInclude:
    def test_a_file_that_nobody_needs_comes_with_what_it_needs(self) -> None:
        outside = {"/opt/libplug.so": lib("libdep.so", soname="libplug.so.3"), "/lib/libdep.so": lib()}
        for glob in ("/opt/libplug.so", "libplug.so", "libpl*"):
            found = followed(lib(), outside, include=(glob,))
            assert [(item.library, item.plugin) for item in found.loaded.values()] == [
                ("libplug.so.3", True),
                ("libdep.so", False),
            ]
            assert found.fates["/opt/libplug.so", "libdep.so"] is Fate.GRAFTED

    def test_a_file_without_a_name_keeps_that_of_the_file(self) -> None:
        (item,) = followed(lib(), {"/opt/plug.so": lib()}, include=("plug.so",)).loaded.values()
        assert item.library == "plug.so"

    def test_what_is_needed_anyway_is_no_plugin(self) -> None:
        outside = {"/lib/libfoo.so": lib()}
        for glob in ("libfoo.so", "/lib/libfoo.so"):
            (item,) = followed(lib("libfoo.so"), outside, include=(glob,)).loaded.values()
            assert not item.plugin

    def test_what_means_nothing_is_an_error(self) -> None:
        with pytest.raises(
            RequestError, match=r"^--include libnope\* means no library that anything in the wheel"
        ) as e:
            followed(lib(), {"/lib/libfoo.so": lib()}, include=("libnope*",))
        assert "-L" in e.value.hint

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"text", "which is no ELF file"),
            (lib()[:80], "which can't be used: "),
            (lib(glibc=None, like=Recipe(machine=EM_AARCH64)), "which is for aarch64, which no member is for"),
            (program(), "which is no shared library"),
            (musl(), f"which is built for musl, and {MEMBER} for glibc"),
        ],
    )
    def test_what_can_not_be_used_is_an_error(self, data: bytes, words: str) -> None:
        with pytest.raises(RequestError, match=f"^--include libplug.so means /lib/libplug.so, {words}"):
            followed(lib(), {"/lib/libplug.so": data}, include=("libplug.so",))

    def test_it_joins_the_c_library_of_its_processor(self) -> None:
        files = {"a.so": musl(), "b.so": lib(glibc=None, like=Recipe(machine=EM_AARCH64))}
        asking = members(files, MUSL)
        found = followed(asking, {"/lib/plug.so": lib(glibc=None)}, include=("plug.so",))
        assert found.loaded["/lib/plug.so"].asker.libc == MUSL


class Alias(Disk):
    """A disk with links: what is asked for by one name has another path."""

    def __init__(self, files: Mapping[str, bytes], aliases: Mapping[str, str]) -> None:
        linked = {link: files[path] for link, path in aliases.items()}
        super().__init__({**files, **linked})
        self._aliases = aliases

    def __getitem__(self, path: str) -> File:
        return super().__getitem__(self._aliases.get(path, path))


def test_versions_are_no_needs() -> None:
    asking = lib(like=Recipe(needs=(versions("libfoo.so", "FOO_1"),)))
    assert set(followed(asking).fates) == {(MEMBER, "libc.so.6")}

"""macOS: floors are rounded up to what installers ask for, and universal2 is what every file is."""

from __future__ import annotations

import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import given
from packaging.tags import mac_platforms

from tests.policy.images import BUNDLE, DSYM, DYLIB, EXECUTE, OBJECT, macho, part, universal
from truewheel import rules
from truewheel.binary.graph import resolve
from truewheel.binary.model import MachO, Platform, Version3
from truewheel.policy import macos, spelled
from truewheel.policy.model import Outcome, strongest


def examine(**images: MachO) -> Outcome:
    return macos.examine(images, {})


def resolved(images: dict[str, MachO], *platforms: str) -> Outcome:
    graph = resolve(images)
    return macos.examine(images, graph.external, graph.edges, platforms)


def library(arch: str, minos: Version3, *dylibs: str) -> MachO:
    return macho(part(arch, minos, filetype=DYLIB, dylibs=dylibs))


def tags(outcome: Outcome) -> list[str]:
    return list(spelled(requirement.floor for requirement in strongest(outcome.requirements)))


def ids(outcome: Outcome) -> list[str]:
    return [finding.rule.id for finding in outcome.findings]


@pytest.mark.parametrize(
    ("arch", "minos", "version"),
    [
        ("x86_64", (10, 9, 0), (10, 9)),
        ("x86_64", (10, 13, 4), (10, 14)),
        ("x86_64", (10, 15, 1), (11, 0)),
        ("x86_64", (10, 16, 0), (11, 0)),
        ("x86_64", (10, 3, 0), (10, 4)),
        ("x86_64", (0, 0, 0), (10, 4)),
        ("x86_64", (11, 0, 0), (11, 0)),
        ("x86_64", (11, 7, 1), (12, 0)),
        ("arm64", (12, 3, 0), (13, 0)),
        ("arm64", (14, 0, 1), (15, 0)),
        ("arm64", (15, 0, 0), (15, 0)),
        ("arm64", (15, 4, 0), (26, 0)),
        ("arm64", (16, 0, 0), (26, 0)),
        ("arm64", (26, 1, 0), (27, 0)),
        ("arm64", (10, 9, 0), (11, 0)),
    ],
)
def test_floors_are_rounded_up(arch: str, minos: Version3, version: tuple[int, int]) -> None:
    assert macos.floor(arch, minos) == version


_RELEASES = [(10, n) for n in range(4, 16)] + [(n, 0) for n in (11, 12, 13, 14, 15, 26, 27)]


@given(
    st.sampled_from(["x86_64", "arm64"]),
    st.tuples(st.sampled_from([10, 11, 12, 14, 15, 26]), st.integers(0, 15), st.integers(0, 3)),
)
def test_the_tag_is_offered_to_the_systems_that_satisfy_minos_and_no_others(arch: str, minos: Version3) -> None:
    """By packaging's own list: who is offered the tag can load the file, and all who can are offered it."""
    tag = f"macosx_{'_'.join(map(str, macos.floor(arch, minos)))}_{arch}"
    possible = [r for r in _RELEASES if arch == "x86_64" or r >= (11, 0)]
    offered = [release for release in possible if tag in set(mac_platforms(release, arch))]
    assert offered
    assert all((*release, 0) >= minos for release in offered)
    assert {release for release in possible if (*release, 0) >= minos} == set(offered)


def test_the_evidence_keeps_what_the_tag_cannot_say() -> None:
    (found,) = examine(zig=macho(part("x86_64", (11, 7, 1)))).requirements
    assert (found.floor.tag, found.exact, found.member) == ("macosx_12_0_x86_64", (11, 7, 1), "zig")
    assert found.reason == "minos 11.7.1 of the x86_64 slice"
    (plain,) = examine(a=macho(part("x86_64", (10, 9, 0)))).requirements
    assert plain.exact == ()


@pytest.mark.parametrize(
    ("x86_64", "arm64", "lowest"),
    [
        ((10, 9, 0), (11, 0, 0), ["macosx_10_9_universal2"]),
        ((10, 13, 0), (11, 0, 0), ["macosx_10_13_universal2"]),
        ((12, 0, 0), (12, 0, 0), ["macosx_12_0_universal2"]),
        ((10, 9, 0), (12, 0, 0), ["macosx_10_9_x86_64", "macosx_12_0_universal2"]),
        ((10, 9, 0), (11, 1, 0), ["macosx_10_9_x86_64", "macosx_12_0_universal2"]),
        ((12, 0, 0), (11, 0, 0), ["macosx_11_0_arm64", "macosx_12_0_universal2"]),
        ((14, 0, 0), (13, 0, 0), ["macosx_13_0_arm64", "macosx_14_0_universal2"]),
        ((11, 0, 0), (11, 0, 0), ["macosx_11_0_universal2"]),
    ],
)
def test_universal2_covers_both_floors(x86_64: Version3, arm64: Version3, lowest: list[str]) -> None:
    outcome = examine(a=universal(x86_64, arm64))
    assert tags(outcome) == lowest
    assert [r.floor.arch for r in outcome.requirements] == ["x86_64", "arm64"]


class TestArchitectures:
    def test_a_thin_wheel(self) -> None:
        outcome = examine(a=macho(part("arm64", (11, 0, 0))), b=macho(part("arm64", (13, 0, 0), filetype=DYLIB)))
        assert tags(outcome) == ["macosx_13_0_arm64"]

    def test_one_thin_file_decides(self) -> None:
        outcome = examine(a=universal(), b=macho(part("x86_64", (10, 13, 0))))
        assert tags(outcome) == ["macosx_10_13_x86_64"]

    def test_what_one_processor_alone_loads_takes_nothing_from_the_others(self) -> None:
        images = {
            "pkg/_x.so": macho(part("x86_64", (10, 9, 0), dylibs=("@loader_path/.dylibs/libomp-1.dylib",)), part()),
            "pkg/.dylibs/libomp-1.dylib": library("x86_64", (10, 13, 0), "@loader_path/libz-2.dylib"),
            "pkg/.dylibs/libz-2.dylib": library("x86_64", (10, 12, 0), "/usr/lib/libSystem.B.dylib"),
        }
        assert tags(resolved(images)) == ["macosx_10_13_universal2"]

    @pytest.mark.parametrize(
        "asked",
        [
            "@loader_path/.dylibs/libomp.dylib",  # there, for another processor
            "@rpath/libomp.dylib",
            "/opt/homebrew/lib/libomp.dylib",
            "@rpath/libomp.5.dylib",  # by its install name
        ],
    )
    def test_what_another_processor_asks_for_is_missed_there(self, asked: str) -> None:
        images = {
            "pkg/_x.so": macho(
                part("x86_64", (10, 9, 0), dylibs=("@loader_path/.dylibs/libomp.dylib",)), part(dylibs=(asked,))
            ),
            "pkg/.dylibs/libomp.dylib": macho(
                part("x86_64", (10, 9, 0), filetype=DYLIB, install_name="/DLC/libomp.5.dylib")
            ),
        }
        assert tags(resolved(images)) == ["macosx_10_9_x86_64"]
        # One that answers by its name alone is no proof that the loader finds it.
        images["z/" + asked.rpartition("/")[2]] = library("arm64", (11, 0, 0))
        images["z/_z.so"] = macho(
            part("x86_64", (10, 9, 0)), part(dylibs=("@loader_path/" + asked.rpartition("/")[2],))
        )
        assert tags(resolved(images)) != ["macosx_10_9_universal2"]

    def test_a_library_of_the_system_is_asked_for_by_its_path(self) -> None:
        images = {
            "pkg/_x.so": macho(
                part("x86_64", (10, 9, 0), dylibs=("@loader_path/libz.dylib",)), part(dylibs=("/usr/lib/libz.dylib",))
            ),
            "pkg/libz.dylib": library("x86_64", (10, 9, 0)),
        }
        assert tags(resolved(images)) == ["macosx_10_9_universal2"]

    @pytest.mark.parametrize(
        "others",
        [
            {},  # nothing loads it: it may be opened at run time
            {"pkg/liby.dylib": ("@loader_path/libx.dylib",)},  # what loads it isn't loaded by anything but it
            {"pkg/_b.so": ()},
            {"pkg/x.o": ()},
        ],
        ids=["alone", "circle", "beside", "object"],
    )
    def test_a_library_that_nothing_is_seen_to_load_counts(self, others: dict[str, tuple[str, ...]]) -> None:
        images = {
            "pkg/_x.so": universal(),
            "pkg/libx.dylib": library("x86_64", (10, 9, 0), *(["@loader_path/liby.dylib"] if others else [])),
        }
        for member, dylibs in others.items():
            kind = {"so": BUNDLE, "o": OBJECT}.get(member.rpartition(".")[2], DYLIB)
            images[member] = macho(part("x86_64", (10, 9, 0), filetype=kind, dylibs=dylibs))
        assert tags(resolved(images)) == ["macosx_10_9_x86_64"]

    @pytest.mark.parametrize(("member", "filetype"), [("pkg/_y.so", DYLIB), ("pkg/y", BUNDLE), ("pkg/y", EXECUTE)])
    def test_modules_and_programs_count_whatever_loads_them(self, member: str, filetype: int) -> None:
        images = {
            "pkg/_x.so": macho(part("x86_64", (10, 9, 0), dylibs=("@loader_path/" + member[4:],)), part()),
            member: macho(part("x86_64", (10, 9, 0), filetype=filetype)),
        }
        assert tags(resolved(images)) == ["macosx_10_9_x86_64"]

    def test_libraries_do_not_give_what_modules_lack(self) -> None:
        images = {
            "pkg/_x.so": macho(part("x86_64", (10, 9, 0), dylibs=("@loader_path/libx.dylib",))),
            "pkg/libx.dylib": macho(part("x86_64", (10, 9, 0), filetype=DYLIB), part(filetype=DYLIB)),
        }
        assert tags(resolved(images)) == ["macosx_10_9_x86_64"]

    def test_files_that_share_nothing_give_each_its_floor(self) -> None:
        outcome = examine(a=macho(part("arm64", (11, 0, 0))), b=macho(part("x86_64", (10, 9, 0))))
        assert [(r.member, r.floor.tag) for r in outcome.requirements] == [
            ("a", "macosx_11_0_arm64"),
            ("b", "macosx_10_9_x86_64"),
        ]

    @pytest.mark.parametrize("filetype", [OBJECT, DSYM])
    def test_objects_and_debug_companions_do_not_count(self, filetype: int) -> None:
        extra = macho(part("x86_64", (15, 0, 0), filetype=filetype, platform=Platform.IOS, signed=False))
        assert examine(a=universal(), b=extra) == examine(a=universal())

    def test_further_slices_of_a_fat_file_do_not_hurt(self) -> None:
        fat = macho(part("x86_64", (10, 9, 0)), part("arm64"), part("x86_64h", (14, 0, 0)), part("arm64e", (14, 0, 0)))
        assert tags(examine(a=fat)) == ["macosx_10_9_universal2"]

    def test_an_architecture_without_a_tag(self) -> None:
        outcome = examine(a=macho(part("x86_64h")))
        assert (outcome.requirements, outcome.unknown) == ((), ("no platform tag names the architecture x86_64h",))

    def test_intel_pairs_stay_two_tags(self) -> None:
        fat = macho(part("i386", (10, 6, 0)), part("x86_64", (10, 6, 0)))
        assert tags(examine(a=fat)) == ["macosx_10_6_i386", "macosx_10_6_x86_64"]


class TestFindings:
    def test_a_missing_release_is_unknown_with_its_reason(self) -> None:
        outcome = examine(a=macho(part("arm64", None)), b=macho(part("arm64", None, platform=Platform.UNKNOWN)))
        assert outcome.unknown == (
            "a: the arm64 slice doesn't name the macOS that it needs",
            "b: no load command of the arm64 slice names a platform and a release",
        )

    @pytest.mark.parametrize("platform", [Platform.IOS, Platform.IOS_SIMULATOR, Platform.MACCATALYST])
    def test_slices_for_other_platforms(self, platform: Platform) -> None:
        outcome = examine(a=universal(), b=macho(part(platform=platform, minos=(20, 0, 0))))
        assert ids(outcome) == [rules.MAC_OTHER_PLATFORM.id]
        assert tags(outcome) == ["macosx_10_9_universal2"]
        assert outcome.unknown == ()
        alone = examine(b=macho(part(platform=platform)))
        assert (alone.requirements, alone.unknown) == ((), ("no slice is for macOS",))

    def test_unsigned_arm64_is_killed_and_unsigned_x86_64_is_not(self) -> None:
        assert ids(examine(a=macho(part("arm64", signed=False)))) == [rules.MAC_UNSIGNED.id]
        assert ids(examine(a=macho(part("x86_64", signed=False)))) == []


class TestMissing:
    def test_system_libraries_are_promised(self) -> None:
        names = ["/usr/lib/libSystem.B.dylib", "/System/Library/Frameworks/Accelerate.framework/Accelerate"]
        outcome = resolved({"a": macho(part("x86_64", dylibs=tuple(names)), part(dylibs=tuple(names)))})
        assert (outcome.missing, outcome.findings) == ((), ())

    @pytest.mark.parametrize(
        "name",
        [
            "@rpath/libomp.dylib",
            "/opt/homebrew/lib/libx.dylib",
            "/usr/local/lib/liby.dylib",
            "/System/Volumes/Data/opt/homebrew/lib/libx.dylib",
            "/usr/lib/../local/lib/liby.dylib",
            "@rpath/libpythonic.dylib",
        ],
    )
    def test_everything_else_is_missing(self, name: str) -> None:
        (missing,) = resolved({"a": macho(part("x86_64", dylibs=(name,)), part())}).missing
        assert (missing.library, missing.members) == (name, ("a",))

    def test_what_is_loaded_on_first_use_may_be_absent(self) -> None:
        name = "@rpath/libomp.dylib"
        images = {"a": macho(part(dylibs=((name, "lazy"),))), "b": macho(part(dylibs=(name,)))}
        outcome = resolved(images)
        assert [(f.rule, f.member) for f in outcome.findings] == [(rules.LIB_OPTIONAL, "a")]
        assert [(m.library, m.members) for m in outcome.missing] == [(name, ("b",))]

    @pytest.mark.parametrize(
        "name",
        [
            "@rpath/libpython3.12.dylib",
            "@executable_path/../lib/libpython3.14td.dylib",
            "/Library/Frameworks/Python.framework/Versions/3.12/Python",
            "@rpath/Python3.framework/Versions/3.9/Python3",
            "/Library/Frameworks/PythonT.framework/Versions/3.14/PythonT",
            "@rpath/libpypy3.11-c.dylib",
        ],
    )
    def test_the_interpreter_is_a_finding_of_its_own(self, name: str) -> None:
        outcome = resolved({"a": macho(part(dylibs=(name,)))})
        assert (ids(outcome), outcome.missing) == ([rules.LIB_PYTHON.id], ())

    def test_the_swift_runtime_is_the_systems_where_the_run_path_says_so(self) -> None:
        name = "@rpath/libswiftCore.dylib"
        assert resolved({"a": macho(part(dylibs=(name,), rpaths=("/usr/lib/swift",)))}).missing == ()
        assert len(resolved({"a": macho(part(dylibs=(name,)))}).missing) == 1

    def test_the_run_path_to_the_swift_runtime_may_be_that_of_who_loads_the_file(self) -> None:
        swift, own = "@rpath/libswiftCore.dylib", "@loader_path/libown.dylib"
        images = {
            "p/libown.dylib": library("arm64", (11, 0, 0), swift, "@loader_path/libdeep.dylib"),
            "p/libdeep.dylib": library("arm64", (11, 0, 0), swift, own),
            "p/a.so": macho(part(dylibs=(own,), rpaths=("/usr/lib/swift",))),
            "q/alone.so": macho(part(dylibs=(swift,))),
        }
        assert [(m.library, m.members) for m in resolved(images).missing] == [(swift, ("q/alone.so",))]

    def test_what_only_a_slice_for_another_processor_lacks_nobody_misses(self) -> None:
        name, own = "@rpath/libomp.dylib", "@loader_path/libown.dylib"
        both = macho(part("x86_64", filetype=DYLIB, dylibs=(name,)), part(filetype=DYLIB))
        thin = {"p/a.so": macho(part(dylibs=(own,))), "p/libown.dylib": both}
        assert resolved(thin, "macosx_11_0_arm64").missing == ()
        assert [m.library for m in resolved(thin).missing] == [name]
        fat = {**thin, "p/a.so": macho(part("x86_64", dylibs=(own,)), part(dylibs=(own,)))}
        assert [(m.library, m.members) for m in resolved(fat, "macosx_11_0_universal2").missing] == [
            (name, ("p/libown.dylib",))
        ]

    def test_a_library_for_one_processor_is_missing_on_the_other(self) -> None:
        name = "@loader_path/libown.dylib"
        images = {
            "p/a.so": macho(part("x86_64", dylibs=(name,)), part(dylibs=(name,))),
            "p/b.so": macho(part("x86_64", dylibs=(name,)), part()),
            "p/libown.dylib": library("x86_64", (11, 0, 0)),
        }
        assert [(m.library, m.members) for m in resolved(images, "macosx_11_0_universal2").missing] == [
            (name, ("p/a.so",))
        ]

    @pytest.mark.parametrize(
        ("platforms", "there", "expected"),
        [
            ([], {"arm64"}, set()),
            (["any"], {"arm64"}, set()),
            (["macosx_11_0_arm64"], {"arm64", "x86_64"}, {"arm64"}),
            (["macosx_11_0_arm64"], {"x86_64"}, {"arm64", "x86_64"}),
            (["macosx_10_9_universal2"], {"arm64"}, {"arm64", "x86_64"}),
            (["macosx_10_9_x86_64", "manylinux_2_17_aarch64"], {"x86_64"}, {"x86_64"}),
        ],
    )
    def test_tags_that_are_wrong_give_way_to_the_files(
        self, platforms: list[str], there: set[str], expected: set[str]
    ) -> None:
        assert macos.relied_on(platforms, there) == expected


_PARTS = st.builds(
    part,
    st.sampled_from(["x86_64", "arm64", "i386", "arm64e"]),
    st.one_of(st.none(), st.tuples(st.integers(9, 16), st.integers(0, 3), st.integers(0, 2))),
    filetype=st.sampled_from([BUNDLE, DYLIB, OBJECT]),
    platform=st.sampled_from([Platform.MACOS, Platform.MACOS, Platform.IOS, Platform.UNKNOWN]),
    signed=st.booleans(),
)
_FILES = st.lists(_PARTS, min_size=1, max_size=3, unique_by=lambda p: p.arch).map(lambda parts: macho(*parts))


@given(st.lists(_FILES, max_size=4))
def test_the_order_of_members_has_no_meaning(images: list[MachO]) -> None:
    named = {f"m{number}": image for number, image in enumerate(images)}
    outcomes = [macos.examine(dict(order), {}) for order in itertools.islice(itertools.permutations(named.items()), 6)]
    assert all(outcome == outcomes[0] for outcome in outcomes)

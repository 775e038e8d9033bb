"""Verdicts: what a name claims against what binaries need."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import pytest

from tests.policy.images import elf, macho, part, pe
from truewheel.binary.graph import resolve
from truewheel.binary.model import Image, Platform, Wasm
from truewheel.ops import Tags, Verdict, judge
from truewheel.policy import Floor, Outcome, Requirement, examine
from truewheel.wheel import WheelName


def outcome(*floors: Floor, unknown: tuple[str, ...] = ()) -> Outcome:
    return Outcome(requirements=tuple(Requirement(f, "a.so", "because") for f in floors), unknown=unknown)


def name(platforms: str) -> WheelName:
    return WheelName.parse(f"sample-1.0-cp312-cp312-{platforms}.whl")


GLIBC_17 = Floor("manylinux", "x86_64", (2, 17))
GLIBC_5 = Floor("manylinux", "x86_64", (2, 5))
MUSL_1 = Floor("musllinux", "x86_64", (1, 1))
LINUX = Floor("linux", "x86_64", ())
MAC_12 = Floor("macosx", "x86_64", (12, 0)), Floor("macosx", "arm64", (12, 0))


@pytest.mark.parametrize(
    ("claimed", "floors", "verdict", "computed", "false"),
    [
        ("manylinux_2_17_x86_64", [GLIBC_17], Verdict.EXACT, ["manylinux_2_17_x86_64"], ()),
        ("manylinux2014_x86_64", [GLIBC_17], Verdict.EXACT, ["manylinux_2_17_x86_64"], ()),
        ("manylinux_2_17_x86_64.manylinux_2_28_x86_64", [GLIBC_17], Verdict.EXACT, ["manylinux_2_17_x86_64"], ()),
        ("manylinux_2_28_x86_64", [GLIBC_17], Verdict.STRICTER, ["manylinux_2_17_x86_64"], ()),
        (
            "manylinux_2_12_x86_64",
            [GLIBC_17],
            Verdict.TOO_GENEROUS,
            ["manylinux_2_17_x86_64"],
            ("manylinux_2_12_x86_64",),
        ),
        (
            "manylinux_2_12_x86_64.manylinux_2_28_x86_64",
            [GLIBC_17],
            Verdict.TOO_GENEROUS,
            ["manylinux_2_17_x86_64"],
            ("manylinux_2_12_x86_64",),
        ),
        (
            "manylinux_2_5_x86_64.musllinux_1_1_x86_64",
            [GLIBC_5, MUSL_1],
            Verdict.EXACT,
            ["manylinux_2_5_x86_64", "musllinux_1_1_x86_64"],
            (),
        ),
        # a static program that claims only one of the two families could claim more
        (
            "manylinux_2_5_x86_64",
            [GLIBC_5, MUSL_1],
            Verdict.STRICTER,
            ["manylinux_2_5_x86_64", "musllinux_1_1_x86_64"],
            (),
        ),
        (
            "musllinux_1_2_x86_64",
            [GLIBC_17],
            Verdict.TOO_GENEROUS,
            ["manylinux_2_17_x86_64"],
            ("musllinux_1_2_x86_64",),
        ),
        # a library is missing: no manylinux promises it
        ("manylinux_2_17_x86_64", [LINUX], Verdict.TOO_GENEROUS, ["linux_x86_64"], ("manylinux_2_17_x86_64",)),
        ("linux_x86_64", [LINUX], Verdict.EXACT, ["linux_x86_64"], ()),
        (
            "manylinux_2_17_aarch64",
            [GLIBC_17],
            Verdict.CONTRADICTORY,
            ["manylinux_2_17_x86_64"],
            ("manylinux_2_17_aarch64",),
        ),
        ("win_amd64", [GLIBC_17], Verdict.CONTRADICTORY, ["manylinux_2_17_x86_64"], ("win_amd64",)),
        (
            "macosx_10_9_universal2",
            [*MAC_12],
            Verdict.TOO_GENEROUS,
            ["macosx_12_0_universal2"],
            ("macosx_10_9_universal2",),
        ),
        ("macosx_12_0_universal2", [*MAC_12], Verdict.EXACT, ["macosx_12_0_universal2"], ()),
        ("macosx_13_0_universal2", [*MAC_12], Verdict.STRICTER, ["macosx_12_0_universal2"], ()),
        ("win_amd64", [Floor("win", "amd64", ())], Verdict.EXACT, ["win_amd64"], ()),
        # a 32-bit helper beside the 64-bit module takes no part
        ("win_amd64", [Floor("win", "amd64", ()), Floor("win", "win32", ())], Verdict.EXACT, ["win_amd64"], ()),
        ("any", [GLIBC_17], Verdict.TOO_GENEROUS, ["manylinux_2_17_x86_64"], ("any",)),
    ],
)
def test_verdict(
    claimed: str, floors: list[Floor], verdict: Verdict, computed: list[str], false: tuple[str, ...]
) -> None:
    tags = judge(name(claimed), {}, outcome(*floors))
    assert tags.verdict is verdict
    assert tags.computed == tuple(computed)
    assert tags.false == false


def test_order_of_claims_and_requirements_does_not_matter() -> None:
    one = judge(name("manylinux_2_12_x86_64.musllinux_1_1_x86_64"), {}, outcome(GLIBC_17, MUSL_1))
    two = judge(name("manylinux_2_12_x86_64.musllinux_1_1_x86_64"), {}, outcome(MUSL_1, GLIBC_17))
    assert one == two


def test_without_binaries_any_is_exact_and_a_platform_is_stricter() -> None:
    assert judge(name("any"), {}, Outcome()).verdict is Verdict.EXACT
    tags = judge(name("manylinux_2_17_x86_64"), {}, Outcome())
    assert (tags.verdict, tags.computed) == (Verdict.STRICTER, ("any",))


def test_what_is_unknown_is_said_in_words() -> None:
    tags = judge(name("manylinux_2_17_x86_64"), {}, outcome(unknown=("a.so has no libc",)))
    assert (tags.verdict, tags.computed, tags.reasons) == (Verdict.UNKNOWN, None, ("a.so has no libc",))


def test_any_with_binaries_for_several_platforms_may_be_data() -> None:
    floors = (Floor("win", "amd64", ()), Floor("win", "arm64", ()))
    needs = tuple(Requirement(floor, floor.arch, "because") for floor in floors)
    tags = judge(name("any"), {}, Outcome(requirements=needs))
    assert (tags.verdict, tags.computed) == (Verdict.UNKNOWN, None)
    assert "several platforms" in tags.reasons[0]


def judged(platforms: str, **images: Image) -> Tags:
    """The verdict on files as the policies see them; ``__`` in a keyword is a slash, ``_so`` an ending."""
    wheel = name(platforms)
    members = {key.replace("__", "/").replace("_so", ".so"): image for key, image in images.items()}
    return judge(wheel, members, examine(wheel, members, resolve(members)))


def thin(arch: str, release: tuple[int, int], *, platform: Platform = Platform.MACOS) -> Image:
    return macho(part(arch, (*release, 0), platform=platform))


def fat(x86_64: tuple[int, int], arm64: tuple[int, int]) -> Image:
    return macho(part("x86_64", (*x86_64, 0)), part("arm64", (*arm64, 0)))


class TestProcessorsOfMacOs:
    """A claim is kept if every processor that it stands for has a floor at or below it."""

    @pytest.mark.parametrize(
        ("claimed", "x86_64", "arm64", "verdict", "computed"),
        [
            (
                "macosx_12_0_x86_64.macosx_11_0_arm64",
                (12, 0),
                (11, 0),
                Verdict.EXACT,
                ("macosx_11_0_arm64", "macosx_12_0_universal2"),
            ),
            (
                "macosx_10_9_x86_64.macosx_12_0_arm64",
                (10, 9),
                (12, 0),
                Verdict.EXACT,
                ("macosx_10_9_x86_64", "macosx_12_0_universal2"),
            ),
            (
                "macosx_10_9_x86_64",
                (10, 9),
                (12, 0),
                Verdict.STRICTER,
                ("macosx_10_9_x86_64", "macosx_12_0_universal2"),
            ),
            ("macosx_10_9_x86_64", (10, 9), (11, 0), Verdict.STRICTER, ("macosx_10_9_universal2",)),
            ("macosx_10_9_universal2", (10, 9), (11, 0), Verdict.EXACT, ("macosx_10_9_universal2",)),
            ("macosx_10_9_x86_64.macosx_11_0_arm64", (10, 9), (11, 0), Verdict.EXACT, ("macosx_10_9_universal2",)),
            (
                "macosx_10_9_universal2",
                (10, 9),
                (12, 0),
                Verdict.TOO_GENEROUS,
                ("macosx_10_9_x86_64", "macosx_12_0_universal2"),
            ),
            ("macosx_10_9_intel", (10, 9), (11, 0), Verdict.TOO_GENEROUS, ("macosx_10_9_universal2",)),
            ("macosx_11_0_intel", (10, 9), (11, 0), Verdict.STRICTER, ("macosx_10_9_universal2",)),
        ],
    )
    def test_a_fat_file(
        self,
        claimed: str,
        x86_64: tuple[int, int],
        arm64: tuple[int, int],
        verdict: Verdict,
        computed: tuple[str, ...],
    ) -> None:
        tags = judged(claimed, a=fat(x86_64, arm64))
        assert (tags.verdict, tags.computed) == (verdict, computed)

    @pytest.mark.parametrize(
        ("claimed", "floors", "verdict"),
        [
            ("macosx_10_6_intel", {"i386": (10, 6), "x86_64": (10, 6)}, Verdict.EXACT),
            ("macosx_10_7_intel", {"i386": (10, 6), "x86_64": (10, 6)}, Verdict.STRICTER),
            ("macosx_10_5_intel", {"i386": (10, 6), "x86_64": (10, 6)}, Verdict.TOO_GENEROUS),
            ("macosx_10_6_intel.macosx_10_9_x86_64", {"i386": (10, 6), "x86_64": (10, 6)}, Verdict.EXACT),
            ("macosx_10_6_intel", {"i386": (10, 6), "x86_64": (10, 9)}, Verdict.TOO_GENEROUS),
            ("macosx_10_4_fat", {"i386": (10, 4), "ppc": (10, 4)}, Verdict.EXACT),
            ("macosx_10_4_fat", {"i386": (10, 4)}, Verdict.TOO_GENEROUS),
            ("macosx_10_5_universal", dict.fromkeys(("i386", "ppc", "ppc64", "x86_64"), (10, 5)), Verdict.EXACT),
            ("macosx_10_6_universal", dict.fromkeys(("i386", "x86_64"), (10, 6)), Verdict.EXACT),
        ],
    )
    def test_the_old_pairs(self, claimed: str, floors: dict[str, tuple[int, int]], verdict: Verdict) -> None:
        image = macho(*(part(arch, (*release, 0)) for arch, release in floors.items()))
        assert judged(claimed, a=image).verdict is verdict

    def test_files_of_their_own_for_each_processor(self) -> None:
        files = {"a": thin("x86_64", (10, 9)), "b": thin("arm64", (11, 0))}
        tags = judged("macosx_10_9_universal2", **files)
        assert (tags.verdict, tags.computed) == (Verdict.EXACT, ("macosx_10_9_universal2",))
        assert tags.reasons == ("arm64 and x86_64 have files of their own",)
        one = judged("macosx_11_0_arm64", **files)
        assert (one.verdict, one.computed, one.reasons) == (Verdict.EXACT, ("macosx_11_0_arm64",), ())

    def test_one_thin_file_takes_a_processor_away(self) -> None:
        tags = judged("macosx_10_9_universal2", a=fat((10, 9), (11, 0)), b=thin("arm64", (11, 0)))
        assert (tags.verdict, tags.computed) == (Verdict.TOO_GENEROUS, ("macosx_11_0_arm64",))


class TestLackOfEvidence:
    """Files that ask for nothing are no proof that the wheel runs anywhere."""

    FILES: ClassVar[dict[str, tuple[str, Image]]] = {
        "catalyst": ("macosx_11_0_arm64", thin("arm64", (14, 0), platform=Platform.MACCATALYST)),
        "watch": ("macosx_11_0_arm64", thin("arm64", (9, 0), platform=Platform.WATCHOS)),
        "object": ("macosx_11_0_arm64", macho(part(filetype=1))),
        "elf-object": ("manylinux_2_17_x86_64", replace(elf(), type=1)),
        "firmware": ("win_amd64", pe(subsystem=10)),
    }

    @pytest.mark.parametrize("kind", FILES)
    def test_is_unknown(self, kind: str) -> None:
        claimed, image = self.FILES[kind]
        tags = judged(claimed, a=image)
        assert (tags.verdict, tags.computed) == (Verdict.UNKNOWN, None)
        assert len(tags.reasons) == 1

    @pytest.mark.parametrize("kind", ["object", "elf-object", "firmware"])
    def test_files_that_nobody_loads_leave_any_alone(self, kind: str) -> None:
        assert judged("any", a=self.FILES[kind][1]).verdict is Verdict.EXACT

    def test_files_that_some_other_system_loads_do_not(self) -> None:
        tags = judged("any", a=self.FILES["catalyst"][1])
        assert (tags.verdict, tags.reasons) == (Verdict.UNKNOWN, ("no slice is for macOS",))

    def test_data_for_a_runtime_is_no_native_code(self) -> None:
        tags = judged("manylinux_2_17_x86_64", a=Wasm(1, shared=False, needed=()))
        assert (tags.verdict, tags.computed) == (Verdict.STRICTER, ("any",))


class TestBesideUnknownFiles:
    """What is known is a lower bound of what is needed."""

    NEEDS = outcome(GLIBC_17, unknown=("b.so has no libc",))
    FILES: ClassVar[dict[str, Image]] = {"a.so": elf(), "b.so": elf()}

    def test_a_claim_below_it_is_false(self) -> None:
        tags = judge(name("manylinux_2_5_x86_64.manylinux_2_17_x86_64"), self.FILES, self.NEEDS)
        assert (tags.verdict, tags.computed) == (Verdict.TOO_GENEROUS, None)
        assert tags.false == ("manylinux_2_5_x86_64",)
        assert [r.floor for r in tags.deciding] == [GLIBC_17]
        assert tags.reasons == ("b.so has no libc",)

    @pytest.mark.parametrize("claimed", ["manylinux_2_17_x86_64", "manylinux_2_28_x86_64"])
    def test_a_claim_above_it_is_unknown(self, claimed: str) -> None:
        tags = judge(name(claimed), self.FILES, self.NEEDS)
        assert (tags.verdict, tags.computed, tags.false) == (Verdict.UNKNOWN, None, ())

    def test_another_libc_is_false(self) -> None:
        assert judge(name("musllinux_1_2_x86_64"), self.FILES, self.NEEDS).verdict is Verdict.TOO_GENEROUS

    def test_a_processor_of_which_nothing_is_known_is_unknown(self) -> None:
        files = {**self.FILES, "b.so": elf(arch="aarch64")}
        assert judge(name("manylinux_2_17_aarch64"), files, self.NEEDS).verdict is Verdict.UNKNOWN

    def test_a_system_without_any_file_is_a_contradiction(self) -> None:
        assert judge(name("win_amd64"), self.FILES, self.NEEDS).verdict is Verdict.CONTRADICTORY

    def test_any_stays_false(self) -> None:
        tags = judge(name("any"), self.FILES, self.NEEDS)
        assert (tags.verdict, tags.computed, tags.false) == (Verdict.TOO_GENEROUS, None, ("any",))

    def test_any_with_files_for_several_platforms_stays_data(self) -> None:
        files = {**self.FILES, "b.so": elf(arch="aarch64")}
        assert judge(name("any"), files, self.NEEDS).verdict is Verdict.UNKNOWN
        one = {**self.FILES, "b.so": replace(elf(arch="aarch64"), type=1), "c.wasm": Wasm(1, shared=False, needed=())}
        assert judge(name("any"), one, self.NEEDS).verdict is Verdict.TOO_GENEROUS


class TestModules:
    """A module that has no file for the claimed machine can't be imported there, whatever runs beside it."""

    def test_another_machine_than_the_helper(self) -> None:
        module_ = elf("libc.so.6", arch="aarch64", exports=("PyInit__x",))
        tags = judged("manylinux_2_17_x86_64", m___x_so=module_, bin__helper=elf("libc.so.6"))
        assert (tags.verdict, tags.false) == (Verdict.CONTRADICTORY, ("manylinux_2_17_x86_64",))
        assert tags.computed == ("manylinux_2_17_aarch64",)

    def test_a_library_of_another_machine_is_nobodys_module(self) -> None:
        tags = judged("manylinux_2_17_x86_64", m__libx_so=elf("libc.so.6", arch="aarch64"), tool=elf("libc.so.6"))
        assert tags.verdict is not Verdict.CONTRADICTORY
        assert all(r.floor.arch == "x86_64" for r in tags.deciding)

    def test_one_of_two_machines(self) -> None:
        files: dict[str, Image] = {
            "_x.cp312-win32.pyd": pe(arch="win32"),
            "helper.exe": pe(dll=False),
        }
        needs = examine(name("win32"), files, resolve(files))
        tags = judge(name("win32.win_amd64"), files, needs)
        assert (tags.verdict, tags.false, tags.computed) == (Verdict.TOO_GENEROUS, ("win_amd64",), ("win32",))
        both = {**files, "_x.cp312-win_amd64.pyd": pe()}
        assert judge(name("win32.win_amd64"), both, needs).verdict is Verdict.EXACT

    def test_modules_that_share_no_machine(self) -> None:
        files: dict[str, Image] = {"_x.cp312-win32.pyd": pe(arch="win32"), "_y.cp312-win_amd64.pyd": pe()}
        tags = judge(name("win_amd64"), files, examine(name("win_amd64"), files, resolve(files)))
        assert (tags.verdict, tags.computed) == (Verdict.CONTRADICTORY, None)
        assert tags.reasons == ("the extension modules are for different machines",)

    def test_the_certain_lack_beside_an_unknown_helper(self) -> None:
        files: dict[str, Image] = {"_x.cp312-win_arm64.pyd": pe(arch="arm64"), "tool.exe": pe(arch="amd64")}
        needs = outcome(Floor("win", "arm64", ()), unknown=("tool.exe can't be read",))
        assert judge(name("win_amd64"), files, needs).verdict is Verdict.CONTRADICTORY

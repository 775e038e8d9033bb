"""The tags of repaired wheels for macOS and Windows: what is true stays, what is false is raised."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.images import elf, macho, part, pe
from truewheel.binary.graph import resolve
from truewheel.binary.model import Image
from truewheel.errors import RequestError
from truewheel.ops import Tags, judge
from truewheel.ops.plan import Changes, Plan
from truewheel.ops.repaired_tags import platforms_of
from truewheel.ops.verdict import false_claims
from truewheel.policy import examine
from truewheel.wheel import WheelName

NOTHING: Plan[Changes] = Plan()


def verdict(claimed: str, *images: Image) -> Tags:
    name = WheelName.parse(f"sample-1.0-cp312-cp312-{claimed}.whl")
    members = {f"sample/_{number}.so": image for number, image in enumerate(images)}
    return judge(name, members, examine(name, members, resolve(members)))


def fat(x86_64: tuple[int, int, int], arm64: tuple[int, int, int]) -> Image:
    return macho(part("x86_64", minos=x86_64), part("arm64", minos=arm64))


def thin(arch: str, *minos: int) -> Image:
    return macho(part(arch, minos=(minos[0], minos[1], minos[2] if len(minos) > 2 else 0)))


@pytest.mark.parametrize(
    ("claimed", "image", "tags"),
    [
        # what the notes name: protobuf 7.36.2, cryptography 48.0.1, ziglang 0.12.0 and 0.13.0
        ("macosx_10_9_universal2", fat((12, 0, 0), (12, 0, 0)), "macosx_12_0_universal2"),
        ("macosx_10_9_universal2", fat((10, 13, 0), (11, 0, 0)), "macosx_10_13_universal2"),
        ("macosx_11_0_arm64", thin("arm64", 11, 7, 1), "macosx_12_0_arm64"),
        ("macosx_10_9_x86_64", thin("x86_64", 11, 7, 1), "macosx_12_0_x86_64"),
        ("macosx_12_0_arm64", thin("arm64", 11, 7, 1), "macosx_12_0_arm64"),
        # true, though stricter than it need be: never lowered
        ("macosx_14_0_arm64", thin("arm64", 11, 0), "macosx_14_0_arm64"),
        ("macosx_11_0_universal2", fat((10, 13, 0), (11, 0, 0)), "macosx_11_0_universal2"),
        # only what is false is raised, and the set is sorted
        (
            "macosx_11_0_arm64.macosx_10_9_x86_64.macosx_10_9_universal2",
            fat((10, 13, 0), (11, 0, 0)),
            "macosx_10_13_universal2.macosx_10_13_x86_64.macosx_11_0_arm64",
        ),
        ("macosx_11_0_universal2", fat((10, 13, 0), (13, 0, 0)), "macosx_13_0_universal2"),
        # no installer asks for these
        ("macosx_10_9_arm64", thin("arm64", 11, 0), "macosx_11_0_arm64"),
        ("macosx_13_6_arm64", thin("arm64", 11, 0), "macosx_14_0_arm64"),
        ("macosx_13_6_universal2", fat((13, 6, 0), (11, 0, 0)), "macosx_14_0_universal2"),
        # no file for one of the claimed processors: what is there counts
        ("macosx_10_9_x86_64.macosx_11_0_arm64", thin("arm64", 11, 0), "macosx_11_0_arm64"),
        ("win_amd64", pe(arch="amd64"), "win_amd64"),
        ("win32.win_amd64", pe(arch="amd64"), "win_amd64"),
    ],
)
def test_tags(claimed: str, image: Image, tags: str) -> None:
    assert ".".join(platforms_of(verdict(claimed, image), (), NOTHING)) == tags


@pytest.mark.parametrize(
    ("claimed", "image", "lacking", "true"),
    [
        ("macosx_10_9_universal2", thin("arm64", 11, 0), "x86_64", "macosx_11_0_arm64"),
        ("macosx_10_9_x86_64", thin("arm64", 11, 0), "x86_64", "macosx_11_0_arm64"),
        ("win_amd64", pe(arch="arm64"), "amd64", "win_arm64"),
        ("win_amd64", thin("arm64", 11, 0), "amd64", "macosx_11_0_arm64"),
        ("macosx_11_0_arm64", elf(arch="aarch64"), "arm64", "manylinux_2_17_aarch64"),
    ],
)
def test_a_mix_up_is_refused(claimed: str, image: Image, lacking: str, true: str) -> None:
    after = verdict(claimed, image)
    with pytest.raises(RequestError, match=f"^{claimed} is claimed, and there is no file for {lacking}: ") as caught:
        platforms_of(after, (), NOTHING)
    assert f"--plat {true}" in caught.value.hint
    assert true in platforms_of(after, (true,), NOTHING)


MINOS = st.tuples(st.integers(10, 16), st.integers(0, 16), st.integers(0, 2))
CLAIMS = st.tuples(st.sampled_from([(10, minor) for minor in range(9, 16)] + [(major, 0) for major in range(11, 16)]))


@given(MINOS, MINOS, st.sets(st.tuples(CLAIMS, st.sampled_from(["x86_64", "arm64", "universal2"])), min_size=1))
def test_what_comes_out_is_true_and_never_lower(
    x86_64: tuple[int, int, int],
    arm64: tuple[int, int, int],
    claims: set[tuple[tuple[tuple[int, int]], str]],
) -> None:
    spelled = {
        f"macosx_{max(version, (11, 0)) if arch == 'arm64' else version}_{arch}" for ((version,), arch) in claims
    }
    claimed = sorted(tag.replace("(", "").replace(")", "").replace(", ", "_") for tag in spelled)
    after = verdict(".".join(claimed), fat(x86_64, arm64))
    tags = platforms_of(after, (), NOTHING)
    assert tags == tuple(sorted(tags))
    assert false_claims(tags, after.deciding) == ()
    assert set(claimed) - set(after.false) <= set(tags)
    assert len(tags) <= len(claimed)


def test_a_demand_that_is_kept_changes_nothing() -> None:
    after = verdict("macosx_11_0_arm64", thin("arm64", 11, 0))
    assert platforms_of(after, ("macosx_12_0_arm64",), NOTHING) == ("macosx_11_0_arm64",)
    assert platforms_of(after, ("macosx_12_0_arm64",), NOTHING, only=True) == ("macosx_12_0_arm64",)


def test_one_that_is_not_is_refused() -> None:
    with pytest.raises(RequestError, match="macosx_11_0_arm64 would promise too much: the wheel needs macosx_13_0"):
        platforms_of(verdict("macosx_11_0_arm64", thin("arm64", 13, 0)), ("macosx_11_0_arm64",), NOTHING)
    with pytest.raises(RequestError, match="macosx_10_13_universal2 would promise too much: the wheel needs"):
        platforms_of(
            verdict("macosx_10_13_universal2", fat((10, 15, 0), (11, 0, 0))), ("macosx_10_13_universal2",), NOTHING
        )
    with pytest.raises(RequestError, match="the wheel is not for macosx_10_13_i386: what is inside is for macosx_1"):
        platforms_of(verdict("macosx_10_13_arm64", thin("arm64", 11, 0)), ("macosx_10_13_i386",), NOTHING)
    with pytest.raises(RequestError, match="the wheel is not for win32: what is inside is for win_amd64"):
        platforms_of(verdict("win_amd64", pe(arch="amd64")), ("win32",), NOTHING)


def test_what_cannot_be_computed_keeps_its_name() -> None:
    after = replace(verdict("macosx_11_0_arm64", thin("arm64", 11, 0)), computed=None, reasons=("who knows",))
    assert platforms_of(after, (), NOTHING) == ("macosx_11_0_arm64",)
    with pytest.raises(RequestError, match="can't be computed: who knows"):
        platforms_of(replace(after, false=after.claimed), (), NOTHING)


def test_a_wheel_for_any_system_gets_that_of_its_files() -> None:
    assert platforms_of(verdict("any", thin("arm64", 12, 0)), (), NOTHING) == ("macosx_12_0_arm64",)
    assert platforms_of(verdict("any", pe(arch="amd64")), (), NOTHING) == ("win_amd64",)

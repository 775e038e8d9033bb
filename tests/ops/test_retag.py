"""Which platforms a wheel may be given: what is true, and nothing that is known to be false."""

from __future__ import annotations

import pytest

from truewheel.errors import RequestError
from truewheel.ops import Tags, demanded_platforms, judge, true_platforms
from truewheel.policy import Floor, Outcome, Requirement
from truewheel.wheel import WheelName

GLIBC = Requirement(Floor("manylinux", "x86_64", (2, 17)), "a.so", "because")


def tags(platforms: str, *needs: Requirement, unknown: tuple[str, ...] = ()) -> Tags:
    return judge(WheelName.parse(f"sample-1.0-cp312-cp312-{platforms}.whl"), {}, Outcome(needs, unknown=unknown))


def test_the_lowest_true_tags_with_their_old_spellings() -> None:
    assert true_platforms(tags("linux_x86_64", GLIBC)) == ("manylinux2014_x86_64", "manylinux_2_17_x86_64")


def test_the_tags_of_two_floors_on_macos() -> None:
    floors = Floor("macosx", "x86_64", (10, 9)), Floor("macosx", "arm64", (12, 0))
    needs = (Requirement(floor, "a.so", "because") for floor in floors)
    assert true_platforms(tags("macosx_10_9_universal2", *needs)) == ("macosx_10_9_x86_64", "macosx_12_0_universal2")


def test_no_native_code_is_no_proof_that_a_wheel_runs_anywhere() -> None:
    found = tags("manylinux_2_17_x86_64")
    assert found.computed == ("any",)
    with pytest.raises(RequestError, match="no proof that it runs anywhere") as caught:
        true_platforms(found)
    assert "--plat any" in caught.value.hint
    assert demanded_platforms(["any"], found) == ("any",)
    assert true_platforms(tags("any")) == ("any",)


class TestBesideUnknownFiles:
    FOUND = tags("manylinux_2_17_x86_64", GLIBC, unknown=("b.so: 1", "b.so: 2", "b.so: 3", "b.so: 4", "b.so: 5"))

    def test_nothing_is_computed_and_the_first_reasons_are_told(self) -> None:
        with pytest.raises(RequestError, match=r"b\.so: 1; b\.so: 2; b\.so: 3; and 2 more$"):
            true_platforms(self.FOUND)

    @pytest.mark.parametrize("platform", ["manylinux_2_12_x86_64", "musllinux_1_2_x86_64", "any"])
    def test_what_is_known_to_be_false_is_refused(self, platform: str) -> None:
        with pytest.raises(
            RequestError, match="would promise too much: the wheel needs manylinux_2_17_x86_64"
        ) as caught:
            demanded_platforms([platform], self.FOUND)
        other = {"any": "name one that the files are for"}
        assert caught.value.hint == other.get(platform, "build for the older platform")

    @pytest.mark.parametrize("platform", ["manylinux_2_17_x86_64", "manylinux_2_28_x86_64", "linux_x86_64"])
    def test_what_may_be_true_is_taken(self, platform: str) -> None:
        assert demanded_platforms([platform], self.FOUND) == (platform,)


def test_files_for_several_platforms_may_be_data_of_any_wheel() -> None:
    needs = [Requirement(Floor("win", arch, ()), arch, "because") for arch in ("amd64", "arm64")]
    assert demanded_platforms(["any"], tags("any", *needs)) == ("any",)

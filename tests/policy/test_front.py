"""All policies together, on values and on published wheels."""

from __future__ import annotations

import zipfile  # noqa: TID251 - an independent reader of the corpus
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tests.corpus import ROWS, Corpus
from tests.policy.images import elf, macho, part, pe, universal
from truewheel import rules
from truewheel.binary import read
from truewheel.binary.graph import resolve
from truewheel.binary.model import Image, Platform, Wasm
from truewheel.policy import Outcome, examine, spelled, strongest
from truewheel.wheel.name import WheelName

_APPLE_AND_WINDOWS = sorted(name for name in ROWS if any(word in name for word in ("macosx", "win32", "win_", "ios_")))
_MAGICS = (b"\x7fEL", b"MZ", b"\xca\xfe", b"\xcf\xfa", b"\xce\xfa", b"\xfe\xed", b"\0as")


def judge(name: str, images: dict[str, Image]) -> Outcome:
    return examine(WheelName.parse(name), images, resolve(images))


def tags(outcome: Outcome) -> list[str]:
    return list(spelled(requirement.floor for requirement in strongest(outcome.requirements)))


def load(path: Path) -> dict[str, Image]:
    images: dict[str, Image] = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            with archive.open(info) as file:
                if not file.read(4).startswith(_MAGICS):
                    continue
            image = read(archive.read(info))
            if image is not None:
                images[info.filename] = image
    return images


@pytest.mark.parametrize("name", _APPLE_AND_WINDOWS)
def test_published_wheels_need_what_is_known_of_them(name: str, corpus: Corpus) -> None:
    outcome = judge(name, load(corpus(name)))
    assert tags(outcome) == list(ROWS[name].computed)
    assert [missing.library for missing in outcome.missing] == list(ROWS[name].external)
    assert outcome.unknown == ()


@pytest.mark.parametrize("name", sorted(name for name in ROWS if "-abi3-" in name))
def test_published_abi3_wheels_keep_to_the_stable_abi(name: str, corpus: Corpus) -> None:
    """abi3audit passes all of them too."""
    found = {finding.rule.family for finding in judge(name, load(corpus(name))).findings}
    assert "ABI" not in found


def test_pure_wheels_ask_for_nothing() -> None:
    assert judge("p-1-py3-none-any.whl", {}) == Outcome()


def test_every_family_is_asked() -> None:
    outcome = judge(
        "p-1-py3-none-any.whl",
        {
            "a.so": elf("libnone.so"),
            "b.dylib": universal(),
            "c.dll": pe("nothere.dll"),
            "d.so": Wasm(1, shared=True, needed=()),
        },
    )
    assert {"macosx_10_9_universal2", "win_amd64"} <= set(tags(outcome))
    assert "nothere.dll" in {missing.library for missing in outcome.missing}
    assert "a.so" in outcome.libc
    assert any(reason.startswith("d.so") for reason in outcome.unknown)


class TestApple:
    IPHONE = macho(part(platform=Platform.IOS, minos=(13, 0, 0)))

    def test_ios_by_what_the_files_are(self) -> None:
        assert tags(judge("p-1-cp313-cp313-macosx_11_0_arm64.whl", {"a": self.IPHONE})) == ["ios_13_0_arm64_iphoneos"]

    @pytest.mark.parametrize(
        ("platform", "tag"),
        [("ios_13_0_arm64_iphoneos", "ios_13_0_arm64_iphoneos"), ("macosx_11_0_arm64", "macosx_11_0_arm64")],
    )
    def test_the_claim_decides_where_both_are_there(self, platform: str, tag: str) -> None:
        outcome = judge(f"p-1-cp313-cp313-{platform}.whl", {"a": self.IPHONE, "b": macho(part())})
        assert tags(outcome) == [tag]
        assert [finding.rule for finding in outcome.findings] == [rules.MAC_OTHER_PLATFORM]


_IMAGES = st.sampled_from(
    [
        elf("libx.so", "libc.so.6", imports=("PyUnicode_New",)),
        elf(soname="libx.so", arch="aarch64"),
        universal(),
        macho(part(dylibs=("@rpath/x.dylib",), signed=False)),
        macho(part(platform=Platform.IOS)),
        pe("msvcp140.dll", "vcruntime140_1.dll"),
        pe("python39.dll", arch="win32"),
        Wasm(1, shared=True, needed=("libx.so",)),
    ]
)
_MEMBERS = st.sampled_from(
    ["p/_c.abi3.so", "p/_c.cpython-39-darwin.so", "p/x.pyd", "p/libx.so", "p/x.dylib", "p/x.dll"]
)


@given(st.data(), st.dictionaries(_MEMBERS, _IMAGES))
def test_the_order_of_members_has_no_meaning(data: st.DataObject, images: dict[str, Image]) -> None:
    shuffled = dict(data.draw(st.permutations(list(images.items()))))
    name = "p-1-cp39-abi3-win_amd64.whl"
    assert judge(name, shuffled) == judge(name, images)


class TestWhatOthersBring:
    """Libraries that come with another package aren't missed, and ask for nothing."""

    NAME = "sample-1.0-cp312-cp312-linux_x86_64.whl"

    @staticmethod
    def examined(name: str, images: dict[str, Image], *brought: str) -> Outcome:
        return examine(WheelName.parse(name), images, resolve(images), set(brought).__contains__)

    def test_they_are_no_reason_for_a_platform(self) -> None:
        images: dict[str, Image] = {"a.so": elf("libtorch.so", "libother.so", "libc.so.6"), "b.so": elf("libtorch.so")}
        plain = self.examined(self.NAME, images)
        assert [missing.library for missing in plain.missing] == ["libother.so", "libtorch.so"]
        some = self.examined(self.NAME, images, "libtorch.so")
        assert [missing.library for missing in some.missing] == ["libother.so"]
        assert tags(plain) == tags(some) == ["linux_x86_64"]
        every = self.examined(self.NAME, images, "libtorch.so", "libother.so")
        assert every.missing == ()
        assert tags(every) == ["manylinux_2_5_x86_64"]

    def test_nor_are_those_that_are_promised_from_a_release_on(self) -> None:
        images: dict[str, Image] = {"a.so": elf("libexpat.so.1", "libc.so.6")}
        assert tags(self.examined(self.NAME, images)) == ["manylinux_2_12_x86_64"]
        assert tags(self.examined(self.NAME, images, "libexpat.so.1")) == ["manylinux_2_5_x86_64"]

    def test_on_other_systems_too(self) -> None:
        mac: dict[str, Image] = {"a.so": macho(part(dylibs=("@rpath/libomp.dylib",)))}
        windows: dict[str, Image] = {"a.pyd": pe("Torch.dll", "KERNEL32.dll")}
        for name, images, library in (
            ("sample-1.0-py3-none-macosx_11_0_arm64.whl", mac, "@rpath/libomp.dylib"),
            ("sample-1.0-py3-none-win_amd64.whl", windows, "torch.dll"),
        ):
            assert [missing.library.lower() for missing in self.examined(name, images).missing] == [library]
            assert self.examined(name, images, library).missing == ()

    def test_what_is_in_the_wheel_is_asked_as_ever(self) -> None:
        images: dict[str, Image] = {"a.so": elf("libz.so.1"), "libz.so.1": elf(imports=("PyFPE_jbuf",))}
        assert self.examined(self.NAME, images, "libz.so.1") == self.examined(self.NAME, images)

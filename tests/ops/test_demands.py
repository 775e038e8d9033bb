"""Demands on a repaired wheel: processors, and the release of macOS."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.policy.images import macho, part
from truewheel.binary.graph import resolve
from truewheel.binary.model import Image
from truewheel.errors import RequestError
from truewheel.ops.demands import architectures, demand_architectures, demand_release
from truewheel.policy import Floor, Requirement

OBJECT, DYLIB, DSYM = 1, 6, 10


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), ()),
        (("arm64",), ("arm64",)),
        (("universal2",), ("arm64", "x86_64")),
        (("intel", "arm64"), ("arm64", "i386", "x86_64")),
        (("x86_64, arm64",), ("arm64", "x86_64")),
        (("x86_64,", ",i386"), ("i386", "x86_64")),
    ],
)
def test_words_mean_architectures(words: tuple[str, ...], found: tuple[str, ...]) -> None:
    assert architectures(words) == found


def test_an_unknown_word_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(RequestError, match="amd64 is no architecture of macOS") as caught:
        architectures(("amd64",))
    assert "universal2" in caught.value.hint


def demand(images: Mapping[str, Image], *archs: str) -> None:
    demand_architectures(images, resolve(images), archs)


class TestArchitectures:
    def test_a_library_of_one_architecture_alone_is_wanted_on_no_other(self) -> None:
        halves = [part(arch, dylibs=(f"@loader_path/lib{arch}.dylib",)) for arch in ("x86_64", "arm64")]
        libraries = {f"lib{p.arch}.dylib": macho(part(p.arch, filetype=DYLIB)) for p in halves}
        demand({"a.cpython-312-darwin.so": macho(*halves), **libraries}, "x86_64", "arm64")
        with pytest.raises(RequestError, match=r"libx86_64\.dylib has no arm64"):
            demand(
                {"a.cpython-312-darwin.so": macho(halves[1]), "libx86_64.dylib": libraries["libx86_64.dylib"]}, "arm64"
            )

    FAT = macho(part("x86_64"), part("arm64"))

    def test_all_files_have_them(self) -> None:
        demand({"a.so": self.FAT, "b.so": macho(part("arm64"))}, "arm64")

    def test_those_that_lack_one_are_named(self) -> None:
        thin = {f"{letter}.so": macho(part("arm64")) for letter in "fedcb"}
        with pytest.raises(RequestError, match=r"are demanded: b\.so has no x86_64; c\.so") as caught:
            demand({"a.so": self.FAT, **thin}, "x86_64", "arm64")
        assert caught.value.what.endswith("d.so has no x86_64; and 2 more")
        assert caught.value.where.member == "b.so"

    @pytest.mark.parametrize("filetype", [OBJECT, DSYM])
    def test_what_nobody_loads_does_not_count(self, filetype: int) -> None:
        demand({"a.o": macho(part("arm64", filetype=filetype))}, "x86_64")


def need(arch: str, version: tuple[int, ...], *, exact: tuple[int, ...] = (), member: str = "a.so") -> Requirement:
    words = f"minos {'.'.join(map(str, exact or version))} of the {arch} slice"
    return Requirement(Floor("macosx", arch, version), member, words, exact)


class TestRelease:
    @pytest.mark.parametrize(
        ("version", "needed"),
        [
            ((10, 13), need("x86_64", (10, 13))),
            ((10, 13, 0), need("x86_64", (10, 13))),
            ((11,), need("arm64", (11, 0))),
            ((10, 9), need("arm64", (11, 0))),  # there is no older one on arm64
            ((11, 7, 1), need("arm64", (12, 0), exact=(11, 7, 1))),  # to the patch level, which the tag can't say
            ((12,), need("arm64", (12, 0), exact=(11, 7, 1))),
        ],
    )
    def test_it_runs_there(self, version: tuple[int, ...], needed: Requirement) -> None:
        demand_release([needed], version)

    @pytest.mark.parametrize(
        ("version", "needed"),
        [
            ((10, 9), need("x86_64", (10, 13))),
            ((11,), need("arm64", (12, 0), exact=(11, 7, 1))),
            ((11, 7), need("arm64", (12, 0), exact=(11, 7, 1))),
        ],
    )
    def test_it_needs_a_newer_one(self, version: tuple[int, ...], needed: Requirement) -> None:
        with pytest.raises(RequestError, match=r"is demanded, and newer ones are needed: a\.so: minos 1") as caught:
            demand_release([needed], version)
        assert caught.value.where.member == "a.so"

    def test_some_are_named(self) -> None:
        needed = [need("x86_64", (12, 0), member=f"{letter}.so") for letter in "abcde"]
        with pytest.raises(RequestError, match=r"and 2 more$"):
            demand_release(needed, (11, 0))

    def test_other_systems_have_no_release_of_macos(self) -> None:
        demand_release([Requirement(Floor("manylinux", "x86_64", (2, 28)), "a.so", "x")], (1, 0))

"""Laws of edits, on files of both linkers with signatures of every kind: whatever is asked, and in whatever order."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.macho.checker import Intended, complaints, strayed
from tests.macho.codesign import joined, signed, unsigned
from tests.macho.family import asked, edited, lacking
from tests.macho.layout import fat_entries, parts
from tests.macho.test_sign import STYLES
from tests.macho.toolchains import AY, BEE, Case, build, builds, fat
from truewheel.binary.macho_edit import edit_macho
from truewheel.errors import BinaryError

FIRST = f"@rpath/{BEE}"
NAMES = st.text(st.sampled_from("ab/@.é"), min_size=1, max_size=70)
PAIRS = st.tuples(NAMES, NAMES)
"""Of the library that is loaded, and of the file itself."""

RPATHS = st.lists(NAMES, max_size=4).map(tuple)


class Wish(NamedTuple):
    """New names of the library that is loaded and of the file itself, and run paths; None for those that stay."""

    loads: str | None
    own: str | None
    rpaths: tuple[str, ...] | None

    def intended(self) -> Intended:
        """The same in the words of the checker."""
        return Intended({} if self.loads is None else {FIRST: self.loads}, self.own, self.rpaths)


WISHES = st.builds(Wish, st.none() | NAMES, st.none() | NAMES, st.none() | RPATHS)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Files to edit, by what they are."""
    root = builds(tmp_path_factory)
    found = {}
    for linker in ("lld", "zig"):
        for arch in ("arm64", "x86_64"):
            for pad in ("0x40", "0x800"):
                found[f"{arch}-{linker}-{pad}"] = (build(Case(arch, linker, pad), root) / AY).read_bytes()
        whole = fat(Case("arm64", linker, "0x800"), AY, root).read_bytes()
        intel, apple = parts(whole)
        found |= {f"fat-{linker}": whole, f"bare-{linker}": unsigned(apple.data)}
        found[f"bare-fat-{linker}"] = joined(fat_entries(whole), [intel.data, unsigned(apple.data)])
    base = found["arm64-lld-0x800"]
    return found | {f"arm64-{name}": signed(base, style) for name, style in STYLES.items()}


KINDS = (
    *(
        f"{arch}-{linker}-{pad}"
        for linker in ("lld", "zig")
        for arch in ("arm64", "x86_64")
        for pad in ("0x40", "0x800")
    ),
    *(f"{kind}-{linker}" for linker in ("lld", "zig") for kind in ("fat", "bare", "bare-fat")),
    *(f"arm64-{name}" for name in STYLES),
)


def for_slices(data: bytes, wishes: list[Wish]) -> dict[str, Intended]:
    """A wish for each slice; one for Apple's processors gets a signature in any case."""
    found = {}
    for part, wish in zip(parts(data), wishes, strict=False):
        plain, bare = wish.intended(), part.signature is None and part.arch == "arm64"
        found[part.arch] = Intended(plain.dylibs, plain.install_name, plain.rpaths, signed=bare)
    return found


@given(st.sampled_from(KINDS), st.lists(WISHES, min_size=2, max_size=2))
def test_an_edit_is_what_was_asked_or_an_exact_refusal(bases: dict[str, bytes], kind: str, wishes: list[Wish]) -> None:
    before = bases[kind]
    intended = for_slices(before, wishes)
    lack = lacking(before, intended)
    if lack > 0:
        with pytest.raises(BinaryError, match=rf"\b{lack} bytes lack"):
            edit_macho(before, asked(intended, sign=True))
        return
    after = edited(before, intended, sign=True)
    assert complaints(after) == []
    assert strayed(before, after, intended) == []
    assert not edit_macho(after, asked(intended, sign=True))


@given(st.sampled_from(KINDS), PAIRS, PAIRS)
def test_the_last_of_two_edits_counts(
    bases: dict[str, bytes], kind: str, names: tuple[str, str], later: tuple[str, str]
) -> None:
    """It leaves the file as if there had been no other."""
    before = bases[kind]
    archs = [part.arch for part in parts(before)]
    first = {arch: Intended({FIRST: names[0]}, names[1]) for arch in archs}
    second = {arch: Intended({names[0]: later[0]}, later[1]) for arch in archs}
    direct = {arch: Intended({FIRST: later[0]}, later[1]) for arch in archs}
    if max(lacking(before, first), lacking(before, direct)) <= 0:
        assert edited(edited(before, first), second) == edited(before, direct)


@given(st.sampled_from(KINDS), PAIRS)
def test_names_that_come_back_restore_the_file(bases: dict[str, bytes], kind: str, names: tuple[str, str]) -> None:
    loads, own = names
    before = edited(bases[kind], {}, sign=True)
    archs = [part.arch for part in parts(before)]
    there = {arch: Intended({FIRST: loads}, own) for arch in archs}
    back = {arch: Intended({loads: FIRST}, parts(before)[0].install_name) for arch in archs}
    if lacking(before, there) <= 0:
        assert edited(edited(before, there), back) == before

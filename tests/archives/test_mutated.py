"""Whatever the form and the order, one tree is one archive; and damage of any kind gives one of our errors."""

from __future__ import annotations

import tarfile
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.archives.made import PACKINGS, TREE, File, Link, Tree, deb_of, seen, tar_of, zip_of
from tests.archives.test_tars import holed
from tests.sdist.tars import tar
from tests.sdist.test_mutated import summed
from tests.strategies.archives import Mutation, mutations
from truewheel.archives import Archive, read_archive
from truewheel.errors import TruewheelError

_FORMATS = (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)
_PARTS = st.sampled_from(["a", "b", "c", "é", "n" * 60])
_NAMES = st.lists(_PARTS, min_size=1, max_size=4).map("/".join)
_FILES = st.builds(File, st.binary(max_size=600), st.booleans())
_LINKS = st.lists(st.sampled_from(["a", "b", "c", "é", "..", "."]), min_size=1, max_size=4).map("/".join).map(Link)
_TREES: st.SearchStrategy[Tree] = st.dictionaries(_NAMES, st.one_of(_FILES, _LINKS, st.none()), max_size=8)

_ELF: Tree = {"a": File(b"\x7fELF" + bytes(60), executable=True), "b": Link("a"), "d": None}
SOUND = {
    **{form: pack(tar_of(_ELF)) for form, pack in PACKINGS.items()},
    "tar, pax": tar_of({"é" * 60: File(b"x"), **_ELF}, tarfile.PAX_FORMAT),
    "tar, holes": tar(*holed(900, (100, b"x" * 40), (800, b"y"))),
    "zip": zip_of(_ELF, comment=b"comment"),
    "deb": deb_of(_ELF, "tar.gz"),
    "deb, plain": deb_of(_ELF, "tar"),
}
MOST_SECONDS = 2


def fitting(tree: Tree) -> Tree:
    """The tree without names that would need a file or link as a folder."""
    leaves = {name for name, thing in tree.items() if thing}
    above = {name: {name[:at] for at, letter in enumerate(name) if letter == "/"} for name in tree}
    return {name: thing for name, thing in tree.items() if not above[name] & leaves}


def everything(archive: Archive | None) -> object:
    """All that an archive says but for its form and offsets."""
    assert archive is not None
    return seen(archive), [(one.name, one.why) for one in archive.unusable], archive.modes


def look(data: bytes) -> None:
    """Read all that there is to read."""
    started = time.process_time()
    with suppress(TruewheelError):
        archive = read_archive(data, "tool")
        for item in archive or ():
            item.head(8)
            assert len(item.read()) == item.size
    assert time.process_time() - started < MOST_SECONDS


@given(_TREES.map(fitting), st.sampled_from(_FORMATS), st.sampled_from(sorted(PACKINGS)), st.data())
def test_form_and_order_have_no_meaning(tree: Tree, form: int, packing: str, data: st.DataObject) -> None:
    tree = {"file": File(b"always there"), **tree}
    shuffled = dict(data.draw(st.permutations(list(tree.items()))))
    expected = everything(read_archive(tar_of(tree), "tool"))
    assert everything(read_archive(tar_of(shuffled, form), "tool")) == expected
    assert everything(read_archive(zip_of(shuffled), "tool")) == expected
    dotted = {f"./{name}": thing for name, thing in shuffled.items()}
    assert everything(read_archive(PACKINGS[packing](tar_of(dotted)), "tool")) == expected
    assert everything(read_archive(deb_of(shuffled), "tool")) == everything(read_archive(deb_of(tree), "tool"))


@given(st.sampled_from(sorted(SOUND)), st.lists(mutations(), min_size=1, max_size=3))
def test_mutated_bytes(form: str, changes: list[Mutation]) -> None:
    data = SOUND[form]
    for change in changes:
        data = change.apply(data)
    look(data)
    look(data[: len(data) // 2])


@given(st.sampled_from(["tar", "tar, pax", "tar, holes"]), st.lists(mutations(), min_size=1, max_size=3))
def test_mutated_tars_with_true_checksums(form: str, changes: list[Mutation]) -> None:
    data = SOUND[form]
    for change in changes:
        data = change.apply(data)
    look(summed(data))


@pytest.mark.parametrize("form", SOUND)
def test_every_flip(form: str) -> None:
    data = SOUND[form]
    step = max(1, len(data) // 700)
    for at in range(0, len(data), step):
        look(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])


@given(st.sampled_from([data[:6] for data in SOUND.values()] + [b"!<arch>\ndebian-binary   "]), st.binary(max_size=900))
def test_any_bytes_behind_a_magic(magic: bytes, data: bytes) -> None:
    look(magic + data)


def test_the_tree_of_the_other_tests_is_like_these() -> None:
    assert everything(read_archive(tar_of(TREE), "tool")) == everything(read_archive(zip_of(TREE), "tool"))

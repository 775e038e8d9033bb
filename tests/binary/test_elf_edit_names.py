"""Names in ELF files made by hand: every size and byte order, and every tag that holds a name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.binary.fixtures import Made, Need, Recipe, Symbol, make
from tests.strategies.elf import names, recipes
from truewheel.binary.elf import read_elf
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf
from truewheel.binary.model import Elf
from truewheel.errors import BinaryError, RequestError

PLAIN = Recipe(
    soname="libme.so.1",
    needed=("libfoo.so.1", "libc.so.6"),
    runpath="/build/lib",
    needs=(Need("libfoo.so.1", (("FOO_1", 2, False),)), Need("libc.so.6", (("GLIBC_2.17", 3, False),))),
    symbols=(Symbol("foo", version=2), Symbol("bar", defined=True)),
)


def edited(made: Made | bytes, changes: ElfChanges) -> bytes:
    """The file after the changes, which must be stable: asked for again, nothing is left to do."""
    data = made if isinstance(made, bytes) else made.data
    result = bytes(edit_elf(data, changes).applied(data))
    assert not edit_elf(result, changes)
    return result


def named(elf: Elf) -> tuple[object, ...]:
    return elf.needed, elf.soname, elf.rpath, elf.runpath, elf.version_needs


def test_no_changes_are_an_empty_patch() -> None:
    assert not edit_elf(make(PLAIN).data, ElfChanges())


def test_a_needed_library_is_renamed_with_its_versions() -> None:
    elf = read_elf(edited(make(PLAIN), ElfChanges(needed={"libfoo.so.1": "libfoo-0123abcd.so.1"})))
    assert elf.needed == ("libfoo-0123abcd.so.1", "libc.so.6")
    assert [(need.library, need.version) for need in elf.version_needs] == [
        ("libfoo-0123abcd.so.1", "FOO_1"),
        ("libc.so.6", "GLIBC_2.17"),
    ]
    assert [(symbol.name, symbol.library) for symbol in elf.symbols.imports] == [("foo", "libfoo-0123abcd.so.1")]


def test_a_new_soname_and_run_path() -> None:
    changes = ElfChanges(soname="libme-0123abcd.so.1", run_path=RunPath(("$ORIGIN/../me.libs", "$ORIGIN")))
    elf = read_elf(edited(make(PLAIN), changes))
    assert elf.soname == "libme-0123abcd.so.1"
    assert elf.rpath == ("$ORIGIN/../me.libs", "$ORIGIN")
    assert elf.runpath is None


def test_a_run_path_goes() -> None:
    data = edited(make(PLAIN), ElfChanges(run_path=RunPath(())))
    assert read_elf(data).runpath is None
    assert b"/build/lib" not in data
    assert len(data) == len(make(PLAIN).data)


def test_a_library_with_versions_can_not_be_dropped() -> None:
    with pytest.raises(BinaryError, match=r"libfoo.so.1 can't be dropped"):
        edit_elf(make(PLAIN).data, ElfChanges(drop_needed=frozenset({"libfoo.so.1"})))


def test_a_library_without_versions_is_dropped_in_place() -> None:
    made = make(replace(PLAIN, needs=(), symbols=()))
    patch = edit_elf(made.data, ElfChanges(drop_needed=frozenset({"libfoo.so.1"})))
    elf = read_elf(bytes(patch.applied(made.data)))
    assert (elf.needed, patch.way, patch.tail) == (("libc.so.6",), "in place", b"")


@pytest.mark.parametrize("entry", ["a:b", "x" * 4097, "\ud800"])
def test_a_run_path_that_no_file_can_hold(entry: str) -> None:
    with pytest.raises(RequestError):
        edit_elf(make(PLAIN).data, ElfChanges(run_path=RunPath((entry,))))


def test_an_empty_entry_of_the_run_path_is_the_folder_of_the_process() -> None:
    assert read_elf(edited(make(PLAIN), ElfChanges(run_path=RunPath(("", "$ORIGIN"))))).rpath == ("", "$ORIGIN")


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 4097, "\ud800"])
def test_a_name_that_no_file_can_hold(name: str) -> None:
    with pytest.raises(RequestError):
        edit_elf(make(PLAIN).data, ElfChanges(soname=name))


@given(recipes(), st.data())
def test_what_is_asked_for_is_said_and_nothing_else_changes(recipe: Recipe, data: st.DataObject) -> None:
    made = make(recipe)
    before = read_elf(made.data)
    new = data.draw(st.lists(names(), min_size=3, max_size=3, unique=True))
    old = (*before.needed, *(need.library for need in before.version_needs))
    renamed = {data.draw(st.sampled_from(old)): "new-" + new[0]} if old else {}
    changes = ElfChanges(
        needed=renamed,
        soname=data.draw(st.none() | st.just(new[1])),
        run_path=data.draw(st.none() | st.just(RunPath((new[2],), runpath=True)) | st.just(RunPath(()))),
    )
    try:
        after = read_elf(edited(made, changes))
    except BinaryError as error:
        static = recipe.type == 2 and recipe.interpreter is None
        if "no room" not in error.what and not (static and "a static file" in error.what):
            raise
        return
    assert after.needed == tuple(renamed.get(name, name) for name in before.needed)
    assert after.soname == (before.soname if changes.soname is None else changes.soname)
    if changes.run_path is not None:
        assert (after.rpath, after.runpath) == (None, changes.run_path.entries or None)
    assert [need.version for need in after.version_needs] == [need.version for need in before.version_needs]
    assert after.symbols.exports == before.symbols.exports
    assert after.relocations == before.relocations

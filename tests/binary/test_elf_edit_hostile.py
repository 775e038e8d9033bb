"""Damaged files: an edit is refused, or says exactly what was asked for and changes nothing else that can be read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.binary.elf_blueprint import Blueprint, Built
from tests.binary.elf_files import build
from truewheel.binary.elf import read_elf
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf
from truewheel.binary.model import Elf
from truewheel.errors import BinaryError, TruewheelError

CHANGES = [
    ElfChanges(
        needed={"libfoo.so.1": "libfoo-0123abcd.so.1"}, soname="libme-89ab.so.1", run_path=RunPath(("$ORIGIN/me.libs",))
    ),
    ElfChanges(run_path=RunPath(())),
    ElfChanges(drop_needed=frozenset({"libc.so.6"}), soname="bar"),
    ElfChanges(expand_relr=True),
]
FILES = [
    build(Blueprint(runpath="/old", relr=(1, 5, 70), rela=2)),
    build(Blueprint(bits=32, machine=40, phdr=True, notes=(4,), joint=True)),
    build(Blueprint(little=False, machine=22, hashed="HASH", interpreter=True, spare=0)),
    build(Blueprint(sections=False, plt=2, versions=())),
    build(Blueprint(sections=False, bss=1 << 20, hashed="HASH", interpreter=True)),
]
EDITED = [bytes(edit_elf(file.data, CHANGES[0]).applied(file.data)) for file in FILES]


def facts(elf: Elf) -> dict[str, object]:
    """All that our reader says, but for names that an edit may change."""
    symbols = {"imports": [tuple(row)[:2] + tuple(row)[3:] for row in elf.symbols.imports]}
    symbols["exports"] = [tuple(row) for row in elf.symbols.exports]
    named = ("needed", "soname", "rpath", "runpath", "version_needs", "symbols", "relr", "relocations")
    fields = {name: getattr(elf, name) for name in elf.__dataclass_fields__ if name not in named}
    return {**fields, **symbols, "versions": [(need.version, need.weak) for need in elf.version_needs]}


def check(data: bytes, changes: ElfChanges) -> None:
    try:
        patch = edit_elf(data, changes)
    except TruewheelError:
        return
    after = bytes(patch.applied(data))
    try:
        before, read = read_elf(data), read_elf(after)
        expected, found = facts(before), facts(read)
    except BinaryError:  # what the editor doesn't look at may be damaged
        return
    renamed = tuple(changes.needed.get(name, name) for name in before.needed if name not in changes.drop_needed)
    assert read.needed == renamed
    if changes.soname:
        assert read.soname == changes.soname
    if changes.run_path is not None:
        assert (read.rpath, read.runpath) == (changes.run_path.entries or None, None)
    if changes.expand_relr:
        assert not read.relr or not before.relr
    else:
        assert (read.relr, read.relocations) == (before.relr, before.relocations)
    if before.load_alignment < 0x1000:  # nothing loads such a file
        del found["load_alignment"]
    assert {key: value for key, value in found.items() if value != expected[key]} == {}


def flips(size: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Bytes to be changed; mostly in the headers and tables at the beginning."""
    place = st.integers(0, 63) | st.integers(0, size - 1)
    return st.lists(st.tuples(place, st.integers(0, 255)), min_size=1, max_size=4)


@settings(max_examples=200)
@given(st.data())
def test_flipped_bytes(data: st.DataObject) -> None:
    source = bytearray(data.draw(st.sampled_from([file.data for file in FILES] + EDITED)))
    for place, value in data.draw(flips(len(source))):
        source[place] = value
    check(bytes(source), data.draw(st.sampled_from(CHANGES)))


@settings(max_examples=300)
@given(st.data())
def test_values_of_tables_that_point_into_each_other(data: st.DataObject) -> None:
    """Words of headers and of the dynamic table take the values of other words."""
    file = data.draw(st.sampled_from(FILES))
    source = bytearray(file.data)
    word, order = file.blueprint.bits // 8, "little" if file.blueprint.little else "big"
    part = file.parts[".dynamic"]
    places = [*range(part.offset, part.offset + part.size, word), *range(32, min(512, len(source)), word)]
    values = [other.address for other in file.parts.values()] + [0, 1, 8, 2**31, 2 ** (8 * word) - 1, len(source)]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.sampled_from(places))
        source[at : at + word] = data.draw(st.sampled_from(values)).to_bytes(word, order)
    check(bytes(source), data.draw(st.sampled_from(CHANGES)))


@given(st.data())
def test_truncated_files(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from([file.data for file in FILES] + EDITED))
    check(source[: data.draw(st.integers(0, len(source)))], data.draw(st.sampled_from(CHANGES)))


@pytest.mark.parametrize("file", FILES, ids=["x86-64", "arm", "s390x", "bare", "moving"])
def test_undamaged_files_pass_the_same_check(file: Built) -> None:
    for changes in CHANGES:
        check(file.data, changes)

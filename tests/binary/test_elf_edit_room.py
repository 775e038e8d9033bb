"""Where the editor finds room for a segment, and that everything else stays as it was."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

from tests.binary.elf_blueprint import Blueprint, Built
from tests.binary.elf_files import TAGGED, build
from tests.binary.elf_oracles import by_pyelftools
from tests.binary.elf_soundness import changed, complaints, dynamic_values, section_header, segments_of, static_symbols
from truewheel.binary.elf import read_elf
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf
from truewheel.binary.patch import Patch
from truewheel.errors import BinaryError

CHANGES = ElfChanges(
    needed={"libfoo.so.1": "libfoo-0123abcd.so.1"}, soname="libme-89ab.so.1", run_path=RunPath(("$ORIGIN/../me.libs",))
)
SECOND = ElfChanges(needed={"libfoo-0123abcd.so.1": "libfoo-4567.so.1"}, run_path=RunPath(("$ORIGIN",), runpath=True))
LONGER = ElfChanges(soname="libme-89ab0123456789.so.1", run_path=RunPath(("$ORIGIN/../of-another-project.libs",)))
NAMES = {".dynamic", ".dynstr", ".gnu.version_r"}
MACHINES = [*TAGGED, (32, False, 20)]


def apply(built: Built | bytes, changes: ElfChanges) -> tuple[bytes, Patch]:
    data = built if isinstance(built, bytes) else built.data
    patch = edit_elf(data, changes)
    result = bytes(patch.applied(data))
    assert complaints(result) == []
    assert not edit_elf(result, changes)
    return result, patch


def change(data: bytes, offset: int, new: bytes) -> bytes:
    """The file with some bytes replaced."""
    return data[:offset] + new + data[offset + len(new) :]


def check_facts(before: bytes, after: bytes) -> None:
    """Nothing but the names that were asked for is different, by our reading and another's."""
    named = ("needed", "soname", "rpath", "runpath", "version_needs", "imports", "load_alignment")
    one, other = by_pyelftools(before), by_pyelftools(after)
    assert {k: v for k, v in one.items() if k not in named} == {k: v for k, v in other.items() if k not in named}
    facts = by_pyelftools(after)
    assert (facts["needed"], facts["soname"], facts["rpath"], facts["runpath"]) == (
        ("libfoo-0123abcd.so.1", "libc.so.6"),
        "libme-89ab.so.1",
        ("$ORIGIN/../me.libs",),
        None,
    )


@pytest.mark.parametrize(("bits", "little", "machine"), MACHINES)
@pytest.mark.parametrize(
    ("way", "further"),
    [
        ("move", {}),
        ("move", {"interpreter": True, "pie": True, "phdr": True}),
        ("drop", {"phdr": True}),
        ("gap", {"gap": 64}),
        ("gap", {"extra": ((0, 0),)}),  # PT_NULL
    ],
)
def test_room_is_found_on_every_machine(
    bits: int, little: bool, machine: int, way: str, further: dict[str, object]
) -> None:
    page = 0x10000 if machine in (183, 21, 258) else 0x1000
    hashed = "HASH" if machine == 22 else "GNU_HASH"
    blueprint = Blueprint(bits=bits, little=little, machine=machine, page=page, hashed=hashed)
    built = build(replace(blueprint, **further))  # type: ignore[arg-type]
    assert complaints(built.data) == []
    after, patch = apply(built, CHANGES)
    assert patch.way == way
    check_facts(built.data, after)
    assert changed(built.data, after) <= {*NAMES, ".note.0", ".note.1", ".interp", ".hash", "headers"}
    assert len(after) - len(built.data) < 400


@pytest.mark.parametrize(
    ("further", "lead"),
    [
        ({"interpreter": True, "pie": True, "phdr": True}, 16),
        ({"interpreter": True, "pie": True, "spare": 0, "notes": ()}, 16),
        ({}, 0),  # the PT_NOTE stand behind the new segment
        ({"interpreter": True, "gap": 64}, 0),
    ],
)
def test_the_new_segment_begins_with_no_segment_before_it(further: dict[str, object], lead: int) -> None:
    """llvm-strip would take it for a part of that one, and forget its alignment."""
    built = build(replace(Blueprint(), **further))  # type: ignore[arg-type]
    after, _ = apply(built, CHANGES)
    file = ELFFile(BytesIO(after))
    load = segments_of(file, "PT_LOAD")[-1]
    inside = [s.header.sh_offset for s in file.iter_sections() if load.p_offset <= s.header.sh_offset and s["sh_flags"]]
    assert min(inside) - load.p_offset == lead
    assert not any(after[load.p_offset : min(inside)])


@pytest.mark.parametrize(("made_for", "words"), [(62, 4), (22, 8)])
def test_a_table_of_hashes_moves_whole_by_either_linker_of_s390x(made_for: int, words: int) -> None:
    """LLVM's has words of 32 bits there, as for every other processor."""
    built = build(Blueprint(little=False, machine=made_for, hashed="HASH", notes=()))
    data = change(built.data, 18, (22).to_bytes(2, "big"))
    assert built.parts[".hash"].size == (2 + 1 + 3) * words
    after, patch = apply(data, CHANGES)
    assert patch.way == "move"
    check_facts(data, after)
    part = section_header(after, ".hash")
    assert after[part.sh_offset : part.sh_offset + part.sh_size] == built.parts[".hash"].data
    assert dynamic_values(after)["DT_HASH"] == part.sh_addr != built.parts[".hash"].address


@given(st.data())
def test_the_second_edit_adds_its_names_only(data: st.DataObject) -> None:
    bits, little, machine = data.draw(st.sampled_from(MACHINES))
    blueprint = Blueprint(bits=bits, little=little, machine=machine, phdr=data.draw(st.booleans()))
    blueprint = replace(blueprint, spare=data.draw(st.integers(0, 5)), gap=data.draw(st.sampled_from([0, 64])))
    blueprint = replace(blueprint, bss=data.draw(st.sampled_from([0, 64, 200 << 20])), page=0x10000)
    first, _ = apply(build(blueprint), CHANGES)
    loads = len(segments_of(ELFFile(BytesIO(first)), "PT_LOAD"))
    second, patch = apply(first, LONGER)
    assert patch.way == "append"
    assert len(second) - len(first) == len("libme-89ab0123456789.so.1") + len("$ORIGIN/../of-another-project.libs") + 2
    assert len(segments_of(ELFFile(BytesIO(second)), "PT_LOAD")) == loads
    third, _ = apply(second, ElfChanges(soname="libme.so.1"))
    assert len(third) == len(second)


def test_names_that_fit_into_old_ones_need_no_room() -> None:
    first, _ = apply(build(Blueprint()), CHANGES)
    second, patch = apply(first, SECOND)
    assert (patch.way, len(second)) == ("in place", len(first))
    elf = read_elf(second)
    assert (elf.needed[0], elf.rpath, elf.runpath) == ("libfoo-4567.so.1", None, ("$ORIGIN",))
    assert [need.library for need in elf.version_needs] == ["libfoo-4567.so.1"]


def test_a_huge_bss_never_comes_to_stand_in_the_file() -> None:
    built = build(Blueprint(bss=197 << 20))
    after, _ = apply(built, CHANGES)
    assert len(after) < len(built.data) + 400
    loads = segments_of(ELFFile(BytesIO(after)), "PT_LOAD")
    assert loads[1].p_memsz > 197 << 20
    assert loads[2].p_vaddr >= loads[1].p_vaddr + loads[1].p_memsz


def test_the_new_segment_can_be_loaded_with_large_pages() -> None:
    for machine, page in ((183, 0x10000), (21, 0x10000), (62, 0x200000), (62, 0x1000)):
        after, _ = apply(build(Blueprint(machine=machine, page=page)), CHANGES)
        load = segments_of(ELFFile(BytesIO(after)), "PT_LOAD")[-1]
        assert load.p_align == min(page, 0x10000)
        assert (load.p_vaddr - load.p_offset) % 0x10000 == 0 or machine == 62


def test_notes_of_one_segment_move_together() -> None:
    built = build(Blueprint(notes=(8, 8, 4), joint=True, noted=True))
    after, patch = apply(built, CHANGES)
    assert patch.way == "move"
    old, new = built.parts, ELFFile(BytesIO(after))
    (note,) = segments_of(new, "PT_NOTE")
    places = [section_header(after, f".note.{number}").sh_addr for number in range(3)]
    assert [place - places[0] for place in places] == [
        old[f".note.{number}"].address - old[".note.0"].address for number in range(3)
    ]
    (noted,) = segments_of(new, "PT_GNU_PROPERTY")
    assert note.p_vaddr == noted.p_vaddr == places[0]
    check_facts(built.data, after)


def test_symbols_follow_and_thread_local_ones_do_not() -> None:
    for absolute in (False, True):
        built = build(Blueprint(absolute=absolute, spare=0))
        after, _ = apply(built, CHANGES)
        before, now = static_symbols(built.data), static_symbols(after)
        file = ELFFile(BytesIO(after))
        for name in (".note.0", ".dynstr", ".dynamic", ".text", ".data"):
            assert now[name] == section_header(after, name).sh_addr
        assert now["__abi_tag"] == now[".note.0"] != before["__abi_tag"]
        assert now["_DYNAMIC"] == segments_of(file, "PT_DYNAMIC")[0].p_vaddr != before["_DYNAMIC"]
        assert now["_ABSOLUTE"] == before["_ABSOLUTE"]
        assert now["thread_local"] == before["thread_local"] == before["__abi_tag"]


def test_without_spare_entries_the_dynamic_table_moves_where_it_can_be_written() -> None:
    built = build(Blueprint(spare=0))
    after, _ = apply(built, CHANGES)
    file = ELFFile(BytesIO(after))
    (dynamic,) = segments_of(file, "PT_DYNAMIC")
    load = segments_of(file, "PT_LOAD")[-1]
    assert load.p_flags == 6
    assert load.p_vaddr <= dynamic.p_vaddr < load.p_vaddr + load.p_memsz
    check_facts(built.data, after)
    # The table has spare entries now.
    _, patch = apply(after, ElfChanges(soname="a-name-that-is-longer-than-the-other-one.so"))
    assert patch.way == "append"


def test_the_tables_of_a_static_program_stay() -> None:
    """Its own code finds them, by PT_PHDR and ``_DYNAMIC``."""
    expand = ElfChanges(expand_relr=True)
    static = build(Blueprint(spare=0, pie=True, phdr=True, relr=(1, 2)))
    after, patch = apply(static, expand)
    assert patch.way == "move"
    assert len(segments_of(ELFFile(BytesIO(after)), "PT_PHDR")) == 1
    assert changed(static.data, after) <= {".dynamic", ".note.0", ".note.1", "headers"}
    part = static.parts[".dynamic"]
    unsized = static.data[part.offset :].replace((37).to_bytes(8, "little"), (21).to_bytes(8, "little"), 1)
    with pytest.raises(BinaryError, match="its own code finds it"):  # DT_RELAENT needs an entry, DT_RELRENT gives none
        edit_elf(static.data[: part.offset] + unsized, expand)


def test_entries_behind_the_end_of_the_dynamic_table_are_not_free() -> None:
    built = build(Blueprint())
    part = built.parts[".dynamic"]
    data = bytearray(built.data)
    data[part.offset + part.size - 1] = 1
    after, _ = apply(bytes(data), CHANGES)
    assert segments_of(ELFFile(BytesIO(after)), "PT_DYNAMIC")[0].p_vaddr != part.address


def test_undefined_symbols_only() -> None:
    """DT_GNU_HASH doesn't count them, so an end of the table that the strings mark must not get lost."""
    built = build(Blueprint(defined=()))
    after, _ = apply(built, CHANGES)
    check_facts(built.data, after)
    bare = build(Blueprint(defined=(), sections=False, phdr=True, versions=(), undefined=("a", "b"), bss=0))
    with pytest.raises(BinaryError, match="where the table of symbols ends"):
        edit_elf(bare.data, CHANGES)


@pytest.mark.parametrize("tag", [1, 14, 29])
def test_old_names_are_wiped_from_the_file(tag: int) -> None:
    old = "/home/somebody/build"
    blueprint = Blueprint(phdr=True)
    if tag == 1:
        blueprint = replace(blueprint, needed=(old,), versions=(old,))
    else:
        blueprint = replace(blueprint, **{"soname" if tag == 14 else "runpath": old})  # type: ignore[arg-type]
    built = build(replace(blueprint, versions=()))
    assert old.encode() in built.data
    name = "a-name-that-is-too-long-for-its-place"
    changes = {1: ElfChanges(needed={old: name}), 14: ElfChanges(soname=name)}
    after, _ = apply(built, changes.get(tag, ElfChanges(run_path=RunPath((name,)))))
    assert b"somebody" not in after
    assert name.encode() in after


@pytest.mark.parametrize(
    "user",
    [
        {"undefined": ("foo.so.1", "open")},  # the tail of the name
        {"defined": ("prefix-libfoo.so.1",)},  # the name is a tail itself
        {"versions": ("libfoo.so.1", "other")},  # VERSION_OF_libfoo.so.1
        {"tags": ((0x7FFFFFFF, "so.1"),)},  # DT_FILTER
        {"tags": ((0x6FFFFEFC, "libfoo.so.1"),)},  # DT_AUDIT
    ],
)
def test_strings_that_others_use_stay(user: dict[str, object]) -> None:
    built = build(replace(Blueprint(versions=()), **user))  # type: ignore[arg-type]
    before = by_pyelftools(built.data)
    after, _ = apply(built, CHANGES)
    facts = by_pyelftools(after)
    for key in ("exports", "version_definitions"):
        assert facts[key] == before[key]
    assert [row[0] for row in facts["imports"]] == [row[0] for row in before["imports"]]  # type: ignore[attr-defined]
    assert [need[1] for need in facts["version_needs"]] == [  # type: ignore[attr-defined]
        need[1]
        for need in before["version_needs"]  # type: ignore[attr-defined]
    ]
    assert b"libfoo.so.1\0" in after or "foo.so.1" in str(user)


def test_filters_follow_a_renamed_library() -> None:
    for tag in (0x7FFFFFFD, 0x7FFFFFFF):
        built = build(Blueprint(tags=((tag, "libfoo.so.1"),)))
        after, _ = apply(built, CHANGES)
        assert after.count(b"\0libfoo-0123abcd.so.1\0") == 1
        value = dynamic_values(after)["DT_FILTER" if tag == 0x7FFFFFFF else "DT_AUXILIARY"]
        strings = section_header(after, ".dynstr").sh_offset
        assert after[strings + value :].startswith(b"libfoo-0123abcd.so.1\0")
        with pytest.raises(BinaryError, match="a filter for it"):
            edit_elf(replace_versions(built), ElfChanges(drop_needed=frozenset({"libfoo.so.1"})))


def replace_versions(built: Built) -> bytes:
    """The same file without version needs."""
    return build(replace(built.blueprint, versions=())).data


@pytest.mark.parametrize(("bss", "overlay"), [(0, b""), (64, b""), (0x10000, bytes(99))], ids=str)
def test_without_section_headers_the_last_segment_grows(bss: int, overlay: bytes) -> None:
    built = build(Blueprint(sections=False, bss=bss, overlay=overlay))
    after, patch = apply(built, CHANGES)
    assert patch.way == ("extend" if bss else "append")
    one, other = read_elf(built.data), read_elf(after)
    assert (other.needed, other.soname) == (("libfoo-0123abcd.so.1", "libc.so.6"), "libme-89ab.so.1")
    assert other.rpath == ("$ORIGIN/../me.libs",)
    assert other.symbols.exports == one.symbols.exports
    file = ELFFile(BytesIO(after))
    assert len(segments_of(file, "PT_LOAD")) == 2
    assert changed(built.data, after) <= {"", "headers"}
    assert apply(after, LONGER)[1].way == "append"


def by_segments(data: bytes) -> tuple[list[str], list[str], list[bytes]]:
    """Needed libraries, symbols, and notes with the interpreter, as pyelftools finds them without sections."""
    parts = list(ELFFile(BytesIO(data)).iter_segments())
    dynamic = next(part for part in parts if isinstance(part, DynamicSegment))
    needed = [str(getattr(tag, "needed")) for tag in dynamic.iter_tags("DT_NEEDED")]  # noqa: B009 - set by its name
    read = [part.data() for part in parts if part.header.p_type in {"PT_INTERP", "PT_NOTE", "PT_GNU_PROPERTY"}]
    return needed, [str(symbol.name) for symbol in dynamic.iter_symbols()], read


@pytest.mark.parametrize(("bits", "little", "machine"), MACHINES)
@pytest.mark.parametrize(
    "further",
    [
        {},
        {"hashed": "HASH"},
        {"notes": (4,)},
        {"notes": (8, 8), "joint": True, "noted": True},
        {"interpreter": True, "pie": True, "phdr": True, "spare": 0},
    ],
)
def test_without_section_headers_tables_move_that_leave_no_room_between_them(
    bits: int, little: bool, machine: int, further: dict[str, object]
) -> None:
    """GNU ld's libraries have no PT_PHDR to spare, and a large ``.bss`` is not written out."""
    blueprint = Blueprint(bits=bits, little=little, machine=machine, page=0x10000, bss=16 << 20)
    whole = build(replace(blueprint, **further))  # type: ignore[arg-type]
    built = build(replace(whole.blueprint, sections=False))
    after, patch = apply(built, CHANGES)
    assert patch.way == "move"
    assert by_segments(after) == (["libfoo-0123abcd.so.1", "libc.so.6"], *by_segments(built.data)[1:])
    one, other = read_elf(built.data), read_elf(after)
    assert (other.interpreter, other.symbols.exports) == (one.interpreter, one.symbols.exports)
    assert (other.soname, other.rpath) == ("libme-89ab.so.1", ("$ORIGIN/../me.libs",))
    assert len(after) - len(built.data) < 600
    assert changed(whole.data, after) <= {*NAMES, ".note.0", ".note.1", ".interp", ".hash", "headers"}
    assert apply(after, LONGER)[1].way == "append"


@pytest.mark.parametrize(
    ("further", "reason"),
    [
        ({"overlay": b"PK"}, "2 bytes follow"),
        ({"gap": 8}, "no room"),  # of zeros, which may be data
        ({"defined": (), "notes": (), "versions": ()}, "where the table of symbols ends"),
    ],
)
def test_without_section_headers_there_may_be_no_room(further: dict[str, object], reason: str) -> None:
    built = build(replace(Blueprint(sections=False, bss=16 << 20), **further))  # type: ignore[arg-type]
    with pytest.raises(BinaryError, match=reason):
        edit_elf(built.data, CHANGES)


def test_bytes_between_tables_may_be_data() -> None:
    built = build(Blueprint(sections=False, bss=16 << 20, notes=(4, 8), gap=4))
    assert edit_elf(built.data, CHANGES).way == "move"
    start = built.parts[".note.0"].offset
    with pytest.raises(BinaryError, match="no room"):
        edit_elf(change(built.data, start - 1, b"\1"), CHANGES)


def test_nothing_is_put_behind_an_overlay() -> None:
    with pytest.raises(BinaryError, match="2 bytes follow what the headers describe"):
        edit_elf(build(Blueprint(overlay=b"PK")).data, CHANGES)
    after, _ = apply(build(Blueprint(overlay=bytes(40))), CHANGES)
    check_facts(build(Blueprint()).data, after)


def test_a_segment_made_for_the_strings_is_used_again() -> None:
    """After ``strip`` it no longer is the last in the file, as here after other bytes were put behind it."""
    first, _ = apply(build(Blueprint(spare=0)), CHANGES)
    moved = with_sections_at_the_end(first)
    second, patch = apply(moved, LONGER)
    assert patch.way == "reuse"
    file = ELFFile(BytesIO(second))
    assert len(segments_of(file, "PT_LOAD")) == 3
    assert (read_elf(second).soname, read_elf(second).needed[0]) == (LONGER.soname, "libfoo-0123abcd.so.1")
    assert changed(build(Blueprint(spare=0)).data, second) <= {*NAMES, ".note.0", ".note.1", "headers"}


def with_sections_at_the_end(data: bytes) -> bytes:
    """The file with its section headers behind everything, as ``strip`` leaves it."""
    file = ELFFile(BytesIO(data))
    start, size = file["e_shoff"], file["e_shnum"] * file["e_shentsize"]
    offset = len(data) + -len(data) % 8
    result = bytearray(data.ljust(offset, b"\0") + data[start : start + size])
    result[40:48] = offset.to_bytes(8, "little")
    return bytes(result)


def test_tables_that_can_not_move_are_left_alone() -> None:
    """Behind the headers of this file are four bytes of code."""
    built = build(Blueprint(notes=()))
    data = bytearray(built.data)
    file = ELFFile(BytesIO(built.data))
    at = file["e_shoff"] + 64 * 1  # the header of .hash: now PROGBITS
    data[at + 4 : at + 8] = (1).to_bytes(4, "little")
    with pytest.raises(BinaryError, match="no room for a program header"):
        edit_elf(bytes(data), CHANGES)


def test_bytes_that_nothing_describes_are_no_gap() -> None:
    built = build(Blueprint(gap=64))
    table_end = 64 + 7 * 56
    data = bytearray(built.data)
    data[table_end + 3] = data[table_end + 9] = ord("X")  # an editor's filling
    assert edit_elf(bytes(data), CHANGES).way == "gap"
    data[table_end + 3] = ord("Y")
    with pytest.raises(BinaryError, match="no room for a program header"):
        edit_elf(bytes(data), CHANGES)


def test_room_needs_section_headers_that_know_the_strings() -> None:
    built = build(Blueprint())
    data = bytearray(built.data)
    at = ELFFile(BytesIO(built.data))["e_shoff"] + 64 * 5  # .dynstr
    data[at + 24 : at + 32] = (8).to_bytes(8, "little")
    with pytest.raises(BinaryError, match="don't tell where the string table is"):
        edit_elf(bytes(data), CHANGES)


def test_a_string_table_of_other_sections_is_not_wiped() -> None:
    """Prelink's lists take their names from it too."""
    built = build(Blueprint(versions=(), soname="libold-name.so"))
    at = ELFFile(BytesIO(built.data))["e_shoff"] + 64 * 6  # .text links to .dynstr
    after, _ = apply(built.data[: at + 40] + b"\5" + built.data[at + 41 :], CHANGES)
    assert b"libold-name.so" in after


def test_a_property_that_patchelf_forgot_in_the_table() -> None:
    built = build(Blueprint(noted=True))
    file = ELFFile(BytesIO(built.data))
    index = next(n for n, segment in enumerate(file.iter_segments()) if segment.header.p_type == "PT_GNU_PROPERTY")
    at = 64 + 56 * index + 8
    data = built.data[:at] + (64 + 2 * 56).to_bytes(8, "little") * 2 + built.data[at + 16 :]
    patch = edit_elf(data, CHANGES)
    assert patch.way == "move"
    assert read_elf(bytes(patch.applied(data))).soname == CHANGES.soname

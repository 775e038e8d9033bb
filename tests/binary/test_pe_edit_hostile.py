"""Damaged files: an edit is refused, or says exactly what was asked for and changes nothing else that can be read."""

from __future__ import annotations

from struct import pack
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies.pe import AMD64, I386, IMPORT, OFFSET, RDATA, RESOURCES, RVA, Extra, PeFile, arm64x, rsds
from truewheel.binary import read_pe
from truewheel.binary.model import Pe
from truewheel.binary.pe_edit import PeChanges, Room, edit_pe
from truewheel.errors import BinaryError, TruewheelError

CHANGES = [
    PeChanges({"foo.dll": "foo-0123456789abcdef.dll"}, "me-0123.dll", search_freely=True),
    PeChanges({"foo.dll": "bar.dll", "late.dll": "l" * 200}),
    PeChanges(export_name="x.dll"),
    PeChanges(search_freely=True),
]
ROOMS = (tuple(Room), (Room.SECTION,))
IMPORTS = [("foo.dll", ["f", "#2"]), ("KERNEL32.dll", ["g"])]
DELAYED = [("late.dll", ["h"]), ("Foo.dll", ["i"])]
FULL = PeFile(
    imports=IMPORTS, delayed=DELAYED, export_name="me.dll", exports=[("f", ""), ("g", "a.g")],
    debug=[(2, rsds("x.pdb")), (16, b"")], load_config=[(78, b"\0\x08")], certificate=b"signed!!", checksum=1,
)  # fmt: skip
FILES = [
    FULL.encode(),
    PeFile(machine=I386, bits=32, imports=IMPORTS, delayed=DELAYED, old_delay=True, exact=True).encode(),
    PeFile(imports=IMPORTS, bound=["foo.dll"], overlay=b"overlay", more=[Extra(used=8, directory=RESOURCES)]).encode(),
    PeFile(machine=AMD64, delayed=DELAYED, stamp=7, exact=True, padding=512, export_name="me.dll").encode(),
    arm64x().encode(),
]
_ENDS = (CHANGES[0], CHANGES[1], PeChanges({"foo.dll": "f" * 99}), CHANGES[2], CHANGES[0])
EDITED = [
    bytes(edit_pe(data, change, (Room.SECTION,)).applied(data)) for data, change in zip(FILES, _ENDS, strict=True)
]


def expected(before: Pe, changes: PeChanges) -> Pe:
    """What the file is to say afterwards, but for its checksum and overlay."""
    return before._replace(
        imports=tuple(dll._replace(name=changes.dlls.get(dll.name.lower(), dll.name)) for dll in before.imports),
        export_name=None if before.export_name is None else changes.export_name or before.export_name,
        dependent_load_flags=0 if changes.search_freely else before.dependent_load_flags,
        certificate=None,
        overlay=None,
    )


def check(data: bytes, changes: PeChanges, rooms: tuple[Room, ...]) -> None:
    """One edit of a file that may be damaged."""
    try:
        patch = edit_pe(data, changes, rooms)
    except TruewheelError:
        return
    if not patch:
        return
    after = bytes(patch.applied(data))
    assert len(after) == patch.size <= len(data) + 0x20000
    before, found = read_pe(data), read_pe(after)
    assert found._replace(overlay=None, checksum=before.checksum) == expected(before, changes)
    assert not edit_pe(after, changes, rooms)


def flips(size: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    """Bytes to be changed, as often in the headers as in all the rest."""
    place = st.integers(0, min(size, OFFSET) - 1) | st.integers(0, size - 1)
    return st.lists(st.tuples(place, st.integers(0, 255)), min_size=1, max_size=4)


@settings(max_examples=300)
@given(st.data())
def test_flipped_bytes(data: st.DataObject) -> None:
    source = bytearray(data.draw(st.sampled_from(FILES + EDITED)))
    for place, value in data.draw(flips(len(source))):
        source[place] = value
    check(bytes(source), data.draw(st.sampled_from(CHANGES)), data.draw(st.sampled_from(ROOMS)))


@settings(max_examples=200)
@given(st.data())
def test_addresses_that_lead_elsewhere(data: st.DataObject) -> None:
    """Words of the file are made others that are in it, or nearly: tables and names come to lie over each other."""
    source = bytearray(data.draw(st.sampled_from(FILES + EDITED)))
    words = st.integers(0, len(source) // 4 - 1)
    for _ in range(data.draw(st.integers(1, 3))):
        to, shift = 4 * data.draw(words), data.draw(st.integers(-8, 8))
        value = data.draw(
            st.integers(RVA, RVA + 0x400) | words.map(lambda at: int.from_bytes(source[4 * at :][:4], "little"))
        )
        source[to : to + 4] = pack("<I", max(value + shift, 0) & 0xFFFFFFFF)
    check(bytes(source), data.draw(st.sampled_from(CHANGES)), data.draw(st.sampled_from(ROOMS)))


@pytest.mark.parametrize("number", range(len(FILES)))
def test_cut_files(number: int) -> None:
    data = (FILES + EDITED)[number]
    for size in range(0, len(data), 7):
        for changes in CHANGES:
            check(data[:size], changes, ROOMS[0])


def field_of(data: bytes, name: bytes) -> int:
    """Where the address of a name is."""
    address = data.index(name + b"\0") - OFFSET + RVA
    at = data.index(pack("<I", address))
    assert data.count(pack("<I", address)) == 1
    return at


def put(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + pack("<I", value) + data[at + 4 :]


PLAIN = PeFile(imports=IMPORTS, exact=True).encode()
NAME = PLAIN.index(b"foo.dll\0")


def test_a_name_that_two_tables_share_changes_once_for_both() -> None:
    data = PeFile(imports=[("foo.dll", ["f"])], delayed=[("fox.dll", ["g"])]).encode()
    shared = put(data, field_of(data, b"fox.dll"), data.index(b"foo.dll") - OFFSET + RVA)
    patch = edit_pe(shared, PeChanges({"foo.dll": "b.dll"}))
    assert patch.way == "in place"
    assert [dll.name for dll in read_pe(patch.applied(shared)).imports] == ["b.dll", "b.dll"]


def test_a_name_that_the_export_table_shares_stays_for_it() -> None:
    data = PeFile(imports=IMPORTS, export_name="fox.dll", exports=[("e", "")], exact=True).encode()
    shared = put(data, field_of(data, b"fox.dll"), data.index(b"foo.dll") - OFFSET + RVA)
    patch = edit_pe(shared, PeChanges({"foo.dll": "bar.dll"}))
    assert patch.way == "padding"
    after = read_pe(patch.applied(shared))
    assert (after.imports[0].name, after.export_name) == ("bar.dll", "foo.dll")


@pytest.mark.parametrize(("other", "kept"), [(0, "foo.dll"), (1, "oo.dll"), (4, "dll")])
def test_the_tail_of_a_name_may_be_another(other: int, kept: str) -> None:
    shared = put(PLAIN, field_of(PLAIN, b"KERNEL32.dll"), NAME + other - OFFSET + RVA)
    for room in ((Room.PLACE, Room.PADDING), (Room.SECTION,)):
        if not other:
            continue
        for old, place in (("foo.dll", 0), (kept, 1)):
            names = [dll.name for dll in read_pe(edit_pe(shared, PeChanges({old: "b"}), room).applied(shared)).imports]
            assert names[place] == "b"
            assert names[1 - place] == ("foo.dll", kept)[1 - place]


def test_a_name_that_symbols_end_with_stays_for_them() -> None:
    data = PeFile(imports=[("foo.dll", ["f", "foo.dll"])], exact=True).encode()
    symbol = data.index(b"\7\0foo.dll\0") + 2 - OFFSET + RVA
    at = data.index(pack("<I", data.index(b"foo.dll\0", symbol - RVA + OFFSET + 1) - OFFSET + RVA))
    shared = put(data, at, symbol)
    patch = edit_pe(shared, PeChanges({"foo.dll": "bar.dll"}))
    assert patch.way == "padding"
    assert read_pe(patch.applied(shared)).imports[0] == ("bar.dll", ("f", "foo.dll"), False)


def test_names_in_the_headers() -> None:
    """They are written over, but not where the headers themselves are."""
    data = PLAIN[:0x1F0] + b"hdr.dll\0" + PLAIN[0x1F8:]
    gap = put(data, field_of(data, b"foo.dll"), 0x1F0)
    patch = edit_pe(gap, PeChanges({"hdr.dll": "bar.dll"}))
    assert patch.way == "in place"
    assert read_pe(patch.applied(gap)).imports[0].name == "bar.dll"
    table = put(data, field_of(data, b"foo.dll"), data.index(b".rdata"))
    patch = edit_pe(table, PeChanges({".rdata": "b.dll"}))
    assert patch.way == "padding"
    assert read_pe(patch.applied(table)).imports[0].name == "b.dll"


def test_names_in_tables_of_others_stay_there() -> None:
    row = 0x40 + 24 + 112 + 8 * RESOURCES
    data = put(put(PLAIN, row, NAME - OFFSET + RVA + 6), row + 4, 100)
    patch = edit_pe(data, PeChanges({"foo.dll": "bar.dll"}), (Room.PLACE, Room.SECTION))
    assert patch.way == "section"


def test_tables_over_each_other() -> None:
    """The name of one DLL is where the table says where its symbols are."""
    at = field_of(PLAIN, b"KERNEL32.dll")
    over = put(PLAIN, at, at - OFFSET + RVA - 12)
    name = read_pe(over).imports[1].name
    assert len(name) == 2
    with pytest.raises(BinaryError, match="overlap"):
        edit_pe(over, PeChanges({name.lower(): "b"}), (Room.PLACE,))
    assert edit_pe(over, PeChanges({name.lower(): "b"}), (Room.PADDING,))


def test_one_field_in_two_tables() -> None:
    """The name of the DLL itself is where the import table finds one of its names."""
    data = PeFile(imports=IMPORTS, export_name="me.dll", exports=[("e", "")], exact=True).encode()
    row = 0x40 + 24 + 112 + 8 * IMPORT
    table = int.from_bytes(data[row - 8 : row - 4], "little")  # of exports: its field is as far from its start
    with pytest.raises(BinaryError, match="one field leads to two names"):
        edit_pe(put(data, row, table), PeChanges(export_name="x.dll"))


def test_zeros_that_end_a_table_are_no_padding() -> None:
    """Tables that end in what follows the used bytes are seen; the names go elsewhere."""
    data = PLAIN
    row = 0x40 + 24 + 112 + 8 * IMPORT
    table = int.from_bytes(data[row : row + 4], "little") - RVA
    at = data.index(b".rdata") + 8
    short = put(data, at, table + 40)
    with pytest.raises(BinaryError, match="overlap"):
        edit_pe(short, CHANGES[0], (Room.PADDING,))
    patch = edit_pe(short, CHANGES[0])
    assert patch.way == "section"
    assert read_pe(patch.applied(short)).imports == expected(read_pe(PLAIN), CHANGES[0]).imports


def test_thousands_of_dlls() -> None:
    recipe = PeFile(imports=[(f"lib{number}.dll", []) for number in range(4000)], alignments=(0x100000, 512))
    data = recipe.encode()
    changes = PeChanges({f"lib{number}.dll": f"lib{number}-01234567.dll" for number in range(4000)})
    patch = edit_pe(data, changes)
    assert patch.way == "section"
    assert read_pe(patch.applied(data)).imports[3999].name == "lib3999-01234567.dll"
    assert RDATA


def test_forwards_full_of_points_cost_nothing() -> None:
    """The name of the DLL may end at any of them, and one string may be that of all exports."""
    data = PeFile(imports=IMPORTS, export_name="me.dll", exports=[("", "a" + "." * 60_000)] * 50).encode()
    begun = process_time()
    assert edit_pe(data, CHANGES[0])
    assert process_time() - begun < 2

"""Edited DLLs of three linkers: loaded under Wine, and read by pefile, LLVM and a checker that isn't ours.

Every kind of room is made for each: new names over the old ones, in padding, and in a section that is added.
"""

from __future__ import annotations

from pathlib import Path
from struct import pack_into, unpack_from

import pefile
import pytest

from tests.elf.toolchains import call
from tests.pe.checker import complaints, differences, meaning
from tests.pe.expectations import assert_only
from tests.pe.family import LONG, LONGER, SHORT, Names, changes, edited, lay_out, names_by_llvm
from tests.pe.reader import Reading
from tests.pe.toolchains import ANSWER, AY, BEE, CASES, FILES, OVERLAY, PLUG, Case, build, case, signature_fits
from tests.pe.wine import NOT_FOUND, Wine
from tests.tools import need
from truewheel.binary.pe_edit import PeChanges, Room, edit_pe

MATRIX = [pytest.param(wanted, room, id=f"{wanted}-{room.name.lower()}") for wanted in CASES for room in Room]


def named(room: Room) -> Names:
    """New names for which there is this room."""
    return SHORT if room is Room.PLACE else LONG


@pytest.mark.parametrize(("wanted", "room"), MATRIX)
def test_edited_files_load(wanted: Case, room: Room, wine: Wine, builds: Path, tmp_path: Path) -> None:
    names, built = named(room), build(wanted, builds)
    before = lay_out(built, tmp_path / "before", names)
    after = lay_out(built, tmp_path / "after", names, by=lambda data, change: edited(data, change, (room,)))
    again = lay_out(after, tmp_path / "again", LONGER, by=edited, was=names)
    if "delayed" not in wanted.traits:
        told = wine.load(*(folder / PLUG for folder in (before, after, again)), function="answer")
    else:  # then libbee has to be there already, under the name that it is asked for by
        bees = (before / names[BEE], after / names[BEE], again / LONGER[BEE])
        told = tuple(wine.load(bee.with_name(PLUG), function="answer", first=[bee])[0] for bee in bees)
    assert [(loaded.error, loaded.answer) for loaded in told] == [(NOT_FOUND, None), (0, ANSWER), (0, ANSWER)]
    for folder, called, loaded in ((after, names, told[1]), (again, LONGER, told[2])):
        assert set(loaded.modules) == {folder / name for name in (PLUG, *called.values())}


@pytest.mark.parametrize(("wanted", "room"), MATRIX)
def test_nothing_else_differs(wanted: Case, room: Room, builds: Path) -> None:
    for name in FILES:
        old = (build(wanted, builds) / name).read_bytes()
        patch = edit_pe(old, changes(name, named(room)), (room,))
        new = bytes(patch.applied(old))
        assert (patch.way, len(new)) == (room.value, patch.size)
        assert complaints(new) == []
        assert_only(changes(name, named(room)), room, old, new)
        assert meaning(new)[0] == meaning(old)[0]


@pytest.mark.parametrize(("wanted", "room"), MATRIX)
def test_others_read_the_new_names(wanted: Case, room: Room, builds: Path, tmp_path: Path) -> None:
    built, names = build(wanted, builds), named(room)
    folder = lay_out(built, tmp_path / "new", names, by=lambda data, change: edited(data, change, (room,)))
    for name in FILES:
        path = folder / names.get(name, name)
        image = pefile.PE(data=path.read_bytes(), fast_load=False)  # delvewheel changes the default
        tables = {
            "Import": getattr(image, "DIRECTORY_ENTRY_IMPORT", []),
            "DelayImport": getattr(image, "DIRECTORY_ENTRY_DELAY_IMPORT", []),
        }
        by_pefile = {table: [row.dll.decode() for row in rows] for table, rows in tables.items()}
        old = names_by_llvm(built / name)
        new = {table: [names.get(dll, dll) for dll in dlls] for table, dlls in old.items()}
        assert by_pefile == names_by_llvm(path) == new
        assert image.DIRECTORY_ENTRY_EXPORT.name.decode() == path.name
        assert image.OPTIONAL_HEADER.CheckSum in (0, image.generate_checksum())
        assert bool(image.OPTIONAL_HEADER.CheckSum) == bool(Reading((built / name).read_bytes()).optional["CheckSum"])
        config = getattr(image, "DIRECTORY_ENTRY_LOAD_CONFIG", None)
        assert config is None or config.struct.DependentLoadFlags == 0


@pytest.mark.parametrize("room", Room)
def test_a_signature_fits_before_and_is_gone_afterwards(room: Room, builds: Path, tmp_path: Path) -> None:
    built = build(case("lld", "signed"), builds)
    assert signature_fits(built / AY, builds)
    forged = tmp_path / "forged.dll"
    data = bytearray((built / AY).read_bytes())
    data[Reading(bytes(data)).sections[0].offset] ^= 1
    forged.write_bytes(data)
    assert not signature_fits(forged, builds)
    new = edited((built / AY).read_bytes(), changes(AY, named(room)), (room,))
    assert Reading(new).certificate == (0, 0)
    assert len(new) % 0x200 == 0  # as before it was signed


@pytest.mark.parametrize("room", Room)
def test_symbols_and_an_overlay_stay_where_they_are(room: Room, builds: Path) -> None:
    old = (build(case("bfd", "runtime", "symbols", "overlay"), builds) / AY).read_bytes()
    new = edited(old, changes(AY, named(room)), (room,))
    start = Reading(old).sections_end
    assert old.endswith(OVERLAY)
    assert new[start : len(old)] == old[start:]
    assert Reading(old).coff["PointerToSymbolTable"] == Reading(new).coff["PointerToSymbolTable"] >= start


def test_the_way_back(builds: Path) -> None:
    """Names of one length, there and back: the very file, where nothing was signed."""
    for wanted in CASES:
        old = (build(wanted, builds) / AY).read_bytes()
        there = edited(old, PeChanges({BEE: SHORT[BEE]}, export_name=SHORT[AY]), (Room.PLACE,))
        back = edited(there, PeChanges({SHORT[BEE]: BEE}, export_name=AY), (Room.PLACE,))
        assert (back == old) == ("signed" not in wanted.traits)
        assert not edit_pe(back, PeChanges({BEE: BEE}, export_name=AY))


def test_an_edit_of_flags_alone(builds: Path) -> None:
    old = (build(case("lld", "restricted"), builds) / PLUG).read_bytes()
    new = edited(old, PeChanges(search_freely=True))
    assert (Reading(old).load_flags, Reading(new).load_flags) == (0x800, 0)
    assert differences(old, new) == {"DependentLoadFlags"}
    kept = edited(old, PeChanges({AY: LONG[AY]}))
    assert Reading(kept).load_flags == 0x800


def test_delayed_imports_of_old(builds: Path) -> None:
    """Visual C++ 6 wrote addresses as they are in memory, and said so by an attribute of 0."""
    data = bytearray((build(case("lld", "delayed"), builds) / AY).read_bytes())
    reading = Reading(bytes(data))
    (place,) = reading.delayed
    base = 0x10000000
    pack_into("<Q", data, reading.start + 24 + 24, base)  # ImageBase: one that 32 bits can tell
    for field in range(1, 7):
        (address,) = unpack_from("<I", data, place + 4 * field)
        pack_into("<I", data, place + 4 * field, address and address + base)
    data[place] = 0
    entry = reading.locate(*unpack_from("<I", reading.data, place + 16))  # and so does the table of functions
    pack_into("<Q", data, entry, *(address + base for address in unpack_from("<Q", data, entry)))
    old = bytes(data)
    assert [name for name, _ in Reading(old).delayed.values()] == [BEE]
    for room in Room:
        wanted = PeChanges({BEE: named(room)[BEE]})
        new = edited(old, wanted, (room,))
        assert [name for name, _ in Reading(new).delayed.values()] == [named(room)[BEE]]
        assert_only(wanted, room, old, new)


@pytest.mark.parametrize("room", Room)
def test_who_strips_strips_first(room: Room, wine: Wine, builds: Path, tmp_path: Path) -> None:
    """GNU strip takes the debug sections out, whose addresses lie below those of a new section, and leaves a hole.

    Wine doesn't mind; Windows wants one section behind the other, and so does the checker.
    """
    (strip,) = need("x86_64-w64-mingw32-strip")
    names = named(room)
    built = build(case("bfd", "symbols"), builds)
    folder = lay_out(built, tmp_path / "new", names, by=lambda data, change: edited(data, change, (room,)))
    call([strip, *(folder / names.get(name, name) for name in FILES)])
    (loaded,) = wine.load(folder / PLUG, function="answer")
    assert loaded.answer == ANSWER
    said = complaints((folder / names[AY]).read_bytes())
    assert [line.partition(" at ")[0] for line in said] == ([".twheel is"] if room is Room.SECTION else [])

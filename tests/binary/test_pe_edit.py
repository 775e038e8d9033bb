"""Edits of PE files: the names that were asked for, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from struct import unpack_from

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.binary.pe_soundness import changed, complaints, dlls, may_change
from tests.strategies.pe import AMD64, I386, OFFSET, RESOURCES, UNKNOWN_TIME, Extra, PeFile, pe_files
from truewheel.binary import Pe, pe_checksum, read_pe
from truewheel.binary.pe_edit import PeChanges, Room, edit_pe
from truewheel.errors import BinaryError

ROOMS = tuple(Room)
NEW = st.from_regex(r"[a-z0-9_]{1,40}\.dll", fullmatch=True)
FILE = PeFile(
    imports=[("KERNEL32.dll", ["f", "#2"]), ("foo.dll", ["g"])],
    delayed=[("late.dll", ["h"]), ("Foo.dll", ["i"])],
    export_name="me.dll",
    exports=[("f", ""), ("g", "ntdll.g")],
    load_config=[(78, b"\0\x08")],
    exact=True,
)
LONG = "foo-0123456789abcdef0123456789abcdef.dll"


def edited(data: bytes, changes: PeChanges, *rooms: Room) -> tuple[Pe, bytes]:
    """The file after an edit that does something, which is sound if it was so, and says the same the second time."""
    patch = edit_pe(data, changes, rooms or ROOMS)
    after = bytes(patch.applied(data))
    assert patch
    assert patch.size == len(after)
    assert not set(complaints(after)) - set(complaints(data))
    assert changed(data, after) <= may_change(data)
    assert not edit_pe(after, changes, rooms or ROOMS)
    return read_pe(after), after


def names(image: Pe) -> list[str]:
    return [dll.name for dll in image.imports]


@st.composite
def edits(draw: st.DrawFn) -> tuple[PeFile, PeChanges]:
    """A file, and changes to names in it of which none is wanted twice."""
    recipe = draw(pe_files())
    present = sorted({name.lower() for name, _ in (*recipe.imports, *recipe.delayed)})
    old = draw(st.lists(st.sampled_from(present), unique=True)) if present else []
    new = draw(st.lists(NEW.filter(lambda name: name not in present), min_size=len(old), max_size=len(old)))
    own = draw(st.none() | NEW)
    return recipe, PeChanges(dict(zip(old, new, strict=True)), own, draw(st.booleans()))


@settings(max_examples=100)
@given(edits(), st.lists(st.sampled_from(ROOMS), min_size=1, unique=True))
def test_names_change_and_nothing_else(edit: tuple[PeFile, PeChanges], rooms: list[Room]) -> None:
    recipe, changes = edit
    data = recipe.encode()
    before = read_pe(data)
    try:
        patch = edit_pe(data, changes, tuple(rooms))
    except BinaryError as error:
        assert any(word in error.what for word in ("forwarded", "section header", "no room", "bound"))  # noqa: PT017 - either may happen, and one of these is why
        return
    if not patch:
        return
    after, result = edited(data, changes, *rooms)
    assert patch.way in {room.value for room in rooms} | {Room.PLACE.value}
    assert names(after) == [changes.dlls.get(name.lower(), name) for name in names(before)] == dlls(result)
    assert [dll[1:] for dll in after.imports] == [dll[1:] for dll in before.imports]
    assert after.export_name == (changes.export_name or before.export_name)
    assert (after.exports, after.forwards, after.pdb_path) == (before.exports, before.forwards, before.pdb_path)
    assert after.dependent_load_flags == (0 if changes.search_freely else before.dependent_load_flags)
    assert after.certificate is None
    assert after.checksum == (pe_checksum(result) if before.checksum else 0)
    if before.overlay:
        start, size = before.overlay
        assert result[start : start + size] == data[start : start + size]


@pytest.mark.parametrize(("machine", "bits", "old"), [(AMD64, 64, False), (I386, 32, False), (I386, 32, True)])
@pytest.mark.parametrize("room", [Room.PADDING, Room.SECTION])
def test_all_tables_follow_whatever_the_case(machine: int, bits: int, old: bool, room: Room) -> None:
    recipe = PeFile(
        machine=machine, bits=bits, imports=FILE.imports, delayed=FILE.delayed, old_delay=old, export_name="me.dll",
        exact=True, base=0x10000000,
    )  # fmt: skip
    data = recipe.encode()
    after, result = edited(data, PeChanges({"foo.dll": LONG}, "me-01234567.dll"), room)
    assert names(after) == ["KERNEL32.dll", LONG, "late.dll", LONG] == dlls(result)
    assert after.export_name == "me-01234567.dll"
    assert result.count(LONG.encode()) == 1  # one string for both tables


def test_the_first_room_that_is_enough_is_taken() -> None:
    data = FILE.encode()
    ways = {new: edit_pe(data, PeChanges({"late.dll": new})).way for new in ("dawn.dll", "later.dll", "l" * 250)}
    assert list(ways.values()) == ["in place", "padding", "padding"]
    full = PeFile(imports=FILE.imports).encode()
    assert edit_pe(full, PeChanges({"foo.dll": LONG})).way == "section"
    assert edit_pe(full, PeChanges({"foo.dll": "bar.dll"})).way == "in place"


def test_nothing_to_do_is_an_empty_patch() -> None:
    data = FILE.encode()
    for changes in (
        PeChanges(),
        PeChanges({"late.dll": "late.dll"}),
        PeChanges(export_name="me.dll"),
        PeChanges({"gone.dll": "KERNEL32.dll"}),
    ):
        patch = edit_pe(data, changes)
        assert (bool(patch), patch.way, patch.size) == (False, "", len(data))
    plain = PeFile(imports=FILE.imports).encode()
    assert not edit_pe(plain, PeChanges(export_name="x.dll", search_freely=True))  # it has neither


def test_the_search_is_freed_by_itself() -> None:
    data = FILE.encode()
    after, result = edited(data, PeChanges(search_freely=True))
    assert (after.dependent_load_flags, len(result)) == (0, len(data))
    assert edit_pe(data, PeChanges(search_freely=True)).way == "in place"
    assert sum(one != other for one, other in zip(data, result, strict=True)) == 1


@pytest.mark.parametrize("room", [Room.PADDING, Room.SECTION])
def test_a_certificate_at_the_end_is_cut_off(room: Room) -> None:
    plain = PeFile(imports=FILE.imports, exact=True)
    signed = PeFile(imports=FILE.imports, exact=True, certificate=b"\x10\0\0\0\0\2\2\0signed!!", checksum=1)
    unsigned, result = edited(signed.encode(), PeChanges({"foo.dll": LONG}), room)
    assert unsigned.certificate is None
    assert b"signed" not in result
    other = edit_pe(plain.encode(), PeChanges({"foo.dll": LONG}), (room,)).applied(plain.encode())
    assert len(other) == len(result)
    assert unsigned.checksum == pe_checksum(result)
    assert not edit_pe(signed.encode(), PeChanges({"foo.dll": "foo.dll"}))  # it stays while nothing else changes


def test_a_certificate_is_cut_with_the_zeros_behind_it() -> None:
    data = PeFile(imports=FILE.imports, certificate=b"signed!").encode()
    after, result = edited(data + bytes(1), PeChanges({"foo.dll": "bar.dll"}))
    assert (after.certificate, len(result)) == (None, len(data) - 7)


@pytest.mark.parametrize("behind", [b"\0\0\0x", bytes(8), b"payload" * 9])
@pytest.mark.parametrize("room", [Room.PLACE, Room.SECTION])
def test_a_certificate_gives_way_to_zeros_before_other_data(behind: bytes, room: Room) -> None:
    signed = PeFile(imports=FILE.imports, overlay=b"overlay!", certificate=b"signed!!").encode()
    after, result = edited(signed + behind, PeChanges({"foo.dll": "bar.dll"}), room)
    assert after.certificate is None
    start = len(signed) - 16
    assert result[start : start + 16 + len(behind)] == b"overlay!" + bytes(8) + behind


@pytest.mark.parametrize("bits", [32, 64])
def test_bindings_are_undone(bits: int) -> None:
    """A loader that finds bound imports takes all names from there."""
    data = PeFile(bits=bits, imports=FILE.imports, bound=["foo.dll", "KERNEL32.dll"], exact=True).encode()
    stamp = UNKNOWN_TIME.to_bytes(4, "little") * 2
    assert data.count(stamp) == 2
    for room in (Room.PADDING, Room.SECTION):
        after, result = edited(data, PeChanges({"foo.dll": LONG}), room)
        assert names(after) == ["KERNEL32.dll", LONG]
        assert stamp not in result
        assert (b"KERNEL32.dll" in result[:OFFSET]) is (room is Room.PADDING)  # a section header is there now


def test_the_time_of_a_renamed_dll_is_forgotten() -> None:
    stamp = 0x12345678
    recipe = PeFile(imports=FILE.imports, delayed=FILE.delayed, stamp=stamp)
    data = recipe.encode()
    raw = stamp.to_bytes(4, "little")
    assert data.count(raw) == 4
    _, result = edited(data, PeChanges({"foo.dll": "bar.dll"}))
    assert result.count(raw) == 2


def test_an_overlay_keeps_its_place() -> None:
    overlay = b"PK and so on" * 100
    recipe = PeFile(imports=FILE.imports, overlay=overlay)
    data = recipe.encode()
    _, result = edited(data, PeChanges({"foo.dll": LONG}))
    start = len(data) - len(overlay)
    assert result[start : len(data)] == overlay
    assert len(result) % OFFSET == 0


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(Extra(flags=0x60000020, used=8), id="code"),
        pytest.param(Extra(flags=0x60000040, used=8), id="executed"),
        pytest.param(Extra(flags=0x42000040, used=8), id="discarded after loading"),
        pytest.param(Extra(flags=0xC0000080, used=8), id="said to be without bytes"),
        pytest.param(Extra(flags=0xD0000040, used=8), id="shared by all programs"),
        pytest.param(Extra(flags=0x80000040, used=8), id="not to be read"),
        pytest.param(Extra(used=8, directory=RESOURCES), id="resources"),
        pytest.param(Extra(b"x" * 0x200, used=8), id="no zeros"),
        pytest.param(Extra(used=0x300), id="more in memory than in the file"),
        pytest.param(Extra(used=0), id="all of it used"),
        pytest.param(Extra(used=0x200 - len(LONG)), id="too small by one"),
        pytest.param(Extra(bytes(0x1200), used=0x1000), id="padding that isn't mapped"),
        pytest.param(Extra(used=8, name=".eh_fram"), id="found by its name, and read as far as its size says"),
        pytest.param(Extra(used=8, name=".didat"), id="made writable as a whole"),
    ],
)
def test_padding_that_takes_no_names(extra: Extra) -> None:
    named = extra if extra.name != Extra().name else replace(extra, name=".data")
    data = PeFile(imports=FILE.imports, more=[named]).encode()
    with pytest.raises(BinaryError, match="no room"):
        edit_pe(data, PeChanges({"foo.dll": LONG}), (Room.PLACE, Room.PADDING))
    assert edit_pe(data, PeChanges({"foo.dll": LONG})).way == "section"


def test_padding_to_the_last_byte() -> None:
    data = PeFile(imports=FILE.imports, more=[Extra(used=0x1FF - len(LONG), name=".data")]).encode()
    _, result = edited(data, PeChanges({"foo.dll": LONG}), Room.PADDING)
    assert result[-len(LONG) - 1 :] == LONG.encode() + b"\0"


def test_padding_that_is_only_read_comes_first() -> None:
    sections = [Extra(used=8, flags=0xC0000040, name=".data"), Extra(used=200, name=".edata")]
    data = PeFile(imports=FILE.imports, more=sections).encode()
    _, result = edited(data, PeChanges({"foo.dll": LONG}), Room.PADDING)
    place = result.index(LONG.encode())
    assert place == len(data) - 0x200 + 200


def test_a_file_that_was_edited_before_grows_no_second_section() -> None:
    data = PeFile(imports=FILE.imports).encode()
    one, first = edited(data, PeChanges({"foo.dll": LONG}))
    two, second = edited(first, PeChanges({LONG: LONG.replace("0", "1")}))
    assert len(second) == len(first) == len(data) + 0x200
    three, third = edited(second, PeChanges({"kernel32.dll": "k" * 251 + ".dll"}))
    assert len(third) == len(first)
    four, fourth = edited(third, PeChanges({"k" * 251 + ".dll": "q" * 251 + ".dll", LONG.replace("0", "1"): "a" * 255}))
    assert len(fourth) == len(first) + 0x200
    assert fourth.count(b".twheel") == 1
    assert [names(image)[1][:3] for image in (one, two, three, four)] == ["foo", "foo", "foo", "aaa"]


def test_a_section_of_our_name_that_isnt_ours_stays() -> None:
    data = PeFile(imports=FILE.imports, more=[Extra(used=0x300, name=".twheel")]).encode()
    _, result = edited(data, PeChanges({"foo.dll": LONG}))
    assert result.count(b".twheel") == 2


def test_a_section_of_our_name_with_code_stays() -> None:
    data = PeFile(imports=FILE.imports, more=[Extra(used=8, name=".twheel", flags=0x60000020)]).encode()
    _, result = edited(data, PeChanges({"foo.dll": LONG}))
    assert result.count(b".twheel") == 2


@pytest.mark.parametrize(("extra", "address"), [(Extra(bytes(0x1200), used=0), 0x5000), (Extra(b"", used=0), 0x3000)])
def test_no_hole_is_left_behind_a_section_without_a_size(extra: Extra, address: int) -> None:
    """Its bytes tell then how long it is; the loader takes no file with a hole between sections."""
    recipe = PeFile(imports=FILE.imports, more=[Extra(b"x"), extra])
    data = recipe.encode()
    _, result = edited(data, PeChanges({"foo.dll": LONG}))
    row = result.index(b".twheel")
    assert unpack_from("<I", result, row + 12) == (address,)


def test_our_section_moves_behind_what_was_appended() -> None:
    data = PeFile(imports=FILE.imports).encode()
    _, first = edited(data, PeChanges({"foo.dll": LONG, "kernel32.dll": "k" * 255}))
    appended = first + b"payload"
    grown = PeChanges({LONG: "f" * 255, "k" * 255: "m" * 255})
    after, second = edited(appended, grown)
    assert second[: len(appended)].endswith(b"payload")
    assert second.count(b".twheel") == 1
    assert names(after) == ["m" * 255, "f" * 255]

"""What isn't edited in PE files, and why: each refusal says it, and changes nothing."""

from __future__ import annotations

from struct import pack

import pytest

from tests.strategies.pe import AMD64, BOUND, CERTIFICATE, DATA, I386, OFFSET, Extra, PeFile
from truewheel.binary import read_pe
from truewheel.binary.pe_edit import PeChanges, Room, edit_pe
from truewheel.errors import BinaryError, RequestError

IMPORTS = [("foo.dll", ["f"]), ("KERNEL32.dll", ["g"])]
PLAIN = PeFile(imports=IMPORTS).encode()
CHANGES = PeChanges({"foo.dll": "foo-0123456789abcdef.dll"})
OPTIONAL = 0x40 + 24


def put(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


@pytest.mark.parametrize(
    "name",
    ["", "a/b.dll", "a\\b.dll", "c:a.dll", "a\0.dll", "a\n.dll", "ä.dll", "\udcff.dll", "a" * 256, "a.", "a ", " a",
     "a*.dll", 'a".dll', "a|b.dll", "<a>.dll", "a?.dll"],
)  # fmt: skip
@pytest.mark.parametrize("own", [False, True])
def test_names_that_no_loader_finds(name: str, own: bool) -> None:
    data = PeFile(imports=IMPORTS, export_name="me.dll").encode()
    with pytest.raises(RequestError, match="can't be the name of a DLL"):
        edit_pe(data, PeChanges(export_name=name) if own else PeChanges({"foo.dll": name}))


@pytest.mark.parametrize("name", ["a.dll", "A-b_c.1+2.pyd", "a b.dll", "lib(1)~.drv", "a" * 255, "noextension"])
def test_names_that_a_loader_finds(name: str) -> None:
    after = edit_pe(PLAIN, PeChanges({"foo.dll": name})).applied(PLAIN)
    assert read_pe(after).imports[0].name == name


def test_what_isnt_imported_cant_be_renamed() -> None:
    with pytest.raises(RequestError, match=r"nothing is imported from gone\.dll"):
        edit_pe(PLAIN, PeChanges({"foo.dll": "bar.dll", "gone.dll": "x.dll"}))


@pytest.mark.parametrize("forward", ["foo.f", "FOO.f", "foo.dll.f", "foo.#7", "foo.f.g"])
@pytest.mark.parametrize("imported", [True, False])
def test_forwards_keep_their_dlls(forward: str, imported: bool) -> None:
    data = PeFile(
        imports=IMPORTS if imported else IMPORTS[1:], exports=[("d", "a.b"), ("e", forward), ("f", forward)]
    ).encode()
    with pytest.raises(BinaryError, match=f"export e is forwarded to {forward}, so foo"):
        edit_pe(data, CHANGES)
    assert not edit_pe(data, PeChanges({"kernel32.dll": "KERNEL32.dll"}))
    assert edit_pe(data, PeChanges({"kernel32.dll": "x.dll"}))


def test_a_forward_goes_by_any_case() -> None:
    data = PeFile(imports=IMPORTS, exports=[("e", "foo.f")]).encode()
    assert edit_pe(data, PeChanges({"foo.dll": "FOO.dll"}))


def test_forwards_to_others_are_no_matter() -> None:
    data = PeFile(imports=IMPORTS, exports=[("e", "foobar.foo"), ("f", "ntdll.f")]).encode()
    assert edit_pe(data, CHANGES)


def test_arm64ec_has_one_import_table() -> None:
    data = PeFile(machine=AMD64, imports=IMPORTS, load_config=[(200, b"\1")]).encode()
    assert edit_pe(data, CHANGES)


def test_a_file_that_wants_its_signature() -> None:
    data = PeFile(imports=IMPORTS, flags=0x160 | 0x80).encode()
    with pytest.raises(BinaryError, match="signature"):
        edit_pe(data, CHANGES)


@pytest.mark.parametrize(
    ("alignments", "message"),
    [
        ((0x200, 0x200), "512 bytes in memory"),
        ((0x1000, 0x10), "16 on disk"),
        ((0x1000, 0x20000), "131072 on disk"),
        ((0x3000, 0x200), "no power of two"),
        ((0x1000, 0x300), "no power of two"),
        ((0x1000, 0), "0 on disk"),
    ],
)
def test_alignments(alignments: tuple[int, int], message: str) -> None:
    data = PeFile(imports=IMPORTS, alignments=alignments).encode()
    with pytest.raises(BinaryError, match=message):
        edit_pe(data, CHANGES)


def test_bytes_that_are_mapped_twice() -> None:
    data = PeFile(imports=IMPORTS, more=[Extra()]).encode()
    at = data.index(b".extra") + 20
    with pytest.raises(BinaryError, match="shares bytes"):
        edit_pe(put(data, at, pack("<I", OFFSET)), CHANGES)
    with pytest.raises(BinaryError, match="shares bytes"):
        edit_pe(PeFile(imports=IMPORTS, headers=0x400).encode(), CHANGES)


def test_a_certificate_over_the_sections() -> None:
    data = PeFile(imports=IMPORTS, certificate=b"signed!!").encode()
    at = OPTIONAL + 112 + 8 * CERTIFICATE
    with pytest.raises(BinaryError, match="certificate lies over"):
        edit_pe(put(data, at, pack("<I", len(data) - 16)), CHANGES)


@pytest.mark.parametrize(
    ("recipe", "free"),
    [
        (PeFile(imports=IMPORTS, lfanew=0xB0), 32),
        (PeFile(imports=IMPORTS, lfanew=0xD0), 0),
        (PeFile(imports=IMPORTS, headers=0x190), 32),
    ],
)
def test_no_room_for_a_section_header(recipe: PeFile, free: int) -> None:
    with pytest.raises(BinaryError, match=f"takes 40 bytes, and {free} are free") as caught:
        edit_pe(recipe.encode(), CHANGES)
    assert "shorter names" in caught.value.hint


def test_just_enough_room_for_a_section_header() -> None:
    data = PeFile(imports=IMPORTS, lfanew=0xA8).encode()
    assert edit_pe(data, CHANGES).way == "section"


def test_bytes_behind_the_section_headers_that_somebody_uses() -> None:
    end = PLAIN.index(b".rdata") + 40
    with pytest.raises(BinaryError, match="3 are free"):
        edit_pe(put(PLAIN, end + 3, b"x"), CHANGES)
    row = OPTIONAL + 112 + 8 * 7  # a directory that leads there, though there are but zeros
    with pytest.raises(BinaryError, match="0 are free"):
        edit_pe(put(PLAIN, row, pack("<2I", end + 8, 4)), CHANGES)


def test_bindings_give_way_to_a_section_header_and_other_bytes_dont() -> None:
    data = PeFile(imports=IMPORTS, bound=["foo.dll"]).encode()
    row = OPTIONAL + 112 + 8 * BOUND
    with pytest.raises(BinaryError, match="16 are free"):  # the directory is said to end before its names
        edit_pe(put(data, row + 4, pack("<I", 16)), CHANGES)
    far = put(data, row, pack("<2I", 0x1000, 64))
    with pytest.raises(BinaryError, match="0 are free"):
        edit_pe(far, CHANGES)


def test_bindings_give_way_in_the_headers_only() -> None:
    data = PeFile(imports=IMPORTS, bound=["foo.dll"]).encode()
    long = put(data, OPTIONAL + 112 + 8 * BOUND + 4, pack("<I", 0x300))
    after = edit_pe(long, CHANGES, (Room.SECTION,)).applied(long)
    assert b"KERNEL32.dll" in after[OFFSET:]


def test_an_image_that_is_larger_than_its_sections_stays_so() -> None:
    large = put(PLAIN, OPTIONAL + 56, pack("<I", 0x9000))
    after = edit_pe(large, CHANGES, (Room.SECTION,)).applied(large)
    assert after[OPTIONAL + 56 : OPTIONAL + 60] == pack("<I", 0x9000)


def test_bound_imports_without_their_names() -> None:
    data = PeFile(imports=IMPORTS, only_addresses=True, stamp=0x12345678).encode()
    with pytest.raises(BinaryError, match="bound and have no names"):
        edit_pe(data, CHANGES)


@pytest.mark.parametrize("count", [95, 96])
def test_no_section_more_than_the_loader_takes(count: int) -> None:
    data = PeFile(machine=I386, bits=32, directories=2, imports=IMPORTS).encode()
    at = data.index(b".rdata")
    rows = [put(data[at : at + 40], 20, pack("<I", 0x1000))]
    rows += [pack("<8s4I12xI", b".x", 8, 0x1000 + 0x1000 * number, 0, 0, DATA) for number in range(1, count)]
    head = put(put(data[:at], 0x46, pack("<H", count)), OPTIONAL + 60, pack("<I", 0x1000))
    many = (head + b"".join(rows)).ljust(0x1000, b"\0") + data[OFFSET:]
    if count < 96:
        assert edit_pe(many, CHANGES).way == "section"
        return
    with pytest.raises(BinaryError, match="no loader takes one more"):
        edit_pe(many, CHANGES)


def test_a_room_that_isnt_enough() -> None:
    for rooms in ((Room.PLACE,), (Room.PLACE, Room.PADDING), (Room.PADDING,), ()):
        with pytest.raises(BinaryError, match="no room"):
            edit_pe(PLAIN, CHANGES, rooms)


def test_an_image_that_fills_all_addresses() -> None:
    data = PeFile(imports=IMPORTS, more=[Extra()]).encode()
    at = data.index(b".extra") + 8
    with pytest.raises(BinaryError, match="no addresses left"):
        edit_pe(put(data, at, pack("<I", 0xFFFFD000)), CHANGES)


def test_addresses_beyond_32_bits() -> None:
    recipe = PeFile(imports=IMPORTS, delayed=[("late.dll", ["f"])], old_delay=True, base=0xFFFFE000)
    with pytest.raises(BinaryError, match="more than 32 bits"):
        edit_pe(recipe.encode(), PeChanges({"late.dll": "later.dll"}), (Room.SECTION,))

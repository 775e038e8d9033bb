"""ARM64X images, which look otherwise to x64 programs: an edit is made for both."""

from __future__ import annotations

from struct import pack
from typing import Any

import lief
import pytest

from tests.binary.native_oracles import members
from tests.binary.pe_soundness import complaints
from tests.corpus import Corpus
from tests.strategies.pe import ARM64, I386, RDATA, RELOC, RVA, Extra, PeFile, arm64x, fixup, fixups, moved, zeroed
from truewheel.binary import read_pe
from truewheel.binary.patch import Patch
from truewheel.binary.pe_edit import PeChanges, Room, edit_pe
from truewheel.binary.pe_edit_views import views
from truewheel.binary.pe_header import INITIALIZED_AT
from truewheel.errors import BinaryError

IMAGE = arm64x().encode()
CHANGES = PeChanges({"foo.dll": "foo-0123456789abcdef.dll"}, "me-01234567.dll", search_freely=True)
WHEEL = "msvc_runtime-14.51.36231-cp312-cp312-win_arm64.whl"


def view(pe: Any) -> tuple[str, list[tuple[str, list[str]]], str, int]:  # noqa: ANN401 - LIEF's types are many
    """What matters here of a view: machine, imports, own name, load flags."""
    imports = [(dll.name, list(dict.fromkeys(symbol.name for symbol in dll.entries))) for dll in pe.imports]
    flags = pe.load_configuration.dependent_load_flags
    return pe.header.machine.name, imports, pe.get_export().name, flags


def both(data: bytes) -> list[tuple[str, list[tuple[str, list[str]]], str, int]]:
    """The two views of a file, as LIEF has them."""
    config = lief.PE.ParserConfig()
    config.parse_arm64x_binary = True
    pe = lief.PE.parse(list(data), config)
    assert pe is not None
    assert pe.nested_pe_binary is not None
    return [view(pe), view(pe.nested_pe_binary)]


@pytest.mark.parametrize("rooms", [tuple(Room), (Room.PADDING,), (Room.SECTION,)])
def test_both_views_change(rooms: tuple[Room, ...]) -> None:
    assert both(IMAGE) == [
        ("ARM64", [("foo.dll", ["f", "g"])], "me.dll", 0x800),
        ("AMD64", [("foo.dll", ["g"])], "me.dll", 0x800),
    ]
    after = bytes(edit_pe(IMAGE, CHANGES, rooms).applied(IMAGE))
    assert both(after) == [
        ("ARM64", [("foo-0123456789abcdef.dll", ["f", "g"])], "me-01234567.dll", 0),
        ("AMD64", [("foo-0123456789abcdef.dll", ["g"])], "me-01234567.dll", 0),
    ]
    assert not complaints(after)
    assert not edit_pe(after, CHANGES, rooms)


def test_a_name_of_one_view_is_written_over_for_that_view() -> None:
    patch = edit_pe(IMAGE, PeChanges(export_name="xy.dll"))
    assert patch.way == "in place"
    assert [own for _, _, own, _ in both(bytes(patch.applied(IMAGE)))] == ["xy.dll", "xy.dll"]


def test_the_runtime_of_visual_c(corpus: Corpus) -> None:
    """Microsoft's DLLs for ARM64 are such images; one more is for x64 programs only, and has one view."""
    found = {path.rpartition("/")[2]: data for path, data in members(corpus(WHEEL), (b"MZ",))}
    images = {name: image for name, data in found.items() if (image := read_pe(data)).hybrid}
    assert images.pop("vcruntime140_1.dll").arch == "amd64"
    assert len(images) == 11
    for name, image in images.items():
        data = found[name]
        changes = PeChanges({dll.name.lower(): f"a-{dll.name}" for dll in image.imports}, f"a-{name}")
        views = zip(both(data), both(bytes(edit_pe(data, changes).applied(data))), strict=True)
        for (machine, imports, _, flags), after in views:
            assert after == (machine, [(f"a-{dll}", symbols) for dll, symbols in imports], f"a-{name}", flags), name


def broken(table: bytes) -> bytes:
    return arm64x(table).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(broken(fixups(version=2)), "version 2", id="version"),
        pytest.param(broken(fixups((0, [pack("<H", 3 << 12)]))), "kind 3", id="kind"),
        pytest.param(broken(pack("<2IQI2I", 1, 20, 6, 8, 0, 4)), "block of 4 bytes", id="block too small"),
        pytest.param(broken(pack("<2IQI2I", 1, 20, 6, 8, 0, 99)), "needs 91 bytes", id="block too long"),
        pytest.param(broken(pack("<2IQI", 1, 12, 6, 99)), "needs 99 bytes", id="entry too long"),
        pytest.param(broken(pack("<2I", 1, 0x9999)), "needs 39321 bytes", id="table too long"),
        pytest.param(broken(fixups((0x90000, [zeroed(0, 2)]))), "nothing of the file is mapped", id="outside"),
        pytest.param(broken(fixups((0, [zeroed(0x40, 4)]))), "PE signature", id="over the headers"),
        pytest.param(arm64x(last=[Extra(bytes(0x110000), flags=RELOC)]).encode(), "", id="sound"),
        pytest.param(
            PeFile(machine=ARM64, load_config=[(200, b"\1")], imports=[("foo.dll", ["f"])]).encode(),
            "section 0, which isn't there", id="none",
        ),
        pytest.param(
            PeFile(machine=I386, bits=32, load_config=[(124, b"\1")], imports=[("foo.dll", ["f"])]).encode(),
            "nothing is known", id="CHPE for x86",
        ),
    ],
)  # fmt: skip
def test_fixups_that_arent_understood(data: bytes, message: str) -> None:
    if not message:
        assert edit_pe(data, CHANGES)
        return
    with pytest.raises(BinaryError, match=message):
        edit_pe(data, PeChanges({"foo.dll": "bar.dll"}))


def test_other_entries_are_stepped_over() -> None:
    other = fixups((0, [fixup(0x44, b"\1\1")]), symbol=3)
    mine = fixups((RVA, [moved(0x100, -4), moved(0x100, 4)]))
    table = pack("<2I", 1, len(other) + len(mine) - 16) + other[8:] + mine[8:]
    assert edit_pe(broken(table), PeChanges({"foo.dll": "bar.dll"}))


@pytest.mark.parametrize("delta", [-0x1000, -8, -4, 4, 8, 0x1008])
def test_numbers_that_are_moved(delta: int) -> None:
    at = 0x40 + 24 + INITIALIZED_AT
    data = broken(fixups((0, [moved(at, delta)])))
    one, other = views(data, Patch(len(data)), hybrid=True)
    assert other.optional.initialized == (one.optional.initialized + delta) % (1 << 32)


def test_more_fixups_than_any_linker_writes() -> None:
    data = broken(pack("<2I", 1, 0x100008) + bytes(0x100008))
    with pytest.raises(BinaryError, match="more than any linker"):
        edit_pe(data, CHANGES)


def test_fixups_over_names() -> None:
    """A field that is another in the other view, or a name: no edit is right for both."""
    at = IMAGE.index(b"foo.dll\0") - 0x200
    field = IMAGE.index(pack("<I", at + RVA)) - 0x200
    for record in (fixup(field, pack("<I", RVA + 0x1000 + 40)), zeroed(at + 1, 2)):
        data = broken(fixups((RVA, [record])))
        with pytest.raises(BinaryError, match="for one processor"):
            edit_pe(data, PeChanges({"foo.dll": "bar.dll"}))


def test_fixups_over_headers() -> None:
    """The size of the image isn't another in the other view, but it doesn't follow."""
    at = 0x40 + 24 + 56
    data = broken(fixups((0, [fixup(at, IMAGE[at : at + 4])])))
    assert edit_pe(data, CHANGES).way == "padding"
    with pytest.raises(BinaryError, match="overlap"):
        edit_pe(data, CHANGES, (Room.SECTION,))


def test_fixups_over_new_bytes() -> None:
    """Our section grows: what is written over it for the other view can't be followed."""
    table = fixups((RVA + 0x3000, [zeroed(0, 2)]))
    data = arm64x(table, last=[Extra(b"a\0", 2, RDATA, ".twheel")]).encode()
    with pytest.raises(BinaryError, match="where new bytes are"):
        edit_pe(data, CHANGES, (Room.SECTION,))

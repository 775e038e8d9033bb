"""Edits of Mach-O files that are refused: what can't be asked for, and what would do damage."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.binary.macho_soundness import raw
from tests.binary.test_macho_edit import CHANGES, COMMANDS, NEW, OLD, PLAIN
from tests.strategies import macho as build
from tests.strategies.macho import Sealing, blob, signed
from truewheel.binary import read_macho
from truewheel.binary.macho_edit import MachChanges, SliceChanges, edit_macho
from truewheel.errors import BinaryError, RequestError

ARM = replace(PLAIN, cpu=build.ARM64)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (MachChanges({"arm64": CHANGES}), "no slice for arm64, only for x86_64"),
        (MachChanges({"x86_64": SliceChanges({"libz.dylib": NEW})}), "doesn't load libz.dylib"),
        (MachChanges({"x86_64": SliceChanges({OLD: ""})}), "the new name of a library must have 1 to 4096 bytes"),
        (MachChanges({"x86_64": SliceChanges({OLD: "a\0b"})}), "none of them NUL"),
        (MachChanges({"x86_64": SliceChanges({OLD: "a" * 4097})}), "1 to 4096 bytes"),
        (MachChanges({"x86_64": SliceChanges({OLD: "\ud800"})}), "UTF-8"),
        (MachChanges({"x86_64": SliceChanges(install_name="")}), "the install name must have"),
        (MachChanges({"x86_64": SliceChanges(rpaths=("@loader_path", ""))}), "a run path must have"),
    ],
)
def test_what_no_file_could_hold(changes: MachChanges, message: str) -> None:
    with pytest.raises(RequestError, match=message):
        edit_macho(PLAIN.encode(), changes)


def test_what_is_no_library_gets_no_install_name() -> None:
    data = replace(PLAIN, commands=COMMANDS[1:], filetype=build.BUNDLE).encode()
    with pytest.raises(RequestError, match="no library"):
        edit_macho(data, MachChanges({"x86_64": SliceChanges(install_name="x")}))


@pytest.mark.parametrize("filetype", [build.OBJECT, build.DSYM, 4, 5, 7, 9, 11, 12])
def test_only_what_a_loader_takes_is_edited(filetype: int) -> None:
    """Not object files, debug symbols, core files, firmware, dyld itself, stubs, kernel extensions, file sets."""
    data = replace(PLAIN, filetype=filetype).encode()
    with pytest.raises(BinaryError, match="only programs, libraries and bundles"):
        edit_macho(data, MachChanges({"x86_64": CHANGES}))
    assert not edit_macho(data, MachChanges(sign=True))


def test_static_libraries_are_refused() -> None:
    with pytest.raises(BinaryError, match="can't begin with"):
        edit_macho(b"!<arch>\n" + bytes(60), MachChanges(sign=True))


def test_bytes_in_the_room_behind_the_commands_are_not_overwritten() -> None:
    data = replace(PLAIN, padding=bytes(40) + b"!").encode()
    after = edit_macho(data, MachChanges({"x86_64": SliceChanges({OLD: OLD + 36 * "x"})})).applied(data)
    assert b"!" in after
    with pytest.raises(BinaryError, match="bytes other than zero") as caught:
        edit_macho(data, MachChanges({"x86_64": SliceChanges({OLD: OLD + 50 * "x"})}))
    assert caught.value.where.offset == raw(data).end


IDENTITIES = [
    Sealing(flags=0x10000, team="ABCDE12345", version=0x20500),
    Sealing(flags=0x2, blobs=[(0x10000, blob(0xFADE0B01, b"a signature"))]),
]


@pytest.mark.parametrize("sealing", IDENTITIES)
def test_a_signature_by_an_identity_is_given_up_on_demand_only(sealing: Sealing) -> None:
    data = signed(ARM, sealing)
    with pytest.raises(BinaryError, match=r"arm64 slice can't be edited.*signed by an identity") as caught:
        edit_macho(data, MachChanges({"arm64": CHANGES}))
    assert "--resign" in caught.value.hint
    assert edit_macho(data, MachChanges({"arm64": CHANGES}, resign=True))
    assert not edit_macho(data, MachChanges({"arm64": SliceChanges()}, sign=True, resign=True))


def test_an_identity_over_other_contents_is_given_up_on_demand_only() -> None:
    data = signed(ARM, IDENTITIES[0]).replace(b"\xcc", b"\xcd")
    with pytest.raises(BinaryError, match="signed by an identity"):
        edit_macho(data, MachChanges(sign=True))
    assert edit_macho(data, MachChanges(sign=True, resign=True))


def test_entitlements_in_what_cannot_be_refreshed_are_given_up_on_demand_only() -> None:
    entitled = Sealing(flags=0x2, blobs=[(5, blob(0xFADE7171, b"<plist/>"))], shift=9)
    data = signed(ARM, entitled)
    with pytest.raises(BinaryError, match=r"entitlements in a signature that can't be refreshed.*2\^9") as caught:
        edit_macho(data, MachChanges(sign=True))
    assert "--resign" in caught.value.hint
    after = edit_macho(data, MachChanges(sign=True, resign=True)).applied(data)
    assert not read_macho(after).slices[0].signature.entitlements


def test_data_behind_the_last_segment_is_neither_moved_nor_cut() -> None:
    file = replace(ARM, contents=bytes((3 - len(replace(ARM, contents=b"").encode())) % 16 + 16))
    assert len(file.encode()) % 16 == 3  # 13 zeros align the signature
    for tail in (b"data", bytes(64), bytes(14)):
        data = replace(file, tail=tail).encode()
        with pytest.raises(BinaryError, match="no room for a code signature: there is data behind"):
            edit_macho(data, MachChanges({"arm64": CHANGES}))
    assert edit_macho(replace(file, tail=bytes(13)).encode(), MachChanges({"arm64": CHANGES}))


def test_a_slice_without_linkedit_gets_no_signature() -> None:
    data = replace(ARM, linkedit=False).encode()
    with pytest.raises(BinaryError, match="no __LINKEDIT"):
        edit_macho(data, MachChanges({"arm64": CHANGES}))


def test_a_signature_needs_room_for_its_command() -> None:
    data = replace(ARM, room=8, commands=()).encode()
    with pytest.raises(BinaryError, match="8 bytes lack"):
        edit_macho(data, MachChanges(sign=True))


def test_nothing_is_mapped_over() -> None:
    """__LINKEDIT would grow in memory over another segment."""
    recipe = replace(ARM, commands=())
    data = bytearray(recipe.encode())
    first = 32 + 24  # vmaddr of __TEXT
    address, *_ = raw(data).linkedit
    data[first : first + 8] = (address + 0x1000).to_bytes(8, "little")
    with pytest.raises(BinaryError, match="mapped behind it"):
        edit_macho(bytes(data), MachChanges(sign=True))


def test_no_segment_reaches_beyond_the_last_address() -> None:
    data = bytearray(replace(ARM, commands=()).encode())
    at = bytes(data).index(b"__LINKEDIT") + 16
    data[at : at + 8] = ((1 << 64) - 0x1000).to_bytes(8, "little")
    with pytest.raises(BinaryError, match="mapped behind it"):
        edit_macho(bytes(data), MachChanges(sign=True))

"""Signatures after an edit: refreshed where they are, or made as linkers make them; page by page they fit."""

from __future__ import annotations

import mmap
import sys
from dataclasses import replace
from pathlib import Path
from struct import unpack_from

import pytest

from tests.binary.macho_soundness import complaints, raw, strayed
from tests.binary.test_macho_edit import CHANGES, COMMANDS, KINDS, PLAIN, Kind, edited
from tests.strategies import macho as build
from tests.strategies.macho import MachFile, Sealing, blob, signed
from truewheel.binary import SignatureKind, read_macho
from truewheel.binary.macho_edit import MachChanges, SliceChanges, edit_macho
from truewheel.binary.macho_sign import signature_faults
from truewheel.binary.model import Signature
from truewheel.binary.patch import Patch
from truewheel.errors import BinaryError

ARM = replace(PLAIN, cpu=build.ARM64, contents=bytes(range(256)) * 200)  # 13 pages of 4 KiB
REQUIREMENTS, CMS = (2, blob(0xFADE0C01, bytes(4))), (0x10000, blob(0xFADE0B01, b""))
ENTITLEMENTS = [(5, blob(0xFADE7171, b"<plist/>")), (7, blob(0xFADE7172, b"0"))]
SIGN = MachChanges(sign=True)

# Signatures that stay but for the hashes of pages: those of linkers and of codesign, old and new.
LASTING = [
    pytest.param(Sealing(), id="linker"),
    pytest.param(Sealing(shift=14), id="zig"),
    pytest.param(Sealing(shift=16), id="64 KiB"),
    pytest.param(Sealing(shift=0), id="one page"),
    pytest.param(Sealing(flags=2, blobs=[REQUIREMENTS, CMS], spare=18_000), id="codesign"),
    pytest.param(Sealing((1, 2), flags=2, blobs=[REQUIREMENTS, CMS], spare=18_000), id="codesign for 10.9"),
    pytest.param(Sealing(flags=2, blobs=[REQUIREMENTS, *ENTITLEMENTS]), id="entitlements"),
    pytest.param(Sealing(flags=0x10002, version=0x20500), id="hardened"),
    pytest.param(Sealing(version=0x20600), id="linkage"),
    pytest.param(Sealing((1,), version=0x20001), id="10.5"),
    pytest.param(Sealing((1,), version=0x20100), id="scatter"),
    pytest.param(Sealing((3, 1, 2, 4), version=0x20200, team="TEAM"), id="every hash"),
    pytest.param(Sealing(version=0x20300), id="64-bit limit"),
]


@pytest.mark.parametrize("sealing", LASTING)
def test_a_signature_is_refreshed_where_it_is(sealing: Sealing) -> None:
    data = signed(ARM, sealing)
    after = edited(data, CHANGES, "arm64")
    assert len(after) == len(data)
    start, size = raw(data).signature
    assert raw(after).signature == (start, size)
    assert after[start:] == sealing.encode(after[:start])
    assert read_macho(after).slices[0].signature == read_macho(data).slices[0].signature


@pytest.mark.parametrize("sealing", LASTING)
def test_a_signature_over_other_contents_is_made_to_fit(sealing: Sealing) -> None:
    data = signed(ARM, sealing)
    spoiled = data.replace(b"\1\2\3", b"\3\2\1")
    assert not edit_macho(data, SIGN)
    assert complaints(spoiled)
    after = edit_macho(spoiled, SIGN).applied(spoiled)
    start, _ = raw(data).signature
    assert after[:start] == spoiled[:start]
    assert complaints(after) == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.arch)
def test_only_apples_processors_get_a_signature_where_there_is_none(kind: Kind) -> None:
    data = MachFile(kind.cpu, bits=kind.bits, order=kind.order, commands=COMMANDS, room=200).encode()
    assert bool(edit_macho(data, SIGN)) is ("arm64" in kind.arch)


@pytest.mark.parametrize("filetype", [build.EXECUTE, build.DYLIB, build.BUNDLE])
def test_a_signature_as_linkers_make_it(filetype: int) -> None:
    data = replace(ARM, filetype=filetype).encode()
    patch = edit_macho(data, MachChanges(sign=True, identifier="_imaging.so"))
    assert isinstance(patch, Patch)
    after = patch.applied(data)
    part = raw(after)
    start, size = part.signature
    assert start == -(-len(data) // 16) * 16
    assert start + size == len(after) == patch.size
    text = unpack_from("<2Q", after, 32 + 40)
    own = Sealing(identifier="_imaging.so", executable=text, main=filetype == build.EXECUTE).encode(
        bytes(after[:start])
    )
    assert bytes(after[start:]) == own.ljust(size, b"\0")
    assert size % 16 == 0
    assert after[len(data) : start] == bytes(start - len(data))
    _, memory, offset, length = part.linkedit
    assert offset + length == len(after)
    assert memory == 0x4000
    assert strayed(data, after) == []
    assert not edit_macho(after, SIGN)
    assert signature_faults(after) == ()


def test_names_change_and_a_signature_is_made() -> None:
    after = edited(ARM.encode(), CHANGES, "arm64")
    assert read_macho(after).slices[0].signature == Signature(
        SignatureKind.LINKER, identifier="liba.dylib", team="", flags=0x20002, entitlements=False
    )


@pytest.mark.parametrize("end", [0, 1, 15, 4080, 4081, 4090, 4095])
def test_a_signature_behind_an_end_anywhere_in_a_page(end: int) -> None:
    """The zeros that align it may be the last of a page, and are covered."""
    empty = replace(ARM, contents=b"").encode()
    data = replace(ARM, contents=b"\x90" * (0x5000 + end - len(empty))).encode()
    assert len(data) == 0x5000 + end
    after = edit_macho(data, SIGN).applied(data)
    assert complaints(after) == []
    assert signature_faults(after) == ()


@pytest.mark.parametrize(("commands", "identifier"), [(COMMANDS, "liba.dylib"), ((), "a.out")])
def test_the_identifier_of_who_is_given_none(commands: tuple[build.Command, ...], identifier: str) -> None:
    data = replace(ARM, commands=commands).encode()
    after = edit_macho(data, SIGN).applied(data)
    assert read_macho(after).slices[0].signature.identifier == identifier


def spoiled_signature(sealing: Sealing, old: bytes, new: bytes) -> bytes:
    """A file with a signature whose first CodeDirectory says something else."""
    data = signed(ARM, sealing)
    start, _ = raw(data).signature
    assert data.count(old, start) == 1
    return data[:start] + data[start:].replace(old, new)


LIMIT = (len(signed(ARM)) - len(Sealing().encode(bytes(len(ARM.encode()) + 15 & ~15)))).to_bytes(4, "big")
MISFITS = [
    pytest.param(spoiled_signature(Sealing(), LIMIT, b"\0\0\1\0"), id="covers less"),
    pytest.param(spoiled_signature(Sealing(), LIMIT, b"\x7f\xff\xff\xff"), id="covers more"),
    pytest.param(spoiled_signature(Sealing(), b"\0\0\0\x0d" + LIMIT, b"\x80\0\0\0" + LIMIT), id="2^31 hashes"),
    pytest.param(
        spoiled_signature(Sealing(spare=32), b"\0\0\0\x0d" + LIMIT, b"\0\0\0\x0c" + LIMIT), id="a hash too few"
    ),
    pytest.param(
        spoiled_signature(
            Sealing(blobs=[REQUIREMENTS]),
            b"\0\0\0\xa3\0\0\0\x58\0\0\0\2\0\0\0\x0d",
            b"\0\0\0\x83\0\0\0\x58\0\0\0\1\0\0\0\x0e",
        ),
        id="a hash too many",
    ),
    pytest.param(spoiled_signature(Sealing(), b"\x20\x02\0\x0c", b"\x20\x02\0\1"), id="pages of two bytes"),
    pytest.param(spoiled_signature(Sealing(), b"\x20\x02\0\x0c", b"\x20\x02\0\xff"), id="pages of 2^255 bytes"),
    pytest.param(spoiled_signature(Sealing(), b"\x20\x02\0\x0c", b"\xff\x02\0\x0c"), id="long hashes"),
    pytest.param(spoiled_signature(Sealing(), b"\x20\x02\0\x0c", b"\0\x02\0\x0c"), id="hashes of no bytes"),
    pytest.param(spoiled_signature(Sealing(), b"\x20\x02\0\x0c", b"\x20\x63\0\x0c"), id="unknown hash"),
    pytest.param(
        spoiled_signature(Sealing(), b"\x20\x02\0\x0c" + bytes(8), b"\x20\x02\0\x0c" + bytes(7) + b"\1"), id="scatter"
    ),
    pytest.param(
        spoiled_signature(Sealing(), b"\0\0\0\x63\0\0\0\x58\0\0\0\0", b"\0\0\0\x62\0\0\0\x58\0\0\0\0"),
        id="over the name",
    ),
    pytest.param(
        spoiled_signature(Sealing(), b"\0\0\0\x63\0\0\0\x58\0\0\0\0", b"\0\0\0\x10\0\0\0\x58\0\0\0\0"),
        id="over the head",
    ),
    pytest.param(
        spoiled_signature(Sealing(), b"\0\0\0\x63\0\0\0\x58\0\0\0\0", b"\0\0\0\x64\0\0\0\x58\0\0\0\0"),
        id="beyond the end",
    ),
    pytest.param(
        spoiled_signature(Sealing(), b"\0\0\0\x63\0\0\0\x58\0\0\0\0", b"\0\0\0\x63\0\0\0\x58\0\0\0\5"),
        id="special slots before the start",
    ),
    pytest.param(signed(ARM, Sealing(shift=9)), id="pages of 512 bytes"),
    pytest.param(
        spoiled_signature(Sealing((2, 1), spare=900), b"\xfa\xde\x0c\x02\0\0\1\x67", b"\xfa\xde\x0c\x03\0\0\1\x67"),
        id="an alternate that is none",
    ),
]


@pytest.mark.parametrize("data", MISFITS)
def test_what_cannot_be_refreshed_is_made_anew_in_the_same_place(data: bytes) -> None:
    start, size = raw(data).signature
    assert any("CodeDirectory" in fault.what for fault in signature_faults(data))
    after = edit_macho(data, SIGN).applied(data)
    assert after[:start] == data[:start]
    assert raw(after).signature == (start, size)
    assert complaints(after) == []
    assert signature_faults(after) == ()
    part = read_macho(after).slices[0]
    assert part.signature.identifier == "libx.dylib"
    assert part.signature.kind is SignatureKind.LINKER


def test_the_limit_of_64_bits_counts_if_there_is_one() -> None:
    data = bytearray(signed(ARM))
    start, _ = raw(data).signature
    at = start + 20 + 32
    assert data[at : at + 4] == LIMIT
    data[at : at + 4], data[at + 24 : at + 32] = bytes(4), bytes(4) + LIMIT
    assert signature_faults(data) == ()
    assert not edit_macho(data, SIGN)


def test_blobs_over_each_other_are_made_anew() -> None:
    sealing = Sealing((2, 2), spare=400)
    data = bytearray(signed(ARM, sealing))
    start, _ = raw(data).signature
    data[start + 12 + 8 + 4 : start + 12 + 8 + 8] = data[start + 12 + 4 : start + 12 + 8]
    after = edit_macho(bytes(data), SIGN).applied(bytes(data))
    assert complaints(after) == []
    assert unpack_from(">I", after, start + 8) == (1,)


@pytest.mark.parametrize("spare", [0, 20_000])
def test_an_identity_becomes_ad_hoc_where_it_was(spare: int) -> None:
    """With names, entitlements and hardened runtime gone, it is shorter: the rest is zeros, and nothing moves."""
    sealing = Sealing(
        (1, 2), flags=0x10000, team="ABCDE12345", version=0x20500, identifier="org.python.tool", spare=spare,
        blobs=[REQUIREMENTS, *ENTITLEMENTS, (0x10000, blob(0xFADE0B01, bytes(4000)))],
    )  # fmt: skip
    data = signed(ARM, sealing)
    after = edit_macho(data, MachChanges({"arm64": CHANGES}, resign=True)).applied(data)
    assert len(after) == len(data)
    assert raw(after).signature == raw(data).signature
    assert complaints(after) == []
    assert strayed(data, after) == []
    assert read_macho(after).slices[0].signature == Signature(
        SignatureKind.LINKER, identifier="org.python.tool", team="", flags=0x20002, entitlements=False
    )


def tight(cpu: tuple[int, int], shift: int, tail: bytes = b"") -> bytes:
    """A file with a signature by an identity that has no room for hashes of small pages."""
    recipe = replace(ARM, cpu=cpu, contents=bytes(range(256)) * 400, tail=tail)
    return signed(recipe, Sealing(shift=shift, flags=0))


def test_larger_pages_where_the_hashes_of_small_ones_have_no_room() -> None:
    data = tight(build.ARM64, 14)
    after = edit_macho(data, MachChanges({"arm64": CHANGES}, resign=True)).applied(data)
    start, _ = raw(data).signature
    assert len(after) == len(data)
    assert after[start + 20 + 39] == 14
    assert complaints(after) == []


@pytest.mark.parametrize(("cpu", "arch", "shift"), [(build.ARM64, "arm64", 16), (build.X86_64, "x86_64", 14)])
def test_a_signature_without_room_grows_at_the_end(cpu: tuple[int, int], arch: str, shift: int) -> None:
    changes = MachChanges({arch: CHANGES}, resign=True)
    data = tight(cpu, shift)
    after = edit_macho(data, changes).applied(data)
    assert len(after) > len(data)
    assert raw(after).signature[0] == raw(data).signature[0]
    assert sum(raw(after).signature) == len(after)
    assert complaints(after) == []
    assert strayed(data, after) == []
    with pytest.raises(BinaryError, match="data behind its place"):
        edit_macho(tight(cpu, shift, b"data"), changes)


def test_data_behind_a_signature_that_keeps_its_size_stays() -> None:
    data = signed(replace(ARM, tail=b"data of an installer"))
    assert edited(data, CHANGES, "arm64").endswith(b"data of an installer")


def test_a_signature_over_the_load_commands_is_refused() -> None:
    data = bytearray(signed(ARM, Sealing(spare=100)))
    part = raw(data)
    at = bytes(data).index((0x1D).to_bytes(4, "little") + (16).to_bytes(4, "little"))
    start, size = part.signature
    stolen = bytes(data[start : start + size - 100])
    data[part.end : part.end + len(stolen)] = stolen
    data[at + 8 : at + 12] = part.end.to_bytes(4, "little")
    data[at + 12 : at + 16] = len(stolen).to_bytes(4, "little")
    for changes in (SIGN, MachChanges({"arm64": CHANGES}, resign=True)):
        with pytest.raises(BinaryError, match="over the load commands"):
            edit_macho(bytes(data), changes)


def test_a_mapped_file_can_be_closed_afterwards(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(signed(ARM, Sealing((1, 2), spare=100)))
    with (tmp_path / "a").open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    patch = edit_macho(mapped, MachChanges({"arm64": CHANGES}))
    assert complaints(patch.applied(mapped)) == []
    assert signature_faults(mapped) == ()
    with pytest.raises(BinaryError):
        edit_macho(mapped, MachChanges({"arm64": SliceChanges(install_name="x" * 1000)}))
    mapped.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets memory aside that is never touched")
def test_offsets_beyond_32_bits_are_refused() -> None:
    data = bytearray(replace(ARM, commands=()).encode())
    at = bytes(data).index(b"__LINKEDIT") + 16
    (start,) = unpack_from("<Q", data, at + 16)
    size = (1 << 32) - 64
    data[at + 24 : at + 32] = (size - start).to_bytes(8, "little")
    with mmap.mmap(-1, size) as mapped:
        mapped[: len(data)] = bytes(data)
        with pytest.raises(BinaryError, match="behind the first 4 GiB"):
            edit_macho(mapped, SIGN)

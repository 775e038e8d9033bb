"""Fat files: made of thin ones as lipo makes them, and laid out anew where a slice grows."""

from __future__ import annotations

import mmap
import sys
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from struct import iter_unpack, pack, unpack_from

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.binary.macho_soundness import complaints, slices, strayed
from tests.binary.test_macho_edit import CHANGES, PLAIN
from tests.elf.toolchains import call
from tests.strategies import macho as build
from tests.strategies.macho import fat, signed
from tests.tools import need
from truewheel.binary import read_macho
from truewheel.binary.macho_edit import MachChanges, edit_macho
from truewheel.binary.macho_fat import FatSlice, Reassembled, assembled
from truewheel.binary.patch import Patch, Write, merged_writes
from truewheel.errors import BinaryError, RequestError

INTEL, UNSIGNED = PLAIN.encode(), replace(PLAIN, cpu=build.ARM64, contents=bytes(range(256)) * 200).encode()
SIGNED = signed(replace(PLAIN, cpu=build.ARM64))
OTHER = replace(PLAIN, cpu=build.ARM64E, contents=b"\1" * 20_000).encode()
POWER = build.MachFile(build.PPC, order=">", bits=32, commands=PLAIN.commands, room=200).encode()
EVERY = MachChanges({"arm64": CHANGES, "x86_64": CHANGES})
FILES = [
    pytest.param(fat(INTEL, UNSIGNED, align=12), id="the last grows"),
    pytest.param(fat(UNSIGNED, INTEL, align=14), id="the first grows"),
    pytest.param(fat(UNSIGNED, INTEL), id="aligned to 16 bytes"),
    pytest.param(fat(UNSIGNED, INTEL, align=0), id="not aligned"),
    pytest.param(fat(OTHER, INTEL, UNSIGNED, POWER, align=14), id="two grow"),
    pytest.param(fat(UNSIGNED, INTEL, align=14, wide=True), id="64-bit form"),
    pytest.param(fat(UNSIGNED, align=14), id="one slice"),
]


def entries(data: bytes | bytearray) -> list[tuple[int, ...]]:
    """CPU type, offset, size and alignment of each slice, from a header of the 32-bit form."""
    magic, count = unpack_from(">2I", data)
    assert magic == 0xCAFEBABE
    return [unpack_from(">I4x3I", data, 8 + 20 * number) for number in range(count)]


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("parts", [(INTEL, SIGNED), (SIGNED, INTEL, POWER), (SIGNED,)], ids=[1, 2, 3])
def test_slices_that_keep_their_size_are_edited_in_place(parts: tuple[bytes, ...], *, wide: bool) -> None:
    data = fat(*parts, align=12, wide=wide)
    changes = MachChanges(dict.fromkeys(read_macho(data).archs, CHANGES))
    patch = edit_macho(data, changes)
    assert isinstance(patch, Patch)
    assert patch.way == "in place"
    after = patch.applied(data)
    assert len(after) == len(data)
    assert not edit_macho(after, changes)
    for old, new in zip(slices(data), slices(after), strict=True):
        assert complaints(new) == []
        assert strayed(old, new) == []
    assert {part.install_name for part in read_macho(after).slices} == {CHANGES.install_name}


def test_one_slice_alone_is_edited() -> None:
    data = fat(INTEL, SIGNED, align=12)
    after = edit_macho(data, MachChanges({"x86_64": CHANGES})).applied(data)
    assert slices(after)[1] == SIGNED
    assert slices(after)[0] != INTEL


@pytest.mark.parametrize("data", FILES)
def test_a_slice_that_gets_a_signature_moves_what_is_behind_it(data: bytes) -> None:
    changes = MachChanges(EVERY.slices if len(slices(data)) == 2 else {"arm64": CHANGES}, sign=True)
    edit = edit_macho(data, changes)
    assert isinstance(edit, Reassembled)
    assert edit
    after = edit.applied(data)
    assert len(after) == edit.size
    assert after == edit.onto(bytearray(data))
    assert [cpu for cpu, *_ in entries(after)] == [part.cpu_type for part in read_macho(data).slices]
    end = 8 + 20 * len(entries(after))
    for cpu, offset, size, align in sorted(entries(after), key=lambda entry: entry[1]):
        assert align >= (14 if cpu == 0x0100000C else 12)
        assert offset % (1 << align) == 0
        assert not any(after[end:offset])
        end = offset + size
    assert end == len(after)
    for old, new in zip(slices(data), slices(after), strict=True):
        assert complaints(new) == []
        assert strayed(old, new) == []
    again = edit_macho(after, changes)
    assert isinstance(again, Patch)
    assert not again


@given(st.sampled_from([param.values[0] for param in FILES]), st.data())
def test_the_first_bytes_are_known_from_the_first_bytes(data: bytes, numbers: st.DataObject) -> None:
    edit = edit_macho(data, MachChanges(sign=True))
    count = numbers.draw(st.integers(0, len(data)) | st.integers(0, 100))
    assert edit.head(data[:count]) == edit.applied(data)[:count]


@st.composite
def layouts(draw: st.DrawFn) -> tuple[bytes, Reassembled]:
    """Bytes of any kind, and slices in them that are written over and grow."""
    source, parts = draw(st.binary(min_size=120, max_size=200)), []
    for number in range(draw(st.integers(1, 5))):
        source += draw(st.binary(max_size=20))
        data, tail = draw(st.binary(min_size=1, max_size=60)), draw(st.binary(max_size=40))
        places = st.integers(0, len(data) - 1)
        writes = merged_writes(data, [Write(at, b"!") for at in draw(st.lists(places, max_size=3))])
        patch = Patch(len(data), writes, len(data) + draw(st.integers(0, 9)) if tail else 0, tail)
        parts.append(FatSlice(7, number, draw(st.integers(0, 6)), len(source), len(data), patch))
        source += data
    return source, Reassembled(len(source), tuple(draw(st.permutations(parts))))


@given(layouts(), st.integers(0, 600))
def test_slices_of_any_size_are_laid_out_anew(layout: tuple[bytes, Reassembled], count: int) -> None:
    source, made = layout
    after = made.applied(source)
    assert len(after) == made.size
    assert after == made.onto(bytearray(source))
    assert made.head(source[:count]) == after[: min(count, len(source))]
    rows = {
        subtype: (offset, size)
        for _, subtype, offset, size, _ in iter_unpack(">5I", after[8:][: 20 * len(made.slices)])
    }
    end = 8 + 20 * len(rows)
    for part in sorted(made.slices, key=lambda part: part.offset):
        offset, size = rows[part.cpu_subtype]
        assert offset % (1 << part.align) == 0
        assert offset >= part.offset
        assert not any(after[end:offset])
        assert after[offset : offset + size] == part.patch.applied(source[part.offset : part.offset + part.size])
        end = offset + size
    assert end == len(after)


def test_the_form_of_64_bits_is_for_what_needs_it() -> None:
    """Nothing of that size is made: only the header is looked at."""
    big = 5 << 30
    made = Reassembled(big, (FatSlice(7, 3, 12, 4096, 100, Patch(100)), FatSlice(12, 9, 14, 1 << 14, big, Patch(big))))
    start = made.head(bytes(80))
    assert start[:8] == pack(">2I", 0xCAFEBABF, 2)
    assert unpack_from(">2I2Q2I", start, 40) == (12, 9, 1 << 14, big, 14, 0)
    assert made.size == (1 << 14) + big


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (fat(UNSIGNED, INTEL, align=14) + b"data", "data behind the last one"),
        (fat(UNSIGNED, INTEL, align=14) + bytes(4), "data behind the last one"),
        (fat(UNSIGNED, INTEL, align=14)[:60] + b"!" + fat(UNSIGNED, INTEL, align=14)[61:], "belongs to no slice"),
        (fat(UNSIGNED, INTEL, align=17), "belongs to no slice"),
        (fat(UNSIGNED, INTEL, align=14).replace(b"\0\0\0\x0e", b"\0\0\0\x10", 1), r"aligned to 2\^16 bytes"),
        (fat(UNSIGNED, INTEL, align=14).replace(b"\0\0\0\x0e", b"\xff\xff\xff\xff", 1), r"aligned to 2\^4294967295"),
    ],
)
def test_what_no_slice_can_be_moved_in(data: bytes, message: str) -> None:
    with pytest.raises(BinaryError, match=message):
        edit_macho(data, MachChanges(sign=True))


# --- fat files made of others
THIN = {
    "x86_64": build.MachFile(build.X86_64, filetype=build.BUNDLE, contents=b"\1" * 5000).encode(),
    "x86_64h": build.MachFile(build.X86_64H, filetype=build.BUNDLE).encode(),
    "arm64": build.MachFile(build.ARM64, filetype=build.BUNDLE).encode(),
    "arm64e": build.MachFile(build.ARM64E, filetype=build.BUNDLE, contents=b"\2" * 20_000).encode(),
    "i386": build.MachFile(build.I386, bits=32, filetype=build.BUNDLE).encode(),
    "ppc": build.MachFile(build.PPC, bits=32, order=">", filetype=build.BUNDLE).encode(),
    "armv7": build.MachFile(build.ARMV7, bits=32, filetype=build.BUNDLE).encode(),
}
THIN["both"] = fat(THIN["x86_64"], THIN["arm64"], align=14)
THIN["packed"] = fat(THIN["i386"], THIN["arm64"], align=3)
TOGETHER = [
    *permutations(("x86_64", "arm64")),
    *permutations(("arm64e", "x86_64", "arm64")),
    ("arm64",),
    ("both", "ppc"),
    ("ppc", "both"),
    ("packed", "x86_64", "ppc"),
    ("arm64e", "x86_64h", "x86_64", "i386", "ppc", "armv7", "arm64"),
    ("arm64", "armv7", "ppc", "i386", "x86_64", "x86_64h", "arm64e"),
]


@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
def test_lipo_makes_the_same(names: tuple[str, ...], tmp_path: Path) -> None:
    for name in names:
        (tmp_path / name).write_bytes(THIN[name])
    made = tmp_path / "made"
    call([*need("llvm-lipo-19"), "-create", *(tmp_path / name for name in names), "-output", made])
    assert assembled([THIN[name] for name in names]) == made.read_bytes()


def test_a_fat_file_made_of_its_slices_is_the_same() -> None:
    whole = assembled([INTEL, SIGNED])
    assert assembled(slices(whole)) == assembled(slices(whole)[::-1]) == assembled([whole]) == whole


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "1 to 42 slices, not 0"),
        (("both", "arm64"), "two slices for arm64"),
        (("i386", "i386"), "two slices for i386"),
    ],
)
def test_what_is_no_fat_file(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        assembled([THIN[name] for name in names])


def test_absurd_alignments_are_refused() -> None:
    with pytest.raises(BinaryError, match=r"2\^16 bytes, more than 2\^15"):
        assembled([fat(INTEL, align=16)])
    with pytest.raises(BinaryError):
        assembled([INTEL, SIGNED[:-1]])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sets memory aside that is never touched")
def test_what_is_too_large_for_the_header_is_refused() -> None:
    with mmap.mmap(-1, 3 << 30) as one, mmap.mmap(-1, 3 << 30) as other:
        one[: len(INTEL)], other[: len(SIGNED)] = INTEL, SIGNED
        with pytest.raises(RequestError, match="4 GiB"):
            assembled([one, other])

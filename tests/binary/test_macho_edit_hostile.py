"""Damaged Mach-O files: an edit is refused, or says exactly what was asked for and changes nothing else."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from struct import pack
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.binary.macho_soundness import slices, strayed
from tests.binary.test_macho_edit import CHANGES as NAMES
from tests.binary.test_macho_edit import COMMANDS, OLD
from tests.strategies import macho as build
from tests.strategies.macho import MachFile, Sealing, blob, fat, mach_files, signed
from truewheel.binary import read_macho
from truewheel.binary.macho_edit import MachChanges, SliceChanges, edit_macho
from truewheel.binary.macho_fat import assembled
from truewheel.binary.macho_sign import signature_faults
from truewheel.binary.model import Slice
from truewheel.errors import TruewheelError

BOTH = dict.fromkeys(("arm64", "x86_64"), NAMES)
CHANGES = [
    MachChanges({"arm64": NAMES}),
    MachChanges({"x86_64": NAMES}),
    MachChanges({"ppc": NAMES}),
    MachChanges(BOTH),
    MachChanges(BOTH, sign=True, resign=True, identifier="x"),
    MachChanges(sign=True),
    MachChanges(sign=True, resign=True),
    MachChanges({"arm64": SliceChanges(rpaths=())}, resign=True),
]
_ENTITLED = Sealing((1, 2), flags=2, blobs=[(2, blob(0xFADE0C01, bytes(4))), (5, blob(0xFADE7171, b"<plist/>"))])
_PLAIN = MachFile(build.ARM64, commands=COMMANDS, room=200, symbols=[("_a", 1, 0)], contents=bytes(range(256)) * 20)
_INTEL = replace(_PLAIN, cpu=build.X86_64)
FILES = [
    signed(_PLAIN),
    signed(replace(_PLAIN, tail=b"data"), _ENTITLED),
    _PLAIN.encode(),
    signed(_INTEL, Sealing(flags=0x10000, team="TEAM", version=0x20500)),
    MachFile(build.PPC, bits=32, order=">", commands=COMMANDS, room=200).encode(),
    fat(signed(_PLAIN), _INTEL.encode(), align=4),
    fat(_PLAIN.encode(), signed(_INTEL), align=12, wide=True),
]


def check(data: bytes, changes: MachChanges) -> None:
    """Edit a file that may be damaged in any way."""
    try:
        edit = edit_macho(data, changes)
    except TruewheelError:
        return
    after = edit.applied(data)
    assert len(after) == edit.size
    assert edit.head(data[:64]) == after[:64]
    assert not edit_macho(after, changes)
    before, found = read_macho(data), read_macho(after)
    for old, new in zip(before.slices, found.slices, strict=True):
        check_names(old, new, changes.slices.get(old.arch, SliceChanges()))
    for one, other in zip(slices(data), slices(after), strict=True):
        assert strayed(one, other) == []


def check_names(old: Slice, new: Slice, asked: SliceChanges) -> None:
    """The names are those that were asked for, and everything else that the reader says is as it was."""
    wanted = tuple(dylib._replace(name=asked.dylibs.get(dylib.name, dylib.name)) for dylib in old.dylibs)
    assert new.dylibs == wanted
    assert new.install_name == (old.install_name if asked.install_name is None else asked.install_name)
    assert new.rpaths == (old.rpaths if asked.rpaths is None else asked.rpaths)
    named = {"install_name", "dylibs", "rpaths", "signature", "header_room", "offset", "size", "symbols"}
    kept = [name for name in Slice._fields if name not in named]
    assert [getattr(new, name) for name in kept] == [getattr(old, name) for name in kept]
    assert old.signature.identifier in ("", new.signature.identifier)


@given(st.sampled_from(FILES), st.sampled_from(CHANGES))
def test_undamaged_files_pass_the_same_check(data: bytes, changes: MachChanges) -> None:
    check(data, changes)


@given(mach_files(), st.data())
def test_files_of_any_making(recipe: MachFile, data: st.DataObject) -> None:
    file = recipe.encode()
    part = read_macho(file).slices[0]
    text = st.text("ab/@", min_size=1, max_size=30)
    names = sorted({dylib.name for dylib in part.dylibs})
    new = data.draw(st.dictionaries(st.sampled_from(names), text.map("new {}".format), max_size=3)) if names else {}
    paths = data.draw(st.none() | st.lists(text | st.sampled_from([*part.rpaths, "x"]), max_size=4))
    changes = SliceChanges(new, rpaths=None if paths is None else tuple(paths))
    check(file, MachChanges({part.arch: changes}, sign=data.draw(st.booleans()), resign=data.draw(st.booleans())))


@settings(max_examples=300)
@given(st.sampled_from(FILES), st.sampled_from(CHANGES), st.data())
def test_flipped_bytes(source: bytes, changes: MachChanges, data: st.DataObject) -> None:
    damaged = bytearray(source)
    place = st.integers(0, 400) | st.integers(0, len(source) - 1) | st.integers(len(source) - 400, len(source) - 1)
    for at, value in data.draw(st.lists(st.tuples(place, st.integers(0, 255)), min_size=1, max_size=4)):
        damaged[at] = value
    check(bytes(damaged), changes)
    judge(bytes(damaged))


@settings(max_examples=300)
@given(st.sampled_from(FILES), st.sampled_from(CHANGES), st.data())
def test_words_that_take_the_values_of_others(source: bytes, changes: MachChanges, data: st.DataObject) -> None:
    """Sizes and offsets of load commands, and of the signature, point into each other."""
    damaged = bytearray(source)
    words = [int.from_bytes(source[at : at + 4], order) for at in range(0, 400, 4) for order in ("little", "big")]
    values = st.sampled_from([*words, 0, 1, 8, 16, 1 << 12, 1 << 31, (1 << 32) - 1, len(source)])
    for _ in range(data.draw(st.integers(1, 3))):
        at = 4 * data.draw(st.integers(0, 120) | st.integers(len(source) // 4 - 100, len(source) // 4 - 1))
        damaged[at : at + 4] = data.draw(values).to_bytes(4, data.draw(st.sampled_from(("little", "big"))))
    check(bytes(damaged), changes)
    judge(bytes(damaged))


@given(st.sampled_from(FILES), st.sampled_from(CHANGES), st.data())
def test_truncated_files(source: bytes, changes: MachChanges, data: st.DataObject) -> None:
    cut = source[: data.draw(st.integers(0, len(source)))]
    check(cut, changes)
    judge(cut)


def judge(data: bytes) -> None:
    """Look for faults of the signature, and make a fat file: refused, or an answer."""
    try:
        assert isinstance(signature_faults(data), tuple)
        whole = assembled([data])
    except TruewheelError:
        return
    assert slices(whole) == sorted(slices(data), key=slices(whole).index)


@pytest.mark.parametrize(
    ("count", "shift", "size"), [(1 << 31, 12, 32), ((1 << 32) - 1, 0, 0), (1 << 24, 1, 32), (1, 255, 255)]
)
def test_absurd_counts_cost_nothing(count: int, shift: int, size: int) -> None:
    """Alternates of all kinds say that they have hashes without end, each over the same bytes."""
    data = signed(replace(_PLAIN, contents=bytes(4 << 20)), Sealing((2, 2, 2, 2, 2, 2)))
    damaged = bytearray(data)
    at = data.index(b"\xfa\xde\x0c\x02", data.index(b"\xfa\xde\x0c\xc0"))
    while at >= 0:
        damaged[at + 28 : at + 32] = pack(">I", count)
        damaged[at + 36], damaged[at + 39] = size, shift
        at = data.find(b"\xfa\xde\x0c\x02", at + 1)
    tracemalloc.start()
    begun = process_time()
    try:
        assert signature_faults(damaged)
        patch = edit_macho(damaged, MachChanges({"arm64": SliceChanges({OLD: "x"})}))
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()
    assert process_time() - begun < 5
    assert not signature_faults(patch.applied(damaged))

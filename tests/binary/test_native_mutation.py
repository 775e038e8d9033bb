"""Bytes that are flipped, cut and spliced: nothing but our own errors may come out, and soon."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.binary.native_oracles import members
from tests.corpus import Corpus
from tests.strategies.macho import I386, X86_64, MachFile, build_version, dylib, fat, rpath, signature
from tests.strategies.pe import PeFile, nb10, rsds
from truewheel.binary import Image, pe_checksum, read
from truewheel.binary.model import Elf, MachO, Pe
from truewheel.errors import BinaryError

MACH = MachFile(
    commands=(dylib("/usr/lib/libSystem.B.dylib"), rpath("@loader_path"), build_version(1, 11 << 16)),
    symbols=(("_f", 0x0F, 1), ("_printf", 1, 0)),
    ranges=(0, 1, 1, 1),
    signature=signature(),
)
PE = PeFile(
    imports=[("a.dll", ["f", "#2"]), ("b.dll", ["g"])],
    delayed=[("late.dll", ["h"])],
    export_name="x.dll",
    exports=[("f", ""), ("g", "a.g")],
    debug=[(2, rsds("x.pdb")), (16, b"")],
    load_config=[(78, b"\0\x08")],
    certificate=b"signed",
    overlay=b"extra",
    managed=0,
)
SEEDS = (
    MACH.encode(),
    MachFile(cpu=I386, bits=32, commands=(dylib("a"),), symbols=(("_f", 1, 0),)).encode(),
    fat(MACH.encode(), MachFile(cpu=X86_64).encode()),
    fat(MACH.encode(), wide=True),
    PE.encode(),
    PeFile(bits=32, delayed=[("late.dll", ["h"])], old_delay=True, debug=[(2, nb10("x.pdb"))]).encode(),
    b"\0asm\1\0\0\0\0\x15\x08dylink.0\x02\x0a\x01\x08libx.so\0",
)


def look(data: bytes) -> Image | None:
    """Read everything that an image has to say, lazily or not."""
    image = read(data)
    if isinstance(image, MachO):
        for part in image.slices:
            assert isinstance(part.symbols.imports + part.symbols.exports, tuple)
    elif isinstance(image, Elf):
        assert isinstance(image.symbols.imports, tuple)
    elif isinstance(image, Pe):
        assert pe_checksum(data) >= len(data)
    return image


def fault_of(data: bytes) -> BinaryError | None:
    try:
        look(data)
    except BinaryError as error:
        return error
    return None


def survives(data: bytes) -> None:
    fault = fault_of(data)
    assert fault is None or (fault.where.offset is not None and fault.what)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_seeds_are_sound(seed: bytes) -> None:
    assert look(seed) is not None


@pytest.mark.parametrize("seed", SEEDS)
def test_every_cut(seed: bytes) -> None:
    for size in range(len(seed)):
        survives(seed[:size])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("byte", [0x00, 0x80, 0xFF])
def test_every_byte_set(seed: bytes, byte: int) -> None:
    for at in range(min(len(seed), 2048)):
        survives(seed[:at] + bytes([byte]) + seed[at + 1 :])


@st.composite
def mutants(draw: st.DrawFn) -> bytes:
    """A seed with some words overwritten and a piece of another seed put in or over."""
    data = bytearray(draw(st.sampled_from(SEEDS)))
    edge = st.sampled_from((0, 1, 7, 0x1000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + 4] = draw(st.one_of(edge, st.integers(0, 2**32 - 1))).to_bytes(4, "little")
    if draw(st.booleans()):
        other = draw(st.sampled_from(SEEDS))
        start, size = draw(st.integers(0, len(other))), draw(st.integers(0, 200))
        at, over = draw(st.integers(0, len(data))), draw(st.booleans())
        data[at : at + size * over] = other[start : start + size]
    return bytes(data)


@settings(max_examples=250)
@given(mutants())
def test_mutants(data: bytes) -> None:
    survives(data)


@settings(max_examples=60)
@given(st.data())
def test_mutants_of_a_real_file(corpus: Corpus, data: st.DataObject) -> None:
    wheel = "lru_dict-1.4.1-cp313-cp313-ios_13_0_arm64_iphonesimulator.whl"
    [(_, seed)] = members(corpus(wheel), (b"\xcf\xfa\xed\xfe",))
    image = bytearray(seed)
    for _ in range(4):
        at = data.draw(st.integers(0, 3000))
        image[at] = data.draw(st.integers(0, 255))
    survives(bytes(image))

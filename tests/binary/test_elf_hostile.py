"""ELF files that lie: only our own error may come out, soon, and without eating the memory."""

from __future__ import annotations

import time
import tracemalloc
from contextlib import suppress
from dataclasses import replace
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.binary.fixtures import BASE, Made, Need, Note, Recipe, Symbol, make
from truewheel.binary.elf import read_elf
from truewheel.errors import BinaryError

FULL = Recipe(
    interpreter="/lib64/ld-linux-x86-64.so.2",
    soname="libfull.so.1",
    needed=("libm.so.6", "libc.so.6"),
    rpath="$ORIGIN:/opt",
    needs=(
        Need("libm.so.6", (("GLIBC_2.29", 2, False),)),
        Need("libc.so.6", (("GLIBC_2.17", 3, True), ("X", 4, False))),
    ),
    definitions=(("FULL_1", 5), ("FULL_2", 6)),
    symbols=(Symbol("exp", version=2), Symbol("memcpy", version=3), Symbol("full", defined=True, version=5)),
    hashed="both",
    relocations=(6, 8, 8),
    plt=(7,),
    notes=(Note(b"GNU\0", 3, b"\x12\x34"), Note(b"GNU\0", 5, pack("<IIII", 0xC0008002, 4, 1, 0), 8)),
    segments=((0x6474E551, 6), (7, 4)),
    sections=((11, "symbols", b""),),
)
SHAPES = (
    FULL,
    replace(FULL, bits=32, machine=3, rela=False, notes=FULL.notes[:1]),
    replace(FULL, little=False, machine=22, hashed="sysv"),
    replace(FULL, bits=32, little=False, machine=40, flags=0x5000400, hashed="gnu"),
)
SEEDS = tuple(make(shape) for shape in SHAPES)


def read_all(data: bytes) -> None:
    """Read a file with everything that is decoded later; our own error is fine."""
    with suppress(BinaryError):
        elf = read_elf(data)
        _ = elf.symbols.imports, elf.symbols.exports


@pytest.mark.parametrize("made", SEEDS)
def test_a_file_cut_anywhere_is_refused(made: Made) -> None:
    for size in range(len(made.data)):
        with pytest.raises(BinaryError):
            read_elf(made.data[:size])


@given(seed=st.sampled_from(SEEDS), data=st.data())
@settings(max_examples=400)
def test_flipped_bytes_never_let_anything_else_out(seed: Made, data: st.DataObject) -> None:
    mutated = bytearray(seed.data)
    for _ in range(data.draw(st.integers(1, 6))):
        where = data.draw(st.integers(0, len(mutated) - 1))
        new = data.draw(
            st.sampled_from([b"\0", b"\xff", b"\x80", b"\x7f", b"\xff" * 4, b"\0" * 4, b"\xff" * 8])
            | st.binary(max_size=8)
        )
        mutated[where : where + len(new)] = new
    read_all(bytes(mutated))


@given(seed=st.sampled_from(SEEDS), other=st.sampled_from(SEEDS), data=st.data())
@settings(max_examples=200)
def test_spliced_files_never_let_anything_else_out(seed: Made, other: Made, data: st.DataObject) -> None:
    at, start, size = (data.draw(st.integers(0, len(seed.data))) for _ in range(3))
    read_all(seed.data[:at] + other.data[start : start + size] + seed.data[at:])
    read_all(seed.data[:at] + other.data[start : start + size] + seed.data[at + size :])


@pytest.mark.parametrize("made", SEEDS)
def test_every_word_of_the_dynamic_table_may_be_anything(made: Made) -> None:
    for offset in range(made.at["dynamic"], len(made.data) - 8, 4):
        for word in (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x04\0\x01\0", b"\0\x01\0\x04", b"\x7f\xff\xff\xff"):
            read_all(made.patched(offset, word))


@pytest.mark.parametrize(
    ("patch", "what"),
    [
        ((0, b"MZ"), "not an ELF file"),
        ((4, b"\x03"), "not an ELF file"),
        ((5, b"\0"), "not an ELF file"),
        ((54, b"\x20"), "program headers 32 bytes each instead of 56"),
        ((32, pack("<Q", 1 << 40)), "program headers"),
        ((56, b"\xff\xfe"), "table of 65279 program headers"),
    ],
)
def test_headers_that_lie_are_named(patch: tuple[int, bytes], what: str) -> None:
    with pytest.raises(BinaryError, match=what):
        read_elf(SEEDS[0].patched(*patch))


def test_many_segments_without_a_section_to_count_them() -> None:
    with pytest.raises(BinaryError, match="leaves the number of segments to section 0"):
        read_elf(make(Recipe()).patched(56, b"\xff\xff"))


def test_a_dynamic_table_in_two_places_is_refused() -> None:
    made = SEEDS[0]
    table = made.at["segments"] + 56
    with pytest.raises(BinaryError, match="PT_DYNAMIC has the offset") as caught:
        read_elf(made.patched(table + 8, pack("<Q", made.at["dynamic"] - 16)))
    assert caught.value.where.offset == made.at["dynamic"]


@pytest.mark.parametrize("tag", [4, 5, 6, 0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFE, 0x6FFFFEF5])
@pytest.mark.parametrize("address", [0, BASE - 1, BASE + 0x100000, 0xFFFFFFFFFFFFFFFF])
def test_a_table_outside_of_every_segment_is_refused(tag: int, address: int) -> None:
    hashed = "sysv" if tag == 4 else "gnu"
    made = make(replace(FULL, hashed=hashed))
    at = made.data.index(pack("<Q", tag), made.at["dynamic"])
    with pytest.raises(BinaryError, match="which no segment of the file holds"):
        read_elf(made.patched(at + 8, pack("<Q", address)))


@pytest.mark.parametrize("tag", [1, 14, 15])
def test_a_name_outside_of_the_string_table_is_refused(tag: int) -> None:
    made = SEEDS[0]
    at = made.data.index(pack("<Q", tag), made.at["dynamic"])
    with pytest.raises(BinaryError, match="has no end"):
        read_elf(made.patched(at + 8, pack("<Q", 100_000)))


def test_a_symbol_name_outside_of_the_string_table_is_found_when_asked_for() -> None:
    made = SEEDS[0]
    elf = read_elf(made.patched(made.at["symbols"] + 24, pack("<I", 100_000)))
    with pytest.raises(BinaryError, match="has no end"):
        _ = elf.symbols.imports


def test_an_interpreter_must_end_and_be_short() -> None:
    made = SEEDS[0]
    with pytest.raises(BinaryError, match="the interpreter has no end"):
        read_elf(made.patched(made.at["interpreter"], b"x" * 28))
    with pytest.raises(BinaryError, match="the interpreter has no end within 4097 bytes"):
        read_elf(make(Recipe(interpreter="/" * 5000)).data)
    assert read_elf(make(Recipe(interpreter="/" * 4096)).data).interpreter == "/" * 4096


def test_a_gnu_hash_chain_that_leaves_its_segment_is_refused() -> None:
    made = make(replace(FULL, hashed="gnu"))
    bucket = made.at["gnu_hash"] + 16 + 8
    with pytest.raises(BinaryError, match="the GNU hash table needs 4 bytes"):
        read_elf(made.patched(bucket, pack("<I", 100_000)))


def test_a_gnu_hash_chain_without_a_mark_ends_at_some_other_byte_or_is_refused() -> None:
    made = make(replace(FULL, hashed="gnu"))
    chain = made.at["gnu_hash"] + 16 + 8 + 4
    for size in range(4, made.at["dynamic"] - chain, 4):
        read_all(made.patched(chain, bytes(size)))


def test_names_that_overlap_without_end_are_refused() -> None:
    count = 2000
    symbols = (Symbol("a" * 100_000), *(Symbol("x") for _ in range(count)))
    made = make(Recipe(symbols=symbols, hashed="sysv"))
    start = made.at["symbols"]
    data = bytearray(made.data)
    for number in range(1, count):
        data[start + 24 * number : start + 24 * number + 4] = pack("<I", number)
    elf = read_elf(data)
    tracemalloc.start()
    try:
        with pytest.raises(BinaryError, match="overlap beyond reason"):
            _ = elf.symbols.imports
        assert tracemalloc.get_traced_memory()[1] < 20 * len(data)
    finally:
        tracemalloc.stop()


def test_version_chains_that_share_their_tails_are_refused() -> None:
    heads = chained = 1500
    need = Need("liba.so", tuple((f"V{number}", 2 + number, False) for number in range(heads + chained - 1)))
    made = make(Recipe(needs=(need,)))
    data = bytearray(made.data)
    for number in range(heads):  # each of them names the same chain, which is behind the last
        at = made.at["needs"] + 16 * number
        data[at : at + 16] = pack("<HHIII", 1, 1, 1, 16 * (heads - number), 16 if number < heads - 1 else 0)
    begin = time.process_time()
    with pytest.raises(BinaryError, match="over and over"):
        read_elf(data)
    assert time.process_time() - begin < 5


def test_segments_of_notes_that_overlap_are_refused() -> None:
    made = make(Recipe(notes=tuple(Note(b"GNU\0", 3, b"\x01" * 4) for _ in range(4))))
    data = bytearray(made.data)
    for number in range(4):
        at = made.at["segments"] + 56 * (2 + number)
        data[at + 8 : at + 16] = pack("<Q", number)
        data[at + 32 : at + 40] = pack("<Q", len(data) - 4)
    with pytest.raises(BinaryError, match="the segments of notes overlap"):
        read_elf(data)


def test_a_segment_behind_the_end_is_refused_even_if_nothing_in_it_is_read() -> None:
    made = make(Recipe())
    with pytest.raises(BinaryError, match="the segment loaded at 0x10000"):
        read_elf(made.data[:-1])


def test_counts_of_billions_are_refused_at_once() -> None:
    made = make(replace(FULL, hashed="sysv"))
    with pytest.raises(BinaryError, match="the symbol table needs"):
        read_elf(made.patched(made.at["hash"] + 4, b"\xff\xff\xff\xff"))
    made = make(replace(FULL, hashed="gnu"))
    for at in (0, 8):
        with pytest.raises(BinaryError, match="the GNU hash table needs"):
            read_elf(made.patched(made.at["gnu_hash"] + at, b"\xff\xff\xff\xff"))

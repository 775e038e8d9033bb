"""What fuzzing and attacks by thought found in the readers of native files, kept so that it stays mended."""

from __future__ import annotations

import tracemalloc
from struct import pack
from time import process_time

import pytest

from tests.binary.fixtures import BASE, Recipe, Symbol, make
from tests.policy.images import DYLIB, elf, macho, part, pe
from tests.strategies.macho import MachFile, dylib, rpath
from tests.strategies.pe import PeFile, rsds
from truewheel.binary import Image, read, read_elf, read_macho
from truewheel.binary.graph import resolve
from truewheel.binary.leaks import text_leaks
from truewheel.binary.model import Elf
from truewheel.errors import BinaryError

ENOUGH = 2.0
"""Seconds. What follows took ten to a thousand times as long while it cost the square of its size."""

MANY = 6_000


def folders(image: Image, name: str) -> dict[str, Image]:
    return {f"d{number}/{name}": image for number in range(MANY)}


GRAPHS: dict[str, dict[str, Image]] = {
    "sonames": folders(elf("libz.so", soname="libz.so"), "a.so"),
    "dlls": folders(pe("a.dll"), "a.dll"),
    "run-path": {
        "a.so": elf(*("libz.so",) * MANY, runpath=tuple(f"$ORIGIN/{number}" for number in range(MANY))),
        "z/libz.so": elf(soname="libz.so"),
    },
    "rpaths": {
        "a.so": macho(
            part(dylibs=("@rpath/libz.dylib",) * MANY, rpaths=tuple(f"@loader_path/{number}" for number in range(MANY)))
        ),
        "z/libz.dylib": macho(part(filetype=DYLIB)),
    },
    "long-name": {
        "a.so": macho(part(dylibs=(f"@rpath/{'a/' * 500_000}libz.dylib",), rpaths=("@loader_path",) * 100)),
        "z/libz.dylib": macho(part(filetype=DYLIB)),
    },
}


@pytest.mark.parametrize("images", GRAPHS.values(), ids=GRAPHS.keys())
def test_a_graph_takes_time_for_its_edges_alone(images: dict[str, Image]) -> None:
    start = process_time()
    assert resolve(images).edges
    assert process_time() - start < ENOUGH


def test_run_paths_in_a_circle_end() -> None:
    around = [
        macho(
            part(
                filetype=DYLIB,
                dylibs=tuple(f"@rpath/a{(number + step) % 300}.dylib" for step in range(20)),
                rpaths=(f"@loader_path/{number}",),
            )
        )
        for number in range(300)
    ]
    start = process_time()
    graph = resolve({f"a{number}.dylib": image for number, image in enumerate(around)})
    assert {edge.how for edge in graph.edges} == {"name"}
    assert process_time() - start < ENOUGH


@pytest.mark.parametrize(
    ("debug", "says"),
    [([(2, rsds(""))] * 257, "more than 256 rows"), ([(2, rsds("a" * 0x8001))], "no end within 4097 bytes")],
)
def test_debug_rows_and_their_paths_are_bounded(debug: list[tuple[int, bytes]], says: str) -> None:
    """Each row may name the same megabytes."""
    with pytest.raises(BinaryError, match=says):
        read(PeFile(debug=debug).encode())


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("little", [True, False])
@pytest.mark.parametrize("count", [1, 1023, 1024, 1025, 5000])
def test_long_chains_of_a_hash_table_are_counted(bits: int, little: bool, count: int) -> None:
    symbols = tuple(Symbol(f"s{number}", defined=True) for number in range(count))
    image = read(make(Recipe(bits=bits, little=little, symbols=symbols)).data)
    assert isinstance(image, Elf)
    assert len(image.symbols.exports) == count


def test_a_hash_table_without_an_end_is_refused() -> None:
    table = pack("<7I", 1, 1, 1, 0, 0, 0, 1) + bytes(4_000_000)
    made = make(Recipe(symbols=(Symbol("a", defined=True),), sections=((2, "", table),)))
    at = made.data.index(pack("<Q", 0x6FFFFEF5))
    endless = made.patched(at + 8, pack("<Q", BASE + made.at["section0"]))
    start = process_time()
    with pytest.raises(BinaryError, match="the GNU hash table needs 4 bytes"):
        read(endless)
    assert process_time() - start < ENOUGH


def test_a_dynamic_table_has_an_end() -> None:
    with pytest.raises(BinaryError, match="no end within 65536 entries"):
        read(make(Recipe(tags=((1, 0),) * 70_000)).data)


def test_web_addresses_count_as_paths_that_are_looked_at() -> None:
    """They are no traces, so the limit on traces never ended the search."""
    start = process_time()
    assert text_leaks("a.so", b"\x7fELF" + b"http://x/home/a/ " * 1_000_000) == ()
    assert process_time() - start < ENOUGH


LONG = "x" * 4_097

PATHS = {
    "needed": make(Recipe(needed=(LONG,))).data,
    "soname": make(Recipe(soname=LONG)).data,
    "run-path": make(Recipe(runpath=f"$ORIGIN:{LONG}")).data,
    "run-paths": make(Recipe(runpath="$ORIGIN:" * 9_000)).data,
    "dylib": MachFile(commands=[dylib(LONG)]).encode(),
    "rpath": MachFile(commands=[rpath(LONG)]).encode(),
    "dll": PeFile(imports=[(LONG, ["f"])]).encode(),
    "pdb": PeFile(debug=[(2, rsds(LONG))]).encode(),
}


@pytest.mark.parametrize("data", PATHS.values(), ids=PATHS.keys())
def test_paths_have_a_length(data: bytes) -> None:
    with pytest.raises(BinaryError, match=r"4097|within|more than a path"):
        read(data)


def test_names_that_are_shown_have_a_sum() -> None:
    with pytest.raises(BinaryError, match="too many"):
        read_elf(make(Recipe(needed=tuple(f"{number}{'x' * 4_000}" for number in range(300)))).data)


def test_symbols_have_a_length() -> None:
    for size in (1 << 20, (1 << 20) + 1):
        elf = read_elf(make(Recipe(symbols=(Symbol("x" * size),))).data)
        macho = read_macho(MachFile(symbols=[("_" * size, 1, 0)]).encode()).slices[0]
        for symbols in (elf.symbols, macho.symbols):
            if size == 1 << 20:
                assert symbols.imports
            else:
                with pytest.raises(BinaryError, match=r"within 1048576 bytes|is too long"):
                    _ = symbols.imports


def test_of_a_mach_o_file_no_more_is_held_than_its_names() -> None:
    symbols = [(f"_local{number}", 0x0E, 1) for number in range(2_000)]
    data = MachFile(
        symbols=[*symbols, ("_init", 0x0F, 1), ("_malloc", 0x01, 0)], ranges=(2_000, 1, 2_001, 1)
    ).encode() + bytes(1 << 20)
    tracemalloc.start()
    try:
        table = read_macho(bytearray(data)).slices[0].symbols
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()
    assert (table.exports, table.imports) == (("_init",), ("_malloc",))

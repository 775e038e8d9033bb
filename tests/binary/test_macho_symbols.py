from __future__ import annotations

import pytest

from tests.strategies import macho as build
from tests.strategies.macho import DEBUG, EXPORTED, PRIVATE, UNDEFINED, MachFile
from truewheel.binary import read_macho
from truewheel.binary.model import MachSymbols
from truewheel.errors import BinaryError

SYMBOLS = (
    ("_local", 0x0E, 0),
    ("_debug", DEBUG, 0),
    ("_exported", EXPORTED, 0x10),
    ("_absolute", 0x03, 0x10),
    ("_indirect", 0x0B, 0),
    ("_private", PRIVATE, 0x10),
    ("_undefined", UNDEFINED, 0),
    ("_prebound", 0x0D, 0),
)


def symbols(recipe: MachFile) -> MachSymbols:
    return read_macho(recipe.encode()).slices[0].symbols


def test_only_external_names_count() -> None:
    table = symbols(MachFile(symbols=SYMBOLS))
    assert table.exports == ("_exported", "_absolute", "_indirect")
    assert table.imports == ("_undefined", "_prebound")


def test_the_ranges_of_dysymtab_narrow_the_search() -> None:
    table = symbols(MachFile(symbols=SYMBOLS, ranges=(2, 2, 7, 1)))
    assert table.exports == ("_exported", "_absolute")
    assert table.imports == ("_prebound",)


def test_empty_ranges_mean_no_symbols() -> None:
    table = symbols(MachFile(symbols=SYMBOLS, ranges=(0, 0, 0, 0)))
    assert table.exports == table.imports == ()


def test_a_common_symbol_is_a_definition() -> None:
    """``int x;`` in an object file: undefined by its type, with its size as value (nlist.h)."""
    table = symbols(MachFile(filetype=build.OBJECT, symbols=(("_x", UNDEFINED, 4), ("_y", UNDEFINED, 0))))
    assert table.exports == ("_x",)
    assert table.imports == ("_y",)


def test_names_are_decoded_once() -> None:
    table = symbols(MachFile(symbols=SYMBOLS))
    assert table.imports is table.imports


def table_with(strings: bytes, indexes: list[int]) -> MachSymbols:
    """A file whose symbols are names at these places of this string table."""
    length = len(strings) - 2 - 2 * (len(indexes) - 1)
    recipe = MachFile(symbols=[("a" * length, UNDEFINED, 0), *[("b", UNDEFINED, 0)] * (len(indexes) - 1)])
    data = bytearray(recipe.encode())
    data[-len(strings) :] = strings
    start = len(data) - len(strings) - 16 * len(indexes)
    for number, index in enumerate(indexes):
        data[start + 16 * number : start + 16 * number + 4] = index.to_bytes(4, "little")
    return read_macho(bytes(data)).slices[0].symbols


def test_a_name_may_begin_inside_another() -> None:
    assert table_with(b"\0_printf\0_\0", [1, 2]).imports == ("_printf", "printf")


def test_the_same_name_again_costs_nothing() -> None:
    strings = b"\0" + b"x" * 5000 + b"\0"
    assert table_with(strings, [1] * 100).imports == ("x" * 5000,) * 100


@pytest.mark.parametrize(
    ("strings", "indexes", "message"),
    [
        pytest.param(b"\0_ab\0cdef", [5], "no end", id="unterminated"),
        pytest.param(b"\0_ab\0cdef\0", [4000], "no end", id="index outside"),
        pytest.param(b"\0" + b"x" * 4000 + b"\0", list(range(1, 1000)), "overlapping", id="overlapping names"),
    ],
)
def test_names_that_lie(strings: bytes, indexes: list[int], message: str) -> None:
    table = table_with(strings, indexes)
    with pytest.raises(BinaryError, match=message):
        _ = table.imports


def test_tables_beyond_the_file_are_refused_at_once() -> None:
    data = MachFile(symbols=SYMBOLS).encode()
    at = data.index(b"\x02\0\0\0\x18\0\0\0")
    for field in (8, 12, 16, 20):
        broken = data[: at + field] + b"\xff\xff\xff\x7f" + data[at + field + 4 :]
        with pytest.raises(BinaryError, match="table"):
            read_macho(broken)

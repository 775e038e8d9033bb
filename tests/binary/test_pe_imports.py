from __future__ import annotations

from struct import pack

import pytest

from tests.strategies import pe as build
from tests.strategies.pe import OFFSET, RVA, PeFile
from truewheel.binary import read_pe
from truewheel.binary.model import DllImport
from truewheel.errors import BinaryError


def with_table(number: int, table: bytes, *, address: int = RVA, bits: int = 64) -> bytes:
    """A file whose section begins with `table`, which is the data directory `number`."""
    data = PeFile(bits=bits, load_config=[(4, bytes(200))], load_size=0x1000).encode()
    data = data[:OFFSET] + table + data[OFFSET + len(table) :]
    row = 0x40 + 24 + (112 if bits == 64 else 96) + 8 * number
    clear = 0x40 + 24 + (112 if bits == 64 else 96) + 8 * build.LOAD_CONFIG
    data = data[:clear] + bytes(8) + data[clear + 8 :]
    return data[:row] + pack("<2I", address, len(table)) + data[row + 8 :]


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("old", [False, True])
def test_delay_imports_of_both_styles(bits: int, old: bool) -> None:
    recipe = PeFile(bits=bits, base=0x10000000, delayed=[("late.dll", ["f", "#9", "g"])], old_delay=old)
    assert read_pe(recipe.encode()).imports == (DllImport("late.dll", ("f", "#9", "g"), delayed=True),)


def test_borland_writes_no_lookup_table() -> None:
    recipe = PeFile(imports=[("a.dll", ["f"]), ("b.dll", ["#1"])], only_addresses=True)
    assert [dll.symbols for dll in read_pe(recipe.encode()).imports] == [("f",), ("#1",)]


def test_a_row_without_an_address_table_ends_the_import_table() -> None:
    """So it does for the loader, whatever else is in the row."""
    data = PeFile(imports=[("a.dll", ["f"]), ("b.dll", ["g"]), ("c.dll", ["h"])]).encode()
    name = pack("<I", data.index(b"b.dll") - OFFSET + RVA)
    at = data.index(name) + 4
    assert [dll.name for dll in read_pe(data[:at] + bytes(4) + data[at + 4 :]).imports] == ["a.dll"]


def test_imports_come_before_delayed_ones_in_table_order() -> None:
    recipe = PeFile(imports=[("z.dll", []), ("a.dll", [])], delayed=[("late.dll", [])])
    assert [(dll.name, dll.delayed) for dll in read_pe(recipe.encode()).imports] == [
        ("z.dll", False),
        ("a.dll", False),
        ("late.dll", True),
    ]


def test_forwards_name_other_dlls() -> None:
    recipe = PeFile(export_name="x.dll", exports=[("f", ""), ("g", "other.g"), ("", "third.#4"), ("", "")])
    image = read_pe(recipe.encode())
    assert image.export_name == "x.dll"
    assert image.exports == ("f", "g")
    assert image.forwards == (("g", "other.g"), ("#3", "third.#4"))


def test_a_forward_with_two_names_counts_for_both() -> None:
    recipe = PeFile(export_name="x.dll", exports=[("f", "other.f"), ("g", "")])
    data = recipe.encode()
    start = int.from_bytes(data[0x40 + 24 + 112 :][:4], "little") - RVA + OFFSET
    ordinals = start + 40 + 2 * 4 + 2 * 4
    assert data[ordinals : ordinals + 4] == pack("<2H", 0, 1)
    image = read_pe(data[:ordinals] + bytes(4) + data[ordinals + 4 :])
    assert image.forwards == (("f", "other.f"), ("g", "other.f"))


def test_an_export_table_may_be_without_names() -> None:
    image = read_pe(with_table(build.EXPORT, bytes(40)))
    assert (image.export_name, image.exports, image.forwards) == (None, (), ())


def test_many_small_dlls_do_not_exhaust_the_budget() -> None:
    dlls = [(f"dll{number}.dll", [f"f{number}"]) for number in range(300)]
    assert len(read_pe(PeFile(imports=dlls).encode()).imports) == 300


def test_long_names_are_read_whole() -> None:
    dlls = [("a.dll", ["x" * 5000, "y" * 1023, "z" * 1024])]
    assert [len(name) for name in read_pe(PeFile(imports=dlls).encode()).imports[0].symbols] == [5000, 1023, 1024]


ENDLESS_THUNKS = pack("<5I", RVA + 0x40, 0, 0, RVA + 0x30, RVA + 0x40).ljust(0x30, b"\0") + b"a.dll".ljust(0x10, b"\0")
DESCRIPTOR = pack("<5I", RVA + 0x200, 0, 0, RVA + 0x100, RVA + 0x200)
SAME_THUNKS = (DESCRIPTOR * 12).ljust(0x100, b"\0") + b"a.dll".ljust(0x100, b"\0") + pack("<Q", 1 << 63 | 7) * 256


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(with_table(build.IMPORT, b"\1" * 0x1000), "address 0x1010101", id="imports from nowhere"),
        pytest.param(with_table(build.DELAY, pack("<8I", 1, RVA, *[0] * 6) * 99), "address 0x0", id="no thunks"),
        pytest.param(with_table(build.IMPORT, b"", address=RVA + 0xFF8), "import table", id="row beyond the section"),
        pytest.param(
            with_table(build.IMPORT, ENDLESS_THUNKS + b"\x80" * (0x1000 - len(ENDLESS_THUNKS))),
            "no end",
            id="no last thunk",
        ),
        pytest.param(with_table(build.IMPORT, SAME_THUNKS), "overlap", id="the same thunks again and again"),
        pytest.param(with_table(build.EXPORT, b"\xff" * 40), "exports are more", id="2^32 exports"),
        pytest.param(
            with_table(build.EXPORT, pack("<10I", 0, 0, 0, 0, 1, 0xFFFF, 0, RVA, 0, 0)),
            "export addresses",
            id="addresses",
        ),
        pytest.param(
            with_table(build.EXPORT, pack("<10I", 0, 0, 0, 0, 1, 0, 0xFFFF, 0, RVA, RVA)), "export names", id="names"
        ),
        pytest.param(with_table(build.EXPORT, bytes(8), address=RVA + 0xFF8), "export table", id="export table cut"),
        pytest.param(
            with_table(build.DELAY, pack("<8I", 0, 5, 0, 0, 0, 0, 0, 0)), "address", id="address below the base"
        ),
    ],
)
def test_tables_that_lie(data: bytes, message: str) -> None:
    with pytest.raises(BinaryError, match=message):
        read_pe(data)


def test_more_imports_than_ordinals_are_refused() -> None:
    names, thunks = b"a.dll".ljust(0x30, b"\0"), pack("<Q", 1 << 63 | 7) * 0x10001
    big = PeFile(load_config=[(4, names + thunks)], load_size=0x90000).encode()
    at = big.index(names) - OFFSET + RVA
    row, place = 0x40 + 24 + 112 + 8, big.index(names) + 0x10
    descriptor = pack("<5I", at + 0x30, 0, 0, at, at + 0x30)
    big = big[:place] + descriptor + big[place + 20 :]
    # The descriptor's successor would be the lookup table itself, which is never reached.
    with pytest.raises(BinaryError, match=r"the table of the imports from a\.dll has no end"):
        read_pe(big[:row] + pack("<2I", at + 0x10, 20) + big[row + 8 :])


def test_a_name_without_an_end_is_refused() -> None:
    data = PeFile(imports=[("a.dll", [])]).encode()
    last = data.index(b"a.dll") - OFFSET + RVA
    end = OFFSET + 0x200
    assert end == len(data)
    name_at = data.index(pack("<I", last))
    broken = data[:name_at] + pack("<I", RVA + 0x1FE) + data[name_at + 4 : -2] + b"xx"
    with pytest.raises(BinaryError, match="the name of an imported DLL has no end within 2 bytes"):
        read_pe(broken)


def test_a_table_of_too_many_rows_is_refused() -> None:
    name = PeFile(imports=[("a.dll", [])]).encode()
    assert read_pe(name).imports[0].symbols == ()
    rows = pack("<5I", RVA, 0, 0, RVA + 8, RVA) * 4097
    big = PeFile(load_config=[(4, bytes(8) + b"a.dll" + bytes(19) + rows)], load_size=0x18000).encode()
    at = big.index(rows) - OFFSET + RVA
    name_at = big.index(b"a.dll") - OFFSET + RVA
    fixed = big.replace(rows, pack("<5I", name_at + 8, 0, 0, name_at, name_at + 8) * 4097)
    row = 0x40 + 24 + 112 + 8
    with pytest.raises(BinaryError, match="no end within 4096 rows"):
        read_pe(fixed[:row] + pack("<2I", at, len(rows)) + fixed[row + 8 :])


def test_a_name_longer_than_any_path() -> None:
    with pytest.raises(BinaryError, match="5000 letters, more than a path"):
        read_pe(PeFile(imports=[("a" * 5000, ["f"])]).encode())

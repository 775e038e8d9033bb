"""Who compares native files; what damaged ones do; and how bytes, strings and addresses in them are compared."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compare import test_ar, test_elf, test_macho, test_pe
from tests.compare.makes import LONGER, ONE, Makes, at, compared, places, reasons
from truewheel.binary.fields import Fields
from truewheel.binary.pe_header import read_header
from truewheel.compare.native_arm64 import same_arm64
from truewheel.compare.native_clues import build_folders, clues, differing_strings, same_but_times
from truewheel.compare.native_parts import Part, bounded, listed
from truewheel.compare.native_producers import Strings
from truewheel.compare.native_spread import Spread, common_end, spread
from truewheel.compare.pe_parts import part_at
from truewheel.compare.symbols import Names, Symbol, compare_symbols
from truewheel.errors import BinaryError

FORMATS: dict[str, Callable[[Makes], tuple[Path, Path]]] = {
    "elf": lambda makes: _both(test_elf.built, makes, "-g", "-gz"),
    "macho": lambda makes: _both(test_macho.built, makes),
    "pe": lambda makes: _both(test_pe.linked, makes, "/debug"),
    "pe-symbols": lambda makes: _both(test_pe.built, makes, "-g"),
}


def _both(built: Callable[..., Path], makes: Makes, *options: str) -> tuple[Path, Path]:
    return built(makes, *options, within=ONE), built(makes, *options, within=LONGER)


class TestFormats:
    def test_of_two_formats(self, makes: Makes) -> None:
        elf, pe = test_elf.built(makes), test_pe.built(makes)
        found = compared(elf, pe)
        assert [(part.place, part.left, part.right) for part in found] == [("format", "ELF", "PE")]
        assert reasons(found) == {"platform"}
        assert reasons(compared(elf, test_ar.built(makes, "mul.o"))) == {"platform"}

    def test_what_is_no_native_file(self, makes: Makes) -> None:
        elf = test_elf.built(makes).read_bytes()
        assert compared(b"text", b"other text") == ()
        assert compared(elf, b"text") == ()
        assert compared(b"text", elf) == ()
        assert compared(b"\0asm\1\0\0\0", b"\0asm\1\0\0\0x") == ()

    @pytest.mark.parametrize("kind", FORMATS)
    def test_equal_files_have_no_differences(self, makes: Makes, kind: str) -> None:
        left, _ = FORMATS[kind](makes)
        assert compared(left, left) == ()

    @pytest.mark.parametrize("kind", FORMATS)
    def test_both_ways_tell_the_same_places(self, makes: Makes, kind: str) -> None:
        left, right = FORMATS[kind](makes)
        assert set(places(compared(left, right))) == set(places(compared(right, left)))
        assert reasons(compared(left, right)) == reasons(compared(right, left))


@pytest.mark.parametrize("kind", [*FORMATS, "ar"])
class TestDamage:
    """Nothing but an answer may come of a damaged file, and soon."""

    @settings(max_examples=60)
    @given(data=st.data())
    def test_flipped_bytes(self, makes: Makes, kind: str, data: st.DataObject) -> None:
        left = _whole(makes, kind)
        broken = bytearray(left)
        # Most of what is read at all stands in headers: the first kilobyte, and tables at the end.
        spots = st.one_of(
            st.integers(0, 1023), st.integers(0, len(left) - 1), st.integers(len(left) - 4096, len(left) - 1)
        )
        for _ in range(data.draw(st.integers(1, 6))):
            broken[data.draw(spots)] = data.draw(st.sampled_from([0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF]))
        started = time.process_time()
        compared(left, bytes(broken))
        compared(bytes(broken), left)
        assert time.process_time() - started < 5

    @settings(max_examples=25)
    @given(data=st.data())
    def test_truncated(self, makes: Makes, kind: str, data: st.DataObject) -> None:
        left = _whole(makes, kind)
        compared(left, left[: data.draw(st.integers(0, len(left) - 1))])


def _whole(makes: Makes, kind: str) -> bytes:
    return test_ar.built(makes, "plain.o", test_ar.LONG) if kind == "ar" else FORMATS[kind](makes)[0].read_bytes()


STRETCHES = st.binary(max_size=300) | st.builds(lambda part, times: part * times, st.binary(max_size=3), st.just(2000))


class TestBytes:
    @given(STRETCHES, st.lists(st.tuples(st.integers(0, 6000), st.integers(1, 255)), max_size=5), STRETCHES)
    def test_spread_is_what_a_loop_finds(self, left: bytes, flips: list[tuple[int, int]], other: bytes) -> None:
        flipped = bytearray(left)
        for place, value in flips:
            if place < len(flipped):
                flipped[place] ^= value
        for right in (bytes(flipped), bytes(flipped) + other, other):
            assert spread(memoryview(left), memoryview(right)) == _spread_by_loop(left, right)

    def test_over_chunks(self) -> None:
        data = bytearray(range(256)) * 4096
        for place in (0, 4095, 4096, (1 << 18) - 1, 1 << 18, len(data) - 1):
            other = bytearray(data)
            other[place] ^= 1
            assert spread(memoryview(bytes(data)), memoryview(bytes(other))) == Spread(place, 1, 0)

    def test_equal_ends(self) -> None:
        assert common_end(memoryview(b"abcdef"), memoryview(b"xbcdef"), 6) == 5
        assert common_end(memoryview(b"abcdef"), memoryview(b"xbcdef"), 3) == 3


class TestArm64:
    """Encodings of the Arm Architecture Reference Manual, as an assembler gives them."""

    @pytest.mark.parametrize(
        ("left", "right", "targets"),
        [
            ("00000090 00000091", "000000b0 00000091", (0x4000, 0x5000)),  # adrp x0; add x0, x0, #0
            ("00000090 00100091", "00000090 00400091", (0x4004, 0x4010)),  # of one page
            ("00000090 000440f9", "00000090 000840f9", (0x4008, 0x4010)),  # ldr x0, [x0, #8] and #16
            ("00000090 0004c03d", "00000090 0008c03d", (0x4010, 0x4020)),  # ldr q0, [x0, #16] and #32
            ("00000090 00040039", "00000090 00080039", (0x4001, 0x4002)),  # strb w0, [x0, #1] and #2
            ("01000094", "03000094", (0x4008, 0x4010)),  # bl
            ("20000058", "40000058", (0x4008, 0x400C)),  # ldr x0, of a literal
            ("00000010", "00000030", (0x4004, 0x4005)),  # adr x0
            ("01000094", "03000014", None),  # bl and b
            ("00000090", "000000b0", None),  # adrp alone
            ("00000090 00100091", "00000090 01400091", None),  # into another register
            ("00000090 e00300aa 00100091", "00000090 e00300aa 00400091", None),  # x0 was written in between
            ("00100091", "00400091", None),  # add x0, x0, #4 and #16: of no page
            ("0000008b", "0100008b", None),  # add of registers
        ],
    )
    def test_instructions(self, left: str, right: str, targets: tuple[int, int] | None) -> None:
        one, other = (memoryview(bytes.fromhex("1f2003d5" + words + "1f2003d5")) for words in (left, right))
        asked = []

        def same(*pair: int) -> bool:
            asked.append(pair)
            return True

        assert same_arm64(one, other, (0x4000, 0x4000), same) is (targets is not None)
        assert set(asked) == ({targets} if targets else set())
        assert not same_arm64(one, other, (0x4000, 0x4000), lambda *_: False)

    def test_code_of_other_sizes(self) -> None:
        assert not same_arm64(memoryview(bytes(4)), memoryview(bytes(8)), (0, 0), lambda *_: True)
        assert not same_arm64(memoryview(bytes(5)), memoryview(bytes(4) + b"x"), (0, 0), lambda *_: True)


class TestClues:
    @pytest.mark.parametrize(
        ("left", "right", "folders"),
        [
            ("/srv/a/x.c", "/srv/b/x.c", ("/srv/a", "/srv/b")),
            ("-I/srv/a/inc", "-I/srv/b/inc", ("/srv/a", "/srv/b")),
            ("at /srv/a/x.c:12", "at /srv/bb/x.c:12", ("/srv/a", "/srv/bb")),
            (r"C:\one\x.c", r"C:\two\x.c", (r"C:\one", r"C:\two")),
            ("/usr/include/a.h", "/usr/include/b.h", None),
            ("/usr/src/a/b.h", "/usr/src/c/b.h", ("/usr/src/a", "/usr/src/c")),
            ("/x.c", "/y.c", ("/x.c", "/y.c")),
            ("a/x.c", "b/x.c", None),
            ("no path", "none at all", None),
            ("same /a/b", "same /a/b", None),
            ("/a/b one", "/a/b two", None),
        ],
    )
    def test_folders(self, left: str, right: str, folders: tuple[str, str] | None) -> None:
        assert build_folders(left, right) == folders

    @pytest.mark.parametrize(
        ("left", "right", "same"),
        [
            ("Nov 21 2026", "Jan  1 2020", True),
            ("built 2026-11-21 10:11:12", "built 2020-01-01 01:02:03", True),
            ("1.2.3", "1.2.4", False),
            ("Nov 21 2026 a", "Nov 21 2026 b", False),
            ("10:11:12", "10:11:12", False),
        ],
    )
    def test_times(self, left: str, right: str, same: bool) -> None:
        assert same_but_times(left, right) is same

    def test_the_commonest_folders_are_told(self) -> None:
        strings = Strings(("/one/x.c", "/a/y.c", "/a/z.c"), ("/two/x.c", "/b/y.c", "/b/z.c"))
        assert clues(strings)[0].evidence == "/a on the left, /b on the right, in 2 strings"

    def test_strings_of_one_side(self) -> None:
        left, right = b"\0same text\0only left\0", b"\0same text\0right \xc3\xbc it is\0"
        assert differing_strings(memoryview(left), memoryview(right)) == Strings(("only left",), ("right ü it is",))

    def test_no_more_than_can_be_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("truewheel.compare.native_clues._MOST_STRINGS", 3)
        left = b"\0".join(b"text %d" % number for number in range(9))
        assert differing_strings(memoryview(left), memoryview(b"other")).left == ("text 0", "text 1", "text 2")

    def test_lists(self) -> None:
        assert listed("x", "the names", (("a",), ("a",))) is None
        repeated = listed("x", "the names", (("a", "a"), ("a",)))
        assert repeated is not None
        assert repeated.summary == "the names repeat otherwise"
        many = listed("x", "the names", (tuple(map(str, range(1004))), ()))
        assert many is not None
        assert many.left is not None
        assert many.left.endswith("\n998\n999\n… and 4 more")


class TestParts:
    def test_parts_that_overlap(self) -> None:
        part = Part("x", 0, memoryview(bytes(100)))
        bounded([part] * 4, 100)
        with pytest.raises(BinaryError, match="overlap"):
            bounded([part] * 5, 100)

    def test_data_that_is_nowhere(self, makes: Makes) -> None:
        header = read_header(Fields(test_pe.built(makes).read_bytes()))
        assert part_at(header, 0, 64, 4, "debug data").size == 4
        with pytest.raises(BinaryError, match="nowhere"):
            part_at(header, 0, 0, 4, "debug data")


class TestSymbols:
    def test_sizes_and_kinds(self) -> None:
        left = [Symbol("a", 1, 4, True, (1,)), Symbol("b", 8, 4, True, (1,))]
        grown = [Symbol("a", 1, 6, True, (1,)), Symbol("b", 8, 4, True, (2,))]
        found = compare_symbols("symbols", left, grown, _anywhere)
        assert found is not None
        assert found.summary == "a has another size; b has another kind or section"
        assert not found.follows
        moved = compare_symbols("symbols", left, [row._replace(value=row.value + 1) for row in left], _anywhere)
        assert moved is not None
        assert (moved.summary, moved.follows) == ("2 of 2 symbols have another address", True)

    def test_many_sizes(self) -> None:
        left = [Symbol(name, number, 4, True) for number, name in enumerate("abcde")]
        found = compare_symbols("symbols", left, [row._replace(size=5) for row in left], _anywhere)
        assert found is not None
        assert found.summary == "5 (a, b, c, …) have another size"

    def test_the_order_of_rows_alone_has_no_cause(self) -> None:
        left = [Symbol("a", 1, 0, True), Symbol("b", 2, 0, True)]
        found = compare_symbols("symbols", left, left[::-1], _anywhere)
        assert found is not None
        assert found.causes == ()

    def test_names_that_are_none(self) -> None:
        names = Names(memoryview(b"\0one\0two\0"))
        assert (names.at(0), names.at(1), names.at(2), names.at(1)) == ("", "one", "ne", "one")
        with pytest.raises(BinaryError):
            names.at(99)
        overlapping = Names(memoryview(b"x" * 99 + b"\0"))
        with pytest.raises(BinaryError):
            list(map(overlapping.at, range(99)))


def _anywhere(*_: int) -> bool:
    return True


def _spread_by_loop(left: bytes, right: bytes) -> Spread | None:
    if left == right:
        return None
    size = min(len(left), len(right))
    first = next((at for at in range(size) if left[at] != right[at]), size)
    if len(left) == len(right):
        return Spread(first, sum(a != b for a, b in zip(left, right, strict=True)), 0)
    most = size - first
    tail = next((count for count in range(most) if left[-1 - count] != right[-1 - count]), most)
    return Spread(first, None, tail)


@pytest.mark.parametrize("kind", ["elf"])
def test_large_files_take_no_longer_than_reading_them(makes: Makes, kind: str) -> None:
    """A hundred megabytes behind a small file: seconds, where one byte of it differs."""
    left = FORMATS[kind](makes)[0].read_bytes() + bytes(range(256)) * (1 << 18)
    right = left[:-1] + b"x"
    started = time.process_time()
    found = compared(left, right)
    assert time.process_time() - started < 10
    assert at(found, "between sections").summary.startswith("1 of ")

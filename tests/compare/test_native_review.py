"""What hid in the comparison of native files until somebody looked for it."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.compare import test_elf, test_macho, test_pe
from tests.compare.makes import Makes, at, compared, places
from truewheel.compare.ar import MAGIC
from truewheel.compare.marshal_model import Code, Number, Value
from truewheel.compare.model import Difference, Kind
from truewheel.compare.native_clues import clues
from truewheel.compare.native_parts import rooted
from truewheel.compare.native_producers import Strings
from truewheel.compare.pyc_code import compare_codes


@pytest.mark.parametrize(
    ("left", "right", "sure"),
    [
        ("/srv/a/x.c", "/srv/b/x.c", True),
        ("/home/me/one", "/home/you/two", True),
        ("/api/v1/users", "/api/v2/users", False),
        ("/foo/bar", "/baz/qux", None),
        ("text/html", "text/xml", None),
        ("https://example.org/one", "https://example.org/two", None),
        ("/markupsafe", "/markwpsafe", None),
    ],
)
def test_paths_that_are_no_folders_of_builds(left: str, right: str, sure: bool | None) -> None:
    told = [cause.sure for cause in clues(Strings((left,), (right,))) if cause.reason.id == "build-path"]
    assert told == ([] if sure is None else [sure])


def test_where_debug_information_leads_is_a_folder_of_a_build() -> None:
    (cause,) = clues(Strings(("/one",), ("/two",)), of_paths=True)
    assert cause.sure


def _of(place: str, *inside: Difference, follows: bool = False) -> Difference:
    return Difference(place, Kind.CONTENT, "1 byte differs: it follows", inside=inside, follows=follows)


def test_nothing_follows_from_nothing() -> None:
    (found,) = rooted([_of("a", follows=True)])
    assert not found.follows
    assert found.summary == "1 byte differs"
    (found,) = rooted([_of("x86_64", _of("a", follows=True))])
    assert not found.inside[0].follows
    one, other = rooted([_of("a", follows=True), _of("b")])
    assert one.follows
    assert not other.follows
    assert rooted([]) == ()


def _archive(names: bytes, number: int, body: bytes) -> bytes:
    row = b"%-16s%-12s%-6s%-6s%-8s%-10d`\n"
    members = (row % (b"/%d" % at, b"0", b"0", b"0", b"644", len(body)) + body for at in range(number))
    return MAGIC + row % (b"//", b"", b"", b"", b"", len(names)) + names + b"".join(members)


def test_names_in_archives_that_overlap() -> None:
    names = b"x" * 1_000_000
    start = time.process_time()
    found = compared(_archive(names, 4000, b"ab"), _archive(names, 4000, b"ac"))
    assert time.process_time() - start < 3  # seconds of CPU
    assert sum(len(part.place) for part in found) < 64 * len(names)


def _flipped(data: bytes, *places: int) -> bytes:
    made = bytearray(data)
    for place in places:
        made[place] ^= 0x40
    return bytes(made)


class TestHeaders:
    """Beside an identity that differs at each build, nothing else may be lost."""

    def test_elf(self, makes: Makes) -> None:
        data = test_elf.built(makes, "-s").read_bytes()
        identity = data.index(b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0") + 16
        (start,) = struct.unpack_from("<Q", data, 40)
        row = start + 64 * 6  # of any section
        for place, where in ((8, "header"), (row + 8, "section headers"), (row + 48, "section headers")):
            found = compared(data, _flipped(data, identity, place))
            assert places(found) == sorted([".note.gnu.build-id", where])
            assert not at(found, where).follows
        for place in (row + 16, 64 + 56 + 40):  # an address; the size of a segment in memory
            assert places(compared(data, _flipped(data, identity, place))) == [".note.gnu.build-id", "headers"]
            assert places(compared(_flipped(data, identity, place), data)) == [".note.gnu.build-id", "headers"]

    def test_macho(self, makes: Makes) -> None:
        data = test_macho.built(makes).read_bytes()
        commands = dict(_commands(data))
        identity = commands[0x1B] + 8
        segment, library = commands[0x19], commands[0xD]
        for place, where in (
            (segment + 60, "section headers"),  # the rights of a segment
            (library + 20, "section headers"),  # with what the library is compatible
            (segment + 24, "headers"),  # its address
        ):
            found = compared(data, _flipped(data, identity, place))
            assert {"UUID", where} <= {*places(found)}
            assert at(found, "UUID").causes[0].evidence == "it hashes what else differs in the file"
            assert not at(found, where).follows

    def test_pe(self, makes: Makes) -> None:
        data = test_pe.built(makes).read_bytes()
        (start,) = struct.unpack_from("<I", data, 60)
        optional, table = start + 24, start + 24 + 240
        for place, where in (
            (optional + 80, "section headers"),  # the size of the stack
            (table + 36 + 3, "section headers"),  # what a section is
            (optional + 16, "headers"),  # the entry point
            (optional + 4, "headers"),  # the size of all code
        ):
            found = compared(data, _flipped(data, start + 8, place))
            assert places(found) == sorted([where, "time stamps"])


def _commands(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the load commands are, by their kinds; of several of a kind the last."""
    (number,) = struct.unpack_from("<I", data, 16)
    place = 32
    for _ in range(number):
        kind, size = struct.unpack_from("<2I", data, place)
        yield kind, place
        place += size


class TestCode:
    """Values that look alike when they are shown."""

    CODE = Code("<module>", None, "x.py", 1, (("flags", 0),), b"", (), (), (), b"", None)

    @pytest.mark.parametrize(
        ("left", "right"),
        [
            ((b"x" * 300 + b"a",), (b"x" * 300 + b"b",)),
            ((Number("int", bytes(5000) + b"+"),), (Number("int", bytes(5000) + b"-"),)),
            ((1, 1, 2), (1, 2, 2)),
        ],
    )
    def test_constants(self, left: tuple[Value, ...], right: tuple[Value, ...]) -> None:
        (found,) = compare_codes(*(replace(self.CODE, constants=side) for side in (left, right)))
        assert [part.summary for part in found.inside] == ["the constants differ"]

    def test_functions_among_constants(self) -> None:
        inner = replace(self.CODE, name="f")
        (found,) = compare_codes(*(replace(self.CODE, constants=side) for side in ((inner, 1), (1, inner))))
        assert [part.place for part in found.inside] == ["co_consts"]

    def test_names_of_modules(self) -> None:
        (found,) = compare_codes(self.CODE, replace(self.CODE, name="other"))
        assert [part.place for part in found.inside] == ["co_name"]

    def test_a_number_beside_a_path(self) -> None:
        (found,) = compare_codes(
            replace(self.CODE, constants=("/srv/a/x.c", 1)), replace(self.CODE, constants=("/srv/b/x.c", 2))
        )
        assert [part.place for part in found.inside[0].inside] == ["strings", "other constants"]

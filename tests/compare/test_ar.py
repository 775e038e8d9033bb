"""Static libraries: members, their facts and their order; objects in them are compared as objects are."""

from __future__ import annotations

import re

import pytest

from tests.compare.makes import LONGER, ONE, TWO, Command, Makes, at, compared, places, reasons, unexplained
from tests.elf.toolchains import call
from tests.tools import need
from truewheel.compare import ar
from truewheel.compare.ar import members
from truewheel.compare.context import Pair
from truewheel.compare.model import Kind
from truewheel.compare.native import compare_native
from truewheel.errors import BinaryError

LONG = "a_source_with_a_rather_long_name.o"
MAGIC = b"!<arch>\n"


def built(
    makes: Makes,
    *objects: str,
    within: str = ONE,
    modes: str = "rcsD",
    before: tuple[tuple[str, ...], ...] = (),
    tool: str = "ar",
    flags: tuple[str, ...] = ("-g",),
) -> bytes:
    """An archive of the objects, made in one of the folders."""
    gcc, archiver = need("gcc", "ar")[0], need(tool)[0]
    compiled: list[Command] = [[gcc, "-c", *flags, f"{name}.c", "-o", f"{name}.o"] for name in ("plain", "mul")]
    commands: list[Command] = [*compiled, ["cp", "mul.o", LONG], *before, [archiver, modes, "lib.a", *objects]]
    words = "_".join((tool, modes, *flags, *objects, *(word for command in before for word in command)))
    return (makes.made(f"ar-{re.sub(r'[^a-zA-Z0-9.+-]+', '_', words)}", commands, within=within) / "lib.a").read_bytes()


class TestMembers:
    def test_objects_of_two_folders(self, makes: Makes) -> None:
        left, right = (built(makes, "plain.o", "mul.o", within=folder) for folder in (ONE, LONGER))
        found = compared(left, right)
        assert {*places(found)} - {"symbols"} == {"plain.o", "mul.o"}
        assert ".debug_line_str" in places(at(found, "mul.o").inside)
        assert "build-path" in reasons(found)
        assert not unexplained(found)

    def test_only_one_side_has_a_member(self, makes: Makes) -> None:
        one, both = built(makes, "plain.o"), built(makes, "plain.o", LONG)
        found = compared(one, both)
        assert at(found, LONG).kind is Kind.ONLY_RIGHT
        assert at(found, "symbols").follows
        assert at(compared(both, one), LONG).kind is Kind.ONLY_LEFT

    def test_order(self, makes: Makes) -> None:
        found = compared(built(makes, "plain.o", "mul.o"), built(makes, "mul.o", "plain.o"))
        assert reasons([at(found, "order")]) == {"link-order"}
        assert at(found, "order").causes[0].evidence == "plain.o stands on the left where mul.o stands on the right"
        assert not unexplained(found)

    def test_of_one_name(self, makes: Makes) -> None:
        left, right = (built(makes, "mul.o", "mul.o", modes="qcD", within=folder) for folder in (ONE, LONGER))
        assert {"mul.o", "mul.o (2)"} <= {*places(compared(left, right))}

    def test_what_is_no_object(self, makes: Makes) -> None:
        left, right = (
            built(makes, "date.txt", before=(("sh", "-c", f"echo it is {time} > date.txt"),))
            for time in ("10:11:12", "12:13:14")
        )
        found = compared(left, right)
        assert places(found) == ["date.txt"]
        assert reasons(found) == {"build-time"}


class TestFacts:
    def test_times(self, makes: Makes) -> None:
        left, right = (
            built(makes, "mul.o", "plain.o", modes="rcSU", before=(("touch", "-d", day, "mul.o"),), flags=())
            for day in ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")
        )
        found = compared(left, right)
        times = next(part for part in found if part.summary.startswith("the time"))
        assert (times.left, times.right) == ("2020-01-01 00:00:00", "2021-01-01 00:00:00")
        assert reasons([times]) == {"build-time"}
        assert times.kind is Kind.STORAGE

    def test_modes(self, makes: Makes) -> None:
        fixed = ("touch", "-d", "2020-01-01T00:00:00Z", "mul.o")
        left, right = (
            built(makes, "mul.o", modes="rcSU", before=(("chmod", mode, "mul.o"), fixed)) for mode in ("644", "664")
        )
        found = compared(left, right)
        assert [(part.summary, part.left, part.right) for part in found] == [
            ("the mode of 1 member differs", "100644", "100664")
        ]
        assert reasons(found) == {"umask"}

    def test_owners(self, makes: Makes) -> None:
        data = bytearray(built(makes, "mul.o"))
        place = data.rfind(b"mul.o/") + 28
        data[place : place + 12] = b"1000  1001  "
        found = compared(built(makes, "mul.o"), bytes(data))
        assert [part.summary for part in found] == [
            "the user's number of 1 member differs",
            "the group's number of 1 member differs",
        ]
        assert reasons(found) == {"host"}

    def test_archives_of_one_day_claim_nothing(self, makes: Makes) -> None:
        found = compared(built(makes, "mul.o", within=ONE), built(makes, "mul.o", within=TWO))
        assert reasons(found) <= {"build-path", "build-path?"}


@pytest.mark.parametrize(
    ("tool", "modes"), [("ar", "rcsD"), ("llvm-ar-19", "rcsD"), ("llvm-ar-19", "rcs --format=bsd")]
)
def test_members_are_those_of_ar(makes: Makes, tool: str, modes: str) -> None:
    need("ar")
    first, *more = modes.split()
    objects = ("plain.o", LONG)
    data = built(makes, *objects, tool=tool, modes=first) if not more else _bsd(makes)
    ours = [member.name for member in members(data) if not member.name.startswith(("/", "__.SYMDEF"))]
    assert ours == list(objects)


def _bsd(makes: Makes) -> bytes:
    """An archive as BSD and Apple write it, with names before the contents."""
    (tool,) = need("llvm-ar-19")

    objects = makes.made("ar-bsd-objects", [["cp", "mul.c", "plain.o"], ["cp", "mul.c", LONG]])
    folder = makes.folder("ar-bsd", lambda folder: _run([str(tool), "--format=bsd", "rcD", f"{folder}/lib.a"], objects))
    return (folder / "lib.a").read_bytes()


def _run(command: list[str], objects: object) -> None:
    call([*command, f"{objects}/plain.o", f"{objects}/{LONG}"])


class TestDamage:
    @pytest.mark.parametrize(
        "data",
        [
            MAGIC + b"x" * 60,
            MAGIC + b"a/".ljust(48) + b"99        `\n",
            MAGIC + b"a/".ljust(48) + b"x         `\n",
            MAGIC + b"#1/9".ljust(48) + b"4         `\nabcd",
            MAGIC + b"#1/x".ljust(48) + b"4         `\nabcd",
            MAGIC + b"a/",
        ],
    )
    def test_is_refused(self, data: bytes) -> None:
        with pytest.raises(BinaryError):
            members(data)
        assert compared(data, data + b"x") == ()

    def test_too_many_members(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ar, "_MOST_MEMBERS", 10)
        data = MAGIC + (b"a/".ljust(48) + b"0         `\n") * 12
        assert compared(data, data[:-60]) == ()

    def test_depth_ends(self, makes: Makes) -> None:
        data = built(makes, "mul.o")
        assert compare_native(Pair("a", data, data + b"\n", depth=8)) == ()

    def test_a_time_that_is_none(self, makes: Makes) -> None:
        data = bytearray(built(makes, "mul.o"))
        place = data.rfind(b"mul.o/") + 16
        data[place : place + 12] = b"999999999999"
        assert at(compared(built(makes, "mul.o"), bytes(data)), "headers").right == "999999999999"

"""``--strip`` in a repair: which files it takes, what becomes of them, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.binary import elf_sections
from tests.binary.elf_blueprint import Blueprint
from tests.binary.elf_files import build
from tests.ops.fakes import Disk, examined, planned, the_change, the_graft
from tests.report.samples import Repaired
from truewheel import rules
from truewheel.binary import read_elf
from truewheel.binary.elf_edit import ElfChanges, edit_elf
from truewheel.binary.elf_strip import strip_elf
from truewheel.errors import BinaryError
from truewheel.ops.edits import Outside, edited
from truewheel.ops.plan import Change, Plan
from truewheel.ops.repair import Repair, Request, repair
from truewheel.ops.stripping import REASON, with_strip
from truewheel.ops.wishes import Wishes
from truewheel.report.repairs import repair_rows
from truewheel.wheel import Bytes, Wheel, amended, verify_record

MEMBER, OTHER, TOOL = "pkg/_x.so", "pkg/_y.so", "pkg-1.0.data/scripts/tool"
STRIP = Wishes(strip=True)
ALONE = Blueprint(needed=(), versions=(), undefined=(), soname=None)


def lib(*needed: str, soname: str | None = None, like: Blueprint = ALONE) -> bytes:
    """A library with a symbol table, and with the section headers that it takes to have one."""
    return build(replace(like, needed=needed, soname=soname)).data


FOO = lib(soname="libfoo.so.1")
NEEDY = lib("libfoo.so.1")
BLOCKED = lib(like=replace(ALONE, overlay=b"PK an archive"))
DONE = bytes(strip_elf(lib()).applied(lib()))
OTHERS = {
    "pkg/kernel.cubin": lib(like=replace(ALONE, machine=190)),
    "pkg/x.o": lib(like=replace(ALONE, type=1)),
    "pkg/done.so": DONE,
    "pkg/bare.so": lib(like=replace(ALONE, sections=False)),
}
"""What has nothing to strip, or nothing that may go."""


def repaired(files: dict[str, bytes], outside: dict[str, bytes] | None = None, wishes: Wishes = STRIP) -> Repair:
    return repair(examined(files), Disk(outside or {}), Request(wishes, platforms=("linux_x86_64",), only=True))


def read(wheel: Wheel, member: str) -> bytes:
    return bytes(wheel.by_name[member].read())


def is_stripped(data: bytes) -> bool:
    result = strip_elf(data)
    return not result and not result.left and ".symtab" not in {s.name for s in elf_sections.read(data).sections}


class TestThePlan:
    def test_nothing_is_stripped_unasked(self) -> None:
        assert not planned({MEMBER: lib()})
        made = planned({MEMBER: NEEDY}, {"/lib/libfoo.so.1": FOO})
        assert not made.changes[0].strip
        assert not made.grafts[0].strip

    def test_a_file_without_another_edit(self) -> None:
        made = planned({MEMBER: lib(), OTHER: DONE}, wanted=STRIP)
        assert made.changes == (Change(MEMBER, ElfChanges(), (REASON,), strip=True),)
        assert made

    def test_a_file_that_is_edited_too_and_a_graft(self) -> None:
        made = planned({OTHER: lib(), MEMBER: NEEDY}, {"/lib/libfoo.so.1": FOO}, STRIP)
        plain = planned({OTHER: lib(), MEMBER: NEEDY}, {"/lib/libfoo.so.1": FOO})
        change = the_change(plain, MEMBER)
        assert the_change(made, MEMBER) == replace(change, strip=True, reasons=(REASON, *change.reasons))
        assert [change.member for change in made.changes] == [MEMBER, OTHER]
        assert made.grafts == (replace(the_graft(plain, "libfoo.so.1"), strip=True),)

    def test_a_program_that_moves(self) -> None:
        tool = lib("libfoo.so.1", like=replace(ALONE, interpreter=True, pie=True))
        (change,) = planned({TOOL: tool}, {"/lib/libfoo.so.1": FOO}, STRIP).changes
        assert (change.strip, change.moved_to, change.reasons[0]) == (True, "pkg.scripts/tool", REASON)

    def test_a_static_program(self) -> None:
        static = lib(like=replace(ALONE, type=2, base=0x400000))
        assert [change.member for change in planned({MEMBER: static}, wanted=STRIP).changes] == [MEMBER]

    def test_what_is_no_code_of_a_processor_or_has_no_symbols_stays(self) -> None:
        made = planned({MEMBER: DONE, **OTHERS}, wanted=STRIP)
        assert (made.changes, made.findings) == ((), ())

    def test_what_must_stay_as_it_is_is_told(self) -> None:
        made = planned(
            {MEMBER: lib("libfoo.so.1", like=replace(ALONE, overlay=b"PK"))}, {"/lib/libfoo.so.1": BLOCKED}, STRIP
        )
        assert [finding.rule for finding in made.findings] == [rules.SIZE_NOT_STRIPPED] * 2
        assert {finding.member for finding in made.findings} == {MEMBER, made.grafts[0].member}
        assert "not stripped: data lies behind" in made.findings[0].message
        assert [change.strip for change in made.changes] == [False]


class TestTheWheel:
    def test_everything_is_stripped_and_works_as_planned(self) -> None:
        done = repaired({MEMBER: NEEDY, OTHER: lib(), **OTHERS}, {"/lib/libfoo.so.1": FOO})
        (graft,) = done.plan.grafts
        for member in (MEMBER, OTHER, graft.member):
            assert is_stripped(read(done.wheel, member)), member
        assert {member: read(done.wheel, member) for member in OTHERS} == OTHERS
        (change,) = (change for change in done.plan.changes if change.member == MEMBER)
        assert isinstance(change.changes, ElfChanges)
        stripped = bytes(strip_elf(NEEDY).applied(NEEDY))
        assert read(done.wheel, MEMBER) == bytes(edit_elf(stripped, change.changes).applied(stripped))
        assert read_elf(read(done.wheel, MEMBER)).needed == (graft.member.rpartition("/")[2],)
        verify_record(done.wheel, contents=True)

    def test_a_second_repair_finds_nothing(self) -> None:
        once = repaired({MEMBER: NEEDY, OTHER: lib()}, {"/lib/libfoo.so.1": FOO})
        members = {entry.name: bytes(entry.read()) for entry in once.wheel if ".dist-info/" not in entry.name}
        again = repaired(members)
        assert not again.plan
        assert {name: read(again.wheel, name) for name in members} == members

    def test_a_strip_after_a_repair_changes_no_meaning(self) -> None:
        once = repaired({MEMBER: NEEDY}, {"/lib/libfoo.so.1": FOO}, Wishes())
        members = {entry.name: bytes(entry.read()) for entry in once.wheel if ".dist-info/" not in entry.name}
        again = repaired(members)
        assert [change.reasons for change in again.plan.changes] == [(REASON,)] * 2
        assert all(is_stripped(read(again.wheel, name)) for name in members)
        assert read_elf(read(again.wheel, MEMBER)).needed == read_elf(members[MEMBER]).needed

    def test_it_is_said_of_grafts(self) -> None:
        done = repaired({MEMBER: NEEDY}, {"/lib/libfoo.so.1": FOO})
        rows = [row.text for row in repair_rows(Repaired(done.plan))]
        assert any(row.endswith("from /lib/libfoo.so.1, stripped, for pkg/_x.so") for row in rows)
        assert any(row.startswith(f"{MEMBER}: {REASON}; needs ") for row in rows)

    def test_a_damaged_member_is_named(self) -> None:
        examination = examined({MEMBER: lib()})
        entry = examination.wheel.by_name[MEMBER]
        wheel = amended(examination.wheel, replace(entry, content=Bytes(lib()[:40])))
        with pytest.raises(BinaryError) as caught:
            with_strip(Plan(), replace(examination, wheel=wheel))
        assert caught.value.where.member == MEMBER


class TestContents:
    """What is made anew each time is the same each time, and as long as it says."""

    CHANGES = ElfChanges(soname="libanother-name.so.1")

    @pytest.mark.parametrize("strip", [False, True])
    @pytest.mark.parametrize("changes", [ElfChanges(), CHANGES])
    @pytest.mark.parametrize("data", [lib(), DONE])
    def test_of_members_and_of_files_outside(self, data: bytes, changes: ElfChanges, *, strip: bool) -> None:
        made, expected = edited(Bytes(data), changes, strip=strip)
        outside, same = edited(Outside(Disk({"/lib/x": data})["/lib/x"]), changes, strip=strip)
        assert made.read() == outside.read() == expected == same
        assert made.read() == expected
        assert made.size == outside.size == len(expected)
        assert made.head(64) == outside.head(64) == expected[:64]
        assert bool(changes) == (read_elf(expected).soname == self.CHANGES.soname)
        assert not strip or is_stripped(bytes(expected))

    def test_a_file_outside_as_it_is(self) -> None:
        content = Outside(Disk({"/lib/x": FOO})["/lib/x"])
        assert (content.size, content.head(4), content.read()) == (len(FOO), b"\x7fELF", FOO)

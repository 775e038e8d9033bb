"""What `pack` says: a table for pipes, one that fits for terminals, all of it for a single wheel, and JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from tests.report.packed import (
    ERROR,
    GLIBC,
    HOSTILE,
    INDEX,
    LINUX,
    MACOS,
    NOTE,
    STATIC,
    STRICTER,
    USUAL,
    WARNING,
    WINDOWS,
    Packed,
    Published,
    Run,
)
from tests.support import closed_schema
from truewheel.errors import RequestError, Where
from truewheel.report import machine, terminal, text
from truewheel.report.packings import packing_lines

ALL = Run((*USUAL, STRICTER))
FOUND = replace(GLIBC, grafted=("tool.libs/libx-1234.so",), findings=(WARNING, NOTE, ERROR))
COMPARED = Run(
    tuple(
        replace(wheel, written=False, published=Published(state, "" if state == "absent" else "b" * 64))
        for wheel, state in zip(USUAL, ("same", "different", "absent", "same"), strict=True)
    ),
    ("tool-1.0-py3-none-win32.whl",),
)


def drawn(run: Run, width: int, *, colour: bool = False) -> str:
    """What a terminal of this width shows."""
    system = "standard" if colour else None
    console = Console(file=(out := StringIO()), width=width, force_terminal=True, color_system=system)  # type: ignore[arg-type]  # a literal
    console.print(terminal.packed(run, width=width))
    return out.getvalue()


def folded(run: Run, width: int) -> str:
    """The lines for a terminal of this width, before it has them."""
    return "\n".join(line.rstrip() for line in terminal.packed(run, width=width).plain.split("\n"))


def test_in_a_pipe_each_target_has_a_line_with_all_that_is_compared() -> None:
    heading, *lines, ending = text.packed(ALL).splitlines()
    assert heading.split() == ["target", "tags", "why", "size", "sha256"]
    assert [line.split()[0] for line in lines] == [wheel.label for wheel in ALL.targets]
    for line, wheel in zip(lines, ALL.targets, strict=True):
        assert line.endswith(f"  {wheel.size:,}  {wheel.sha256}")
        assert f"  {', '.join(wheel.tags.claimed)}  " in line
    assert len({line.index("4,012,345") for line in lines}) == 1
    assert ending == f"5 wheels written to dist ({5 * 4_012_345:,} bytes)"


def test_families_with_one_reason_share_it_and_others_have_their_own() -> None:
    static, _, fat, *_ = text.packed(ALL).splitlines()[1:]
    assert static.count(STATIC) == 1
    assert "  minos 11.7.1 of the arm64 slice; minos 11.7.1 of the x86_64 slice  " in fat


def test_a_tag_that_was_asked_for_says_which_would_do() -> None:
    assert "because    asked for: manylinux_2_17_s390x would do\n             memcpy@" in text.packed(Run((STRICTER,)))


def test_what_is_not_certain_is_a_reason_too() -> None:
    tags = replace(LINUX.tags, reasons=("x86_64 and arm64 have files of their own",))
    assert "because    x86_64 and arm64 have files of their own\n" in text.packed(Run((replace(LINUX, tags=tags),)))


def test_a_reason_of_any_length_stays_readable() -> None:
    why = LINUX.tags.deciding[0]._replace(reason="x" * 100_000)
    endless = replace(LINUX, tags=replace(LINUX.tags, deciding=(why,)))
    assert len(text.packed(Run((endless, MACOS)))) < 5_000
    assert len(folded(Run((endless, MACOS)), 80)) < 5_000


@pytest.mark.parametrize("width", [80, 100, 120, 150, 200])
@pytest.mark.parametrize("run", [ALL, COMPARED], ids=["written", "compared"])
def test_in_a_terminal_nothing_is_too_broad_and_digests_stay_whole(run: Run, width: int) -> None:
    shown = drawn(run, width)
    lines = shown.splitlines()
    assert all(len(line) <= width for line in lines)
    assert shown.count("a" * 64) == len(run.targets)
    for wheel in run.targets:
        assert wheel.label in shown
        assert all(tag in shown for tag in wheel.tags.claimed)
    assert "\x1b" not in shown


def test_the_table_is_folded_where_it_would_not_fit_and_no_sooner() -> None:
    whole = text.packed(ALL)
    breadth = max(map(len, whole.splitlines()))
    assert folded(ALL, breadth) == whole
    assert "  sha256 aaaa" in folded(ALL, breadth - 1)


@pytest.mark.parametrize("width", [None, 100])
def test_sizes_end_in_one_column(width: int | None) -> None:
    run = Run((replace(LINUX, size=7), MACOS))
    said = folded(run, width) if width else text.packed(run)
    small, large = (next(line for line in said.splitlines() if line.startswith(name)) for name in ("linux", "macos"))
    assert small.index(" 7") + 2 == large.index("4,012,345") + 9


@pytest.mark.parametrize("width", range(78, 160, 9))
def test_whatever_is_long_is_folded(width: int) -> None:
    why = LINUX.tags.deciding[0]._replace(reason="\x1b" * 40 + " uses " + "long_name@GLIBC_2.17 " * 9)
    long = replace(LINUX, label="\x1b-" * 12, tags=replace(LINUX.tags, deciding=(why,)))
    assert max(map(len, folded(Run((long, MACOS)), width).splitlines())) <= width


def test_long_labels_are_folded_before_reasons_are_cut_to_ribbons() -> None:
    run = Run(tuple(replace(wheel, label=f"tool-{wheel.label}-1.0.0-release.tar.xz") for wheel in USUAL))
    lines = drawn(run, 80).splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert [line.split()[0] for line in lines[1:3]] == ["tool-linux-x64-1.0.0-", "release.tar.xz"]
    assert any(line.startswith("tool-macos-1.0.0-") for line in lines)
    assert "tool-linux-x64-1.0.0-release.tar.xz" in drawn(run, 200)


def test_a_narrow_terminal_is_no_reason_to_fail() -> None:
    assert all(wheel.label in drawn(ALL, 40) for wheel in USUAL)


def test_a_single_target_is_told_in_full() -> None:
    lines = text.packed(Run((FOUND,))).splitlines()
    assert lines[0] == f"linux-arm64: written to {FOUND.path}"
    assert [line.split()[0] for line in lines[1:]] == [
        *("tag", "because", "size", "sha256", "programs", "licences", "graft", "from", "its", "error", "warning"),
    ]
    said = "\n".join(lines)
    assert "  size       4,012,345 bytes, 9 members\n" in said
    assert "  programs   tool: bin/tool\n" in said
    assert "  licences   LICENSE, lib/COPYING\n" in said
    assert "  graft      tool.libs/libx-1234.so\n" in said
    assert f"  from       archives/tool.tar.xz\n  its sha256 {'c' * 64}\n" in said
    assert "PATH004" not in said


def test_a_single_target_keeps_to_the_width_of_a_terminal() -> None:
    assert all(len(line) <= 80 for line in drawn(Run((GLIBC,)), 80).splitlines())
    assert drawn(Run((GLIBC,)), 80).count("a" * 64) == 1


def test_several_programs_and_how_they_start() -> None:
    program = LINUX.programs[0]
    many = replace(LINUX, programs=(program, replace(program, command="other", script=True)), licences=(), members=1)
    said = text.packed(Run((replace(many, source_sha256=None),)))
    assert "programs   tool: bin/tool\n             other: bin/tool itself\n" in said
    assert "1 member\n" in said
    assert "licences" not in said
    assert "its sha256" not in said


def test_what_is_only_worked_out_says_so() -> None:
    dry = tuple(replace(wheel, written=False) for wheel in USUAL)
    assert "4 wheels would be written to dist (" in text.packed(Run(dry))
    assert text.packed(Run(dry[:1])).startswith(f"linux-x64: would be written to {LINUX.path}\n")


@pytest.mark.parametrize(
    ("path", "folder"), [("out\\a.whl", "out"), ("a.whl", "."), ("/a.whl", "."), ("x/y/a.whl", "x/y")]
)
def test_the_folder_is_named_whatever_the_system(path: str, folder: str) -> None:
    said = text.packed(Run((replace(LINUX, path=path), replace(MACOS, path=path))))
    assert f"2 wheels written to {folder} (" in said


def test_what_is_worse_than_a_note_stands_below_the_table() -> None:
    lines = text.packed(Run((LINUX, FOUND))).splitlines()
    assert lines[3:6] == [
        "linux-arm64: graft: tool.libs/libx-1234.so",
        "linux-arm64: error: LIB001 tool/bin/tool: libx.so.1 is not in the wheel",
        "linux-arm64: warning: PATH001 tool/bin/tool: DT_RUNPATH holds /opt/x",
    ]
    assert lines[6].startswith("2 wheels written")


def test_many_findings_and_grafts_are_counted() -> None:
    findings = tuple(replace(WARNING, member=f"m{number:02}") for number in range(20))
    grafts = tuple(f"tool.libs/lib{number}.so" for number in range(9))
    said = text.packed(Run((replace(LINUX, findings=findings, grafted=grafts),)))
    assert said.count("PATH001") == 8
    assert "12 others, which `truewheel check` lists" in said
    assert "graft      and 1 more" in said


def test_a_comparison_says_each_state_and_counts_them() -> None:
    heading, *lines, extra, ending = text.packed(COMPARED).splitlines()
    assert heading.split()[:3] == ["target", "published", "tags"]
    states = [
        line.removeprefix(wheel.label).split("  m")[0].split("  w")[0].strip()
        for line, wheel in zip(lines, USUAL, strict=True)
    ]
    assert states == ["same", "different", "not published", "same"]
    assert extra == "tool-1.0-py3-none-win32.whl: published, and no target makes it"
    counts = "2 same, 1 different, 1 not published, 1 that no target makes"
    assert ending == f"4 wheels compared with {INDEX}: {counts}"


def test_all_the_same_is_said_shortly() -> None:
    run = Run((COMPARED.targets[0],))
    assert text.packed(run).splitlines()[-1] == f"1 wheel compared with {INDEX}: 1 same"
    assert "  published  the same bytes in " in text.packed(run)


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (1, f"published  another file in {INDEX}, with the sha256\n             {'b' * 64}\n"),
        (2, f"published  no wheel of that name in {INDEX}\n"),
    ],
)
def test_a_single_comparison_tells_what_is_there(index: int, said: str) -> None:
    assert said in text.packed(Run((COMPARED.targets[index],)))


def test_colours_follow_the_outcome() -> None:
    red, green = "\x1b[1;31m", "\x1b[32m"
    assert red in drawn(COMPARED, 200, colour=True)
    assert red in drawn(COMPARED, 80, colour=True)
    same = drawn(Run((COMPARED.targets[0],)), 80, colour=True)
    assert green in same
    assert red not in same


def test_only_what_is_all_the_same_ends_well() -> None:
    def ending(run: Run) -> str:
        return list(packing_lines(run))[-1].tone

    same = Run((COMPARED.targets[0], COMPARED.targets[3]))
    assert ending(same) == "good"
    assert ending(replace(same, extra=COMPARED.extra)) == "bad"
    assert ending(replace(same, targets=COMPARED.targets[:2])) == "bad"


def test_hostile_names_can_not_drive_a_terminal() -> None:
    unpublished = replace(HOSTILE, published=None, path="\x1b[31m/a.whl")
    runs = [Run((HOSTILE,)), Run((HOSTILE, WINDOWS), ("\x1b[2J.whl",)), Run((unpublished, LINUX))]
    for run in runs:
        for said in (text.packed(run), folded(run, 80), drawn(run, 80), drawn(run, 300)):
            assert all(letter.isprintable() for line in said.split("\n") for letter in line)
            assert "\\x1b[31m" in said


def test_json_is_valid_under_its_schema_and_says_the_same() -> None:
    error = RequestError("can't \udcff", where=Where("a.zip"), hint="do this")
    runs = [Run((*USUAL, HOSTILE)), COMPARED]
    first, second = (json.loads(machine.packed(run, [error])) for run in runs)
    for document in (first, second):
        json.dumps(document, ensure_ascii=False).encode()
        closed_schema("pack").validate(document)
        assert document["schema"] == "truewheel/pack/1"
        assert document["errors"][0]["hint"] == "do this"
    assert [wheel["label"] for wheel in second["wheels"]] == [wheel.label for wheel in USUAL]
    assert second["extra"] == ["tool-1.0-py3-none-win32.whl"]
    assert [wheel["published"]["sha256"] for wheel in second["wheels"]] == ["b" * 64, "b" * 64, None, "b" * 64]
    linux = first["wheels"][0]
    assert linux["tags"]["claimed"] == ["manylinux_2_5_x86_64", "musllinux_1_1_x86_64"]
    assert [reason["reason"] for reason in linux["because"]] == [STATIC, STATIC]
    assert linux["programs"] == [{"command": "tool", "path": "bin/tool", "script": False}]
    assert linux["published"] is None
    assert first["extra"] == []
    assert first["wheels"][-1]["source_sha256"] is None


def test_json_of_a_run_that_failed_has_no_wheels() -> None:
    document = json.loads(machine.packed(None, [RequestError("no")]))
    closed_schema("pack").validate(document)
    assert document["wheels"] == document["extra"] == []


def test_the_schema_refuses_what_is_not_in_it() -> None:
    document = json.loads(machine.packed(ALL, []))
    document["wheels"][0]["surprise"] = 1
    assert not closed_schema("pack").is_valid(document)


def test_states_of_a_later_version_are_told_as_they_are() -> None:
    later: Packed = replace(LINUX, published=Published("renamed"))
    assert "renamed" in text.packed(Run((later,)))
    assert text.packed(Run((later,))).endswith(": 1 renamed")

"""What `diff` tells in text, in a terminal and to machines: why first, then where."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from tests.report.comparisons import (
    ALONE,
    CODE,
    HOSTILE,
    IDENTICAL,
    INFO,
    MIXED,
    MODULE,
    NATIVE,
    PATHS,
    PIP_TWICE,
    PLACES,
    SAME,
    STORED,
    STORED_OTHERWISE,
    TOUCHED,
    comparison,
    lines,
    tree,
)
from tests.support import closed_schema
from truewheel.compare.model import Cause, Comparison, Difference, Kind, Line, Mark
from truewheel.compare.reasons import BUILD_ID, BUILD_PATH, BUILD_TIME, PLATFORM, UMASK
from truewheel.errors import RequestError, Where
from truewheel.report import machine, terminal, text
from truewheel.report.differences import (
    count,
    evidence,
    explanations,
    lines_of,
    members,
    scope,
    summary,
    values,
    verdict,
)
from truewheel.report.machine_comparisons import compared as compared_json

FOLLOWING = replace(NATIVE, inside=(replace(NATIVE.inside[0], follows=True), NATIVE.inside[1]))


class TestVerdict:
    @pytest.mark.parametrize(
        ("compared", "words", "tone"),
        [
            (IDENTICAL, "identical: the files have the same bytes", "good"),
            (SAME, "the same contents: nothing differs in 5 members, however they are stored", "good"),
            (replace(SAME, contents_only=False), "the same contents: nothing differs in 5 members", "good"),
            (
                STORED_OTHERWISE,
                (
                    "the same contents, stored differently: "
                    "time differs for 2 of 5 members; mode differs for 1 of 5 members"
                ),
                "warn",
            ),
            (
                comparison(
                    *(replace(TOUCHED, place="", summary=f"{label} differs") for label in ("a", "b", "c", "d", "e"))
                ),
                "the same contents, stored differently: a differs; b differs; c differs; and 2 things more",
                "warn",
            ),
            (comparison(CODE, left=tree(form="file"), right=tree(form="file")), "the files differ", "bad"),
            (comparison(TOUCHED), "the same contents, stored differently", "warn"),
            (comparison(CODE), "1 of 5 members differs", "bad"),
            (PIP_TWICE, "2 of 5 members differ", "bad"),
            (
                MIXED,
                "6 of 7 members differ: 1 only on the left, 1 only on the right, 1 more stored differently",
                "bad",
            ),
            (
                comparison(Difference("", Kind.CONTENT, "another form")),
                "the members are the same, what holds them differs",
                "bad",
            ),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_is_the_first_line(self, compared: Comparison, words: str, tone: str) -> None:
        assert text.compared(compared).splitlines()[0] == words
        assert (str(verdict(compared)), verdict(compared).tone) == (words, tone)

    def test_a_member_that_differs_in_two_ways_counts_once(self) -> None:
        twice = replace(TOUCHED, place=MODULE)
        counts = count(comparison(NATIVE, twice))
        assert (counts.differ, counts.stored) == (1, 0)
        assert [one.kinds for one in members(comparison(NATIVE, twice))] == [(Kind.CONTENT, Kind.STORAGE)]


class TestExplanations:
    def test_contents_come_before_storage_and_consequences_last(self) -> None:
        found = explanations(PIP_TWICE)
        assert [(item.reason, len(item.members)) for item in found] == [
            (BUILD_PATH, 1),
            (BUILD_TIME, 1),
            (UMASK, 1),
            (BUILD_ID, 1),
        ]
        assert [item.follows for item in found] == [False, False, False, True]
        assert [item.stored for item in found] == [False, True, True, False]

    def test_those_that_explain_most_come_first(self) -> None:
        more = [replace(NATIVE, place=f"{number}.so") for number in range(2)]
        assert explanations(comparison(*more, CODE))[0].reason is BUILD_PATH
        less = [replace(CODE, place=f"{number}.py") for number in range(2)]
        assert explanations(comparison(*less, NATIVE))[1].reason is BUILD_PATH

    def test_what_is_sure_once_is_sure(self) -> None:
        maybe = replace(CODE, place="a", causes=(PATHS._replace(sure=False),))
        assert explanations(comparison(maybe))[0].title == "probably the build directory"
        assert explanations(comparison(maybe, NATIVE))[0].title == "the build directory"

    def test_a_cause_below_a_consequence_is_one(self) -> None:
        outer = replace(NATIVE, follows=True)
        assert all(item.follows for item in explanations(comparison(outer)))

    def test_the_titles_of_a_member_are_those_of_what_can_be_mended(self) -> None:
        (member,) = members(comparison(NATIVE))
        assert member.titles == {BUILD_PATH: "the build directory"}
        (member,) = members(comparison(FOLLOWING))
        assert set(member.titles) == {BUILD_PATH, BUILD_ID}

    def test_what_is_not_explained_has_words(self) -> None:
        partly = replace(NATIVE, inside=(*NATIVE.inside, Difference(".text", Kind.CONTENT, "9 bytes differ")))
        lacks = [member.lack for member in members(comparison(NATIVE, replace(partly, place="b"), ALONE[0]))]
        assert lacks == ["", "partly unexplained", "unexplained"]

    def test_consequences_come_last_and_the_archive_before_them(self) -> None:
        assert [member.place for member in members(PIP_TWICE)] == [MODULE, "", f"{INFO}/RECORD"]

    @pytest.mark.parametrize(
        ("places", "words"),
        [
            (("a",), "in 1 member"),
            (("a", "b"), "in 2 members"),
            (("",), "in the archive itself"),
            (("", "a"), "in 1 member and the archive itself"),
        ],
    )
    def test_the_archive_is_no_member(self, places: tuple[str, ...], words: str) -> None:
        assert scope(places) == words


class TestValues:
    @pytest.mark.parametrize(
        ("left", "right", "shown"),
        [
            ("a", "b", ["-a", "+b"]),
            ("a", None, ["-a"]),
            (None, "b", ["+b"]),
            (None, None, []),
            ("a\nb\nc", "a\nc\nd", [" a", "-b", " c", "+d"]),
            ("a\nb", None, ["-a", "-b"]),
            (None, "a\nb", ["+a", "+b"]),
            ("1 byte", "2,000 bytes", []),
            ("8 bytes", "8 bytes", []),
            ("said", "said too", []),
            ("the same start…", "the same start…", []),
        ],
    )
    def test_are_lines_unless_the_summary_says_them(
        self, left: str | None, right: str | None, shown: list[str]
    ) -> None:
        difference = Difference("x", Kind.CONTENT, "it was said too", left, right)
        assert [f"{line.mark.value}{line.text}" for line in values(difference)] == shown

    def test_carriage_returns_that_all_lines_have_are_not_shown(self) -> None:
        crlf = Difference("x", Kind.CONTENT, "differs", lines=lines(" a\r", "-b\r", "@9 lines", "+c\r"))
        assert [line.text for line in lines_of(crlf)] == ["a", "b", "9 lines", "c"]
        mixed = replace(crlf, lines=lines("-b\r", "+b"))
        assert [line.text for line in lines_of(mixed)] == ["b\r", "b"]

    def test_sizes_go_into_the_summary(self) -> None:
        difference = Difference("x", Kind.CONTENT, "differs", "1 byte", "2,000 bytes")
        assert summary(difference) == "differs (1 byte on the left, 2,000 bytes on the right)"
        assert summary(replace(difference, right="1 byte")) == "differs (1 byte)"
        assert summary(replace(difference, right="b")) == "differs"

    def test_long_lists_are_merged_in_bounded_time(self) -> None:
        many = [str(number) for number in range(5_000)]
        difference = Difference("x", Kind.CONTENT, "differs", "\n".join(many), "\n".join(["new", *many[1:]]))
        found = values(difference)
        assert [line.text for line in found if line.mark is not Mark.RIGHT] == many
        assert [line.text for line in found if line.mark is not Mark.LEFT] == ["new", *many[1:]]

    def test_evidence_that_only_repeats_the_values_is_left_out(self) -> None:
        difference = Difference("x", Kind.CONTENT, "differs", "a\nb", "c")
        assert evidence(Cause(BUILD_PATH, "a, b on the left, c on the right"), difference) == ""
        assert evidence(Cause(BUILD_PATH, "a, b on the left, c on the right: so it is"), difference) == "so it is"
        assert evidence(PATHS, difference) == PATHS.evidence


class TestText:
    def test_what_pip_leaves(self) -> None:
        assert text.compared(PIP_TWICE).splitlines() == [
            "2 of 5 members differ",
            "  left       markupsafe-3.0.4-cp311-cp311-linux_x86_64.whl (wheel, 24,301 bytes)",
            f"  sha256     {'a' * 64}",
            "  right      markupsafe-3.0.4-cp311-cp311-linux_x86_64.whl (wheel, 24,301 bytes)",
            f"  sha256     {'b' * 64}",
            "",
            "why",
            f"  the build directory (build-path) in 1 member: {MODULE}",
            f"    {BUILD_PATH.why}",
            f"    mend it: {BUILD_PATH.remedy}",
            "  the time of the build (build-time) in the archive itself",
            f"    {BUILD_TIME.why}",
            f"    mend it: {BUILD_TIME.remedy}",
            "  probably the umask (umask) in the archive itself",
            f"    {UMASK.why}",
            f"    mend it: {UMASK.remedy}",
            f"  follows: the build id (build-id) in 1 member: {MODULE}",
            "",
            f"{MODULE}: 2 things differ (36,592 bytes)",
            "  .debug_line_str: 8 of 612 bytes differ, in 1 string",
            f"    - {PLACES[0]}/src/markupsafe",
            f"    + {PLACES[1]}/src/markupsafe",
            f"    because of the build directory: {PATHS.evidence}",
            "  follows: .note.gnu.build-id: the build id differs",
            "",
            "(the archive)",
            "  time differs for 2 of 5 members",
            "    - 2026-11-21 18:57:38 for all",
            "    + 2026-11-21 18:59:40 for all",
            "    because of the time of the build",
            "  mode differs for 1 of 5 members",
            "    - 0644 for all",
            "    + 0644 (4), 0664 (1)",
            "    probably because of the umask: 0664 is what 002 makes of 0666",
            "",
            f"follows: {INFO}/RECORD: 1 row differs, as its member does",
        ]

    def test_one_thing_of_the_archive_stands_in_a_line(self) -> None:
        said = text.compared(comparison(STORED[0])).splitlines()
        assert "(the archive): time differs for 2 of 5 members" in said
        assert not any(line.startswith("  markupsafe/__init__.py") for line in said)
        full = text.compared(comparison(STORED[0]), full=True).splitlines()
        assert full[-2].startswith("  markupsafe/__init__.py: time: 2026-11-21 18:57:38 on the left, 2026")

    def test_members_that_need_a_line_stand_close_together(self) -> None:
        alone = [replace(ALONE[0], place=name) for name in "abc"]
        said = text.compared(comparison(CODE, *alone, NATIVE))
        assert f"\n\na: {ALONE[0].summary}\nb: {ALONE[0].summary}\nc: {ALONE[0].summary}\n\n{MODULE}" in said

    def test_a_member_with_one_cause_needs_a_line(self) -> None:
        cause = (Cause(PLATFORM, "x86 on the left, arm64 on the right"),)
        alone = [replace(ALONE[0], place=name, causes=cause) for name in "ab"]
        said = text.compared(comparison(*alone)).splitlines()
        because = f"{ALONE[0].summary}, because of another platform"
        assert said[-2:] == [f"a: {because}: x86 on the left, arm64 on the right", f"b: {because}"]

    def test_the_same_evidence_is_told_once(self) -> None:
        again = replace(NATIVE.inside[0], place=".debug_str")
        said = text.compared(comparison(replace(NATIVE, inside=(NATIVE.inside[0], again))))
        assert said.count(f"because of the build directory: {PATHS.evidence}\n") == 1
        assert said.count("because of the build directory") == 2

    def test_full_shows_consequences_too(self) -> None:
        said = text.compared(PIP_TWICE, full=True)
        assert "\n  .note.gnu.build-id: the build id differs\n    - 5d0a0e3c" in said
        assert f"\n{INFO}/RECORD: 1 row differs" in said
        assert f"\n  - {MODULE},sha256=FJ3" in said

    def test_what_is_equal_is_told_without_reasons(self) -> None:
        for compared in (IDENTICAL, SAME):
            assert "why" not in text.compared(compared)
        assert "  right      unpacked (directory)" in text.compared(SAME).splitlines()

    def test_what_has_no_cause_is_named(self) -> None:
        said = text.compared(MIXED).splitlines()
        (line,) = (line for line in said if line.startswith("  no cause was recognized"))
        assert line.startswith("  no cause was recognized in 4 members: markupsafe/_speedups.pyi, ")
        assert line.endswith(" and 1 more")
        assert "  not all is explained in the archive itself" in said

    def test_what_is_explained_in_part_is_named(self) -> None:
        partly = replace(NATIVE, inside=(*NATIVE.inside, Difference(".text", Kind.CONTENT, "9 bytes differ")))
        assert f"\n  not all is explained in 1 member: {MODULE}\n" in text.compared(comparison(partly))

    def test_lines_stand_as_in_a_unified_difference(self) -> None:
        said = text.compared(comparison(CODE)).splitlines()
        start = said.index("markupsafe/_build.py: 3 lines differ")
        assert said[start + 1 : start + 9] == [
            "    # made by setup.py",
            "  - COMPILER = 'gcc 12.2.0 (Debian)'",
            "  - HOST = 'alpha'",
            "  - FLAGS = ['-O3', '-DNDEBUG', '-fwrapv']",
            "  + COMPILER = 'gcc 14.2.0 (Debian)'",
            "  + FLAGS = ['-O2', '-DNDEBUG', '-fwrapv', '-g']",
            "  @ 40 lines",
            "    def version():",
        ]

    def test_long_lists_are_cut_and_full_shows_all(self) -> None:
        rows = lines(*(f"-{number}" for number in range(100)))
        inside = tuple(Difference(f"part {number}", Kind.CONTENT, "differs") for number in range(50))
        followers = tuple(Difference(f"id {number}", Kind.CONTENT, "differs", follows=True) for number in range(50))
        many = [
            Difference(f"{number:03}.py", Kind.CONTENT, "differs", lines=rows, inside=inside + followers)
            for number in range(100)
        ]
        said = text.compared(comparison(*many))
        assert "\nand 80 more members (--full shows all)" in said
        assert "\n  and 42 more places (--full shows all)" in said
        assert "\n  and 76 more lines (--full shows all)" in said
        assert "\n  follows: and 42 more places" in said
        full = text.compared(comparison(*many), full=True)
        assert "more places" not in full
        assert all(f"\n{number:03}.py: differs" in full for number in range(100))
        assert full.count("\n  - 99\n") == full.count("\n  id 49: differs") == 100

    @pytest.mark.parametrize(("left", "right", "lefts", "rights"), [(40, 40, 12, 12), (40, 3, 21, 3), (2, 40, 2, 22)])
    def test_lists_are_cut_to_some_of_both_sides(self, left: int, right: int, lefts: int, rights: int) -> None:
        one, other = (
            "\n".join(f"{side} {number}" for number in range(size)) for side, size in (("a", left), ("b", right))
        )
        found = comparison(Difference("x.so", Kind.CONTENT, "strings differ", one, other))
        shown = text.compared(found)
        assert (shown.count("- a "), shown.count("+ b ")) == (lefts, rights)
        whole = text.compared(found, full=True)
        assert (whole.count("- a "), whole.count("+ b ")) == (left, right)

    def test_one_alone_is_never_cut(self) -> None:
        many = [Difference(f"{number:03}.py", Kind.CONTENT, "differs") for number in range(21)]
        assert "\n020.py: differs" in text.compared(comparison(*many))

    def test_long_values_are_cut(self) -> None:
        said = text.compared(comparison(Difference("a", Kind.CONTENT, "differs", "x" * 10_000, "y")))
        assert f"\n  - {'x' * 500}… (9,500 more characters)\n  + y" in said

    def test_what_has_no_place_within_a_member_has_no_name(self) -> None:
        inner = Difference("", Kind.CONTENT, "4 bytes differ")
        assert "\na: differs\n  4 bytes differ" in text.compared(
            comparison(Difference("a", Kind.CONTENT, "differs", inside=(inner,)))
        )

    def test_no_control_character_of_either_side_comes_through(self) -> None:
        nasty = "\x1b[31m\u202e\u2066\r\x00\udcff"
        line = (Line(Mark.LEFT, 1, None, nasty),)
        cause = (Cause(BUILD_PATH, nasty),)
        inner = Difference(nasty, Kind.CONTENT, nasty, nasty, nasty, line, cause)
        trees = tree(nasty), tree(nasty)
        compared = comparison(replace(inner, inside=(inner,)), left=trees[0], right=trees[1])
        for full in (False, True):
            said = text.compared(compared, full=full)
            assert all(character == "\n" or character.isprintable() for character in said)
            assert "\\x1b[31m\\u202e\\u2066\\r\\x00\\udcff" in said

    def test_a_report_in_a_file_is_announced(self) -> None:
        assert text.compared_to(PIP_TWICE, "a\x1b.html", page=True) == (
            "2 of 5 members differ\n  written to a\\x1b.html: open it in a browser"
        )
        assert text.compared_to(IDENTICAL, "a.txt", page=False).endswith("\n  written to a.txt")


class TestTerminal:
    @pytest.mark.parametrize("full", [False, True])
    def test_the_words_are_those_of_the_pipe(self, *, full: bool) -> None:
        console = Console(file=StringIO(), width=80, record=True, force_terminal=True, color_system="standard")
        console.print(terminal.compared(MIXED, full=full), soft_wrap=True)
        shown = console.export_text(styles=False)
        assert [line.rstrip() for line in shown.splitlines()] == text.compared(MIXED, full=full).splitlines()

    def test_there_is_colour_and_the_sides_differ_in_it(self) -> None:
        file = StringIO()
        Console(file=file, width=80, force_terminal=True, color_system="standard").print(terminal.compared(PIP_TWICE))
        assert f"\x1b[31m- {PLACES[0]}" in file.getvalue()
        assert f"\x1b[36m+ {PLACES[1]}" in file.getvalue()
        assert "\x1b[2m" in file.getvalue()


class TestMachine:
    @pytest.mark.parametrize("compared", [MIXED, PIP_TWICE, IDENTICAL, SAME, STORED_OTHERWISE])
    def test_documents_are_valid_under_their_schema(self, compared: Comparison) -> None:
        error = RequestError("broken", where=Where("a.whl"))
        document = json.loads(
            machine.document("diff", [compared_json(compared)], [error], subject="comparisons"),
        )
        closed_schema("diff").validate(document)
        assert document["schema"] == "truewheel/diff/1"
        (found,) = document["comparisons"]
        assert found["equal"] is compared.equal
        assert found["identical"] is compared.identical
        assert found["same_contents"] is compared.same_contents
        assert found["unexplained"] == list(compared.unexplained)
        assert len(found["differences"]) == len(compared.differences)

    def test_everything_is_in_it(self) -> None:
        found = json.loads(json.dumps(compared_json(MIXED)))
        assert [cause["id"] for cause in found["causes"]] == [
            "build-path",
            "compiler",
            "build-time",
            "umask",
            "build-id",
        ]
        code, native = found["differences"][4:6]
        assert [tuple(line.values()) for line in code["lines"]] == [
            (line.mark.value, line.left, line.right, line.text) for line in CODE.lines
        ]
        assert native["inside"][0]["left"] == f"{PLACES[0]}/src/markupsafe"
        assert native["inside"][0]["causes"] == [{"id": "build-path", "evidence": PATHS.evidence, "sure": True}]
        assert native["inside"][1]["follows"] is True
        assert found["differences"][8]["place"] == HOSTILE
        assert found["differences"][8]["kind"] == ALONE[1].kind.value

    def test_names_that_are_no_text_are_spelled_out(self) -> None:
        said = machine.document("diff", [compared_json(comparison(Difference("\udcff", Kind.MODE, "m")))], [])
        assert json.loads(said)["wheels"][0]["differences"][0]["place"] == "\\udcff"

    def test_the_schema_refuses_what_is_not_in_it(self) -> None:
        document = json.loads(machine.document("diff", [compared_json(MIXED)], [], subject="comparisons"))
        document["comparisons"][0]["differences"][5]["inside"][0]["surprise"] = 1
        assert not closed_schema("diff").is_valid(document)

    def test_every_field_of_the_schema_is_described(self) -> None:
        schema = json.loads(json.dumps(closed_schema("diff").schema))
        inner = [schema["$defs"]["difference"], schema["properties"]["comparisons"]["items"]]
        for node in inner:
            for name, field in node["properties"].items():
                assert field.get("description"), name


def test_many_members_and_deep_ones_are_told() -> None:
    deep = Difference("x", Kind.CONTENT, "differs")
    for _ in range(60):
        deep = Difference("x", Kind.CONTENT, "differs", inside=(deep,))
    many = comparison(deep, *(replace(CODE, place=f"{number}") for number in range(5_000)))
    assert text.compared(many, full=True).count("\n") > 75_000
    assert len(json.dumps(compared_json(many))) > 1_000_000

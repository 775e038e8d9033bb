"""What `verify` tells in text and to machines: the verdict first, and nothing hidden behind it."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from math import inf

import pytest
from rich.console import Console

from tests.report.verified import (
    ABSENT,
    ALL,
    BIT_FOR_BIT,
    CONTENT,
    DIFFERENT,
    EMPTY,
    EXPLAINED,
    FAILED,
    FORGED,
    HOSTILE_ONE,
    HUGE,
    LISTED,
    LOG,
    NO_SOURCE,
    PATH,
    SAME_CONTENTS,
    SUSPECT,
    TRIED_TWICE,
    TRUSTED,
    UNLAWFUL,
    UNTOLD,
    ZIP_METADATA,
    verification,
)
from tests.support import closed_schema
from truewheel.errors import RequestError
from truewheel.recipes.model import Recipe
from truewheel.report import machine, terminal, text
from truewheel.report.columns import labelled, table
from truewheel.report.rates import Rates, by_backend, by_cause, share, worst_first
from truewheel.report.recipe_traits import traits
from truewheel.report.rows import Row
from truewheel.report.verifications import RUNGS, cautions, shortfall, taken_over, title, took
from truewheel.verdict.model import Judgement, Rung, Transplanted, Verification

A, B, C = "a" * 64, "b" * 64, "c" * 64


def lines(one: Verification, *, verbose: bool = False, width: int | None = None) -> list[str]:
    return text.verified(one, verbose=verbose, width=width).splitlines()


def row(one: Verification, label: str, *, verbose: bool = False) -> list[str]:
    """The texts of the rows under a label."""
    found: list[str] = []
    at = ""
    for line in lines(one, verbose=verbose)[1:]:
        at = line[2:12].strip() or at
        if at == label:
            found.append(line[13:])
    return found


class TestText:
    def test_of_a_wheel_that_is_suspect(self) -> None:
        assert lines(SUSPECT) == [
            ("zipped-1.0-py3-none-any.whl: bit-for-bit given 1,234 bytes of zip metadata "
            "(times of 20 members, modes of 1 member, places of 3 members)"),
            f"  meaning    {RUNGS[Rung.ZIP_METADATA].meaning}",
            "  but        A published attestation is invalid: the attestation is of another file: its sha256 is d0d0…",
            ("             The sdist is not what its commit holds: changed: pyproject.toml, "
            "only in the sdist: demo/_hidden.py, executable bit: demo/run.sh"),
            "  wheel      zipped-1.0-py3-none-any.whl (64,928 bytes)",
            f"             sha256 {A}",
            "             from https://index.example/simple/demo/zipped-1.0-py3-none-any.whl",
            "             built by setuptools (70.0.0), uploaded 2024-05-29T15:37:47Z",
            "  source     zipped-1.0.tar.gz (131,218 bytes)",
            f"             sha256 {C}",
            "             from https://index.example/simple/demo/demo-1.0.tar.gz",
            "  rebuilt    zipped-1.0-py3-none-any.whl (64,901 bytes)",
            f"             sha256 {B}",
            "             written with the published zip's metadata, it has the published sha256",
            "  attempt    bit for bit the same, given zip metadata, 2.2 s",
            "  with       CPython 3.12.3, setuptools==70.0.0, wheel==0.43.0",
            "  apart by   bubblewrap",
            "  because    setuptools==70.0.0 (generator): WHEEL says: setuptools (70.0.0)",
            "             no release after 2024-05-29T15:37:49Z (upload-time): the wheel was uploaded then",
            "             SOURCE_DATE_EPOCH is not set (epoch): the members have 3 different times",
            "  taken over 1,234 bytes of zip metadata (times of 20 members, modes of 1 member, places of 3 members)",
            "  attested   invalid: the attestation is of another file: its sha256 is d0d0…",
            "             unverifiable: sigstore isn't installed",
            "             by GitLab",
            "             absent: the index has no attestations of this file",
            "  commit     https://github.com/demo/demo packages/demo v1.0, 0123456789abcdef0123456789abcdef01234567",
            "             chosen: the attestation's certificate says so",
            "             the tag v1.0 leads elsewhere by now",
            "  but        changed: pyproject.toml",
            "             only in the sdist: demo/_hidden.py",
            "             executable bit: demo/run.sh",
            "  where      pyproject.toml: line ends alone differ",
            "  generated  PKG-INFO: backends write it",
            "             setup.cfg: setuptools adds egg_info to it",
            "  left out   tests/data.bin",
            "             .gitignore",
            "  note       the release is yanked: broken on Python 3.13",
            "             the network was within reach of the build",
            "  took       3.5 s",
        ]  # fmt: skip

    def test_of_a_wheel_that_differs(self) -> None:
        assert lines(DIFFERENT)[0] == (
            "different-1.0-py3-none-any.whl: different: 6 files, of which 4 unexplained: "
            "demo/core.py, demo/py.typed, demo/build.log and 1 more"
        )
        assert row(DIFFERENT, "but") == [
            "The published RECORD is wrong: demo/core.py: its sha256 isn't the one that RECORD says"
        ]
        assert row(DIFFERENT, "differs") == [
            "demo/core.py (contents, unexplained): 3 lines differ",
            "demo/py.typed (only published, unexplained): in the published wheel alone: 0 bytes",
            "demo/build.log (only rebuilt, unexplained): in the rebuilt wheel alone: 17 bytes",
            "demo/run.sh (executable bit, unexplained): executable in the published wheel alone",
            (
                "demo/_speed.cpython-312-x86_64-linux-gnu.so (contents, the build directory, another compiler): "
                "8 of 612 bytes differ in .debug_line_str"
            ),
            "  the build directory: each side names a folder that pip made",
            "  another compiler: gcc 12.2.0 and gcc 14.2.0",
            "demo-1.0.dist-info/RECORD (contents, follows from the rest): 1 row differs, as its member does",
        ]
        assert row(DIFFERENT, "RECORD") == [
            "demo/core.py: its sha256 isn't the one that RECORD says",
            "demo/extra.py has no row",
        ]

    def test_of_a_wheel_that_could_not_be_built(self) -> None:
        first, *_ = lines(FAILED)
        assert first == "broken-1.0-py3-none-any.whl: not rebuilt: nothing was built in 2 attempts"
        assert row(FAILED, "problem") == []
        assert row(FAILED, "hint") == ["read the log; --override FILE says what can't be inferred"]
        assert row(FAILED, "attempt") == ["2 of 2: not rebuilt, 0.2 s"]
        assert row(FAILED, "failed") == ["no interpreter: Python 3.9 is not here"]
        assert row(FAILED, "rebuilt") == []
        assert row(FAILED, "attempt", verbose=True) == ["1 of 2: not rebuilt, 1.5 s", "2 of 2: not rebuilt, 0.2 s"]
        assert row(FAILED, "failed", verbose=True) == [*LOG, "no interpreter: Python 3.9 is not here"]

    def test_the_end_of_a_log_is_not_told_twice(self) -> None:
        failed = replace(FAILED, attempts=FAILED.attempts[:1], problem="\n".join(LOG))
        assert lines(failed)[0] == f"broken-1.0-py3-none-any.whl: not rebuilt: {LOG[0]}"
        assert row(failed, "problem") == []
        assert row(failed, "failed") == [*LOG]
        assert row(replace(failed, problem="one\ntwo"), "problem") == ["two"]
        assert row(replace(BIT_FOR_BIT, problem="can't be signed"), "problem") == ["can't be signed"]

    def test_of_what_is_not_there(self) -> None:
        assert lines(ABSENT) == [
            "nosuch==9.9: not rebuilt: https://index.example/simple has no project of that name",
            "  hint       check the spelling, or say another index with --index-url",
            "  took       0.1 s",
        ]
        assert lines(EMPTY)[0] == ": not rebuilt: nothing was built"
        assert row(NO_SOURCE, "source") == ["none"]

    def test_attempts_that_did_not_come_furthest_are_for_the_verbose(self) -> None:
        assert row(TRIED_TWICE, "attempt") == ["2 of 2: bit for bit the same, 2.2 s"]
        assert [said[:6] for said in row(TRIED_TWICE, "attempt", verbose=True)] == ["1 of 2", "2 of 2"]
        assert row(TRIED_TWICE, "recipe") == []
        assert row(TRIED_TWICE, "recipe", verbose=True)[-3:] == [
            "setting: --build-option=--quiet",
            "setting: --build-option=--universal",
            "setting: editable=no",
        ]

    def test_what_is_known_of_the_source_is_told(self) -> None:
        assert row(TRUSTED, "attested")[1].startswith("by GitHub, workflow release.yml, of https://github.com/demo")
        assert "the sdist holds nothing else than that commit and what build backends write" in row(TRUSTED, "commit")
        assert row(TRUSTED, "but") == []
        assert row(UNTOLD, "commit") == [
            "none",
            "not compared: METADATA names no repository that git could fetch",
        ]
        assert row(UNTOLD, "apart by") == ["nothing but a clean environment"]
        assert row(UNTOLD, "but") == [
            "The build was not isolated: nothing but a clean environment kept it apart from this machine"
        ]

    def test_long_lists_are_cut_unless_all_is_asked_for(self) -> None:
        assert len(lines(HUGE)) < 90
        assert "and 2,992 more (--verbose shows all)" in row(HUGE, "differs")
        assert all(len(line) < 600 for line in lines(HUGE))
        assert len(row(HUGE, "differs", verbose=True)) == 3_000
        nine = replace(BIT_FOR_BIT, notes=tuple("123456789"))
        assert row(nine, "note") == list("123456789")
        assert row(replace(nine, notes=tuple("1234567890")), "note")[-1] == "and 2 more (--verbose shows all)"

    @pytest.mark.parametrize("one", ALL, ids=lambda one: one.project[:9])
    @pytest.mark.parametrize("verbose", [False, True])
    def test_no_text_drives_a_terminal_and_widths_hold(self, one: Verification, verbose: bool) -> None:
        said = text.verified(one, verbose=verbose)
        assert all(character == "\n" or character.isprintable() for character in said)
        folded = text.verified(one, verbose=verbose, width=60).splitlines()
        assert all(len(line) <= 60 for line in folded[1:] if "sha256" not in line)
        assert "".join("".join(folded).split()) == "".join(said.split())

    def test_every_rung_has_words_and_a_sign_of_its_own_tone(self) -> None:
        assert set(RUNGS) == set(Rung)
        assert all(words.tone == "good" for rung, words in RUNGS.items() if rung.same)
        assert all(words.tone != "good" for rung, words in RUNGS.items() if not rung.same)
        assert len({words.sign for words in RUNGS.values()}) == 4
        assert len({(words.sign, words.tone) for words in RUNGS.values()}) == 4


class TestWords:
    @pytest.mark.parametrize(
        ("judgement", "words"),
        [
            (Judgement(rung=Rung.BIT_FOR_BIT), "Bit for bit the same"),
            (Judgement(rung=Rung.ZIP_METADATA), "Bit for bit the same, given zip metadata"),
            (
                Judgement(rung=Rung.ZIP_METADATA, transplanted=Transplanted(1, (("time", 1),), "")),
                "Bit for bit the same, given 1 byte of zip metadata",
            ),
            (Judgement(rung=Rung.SAME_CONTENTS), "The same contents"),
            (Judgement(rung=Rung.EXPLAINED), "The same but for files with a known cause"),
            (Judgement(rung=Rung.EXPLAINED, deviations=(PATH, LISTED)), "The same but for 1 file with a known cause"),
            (Judgement(rung=Rung.DIFFERENT), "Different"),
            (Judgement(rung=Rung.DIFFERENT, deviations=(CONTENT,)), "Different: 1 file differs, 1 unexplained"),
            (
                Judgement(rung=Rung.DIFFERENT, deviations=(CONTENT, PATH, LISTED)),
                "Different: 2 files differ, 1 unexplained",
            ),
        ],
    )
    def test_titles(self, judgement: Judgement, words: str) -> None:
        assert title(verification(judgement)) == words

    @pytest.mark.parametrize(
        ("one", "words"),
        [
            (BIT_FOR_BIT, ""),
            (
                ZIP_METADATA,
                "1,234 bytes of zip metadata (times of 20 members, modes of 1 member, places of 3 members)",
            ),
            (verification(Judgement(rung=Rung.ZIP_METADATA)), "zip metadata"),
            (SAME_CONTENTS, "time differs for 20 of 21 members, and 1 more"),
            (verification(Judgement(rung=Rung.SAME_CONTENTS)), ""),
            (EXPLAINED, "the build directory, another compiler, another version of the build backend"),
            (DIFFERENT, "demo/core.py: 3 lines differ, and 3 more"),
            (verification(Judgement(rung=Rung.DIFFERENT, deviations=(PATH,))), "the build directory, another compiler"),
            (FAILED, "nothing was built in 2 attempts"),
            (replace(FAILED, problem=""), "no interpreter: Python 3.9 is not here"),
            (replace(FAILED, problem="", attempts=FAILED.attempts[:1]), LOG[0]),
            (EMPTY, ""),
        ],
    )
    def test_what_keeps_it_from_the_best(self, one: Verification, words: str) -> None:
        assert shortfall(one) == words

    def test_what_was_taken_over_names_the_compressor(self) -> None:
        over = Transplanted(90, (("deflate", 2), ("folder", 1), ("end", 1), ("novel", 1)), "zlib level 9")
        assert taken_over(over).endswith("compressed by zlib level 9")
        assert taken_over(Transplanted(0, (), "")) == "0 bytes of zip metadata"

    def test_cautions_stand_beside_good_verdicts_too(self) -> None:
        assert list(cautions(BIT_FOR_BIT)) == []
        forged = replace(TRUSTED, attested=(*TRUSTED.attested, FORGED))
        assert [(one.head, one.tone) for one in cautions(forged)] == [("A published attestation is invalid", "bad")]

    def test_many_strange_files_are_one_line(self) -> None:
        (told,) = (one.details for one in cautions(HUGE) if one.head.startswith("The sdist"))
        assert told == ("changed: pyproject.toml, and 3,001 more",)

    def test_traits_of_a_plain_recipe_are_none(self) -> None:
        assert list(traits(Recipe())) == []
        assert [one.value for one in traits(Recipe(umask=0o002, line_ends="\r"))] == ["002", "'\\r'"]
        assert [one.name for one in traits(TRIED_TWICE.attempts[1].choice.recipe)] == [
            *("pinned", "required besides", "no release after", "Python", "SOURCE_DATE_EPOCH", "clock stands still at"),
            *("time zone", "umask", "sources", "line ends", "compiler", "form", "variable"),
            *("setting", "setting", "setting"),
        ]

    @pytest.mark.parametrize(
        ("seconds", "words"), [(0.0, "0.0 s"), (99.94, "99.9 s"), (100.0, "2 min"), (inf, "inf min")]
    )
    def test_durations(self, seconds: float, words: str) -> None:
        assert took(seconds) == words


class TestTable:
    def test_a_line_for_each_and_the_rates_below(self) -> None:
        found = [BIT_FOR_BIT, ZIP_METADATA, SAME_CONTENTS, EXPLAINED, DIFFERENT, FAILED, TRIED_TWICE]
        assert text.verifications(found).splitlines() == [
            "file                            verdict        seconds  cause",
            "demo-1.0-py3-none-any.whl       bit-for-bit        3.5",
            f"zipped-1.0-py3-none-any.whl     zip-metadata       3.5  {shortfall(ZIP_METADATA)}",
            "stored-1.0-py3-none-any.whl     same-contents      3.5  time differs for 20 of 21 members, and 1 more",
            f"explained-1.0-py3-none-any.whl  same-but-for       3.5  {shortfall(EXPLAINED)}",
            (
                "different-1.0-py3-none-any.whl  different          3.5  "
                "The published RECORD is wrong; demo/core.py: 3 lines differ, and 3 more"
            ),
            "broken-1.0-py3-none-any.whl     not-rebuilt        3.5  nothing was built in 2 attempts",
            "twice-1.0-py3-none-any.whl      bit-for-bit        3.5",
            "",
            (
                "7 wheels: 2 bit-for-bit (29 %), 3 with zip metadata (43 %), 4 same contents (57 %), "
                "1 same but for files with a known cause, 1 different, 1 not rebuilt"
            ),
            "",
            "backend     wheels  bit-for-bit  with zip metadata  same contents",
            "setuptools       6     1 (17 %)           2 (33 %)       3 (50 %)",
            "hatchling        1    1 (100 %)          1 (100 %)      1 (100 %)",
        ]

    def test_a_narrow_terminal_gets_narrow_lines(self) -> None:
        for width in (80, 100):
            table_lines = text.verifications(ALL, width=width).split("\n\n")[0].splitlines()
            assert len(table_lines) == len(ALL) + 1
            assert all(len(line) <= width for line in table_lines)
        assert "zipped-1.0-py3-none-any.whl" in text.verifications([ZIP_METADATA], width=80)
        assert text.verifications([ZIP_METADATA], width=80).splitlines()[1].endswith("…")

    def test_of_nothing_at_all(self) -> None:
        assert text.verifications([]).splitlines()[-1] == (
            "0 wheels: 0 bit-for-bit (0 %), 0 with zip metadata (0 %), 0 same contents (0 %)"
        )

    def test_texts_cannot_break_the_table(self) -> None:
        said = text.verifications([HOSTILE_ONE, UNLAWFUL])
        assert all(character == "\n" or character.isprintable() for character in said)
        assert len(said.split("\n\n")[0].splitlines()) == 3


class TestTerminal:
    @pytest.mark.parametrize("one", ALL, ids=lambda one: one.project[:9])
    def test_says_the_same_words_and_no_control_characters(self, one: Verification) -> None:
        console = Console(file=StringIO(), width=600, record=True, force_terminal=True, color_system="standard")
        console.print(terminal.verified(one, verbose=True))
        plain = "".join(console.export_text().replace("│", " ").split())
        for line in lines(one, verbose=True)[1:]:
            assert "".join(line.split()) in plain
        assert RUNGS[one.rung].sign in plain

    def test_of_many_as_a_table(self) -> None:
        console = Console(file=StringIO(), width=500, record=True, force_terminal=True, color_system="standard")
        console.print(terminal.verifications(ALL))
        plain = console.export_text()
        assert "\N{CHECK MARK} bit-for-bit" in plain
        assert "is invalid; The sdist is not what its commit holds; 1,234 bytes of zip metadata" in plain
        assert f"{len(ALL)} wheels: 3 bit-for-bit (20 %)" in plain
        assert all(character.isprintable() or character == "\n" for character in plain)


class TestRates:
    def test_a_share_is_all_or_nothing_only_where_it_is(self) -> None:
        told = [share(number, 1_000) for number in (0, 1, 5, 15, 500, 999, 1_000)]
        assert told == ["0 %", "1 %", "1 %", "2 %", "50 %", "99 %", "100 %"]
        assert share(0, 0) == "0 %"

    def test_what_is_better_counts_for_what_is_worse(self) -> None:
        rates = Rates.of([*Rung, Rung.BIT_FOR_BIT])
        assert [rates.at_least(rung) for rung in Rung] == [2, 3, 4, 5, 6, 7]
        assert [rates.count(rung) for rung in Rung] == [2, 1, 1, 1, 1, 1]
        assert rates.total == 7

    def test_backends_with_most_wheels_come_first(self) -> None:
        assert [(name, rates.total) for name, rates in by_backend([TRIED_TWICE, FAILED, BIT_FOR_BIT, ABSENT])] == [
            ("setuptools", 2),
            ("hatchling", 1),
            ("unknown", 1),
        ]

    def test_causes_are_counted_once_a_wheel(self) -> None:
        found = [BIT_FOR_BIT, ZIP_METADATA, ZIP_METADATA, SAME_CONTENTS, EXPLAINED, DIFFERENT, FAILED, ABSENT]
        assert by_cause(found) == (
            ("another compiler", 2),
            ("the build directory", 2),
            ("zip metadata: mode", 2),
            ("zip metadata: order", 2),
            ("zip metadata: time", 2),
            ("another version of the build backend", 1),
            ("how the zip stores its members", 1),
            ("nothing could be built", 1),
            ("nothing was built", 1),
            ("unexplained", 1),
        )
        assert by_cause([verification(Judgement(rung=Rung.ZIP_METADATA))]) == (("zip metadata", 1),)

    def test_those_that_deserve_a_look_come_first(self) -> None:
        found = [BIT_FOR_BIT, SAME_CONTENTS, FAILED, DIFFERENT, EXPLAINED, ZIP_METADATA, TRIED_TWICE]
        assert [found[at].project for at in worst_first(found)] == [
            *("different", "explained", "broken", "stored", "zipped", "demo", "twice")
        ]


class TestColumns:
    def test_rows_are_folded_where_they_began(self) -> None:
        told = labelled([Row("label", "one two three four five"), Row("", "  six seven eight nine ten")], width=34)
        assert list(told) == [
            "  label      one two three four",
            "             five",
            "               six seven eight",
            "               nine ten",
        ]

    def test_tables_without_rows_are_nothing(self) -> None:
        assert list(table([])) == []
        assert list(table([], width=10)) == []

    def test_the_last_column_is_cut_before_the_first_one(self) -> None:
        cells = [("a" * 30, "b", "c" * 30)]
        assert list(table(cells, width=60)) == [f"{'a' * 30}  b  {'c' * 24}…"]
        assert list(table(cells, width=50)) == [f"{'a' * 24}…  b  {'c' * 19}…"]
        assert list(table(cells)) == [f"{'a' * 30}  b  {'c' * 30}"]


class TestMachine:
    def test_is_valid_under_its_schema(self) -> None:
        done = [machine.verified(one) for one in ALL if one is not UNLAWFUL]
        error = RequestError("no answer", hint="try again")
        document = json.loads(machine.document("verify", done, [error], subject="verifications"))
        closed_schema("verify").validate(document)
        assert document["schema"] == "truewheel/verify/1"
        assert [one["verdict"] for one in document["verifications"]] == [
            one.rung.value for one in ALL if one is not UNLAWFUL
        ]
        assert document["errors"][0]["hint"] == "try again"

    def test_says_all_that_is_known(self) -> None:
        said = json.loads(machine.document("verify", [machine.verified(SUSPECT), machine.verified(DIFFERENT)], []))
        suspect, different = said["wheels"]
        assert (suspect["verdict"], suspect["same"], suspect["best"]) == ("zip-metadata", True, 0)
        assert [one["head"] for one in suspect["cautions"]] == [
            "A published attestation is invalid",
            "The sdist is not what its commit holds",
        ]
        judgement = suspect["attempts"][0]["judgement"]
        assert judgement["transplanted"]["size"] == 1_234
        assert different["unexplained"] == ["demo/core.py", "demo/py.typed", "demo/build.log", "demo/run.sh"]
        assert different["attempts"][0]["judgement"]["deviations"][4]["causes"][0][0] == "build-path"

    def test_texts_are_such_as_json_can_carry(self) -> None:
        said = machine.document("verify", [machine.verified(UNLAWFUL)], [], subject="verifications")
        assert "\\\\udcff" in said
        assert json.loads(said)["verifications"][0]["target"].encode().endswith(b"\\udcff")

    def test_the_schema_refuses_what_is_not_in_it(self) -> None:
        document = json.loads(machine.document("verify", [machine.verified(EXPLAINED)], [], subject="verifications"))
        document["verifications"][0]["attempts"][0]["surprise"] = 1
        assert not closed_schema("verify").is_valid(document)

"""The helpers of the tests tell the truth: fetched wheels are the pinned ones, made wheels are valid."""

from __future__ import annotations

import re
import subprocess  # noqa: TID251 - a small process measures; the ban protects src
import sys
from pathlib import Path

import pytest
from installer.sources import WheelFile
from packaging.tags import Tag

from bench.contests import GOALS, contests
from bench.measure import BenchError, cost
from bench.wheels import SUBJECTS
from tests.corpus import ROOT, ROWS, Corpus, CorpusError, Row, pip_options, sha256_of
from tests.support import SAMPLE, wheel_members, write_wheel

SMALL = "lru_dict-1.4.1-cp313-cp313-android_21_arm64_v8a.whl"


def test_a_wheel_of_the_corpus_is_the_pinned_one(corpus: Corpus) -> None:
    path = corpus(SMALL)
    assert path.name == SMALL
    assert path.stat().st_size == ROWS[SMALL].size
    assert sha256_of(path) == ROWS[SMALL].sha256


def test_a_damaged_wheel_in_the_cache_is_fetched_again(tmp_path: Path) -> None:
    (tmp_path / SMALL).write_bytes(b"damaged")
    assert sha256_of(Corpus(tmp_path)(SMALL)) == ROWS[SMALL].sha256


def test_a_wheel_that_is_not_in_the_table_is_an_error(corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match="is not in the table"):
        corpus("six-1.16.0-py2.py3-none-any.whl")


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.file)
def test_rows_are_sane(row: Row) -> None:
    assert re.fullmatch("[0-9a-f]{64}", row.sha256)
    assert list(row.computed) == sorted(set(row.computed))
    assert row.verdict in {"", "exact", "stricter-than-needed", "too-generous", "contradictory", "unknown"}
    assert (row.verdict == "too-generous") <= (not set(row.computed) & set(row.claimed))


def test_pip_is_asked_for_exactly_one_platform_set() -> None:
    options = pip_options("orjson-3.13.0-cp312-cp312-macosx_10_15_x86_64.macosx_11_0_arm64.whl")
    assert options[2:] == [
        "--implementation=cp",
        "--python-version=3.12",
        "--abi=cp312",
        "--platform=macosx_10_15_x86_64",
        "--platform=macosx_11_0_arm64",
    ]
    assert "--implementation=py" in pip_options(SAMPLE)
    assert not [option for option in pip_options(SAMPLE) if "--platform" in option]


def test_made_wheels_are_valid(tmp_path: Path) -> None:
    name = "sample-1.0-cp312-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    path = write_wheel(tmp_path, {"sample/a,b.txt": b"quoted", "sample/empty": b""}, name=name)
    with WheelFile.open(path) as wheel:
        wheel.validate_record()
        assert {str(Tag("cp312", "abi3", "manylinux_2_17_x86_64"))} < set(
            re.findall("^Tag: (.+)$", wheel.read_dist_info("WHEEL"), re.MULTILINE)
        )


def test_made_wheels_can_lack_what_they_should_have() -> None:
    members = wheel_members(without={"RECORD", "WHEEL"})
    assert list(members) == ["sample/__init__.py", "sample-1.0.dist-info/METADATA"]


def test_goals_speak_of_contests_that_are_held() -> None:
    held = {contest.title: {c.name for c in contest.contenders} for contest in contests("truewheel", Path("bin"))}
    for goal in GOALS:
        assert {goal.contender, goal.against} - {""} <= held[goal.contest]
    assert {f"{job} {name}" for job in ("show", "normalize") for name in SUBJECTS} <= set(held)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows doesn't say what a child process took")
def test_cost_counts_what_a_program_uses() -> None:
    # A child's peak starts at its parent's, so the measuring is done by a process as small as the benchmark's.
    code = """
import sys
from bench.measure import cost
for program in sys.argv[1:]:
    took = cost([sys.executable, "-c", program])
    print(took.cpu, took.wall, took.peak)
"""
    programs = ["pass", "x = bytearray(200_000_000); y = sum(range(3_000_000))"]
    command = [sys.executable, "-c", code, *programs]
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.splitlines()
    idle, busy = (tuple(map(float, line.split())) for line in lines)
    assert busy[2] > 200_000_000 > idle[2]
    assert busy[0] > idle[0]
    assert idle[1] > 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows doesn't say what a child process took")
def test_a_program_that_fails_has_no_cost() -> None:
    with pytest.raises(BenchError, match="status 3: no luck"):
        cost([sys.executable, "-c", "import sys; sys.stderr.write('no luck'); sys.exit(3)"])

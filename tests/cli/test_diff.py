"""`diff` on files: what is printed, what is written, and the exit status."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from tests.cli.run import document, run
from tests.support import SAMPLE, wheel_bytes, write_wheel
from truewheel.cli import _group

needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    """Two wheels of one name, of which one module differs."""
    found = []
    for side, text in (("left", b"one = 1\nBUILD = '/tmp/pip-req-build-aaaaaaaa'\n"), ("right", b"one = 2\n")):
        (tmp_path / side).mkdir()
        found.append(write_wheel(tmp_path / side, {"sample/__init__.py": text}))
    return found[0], found[1]


def test_what_differs_is_told_and_ends_with_1(sides: tuple[Path, Path]) -> None:
    done = run("diff", *sides)
    assert done.exit_code == 1
    assert done.stdout.startswith("2 of 4 members differ\n  left       sample-1.0-py3-none-any.whl (wheel, ")
    assert "\nsample/__init__.py: " in done.stdout
    assert "\n  - one = 1\n" in done.stdout
    assert "\n  + one = 2\n" in done.stdout
    assert "\nfollows: sample-1.0.dist-info/RECORD: " in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_what_is_equal_ends_with_0(sides: tuple[Path, Path], tmp_path: Path) -> None:
    left, _ = sides
    again = tmp_path / SAMPLE
    again.write_bytes(left.read_bytes())
    done = run("diff", left, again)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "identical: the files have the same bytes")


def test_contents_alone_are_compared_where_that_is_asked(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stored, deflated = tmp_path / SAMPLE, tmp_path / "other" / SAMPLE
    stored.write_bytes(wheel_bytes(store=True))
    deflated.write_bytes(wheel_bytes(time=(2020, 1, 1, 0, 0, 0)))
    done = run("diff", stored, deflated)
    assert done.exit_code == 1
    assert done.stdout.startswith("the same contents, stored differently: ")
    done = run("diff", "--contents", stored, deflated)
    assert done.exit_code == 0
    assert done.stdout.startswith("the same contents: nothing differs in 4 members, however they are stored\n")


def test_json_is_the_document_of_the_schema(sides: tuple[Path, Path]) -> None:
    left, right = sides
    (found,) = document("diff", left, right, status=1)["comparisons"]
    assert (found["identical"], found["equal"], found["compared"]) == (False, False, 4)
    assert run("diff", "--format", "json", left, right).stdout == run("diff", "--json", left, right).stdout
    assert document("diff", left, left)["comparisons"][0]["identical"] is True


def test_html_is_a_page(sides: tuple[Path, Path]) -> None:
    done = run("diff", "--format", "html", *sides)
    assert done.exit_code == 1
    assert done.stdout.startswith("<!DOCTYPE html>\n")
    assert done.stdout.endswith("</html>\n")
    assert "<h1 " in done.stdout


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_output_goes_into_a_file(form: str, sides: tuple[Path, Path], tmp_path: Path) -> None:
    target = tmp_path / "reports" / f"diff.{form}"
    done = run("diff", "--format", form, "-o", target, *sides)
    assert done.exit_code == 1
    aside = ": open it in a browser" if form == "html" else ""
    assert done.stdout == f"2 of 4 members differ\n  written to {target}{aside}\n"
    assert target.read_bytes() == run("diff", "--format", form, *sides).stdout_bytes
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_full_cuts_nothing(tmp_path: Path) -> None:
    paths = []
    for side, value in (("left", "1"), ("right", "2")):
        (tmp_path / side).mkdir()
        files = {f"sample/m{number:03}.py": f"value = {value}\n".encode() for number in range(40)}
        paths.append(write_wheel(tmp_path / side, files))
    assert "and 20 more members (--full shows all)" in run("diff", *paths).stdout
    full = run("diff", "--full", *paths).stdout
    assert "--full shows all" not in full
    assert all(f"\nsample/m{number:03}.py: " in full for number in range(40))


def test_what_cannot_be_read_ends_with_2(sides: tuple[Path, Path], tmp_path: Path) -> None:
    left, _ = sides
    missing, output = tmp_path / "missing.whl", tmp_path / "diff.html"
    for asked in ((left, missing), (missing, left)):
        done = run("diff", *asked)
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"error: {missing}: there is no such file" in done.stderr
    done = run("diff", "--format", "html", "-o", output, left, missing)
    assert (done.exit_code, done.stdout, output.exists()) == (2, "", False)
    broken = tmp_path / SAMPLE
    broken.write_bytes(left.read_bytes()[:-30])
    found = document("diff", left, broken, status=2)
    assert found["comparisons"] == []
    assert found["errors"][0]["file"] == str(broken)


def test_an_empty_path_is_refused(sides: tuple[Path, Path]) -> None:
    done = run("diff", "", sides[0])
    assert done.exit_code == 2
    assert "empty path" in done.stderr


def test_limits_hold_for_both_sides(sides: tuple[Path, Path]) -> None:
    done = run("diff", "--max-members", "2", *sides)
    assert done.exit_code == 2
    assert "--max-members" in done.stderr


@pytest.mark.parametrize("side", [0, 1])
def test_no_side_is_overwritten(side: int, sides: tuple[Path, Path]) -> None:
    before = sides[side].read_bytes()
    done = run("diff", "-o", sides[side], *sides)
    assert done.exit_code == 2
    assert "would take the place of what is compared" in done.stderr
    assert sides[side].read_bytes() == before


def test_a_file_that_cannot_be_written_is_an_error(sides: tuple[Path, Path], tmp_path: Path) -> None:
    done = run("diff", "-o", tmp_path, *sides)
    assert done.exit_code == 2
    assert f"error: {tmp_path}: can't be written: " in done.stderr


@needs_terminal
@pytest.mark.parametrize("plain", [False, True])
def test_a_terminal_gets_colour_unless_that_is_unwanted(
    plain: bool, sides: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command runs in this process, with stdout at one end of a pseudo-terminal."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if plain:
        monkeypatch.setenv("NO_COLOR", "1")
    mine, theirs = os.openpty()
    with open(theirs, "w", encoding="utf-8", closefd=True) as terminal, open(mine, "rb", buffering=0) as screen:  # noqa: PTH123 - they are descriptors
        monkeypatch.setattr(sys, "stdout", terminal)
        with pytest.raises(SystemExit) as ended:
            _group.main(["diff", *map(str, sides)], prog_name="truewheel", standalone_mode=False)
        terminal.flush()
        said = screen.read(io.DEFAULT_BUFFER_SIZE).decode()
    assert ended.value.code == 1
    assert ("\x1b[" in said) is not plain
    assert "- one = 1" in said


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")
def test_what_is_no_regular_file_stays_what_it_is(tmp_path: Path) -> None:
    left, right = tmp_path / "left", tmp_path / "right"
    left.write_text("a\n")
    right.write_text("b\n")
    pipe, link, behind = tmp_path / "pipe", tmp_path / "link", tmp_path / "behind"
    os.mkfifo(pipe)
    link.symlink_to(behind)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run("diff", left, right, "-o", pipe).exit_code == 1
        assert b"differ" in os.read(reader, 1 << 16)
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert run("diff", left, right, "-o", link).exit_code == 1
    assert link.is_symlink()
    assert "differ" in behind.read_text()

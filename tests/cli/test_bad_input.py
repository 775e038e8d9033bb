"""Bad input: one clear message, exit status 2, nothing written, and the good wheels still reported."""

from __future__ import annotations

import os
import struct
import subprocess  # noqa: TID251  # the program itself is under test here
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import truewheel
from tests.cli.run import document, run
from tests.support import SAMPLE, wheel_bytes, wheel_members, write_wheel, zip_bytes
from truewheel.errors import RequestError

GOOD = "good-1.0-py3-none-any.whl"


def lying_about_size() -> bytes:
    """A 1-kB file whose one payload member claims 4 GiB - 2 in both headers."""
    data = bytearray(zip_bytes(wheel_members({"sample/big.bin": b"\0" * 5000})))
    size = struct.pack("<I", 0xFFFFFFFE)
    local = data.index(b"sample/big.bin") - 30
    central = data.rindex(b"sample/big.bin") - 46
    data[local + 22 : local + 26] = size
    data[central + 24 : central + 28] = size
    return bytes(data)


def two_dist_infos() -> bytes:
    return wheel_bytes({"sample/__init__.py": b"", "other-2.0.dist-info/METADATA": b"Name: other\n"})


CASES: dict[str, tuple[str, bytes | None, str]] = {
    "missing": (SAMPLE, None, "there is no such file"),
    "text": (SAMPLE, b"This is a text file, and no wheel at all.\n" * 40, "zip"),
    "empty-file": (SAMPLE, b"", "empty (0 bytes)"),
    "empty-zip": (SAMPLE, b"PK\5\6" + bytes(18), ""),
    "sdist": ("sample-1.0.tar.gz", b"\x1f\x8b\x08", "source distribution"),
    "sdist-in-disguise": (SAMPLE, b"\x1f\x8b\x08\0" + bytes(500), "gzip"),
    "broken-name": ("sample.whl", wheel_bytes(), "not the name of a wheel"),
    "name-of-another": ("other-1.0-py3-none-any.whl", wheel_bytes(), "other"),
    "without-WHEEL": (SAMPLE, wheel_bytes(without={"WHEEL"}), "WHEEL"),
    "without-RECORD": (SAMPLE, wheel_bytes(without={"RECORD"}), "RECORD"),
    "without-METADATA": (SAMPLE, wheel_bytes(without={"METADATA"}), "METADATA"),
    "two-dist-infos": (SAMPLE, two_dist_infos(), "dist-info"),
    "truncated": (SAMPLE, wheel_bytes()[: len(wheel_bytes()) // 2], "truncated"),
    "4-GB-in-1-kB": (SAMPLE, lying_about_size(), "sample/big.bin"),
}


@pytest.mark.parametrize("command", ["show", "check", "normalize", "repair", "retag", "digest"])
@pytest.mark.parametrize("case", CASES)
def test_bad_input(tmp_path: Path, command: str, case: str) -> None:
    filename, data, message = CASES[case]
    if (case, command) == ("sdist", "normalize"):
        message = "breaks off"  # it takes sdists, and this is none
    folder = tmp_path / "in"
    folder.mkdir()
    bad = folder / filename
    if data is not None:
        bad.write_bytes(data)
    good = write_wheel(folder, {"good/__init__.py": b""}, name=GOOD)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    into = ["-w", str(tmp_path / "out")]
    more = {"normalize": into, "repair": into, "retag": ["--auto", *into]}
    result = run(command, *more.get(command, []), bad, good)
    assert result.exit_code == 2
    error = result.stderr.splitlines()[0]
    assert error.startswith(f"error: {bad}: ")
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert "good" in result.stdout
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    written = {path.name for path in (tmp_path / "out").glob("*")} if (tmp_path / "out").exists() else set()
    assert written == ({GOOD} if command in more else set())


def test_a_directory_is_told_from_a_wheel(tmp_path: Path) -> None:
    result = run("show", tmp_path)
    assert result.exit_code == 2
    assert "is a directory, not a wheel" in result.stderr
    assert "hint: name the .whl files" in result.stderr


def test_a_pattern_that_is_none_and_a_name_with_a_nul(tmp_path: Path) -> None:
    assert "no such file" in run("show", "**.whl").stderr
    with pytest.raises(RequestError, match="can't be opened"):
        truewheel.show(str(tmp_path / "a\0-1-py3-none-any.whl"))


def test_errors_stand_in_the_json_too(tmp_path: Path) -> None:
    good = write_wheel(tmp_path, {"good/__init__.py": b""}, name=GOOD)
    found = document("show", tmp_path / SAMPLE, good, status=2)
    assert [wheel["file"] for wheel in found["wheels"]] == [str(good)]
    assert found["errors"][0]["message"] == "there is no such file"


def test_ten_thousand_members(tmp_path: Path) -> None:
    path = write_wheel(tmp_path, {f"sample/{i:05}.txt": b"x" * (i % 7) for i in range(10_000)})
    calls: list[list[str | Path]] = [["show"], ["check"], ["digest"]]
    calls += [[verb, "-w", tmp_path / verb] for verb in ("normalize", "repair")]
    for arguments in calls:
        result = run(*arguments, path)
        assert result.exit_code == 0, result.output
    assert "10,003 members" in run("show", path).stdout


def test_limits_can_be_moved(tmp_path: Path) -> None:
    path = write_wheel(tmp_path, {f"sample/{i}.txt": b"" for i in range(20)})
    result = run("show", "--max-members", "10", path)
    assert result.exit_code == 2
    assert "--max-members" in result.stderr
    assert run("show", "--max-members", "30", path).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["normalize", "x.whl"], "say where the result goes"),
        (["normalize", "--check", "--in-place", "x.whl"], "say where the result goes"),
        (["normalize", "--check", "--keep-compression", "--profile", "ld1", "x.whl"], "contradict"),
        (["normalize", "--check", "--no-verify", "x.whl"], "goes with --keep-compression"),
        (["retag", "x.whl"], "either --auto or --plat"),
        (["retag", "--auto", "--plat", "win32", "x.whl"], "either --auto or --plat"),
        (["check", "--select", "NOPE", "x.whl"], "no rule is called 'NOPE'"),
    ],
)
def test_contradicting_options(arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def in_a_process(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "truewheel", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}, timeout=120
    )


def test_the_program_ends_with_the_same_statuses(tmp_path: Path) -> None:
    good = write_wheel(tmp_path)
    assert in_a_process("show", good).returncode == 0
    missing = in_a_process("show", tmp_path / "no-1-py3-none-any.whl")
    assert (missing.returncode, missing.stdout) == (2, "")
    usage = in_a_process("show")
    assert usage.returncode == 2
    assert "Missing argument" in usage.stderr
    assert in_a_process("nonsense").returncode == 2
    assert in_a_process("normalize", "--check", good).returncode == 1
    assert "0.1.0" in in_a_process("--version").stdout


def test_output_survives_an_encoding_that_can_not_show_it(tmp_path: Path) -> None:
    path = write_wheel(tmp_path, {"sample/naïve-日本.py": b""})
    result = in_a_process("check", "--strict", path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert "Traceback" not in result.stderr
    assert result.returncode == 1


@pytest.mark.parametrize("build", [two_dist_infos, lying_about_size])
def test_the_cases_are_what_they_say(build: Callable[[], bytes]) -> None:
    assert len(build()) < 2000

"""What fuzzing and attacks by thought found in the reading of wheels, kept so that it stays mended."""

from __future__ import annotations

import gc
from pathlib import Path
from time import process_time

import pytest

from tests.support import SAMPLE, wheel_bytes
from tests.wheel.hostile_whole import CONTENTS
from tests.wheel.rawzip import INFO, Built
from truewheel.errors import WheelError
from truewheel.wheel import (
    RecordRow,
    WheelName,
    check_metadata,
    check_names,
    read,
    read_metadata,
    read_wheel_file,
    rows_of,
)
from truewheel.wheel.metadata import expanded, parse_metadata, parse_wheel_file
from truewheel.wheel.record import parse
from truewheel.world import open_wheel

NAME = WheelName.parse(SAMPLE)
ENOUGH = 2.0
"""Seconds. What follows took a multiple of them while it cost the square of its size."""


def test_a_locator_in_a_file_too_short_for_one() -> None:
    """`struct.error` came out."""
    with pytest.raises(WheelError):
        read(bytes.fromhex("504b06071100 504b0506 00000000 0400 0400 1801002d ffffffff 0000"), NAME)


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (b"Tag: py3-none-a\x99\xff", "a\\udc99"),
        (b"Tag: py3-none-any\n folded", "\\n"),
        (b"Tag: py3-none-\x1b[31m", "x1b"),
        (b"Tag:", "''"),
    ],
)
def test_a_tag_is_made_of_what_a_file_name_takes(lines: bytes, shown: str) -> None:
    """`UnicodeEncodeError` came out of WHEEL written anew, and a fold would have ended its headers."""
    found = parse_wheel_file(b"Wheel-Version: 1.0\n" + lines + b"\n")
    with pytest.raises(WheelError, match="characters that no tag has") as caught:
        _ = found.expanded_tags
    assert shown in str(caught.value)


def test_a_long_tag_on_a_line_of_its_own() -> None:
    """Python's email package folds headers of more than 78 characters; ziglang 0.12.0 has one. It kept a line break."""
    found = parse_wheel_file(b"Wheel-Version: 1.0\nTag: \n py3-none-any.linux_x86_64\n")
    assert found.tags == ("py3-none-any.linux_x86_64",)
    assert found.expanded_tags == ("py3-none-any", "py3-none-linux_x86_64")


@pytest.mark.parametrize(
    "tags",
    [
        ["a.b-" * 200_000 + "x"],
        [f"{'.'.join(f'a{number}' for number in range(70))}-{'.'.join('bcd' * 20)}-any"] * 20_000,
    ],
)
def test_tags_that_stand_for_too_many(tags: list[str]) -> None:
    start = process_time()
    with pytest.raises(WheelError, match="more than 10000 full tags"):
        expanded(tags)
    assert process_time() - start < ENOUGH


def test_a_header_of_many_folds() -> None:
    start = process_time()
    parse_metadata(b"Name: a\nVersion: 1\nX: y\n" + (b" " + b"z" * 50 + b"\n") * 90_000)
    assert process_time() - start < ENOUGH


def test_a_fold_of_nothing_is_a_header() -> None:
    """`IndexError` came out."""
    assert parse_metadata(b" Name: a\n b\nVersion: 1\n").name == "a\nb"


@pytest.mark.parametrize("line", [b"a:b\n", b" folded\n"])
def test_headers_have_an_end(line: bytes) -> None:
    with pytest.raises(WheelError, match="more than 100,000 lines"):
        parse_metadata(b"Name: a\n" + line * 100_001)


def test_a_record_for_more_members_than_there_are() -> None:
    record = b"".join(b"%d,,\n" % number for number in range(40_000))
    wheel = read(wheel_bytes({"sample/a.py": b"", f"{INFO}/RECORD": record}), NAME)
    with pytest.raises(WheelError, match="too many for 4 members"):
        rows_of(wheel)


@pytest.mark.parametrize(("built", "says"), [case[1:] for case in CONTENTS], ids=[case[0] for case in CONTENTS])
def test_a_damaged_member_of_a_mapped_file(tmp_path: Path, built: Built, says: str) -> None:
    """The traceback held a view of the mapping, so closing it raised `BufferError` instead."""
    path = tmp_path / SAMPLE
    path.write_bytes(built.data)
    gc.disable()
    try:
        with pytest.raises(WheelError, match=says):
            _read_everything(path)
    finally:
        gc.enable()


def _read_everything(path: Path) -> None:
    with open_wheel(path) as opened:
        for entry in opened.wheel:
            entry.head(10)
            entry.read()


@pytest.mark.parametrize("file", ["WHEEL", "METADATA"])
def test_files_of_headers_have_a_size(file: str) -> None:
    wheel = read(wheel_bytes({f"{INFO}/{file}": b"Generator: " + b"\xff" * (17 << 20)}), NAME)
    with pytest.raises(WheelError, match=f"{INFO}/{file}: {file} has 17,825,803 bytes, and no more than"):
        (read_wheel_file if file == "WHEEL" else read_metadata)(wheel)


def test_paths_in_record_have_a_length() -> None:
    with pytest.raises(WheelError, match="RECORD has a path of 4,097 letters, it begins with 'xxx"):
        parse(b"x" * 4_097 + b",,\n")


def test_rows_without_a_member_come_in_order() -> None:
    wheel = read(wheel_bytes({"sample/a.py": b""}), NAME)
    rows = {path: RecordRow(path, "", "", None) for path in "hgfedcba"}
    assert [finding.member for finding in check_names(wheel, rows) if finding.member in rows] == list("abcdefgh")


@pytest.mark.parametrize(
    ("name", "version", "fits"),
    [
        ("sample", "1.0", True),
        ("SAMPLE", "1.0.0", True),
        ("simple", "1.0", False),
        ("sample", "1.1", False),
        ("sample", "one", False),
        ("", "1.0", False),
    ],
)
def test_metadata_is_for_the_project_of_the_file_name(name: str, version: str, fits: bool) -> None:
    data = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    found = check_metadata(read(wheel_bytes({f"{INFO}/METADATA": data}), NAME))
    assert (found is None) is fits

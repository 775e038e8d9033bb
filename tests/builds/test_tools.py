"""What programs say of their versions."""

from __future__ import annotations

import subprocess  # noqa: TID251 - the programs are asked as a build asks them
from collections.abc import Sequence

from tests.tools import need
from truewheel.builds.model import Tool
from truewheel.builds.tools import versions


def said(command: Sequence[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL).stdout
    except OSError:
        return ""


def test_real_programs() -> None:
    need("gcc", "cargo", "cmake")
    found = versions({"gcc", "cargo", "cmake", "no-such-program"}, said)
    assert [tool.name for tool in found] == ["as", "cargo", "cmake", "gcc", "ld", "no-such-program"]
    shown = dict(found)
    assert shown["gcc"].startswith("gcc (")
    assert shown["ld"].startswith("GNU ld")
    assert shown["as"].startswith("GNU assembler")
    assert shown["cargo"].startswith("cargo 1.")
    assert shown["cmake"].startswith("cmake version ")
    assert shown["no-such-program"] == ""


def test_order_and_lines_do_not_matter() -> None:
    asked: list[tuple[str, ...]] = []

    def answer(command: Sequence[str]) -> str:
        asked.append(tuple(command))
        return {"go": "\n  go version go1.19  \nmore", "clang": "" if "-print" in command[1] else "clang 19"}[
            command[0]
        ]

    assert versions(["go", "clang", "go"], answer) == (Tool("clang", "clang 19"), Tool("go", "go version go1.19"))
    assert asked == [
        ("clang", "--version"),
        ("go", "version"),
        ("clang", "-print-prog-name=as"),
        ("clang", "-print-prog-name=ld"),
    ]
    assert versions([], answer) == ()

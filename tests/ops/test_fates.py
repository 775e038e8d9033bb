"""What is said of libraries that are nowhere."""

from __future__ import annotations

import shlex

import pytest

from tests.ops.fakes import Disk
from truewheel.ops.fates import Lost, not_found


@pytest.mark.parametrize(
    ("lost", "hint"),
    [
        (Lost("libx.so.1", ("a.so",), ()), "name the folder of libx.so.1 with -L DIR"),
        (Lost("/opt/lib/libx.dylib", ("a.so",), ()), "or say --exclude 'libx.dylib' if another package brings it"),
        (Lost("icu.dll", ("a.pyd",), (), never=True), "no -L helps; say --exclude 'icu.dll' if another package"),
        (Lost("", ("a.so",), ()), "no file has such a name: link the binary again"),
        (Lost("@rpath/", ("a.so",), ()), "no file has such a name: link the binary again"),
    ],
)
def test_hints_help(lost: Lost, hint: str) -> None:
    assert hint in not_found([lost], {"a.so"}, Disk({})).hint


def test_a_hint_that_is_pasted_into_a_shell_runs_nothing() -> None:
    name = "lib'; rm -rf x.dylib"
    _, _, pasted = not_found([Lost(name, ("a.so",), ())], set(), Disk({})).hint.partition("--exclude ")
    assert shlex.split(pasted)[0] == name

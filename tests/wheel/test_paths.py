from __future__ import annotations

import unicodedata
from contextlib import suppress
from itertools import combinations
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truewheel.errors import LimitError, WheelError
from truewheel.wheel import paths
from truewheel.wheel.limits import Limits
from truewheel.wheel.paths import fault, read_names

LIMITS = Limits()


def names_of(*names: str) -> list[str]:
    return read_names([name.encode() for name in names], LIMITS, lambda index: index)


def accepted(*names: str) -> bool:
    try:
        return names_of(*names) == list(names)
    except WheelError:
        return False


@pytest.mark.parametrize(
    "name",
    [
        "six.py",
        "a/b/c/d.py",
        ".hidden/.file",
        "a b/c d.txt",
        "..a/b..c/...d",
        "console/nullable.py",
        "com/comma/com10.py",
        "aux_.py",
        'a?b*<c>|"d',
        "folder/",
        "caf\xe9/\u65e5\u672c/\U0001f40d.py",
        "a" * 255,
        "/".join("a" * 101),
    ],
)
def test_good_names(name: str) -> None:
    assert fault(name) == ""
    assert names_of(name) == [name]


@pytest.mark.parametrize(
    "name",
    [
        "aux", "AUX.py", "a/con", "con/a", "prn.txt.gz", "nul .c", "COM1", "lpt9.x", "com\xb9", "CONIN$", "conout$.txt",
    ],
)  # fmt: skip
def test_devices_of_windows(name: str) -> None:
    assert "device on Windows" in fault(name)
    assert not accepted(name)


@pytest.mark.parametrize("name", ["a\ud800", "a/\udcff/b"])
def test_what_is_no_text(name: str) -> None:
    assert "the invisible character U+D" in fault(name)
    assert "U+DFFF" in fault(f"{name[0]}\udfff")


def test_every_control_and_format_character_is_refused() -> None:
    for code in (*range(0xD800), *range(0xE000, 0x110000)):
        category = unicodedata.category(chr(code))
        if category in {"Cc", "Cf", "Zl", "Zp"}:
            assert "invisible" in fault(f"a{chr(code)}b"), hex(code)
        elif category not in {"Cn", "Co"} and chr(code) not in "/\\:":
            assert fault(f"a{chr(code)}b") == "", hex(code)


@pytest.mark.parametrize(
    "names",
    [
        ("a", "a"),
        ("a", "A"),
        ("a", "a/"),
        ("a", "A/b"),
        ("a/b", "x", "a/b/c/d"),
        ("stra\xdfe", "STRASSE"),
        ("\xe9", "e\u0301"),
        ("a/", "a/"),
        ("\u1e9e/x", "ss"),
    ],
)
def test_clashes(names: tuple[str, ...]) -> None:
    assert not accepted(*names)
    assert not accepted(*reversed(names))


@pytest.mark.parametrize(
    "names",
    [
        ("a", "ab"),
        ("a.py", "a/b"),
        ("a/b", "a/c"),
        ("a/", "a/b"),
        ("a/b", "A/c"),
        ("a-b", "a/b", "a.b"),
        ("\xe9", "e"),
    ],
)
def test_neighbours_that_do_not_clash(names: tuple[str, ...]) -> None:
    assert accepted(*names)
    assert accepted(*reversed(names))


@settings(max_examples=300)
@given(st.lists(st.text("aAb/.", min_size=0, max_size=4), min_size=1, max_size=6))
def test_fast_and_slow_judgement_agree(names: list[str]) -> None:
    fast = accepted(*names)
    with patch.object(paths, "_all_plain", return_value=False):
        assert accepted(*names) is fast
    alone = all(not fault(name) for name in names)
    bare = [name.casefold().removesuffix("/") for name in names]
    inside = any(two.startswith(one + "/") for one in bare_files(names) for two in bare)
    twice = any(one == two for one, two in combinations(bare, 2))
    assert fast is (alone and not inside and not twice)


def bare_files(names: list[str]) -> list[str]:
    return [name.casefold() for name in names if not name.endswith("/")]


@settings(max_examples=200)
@given(st.text(max_size=12))
def test_any_text_is_judged(name: str) -> None:
    raw = name.encode("utf-8", errors="surrogatepass")
    with suppress(WheelError):
        assert read_names([raw], LIMITS, lambda index: index) == [name]
        assert fault(name) == ""


def test_long_names_stop_before_they_are_split() -> None:
    with pytest.raises(LimitError, match="2,000,000 bytes; the limit is 1,024"):
        read_names([b"a/" * 1_000_000], LIMITS, lambda index: index)


def test_the_errors_name_both_members() -> None:
    with pytest.raises(WheelError) as caught:
        names_of("x", "a/B", "y", "A/b/c")
    assert caught.value.what.startswith("'a/B' and 'A/b/c' can't both be")
    assert caught.value.where.member == "A/b/c"
    assert caught.value.where.offset == 3

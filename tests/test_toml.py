"""TOML of strangers: what takes Python's parser for ever is refused at once."""

from __future__ import annotations

import time

import pytest

from truewheel.toml import loads


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a." * 500_000 + "a = 1", "a key has more than 30 parts"),
        ("[" + "a . " * 100_000 + "a]", "a key has more than 30 parts"),
        ("x = { " + "a." * 100_000 + "b = 1 }", "a key has more than 30 parts"),
        (".".join("k" * 31) + " = 1", "a key has more than 30 parts"),
        ("x = { y = '''b'''', " + "a." * 100_000 + "b = 1 }", "a key has more than 30 parts"),
        ("x = " + "[" * 100_000, "nested too deeply"),
        ("x = 1" + "0" * 10_000, "4300"),
        ("x = ", "Invalid value"),
    ],
)
def test_refused_at_once(text: str, said: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ValueError, match=said):
        loads(text)
    assert time.perf_counter() - start < 5


def test_dots_elsewhere_are_no_parts() -> None:
    dots = "." * 100
    text = f"a.b.\"{dots}\".c = \"{dots}\" # {dots}\nd = '''{dots}\n{dots}'''\n"
    assert loads(text) == {"a": {"b": {dots: {"c": dots}}}, "d": f"{dots}\n{dots}"}
    assert loads(".".join("k" * 30) + " = 1")

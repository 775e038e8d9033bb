"""TOML that strangers may have written: parsed, or refused at once.

Python's parsers take time that grows with the square of the parts of a dotted key, and recursion as deep as values are
nested; a file of a megabyte could keep them busy for hours.
"""

from __future__ import annotations

import re
import sys
from typing import Final

_MOST_PARTS: Final = 30
"""Of a key with dots: more than anybody writes."""

_TEXTS: Final = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"{3,5}|\Z)|' + r"'''.*?(?:'{3,5}|\Z)|" + r'"(?:\\.|[^"\\\n])*"?|' + r"'[^'\n]*'?|#[^\n]*",
    re.DOTALL,
)
"""Strings and comments. None is tried twice: what has no end goes on to where the parser will give up."""

_NO_KEY: Final = re.compile(r"[^A-Za-z0-9_. \t-]+")


def loads(text: str) -> dict[str, object]:
    """What a text in TOML says. Raises `ValueError`, with the reason in words, where it is none or can't be read."""
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415  # most commands read no TOML
    else:
        import tomli as tomllib  # noqa: PLC0415  # most commands read no TOML
    if any(key.count(".") >= _MOST_PARTS for key in _NO_KEY.split(_TEXTS.sub("-", text))):
        raise ValueError(f"a key has more than {_MOST_PARTS} parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("its values are nested too deeply") from None

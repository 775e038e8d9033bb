"""How the tables that ship with truewheel are written: JSON that a person can read and diff."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

Node: TypeAlias = str | int | list[str] | Mapping[str, "Node"]

_WIDTH = 108


def lines(words: Iterable[str]) -> list[str]:
    """Words, sorted, as lines of bounded width: one new name then changes few lines of the file."""
    return textwrap.wrap(" ".join(sorted(words)), _WIDTH, break_long_words=False, break_on_hyphens=False)


def words(text: Iterable[str]) -> list[str]:
    """The words that `lines` joined."""
    return " ".join(text).split()


def release_key(release: str) -> tuple[int, ...]:
    """What dotted release numbers are sorted by."""
    return tuple(int(part) for part in release.split("."))


def write(path: Path, table: Mapping[str, Node]) -> None:
    """Write a table, one blank of indent per level, with a newline at the end."""
    path.write_text(json.dumps(table, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")

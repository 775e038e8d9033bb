"""The tables of cases in docs/peers.md."""

from __future__ import annotations

import re

from tests.corpus import ROOT


def table(heading: str) -> dict[str, tuple[str, ...]]:
    """The cells of the rows below a heading, by case: without the first, which names it."""
    text = (ROOT / "docs" / "peers.md").read_text(encoding="utf-8")
    section = text.split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `([a-z0-9-]+)`(?: [^|]+)? \| (.+) \|$", section, re.MULTILINE)
    return {case: tuple(cells.split(" | ")) for case, cells in rows}

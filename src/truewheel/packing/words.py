"""Names in sentences."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

_MOST_SHOWN: Final = 8


def listed(names: Collection[str]) -> str:
    """The first of the names, and how many more there are."""
    shown = ", ".join(map(repr, list(names)[:_MOST_SHOWN]))
    more = len(names) - _MOST_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown

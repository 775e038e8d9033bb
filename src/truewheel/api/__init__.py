"""The verbs on files: what the command line uses, and what other programs may import.

Every function takes a path, raises `TruewheelError` where it can't do its work, and leaves nothing behind
then. Values that come back hold no open file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from truewheel.api.common import Advance, AnyPath, Normalized, Options
from truewheel.api.reading import Digest, check, digest, show
from truewheel.api.rewriting import check_normalized, normalize, retag

if TYPE_CHECKING:
    from truewheel.api.repairing import Places, Repaired, Wants, repair

__all__ = [
    "Advance",
    "AnyPath",
    "Digest",
    "Normalized",
    "Options",
    "Places",
    "Repaired",
    "Wants",
    "check",
    "check_normalized",
    "digest",
    "normalize",
    "repair",
    "retag",
    "show",
]


def __getattr__(name: str) -> object:
    """Load what belongs to `repair` when it is first asked for: no other verb edits native files or looks outside."""
    if name in {"Places", "Repaired", "Wants", "repair"}:
        from truewheel.api import repairing  # noqa: PLC0415  # the point of this function

        return getattr(repairing, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

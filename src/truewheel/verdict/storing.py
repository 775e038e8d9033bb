"""How two archives store their members otherwise, and why a transplant can't be made, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from truewheel.compare import Comparison, Difference, Kind
from truewheel.findings import shortened
from truewheel.verdict.sides import Side
from truewheel.verdict.streams import KNOWN
from truewheel.verdict.unvouched import unvouched
from truewheel.verdict.zips import archive_of
from truewheel.wheel import Wheel

_SIDES: Final = (
    ("on the left", "in the published wheel"),
    ("on the right", "in the rebuilt one"),
    ("only the left", "only the published wheel"),
    ("only the right", "only the rebuilt one"),
)


def named_otherwise(published: Wheel, rebuilt: Wheel) -> tuple[str, ...]:
    """That the files have other names, if they have: what the name says decides where a wheel is installed."""
    mine, theirs = str(published.name), str(rebuilt.name)
    return () if mine == theirs else (f"the published file is called {mine}, the rebuilt one {theirs}",)


def stored_otherwise(comparison: Comparison) -> tuple[str, ...]:
    """What differs in the archives and not in their members."""
    return tuple(_sentence(part) for part in comparison.differences if part.kind is Kind.STORAGE)


def why_not_transplanted(published: Side, rebuilt: Side) -> tuple[str, ...]:
    """What stands between the same contents and the same sha256."""
    return tuple(_obstacles(published, rebuilt))


def _obstacles(published: Side, rebuilt: Side) -> Iterator[str]:
    doubts = unvouched(archive_of(published.data), archive_of(rebuilt.data))
    if doubts:
        yield from doubts
    else:
        yield f"the published streams were compressed by something else than {KNOWN}"


def sided(text: str) -> str:
    """A sentence of `compare`, in which left and right are called what they are here."""
    for words, ours in _SIDES:
        text = text.replace(words, ours)
    return text


def _sentence(difference: Difference) -> str:
    if difference.left is not None and difference.right is not None:
        said = f": {difference.left} in the published wheel, {difference.right} in the rebuilt one"
    else:
        said = "".join(f": {cause.evidence}" for cause in difference.causes[:1])
    return shortened(sided(difference.summary + said))

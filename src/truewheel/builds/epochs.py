"""SOURCE_DATE_EPOCH: the time that a build takes for its own, and where it comes from."""

from __future__ import annotations

from typing import Final

from truewheel.builds.model import Epoch
from truewheel.builds.sources import Staged

_OLDEST: Final = 315_532_800
"""1980-01-01 00:00:00 UTC: zips can't tell of anything before."""
CONSTANT: Final = _OLDEST
"""Where nothing tells a time. A zero would break tools that write zips."""


def epoch(given: int | None, staged: Staged, now: float) -> Epoch:
    """The time for a build: given, else the commit's, else that of the newest file, else 1980.

    `now` is the clock's time: files from the future tell nothing, as their clocks were wrong.
    """
    if given is not None:
        return Epoch(given, "SOURCE_DATE_EPOCH")
    facts = staged.facts
    if facts and facts.time >= _OLDEST:
        changes = ", with changes that aren't committed" if facts.dirty else ""
        return Epoch(facts.time, f"commit {facts.commit}{changes}")
    what = "the sdist" if staged.kind == "sdist" else "the sources"
    if _OLDEST <= staged.newest <= now:
        return Epoch(staged.newest, f"the newest file of {what}")
    age = "from the future" if staged.newest > now else "older than 1980"
    return Epoch(CONSTANT, f"1980, as the newest file of {what} is {age}")

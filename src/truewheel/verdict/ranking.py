"""Which of two attempts came further."""

from __future__ import annotations

from collections.abc import Sequence

from truewheel.verdict.model import Attempt


def rank(attempt: Attempt) -> tuple[int, int, int, int]:
    """What attempts are sorted by, the best first: rung, unexplained deviations, all of them, bytes transplanted."""
    judgement = attempt.judgement
    if judgement is None:
        return attempt.rung.height, 0, 0, 0
    size = judgement.transplanted.size if judgement.transplanted else 0
    return judgement.rung.height, len(judgement.unexplained), len(judgement.deviations), size


def best_of(attempts: Sequence[Attempt]) -> int | None:
    """The index of the attempt that came furthest, the earliest of equals; None where nothing was built."""
    built = [index for index, attempt in enumerate(attempts) if attempt.judgement is not None]
    return min(built, key=lambda index: rank(attempts[index]), default=None)

"""One wheel verified: fetched, traced, rebuilt until nothing better can be hoped for, and judged."""

from __future__ import annotations

from truewheel.builds.model import Progress
from truewheel.index.model import Target
from truewheel.verdict.model import Verification
from truewheel.verify.model import Wants


def verify(target: Target, wants: Wants, *, progress: Progress | None = None) -> Verification:
    """Whether the wheel of `target` is what its source builds.

    What can't be verified is an answer too: a `Verification` with ``problem``. Raises `RequestError` alone, where
    `wants` ask for the impossible.
    """
    raise NotImplementedError(target, wants, progress)

"""Writes a source distribution, so that the same one always gives the same bytes."""

from __future__ import annotations

from truewheel.sdist.model import Sdist
from truewheel.wheel import Sink, Written


def write(sdist: Sdist, sink: Sink, *, timestamp: int | None = None) -> Written:
    """Write `sdist` to `sink` in canonical form, as a .tar.gz.

    ``timestamp`` is the time of every member: seconds since 1970, None for 1980-01-01.
    """
    raise NotImplementedError

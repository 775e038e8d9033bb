"""A source distribution's archive, read strictly."""

from __future__ import annotations

from truewheel.sdist.model import Sdist
from truewheel.sdist.name import SdistName
from truewheel.wheel import Buffer, Limits


def read(buffer: Buffer, name: SdistName, limits: Limits | None = None) -> Sdist:
    """The source distribution in `buffer`, a whole file in memory or mapped into it, that is called `name`.

    A .tar.gz is unpacked into memory, bounded by `limits` (the defaults if None); the members of a .zip are inflated
    when they are read, and refer to `buffer`. Raises `SdistError` for anything that is not as it should be,
    `WheelError` where a zip isn't, and `LimitError` for what `limits` doesn't allow.
    """
    raise NotImplementedError

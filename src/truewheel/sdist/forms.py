"""What keeps a source distribution's archive from canonical form, in words."""

from __future__ import annotations

from truewheel.sdist.model import Sdist


def differences(sdist: Sdist, *, timestamp: int | None = None) -> tuple[str, ...]:
    """Sentences, one for each way in which the archive differs from the canonical one; none if it doesn't."""
    raise NotImplementedError

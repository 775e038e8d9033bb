"""What the tests share that verify: a wheelhouse with backends, and a publisher with an index."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backend.conftest import frontends, shared
from tests.backend.frontends import Frontends
from tests.rebuilds.publishing import Publisher

__all__ = ["frontends", "publisher", "shared"]


@pytest.fixture
def publisher(frontends: Frontends, tmp_path: Path) -> Publisher:
    """Somebody who publishes, with an index of their own."""
    return Publisher(frontends, tmp_path / "served", tmp_path / "publisher")

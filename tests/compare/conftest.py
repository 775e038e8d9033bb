"""Native files that are made once for a test run."""

from __future__ import annotations

import pytest

from tests.compare.makes import Makes, shared


@pytest.fixture(scope="session")
def makes(tmp_path_factory: pytest.TempPathFactory) -> Makes:
    """Where files are made."""
    return Makes(shared(tmp_path_factory))

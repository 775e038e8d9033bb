"""What tests of builds share: the folder of wheels that they install from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builds.backends import wheelhouse


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small wheels, as requirements of builds."""
    return wheelhouse(tmp_path_factory.mktemp("wheels"))

"""The Windows and the builds that the tests of this package share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pe.wine import Wine, make_wine, shared


@pytest.fixture(scope="session")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Wine:
    """The Windows of this test run."""
    return make_wine(shared(tmp_path_factory, "wine"))


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for what is built once."""
    return shared(tmp_path_factory, "pe-builds")

"""What every test may ask for: real wheels, pinned by sha256 and fetched once."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.corpus import Corpus, cache_folder

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # two cores that others share say nothing about a test
)
settings.register_profile("dev", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """Real published wheels: ``corpus(FILENAME)`` is the path of one. A wheel that can't be had is a failure."""
    return Corpus(cache_folder())

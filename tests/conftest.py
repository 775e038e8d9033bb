"""What every test may ask for: real wheels, pinned by sha256 and fetched once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.corpus import Corpus, cache_folder
from tests.repair.settings import another_python

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


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this run share, for what is made once, whichever worker comes first."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def other_python(shared: Path) -> Path:
    """The newest Python besides this one, in an environment with what truewheel runs with."""
    return another_python(shared)


@pytest.fixture(scope="session")
def oldest_python(shared: Path) -> Path:
    """The oldest Python that truewheel runs on and that is here, likewise."""
    return another_python(shared, oldest=True)

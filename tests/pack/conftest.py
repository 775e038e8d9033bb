"""Pythons of other versions, made once in a run, whichever worker comes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repair.settings import another_python


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all workers of this run share, the tests of `repair` among them."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "repair"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def other_python(shared: Path) -> Path:
    """The newest Python besides this one."""
    return another_python(shared)


@pytest.fixture(scope="session")
def oldest_python(shared: Path) -> Path:
    """The oldest Python that truewheel runs on and that is here."""
    return another_python(shared, oldest=True)

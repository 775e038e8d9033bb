"""Wheels that are built and repaired once in a run, whichever worker comes first."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pe.wine import Wine, make_wine
from tests.pe.wine import shared as shared_folder
from tests.repair.building import SOURCES, build, once
from tests.repair.hiding import system_folder
from tests.repair.peers import REPAIR
from tests.tools import need

# What is built, loaded and hidden here are programs of Linux on x86-64; other hosts see `repair` in tests/ops.
if sys.platform != "linux" or platform.machine() != "x86_64":
    collect_ignore_glob = ["test_*.py"]

Build = Callable[[str], Path]
Repair = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def built(shared: Path) -> Build:
    """``built("lxml")`` is the unrepaired wheel of a row of `SOURCES`."""

    def make(project: str) -> Path:
        need(*SOURCES[project].tools)
        return build(project, shared)

    return make


@pytest.fixture(scope="session")
def repaired(shared: Path, built: Build) -> Repair:
    """``repaired("auditwheel", "lxml")`` is what a tool makes of it, with the system's libraries at hand."""

    def make(tool: str, project: str) -> Path:
        target = shared / f"{project}-by-{tool}"
        wheel = built(project)
        with once(target) as missing:
            if missing:
                outcome = REPAIR[tool](wheel, target, system_folder())
                assert outcome.status == 0, outcome.said
        (made,) = target.glob("*.whl")
        return made

    return make


@pytest.fixture(scope="session")
def wine(tmp_path_factory: pytest.TempPathFactory) -> Wine:
    """The Windows of this test run, the one that tests/pe has."""
    return make_wine(shared_folder(tmp_path_factory, "wine"))

"""Wheels that are taken apart and repaired once in a run, whichever worker comes first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corpus import Corpus
from tests.repair.building import once
from tests.repair.macos.peers import REPAIR
from tests.repair.macos.published import WHEELS
from tests.repair.macos.undone import Undone, undone

Taken = Callable[[str], Undone]
Mended = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def taken(shared: Path, corpus: Corpus) -> Taken:
    """``taken("pillow")`` is a wheel without its libraries, which lie beside it."""

    def make(project: str) -> Undone:
        published = WHEELS[project]
        folder = shared / f"macos-{project}"
        with once(folder) as missing:
            if missing:
                undone(corpus(published.file), folder, published.names)
        return Undone(folder / published.file, folder / "libraries")

    return make


@pytest.fixture(scope="session")
def mended(shared: Path, taken: Taken) -> Mended:
    """``mended("delocate", "pillow")`` is what a tool makes of it."""

    def make(tool: str, project: str) -> Path:
        bare = taken(project)
        target = shared / f"macos-{project}-by-{tool}"
        with once(target) as missing:
            if missing:
                assert REPAIR[tool](bare.wheel, target, bare.libraries).wheel.exists()
        (made,) = target.glob("*.whl")
        return made

    return make

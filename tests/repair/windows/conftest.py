"""Published wheels that are taken apart and repaired once in a run, whichever worker comes first."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corpus import Corpus
from tests.elf.toolchains import once
from tests.repair.peers import OURS
from tests.repair.windows.peers import REPAIR
from tests.repair.windows.published import Published
from tests.repair.windows.undone import Undone, undo
from tests.repair.windows.workshop import DllWorkshop

# Wine runs programs of x86-64 here, and its folders are those of Debian.
if sys.platform != "linux" or platform.machine() != "x86_64":
    collect_ignore_glob = ["test_*.py"]

Taken = Callable[[Published], Undone]
Mended = Callable[..., Path]


@pytest.fixture
def shop(tmp_path: Path) -> DllWorkshop:
    """A folder to make files in."""
    return DllWorkshop(tmp_path / "shop")


@pytest.fixture(scope="session")
def taken(shared: Path, corpus: Corpus) -> Taken:
    """``taken(NUMPY)`` is a published wheel without its DLLs, which lie beside it."""

    def make(subject: Published) -> Undone:
        def fill(folder: Path) -> None:
            undo(corpus(subject.file), folder, only=subject.only)

        return Undone.kept(once(shared / f"windows-{subject}", fill))

    return make


@pytest.fixture(scope="session")
def mended(shared: Path, taken: Taken) -> Mended:
    """``mended(NUMPY, "delvewheel")`` is what a tool makes of it, truewheel if none is named."""

    def make(subject: Published, tool: str = OURS) -> Path:
        undone = taken(subject)

        def fill(folder: Path) -> None:
            assert REPAIR[tool](undone.wheel, folder, undone.lacking).wheel.exists()

        (made,) = once(shared / f"windows-{subject}-by-{tool}", fill).glob("*.whl")
        return made

    return make

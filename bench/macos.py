"""Wheels for macOS beside delocate, which runs here through LLVM's tools and the signer of the tests.

It starts a process for each question about a file, as it does on a Mac; what is counted are all of them. The one that
signs is a program in Python, which costs some 50 ms more than Apple's.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from bench.model import OURS, Contender, Contest, Goal
from bench.wheels import Input, Subject
from tests.corpus import ROWS, cache_folder, locked
from tests.macho.apple_tools import delocate_environment
from tests.repair.macos.undone import HOMEBREW, RPATHS, Names, undone


@dataclass(frozen=True, slots=True)
class Taken:
    """A published wheel without its libraries, which lie in the folder ``libraries`` beside it; made once and kept."""

    name: str
    wheel: Subject
    names: Names
    many: bool = False

    def fetch(self) -> Path:
        """The path of the wheel. Needs LLVM's tools."""
        folder = cache_folder() / "undone" / self.wheel.name.replace(" ", "-")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with locked(folder.with_suffix(".lock")):
            if not (folder / self.wheel.file).exists():
                shutil.rmtree(folder, ignore_errors=True)  # what an interrupted run has left
                undone(self.wheel.fetch(), folder, self.names)
        return folder / self.wheel.file


def _subject(name: str, file: str) -> Subject:
    return Subject(f"{name} for macOS", file, ROWS[file].sha256)


_PILLOW = _subject("pillow", "pillow-13.0.0-cp312-cp312-macosx_11_0_arm64.whl")
_SCIPY = _subject("scipy", "scipy-1.18.1-cp312-cp312-macosx_12_0_arm64.whl")
_OPENCV = _subject("opencv", "opencv_python_headless-5.0.0.93-cp37-abi3-macosx_13_0_arm64.whl")
_ZIGLANG = _subject("ziglang 0.12", "ziglang-0.12.0-py3-none-macosx_11_0_arm64.whl")

SHOWN = (_PILLOW, _SCIPY, _OPENCV, _ZIGLANG)
REPAIRED: tuple[Input, ...] = (
    Taken(_PILLOW.name, _PILLOW, RPATHS),
    Taken(_SCIPY.name, _SCIPY, HOMEBREW),
    Taken(_OPENCV.name, _OPENCV, HOMEBREW),
    _ZIGLANG,
)
"""Three that lack 18, 4 and 99 libraries, and a large one that lacks none."""

GOALS = (
    *(Goal(f"show {subject.name}", OURS, 20, against="delocate-listdeps") for subject in SHOWN),
    *(
        Goal(f"repair {subject.name}", OURS, 5, against=peer)
        for subject in REPAIRED
        for peer in ("delocate-wheel", "repairwheel")
    ),
)


def contests(truewheel: str, peers: Path) -> tuple[Contest, ...]:
    """The contests on wheels for macOS; delocate is that of the running Python."""
    showing = (
        Contender(OURS, lambda path, _: [[truewheel, "show", str(path)]]),
        Contender("delocate-listdeps", lambda path, to: [_delocate(to, "listdeps", "--all", str(path))]),
    )
    repairwheel = str(peers / "repairwheel")
    repairing = (
        Contender(OURS, lambda path, to: [[truewheel, "repair", str(path), "-w", str(to), *_places("-L", path)]]),
        Contender(
            "delocate-wheel", lambda path, to: [_delocate(to, "wheel", "--wheel-dir", str(to), str(path), near=path)]
        ),
        Contender("repairwheel", lambda path, to: [[repairwheel, str(path), "-o", str(to), *_places("-l", path)]]),
    )
    return (
        *(Contest("show", subject, showing) for subject in SHOWN),
        *(Contest("repair", subject, repairing) for subject in REPAIRED),
    )


def _places(option: str, wheel: Path) -> list[str]:
    """Where the libraries of a wheel are, as an option."""
    libraries = wheel.parent / "libraries"
    return [option, str(libraries)] if libraries.is_dir() else []


def _delocate(folder: Path, command: str, *words: str, near: Path | None = None) -> list[str]:
    """A command of delocate with its environment; the tools that it calls are put into the folder."""
    environment = delocate_environment(folder / "apple-tools")
    libraries = [f"DYLD_LIBRARY_PATH={near.parent / 'libraries'}"] if near else []
    return ["env", f"PATH={environment['PATH']}", "LC_ALL=C", *libraries, f"delocate-{command}", *words]

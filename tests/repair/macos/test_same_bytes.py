"""One wheel for macOS comes out of one repair, whoever runs it, wherever, and however often."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.macho.toolchains import builds
from tests.repair.anatomy import sha256
from tests.repair.macos.cases import CASES
from tests.repair.macos.conftest import Taken
from tests.repair.macos.undone import Undone
from tests.repair.macos.workshop import Workshop
from tests.repair.peers import truewheel
from tests.repair.settings import SETTINGS, Setting, repaired_apart

HERE = Setting()
_APART = {
    **{name: setting for name, setting in SETTINGS.items() if name != "no-package-database"},
    "as-if-on-macos": Setting(host="darwin"),
    "as-if-on-freebsd": Setting(host="freebsd14"),
}


@pytest.fixture(scope="module")
def plain(taken: Taken, tmp_path_factory: pytest.TempPathFactory) -> tuple[Undone, Path]:
    """A wheel that lacks libraries, and what comes out as things are here."""
    bare = taken("pyzmq")
    folder = tmp_path_factory.mktemp("plain")
    return bare, repaired_apart(bare.wheel, folder, HERE, Path(sys.executable), bare.libraries)


@pytest.mark.skipif(sys.platform != "linux", reason="cores are chosen as Linux does it")
@pytest.mark.parametrize("setting", _APART.values(), ids=_APART)
def test_nothing_around_matters(
    setting: Setting, plain: tuple[Undone, Path], other_python: Path, tmp_path: Path
) -> None:
    bare, expected = plain
    python = other_python if setting.python else Path(sys.executable)
    varied = repaired_apart(bare.wheel, tmp_path, setting, python, bare.libraries)
    assert (varied.name, sha256(varied)) == (expected.name, sha256(expected))


def test_neither_does_where_libraries_lie_and_in_which_order(taken: Taken, tmp_path: Path) -> None:
    bare = taken("pillow")
    names = sorted((path.name for path in bare.libraries.iterdir()), key=lambda name: name[::-1])
    folders = [tmp_path / "moved" / str(number) for number in range(3)]
    for number, name in enumerate(names):
        folder = folders[number % 3]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(bare.libraries / name, folder)
        os.utime(folder / name, (number, number))
    here = truewheel(bare.wheel, tmp_path / "here", bare.libraries).wheel
    there = truewheel(bare.wheel, tmp_path / "there", *folders).wheel
    back = truewheel(bare.wheel, tmp_path / "back", *reversed(folders)).wheel
    assert len({sha256(wheel) for wheel in (here, there, back)}) == 1


@pytest.mark.parametrize("case", ["absolute", "universal2", "script", "entitlements", "trailing", "leaf", "tight"])
def test_the_result_is_a_fixed_point(case: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    shop = Workshop(tmp_path / "shop", builds(tmp_path_factory))
    wheel = truewheel(CASES[case](shop), tmp_path / "once", shop.outside).wheel
    again = truewheel(wheel, tmp_path / "again").wheel
    assert (again.name, again.read_bytes()) == (wheel.name, wheel.read_bytes())

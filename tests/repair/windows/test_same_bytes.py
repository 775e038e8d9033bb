"""One wheel for Windows comes out of one repair, whoever runs it, wherever, and however often."""

from __future__ import annotations

import shutil
import sys
from itertools import permutations
from pathlib import Path

import pytest

from tests.repair.anatomy import sha256
from tests.repair.peers import truewheel
from tests.repair.settings import SETTINGS, Setting, repaired_apart
from tests.repair.windows.cases import CASES
from tests.repair.windows.conftest import Mended
from tests.repair.windows.published import LOADED, PARSED, Published
from tests.repair.windows.workshop import DllWorkshop

_APART = {
    **{name: setting for name, setting in SETTINGS.items() if name != "no-package-database"},
    "as-if-on-cygwin": Setting(host="cygwin"),
    "as-if-on-macos": Setting(host="darwin"),
}

Plain = tuple[DllWorkshop, Path, Path]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Plain:
    """A wheel that gets DLLs into a folder of their own and lines in a source, and what comes out here."""
    folder = tmp_path_factory.mktemp("plain")
    shop = DllWorkshop(folder / "shop")
    wheel = CASES["two-packages"](shop)
    return shop, wheel, repaired_apart(wheel, folder, Setting(), Path(sys.executable), *shop.places)


@pytest.mark.parametrize("setting", _APART.values(), ids=_APART)
def test_nothing_around_matters(setting: Setting, plain: Plain, other_python: Path, tmp_path: Path) -> None:
    shop, wheel, expected = plain
    python = other_python if setting.python else Path(sys.executable)
    varied = repaired_apart(wheel, tmp_path, setting, python, *shop.places)
    assert (varied.name, sha256(varied)) == (expected.name, sha256(expected))


def test_neither_does_where_dlls_lie_nor_in_which_order_or_case(shop: DllWorkshop, tmp_path: Path) -> None:
    wheel = CASES["two-packages"](shop)
    expected = truewheel(wheel, tmp_path / "here", *shop.places).wheel
    (tmp_path / "idle").mkdir()
    shutil.copytree(shop.outside, tmp_path / "moved")
    made = [truewheel(wheel, tmp_path / "below", tmp_path / "moved", tmp_path / "moved" / "deep").wheel]
    for number, folders in enumerate(permutations([*shop.places, tmp_path / "idle"])):
        made.append(truewheel(wheel, tmp_path / str(number), *folders).wheel)
    for name, other in (("a.dll", "A.dll"), ("deep/b.dll", "deep/b.DLL")):
        (shop.outside / name).rename(shop.outside / other)
    made.append(truewheel(wheel, tmp_path / "capitals", *shop.places).wheel)
    assert {sha256(path) for path in made} == {sha256(expected)}


@pytest.mark.parametrize("case", [case for case in CASES if case != "missing"])
def test_the_result_is_a_fixed_point(case: str, shop: DllWorkshop, tmp_path: Path) -> None:
    wheel = truewheel(CASES[case](shop), tmp_path / "once", *shop.places).wheel
    for number, places in enumerate(((), shop.places)):
        again = truewheel(wheel, tmp_path / str(number), *places).wheel
        assert (again.name, sha256(again)) == (wheel.name, sha256(wheel))


@pytest.mark.parametrize("subject", [*LOADED, *PARSED], ids=str)
def test_the_result_from_a_published_wheel_is_a_fixed_point(subject: Published, mended: Mended, tmp_path: Path) -> None:
    wheel = mended(subject)
    again = truewheel(wheel, tmp_path).wheel
    assert (again.name, sha256(again)) == (wheel.name, sha256(wheel))

"""One wheel comes out of one repair, whoever runs it, wherever, and however often."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.repair.anatomy import sha256
from tests.repair.building import SOURCES
from tests.repair.cases import CASES
from tests.repair.conftest import Build, Repair
from tests.repair.hiding import system_folder
from tests.repair.peers import OURS, truewheel
from tests.repair.settings import SETTINGS, Setting, repaired_apart
from tests.repair.workshop import Workshop


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_nothing_around_matters(setting: Setting, built: Build, other_python: Path, tmp_path: Path) -> None:
    wheel = built("pyyaml")
    own = Path(sys.executable)
    plain = repaired_apart(wheel, tmp_path / "plain", Setting(), own, system_folder())
    python = other_python if setting.python else own
    varied = repaired_apart(wheel, tmp_path / "varied", setting, python, system_folder())
    assert (varied.name, sha256(varied)) == (plain.name, sha256(plain))


@pytest.mark.parametrize("project", SOURCES)
def test_the_result_is_a_fixed_point(project: str, repaired: Repair, tmp_path: Path) -> None:
    wheel = repaired(OURS, project)
    again = truewheel(wheel, tmp_path).wheel
    assert (again.name, sha256(again)) == (wheel.name, sha256(wheel))


def test_where_libraries_lie_does_not_matter(tmp_path: Path) -> None:
    shop = Workshop(tmp_path / "shop")
    wheel = CASES["plain-chain"](shop)
    moved = tmp_path / "moved" / "deep"
    shutil.copytree(shop.outside, moved)
    here, there = (truewheel(wheel, tmp_path / place.name, place).wheel for place in (shop.outside, moved))
    assert (here.name, sha256(here)) == (there.name, sha256(there))

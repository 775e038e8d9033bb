"""The canonical form is taken by those who build from source distributions."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - the tools are programs; the ban protects src
import sys
import zipfile  # noqa: TID251 - an independent reader; the ban protects src
from pathlib import Path

import pytest

from tests.sdist.published import published
from truewheel.sdist import write
from truewheel.world.sdists import open_sdist, unpack

NAME = "flit_core-3.12.0.tar.gz"
"""Builds itself, and needs nothing."""


@pytest.fixture
def canonical(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    with open_sdist(published(NAME)) as opened, path.open("wb") as file:
        write(opened.sdist, file)
    return path


def python(*arguments: str | Path, cwd: Path) -> str:
    environment = {**os.environ, "PIP_NO_CACHE_DIR": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


BUILDERS: dict[str, tuple[str, ...]] = {
    "pip": ("pip", "wheel", "--no-deps", "--no-build-isolation", "-w", "out"),
    "uv": ("uv", "build", "--wheel", "--offline", "--no-build-isolation", "--out-dir", "out"),
}


@pytest.mark.parametrize("builder", BUILDERS)
def test_builders_take_it(builder: str, canonical: Path, tmp_path: Path) -> None:
    python(*BUILDERS[builder], canonical, cwd=tmp_path)
    (wheel,) = tmp_path.glob("out/*.whl")
    with zipfile.ZipFile(wheel) as made:
        assert "flit_core/buildapi.py" in made.namelist()


def test_build_takes_what_is_unpacked(canonical: Path, tmp_path: Path) -> None:
    with open_sdist(canonical) as opened:
        top = unpack(opened.sdist, tmp_path / "new", mtime=315532800)
    python("build", "--wheel", "--no-isolation", "--outdir", tmp_path / "out", top, cwd=tmp_path)
    (wheel,) = tmp_path.glob("out/*.whl")
    with zipfile.ZipFile(wheel) as made:
        times = {info.date_time[:3] for info in made.infolist() if info.filename.startswith("flit_core/")}
    assert times == {(1980, 1, 1)}


def test_pythons_tarfile_takes_it(canonical: Path, tmp_path: Path) -> None:
    listed = python("tarfile", "-l", canonical, cwd=tmp_path).split()
    with open_sdist(canonical) as opened:
        assert listed == [member.name for member in opened.sdist]
    filtered = ("--filter", "data") if hasattr(__import__("tarfile"), "data_filter") else ()
    python("tarfile", *filtered, "-e", canonical, tmp_path / "out", cwd=tmp_path)
    assert (tmp_path / "out" / "flit_core-3.12.0" / "PKG-INFO").is_file()

"""The promise: one project gives one wheel and one sdist, whichever frontend builds it, wherever."""

from __future__ import annotations

import subprocess  # noqa: TID251 - git is a program; the ban protects src
import sys
import zipfile  # noqa: TID251 - a reader that isn't ours
from pathlib import Path

import pytest
from packaging.metadata import Metadata

import truewheel
from tests.backend.frontends import PYTHON, Frontends, good, only, wrapped
from tests.corpus import sha256_of
from tests.projects import CMAKE, PURE, RUST, WITH_MESON, C, Project
from tests.tools import need

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the compilers are those of Debian")

PROJECTS = {project.name: project for project in (*PURE, C, CMAKE, WITH_MESON, RUST)}


@pytest.mark.parametrize("name", PROJECTS)
def test_every_frontend_gives_one_wheel_and_one_sdist(name: str, frontends: Frontends, tmp_path: Path) -> None:
    project = PROJECTS[name]
    need(*project.tools)
    first, second, third = (
        checked_out(wrapped(project, tmp_path / place)) for place in ("first", "a/longer/way/second", project.name)
    )

    by_uv = frontends.uv(first, tmp_path / "uv", umask=0o002, TZ="Asia/Kathmandu")
    by_build = frontends.build(second, tmp_path / "build", PYTHONHASHSEED="7", LC_ALL="C")
    by_pip = frontends.pip(third, tmp_path / "pip", umask=0o077, TZ="America/St_Johns")
    unpacked_by_pip = frontends.pip(by_uv.sdist, tmp_path / "again", PYTHONHASHSEED="11")

    wheels = [by_uv.wheel, by_build.wheel, by_pip, unpacked_by_pip]
    assert len({path.name for path in wheels}) == 1
    assert len({sha256_of(path) for path in wheels}) == 1
    assert len({sha256_of(path) for path in (by_uv.sdist, by_build.sdist)}) == 1
    assert not truewheel.check_normalized(by_pip).changed
    assert_sound(frontends, by_pip, project, tmp_path / "site")


def checked_out(folder: Path) -> Path:
    """The project as a checkout: meson-python makes sdists of nothing else."""
    git = [*map(str, need("git")), "-C", str(folder), "-c", "user.name=Tests", "-c", "user.email=tests@example.invalid"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "First"]):
        subprocess.run([*git, *command], check=True)
    return folder


def assert_sound(frontends: Frontends, wheel: Path, project: Project, site: Path) -> None:
    """Installers take the wheel, indexes its metadata, and Python what is in it."""
    with zipfile.ZipFile(wheel) as archive:
        metadata = archive.read(f"{project.name}-1.0.dist-info/METADATA")
    assert Metadata.from_email(metadata, validate=True).name == project.name
    needed = ["cffi"] if "cffi" in project.tables else []
    good(frontends.run(PYTHON, "-m", "pip", "install", "--quiet", "--target", site, wheel, *needed))
    seen = frontends.run(
        PYTHON, "-c", f"import {project.name} as it; print(it.__file__)", given={"PYTHONPATH": str(site)}
    )
    assert good(seen).startswith(str(site))


@pytest.mark.parametrize("project", PURE, ids=lambda project: project.name)
def test_a_wrapped_backend_puts_the_same_into_the_wheel(project: Project, frontends: Frontends, tmp_path: Path) -> None:
    ours = frontends.uv_wheel(wrapped(project, tmp_path / "wrapped"), tmp_path / "ours")
    theirs = frontends.uv_wheel(project.write(tmp_path / "plain"), tmp_path / "theirs")
    assert truewheel.digest(ours).payload == truewheel.digest(theirs).payload


def test_without_the_wrapper_every_build_is_another(frontends: Frontends, tmp_path: Path) -> None:
    need(*C.tools)
    wheels = [
        frontends.pip(C.write(tmp_path / name / C.name), tmp_path / f"out-{name}", SOURCE_DATE_EPOCH="315532800")
        for name in ("first", "second")
    ]
    assert len({truewheel.digest(wheel).payload for wheel in wheels}) == 2


def test_truewheel_build_makes_the_same_wheel_as_a_frontend(frontends: Frontends, tmp_path: Path) -> None:
    need(*C.tools)
    by_pip = frontends.pip(wrapped(C, tmp_path / "first"), tmp_path / "pip")
    command = [PYTHON, "-m", "truewheel", "build", "--wheel", "-w", str(tmp_path / "ours"), "--isolation", "none"]
    second = wrapped(C, tmp_path / "a" / "longer" / "way" / "second")
    good(frontends.run(*command, second, given={"SOURCE_DATE_EPOCH": "315532800"}))
    assert sha256_of(only(tmp_path / "ours", "*.whl")) == sha256_of(by_pip)

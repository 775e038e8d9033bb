"""The lines in `__init__.py` run on every Python that there is, and installers take repaired wheels for Windows."""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - Pythons and installers are programs; the ban protects src
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.repair.anatomy import members
from tests.repair.building import run
from tests.repair.peers import truewheel
from tests.repair.windows.cases import CASES
from tests.repair.windows.imports import installed
from tests.repair.windows.workshop import DllWorkshop

# What a Python of Windows has is put in its place; afterwards nothing of the lines may be left but what they did.
_IMPORT = """
import ctypes, os, sys
site, package, windows = sys.argv[1:]
seen = []
if windows == "yes":
    os.add_dll_directory = lambda path: seen.append(("folder", path))
    ctypes.WinDLL = lambda path: seen.append(("loaded", path))
elif windows == "lost":
    def lost(path):
        raise OSError(path)
    os.add_dll_directory = lambda path: None
    ctypes.WinDLL = lost
sys.path.insert(0, site)
module = __import__(package, fromlist=["*"])
assert not [name for name in vars(module) if "truewheel" in name], vars(module).keys()
assert module.__doc__, "the docstring is still one"
assert module.VALUE == 1
assert "annotations" in vars(module), "and so are imports from __future__"
for what, path in seen:
    assert os.path.isabs(path) and os.path.exists(path), path
    print(what, os.path.relpath(path, site).replace(os.sep, "/"))
"""

CASES_OF = {
    "two-packages": ("probe", ["folder probe.libs"]),
    "namespace": ("space.one", ["folder probe.libs"]),
    "future": ("probe", ["folder probe.libs"]),
    "late": ("probe", ["loaded probe/a-HASH.dll"]),
}
"""Repaired wheels, which of their packages is imported, and what its lines do on Windows."""


def _pythons() -> Iterator[str]:
    """Every Python that can be started, this one first, each version once."""
    found = {f"{sys.version_info[0]}.{sys.version_info[1]}": sys.executable}
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [*map(str, sorted(root.glob("versions/3.*/bin"))), *os.environ["PATH"].split(os.pathsep)]
    for minor in range(8, 20):
        for folder in folders:
            program = shutil.which(f"python3.{minor}", path=folder)
            if program and _starts(program):
                found.setdefault(f"3.{minor}", program)
    yield from found.values()


def _starts(program: str) -> bool:
    """A shim of a version manager may not."""
    return subprocess.run([program, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("case", CASES_OF)
def test_the_lines_run_on_every_python(case: str, shop: DllWorkshop, tmp_path: Path) -> None:
    wheel = truewheel(CASES[case](shop), tmp_path / "out", *shop.places).wheel
    site = installed(wheel, tmp_path / "site")
    package, told = CASES_OF[case]
    (graft,) = (path.name for path in site.rglob("a-*.dll"))
    expected = [line.replace("a-HASH.dll", graft) for line in told]
    for python in _pythons():
        for windows, lines in (("yes", expected), ("no", []), ("lost", [])):
            command = [python, "-I", "-B", "-W", "error", "-c", _IMPORT, str(site), package, windows]
            assert run(command).splitlines() == lines, python


def test_the_lines_do_nothing_where_the_dlls_are_not(shop: DllWorkshop, tmp_path: Path) -> None:
    """As in an archive, or where a packager has moved them."""
    wheel = truewheel(CASES["two-packages"](shop), tmp_path / "out", *shop.places).wheel
    site = installed(wheel, tmp_path / "site")
    shutil.rmtree(site / "probe.libs")
    assert run([sys.executable, "-I", "-B", "-c", _IMPORT, str(site), "probe", "yes"]) == ""
    packed = tmp_path / "packed.zip"
    shutil.make_archive(str(packed.with_suffix("")), "zip", site)
    assert run([sys.executable, "-I", "-B", "-c", _IMPORT, str(packed), "probe", "yes"]) == ""


def _by_pip(wheel: Path, site: Path) -> None:
    options = ["--platform", "win_amd64", "--python-version", "3.12", "--only-binary=:all:", "--target", str(site)]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps", "--no-index"]
    run([*pip, *options, "--no-compile", wheel])


def _by_uv(wheel: Path, site: Path) -> None:
    uv = str(Path(sys.executable).with_name("uv"))
    options = ["--python-platform", "windows", "--python-version", "3.12", "--target", str(site)]
    run([uv, "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-cache", *options, wheel])


def _by_installer(wheel: Path, site: Path) -> None:
    run([sys.executable, "-m", "installer", "--prefix", "/", "--destdir", site, "--validate-record", "all", wheel])


INSTALLERS = {"pip": _by_pip, "uv": _by_uv, "installer": _by_installer}


@pytest.mark.parametrize("installer", INSTALLERS)
@pytest.mark.parametrize("case", ["plain", "two-packages", "platlib", "script", "top-level"])
def test_installers_take_them(case: str, installer: str, shop: DllWorkshop, tmp_path: Path) -> None:
    wheel = truewheel(CASES[case](shop), tmp_path / "out", *shop.places).wheel
    INSTALLERS[installer](wheel, tmp_path / "site")
    there = {(path.name, path.read_bytes()) for path in (tmp_path / "site").rglob("*") if path.is_file()}
    files = {(name.rpartition("/")[2], data) for name, data in members(wheel).items() if not name.endswith("/RECORD")}
    assert files <= there

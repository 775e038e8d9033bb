"""Builds without a compiler: there is none to be found, and everything else is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess  # noqa: TID251 - the stand-in is a program; the ban protects src
import sys
from pathlib import Path

import pytest

from tests.builds.backends import project
from tests.builds.building import built, contents
from tests.projects import SETUPTOOLS, Project
from tests.tools import need
from truewheel.builds.model import Conditions
from truewheel.builds.shims_none import without_compilers

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="on Windows no compiler can be hidden")


def test_folders_with_compilers_are_replaced(tmp_path: Path) -> None:
    """By links to the rest; others stay, also those that can't be read or aren't there."""
    programs, plain, room = tmp_path / "programs", tmp_path / "plain", tmp_path / "room"
    for folder, names in (
        (programs, ["gcc-12", "git", "clang++", "clang-format", "cargo", "x86-gcc"]),
        (plain, ["sh"]),
    ):
        folder.mkdir()
        for name in names:
            (folder / name).touch()
    path = os.pathsep.join((str(programs), "", str(plain), str(tmp_path / "no"), str(programs)))
    found, shims = without_compilers(room, path, lambda place: f"/seen/{place.relative_to(tmp_path)}")
    assert found == os.pathsep.join(("/seen/room/programs-0", str(plain), str(tmp_path / "no")))
    links = room / "programs-0"
    assert sorted(link.name for link in links.iterdir()) == ["clang-format", "git"]
    assert (links / "git").readlink() == programs / "git"
    assert set(shims.environment) == {"CC", "CXX", "FC", "F77", "F90", "RUSTC", "CARGO"}
    assert set(shims.environment.values()) == {"/seen/room/no-compiler"}
    assert (shims.names, shims.notes) == ((), ())
    done = subprocess.run([room / "no-compiler", "-c", "a.c"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "truewheel: this build is one without a compiler\n")


def test_windows_says_that_it_cannot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    path, shims = without_compilers(tmp_path / "room", "C:\\Windows", str)
    assert path == "C:\\Windows"
    assert "no compiler can be hidden" in shims.notes[0]
    assert not (tmp_path / "room").exists()


_LOOK = """
import json, os, shutil, subprocess
names = ("cc", "gcc", "g++", "c++", "clang", "cargo", "rustc", "go", "x86_64-linux-gnu-gcc")
found = {
    "compilers": [name for name in names if shutil.which(name)],
    "others": [name for name in ("git", "sh", "ls", "python3", "make") if shutil.which(name)],
    "cc": subprocess.run([os.environ["CC"], "x.c"], stderr=subprocess.DEVNULL).returncode,
    "git": subprocess.run(["git", "--version"], stdout=subprocess.DEVNULL).returncode,
}
with open("small.py", "w") as file:
    json.dump(found, file)
"""


@pytest.mark.parametrize("isolation", ["none", "auto"])
def test_a_build_finds_none(tmp_path: Path, isolation: str) -> None:
    """Nor by the variables of the caller, or those that are given; nothing is fetched for Rust."""
    need("gcc", "git")
    folder = project(tmp_path / "p", wheel=_LOOK)
    for name in ("Cargo.lock", "Cargo.toml"):
        (folder / name).touch()
    asked = {"isolation": isolation, "sdist": False, "more": {"CC": "/usr/bin/gcc"}, "environment": {"CXX": "g++"}}
    made = built(folder, tmp_path / "out", conditions=Conditions(compiler=False), **asked)  # type: ignore[arg-type]  # fields by their names
    found = json.loads(contents(made.artefacts[0].path)["small.py"])
    here = [name for name in ("git", "sh", "ls", "python3", "make") if shutil.which(name)]
    assert found == {"compilers": [], "others": here, "cc": 1, "git": 0}
    assert made.tools == ()


OPTIONAL = Project(
    "optional",
    "setuptools.build_meta",
    (SETUPTOOLS,),
    {
        "setup.py": "from setuptools import Extension, setup\n"
        "setup(ext_modules=[Extension('optional._fast', ['fast.c'], optional=True)], packages=['optional'])\n",
        "fast.c": '#include <Python.h>\nstatic struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fast", "", -1};\n'
        "PyMODINIT_FUNC PyInit__fast(void) { return PyModule_Create(&module); }\n",
        "optional/__init__.py": "",
    },
    tools=("gcc",),
)
"""A project with a native part that it can do without."""


def test_an_optional_part_is_left_out(tmp_path: Path) -> None:
    need("gcc")
    folder = OPTIONAL.write(tmp_path / "p")
    native = built(folder, tmp_path / "native", sdist=False)
    pure = built(folder, tmp_path / "pure", sdist=False, conditions=Conditions(compiler=False))
    assert [name for name in contents(native.artefacts[0].path) if name.endswith(".so")]
    assert sorted(contents(pure.artefacts[0].path)) == [
        "optional-1.0.dist-info/METADATA",
        "optional-1.0.dist-info/RECORD",
        "optional-1.0.dist-info/WHEEL",
        "optional-1.0.dist-info/top_level.txt",
        "optional/__init__.py",
    ]

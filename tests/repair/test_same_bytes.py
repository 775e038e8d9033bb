"""One wheel comes out of one repair, whoever runs it, wherever, and however often."""

from __future__ import annotations

import os
import re
import shutil
import subprocess  # noqa: TID251 - whole processes are compared; the ban protects src
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.corpus import ROOT
from tests.repair.anatomy import sha256
from tests.repair.building import SOURCES, once, run
from tests.repair.cases import CASES
from tests.repair.conftest import Build, Repair
from tests.repair.hiding import system_folder
from tests.repair.peers import OURS, truewheel
from tests.repair.workshop import Workshop

# A launcher, so that umask and cores are set before anything is imported, whatever Python it is.
_LAUNCH = """
import os, sys
os.umask(int(sys.argv[1], 8))
if sys.argv[2]:
    os.sched_setaffinity(0, {int(core) for core in sys.argv[2].split(",")})
del sys.argv[1:3]
from truewheel.cli import main
main()
"""

_RUNTIME = "click|deflate|packaging|rich|markdown-it-py|mdurl|pygments|tomli|typing-extensions"
"""What truewheel runs with, as rows of the lock file."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything around a run that must not matter."""

    seed: int = 0
    umask: str = "022"
    one_core: bool = False
    python: bool = False
    packages: bool = True
    folder: str = "out"


SETTINGS = {
    "seed-1": Setting(seed=1),
    "seed-2-umask-077": Setting(seed=2, umask="077"),
    "seed-3-umask-002": Setting(seed=3, umask="002"),
    "elsewhere": Setting(folder="somewhere/else entirely"),
    "one-core": Setting(one_core=True),
    "no-package-database": Setting(packages=False),
    "another-python": Setting(python=True),
}


def _other_pythons() -> Iterator[tuple[tuple[int, ...], str]]:
    """Pythons of another version than this one, with their versions."""
    folders = [*os.environ["PATH"].split(os.pathsep), *(str(path) for path in _version_managers())]
    for folder in dict.fromkeys(folders):
        for minor in range(10, 20):
            program = shutil.which(f"python3.{minor}", path=folder)
            if program is None or minor == sys.version_info[1]:
                continue
            asked = [program, "-c", "import sys, zlib, hashlib; print(*sys.version_info[:2])"]
            said = subprocess.run(asked, capture_output=True, text=True, check=False)
            if said.returncode == 0:  # a shim of a version manager may not run
                yield tuple(map(int, said.stdout.split())), program


def _version_managers() -> Iterator[Path]:
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(root.glob("versions/3.*/bin"))


@pytest.fixture(scope="session")
def other_python(shared: Path) -> Path:
    """An environment of the newest other Python that there is, else of the same, with what truewheel runs with."""
    home = shared / "other-python"
    with once(home) as missing:
        if missing:
            _, base = max(_other_pythons(), default=((), sys.executable))
            uv = str(Path(sys.executable).with_name("uv"))
            run([uv, "venv", "--quiet", "--python", base, home])
            lock = (ROOT / "requirements" / "ci.txt").read_text(encoding="utf-8")
            rows = re.findall(rf"^(?:{_RUNTIME})==(?:.*\\\n)+.*\n", lock, re.MULTILINE)
            wanted = shared / "runtime.txt"
            wanted.write_text("".join(rows), encoding="utf-8")
            python = home / "bin" / "python"
            run([uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", wanted])
    return home / "bin" / "python"


def _repair(wheel: Path, folder: Path, setting: Setting, python: Path) -> Path:
    """The wheel that comes out, by a process of its own."""
    to = folder / setting.folder
    to.mkdir(parents=True)
    cores = str(min(os.sched_getaffinity(0))) if setting.one_core else ""
    command = [str(python), "-c", _LAUNCH, setting.umask, cores]
    command += ["repair", str(wheel), "-w", str(to), "-L", str(system_folder()), "--sbom"]
    environment = {
        "PATH": os.environ["PATH"] if setting.packages else "/nonexistent",
        "HOME": str(to),
        "PYTHONHASHSEED": str(setting.seed),
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(command, cwd=to, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (made,) = to.glob("*.whl")
    return made


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_nothing_around_matters(setting: Setting, built: Build, other_python: Path, tmp_path: Path) -> None:
    wheel = built("pyyaml")
    plain = _repair(wheel, tmp_path / "plain", Setting(), Path(sys.executable))
    varied = _repair(wheel, tmp_path / "varied", setting, other_python if setting.python else Path(sys.executable))
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

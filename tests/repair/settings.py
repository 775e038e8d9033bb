"""Everything around a run that must not matter, and runs as whole processes in which it differs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess  # noqa: TID251 - whole processes are compared; the ban protects src
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.corpus import ROOT
from tests.repair.building import once, run

# A launcher, so that umask and cores are set before anything is imported, whatever Python it is.
_LAUNCH = """
import os, sys
os.umask(int(sys.argv[1], 8))
if sys.argv[2]:
    os.sched_setaffinity(0, {int(core) for core in sys.argv[2].split(",")})
if sys.argv[3]:
    sys.platform = sys.argv[3]
del sys.argv[1:4]
from truewheel.cli import main
main()
"""

_RUNTIME = "click|deflate|packaging|rich|markdown-it-py|mdurl|pygments|tomli|typing-extensions"
"""What truewheel runs with, as rows of the lock file."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything around a run that must not matter. ``host`` is what Python takes the system for."""

    seed: int = 0
    umask: str = "022"
    one_core: bool = False
    python: bool = False
    packages: bool = True
    folder: str = "out"
    host: str = ""


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


def another_python(folder: Path, *, oldest: bool = False) -> Path:
    """An environment of the newest or oldest other Python that is here, else of the same, with what truewheel needs."""
    home = folder / ("oldest-python" if oldest else "other-python")
    with once(home) as missing:
        if missing:
            found = sorted(_other_pythons()) or [((), sys.executable)]
            _, base = found[0 if oldest else -1]
            uv = str(Path(sys.executable).with_name("uv"))
            run([uv, "venv", "--quiet", "--python", base, home])
            lock = (ROOT / "requirements" / "ci.txt").read_text(encoding="utf-8")
            rows = re.findall(rf"^(?:{_RUNTIME})==(?:.*\\\n)+.*\n", lock, re.MULTILINE)
            wanted = folder / f"runtime-{home.name}.txt"
            wanted.write_text("".join(rows), encoding="utf-8")
            python = home / "bin" / "python"
            run([uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", wanted])
    return home / "bin" / "python"


def run_apart(arguments: Iterable[str | Path], to: Path, setting: Setting, python: Path, **environment: str) -> None:
    """Run truewheel with these arguments, in a process of its own that runs in the folder `to`."""
    to.mkdir(parents=True, exist_ok=True)
    cores = str(min(os.sched_getaffinity(0))) if setting.one_core else ""
    command = [str(python), "-c", _LAUNCH, setting.umask, cores, setting.host, *map(str, arguments)]
    around = {
        "PATH": os.environ["PATH"] if setting.packages else "/nonexistent",
        "HOME": str(to),
        "PYTHONHASHSEED": str(setting.seed),
        "PYTHONPATH": str(ROOT / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        **environment,
    }
    done = subprocess.run(command, cwd=to, env=around, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def repaired_apart(wheel: Path, folder: Path, setting: Setting, python: Path, *libraries: Path) -> Path:
    """The wheel that comes out, by a process of its own."""
    to = folder / setting.folder
    places = [word for library in libraries for word in ("-L", library)]
    run_apart(["repair", wheel, "-w", to, "--sbom", *places], to, setting, python)
    (made,) = to.glob("*.whl")
    return made

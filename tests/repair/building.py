"""Wheels with libraries of the system, built here from published sources that are pinned by sha256."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - pip and compilers are programs; the ban protects src
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.corpus import locked

_TOOLS = (
    "setuptools==84.2.1 --hash=sha256:ca140b45d5325a9478f880e351484f62fef15f336462e449ca0c03c873d589c2",
    "cython==3.3.1 --hash=sha256:61abc7feedd20dac6c4ff7ab3a30e17136a067b242ab9253e2b4a6d9a72c2b61",
)
"""What the sources are built with: wheels for every Python, so that one hash fits all hosts."""


class BuildError(Exception):
    """A wheel that the tests need could not be built."""


@dataclass(frozen=True, slots=True)
class Source:
    """A published source distribution, and what building it asks of the system.

    ``tools`` are rows of ``scripts/test_tools.py``; ``settings`` go into the environment of the build.
    """

    requirement: str
    sha256: str
    tools: tuple[str, ...]
    settings: tuple[tuple[str, str], ...] = ()


SOURCES = {
    "pyyaml": Source(
        "PyYAML==6.0.3",
        "d76623373421df22fb4cf8817020cbb7ef15c725b9d5e45f17e189bfc384190f",
        ("gcc", "/usr/include/yaml.h"),
        (("PYYAML_FORCE_LIBYAML", "1"),),
    ),
    "psycopg2": Source(
        "psycopg2==2.9.13",
        "d36784fc2dae69523ba4b79c7d1d1b4d6e83e87836874f111262f4db940b16a6",
        ("gcc", "pg_config"),
    ),
    "lxml": Source(
        "lxml==6.1.3",
        "45222d94ddd511536f3b2f7d9deae3b2339b4ce0f075f1ca25703b07cad9dd21",
        ("gcc", "xml2-config", "xslt-config"),
    ),
}
"""One library that needs nothing more; some twenty, with Kerberos, LDAP and OpenSSL; and ICU with its 31 MB of data."""


def run(command: Sequence[str | Path], **settings: str) -> str:
    """What a program prints, with `settings` in its environment. Raises `BuildError` if it fails."""
    environment = os.environ | settings
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        words = " ".join(map(str, command))
        raise BuildError(f"{words} ended with status {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def once(target: Path) -> Iterator[bool]:
    """Whether `target` is still to be made: of several processes one is told so, the others wait until it is done."""
    done = target.with_name(f".{target.name}.done")
    with locked(target.with_name(f".{target.name}.lock")):
        missing = not done.exists()
        yield missing
        if missing:
            done.touch()


def environment(folder: Path) -> Path:
    """The Python of a new virtual environment without pip, made once.

    It leads to the real interpreter: until Python 3.10 an environment of an environment leads to the outer one.
    """
    with once(folder) as missing:
        if missing:
            run([Path(sys.executable).resolve(), "-m", "venv", "--without-pip", folder])
    return folder / "bin" / "python"


def pip(python: Path, *words: str | Path, **settings: str) -> None:
    """Run our own pip for another environment."""
    run([sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, *words], **settings)


def _builder(folder: Path) -> Path:
    python = environment(folder / "builder")
    with once(folder / "builder-tools") as missing:
        if missing:
            wanted = folder / "builder-tools.txt"
            wanted.write_text("\n".join(_TOOLS) + "\n", encoding="utf-8")
            pip(python, "install", "--quiet", "--no-deps", "--require-hashes", "-r", wanted)
    return python


def build(project: str, folder: Path) -> Path:
    """The wheel of one of `SOURCES`, unrepaired, built once below `folder` with the running Python.

    Not optimized: what is tested are the wheels, and lxml takes half a minute as it is.
    """
    source = SOURCES[project]
    target = folder / project
    with once(target) as missing:
        if missing:
            python = _builder(folder)
            wanted = folder / f"{project}.txt"
            wanted.write_text(f"{source.requirement} --hash=sha256:{source.sha256}\n", encoding="utf-8")
            options = ("--quiet", "--no-deps", "--no-build-isolation", "--require-hashes", "--no-binary=:all:")
            settings = {"CFLAGS": "-O0 -g0 -w -pipe", **dict(source.settings)}
            pip(python, "wheel", *options, "-r", wanted, "-w", target, **settings)
    (wheel,) = target.glob("*.whl")
    return wheel

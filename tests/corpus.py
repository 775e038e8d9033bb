"""Published wheels of every platform, pinned by sha256, and what is known to be true of them.

``corpus.json`` is the table. The wheels are fetched once, by pip, from whatever index pip is configured for,
into a cache folder: ``$TRUEWHEEL_CORPUS``, else ``.cache/corpus`` in the repository.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess  # noqa: TID251 - pip is a program; the ban protects src
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from packaging.utils import parse_wheel_filename

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

ROOT = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).with_name("corpus.json")


class CorpusError(Exception):
    """A wheel of the corpus could not be had, or is not the one that the table means."""


class _Facts(TypedDict, total=False):
    """A row as the table spells it."""

    file: str
    sha256: str
    size: int
    computed: list[str]
    verdict: str
    needs_musl: str
    external: list[str]
    note: str


@dataclass(frozen=True, slots=True)
class Row:
    """A published wheel and what is true of it.

    ``computed`` are the lowest platform tags that are true, in the modern spelling; ``verdict`` is "" where the
    table takes no stand. ``needs_musl`` is the full musl release, where it is more than the tag can say.
    """

    file: str
    sha256: str
    size: int
    computed: tuple[str, ...]
    verdict: str = ""
    needs_musl: str = ""
    external: tuple[str, ...] = ()
    note: str = ""

    @property
    def project(self) -> str:
        """The normalized name of the project."""
        return parse_wheel_filename(self.file)[0]

    @property
    def version(self) -> str:
        """The version of the project."""
        return str(parse_wheel_filename(self.file)[1])

    @property
    def claimed(self) -> tuple[str, ...]:
        """The platforms that the file name promises, sorted."""
        return tuple(sorted({tag.platform for tag in parse_wheel_filename(self.file)[3]}))


def _row(facts: _Facts) -> Row:
    return Row(
        file=facts["file"],
        sha256=facts["sha256"],
        size=facts["size"],
        computed=tuple(facts["computed"]),
        verdict=facts.get("verdict", ""),
        needs_musl=facts.get("needs_musl", ""),
        external=tuple(facts.get("external", ())),
        note=facts.get("note", ""),
    )


def _table() -> dict[str, Row]:
    facts: list[_Facts] = json.loads(TABLE.read_text(encoding="utf-8"))
    return {row.file: row for row in map(_row, facts)}


ROWS = _table()
"""Every row by its file name, in the order of the table."""


def cache_folder() -> Path:
    """Where the wheels are kept."""
    return Path(os.environ.get("TRUEWHEEL_CORPUS") or ROOT / ".cache" / "corpus")


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def pip_options(filename: str) -> list[str]:
    """The options of ``pip download`` under which this wheel is the best match, on any host."""
    tags = parse_wheel_filename(filename)[3]
    interpreter = max(tag.interpreter for tag in tags)
    implementation, digits = interpreter[:2], interpreter[2:]
    # A wheel for any Python 3 still has to pass Requires-Python, so a Python that all of them support is named.
    python = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else "3.12"
    options = ["--no-deps", "--only-binary=:all:", f"--implementation={implementation}", f"--python-version={python}"]
    options += [f"--abi={abi}" for abi in sorted({tag.abi for tag in tags})]
    return options + [f"--platform={platform}" for platform in sorted({tag.platform for tag in tags} - {"any"})]


def download(filename: str, sha256: str, folder: Path) -> Path:
    """Fetch one published wheel into `folder`, unless it is there already. Raises `CorpusError`."""
    target = folder / filename
    if _is(target, sha256):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / f".{filename}.lock"):
        if _is(target, sha256):  # another process has fetched it meanwhile
            return target
        project, version, *_ = parse_wheel_filename(filename)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
            command += ["--dest", scratch, *pip_options(filename), f"{project}=={version}"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            got = Path(scratch, filename)
            if not got.exists():
                raise CorpusError(f"pip did not fetch {filename}:\n{done.stderr or done.stdout}")
            if (found := sha256_of(got)) != sha256:
                raise CorpusError(f"{filename} has sha256 {found}, the table says {sha256}")
            got.replace(target)
    return target


def _is(path: Path, sha256: str) -> bool:
    return path.exists() and sha256_of(path) == sha256


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with the process, so that parallel test runs fetch or make something once."""
    with path.open("a") as file:
        if sys.platform == "win32":
            held = False
            while not held:  # one call gives up after ten seconds, less than a download takes
                with suppress(OSError):
                    msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                    held = True
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Corpus:
    """Real wheels on call: ``corpus("six-1.16.0-py2.py3-none-any.whl")`` gives the path of a checked file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checked: dict[str, Path] = {}

    def __call__(self, filename: str) -> Path:
        """The path of a wheel of the table; fetched if need be. Raises `CorpusError`, never skips."""
        if filename not in ROWS:
            raise CorpusError(f"{filename} is not in the table {TABLE.name}")
        if filename not in self._checked:
            self._checked[filename] = download(filename, ROWS[filename].sha256, self._folder)
        return self._checked[filename]

    def all(self) -> tuple[Path, ...]:
        """Every wheel of the table. The first time, that is 933 MB to fetch."""
        return tuple(map(self, ROWS))

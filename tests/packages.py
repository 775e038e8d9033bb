"""Archives of other people's with programs for many platforms: packages of npm, pinned by sha256, and of Debian.

``packages.json`` is the table of the first. They are fetched once, by npm and apt-get, from whatever registry and
mirror these are configured for, into the cache folder of the corpus. Where npm or apt-get lacks, whoever asks for a
package is left out as with other tools.
"""

from __future__ import annotations

import json
import os
import subprocess  # noqa: TID251 - npm and apt-cache are programs; the ban protects src
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypedDict

import pytest

from test_tools import apt
from tests.corpus import CorpusError, cache_folder, locked, sha256_of
from tests.tools import need

TABLE = Path(__file__).with_name("packages.json")


class _Facts(TypedDict):
    """A row as the table spells it."""

    version: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Row:
    """A package of npm: its name with the scope, and what is known of its tarball; the size is in bytes."""

    package: str
    version: str
    sha256: str
    size: int

    @property
    def file(self) -> str:
        """What ``npm pack`` calls it."""
        return f"{self.package.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


def _table() -> dict[str, Row]:
    facts: dict[str, _Facts] = json.loads(TABLE.read_text(encoding="utf-8"))
    return {name: Row(name, row["version"], row["sha256"], row["size"]) for name, row in facts.items()}


ROWS = _table()
"""Every package of npm by its name."""


@cache
def npm(package: str) -> Path:
    """The tarball of a package of the table, such as ``@esbuild/linux-x64``. Raises `CorpusError`."""
    if package not in ROWS:
        raise CorpusError(f"{package} is not in the table {TABLE.name}")
    row = ROWS[package]
    (program,) = need("npm")

    def fetch(scratch: Path) -> str:
        command = [str(program), "pack", f"{row.package}@{row.version}", "--silent", "--pack-destination", str(scratch)]
        done = subprocess.run(command, cwd=scratch, capture_output=True, encoding="utf-8", check=False)
        return done.stderr or done.stdout

    return fetched(cache_folder(), row.file, row.sha256, fetch)


@cache
def deb(package: str) -> Path:
    """The file of a Debian package for this machine's processor, such as ``ripgrep``, in the version that apt has.

    Its sha256 is the one that apt knows from signed lists, which are fetched where there are none, or where they are
    older than the mirror. Raises `CorpusError`.
    """
    need("apt-get")
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / ".apt.lock"):
        try:
            return _deb(package, folder)
        except CorpusError as error:
            if os.geteuid() != 0:
                if os.environ.get("CI"):
                    raise
                pytest.skip(f"{error}; `apt-get update` may help")
        apt("update")
        return _deb(package, folder)


def _deb(package: str, folder: Path) -> Path:
    said = _shown(package)
    if "SHA256" not in said:
        raise CorpusError(f"apt knows no package {package}")
    file = Path(said["Filename"]).name

    def fetch(scratch: Path) -> str:
        wanted = f"{package}={said['Version']}"
        done = apt("-o", "APT::Sandbox::User=root", "download", wanted, folder=scratch)
        for got in scratch.glob("*.deb"):  # its own name for it may escape more, as in 1%3a2.0
            got.rename(scratch / file)
        return done.stderr or done.stdout

    return fetched(folder, file, said["SHA256"], fetch)


def _shown(package: str) -> dict[str, str]:
    """The fields of a package that ``apt-cache show`` tells on one line each; none where it isn't known."""
    command = ["apt-cache", "show", "--no-all-versions", package]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    pairs = (line.partition(": ") for line in done.stdout.splitlines() if not line.startswith(" "))
    return {name: value for name, _, value in pairs}


def fetched(folder: Path, name: str, sha256: str, fetch: Callable[[Path], str]) -> Path:
    """The file in `folder`, which `fetch` puts into a folder of its own if need be, telling what it said on the way.

    Raises `CorpusError` where it didn't come, or is another one.
    """
    target = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / f".{name}.lock"):
        if target.exists() and sha256_of(target) == sha256:
            return target
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            said = fetch(Path(scratch))
            got = Path(scratch, name)
            if not got.exists():
                raise CorpusError(f"{name} was not fetched:\n{said}")
            if (found := sha256_of(got)) != sha256:
                raise CorpusError(f"{name} has sha256 {found}, not {sha256} as it should")
            got.replace(target)
    return target

"""Published source distributions, pinned by sha256 and fetched once: those that pip builds otherwise each time."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.corpus import cache_folder, locked, sha256_of
from tests.repair.building import BuildError, run


@dataclass(frozen=True, slots=True)
class Published:
    """An sdist on the index: the project, its version, the file, and what a build of it asks of the system.

    ``silent`` says that its backend keeps to itself how it starts compilers.
    """

    project: str
    version: str
    file: str
    sha256: str
    tools: tuple[str, ...]
    silent: bool = False

    def fetch(self) -> Path:
        """The path of the checked file."""
        target = cache_folder() / self.file
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(target.with_name(f".{self.file}.lock")):
            if not (target.exists() and sha256_of(target) == self.sha256):
                self._download(target)
        return target

    def _download(self, target: Path) -> None:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--quiet", "--no-deps"]
            run([*command, "--no-binary", self.project, "--dest", folder, f"{self.project}=={self.version}"])
            got = Path(folder, self.file)
            if (found := sha256_of(got)) != self.sha256:
                raise BuildError(f"{self.file} has sha256 {found}, not {self.sha256}")
            got.replace(target)


FOUNDING = (
    Published(
        "PyYAML",
        "6.0.3",
        "pyyaml-6.0.3.tar.gz",
        "d76623373421df22fb4cf8817020cbb7ef15c725b9d5e45f17e189bfc384190f",
        ("gcc", "/usr/include/yaml.h"),
    ),
    Published(
        "MarkupSafe",
        "3.0.3",
        "markupsafe-3.0.3.tar.gz",
        "722695808f4b6457b320fdc131280796bdceb04ab50fe1795cd540799ebe1698",
        ("gcc",),
    ),
    Published(
        "frozenlist",
        "1.8.0",
        "frozenlist-1.8.0.tar.gz",
        "3ede829ed8d842f6cd48fc7081d7a41001a56f1f38603f9d49bf3020d59a31ad",
        ("g++", "gcc"),
        silent=True,
    ),
)
"""Cython with a library of the system, plain C, and C++ that a backend of its own compiles in a temporary folder."""

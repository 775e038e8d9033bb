"""Backends of other years, pinned by sha256 and fetched once: what old wheels were built with."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.corpus import cache_folder, locked, sha256_of
from tests.repair.building import run


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel on the index, and when it was uploaded there."""

    project: str
    version: str
    file: str
    sha256: str
    uploaded: str

    @property
    def pin(self) -> str:
        """The requirement that means it alone."""
        return f"{self.project}=={self.version}"

    def fetch(self) -> Path:
        """The path of the checked file."""
        folder = cache_folder() / "older"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / self.file
        with locked(folder / f".{self.file}.lock"):
            if not (target.exists() and sha256_of(target) == self.sha256):
                with tempfile.TemporaryDirectory(dir=folder) as scratch:
                    wanted = Path(scratch, "wanted.txt")
                    wanted.write_text(f"{self.pin} --hash=sha256:{self.sha256}\n", encoding="utf-8")
                    command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--quiet"]
                    command += ["--no-deps", "--only-binary=:all:", "--require-hashes", "--dest", scratch]
                    run([*command, "--requirement", str(wanted)])
                    Path(scratch, self.file).replace(target)
        return target


SETUPTOOLS_57 = Wheel(
    "setuptools",
    "57.5.0",
    "setuptools-57.5.0-py3-none-any.whl",
    "60d78588f15b048f86e35cdab73003d8b21dd45108ee61a6693881a427f22073",
    "2021-09-04T15:12:22Z",
)
SETUPTOOLS_65 = Wheel(
    "setuptools",
    "65.5.0",
    "setuptools-65.5.0-py3-none-any.whl",
    "f62ea9da9ed6289bfe868cd6845968a2c854d1427f8548d52cae02a42b4f0356",
    "2022-10-14T12:35:21Z",
)
WHEEL_37 = Wheel(
    "wheel",
    "0.37.1",
    "wheel-0.37.1-py2.py3-none-any.whl",
    "4bdcd7d840138086126cd09254dc6195fb4fc6f01c050a1d7236f2630db1d22a",
    "2021-12-22T12:22:00Z",
)
WHEEL_40 = Wheel(
    "wheel",
    "0.40.0",
    "wheel-0.40.0-py3-none-any.whl",
    "d236b20e7cb522daf2390fa84c55eea81c5c30190f90f29ae2ca1ad8355bf247",
    "2023-03-14T15:10:00Z",
)
FLIT_39 = Wheel(
    "flit-core",
    "3.9.0",
    "flit_core-3.9.0-py3-none-any.whl",
    "7aada352fb0c7f5538c4fafeddf314d3a6a92ee8e2b1de70482329e42de70301",
    "2023-05-14T14:48:49Z",
)
OLDER = (SETUPTOOLS_57, SETUPTOOLS_65, WHEEL_37, WHEEL_40, FLIT_39)

"""File names of source distributions (PEP 625 and before): parsed without changing a letter."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from packaging.version import InvalidVersion, Version

from truewheel.errors import SdistError
from truewheel.wheel.name import canonical_project

TAR_GZ: Final = ".tar.gz"
ZIP: Final = ".zip"

_STRANGE: Final = re.compile("[^A-Za-z0-9_.!+-]")
"""What is in no project name and no version (PEP 508, PEP 440)."""

_PROJECT: Final = re.compile("[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_OTHERS: Final = (".tgz", ".tar", ".tar.bz2", ".tar.xz", ".tar.zst", ".tar.Z", ".tbz2", ".txz")
_CALLED: Final = "a source distribution is called NAME-VERSION.tar.gz (PEP 625)"


@dataclass(frozen=True)
class SdistName:
    """The parts of a source distribution's file name, each as it is written; ``suffix`` is .tar.gz, or .zip of old."""

    distribution: str
    version: str
    suffix: str = TAR_GZ

    @classmethod
    def parse(cls, filename: str) -> SdistName:
        """Read a file name: the version begins behind the last dash that leaves a version (PEP 440).

        Names from before PEP 625 may hold dashes and dots on both sides. Raises `SdistError` for anything else.
        """
        if strange := _STRANGE.search(filename):
            raise _not_a_name(f"{strange[0]!r} may not be in it")
        suffix = next((end for end in (TAR_GZ, ZIP) if filename.endswith(end)), "")
        if not suffix:
            if filename.endswith(_OTHERS):
                raise _not_a_name("it is another kind of archive, which indexes don't take any more (PEP 527)")
            raise _not_a_name("it doesn't end in .tar.gz or .zip")
        parts = filename[: -len(suffix)].split("-")
        for cut in range(len(parts) - 1, 0, -1):
            project, version = "-".join(parts[:cut]), "-".join(parts[cut:])
            if _PROJECT.fullmatch(project) and _is_version(version):
                return cls(project, version, suffix)
        raise _not_a_name("no dash in it is followed by a version (PEP 440)")

    def __str__(self) -> str:
        return f"{self.stem}{self.suffix}"

    @property
    def stem(self) -> str:
        """NAME-VERSION, as it is written: what the one folder at the top is usually called."""
        return f"{self.distribution}-{self.version}"

    @property
    def project(self) -> str:
        """The normalized name of the project (PEP 503)."""
        return canonical_project(self.distribution)

    def as_tar(self) -> SdistName:
        """The same name for the canonical archive, a .tar.gz."""
        return self if self.suffix == TAR_GZ else replace(self, suffix=TAR_GZ)


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _not_a_name(why: str) -> SdistError:
    return SdistError(f"not the name of a source distribution: {why}", hint=_CALLED)

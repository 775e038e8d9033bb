"""Wheel file names (PEP 427, PEP 425): parsed without changing a letter, written back as they were."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from truewheel.errors import WheelError

_STRANGE: Final = re.compile("[^A-Za-z0-9_.!+-]")
"""What is in no project name, version, build number or tag (PEP 427, PEP 440); packaging lets some of it pass."""

_TAG: Final = "[a-z][a-z0-9_]*(?:[.][a-z][a-z0-9_]*)*"
_ORDINARY: Final = re.compile(
    "[A-Za-z0-9]+(?:[._][A-Za-z0-9]+)*-"
    r"[0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc)[0-9]+)?(?:\.post[0-9]+)?(?:\.dev[0-9]+)?(?:\+[a-z0-9]+(?:\.[a-z0-9]+)*)?"
    f"(?:-[0-9][A-Za-z0-9_.]*)?-{_TAG}-{_TAG}-{_TAG}[.]whl"
)
"""Names that packaging takes as well, with a normalized version (PEP 440): nearly all there are."""


def canonical_project(name: str) -> str:
    """The name of a project as indexes compare it (PEP 503)."""
    return re.sub("[-_.]+", "-", name).lower()


def spells(stem: str, project: str, version: str) -> bool:
    """Whether NAME-VERSION, with dashes anywhere, means the normalized `project` and the `version`."""
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - most names are never compared

    parts = stem.split("-")
    wanted = Version(version)
    for cut in range(1, len(parts)):
        try:
            same = Version("-".join(parts[cut:])) == wanted
        except InvalidVersion:
            continue
        if same and canonical_project("-".join(parts[:cut])) == project:
            return True
    return False


@dataclass(frozen=True)
class WheelName:
    """The parts of a wheel's file name, each as it is written.

    ``pythons``, ``abis`` and ``platforms`` are the compressed tag sets, split at the dots and in file order.
    """

    distribution: str
    version: str
    build: str
    pythons: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]

    @classmethod
    def parse(cls, filename: str) -> WheelName:
        """Read a file name. Raises `WheelError` where PEP 427 or packaging doesn't allow it."""
        if strange := _STRANGE.search(filename):
            raise _not_a_name(f"{strange[0]!r} may not be in it")
        if not _ORDINARY.fullmatch(filename):
            # Packaging decides on the others; loading it takes as long as reading a wheel.
            from packaging.utils import InvalidWheelFilename, parse_wheel_filename  # noqa: PLC0415  # the same

            try:
                parse_wheel_filename(filename)
            except InvalidWheelFilename as error:
                raise _not_a_name(str(error)) from None
        parts = filename[: -len(".whl")].split("-")
        build = parts[2] if len(parts) == 6 else ""
        pythons, abis, platforms = (tuple(part.split(".")) for part in parts[-3:])
        if "" in (*pythons, *abis, *platforms):
            raise _not_a_name("a tag is empty")
        return cls(parts[0], parts[1], build, pythons, abis, platforms)

    def __str__(self) -> str:
        parts = [self.distribution, self.version, self.build, *map(".".join, self.tag_sets)]
        return "-".join(part for part in parts if part) + ".whl"

    @property
    def tag_sets(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """The three compressed tag sets: pythons, abis, platforms."""
        return self.pythons, self.abis, self.platforms

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The full tags that the name stands for, expanded and sorted: what WHEEL has to list."""
        return tuple(sorted({"-".join(tag) for tag in itertools.product(*self.tag_sets)}))

    @property
    def pure(self) -> bool:
        """Whether the wheel claims to run on any platform."""
        return self.platforms == ("any",)

    @property
    def project(self) -> str:
        """The normalized name of the project (PEP 503)."""
        return canonical_project(self.distribution)

    def with_platforms(self, platforms: Iterable[str]) -> WheelName:
        """The same name for other platforms, sorted."""
        return replace(self, platforms=tuple(sorted(set(platforms))))


def _not_a_name(why: str) -> WheelError:
    return WheelError(
        f"not the name of a wheel: {why}", hint="a wheel is called NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl"
    )

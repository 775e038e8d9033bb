"""Where grafts go in a wheel for macOS: where delocate puts them, so that who knows its wheels finds them there."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from truewheel.binary.graph import installed_path
from truewheel.ops.places import reachable, way
from truewheel.wheel import Wheel

_FOLDER: Final = ".dylibs"
_SEPARATORS: Final = re.compile("[-_.]+")


class Folder(NamedTuple):
    """The folder for grafts: as members spell it, and where it is installed, relative to site-packages."""

    member: str
    installed: str


def folder_for_grafts(wheel: Wheel, suffix: str | None) -> Folder:
    """The folder ``.dylibs``, or what `suffix` calls it, in the package with the name of the distribution.

    If there is no such package, in the first one; without any (single modules, namespaces), one of its own.
    A package of ``.data/platlib`` is installed beside the others, and its folder goes there too.
    """
    suffix = _FOLDER if suffix is None else suffix
    distribution = wheel.name.distribution
    packages: dict[str, str] = {}
    for member in sorted(wheel.by_name):
        package, _, rest = installed_path(member).partition("/")
        if rest == "__init__.py" and reachable(member):
            prefix = member.removesuffix(f"{package}/{rest}")
            packages[package] = min(prefix, packages.get(package, prefix))
    if not packages:
        return Folder(f"{distribution}{suffix}", f"{distribution}{suffix}")
    named = [package for package in packages if _normalized(package) == _normalized(distribution)]
    package = min(named or packages)
    return Folder(f"{packages[package]}{package}/{suffix}", f"{package}/{suffix}")


def loader_way(start: str, goal: str) -> str:
    """The path that leads a file from its own installed folder to another one."""
    return f"@loader_path/{way(start, goal)}".removesuffix("/.")


def _normalized(name: str) -> str:
    return _SEPARATORS.sub("_", name).lower()

"""Mach-O files of published wheels, and what a repair asks of them."""

from __future__ import annotations

import zipfile  # noqa: TID251 - the wheels are read with a reader that isn't ours
from pathlib import Path

from tests.macho.checker import Intended
from tests.macho.layout import FAT, THIN, Part


def machos(wheel: Path) -> dict[str, bytes]:
    """The Mach-O files of a wheel by their names."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: data for name in archive.namelist() if (data := archive.read(name)).startswith((FAT, THIN))}


def renamed(name: str) -> str:
    """Another name of a graft, a little longer."""
    stem, dot, rest = name.rpartition("/")[2].partition(".")
    return f"@loader_path/../sample.dylibs/{stem}-0123abcd{dot}{rest}"


def wishes(part: Part, *, much: bool = False) -> Intended:
    """What a repair asks of a slice: grafts and the library itself renamed, and no path of the build.

    With `much` there is a run path more.
    """
    grafts = [name for name in part.dylibs if not name.startswith(("/usr/lib/", "/System/"))]
    own = part.install_name
    kept = tuple(path for path in part.rpaths if path.startswith("@"))
    return Intended(
        {name: renamed(name) for name in grafts},
        None if own is None else f"/DLC/sample.dylibs/{renamed(own).rpartition('/')[2]}",
        (*kept, "@loader_path/../sample.dylibs") if much else kept,
    )

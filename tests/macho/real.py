"""Mach-O files of published wheels."""

from __future__ import annotations

import zipfile  # noqa: TID251 - the wheels are read with a reader that isn't ours
from pathlib import Path

from tests.macho.layout import FAT, THIN


def machos(wheel: Path) -> dict[str, bytes]:
    """The Mach-O files of a wheel by their names."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: data for name in archive.namelist() if (data := archive.read(name)).startswith((FAT, THIN))}

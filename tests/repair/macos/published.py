"""The published wheels that are taken apart and repaired, and how each of them was built."""

from __future__ import annotations

from typing import NamedTuple

from tests.repair.macos.undone import CHAIN, HOMEBREW, LOCAL, RPATHS, Names


class Published(NamedTuple):
    """A wheel of the corpus, how its files were called before delocate, and how many libraries delocate brought."""

    file: str
    names: Names
    grafts: int
    platform: str


WHEELS = {
    "h5py": Published("h5py-3.16.0-cp312-cp312-macosx_11_0_arm64.whl", CHAIN, 3, "macosx_11_0_arm64"),
    "pillow": Published("pillow-13.0.0-cp312-cp312-macosx_11_0_arm64.whl", RPATHS, 18, "macosx_11_0_arm64"),
    "psycopg2": Published(
        "psycopg2_binary-2.9.13-cp312-cp312-macosx_10_13_x86_64.whl", RPATHS, 10, "macosx_10_13_x86_64"
    ),
    "pyzmq": Published("pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl", LOCAL, 2, "macosx_10_15_universal2"),
    "scipy": Published("scipy-1.18.1-cp312-cp312-macosx_12_0_arm64.whl", HOMEBREW, 4, "macosx_13_0_arm64"),
    "shapely": Published("shapely-2.2.0-cp312-cp312-macosx_11_0_arm64.whl", HOMEBREW, 2, "macosx_11_0_arm64"),
}
"""By project. ``platform`` is true of what is inside: scipy's libgfortran asks for macOS 12.3."""

SMALL = tuple(name for name in WHEELS if name not in {"scipy", "h5py"})
"""Those that programs are asked about file by file."""

"""The published wheels that are taken apart and repaired, and what is to come out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """A wheel whose DLLs are taken out. ``only`` are the modules that stay of a large one.

    ``home`` is where truewheel puts the DLLs; ``patched`` whether that needs lines in ``__init__.py``.
    """

    file: str
    home: str
    patched: bool = False
    only: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.file.partition("-")[0] + self.file.rpartition("-")[2].removesuffix(".whl").replace("win", "-win")


H5PY = Published("h5py-3.16.0-cp312-cp312-win_amd64.whl", "h5py")
NUMPY = Published("numpy-2.5.5-cp312-cp312-win_amd64.whl", "numpy.libs", patched=True)
SHAPELY = Published("shapely-2.2.0-cp312-cp312-win_amd64.whl", "shapely")
SCIPY = Published(
    "scipy-1.18.1-cp312-cp312-win_amd64.whl",
    "scipy.libs",
    patched=True,
    only=("scipy/integrate/_vode", "scipy/odr/__odrpack", "scipy/optimize/_trlib/_trlib"),
)
SHAPELY_32 = Published("shapely-2.2.0-cp312-cp312-win32.whl", "shapely")
RUNTIME_ARM = Published("msvc_runtime-14.51.36231-cp312-cp312-win_arm64.whl", "")
"""Microsoft's runtime, for the processor of the tag indeed: its module needs two of the DLLs."""

LOADED = (H5PY, NUMPY, SHAPELY, SCIPY)
PARSED = (SHAPELY_32, RUNTIME_ARM)
"""For processors that Wine has no DLLs for here."""

LIGHTGBM = "lightgbm-4.7.0-py3-none-win_amd64.whl"
NUMPY_WIN32 = "numpy-2.5.5-cp312-cp312-win32.whl"
PILLOW = "pillow-13.0.0-cp312-cp312-win_amd64.whl"
PYWIN32 = "pywin32-312-cp312-cp312-win_amd64.whl"
PYZMQ = "pyzmq-27.3.0-cp312-abi3-win_amd64.whl"
PYZMQ_ARM = "pyzmq-27.3.0-cp312-abi3-win_arm64.whl"
RUNTIME = "msvc_runtime-14.51.36231-cp312-cp312-win_amd64.whl"
"""Files that are repaired as they are, and one that brings Microsoft's runtime."""

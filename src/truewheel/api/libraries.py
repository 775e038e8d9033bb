"""Where libraries from outside are looked for, as `repair` and `pack` are told."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from truewheel.api.common import AnyPath
from truewheel.ops.libraries import Libraries
from truewheel.world.libraries import LibrarySearch


@dataclass(frozen=True, slots=True)
class Places:
    """Where `repair` looks for libraries, in this order: nowhere else, and nowhere at all by default.

    ``lib_dirs`` and ``ldpaths`` are folders; ``sysroot`` is the root of another system, searched as its own loader
    would; with ``host`` this machine is, ``LD_LIBRARY_PATH``, ``DYLD_LIBRARY_PATH`` or ``PATH`` of the environment
    included. ``executable_path`` is the folder that ``@executable_path`` means on macOS.
    """

    lib_dirs: tuple[AnyPath, ...] = ()
    ldpaths: tuple[AnyPath, ...] = ()
    sysroot: AnyPath | None = None
    host: bool = False
    executable_path: AnyPath | None = None


def library_search(places: Places) -> AbstractContextManager[Libraries]:
    """Who looks for libraries in these places, and has their files open until the block ends."""
    return LibrarySearch(
        lib_dirs=[Path(folder) for folder in places.lib_dirs],
        ldpaths=[Path(folder) for folder in places.ldpaths],
        sysroot=None if places.sysroot is None else Path(places.sysroot),
        host=places.host,
        environment=os.environ,
        executable_path=None if places.executable_path is None else Path(places.executable_path),
    )

"""A build without a compiler: PATH has none, and the variables that name one lead to a stand-in that fails at once.

Projects whose native parts are optional make pure wheels then, as their publishers did on machines without compilers.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from truewheel.builds.shims import Shims, is_compiler

_SCRIPT: Final = "#!/bin/sh\necho 'truewheel: this build is one without a compiler' >&2\nexit 1\n"
_STAND_IN: Final = "no-compiler"
_VARIABLES: Final = ("CC", "CXX", "FC", "F77", "F90", "RUSTC", "CARGO")
_OTHERS: Final = frozenset(("cargo", "go", "icc", "ifort", "nvcc", "pgcc", "rustc", "rustup", "swiftc", "tcc", "zig"))
_WINDOWS: Final = "on Windows no compiler can be hidden: Visual C++ is found by the registry"


def without_compilers(folder: Path, path: str, inside: Callable[[Path], str]) -> tuple[str, Shims]:
    """A PATH with everything that `path` has but compilers, and the variables for the build.

    A folder with compilers is replaced by one of links to all the rest, below ``folder``, which is also where the
    stand-in lies. ``inside`` gives the path by which the build sees one.
    """
    if sys.platform == "win32":
        return path, Shims(notes=(_WINDOWS,))
    folder.mkdir(exist_ok=True)
    stand_in = folder / _STAND_IN
    stand_in.write_text(_SCRIPT, encoding="ascii")
    stand_in.chmod(0o755)
    places = []
    for number, place in enumerate(dict.fromkeys(part for part in path.split(os.pathsep) if part)):
        replaced = _linked(Path(place), folder / f"programs-{number}")
        places.append(inside(replaced) if replaced else place)
    return os.pathsep.join(places), Shims(dict.fromkeys(_VARIABLES, inside(stand_in)))


def _linked(place: Path, links: Path) -> Path | None:
    """A folder with links to the programs of another that are no compilers; None where all of them may be seen."""
    try:
        names = [entry.name for entry in os.scandir(place)]
    except OSError:
        return None
    rest = [name for name in names if not (is_compiler(name) or name in _OTHERS)]
    if len(rest) == len(names):
        return None
    links.mkdir()
    for name in rest:
        with suppress(OSError):
            (links / name).symlink_to(place / name)
    return links

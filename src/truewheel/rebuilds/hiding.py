"""Where copies lie of what was published: a build that found one could give that for its own."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from truewheel.index.model import Target
from truewheel.index.store import default_folder
from truewheel.rebuilds import keeping
from truewheel.rebuilds.model import Terms


def places(target: Target, terms: Terms, scratch: Path, wheel: str) -> tuple[Path, ...]:
    """Files and folders that a build of `wheel` (a file name) must not see.

    They are the folder of this verification, the cache, the user's own copy, the evidence of earlier runs, and where it
    may be installed for the Python that runs this.
    """
    kept = keeping.folder_of(terms.out, wheel) if terms.out else None
    found = (scratch, terms.cache or default_folder(os.environ), target.path, kept, *_installed())
    return tuple(place for place in found if place is not None)


def _installed() -> list[Path]:
    """Where packages lie: in the environment of this Python, and outside of that."""
    outside = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix}
    folders = [sysconfig.get_path(name, vars=more) for more in ({}, outside) for name in ("purelib", "platlib")]
    return [Path(folder) for folder in dict.fromkeys(folders)]

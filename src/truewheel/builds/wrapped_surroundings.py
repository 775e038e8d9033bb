"""The circumstances under which a wrapped backend works: the caller's, but for what would make builds differ.

The environment is the frontend's business, which has chosen it and has installed what is needed. So it is not made anew
as `surroundings` does it for a build of our own; what decides nothing stays.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from truewheel.builds.shims import configured_here, environments_here, folder_maps, write_shims
from truewheel.builds.wrapped_doors import with_doors
from truewheel.world.settings import source_date_epoch

EPOCH: Final = 315532800
"""1980-01-01 00:00:00 UTC: SOURCE_DATE_EPOCH where the caller sets none.

The times of files and the history of a checkout would say better when the sources were made. But they are not the same
for a folder, for the sdist made from it, and for the copy that a frontend works on.
"""

UMASK: Final = 0o022

_FIXED: Final = {
    "LC_ALL": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "ZERO_AR_DATE": "1",  # Apple's ar, libtool and ld
}

_ADDED: Final = {"GOFLAGS": "-trimpath -buildvcs=false"}
_ADDED_ON_WINDOWS: Final = {"CL": "/Brepro", "LINK": "/Brepro"}
"""Flags that are put behind those of the caller: no folders in Go's programs, no times in objects and DLLs."""


def fixed(caller: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment with the variables that have one value for all.

    Raises `RequestError` where its SOURCE_DATE_EPOCH is no number.
    """
    epoch = source_date_epoch(caller)
    added = _ADDED | (_ADDED_ON_WINDOWS if sys.platform == "win32" else {})
    return {
        **caller,
        **_FIXED,
        **{name: f"{caller.get(name, '')} {flags}".lstrip() for name, flags in added.items()},
        "SOURCE_DATE_EPOCH": str(EPOCH if epoch is None else epoch),
    }


def with_stand_ins(environment: Mapping[str, str], folder: Path, project: Path) -> dict[str, str]:
    """The environment with compilers that leave folders' names out; their scripts are written into a new folder."""
    maps = folder_maps([project], environments=environments_here(), pythons=[sys.base_prefix, sys.base_exec_prefix])
    shims = write_shims(folder, maps=maps, caller=environment, configured=configured_here())
    return with_doors(shims, folder, environment)

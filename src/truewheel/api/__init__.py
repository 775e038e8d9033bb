"""The verbs on files: what the command line uses, and what other programs may import.

Every function takes a path, raises `TruewheelError` where it can't do its work, and leaves nothing behind
then. Values that come back hold no open file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from truewheel.api.common import Advance, AnyPath, Normalized, Options

if TYPE_CHECKING:
    from truewheel.api.building import Built, build
    from truewheel.api.comparing import diff
    from truewheel.api.fusing import Fused, fuse
    from truewheel.api.libraries import Places
    from truewheel.api.packing import check_packed, pack
    from truewheel.api.packing_model import Against, PackedTarget, PackRun, PackTerms, Published
    from truewheel.api.packing_settings import begin_packing, load_packing, project_folder
    from truewheel.api.reading import Digest, check, digest, show
    from truewheel.api.repairing import Repaired, Wants, repair
    from truewheel.api.rewriting import check_normalized, normalize, retag
    from truewheel.api.verifying import (
        Asked,
        Campaign,
        IndexSettings,
        Rung,
        Target,
        Terms,
        Verification,
        Watcher,
        index_settings,
        read_campaign,
        targets,
        verify,
        verify_all,
    )

__all__ = [
    "Advance",
    "Against",
    "AnyPath",
    "Asked",
    "Built",
    "Campaign",
    "Digest",
    "Fused",
    "IndexSettings",
    "Normalized",
    "Options",
    "PackRun",
    "PackTerms",
    "PackedTarget",
    "Places",
    "Published",
    "Repaired",
    "Rung",
    "Target",
    "Terms",
    "Verification",
    "Wants",
    "Watcher",
    "begin_packing",
    "build",
    "check",
    "check_normalized",
    "check_packed",
    "diff",
    "digest",
    "fuse",
    "index_settings",
    "load_packing",
    "normalize",
    "pack",
    "project_folder",
    "read_campaign",
    "repair",
    "retag",
    "show",
    "targets",
    "verify",
    "verify_all",
]


_LATE = {
    **dict.fromkeys(("Digest", "check", "digest", "show"), "reading"),
    **dict.fromkeys(("check_normalized", "normalize", "retag"), "rewriting"),
    **dict.fromkeys(("Repaired", "Wants", "repair"), "repairing"),
    "Places": "libraries",
    **dict.fromkeys(("Fused", "fuse"), "fusing"),
    **dict.fromkeys(("Built", "build"), "building"),
    "diff": "comparing",
    **dict.fromkeys(("check_packed", "pack"), "packing"),
    **dict.fromkeys(("Against", "PackRun", "PackTerms", "PackedTarget", "Published"), "packing_model"),
    **dict.fromkeys(("begin_packing", "load_packing", "project_folder"), "packing_settings"),
    **dict.fromkeys(
        (
            "Asked",
            "Campaign",
            "IndexSettings",
            "Rung",
            "Target",
            "Terms",
            "Verification",
            "Watcher",
            "index_settings",
            "read_campaign",
            "targets",
            "verify",
            "verify_all",
        ),
        "verifying",
    ),
}


def __getattr__(name: str) -> object:
    """Load what belongs to one verb alone when it is first asked for: most of the others need no such thing."""
    if name in _LATE:
        from importlib import import_module  # noqa: PLC0415  # the point of this function

        return getattr(import_module(f"truewheel.api.{_LATE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

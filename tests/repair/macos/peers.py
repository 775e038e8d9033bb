"""One wheel for macOS through truewheel, delocate or repairwheel, with the same libraries at hand."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - the peers are programs; the ban protects src
import sys
from pathlib import Path

from tests.macho.apple_tools import delocate_environment
from tests.repair.peers import OURS, Outcome, outcome_of, repairwheel, truewheel

PEERS = ("delocate", "repairwheel") if sys.version_info >= (3, 11) else ("delocate",)
"""The others. repairwheel wants Python 3.11."""

TOOLS = (OURS, *PEERS)


def delocate(wheel: Path, to: Path, *libraries: Path, options: tuple[str, ...] = ()) -> Outcome:
    """The peer delocate, through LLVM's tools."""
    to.mkdir(parents=True, exist_ok=True)
    environment = delocate_environment(to.parent / "apple-tools")
    environment["DYLD_LIBRARY_PATH"] = os.pathsep.join(map(str, libraries))
    command = ["delocate-wheel", "--wheel-dir", str(to), *options, str(wheel)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    return outcome_of(done, to)


REPAIR = {OURS: truewheel, "delocate": delocate, "repairwheel": repairwheel}
"""The tools by name."""

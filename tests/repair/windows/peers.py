"""One wheel for Windows through truewheel, delvewheel or repairwheel, with the same DLLs at hand."""

from __future__ import annotations

import os
import subprocess  # noqa: TID251 - the peers are programs; the ban protects src
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.pe.wine import Wine
from tests.repair.anatomy import members
from tests.repair.peers import OURS, Outcome, outcome_of, repairwheel, truewheel
from tests.repair.windows.imports import Led, import_module, installed, led, status_of

PEERS = ("delvewheel", "repairwheel") if sys.version_info >= (3, 11) else ("delvewheel",)
"""The others. repairwheel wants Python 3.11, and starts delvewheel."""

TOOLS = (OURS, *PEERS)


def delvewheel(wheel: Path, to: Path, *libraries: Path, options: tuple[str, ...] = (), seed: int = 1) -> Outcome:
    """The peer delvewheel, with a clock that stands still."""
    to.mkdir(parents=True, exist_ok=True)
    settings = {"SOURCE_DATE_EPOCH": "315532800", "PYTHONHASHSEED": str(seed)}
    command: list[str | Path] = [Path(sys.executable).with_name("delvewheel"), "repair", "-w", to]
    command += ["--add-path", os.pathsep.join(map(str, libraries)), *options, wheel]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False)
    return outcome_of(done, to)


REPAIR = {OURS: truewheel, "delvewheel": delvewheel, "repairwheel": repairwheel}
"""The tools by name."""


def answer(wheel: Path, outcome: Outcome) -> str:
    """How a repair ended, as docs/peers.md says it."""
    if outcome.status:
        end = "dies" if "Traceback" in outcome.said else "refuses"
        return f"{end}, leaves a wheel" if outcome.wheels else end
    return change(wheel, outcome.wheel) if outcome.wheels else "no wheel"


def change(wheel: Path, made: Path) -> str:
    """How many DLLs came into which folders, and which sources were changed or made."""
    old, new = members(wheel), members(made)
    homes = sorted(_folder(name) for name in new.keys() - old.keys() if name.lower().endswith(".dll"))
    words = [f"{homes.count(home)} in {home}" for home in dict.fromkeys(homes)]
    sources = {name for name in new if name.endswith(".py") and new[name] != old.get(name)}
    for word, names in (("patches", old.keys() & sources), ("makes", sources - old.keys())):
        words += [f"{word} {' '.join(sorted(map(_folder, names)))}"] if names else []
    return ", ".join(words) or "nothing"


def _folder(name: str) -> str:
    folder = name.rpartition("/")[0]
    return f"`{folder.replace('probe-1.0.data', '.data')}`" if folder else "the root"


def loads(wheel: Path, wine: Wine, machine: Iterable[Path] = ()) -> bool:
    """Whether everything in a wheel of our making loads, and answers 42. `machine` are DLLs that are loaded before."""
    site = installed(wheel, wheel.parent / "installed")
    for path in sorted(site.rglob("*")):
        if path.suffix == ".exe" and status_of(wine, path) != 42:
            return False
        if (path.suffix == ".pyd" or path.name == "own.dll") and not _answers(wine, site, path, machine):
            return False
    return True


def _answers(wine: Wine, site: Path, path: Path, machine: Iterable[Path]) -> bool:
    module = path.relative_to(site).as_posix()
    own = led(site, module)
    try:
        return import_module(wine, site, module, led_by=Led(own.folders, (*machine, *own.loaded))).answer == 42
    except AssertionError:  # Wine ends a program that calls what a DLL should have and hasn't
        return False

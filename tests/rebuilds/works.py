"""Work for campaigns that verifies nothing, and answers by the name of what it is given.

It stands in a module of its own because processes and machines load it by its name.
"""

from __future__ import annotations

import hashlib
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

from truewheel.errors import RequestError
from truewheel.index.model import Target
from truewheel.rebuilds.model import Terms
from truewheel.recipes.model import Choice, Recipe, Step
from truewheel.verdict.model import Attempt, Deviation, File, Judgement, Rung, Transplanted, Verification

BACKENDS = ("flit", "hatchling", "setuptools")
CHOICE = Choice(
    Recipe(pins=("setuptools==70.0.0",), python="3.12"), (Step("generator", "setuptools==70.0.0", "WHEEL"),)
)


def targets(count: int, *, kind: str = "plain") -> list[Target]:
    """So many targets; work may look at their kind."""
    return [
        Target(asked=f"{kind}{number}==1.{number}", project=f"{kind}{number}", version=f"1.{number}")
        for number in range(count)
    ]


def answer(target: Target, terms: Terms) -> Verification:
    """What is always answered of a target: any rung, whatever follows from its name."""
    assert terms.tries
    name = hashlib.sha256(target.project.encode()).hexdigest()
    rung = list(Rung)[int(name[:2], 16) % len(Rung)]
    wheel = File(f"{target.project}-{target.version}-py3-none-any.whl", name, 1000)
    backend = BACKENDS[int(name[2:4], 16) % len(BACKENDS)]
    judgement = Judgement(
        rung=rung,
        transplanted=Transplanted(26, (("time", 3),), "") if rung is Rung.ZIP_METADATA else None,
        deviations=_deviations(rung),
    )
    built = rung is not Rung.NOT_REBUILT
    attempt = Attempt(
        choice=CHOICE, judgement=judgement if built else None, rebuilt=wheel if built else None, seconds=0.25
    )
    return Verification(
        target=target.asked,
        project=target.project,
        version=target.version,
        wheel=wheel,
        source=None,
        backend=backend,
        attempts=(attempt,),
        best=0,
        seconds=0.5,
    )


def _deviations(rung: Rung) -> tuple[Deviation, ...]:
    if rung is Rung.EXPLAINED:
        record = Deviation("RECORD", "changed", "differs", follows=True)
        return (Deviation("a.py", "changed", "differs", (("line-ends", "CR LF"),)), record)
    return (Deviation("b.py", "changed", "differs"),) if rung is Rung.DIFFERENT else ()


def slow(target: Target, terms: Terms) -> Verification:
    """The same, a little later, with traces in the folder that `terms` name: a line for every time that it began.

    Targets from the tenth on go no further while a file ``hold`` is there.
    """
    assert terms.out is not None
    with (terms.out / f"{target.project}.began").open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    if int(target.version.partition(".")[2]) >= 10:
        wait_without(terms.out / "hold")
    time.sleep(0.1)
    return answer(target, terms)


def wait_without(path: Path) -> None:
    """Wait until a file isn't there any more, for a minute at most."""
    deadline = time.monotonic() + 60
    while path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)


def hanging(target: Target, terms: Terms) -> Verification:
    """Answers at once, but for ``hang…``, which goes on until it is told to stop, and cleans up then."""
    assert terms.out is not None
    if target.project.startswith("hang"):
        began = terms.out / f"{target.project}.began"
        began.write_text(f"{os.getpid()}\n", encoding="utf-8")
        try:
            time.sleep(300)
        finally:
            began.rename(terms.out / f"{target.project}.cleaned")
    return answer(target, terms)


def deadly(target: Target, terms: Terms) -> Verification:
    """``exit…`` ends the process, ``kill…`` kills it, ``once…`` the first time only."""
    if target.project.startswith("exit"):
        os._exit(3)
    if target.project.startswith("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if target.project.startswith("once"):
        assert terms.out is not None
        mark = terms.out / target.project
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return answer(target, terms)


class _Unspeakable(Exception):  # noqa: N818 - meant to be as odd as they come
    def __str__(self) -> str:
        return "line one\nline two \x1b[31m" + "x" * 5000


def failing(target: Target, terms: Terms) -> Verification:
    """Raises what its name says."""
    if target.project.startswith("value"):
        raise ValueError("nobody thought of this")
    if target.project.startswith("request"):
        raise RequestError("can't be done", hint="do something else")
    if target.project.startswith("odd"):
        raise _Unspeakable
    if target.project.startswith("endless"):
        return replace(answer(target, terms), seconds=float("nan"))  # no JSON
    if target.project.startswith("leave"):
        raise SystemExit(7)
    return answer(target, terms)


def out(folder: Path) -> Terms:
    """Terms with a folder for traces."""
    return Terms(out=folder)

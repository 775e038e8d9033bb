"""Builds as others make them, and as we do."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.builds.building import Heard
from tests.repair.building import run
from truewheel import api
from truewheel.builds.model import Request
from truewheel.compare import Comparison

CONSTRAINTS = Path(__file__).with_name("constraints.txt")
SECONDS = 300
"""No program of a build here takes a tenth of that; what hangs must end."""


def pip_wheel(source: Path, folder: Path) -> Path:
    """The wheel that pip makes of a folder or an sdist."""
    command = [sys.executable, "-m", "pip", "wheel", "--disable-pip-version-check", "--quiet", "--no-deps"]
    settings = {"PIP_CONSTRAINT": str(CONSTRAINTS), "PIP_BUILD_CONSTRAINT": str(CONSTRAINTS)}  # until and from pip 25.3
    run([*command, source, "--wheel-dir", folder], **settings)
    (wheel,) = folder.glob("*.whl")
    return wheel


def uv_build(source: Path, folder: Path) -> Path:
    """The wheel that uv makes of a folder."""
    run([sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--python", sys.executable, source, "-o", folder])
    (wheel,) = folder.glob("*.whl")
    return wheel


def built(
    source: Path,
    folder: Path,
    *,
    sdist: bool = False,
    twice: bool = False,
    isolation: str = "auto",
    epoch: int | None = None,
) -> api.Built:
    """What truewheel makes of a folder or an sdist: a wheel, and with `sdist` that too."""
    request = Request(
        source=str(source),
        sdist=sdist,
        constraints=(CONSTRAINTS,),
        isolation=isolation,
        epoch=epoch,
        seconds=SECONDS,
    )
    return api.build(request, folder, twice=twice, progress=Heard())


def wheel_of(done: api.Built) -> Path:
    """The wheel of a build."""
    (artefact,) = (artefact for artefact in done.artefacts if artefact.kind == "wheel")
    return artefact.path


def causes(comparison: Comparison) -> set[str]:
    """The ids of the causes that were recognized."""
    return {reason.id for reason, _ in comparison.causes}

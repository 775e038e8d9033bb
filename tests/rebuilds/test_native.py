"""Native wheels, rebuilt with the tool chain of this machine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.backend.frontends import Built
from tests.projects import C
from tests.rebuild.sdists import FOUNDING
from tests.rebuilds.publishing import Publisher, sha256
from tests.rebuilds.test_ladder import verified
from tests.repair.building import run
from tests.tools import need
from truewheel import api
from truewheel.api import Rung
from truewheel.builds.model import Request

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the tool chain of a Linux machine")

MARKUPSAFE = next(sdist for sdist in FOUNDING if sdist.project == "MarkupSafe")
MANYLINUX = {
    "cp310": "f42d0984e947b8adf7dd6dde396e720934d12c506ce84eea8476409563607591",
    "cp311": "0bf2a864d67e76e5c9a34dc26ec616a66b9888e25e7b9460e1c76d3293bd9dbf",
    "cp312": "d6dd0be5b5b189d31db7cda48b91d7e0a9795f31430b7f271219ab30f1d3ac9d",
    "cp313": "ccfcd093f13f0f0b7fdd0f198b90053bf7b2f02a3927a30e63f3ccc9df56b676",
    "cp314": "457a69a9577064c05a97c41f4e65148652db078a3a509039e64d3467b9e7ef97",
}
"""The published wheel of that release for this machine, by Python."""


def _published(folder: Path) -> Path:
    """The wheel for the Python that runs this."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    run([*command, "--only-binary=:all:", "--platform=manylinux2014_x86_64", "--dest", folder, "markupsafe==3.0.3"])
    (wheel,) = folder.glob("*.whl")
    assert sha256(wheel) == MANYLINUX[f"cp3{sys.version_info.minor}"]
    return wheel


def test_a_native_wheel_of_ours_is_rebuilt_bit_for_bit(publisher: Publisher, tmp_path: Path) -> None:
    """Built by `truewheel build` from a published sdist, uploaded, and verified with nothing known but the index."""
    need("gcc")
    sdist = MARKUPSAFE.fetch()
    made = api.build(Request(source=str(sdist)), tmp_path / "dist")
    wheel = made.artefacts[-1].path
    publisher.upload(Built(sdist, wheel))
    answer = verified(publisher, "markupsafe==3.0.3", tmp_path)
    assert answer.rung is Rung.BIT_FOR_BIT, answer.judgement
    assert answer.attempt
    assert answer.attempt.choice.recipe.canonical


def test_a_native_wheel_that_pip_built_differs_for_known_reasons(publisher: Publisher, tmp_path: Path) -> None:
    need("gcc")
    place = tmp_path / "somewhere"
    sdist = publisher.build(C).sdist
    wheel = publisher.frontends.pip(sdist, place)
    publisher.upload(Built(sdist, wheel))
    answer = verified(publisher, "withc==1.0", tmp_path)
    assert answer.rung is Rung.EXPLAINED, answer.judgement
    assert answer.judgement
    found = {reason for each in answer.judgement.deviations for reason, _ in each.causes}
    assert "build-path" in found


def test_a_published_manylinux_wheel_is_explained(publisher: Publisher, tmp_path: Path) -> None:
    """Another compiler built it, and auditwheel wrote its tags: nothing is left without a cause."""
    need("gcc")
    publisher.upload(Built(MARKUPSAFE.fetch(), _published(tmp_path / "published")))
    answer = verified(publisher, "markupsafe==3.0.3", tmp_path)
    assert answer.rung is Rung.EXPLAINED, answer.judgement
    assert answer.judgement
    assert not answer.judgement.unexplained

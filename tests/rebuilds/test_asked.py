"""From a recipe to a build: every field arrives, and users come before what was inferred."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from truewheel.builds.model import Conditions, Request
from truewheel.errors import RequestError
from truewheel.rebuilds.asked import asked
from truewheel.rebuilds.model import Terms
from truewheel.recipes.model import Recipe
from truewheel.wheel import Limits

RECIPE = Recipe(
    pins=("setuptools==57.5.0", "wheel==0.36.2"),
    more=("cython",),
    exclude_newer="2021-05-01T00:00:00Z",
    python="3.9",
    epoch=None,
    clock=1_600_000_000,
    timezone="Asia/Tokyo",
    umask=0o002,
    group_writable=True,
    line_ends="\r\n",
    compiler=False,
    canonical=True,
    environment={"A": "1"},
    config_settings={"--build-option": ["x"]},
)
"""One in which every field is another than the usual."""


def test_every_field_of_a_recipe_arrives(tmp_path: Path) -> None:
    usual = Recipe()
    assert [field.name for field in fields(Recipe) if getattr(RECIPE, field.name) == getattr(usual, field.name)] == [
        "epoch"
    ]
    terms = Terms(
        seconds=60.0, memory=1 << 30, network=True, isolation="none", installer="uv", limits=Limits(members=9)
    )
    request, conditions = asked(RECIPE, "a-1.tar.gz", constraints_folder=tmp_path, terms=terms)
    assert request == Request(
        source="a-1.tar.gz",
        sdist=False,
        python="3.9",
        installer="uv",
        constraints=(tmp_path / "constraints.txt",),
        exclude_newer="2021-05-01T00:00:00Z",
        config_settings={"--build-option": ["x"]},
        environment={"A": "1"},
        network=True,
        isolation="none",
        seconds=60.0,
        memory=1 << 30,
        more=("cython", "wheel"),  # which is pinned, and so took part
        canonical=True,
        limits=Limits(members=9),
    )
    assert (tmp_path / "constraints.txt").read_bytes() == b"setuptools==57.5.0\nwheel==0.36.2\n"
    assert conditions == Conditions(
        umask=0o002,
        timezone="Asia/Tokyo",
        epoch_set=False,
        sources_kept=True,
        group_writable=True,
        frozen=1_600_000_000,
        line_ends="\r\n",
        compiler=False,
    )


def test_the_plainest_recipe(tmp_path: Path) -> None:
    """Sources keep their times, nothing is set, and the wheel stays as it was written."""
    request, conditions = asked(Recipe(), "a-1.tar.gz", constraints_folder=tmp_path, terms=Terms(python="3.11"))
    assert request.python == "3.11"
    assert (request.canonical, request.constraints, list(tmp_path.iterdir())) == (False, (), [])
    assert conditions == Conditions(epoch_set=False, sources_kept=True)
    other = replace(RECIPE, epoch=7, pins=("setuptools==57.5.0",))
    request, conditions = asked(other, "a-1.tar.gz", constraints_folder=tmp_path, terms=Terms(python="3.11"))
    assert (request.python, request.epoch, conditions.epoch_set, request.more) == ("3.11", 7, True, ("cython",))
    stated = replace(RECIPE, more=("wheel",))
    assert asked(stated, "a", constraints_folder=tmp_path, terms=Terms())[0].more == ("wheel",)


def test_pins_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="can't be written"):
        asked(RECIPE, "a", constraints_folder=tmp_path / "not" / "there", terms=Terms())

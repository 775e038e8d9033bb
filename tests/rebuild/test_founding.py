"""The case that all of this began with (pypa/pip#6505): pip builds one sdist twice and gets two different wheels."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rebuild.evidence import interpreter_flags, modules, optimisation, units
from tests.rebuild.proofs import built, causes, pip_wheel, wheel_of
from tests.rebuild.sdists import FOUNDING, Published
from tests.tools import need
from truewheel import api


@pytest.mark.parametrize("published", FOUNDING, ids=lambda published: published.project)
def test_pip_builds_it_otherwise_each_time_and_we_always_the_same(published: Published, tmp_path: Path) -> None:
    need(*published.tools)
    sdist = published.fetch()
    first, second = (pip_wheel(sdist, tmp_path / name) for name in ("first", "second"))
    assert first.read_bytes() != second.read_bytes()
    said = api.diff(first, second)
    assert "build-path" in causes(said)
    assert said.unexplained == ()

    done = built(sdist, tmp_path / "ours", twice=True)
    assert done.twin is not None
    assert [comparison.identical for comparison in done.twin.comparisons] == [True]
    assert {one.name for one in done.twin.varied if one.obstacle} == {"network"}, done.twin.varied
    log = done.log.read_text(encoding="utf-8")
    compiled = [line.split() for line in log.splitlines() if " -c " in line and "-fPIC" in line]
    assert bool(compiled) is not published.silent
    assert all(set(interpreter_flags()) <= set(words) for words in compiled)
    _optimised_as_before(wheel_of(done), first)


def _optimised_as_before(ours: Path, theirs: Path) -> None:
    """The modules were compiled with the flags that pip has them compiled with, and keep all debug information."""
    level = optimisation(interpreter_flags())
    assert modules(ours).keys() == modules(theirs).keys()
    for name, data in modules(ours).items():
        mine, others = units(data), units(modules(theirs)[name])
        assert [unit.producer for unit in mine] == [unit.producer for unit in others]
        assert all(level in unit.producer.split() for unit in mine)
        assert all(unit.folder.startswith(("/src", "/build")) for unit in mine), mine

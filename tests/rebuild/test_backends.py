"""Native code by every way to compile: other bytes from another folder where nobody prevents it, the same from us."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builds.checkouts import checkout
from tests.projects import NATIVE, Project
from tests.rebuild.evidence import members, modules
from tests.rebuild.proofs import built, causes, uv_build, wheel_of
from tests.tools import need
from truewheel import api


@pytest.mark.parametrize("project", NATIVE, ids=lambda project: project.name)
def test_native_code_is_the_same_from_everywhere(project: Project, tmp_path: Path) -> None:
    need(*project.tools)
    first, second = (
        uv_build(project.write(tmp_path / name / project.name), tmp_path / name / "dist")
        for name in ("here", "elsewhere")
    )
    assert modules(first) != modules(second)
    said = api.diff(first, second)
    assert "build-path" in causes(said)
    assert said.unexplained == ()

    # Meson makes sdists of checkouts alone.
    need("git")
    sources = checkout(project.write(tmp_path / "sources"), {})
    done = built(sources, tmp_path / "ours", twice=True, sdist=True)
    assert done.twin is not None
    assert [comparison.identical for comparison in done.twin.comparisons] == [True, True]
    found = members(wheel_of(done))
    assert [name for name, data in found.items() if str(tmp_path).encode() in data] == []
    assert [name for name, data in found.items() if b"/tmp/truewheel" in data] == []

"""A project that can't be built twice: `--twice` says so, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

import pytest

from tests.cli.run import run
from tests.rebuild.flawed import ALWAYS, FLAWED, IN_NAMESPACES
from tests.tools import need


class _Cause(TypedDict):
    id: str


class _Difference(TypedDict):
    place: str
    causes: list[_Cause]
    inside: list[_Difference]


def _causes(difference: _Difference) -> set[str]:
    found = {cause["id"] for cause in difference["causes"]}
    return found.union(*(_causes(part) for part in difference["inside"]))


@pytest.mark.parametrize("isolation", ["bubblewrap", "none"])
def test_what_differs_at_each_build_is_named_with_its_cause(isolation: str, tmp_path: Path) -> None:
    need("bwrap", "gcc")
    source = FLAWED.write(tmp_path / "sources")
    options = ("--twice", "--wheel", "--isolation", isolation, "-w", tmp_path / "dist")
    done = run("build", str(source), "--json", *options)
    assert done.exit_code == 1, done.output
    (document,) = json.loads(done.stdout)["builds"]
    (comparison,) = document["twice"]["comparisons"]
    differences: list[_Difference] = comparison["differences"]
    found = {one["place"].rpartition("/")[2]: _causes(one) for one in differences}
    wanted = ALWAYS | ({} if isolation == "none" else IN_NAMESPACES)
    assert {name: sorted(causes) for name, causes in found.items() if name in wanted} == {
        name: [cause] for name, cause in wanted.items()
    }
    assert found.keys() - wanted.keys() == {"RECORD"}
    assert comparison["unexplained"] == []
    # The first build is delivered all the same.
    assert [path.name for path in (tmp_path / "dist").glob("*.whl")] == ["flawed-1.0-py3-none-any.whl"]


def test_a_person_is_told_what_was_varied_and_what_differs(tmp_path: Path) -> None:
    source = FLAWED.write(tmp_path / "sources")
    done = run("build", str(source), "--twice", "--wheel", "-w", tmp_path / "dist")
    assert done.exit_code == 1
    for words in (
        "varied",
        "umask",
        "022 / 077",
        "not varied",
        "the second build gave another file",
        "flawed/built.txt",
    ):
        assert words in done.output, done.output

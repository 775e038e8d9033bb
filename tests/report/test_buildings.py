"""What `build` says, as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from tests.support import closed_schema
from truewheel.builds.model import Artefact, Epoch, Isolation, Requirement, Tool, Varied
from truewheel.compare.model import Comparison, Difference, Kind, Tree
from truewheel.report import machine, text
from truewheel.report.shapes import SecondBuild

WHEEL = "demo-1.0-py3-none-any.whl"
EPOCH = Epoch(1_000_000_000, "the time of commit 0123abc")
APART = Isolation("bubblewrap", fixed_path=True, network_cut=True, read_only=True, home_hidden=True)


@dataclass(frozen=True)
class Twin:
    varied: tuple[Varied, ...]
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True)
class Built:
    source: str = "demo"
    artefacts: tuple[Artefact, ...] = ()
    lock: str = "dist/pylock.demo.toml"
    provenance: str = f"dist/{WHEEL}.provenance.json"
    log: str = "dist/demo.log"
    epoch: Epoch = EPOCH
    isolation: Isolation = APART
    python: str = "CPython 3.11.7"
    requirements: tuple[Requirement, ...] = (Requirement("flit-core", "3.9", "flit_core-3.9.whl", "b" * 64),)
    tools: tuple[Tool, ...] = (Tool("gcc", "gcc 12.2"), Tool("\x1b[31mld", "GNU ld"))
    twin: SecondBuild | None = None


def sides(*, same: bool) -> Comparison:
    left, right = Tree("wheel", WHEEL, (), size=3, sha256="a" * 64), Tree("wheel", WHEEL, (), size=4, sha256="c" * 64)
    found = () if same else (Difference("demo.py", Kind.CONTENT, "the time differs", "1", "2"),)
    return Comparison(left, left if same else right, same, False, 3, found)


def twin(*, same: bool) -> Twin:
    varied = (Varied("umask", "022", "077"), Varied("clock", "now", "now", "no libfaketime found"))
    return Twin(varied, (sides(same=same),))


def built(**fields: object) -> Built:
    made = Artefact("wheel", Path("dist") / WHEEL, 1234, "a" * 64)
    return replace(Built(artefacts=(made,)), **fields)  # type: ignore[arg-type]  # the fields of the dataclass


def test_what_came_out_comes_first_then_how() -> None:
    lines = text.built(built()).splitlines()
    assert lines[0] == "demo: built"
    assert lines[1].split() == ["wheel", f"dist/{WHEEL}"]
    assert lines[2].split() == ["sha256", "a" * 64, "(1,234", "bytes)"]
    said = "\n".join(lines)
    assert "2001-09-09 01:46:40 UTC (SOURCE_DATE_EPOCH=1000000000), the time of commit 0123abc" in said
    assert "bubblewrap: sources at a fixed path, no network, the system read-only, your home folder hidden" in said
    assert "1 build requirement in dist/pylock.demo.toml" in said
    assert "\x1b" not in said


def test_what_is_not_in_force_is_said() -> None:
    said = text.built(built(isolation=Isolation("none", False, False, False, False, ("bwrap isn't installed",))))
    assert "nothing but a clean environment\n" in said
    assert "not in force: sources at a path of their own, the network within reach, the system writable" in said
    assert "bwrap isn't installed" in said


def test_a_time_that_no_date_can_say_is_no_traceback() -> None:
    assert "a time (SOURCE_DATE_EPOCH=99999999999999)" in text.built(built(epoch=Epoch(99_999_999_999_999, "given")))


def test_a_second_build_says_what_was_varied_and_what_could_not_be() -> None:
    said = text.built(built(twin=twin(same=True)))
    assert "varied     umask: 022 / 077" in said
    assert "not varied clock: no libfaketime found" in said
    assert f"twice      {WHEEL}: the same bytes again" in said
    differs = text.built(built(twin=twin(same=False)))
    assert f"twice      {WHEEL}: the second build gave another file" in differs
    assert "the time differs" in differs


def test_json_is_valid_under_its_schema_and_says_the_same() -> None:
    ways = [built(), built(twin=twin(same=True)), built(twin=twin(same=False))]
    document = json.loads(machine.document("build", [machine.built(way) for way in ways], [], subject="builds"))
    closed_schema("build").validate(document)
    once, same, different = document["builds"]
    assert once["artefacts"][0]["sha256"] == "a" * 64
    assert once["twice"] is None
    assert same["twice"]["same"] is True
    assert different["twice"]["same"] is False
    assert different["twice"]["varied"][1]["obstacle"] == "no libfaketime found"
    assert different["twice"]["comparisons"][0]["differences"][0]["place"] == "demo.py"


def test_comparisons_in_both_schemas_are_the_same() -> None:
    schemas = files("truewheel.report") / "schemas"
    build, diff = (json.loads((schemas / f"{name}-1.json").read_text(encoding="utf-8")) for name in ("build", "diff"))
    second = build["properties"]["builds"]["items"]["properties"]["twice"]["properties"]
    assert second["comparisons"]["items"] == diff["properties"]["comparisons"]["items"]
    assert build.get("$defs") == diff.get("$defs")

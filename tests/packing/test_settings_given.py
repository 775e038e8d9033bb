"""Options of a command line in the place of keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from truewheel.errors import RequestError
from truewheel.packing.model import Packing
from truewheel.packing.settings import packing_of
from truewheel.packing.settings_given import archive_targets, labels, overridden, selected

OURS: dict[str, object] = {"name": "zig", "version": "1", "keywords": ["a"]}
PROJECT: dict[str, object] = {"name": "other", "version": "7", "dependencies": ["x"]}


class Nothing:
    def read(self, path: str) -> bytes:
        raise RequestError(f"there is no {path}")


def packed(document: dict[str, object], options: dict[str, object]) -> Packing:
    return packing_of(overridden(document, {"targets": {"t": "t.zip"}, **options}), Nothing())


def ours(table: dict[str, object], **document: object) -> dict[str, object]:
    return {"tool": {"truewheel": {"check": {}, "pack": table}, "ruff": {}}, **document}


def test_options_alone_are_enough() -> None:
    found = packed({}, {"name": "rg", "version": "2", "description": "Greps", "programs": {"rg": "bin/rg"}})
    assert (found.about.name, found.about.version, found.about.summary) == ("rg", "2", "Greps")
    assert [program.path for program in found.targets[0].programs or ()] == ["bin/rg"]


def test_a_name_among_the_options_leaves_a_project_alone_that_says_nothing_of_pack() -> None:
    found = packed({"project": PROJECT}, {"name": "rg", "version": "2"})
    assert (found.about.name, found.about.dependencies) == ("rg", ())


def test_without_any_name_the_project_is_meant() -> None:
    found = packed({"project": PROJECT}, {"version": "8"})
    assert (found.about.name, found.about.version, found.about.dependencies) == ("other", "8", ("x",))


def test_metadata_take_the_place_of_those_in_the_table_that_has_a_name() -> None:
    found = packed(ours(OURS, project=PROJECT), {"version": "2", "description": "x"})
    assert (found.about.name, found.about.version, found.about.summary) == ("zig", "2", "x")
    assert (found.about.keywords, found.about.dependencies) == (("a",), ())


def test_metadata_take_the_place_of_those_of_the_project() -> None:
    project = {**PROJECT, "dynamic": ["version", "license"]}
    found = packed(ours({"strip": 1}, project=project), {"name": "new", "version": "2", "license": "MIT"})
    assert (found.about.name, found.about.version, found.about.license) == ("new", "2", "MIT")
    assert found.about.dependencies == ("x",)
    with pytest.raises(RequestError, match="license is dynamic"):
        packed(ours({}, project=project), {"version": "2"})


def test_what_a_target_has_of_its_own_gives_way_too() -> None:
    document = ours({**OURS, "strip": 1, "data": ["a"], "targets": {"a": {"path": "a", "strip": 2}, "b": "b.zip"}})
    found = packing_of(overridden(document, {"strip": 3}), Nothing())
    assert [(one.source, one.layout.strip, one.layout.data) for one in found.targets] == [
        ("a", 3, ("a",)),
        ("b.zip", 3, ("a",)),
    ]


def test_the_document_stays_as_it_was() -> None:
    targets = {"a": {"path": "a", "strip": 2}}
    document = ours({"strip": 1, "targets": targets}, project=dict(PROJECT))
    overridden(document, {"strip": 3, "version": "9", "build": "1"})
    assert document == ours({"strip": 1, "targets": {"a": {"path": "a", "strip": 2}}}, project=PROJECT)


def test_tables_that_are_none_are_refused() -> None:
    documents: list[tuple[dict[str, object], str]] = [
        ({"tool": 1}, r"\[tool\] is"),
        ({"tool": {"truewheel": 1}}, r"\[tool.truewheel\] is"),
        ({"tool": {"truewheel": {"pack": 1}}}, r"\[tool.truewheel.pack\] is"),
        ({"project": 1}, r"\[project\] is"),
        (ours({**OURS, "targets": 1}), "targets is an integer"),
    ]
    for document, said in documents:
        with pytest.raises(RequestError, match=said):
            packing_of(overridden(document, {"version": "1", "strip": 1}), Nothing())


# --- labels --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("zig-0.12.tar.xz", "zig-0.12"),
        ("a.tar", "a"),
        ("a.TGZ", "a"),
        ("a.tar.zst", "a"),
        ("a.tbz", "a"),
        ("a.tbz2", "a"),
        ("a.txz", "a"),
        ("rg_1_amd64.deb", "rg_1_amd64"),
        ("tool.exe", "tool.exe"),
        ("folder", "folder"),
        (".zip", ".zip"),
        ("zip", "zip"),
        ("a.zip.zip", "a.zip"),
        ("", "archive"),
    ],
)
def test_labels(name: str, label: str) -> None:
    assert labels([name]) == (label,)


def test_labels_are_numbered_where_they_would_be_the_same() -> None:
    assert labels(["a.zip", "a.tgz", "b", "a.deb", "a-2.zip"]) == ("a", "a-2", "b", "a-3", "a-2-2")


@given(st.lists(st.sampled_from(["a", "a.zip", "a-2", "a-2.zip", "", "a-2-2"]), max_size=9))
def test_labels_are_unique(names: list[str]) -> None:
    found = labels(names)
    assert len(set(found)) == len(names)
    assert all(found)


@given(st.lists(st.tuples(st.text(min_size=1, max_size=9), st.text("{}namex/.", min_size=1, max_size=12)), max_size=4))
def test_paths_of_archives_mean_themselves(archives: list[tuple[str, str]]) -> None:
    if archives:
        found = packing_of(
            overridden({}, {"name": "a", "version": "1", "targets": archive_targets(archives)}), Nothing()
        )
        assert [one.source for one in found.targets] == [source for _, source in archives]


def test_addresses_of_archives_bring_their_hash() -> None:
    digest = "ab" * 32
    found = packed(
        {}, {"name": "a", "version": "1", "targets": archive_targets([("x.zip", f"https://x#sha256={digest}")])}
    )
    assert (found.targets[0].label, found.targets[0].source, found.targets[0].sha256) == ("x", "https://x", digest)
    with pytest.raises(RequestError, match="no sha256") as caught:
        packed({}, {"name": "a", "version": "1", "targets": archive_targets([("x.zip", "https://x")])})
    assert "#sha256=" in caught.value.hint


def test_some_targets_may_be_selected() -> None:
    found = packed({}, {"name": "a", "version": "1", "targets": {"a": "1", "b": "2", "c": "3"}})
    assert selected(found, ()) == found
    assert [one.label for one in selected(found, ["c", "a", "c"]).targets] == ["a", "c"]
    with pytest.raises(RequestError, match="no target 'd'") as caught:
        selected(found, ["d"])
    assert caught.value.hint == "the targets are a, b, c"

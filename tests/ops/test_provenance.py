"""Provenance keeps to in-toto and SLSA, and says the same of the same build."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from tests.support import closed_schema
from truewheel.ops.provenance import Build, File, Package, Source, statement

SHA = "ab" * 32
COMMIT = "0123456789" * 4
BUILD = Build(
    source=Source(kind="vcs", name="https://example.org/a.git", digest=SHA, subdirectory="py", commit=COMMIT),
    asked={
        "sdist": True,
        "wheel": True,
        "configSettings": {"a": ["1", "2"]},
        "variables": ["TOKEN"],
        "network": False,
        "profile": "ld1",
        "requirementsFromSource": False,
    },
    conditions={
        "sourceDateEpoch": {"seconds": 1, "origin": "somewhere"},
        "environment": {"TZ": "UTC"},
        "umask": "0022",
        "root": None,
        "isolation": {
            "kind": "none",
            "fixedPath": False,
            "networkCut": False,
            "readOnly": False,
            "homeHidden": False,
        },
    },
    requirements=[
        Package("setuptools-scm", "8.0+local", File("setuptools_scm-8.0+local-py3-none-any.whl", SHA)),
        Package("a", "1.0", File("a-1.0-py3-none-any.whl", SHA)),
    ],
    lock=File("pylock.toml", SHA),
    version="1.0",
    python=("CPython", "3.12.1"),
    tools={"gcc": "gcc 12", "ld": ""},
)
SUBJECTS = [File("b-1.0.tar.gz", SHA), File("b-1.0-py3-none-any.whl", SHA)]


def read(build: Build = BUILD) -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    """The predicate."""
    text = statement(SUBJECTS, build)
    document = json.loads(text)
    closed_schema("provenance").validate(document)
    assert text.endswith("}\n")
    found: dict[str, dict[str, dict[str, dict[str, object]]]] = document["predicate"]
    return found


def dependencies(build: Build = BUILD) -> list[dict[str, object]]:
    """The resolved dependencies, the source first."""
    found: list[dict[str, object]] = json.loads(statement(SUBJECTS, build))["predicate"]["buildDefinition"][
        "resolvedDependencies"
    ]
    return found


def test_the_shape_is_that_of_in_toto_and_slsa() -> None:
    """Fields that the specifications require (in-toto Statement v1; SLSA provenance v1, model), and no others."""
    document = json.loads(statement(SUBJECTS, BUILD))
    assert list(document) == ["_type", "subject", "predicateType", "predicate"]
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document["predicateType"] == "https://slsa.dev/provenance/v1"
    assert [subject["name"] for subject in document["subject"]] == ["b-1.0-py3-none-any.whl", "b-1.0.tar.gz"]
    assert all(subject["digest"] == {"sha256": SHA} for subject in document["subject"])
    predicate = document["predicate"]
    assert list(predicate) == ["buildDefinition", "runDetails"]
    definition = predicate["buildDefinition"]
    assert list(definition) == ["buildType", "externalParameters", "internalParameters", "resolvedDependencies"]
    assert ":" in definition["buildType"]
    assert ":" in predicate["runDetails"]["builder"]["id"]
    for resource in (*definition["resolvedDependencies"], *predicate["runDetails"]["byproducts"]):
        assert set(resource) <= {"uri", "digest", "name", "downloadLocation", "mediaType", "content", "annotations"}
        assert {"uri", "digest", "content"} & set(resource)  # a ResourceDescriptor has one of them
    assert all(isinstance(said, str) for said in predicate["runDetails"]["builder"]["version"].values())


def test_versions() -> None:
    assert read()["runDetails"]["builder"]["version"] == {
        "CPython": "3.12.1",
        "gcc": "gcc 12",
        "ld": "unknown",
        "truewheel": "1.0",
    }


def test_requirements_are_package_urls() -> None:
    own, *packages = dependencies()
    assert own == {
        "uri": f"git+https://example.org/a.git@{COMMIT}",
        "digest": {"truewheelTree1": SHA, "gitCommit": COMMIT},
    }
    found = [PackageURL.from_string(str(package["uri"])) for package in packages]
    assert [(url.type, url.name, url.version, url.qualifiers) for url in found] == [
        ("pypi", "a", "1.0", {"file_name": "a-1.0-py3-none-any.whl"}),
        ("pypi", "setuptools-scm", "8.0+local", {"file_name": "setuptools_scm-8.0+local-py3-none-any.whl"}),
    ]


@pytest.mark.parametrize(
    ("source", "told", "dependency"),
    [
        (
            Source(kind="directory", name="", digest=SHA),
            {"kind": "directory", "digest": {"truewheelTree1": SHA}},
            {"digest": {"truewheelTree1": SHA}},
        ),
        (
            Source(kind="sdist", name="a-1.tar.gz", digest=SHA),
            {"kind": "sdist", "name": "a-1.tar.gz", "digest": {"sha256": SHA}},
            {"name": "a-1.tar.gz", "digest": {"sha256": SHA}},
        ),
        (
            Source(kind="vcs", name="", digest=SHA, commit=COMMIT, branch="main", changed=True),
            {"kind": "vcs", "digest": {"truewheelTree1": SHA}, "commit": COMMIT, "branch": "main", "changed": True},
            {"digest": {"truewheelTree1": SHA}},
        ),
        (
            Source(kind="vcs", name="https://example.org/a", digest=SHA, subdirectory="x"),
            {"kind": "vcs", "name": "https://example.org/a", "subdirectory": "x", "digest": {"truewheelTree1": SHA}},
            {"uri": "git+https://example.org/a", "digest": {"truewheelTree1": SHA}},
        ),
    ],
)
def test_sources(source: Source, told: dict[str, object], dependency: dict[str, object]) -> None:
    build = replace(BUILD, source=source)
    assert read(build)["buildDefinition"]["externalParameters"]["source"] == told
    assert dependencies(build)[0] == dependency


@given(st.permutations(SUBJECTS), st.permutations(list(BUILD.requirements)), st.permutations(list(BUILD.tools.items())))
def test_order_takes_no_part(subjects: list[File], requirements: list[Package], tools: list[tuple[str, str]]) -> None:
    build = replace(BUILD, requirements=requirements, tools=dict(tools))
    assert statement(subjects, build) == statement(SUBJECTS, BUILD)


@given(st.text())
def test_any_text_can_be_told(text: str) -> None:
    build = replace(BUILD, tools={"x": text or "x"})
    json.loads(statement(SUBJECTS, build).encode("utf-8"))


def test_bytes_that_are_no_text_are_spelled_out() -> None:
    build = replace(BUILD, tools={"x": "a\udcffb"})
    document = json.loads(statement(SUBJECTS, build).encode("utf-8"))
    assert document["predicate"]["runDetails"]["builder"]["version"]["x"] == "a\\udcffb"

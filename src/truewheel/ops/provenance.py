"""Where artefacts come from: an in-toto Statement (v1) whose predicate is SLSA provenance (v1), as JSON.

It says what went into a build and what kept it apart, and nothing of the machine: no time, no path, no user, no number
of processors. The same build gets the same bytes, wherever it runs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from truewheel.ops.sbom import pypi_url

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "urn:truewheel:build:1"
BUILDER: Final = "urn:truewheel:builder:1"
TREE: Final = "truewheelTree1"
"""The name of the digest of a folder (docs/build.md), as a DigestSet of in-toto has one for each algorithm."""

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_Object = dict[str, object]


class File(NamedTuple):
    """A file, by its name without folders and the sha256 of its bytes, in hexadecimal."""

    name: str
    sha256: str


class Package(NamedTuple):
    """A build requirement: the project, its version, and the file that it was installed from."""

    project: str
    version: str
    file: File


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was built.

    ``kind`` is directory, sdist or vcs. ``name`` is an sdist's file name, or a repository's address; "" where it has
    none. ``digest`` is the sha256 of an sdist's file, else that of the tree (`TREE`). ``commit`` is "" without history;
    ``branch`` is "" where a commit alone is checked out: versions may be made from it. ``changed`` says that the tree
    isn't that commit's.
    """

    kind: str
    name: str
    digest: str
    subdirectory: str = ""
    commit: str = ""
    branch: str = ""
    changed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A build, as provenance tells it.

    ``asked`` is what its user decided and ``conditions`` what truewheel did, both as values of JSON. ``tools`` are
    programs with what they say of their version, ``python`` the implementation and its version.
    """

    source: Source
    asked: Mapping[str, object]
    conditions: Mapping[str, object]
    requirements: Sequence[Package]
    lock: File
    version: str
    python: tuple[str, str]
    tools: Mapping[str, str]


def statement(subjects: Sequence[File], build: Build) -> str:
    """The statement about `subjects`, as text that ends in a line feed."""
    asked: _Object = {"source": _source(build.source)}
    asked.update(build.asked)
    definition: _Object = {
        "buildType": BUILD_TYPE,
        "externalParameters": asked,
        "internalParameters": dict(build.conditions),
        "resolvedDependencies": _dependencies(build),
    }
    details: _Object = {
        "builder": {"id": BUILDER, "version": _versions(build)},
        "byproducts": [{"name": build.lock.name, "digest": {"sha256": build.lock.sha256}}],
    }
    document: _Object = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in sorted(subjects)],
        "predicateType": PREDICATE,
        "predicate": {"buildDefinition": definition, "runDetails": details},
    }
    return as_text(document)


def as_text(document: Mapping[str, object]) -> str:
    """A statement as JSON that ends in a line feed, its keys in their order."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    # A lone surrogate stands for a byte that is no UTF-8, which JSON can't carry: it is spelled out.
    return _SURROGATE.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text) + "\n"


def _source(source: Source) -> _Object:
    """What the user named, as far as it means the same elsewhere."""
    found: _Object = {"kind": source.kind}
    if source.name:
        found["name"] = source.name
    if source.subdirectory:
        found["subdirectory"] = source.subdirectory
    found["digest"] = _digest(source)
    if source.commit:
        found["commit"] = source.commit
        if source.branch:
            found["branch"] = source.branch
        found["changed"] = source.changed
    return found


def _digest(source: Source) -> _Object:
    return {"sha256" if source.kind == "sdist" else TREE: source.digest}


def _dependencies(build: Build) -> list[_Object]:
    """The source, then the build requirements: each by the bytes that were used."""
    source = build.source
    own: _Object = {"name": source.name} if source.name and source.kind == "sdist" else {}
    if source.kind == "vcs" and source.name:
        own["uri"] = f"git+{source.name}@{source.commit}" if source.commit else f"git+{source.name}"
    digest = _digest(source)
    if source.commit and not source.changed:
        digest["gitCommit"] = source.commit
    own["digest"] = digest
    return [own, *(_requirement(package) for package in sorted(build.requirements))]


def _requirement(package: Package) -> _Object:
    project, version, file = package
    return {"uri": pypi_url(project, version, file.name), "digest": {"sha256": file.sha256}, "name": file.name}


def _versions(build: Build) -> _Object:
    implementation, version = build.python
    tools = {name: said or "unknown" for name, said in build.tools.items()}
    return dict(sorted({**tools, "truewheel": build.version, implementation: version}.items()))

"""Which setuptools and wheel wrote METADATA, where WHEEL names only one of them: fingerprints, all measured.

The bounds were found by building one project with 40 releases of setuptools and 20 of wheel under CPython 3.8 to 3.12:
the texts change with the release alone, not with the Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from truewheel.recipes.evidence import Evidence
from truewheel.recipes.moments import same_or_after
from truewheel.recipes.rule import NOTHING, Option, Scene
from truewheel.wheel.name import canonical_project


class _Age(NamedTuple):
    """Releases of setuptools that write alike: until when they were the newest, what shows them, what stands for them.

    ``until`` is the upload of the first release that is different.
    """

    until: str
    shown_by: str
    versions: tuple[str, ...]


_BEFORE_57: Final = _Age("2021-05-23T03:54:59Z", "no License-File for the licences inside", ("56.2.0", "49.6.0"))
_BEFORE_60_9: Final = _Age("2022-02-14T00:20:06Z", "a License-File", ("57.5.0", "59.6.0"))
_BEFORE_62_2: Final = _Age("2022-05-10T15:37:53Z", "a License-File", ("57.5.0", "59.6.0", "62.1.0"))
_BEFORE_70_1: Final = _Age("2024-06-19T12:54:51Z", "written by bdist_wheel", ("70.0.0", "65.5.1"))

_LAST_OF_AGE: Final = "62.1.0"
"""From 61.0.0 on, setuptools reads ``[project]``; from 60.9.0 on, entry_points.txt doesn't end in an empty line."""

_COMPANIONS: Final = {"0.42.0": "68.1.2", "0.38.4": "66.1.1", "0.37.1": "59.6.0", "0.34.2": "52.0.0"}
"""The setuptools that comes with a wheel in Ubuntu 24.04, Debian 12, Ubuntu 22.04 and Debian 11."""

_PADDED: Final = 3
"""Line feeds at the end of METADATA up to setuptools 62.1, for a description that ends in one; later there is one."""


def setuptools(scene: Scene) -> Sequence[Option]:
    """A wheel of ``bdist_wheel (X)`` doesn't name its setuptools, but METADATA shows how old it was.

    ``Platform: UNKNOWN`` and two more line feeds at the end are there up to 62.1.0, an empty line at the end of
    entry_points.txt up to 60.8.2, License-File from 57.0.0 on, and from 70.1.0 on setuptools writes wheels itself.
    Where the newest release of the upload's day would have written otherwise, the publisher's was older.
    """
    evidence = scene.evidence
    if evidence.maker is None or evidence.maker.distribution != "wheel":
        return (NOTHING,)
    age = _age(evidence)
    if age is None or (evidence.uploaded and not same_or_after(evidence.uploaded, age.until)):
        return (NOTHING,)
    shown = "; ".join(_shown(evidence, age))
    said = f"METADATA has {shown}; setuptools as of the upload writes otherwise"
    if age is _BEFORE_70_1:
        said = f"WHEEL says `{evidence.generator}`; from 70.1.0 of June 2024 on, setuptools names itself there"
    options = [
        Option(f"setuptools=={version}", said, {"pins": (f"setuptools=={version}",)})
        for version in _versions(evidence, age)
    ]
    return options or (NOTHING,)


def _age(evidence: Evidence) -> _Age | None:
    facts = evidence.metadata
    padded = evidence.entry_points == "padded"
    if facts.platform_unknown or facts.newlines >= _PADDED or padded:
        # Without licences inside, no age writes a License-File; a later one is likelier.
        if evidence.licences and not facts.license_file:
            return _BEFORE_57
        return _BEFORE_60_9 if padded else _BEFORE_62_2
    return _BEFORE_70_1 if facts.version else None


def _shown(evidence: Evidence, age: _Age) -> list[str]:
    facts = evidence.metadata
    shown = ["`Platform: UNKNOWN`"] if facts.platform_unknown else []
    shown += [f"{facts.newlines} line feeds at its end"] if facts.newlines >= _PADDED else []
    shown += ["an empty line at the end of entry_points.txt beside it"] if evidence.entry_points == "padded" else []
    return [*shown, *([age.shown_by] if evidence.licences or facts.license_file else [])]


def _versions(evidence: Evidence, age: _Age) -> list[str]:
    first = []
    project = evidence.sources is not None and evidence.sources.project
    if age is _BEFORE_62_2 and (project or evidence.entry_points == "plain"):
        first = [_LAST_OF_AGE]
    companion = _COMPANIONS.get(evidence.maker.version) if evidence.maker else None
    if age is _BEFORE_70_1 and companion and _after(companion, "62.2"):
        first = [companion]
    allowed = _allowed(evidence.sources.requires if evidence.sources else ())
    return [version for version in dict.fromkeys((*first, *age.versions)) if allowed.contains(version)]


def _allowed(requires: Iterable[str]) -> SpecifierSet:
    """What the project's own build requirements say of setuptools' version."""
    allowed = SpecifierSet()
    for word in requires:
        with suppress(InvalidRequirement):
            requirement = Requirement(word)
            if canonical_project(requirement.name) == "setuptools":
                allowed &= requirement.specifier
    return allowed


_OWN_COPY_TIGHT: Final = "75.6"
"""Setuptools writes ``six>=1`` itself from here on; from 70.1 on it wrote ``six >=1``."""

_UNTYPED = "0.37.1"
"""Wheel up to 0.38.4 gave RECORD the mode 0664 alone, later ones 0100664."""
_PARENTHESISED = "0.40.0"
"""And up to 0.41.2 it put versions into parentheses."""
_SPACED = "0.43.0"
"""And up to this one, blanks before them."""


def wheel(scene: Scene) -> Sequence[Option]:
    """Setuptools from 70.1.0 on writes METADATA with the functions of an installed wheel, if there is one.

    ``Requires-Dist: six (>=1)`` is the spelling of wheel up to 0.41.2, ``six >=1`` of 0.41.3 to 0.43.0, ``six>=1``
    of those after it; setuptools has a copy of 0.43.0, and later of 0.45.
    """
    evidence = scene.evidence
    if evidence.maker is None or evidence.maker.distribution != "setuptools":
        return (NOTHING,)
    spelled, own = evidence.metadata.requires, evidence.maker.version
    if not evidence.zip.record_typed:
        version, said = _UNTYPED, "the mode of RECORD lacks the type of a file, as wheel up to 0.38.4 wrote it"
    elif spelled == "parenthesised":
        version, said = _PARENTHESISED, "Requires-Dist puts versions into parentheses, as wheel did up to 0.41.2"
    elif spelled == "spaced" and _after(own, _OWN_COPY_TIGHT):
        version, said = _SPACED, "Requires-Dist has blanks before versions, as wheel wrote up to 0.43.0"
    else:
        return (NOTHING,)
    pin = f"wheel=={version}"
    return (Option(f"{pin} beside setuptools", said, {"pins": (pin,), "more": ("wheel",)}), NOTHING)


def _after(version: str, other: str) -> bool:
    try:
        return Version(version) >= Version(other)
    except InvalidVersion:
        return False

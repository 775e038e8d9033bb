"""Which Python built a wheel: what its tags, the project, the tools of the time and the calendar allow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from truewheel.recipes.evidence import Evidence
from truewheel.recipes.moments import same_or_after
from truewheel.recipes.rule import NOTHING, Option, Scene

_RELEASED: Final[dict[tuple[int, ...], str]] = {
    (3, 8): "2019-10-14T00:00:00Z",
    (3, 9): "2020-10-05T00:00:00Z",
    (3, 10): "2021-10-04T00:00:00Z",
    (3, 11): "2022-10-24T00:00:00Z",
    (3, 12): "2023-10-02T00:00:00Z",
    (3, 13): "2024-10-07T00:00:00Z",
    (3, 14): "2025-10-07T00:00:00Z",
}
"""When Pythons came out (PEPs 569, 596, 619, 664, 693, 719, 745)."""

_BEFORE_IMPORTERS: Final = "66.1.0", "2023-01-20T12:38:33Z", (3, 11)
"""Setuptools before this one, which came then, needs ``pkgutil.ImpImporter``: Python 3.12 has none."""
_BEFORE_UNESCAPE: Final = "41.0.0", "2019-04-05T00:00:00Z", (3, 8)
"""And before this one ``HTMLParser.unescape``, which Python 3.9 hasn't."""

_GONE: Final = (
    (re.compile(r"No module named ['\"]?(?:distutils|imp|asynchat|asyncore|smtpd)['\"]?\b"), (3, 11)),
    (re.compile(r"has no attribute ['\"](?:ImpImporter|SafeConfigParser|readfp)['\"]"), (3, 11)),
    (re.compile(r"module 'inspect' has no attribute ['\"](?:getargspec|formatargspec)"), (3, 10)),
    (re.compile(r"has no attribute ['\"]unescape['\"]"), (3, 8)),
    (re.compile(r"from 'collections'|module 'collections' has no attribute"), (3, 9)),
)
"""What failures say of things that a Python has no longer, and the last that had them (What's New in 3.9 to 3.12)."""

_MOST: Final = 3
"""Pythons that are worth a build each."""

_Minor: TypeAlias = tuple[int, ...]
_Test: TypeAlias = Callable[[_Minor], bool]


def python(scene: Scene) -> Sequence[Option]:
    """The Python that built a pure wheel seldom shows; it has to be one with which project and tools work.

    A tag such as cp312 names it. Otherwise Requires-Python, the setuptools of the time, and things that failures name
    as missing rule Pythons out; of the others the running one is taken if it was out at the upload, else the newest
    that was.
    """
    evidence = scene.evidence
    default = _minor(evidence.default_python)
    known = list(_versions(evidence))
    if not known:
        return (NOTHING,)
    limits = list(_limits(scene))
    fitting = [minor for minor in known if all(test(minor) for test, _ in limits)]
    order = _ordered(fitting or known, default, evidence)
    why = "; ".join(words for test, words in limits if default and not test(default))
    return [_option(minor, why, evidence) if minor != default else NOTHING for minor in order[:_MOST]]


def _versions(evidence: Evidence) -> dict[_Minor, str]:
    """The versions at hand by their first two numbers: the running one, else the newest of them."""
    at_hand = [evidence.default_python, *evidence.pythons]
    return {minor: version.rstrip("+") for version in reversed(at_hand) if (minor := _minor(version))}


def _option(minor: _Minor, why: str, evidence: Evidence) -> Option:
    version = ".".join(map(str, minor))
    if not why and evidence.uploaded:
        why = f"Python {version} was out when the wheel was uploaded, on {evidence.uploaded[:10]}"
    return Option(f"Python {version}", why or "another one didn't do", {"python": version})


def _ordered(fitting: list[_Minor], default: _Minor | None, evidence: Evidence) -> list[_Minor]:
    """The running one if it was out at the upload, then those that were, the newest first, then the others."""

    def out(minor: _Minor) -> bool:
        return not evidence.uploaded or same_or_after(evidence.uploaded, _RELEASED.get(minor, _guess(minor)))

    def rank(minor: _Minor) -> tuple[bool, bool, tuple[int, ...]]:
        away = tuple(-part for part in minor) if out(minor) else minor
        return not out(minor), minor != default, away

    return sorted(fitting, key=rank)


def _guess(minor: _Minor) -> str:
    """When a Python that isn't in the table came out: long ago, or a year after the last, every October."""
    last = max(_RELEASED)
    if minor < last:
        return "2000-01-01T00:00:00Z"
    return f"{2025 + minor[1] - last[1]:04}-10-07T00:00:00Z"


def _limits(scene: Scene) -> Iterator[tuple[_Test, str]]:
    """What a Python has to be, each with the reason in words."""
    evidence = scene.evidence
    versions = _versions(evidence)
    if evidence.built_with:
        exact = _minor(evidence.built_with)
        yield (lambda minor: minor == exact), f"names in the wheel are of Python {evidence.built_with}"
    if (wanted := _specifiers(evidence.metadata.requires_python)) is not None:
        yield (
            lambda minor: wanted.contains(versions[minor], prereleases=True),
            f"Requires-Python is {evidence.metadata.requires_python}",
        )
    for version, came, last in (_BEFORE_IMPORTERS, _BEFORE_UNESCAPE):
        if _setuptools_before(scene, version, came):
            yield _up_to(last), f"setuptools before {version} doesn't run on Python {last[0]}.{last[1] + 1}"
    for complaint in scene.complaints:
        for pattern, last in _GONE:
            if found := pattern.search(complaint):
                yield _up_to(last), f"the build failed: {found[0]}"


def _up_to(last: _Minor) -> _Test:
    return lambda minor: minor <= last


def _setuptools_before(scene: Scene, version: str, came: str) -> bool:
    """Whether the setuptools that takes part is older: by its pin, else by the date up to which releases count."""
    evidence = scene.evidence
    if pinned := scene.pins.get("setuptools"):
        try:
            return Version(pinned) < Version(version)
        except InvalidVersion:
            return False
    by_setuptools = evidence.setuptools or evidence.backend == "unknown"
    moment = scene.recipe.exclude_newer
    return by_setuptools and moment is not None and not same_or_after(moment, came)


def _specifiers(text: str) -> SpecifierSet | None:
    try:
        return SpecifierSet(text) if text else None
    except InvalidSpecifier:
        return None


def _minor(version: str) -> _Minor | None:
    """(3, 12) for ``3.12.1``."""
    found = re.match(r"([0-9]{1,3})\.([0-9]{1,3})(?![0-9])", version)
    return (int(found[1]), int(found[2])) if found else None

"""What users ask for: words of a command line, requirements files and locks, as a list of targets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier
from packaging.utils import canonicalize_name
from packaging.version import Version

from truewheel.errors import RequestError
from truewheel.index import locks, requirement_files
from truewheel.index.addresses import without_credentials
from truewheel.index.model import Target
from truewheel.index.requirement_files import Line
from truewheel.world.regular import demand_file

_FOR_EXAMPLE: Final = "as in requests==2.32.3, ./some.whl or -r requirements.txt"
_SUFFIXES: Final = (".whl", ".tar.gz", ".zip", ".txt", ".in", ".toml")
_MOST: Final = 100_000


class Asked(NamedTuple):
    """What is to be verified, in the order in which it was asked, each once.

    ``problems`` are lines of files that can't be: place and reason. ``notes`` tell of those that aren't for this
    Python. ``main`` is the address that files name as the index, "" where they don't; ``more`` are further ones.
    """

    targets: tuple[Target, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    main: str = ""
    more: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    """What came together so far."""

    targets: list[Target] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class _Wanted(NamedTuple):
    """A requirement: its project, the version if it is pinned to one, whether it asks for anything else of that."""

    project: str
    version: str
    loose: str


def read(words: Sequence[str], files: Sequence[Path], environment: Mapping[str, str] | None = None) -> Asked:
    """The targets of `words`, then those of requirements files and locks, with variables of `environment` in them.

    A word that is no target is an error; a line of a file that is none is a problem, and the others go on. Raises
    `RequestError` with file and line.
    """
    found = _Found()
    for word in words:
        if locks.is_lock(Path(word)):
            _add_lock(Path(word), found)
        else:
            _add_line(Line(word, (), ""), {}, found)
    plain = [path for path in files if not locks.is_lock(path)]
    lines = requirement_files.read(iter(plain), os.environ if environment is None else environment)
    pins = _pins(lines.found)
    for line in lines.found:
        if not line.constraint:
            _add_line(line, pins, found)
    for path in files:
        if path not in plain:
            _add_lock(path, found)
    if len(found.targets) > _MOST:
        raise RequestError(f"more than {_MOST:,} wheels are asked for", hint="ask for fewer at a time")
    return Asked(
        tuple(_once(found.targets)),
        tuple(dict.fromkeys(found.problems)),
        tuple(dict.fromkeys(found.notes)),
        lines.index,
        tuple(lines.more),
    )


def _once(targets: Sequence[Target]) -> Iterator[Target]:
    seen = set()
    for target in targets:
        key = (target.project, target.version, target.path)
        if key not in seen:
            seen.add(key)
            yield target


def _add_lock(path: Path, found: _Found) -> None:
    for locked in locks.read(path):
        if locked.target is not None:
            found.targets.append(locked.target)
        else:
            found.problems.append(f"{path}: {locked.problem}")


def _add_line(line: Line, pins: Mapping[str, Target], found: _Found) -> None:
    """Add the target of a line. One of a file that can't be verified is a problem; of the command line, an error."""
    try:
        target = _target(line, pins)
    except RequestError as error:
        if not line.place:
            raise
        found.problems.append(f"{line.place}: {error.what}")
        return
    if target is None:
        found.notes.append(f"{line.text} isn't for this Python")
    else:
        found.targets.append(target)


def _target(line: Line, pins: Mapping[str, Target]) -> Target | None:
    """What a line asks for; None where its marker is false here."""
    if line.editable:
        raise RequestError(f"{_told(line)!r} is a folder or a repository, and no index serves that")
    if _is_path(line.text):
        return _wheel(line)
    requirement = _requirement(line.text)
    if not _applies(requirement):
        return None
    wanted = _wanted(requirement)
    pin = pins.get(wanted.project)
    if pin is not None and not wanted.version and requirement.specifier.contains(pin.version, prereleases=True):
        wanted = wanted._replace(version=pin.version, loose="")
    if wanted.loose:
        raise RequestError(
            f"{line.text!r} isn't one version", hint=f"ask for {wanted.project}==VERSION, or {wanted.project} alone"
        )
    hashes = tuple(each.lower() for each in line.hashes)
    if pin is not None and not hashes and pin.version == wanted.version:
        hashes = pin.hashes
    asked = f"{wanted.project}=={wanted.version}" if wanted.version else wanted.project
    return Target(
        asked=asked if line.place else line.text, project=wanted.project, version=wanted.version, hashes=hashes
    )


def _pins(lines: Sequence[Line]) -> dict[str, Target]:
    """The versions to which constraints pin projects. Constraints that are loose, or none at all, say nothing."""
    pins: dict[str, Target] = {}
    for line in lines:
        if line.constraint and not line.editable and not _is_path(line.text):
            try:
                target = _target(line, {})
            except RequestError:
                continue
            if target is not None and target.version:
                pins.setdefault(target.project, target)
    return pins


def _is_path(text: str) -> bool:
    """Whether a word is the path of a file rather than a name."""
    return text.startswith((".", "/", "~")) or (text.endswith(_SUFFIXES) and " @ " not in text)


def _wheel(line: Line) -> Target:
    path = Path(line.text)
    if "://" in line.text:
        raise RequestError(f"{_told(line)!r} is an address; what a project is called on an index is asked for")
    if not line.text.endswith(".whl"):
        named = line.text.endswith((".txt", ".in"))
        hint = f"requirements files are named with -r: -r {line.text}" if named else _FOR_EXAMPLE
        raise RequestError(f"{line.text!r} is no wheel", hint=hint)
    try:
        demand_file(path, "wheel", "the wheels in it")
    except RequestError as error:
        raise error.within(file=line.text) from None
    return Target(asked=line.text, path=path, hashes=tuple(each.lower() for each in line.hashes))


def _told(line: Line) -> str:
    return without_credentials(line.text)


def _requirement(text: str) -> Requirement:
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, ValueError, RecursionError) as error:
        said = str(error).partition("\n")[0]
        raise RequestError(f"{without_credentials(text)!r} is no requirement: {said}", hint=_FOR_EXAMPLE) from None
    if requirement.url:
        raise RequestError(
            f"{requirement.name} is named by an address, and no index serves that",
            hint="download the wheel, and name its path",
        )
    return requirement


def _applies(requirement: Requirement) -> bool:
    if requirement.marker is None:
        return True
    try:
        return requirement.marker.evaluate({"extra": ""})
    except (UndefinedComparison, UndefinedEnvironmentName, ValueError) as error:
        raise RequestError(f"the marker of {requirement} can't be evaluated: {error}") from None


def _wanted(requirement: Requirement) -> _Wanted:
    """Project and version. One ``==`` without a star is a pin, and what stands beside it has to admit it."""
    project = canonicalize_name(requirement.name)
    exact = [each for each in requirement.specifier if _is_exact(each)]
    if not exact:
        return _Wanted(project, "", str(requirement.specifier))
    version = exact[0].version
    try:
        fits = requirement.specifier.contains(Version(version), prereleases=True)
    except ValueError:
        raise RequestError(f"{version!r} of {requirement} is no version (PEP 440)") from None
    if not fits:
        raise RequestError(f"{str(requirement.specifier)!r} admits no version of {project}")
    return _Wanted(project, str(Version(version)), "")


def _is_exact(specifier: Specifier) -> bool:
    return specifier.operator == "===" or (specifier.operator == "==" and not specifier.version.endswith(".*"))

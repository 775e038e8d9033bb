"""Locks (PEP 751): what each package of one asks to be verified."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from truewheel.errors import RequestError, Where
from truewheel.index.addresses import in_full
from truewheel.index.entries import version_in
from truewheel.index.model import Target
from truewheel.toml import loads
from truewheel.world.regular import read_small

try:
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
    from packaging.pylock import Package, PackageWheel, Pylock, PylockUnsupportedVersionError, PylockValidationError
    from packaging.pylock import is_valid_pylock_path as is_lock
except ImportError:
    raise RequestError(
        "reading requirements needs packaging 26.1 or later", hint="pip install 'truewheel[verify]'"
    ) from None

__all__ = ["Locked", "is_lock", "read"]

_LARGEST: Final = 64 << 20


class Locked(NamedTuple):
    """A package of a lock: what to verify, or why it can't be; both are None where it isn't for this Python."""

    target: Target | None
    problem: str = ""


def read(path: Path) -> Iterator[Locked]:
    """The packages of a lock that are for this Python, in its order. Raises `RequestError` where it is no lock."""
    where = Where(file=str(path))
    data = read_small(path, _LARGEST)
    try:
        lock = Pylock.from_dict(loads(data.decode("utf-8")))
    except ValueError as error:
        raise RequestError(f"can't be read as TOML: {error}", where=where) from None
    except (PylockValidationError, PylockUnsupportedVersionError) as error:
        raise RequestError(f"is no lock: {error}", where=where) from None
    groups = frozenset(lock.default_groups or ())
    for package in lock.packages:
        if _applies(package, groups, path):
            yield _locked(package, path)


def _applies(package: Package, groups: frozenset[str], path: Path) -> bool:
    """Whether a package is for this Python, without extras and with the groups that are installed by default."""
    if package.marker is None:
        return True
    more: dict[str, str | frozenset[str]] = {"extras": frozenset(), "dependency_groups": groups}
    try:
        return package.marker.evaluate(more, context="lock_file")
    except (UndefinedComparison, UndefinedEnvironmentName, ValueError) as error:
        raise RequestError(
            f"the marker of {package.name} can't be evaluated: {error}", where=Where(file=str(path))
        ) from None


def _locked(package: Package, path: Path) -> Locked:
    if package.is_direct:
        return Locked(None, f"{package.name} is named by an address, and no index serves that")
    wheels = list(package.wheels or ())
    if not wheels:
        return Locked(None, f"{package.name} has no wheel in the lock")
    version = str(package.version or version_in(wheels[0].filename, package.name) or "")
    asked = f"{package.name}=={version}"
    urls = [(file.filename, file.url) for file in (*wheels, package.sdist) if file is not None and file.url]
    return Locked(
        Target(
            asked=asked,
            project=str(package.name),
            version=version,
            hashes=tuple(dict.fromkeys(_hashes(wheels))),
            wheel=wheels[0].filename if len(wheels) == 1 else "",
            path=_local(wheels[0], path) if len(wheels) == 1 else None,
            urls=tuple((name, url) for name, url in urls if in_full(url, url)),
        )
    )


def _hashes(wheels: list[PackageWheel]) -> Iterator[str]:
    for wheel in wheels:
        for algorithm, value in sorted(wheel.hashes.items()):
            yield f"{algorithm}:{value}".lower()


def _local(wheel: PackageWheel, path: Path) -> Path | None:
    """The wheel itself, where a lock names one on this machine."""
    if not wheel.path or wheel.url:
        return None
    found = path.parent / wheel.path
    try:
        return found if found.is_file() else None
    except (OSError, ValueError):  # a name longer than any
        return None

"""Build requirements as files with hashes: a pylock.toml (PEP 751), read, chosen from, and written."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple, cast
from urllib.parse import unquote

from packaging.markers import Environment
from packaging.requirements import Requirement as Wanted
from packaging.tags import Tag
from packaging.utils import canonicalize_name
from packaging.version import Version

from truewheel.builds.git import without_credentials_in
from truewheel.builds.interpreter import Python
from truewheel.builds.model import Requirement
from truewheel.builds.toml import array_of_tables, pairs
from truewheel.errors import RequestError, Where

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

try:
    from packaging.pylock import Package, PackageArchive, PackageSdist, PackageWheel, Pylock, PylockSelectError
    from packaging.pylock import PylockValidationError as _Invalid
except ImportError:
    raise RequestError("building needs packaging 26.1 or later", hint="pip install 'truewheel[build]'") from None

_LARGEST: Final = 64 << 20
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_File = PackageArchive | PackageSdist | PackageWheel


class Choice(NamedTuple):
    """A file that a lock has for a Python: what it is, and its address or path, one of which may be empty."""

    requirement: Requirement
    form: str
    url: str
    path: str


def read(path: Path) -> str:
    """The text of a lock. Raises `RequestError` where it can't be read."""
    try:
        if path.stat().st_size > _LARGEST:
            raise RequestError("is larger than 64 MiB", where=Where(file=str(path)))
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise RequestError("there is no such lock", where=Where(file=str(path))) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"can't be read: {error}", where=Where(file=str(path))) from None


def choices(text: str, python: Python, *, from_source: bool = False, base: Path | None = None) -> tuple[Choice, ...]:
    """What a lock installs for a Python, in order of names. Paths in it count from `base`.

    Raises `RequestError` where it is no lock, isn't for this Python, or has something else than a wheel with its
    sha256; with `from_source`, sdists will do.
    """
    tags = [Tag(*tag.split("-")) for tag in python.tags]
    try:
        lock = Pylock.from_dict(tomllib.loads(text))
        selected = list(lock.select(environment=cast("Environment", dict(python.markers)), tags=tags))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise RequestError(f"can't be read as TOML: {error}") from None
    except (_Invalid, PylockSelectError) as error:
        raise RequestError(f"can't be installed from: {error}", hint="lock again, with this Python") from None
    found = [_choice(package, file, from_source=from_source, base=base) for package, file in selected]
    return tuple(sorted(found, key=lambda choice: choice.requirement))


def text_of(packages: Iterable[Mapping[str, object]], python: Python) -> str:
    """The text of a lock with these packages, each a table of PEP 751: the same for the same packages.

    Credentials are taken out of addresses, and sorted is what has no order of its own.
    """
    lowest = ".".join(python.version.split(".")[:2])
    head: dict[str, object] = {"lock-version": "1.0", "requires-python": f">={lowest}", "created-by": "truewheel"}
    tables = sorted((_clean(package) for package in packages), key=lambda table: (str(table["name"]), str(table)))
    return pairs(head) + (array_of_tables("packages", tables) or "packages = []\n")


def only(choices: Iterable[Choice]) -> str:
    """The text of a lock with nothing but the files that were chosen."""
    tables = []
    for choice in choices:
        name, version, file, sha256 = choice.requirement
        entry: dict[str, object] = (
            {"name": file, "url": choice.url} if choice.url else {"name": file, "path": choice.path}
        )
        entry["hashes"] = {"sha256": sha256}
        if choice.form == "archive":
            del entry["name"]
        inner = {"wheel": "wheels", "sdist": "sdist", "archive": "archive"}[choice.form]
        table: dict[str, object] = {"name": name}
        if version:
            table["version"] = version
        tables.append({**table, inner: [entry] if inner == "wheels" else entry})
    head = pairs({"lock-version": "1.0", "created-by": "truewheel"})
    return head + (array_of_tables("packages", tables) or "packages = []\n")


def unmet(requirements: Iterable[str], choices: Iterable[Choice], python: Python) -> str | None:
    """The first requirement that no file of a lock satisfies, None where all are."""
    versions = {canonicalize_name(choice.requirement.project): choice.requirement.version for choice in choices}
    for text in requirements:
        wanted = Wanted(text)
        if not applies(wanted, python):
            continue
        version = versions.get(canonicalize_name(wanted.name))
        if version is None or (version and not wanted.specifier.contains(Version(version), prereleases=True)):
            return text
    return None


def file_name(distribution: str) -> str:
    """What the lock is called beside an sdist or a wheel of this name: ``pylock.PROJECT.toml`` (PEP 751).

    The project is normalized, and so has no dot, which would make another name of it.
    """
    wheel = distribution.endswith(".whl")
    name = distribution.partition("-")[0] if wheel else distribution.rpartition("-")[0]
    return f"pylock.{project(name)}.toml"


def project(name: str) -> str:
    """The normalized name of a project (PEP 503)."""
    return str(canonicalize_name(name))


def applies(wanted: Wanted, python: Python, extra: str = "") -> bool:
    """Whether a requirement counts for a Python, and for an extra of the project that has it."""
    return wanted.marker is None or wanted.marker.evaluate({**python.markers, "extra": extra})


def _choice(package: Package, file: object, *, from_source: bool, base: Path | None) -> Choice:
    if isinstance(file, PackageWheel):
        form, name = "wheel", file.filename
    elif isinstance(file, PackageSdist):
        form, name = "sdist", file.filename
    elif isinstance(file, PackageArchive):
        form, name = "archive", _last((file.url or file.path or "").partition("#")[0])
    else:
        raise RequestError(f"{package.name} is a folder or a repository, which has no hash", hint=_HINT)
    if not name.endswith(".whl") and not from_source:
        raise RequestError(f"{package.name} comes as {name}, which isn't a wheel", hint=_HINT)
    sha256 = file.hashes.get("sha256", "").lower()
    if not _SHA256.fullmatch(sha256):
        raise RequestError(f"{name} has no sha256", hint="lock again")
    # What installers are handed is a line for each: a second one would be an option, and ${NAME} a variable's value.
    if file.url and ("${" in file.url or " " in file.url or not file.url.isprintable()):
        raise RequestError(f"{name} has an address that is none", hint="lock again")
    path = str((base or Path.cwd()) / file.path) if file.path else ""
    version = str(package.version) if package.version else ""
    return Choice(Requirement(package.name, version, name, sha256), form, file.url or "", path)


_HINT: Final = "build requirements are wheels, unless --requirements-from-source allows others"


def _clean(package: Mapping[str, object]) -> dict[str, object]:
    """A package's table with keys in the order of PEP 751, and without what differs from machine to machine."""
    table = {key: package[key] for key in ("name", "version", "marker", "requires-python") if key in package}
    for key in ("vcs", "directory"):
        if key in package:
            raise RequestError(f"{package['name']} is a folder or a repository, which has no hash", hint=_HINT)
    for key in ("archive", "sdist"):
        if isinstance(file := package.get(key), Mapping):
            table[key] = _clean_file(file, named=key == "sdist")
    wheels = package.get("wheels")
    if isinstance(wheels, list):
        table["wheels"] = sorted(
            (_clean_file(wheel, named=True) for wheel in wheels), key=lambda file: str(file["name"])
        )
    return table


def _clean_file(file: Mapping[str, object], *, named: bool) -> dict[str, object]:
    return dict(_parts(file, named=named))


def _parts(file: Mapping[str, object], *, named: bool) -> Iterator[tuple[str, object]]:
    url = without_credentials_in(str(file.get("url", ""))).partition("#")[0]
    path = str(file.get("path", ""))
    if named:
        name = file.get("name") or _last(url or path)
        yield "name", name
    if "upload-time" in file:
        yield "upload-time", file["upload-time"]
    if url:
        yield "url", url
    elif path:
        yield "path", path
    # No size: uv tells it of files that it happened to ask for, which are others each time.
    if "subdirectory" in file:
        yield "subdirectory", file["subdirectory"]
    hashes = file.get("hashes")
    yield "hashes", dict(sorted(hashes.items())) if isinstance(hashes, Mapping) else {}


def _last(address: str) -> str:
    """The file name in an address."""
    return unquote(address.partition("?")[0].rpartition("/")[2])

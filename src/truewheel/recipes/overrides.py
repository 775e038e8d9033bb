"""What users say of how packages were built, where it can't be inferred: a file in TOML.

Each ``[[package]]`` is about one project, and about all of its versions or those that ``version`` allows (PEP 440)::

    [[package]]
    project = "boto3"
    version = ">=1.26, <1.27"
    reason = "released with setup.py on a machine with an old wheel"
    pins = ["wheel==0.37.0", "setuptools==57.5.0"]
    python = "3.9"

``reason`` is required: it stands in every report beside what was changed. The others are what `Recipe` says, each in
place of what the rules infer; what isn't named is inferred as ever:

=================== ===================================================================================================
``pins``            list of ``name==version``: all pins, so inferred ones go
``more``            list of requirements (PEP 508) that the project doesn't state
``exclude-newer``   moment (RFC 3339, or TOML's own), or false for releases of any date
``python``          version such as ``"3.9"``
``epoch``           SOURCE_DATE_EPOCH: seconds since 1970 UTC, a moment, or false for unset
``clock``           time at which the build's clock stands still, likewise; false for one that runs
``timezone``        value of TZ
``umask``           string in octal digits such as ``"002"``
``group-writable``  whether the group may write the sources
``line-ends``       ``"lf"`` or ``"crlf"``
``compiler``        whether a compiler is found
``environment``     table of variables
``config-settings`` table of strings, or lists of strings, for the backend
=================== ===================================================================================================

Where several packages fit, the last counts, as a whole.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from truewheel.errors import DataError, Where
from truewheel.recipes.model import Override
from truewheel.recipes.moments import seconds_of
from truewheel.toml import loads
from truewheel.wheel.name import canonical_project

_PIN: Final = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)==([0-9A-Za-z.!+_-]+)")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PROJECT: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_PYTHON: Final = re.compile(r"[0-9]+\.[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class _Package:
    """One table of the file."""

    project: str
    versions: SpecifierSet
    override: Override

    def fits(self, project: str, version: str) -> bool:
        if canonical_project(project) != self.project:
            return False
        try:
            return self.versions.contains(Version(version), prereleases=True)
        except InvalidVersion:
            return not self.versions


@dataclass(frozen=True, slots=True)
class Overrides:
    """A whole file of overrides."""

    packages: tuple[_Package, ...] = ()

    def of(self, project: str, version: str) -> Override | None:
        """The last that is about a project at a version, None where none is."""
        return next((each.override for each in reversed(self.packages) if each.fits(project, version)), None)


def parse(text: str, name: str) -> Overrides:
    """Read a file of overrides; `name` is what errors call it. Raises `DataError` that names the place and the key."""
    where = Where(file=name)
    try:
        document = loads(text)
    except ValueError as error:
        raise DataError(f"can't be read as TOML: {error}", where=where) from None
    if unknown := sorted(set(document) - {"package"}):
        raise DataError(f"has no key {unknown[0]!r}", where=where, hint="overrides stand in [[package]] tables")
    tables = document.get("package", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise DataError("package is not a list of tables", where=where, hint="begin each with [[package]]")
    return Overrides(tuple(_numbered(number, table, where) for number, table in enumerate(tables, 1)))


def _numbered(number: int, table: Mapping[str, object], where: Where) -> _Package:
    try:
        return _package(table)
    except _WrongError as error:
        said = table.get("project")
        label = f"package {number}" + (f" ({said})" if isinstance(said, str) else "")
        raise DataError(f"{label}: {error}", where=where, hint=_HINT) from None


_HINT: Final = "docs/verify.md lists the keys and what they take"


class _WrongError(Exception):
    """Something in a table isn't as it should be; the message is about the key."""


def _package(table: Mapping[str, object]) -> _Package:
    if unknown := sorted(set(table) - {"project", "version", "reason", *KEYS}):
        raise _WrongError(f"there is no key {unknown[0]!r}")
    project = _string(table, "project")
    if not _PROJECT.fullmatch(project):
        raise _WrongError(f"project is {project!r}, which is no name of a project")
    reason = _string(table, "reason").strip()
    if not reason:
        raise _WrongError("reason is empty: say why inference isn't enough")
    try:
        versions = SpecifierSet(_string(table, "version") if "version" in table else "")
    except InvalidSpecifier:
        raise _WrongError(f"version is {table['version']!r}, which allows no versions (PEP 440)") from None
    changes: dict[str, object] = {}
    for key, (field, reader) in KEYS.items():
        if key in table:
            try:
                changes[field] = reader(table[key])
            except _WrongError as error:
                raise _WrongError(f"{key} {error}") from None
    if not changes:
        raise _WrongError("it changes nothing")
    return _Package(canonical_project(project), versions, Override(changes, reason))


def _string(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        raise _WrongError(f"{key} is missing" if key not in table else f"{key} is not a string")
    return value


def _pins(value: object) -> tuple[str, ...]:
    for word in _strings(value):
        if not _PIN.fullmatch(word):
            raise _WrongError(f"holds {word!r}, which isn't of the form name==version")
    pins = {canonical_project(word.partition("==")[0]): word.partition("==")[2] for word in _strings(value)}
    return tuple(f"{name}=={version}" for name, version in sorted(pins.items()))


def _requirements(value: object) -> tuple[str, ...]:
    for word in _strings(value):
        # Of two lines, the second would be an option for the installer; and both put variables into ${NAME}.
        if not word.isprintable() or "${" in word:
            raise _WrongError(f"holds {word!r}, which is no requirement")
        try:
            Requirement(word)
        except InvalidRequirement as error:
            raise _WrongError(f"holds {word!r}, which is no requirement: {str(error).partition(chr(10))[0]}") from None
    return tuple(_strings(value))


def _strings(value: object) -> Sequence[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _WrongError("is not a list of strings")
    return value


def _moment(value: object) -> str | None:
    if value is False:
        return None
    if isinstance(value, dt.datetime):
        value = value.replace(tzinfo=value.tzinfo or dt.timezone.utc).isoformat()
    if not isinstance(value, str) or seconds_of(value) is None:
        raise _WrongError("is neither a moment such as 2024-05-01T12:00:00Z nor false")
    return value


def _seconds(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < 1 << 33:
            raise _WrongError(f"is {value}, which is no time between 1970 and 2242")
        return value
    moment = _moment(value)
    return None if moment is None else seconds_of(moment)


def _python(value: object) -> str:
    if not isinstance(value, str) or not _PYTHON.fullmatch(value):
        raise _WrongError('is not a version such as "3.9", in quotes')
    return value


def _timezone(value: object) -> str:
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise _WrongError("is not a value of TZ")
    return value


def _umask(value: object) -> int:
    if not isinstance(value, str) or not re.fullmatch("[0-7]{3,4}", value) or int(value, 8) > 0o777:
        raise _WrongError('is not a string of three octal digits such as "002"')
    return int(value, 8)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongError("is neither true nor false")
    return value


def _line_ends(value: object) -> str:
    if value == "lf":
        return "\n"
    if value == "crlf":
        return "\r\n"
    raise _WrongError('is neither "lf" nor "crlf"')


def _environment(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _WrongError("is not a table")
    found: dict[str, str] = {}
    for name, item in sorted(value.items()):
        if not _VARIABLE.fullmatch(name):
            raise _WrongError(f"names {name!r}, which is no variable")
        if not isinstance(item, str) or "\0" in item:
            raise _WrongError(f"gives {name} something that is not a string")
        found[name] = item
    return found


def _settings(value: object) -> dict[str, str | list[str]]:
    if not isinstance(value, dict):
        raise _WrongError("is not a table")
    for name, item in value.items():
        if not isinstance(item, str) and not (isinstance(item, list) and all(isinstance(each, str) for each in item)):
            raise _WrongError(f"gives {name!r} something that is neither a string nor a list of strings")
    return dict(sorted(value.items()))


KEYS: Final[Mapping[str, tuple[str, Callable[[object], object]]]] = {
    "pins": ("pins", _pins),
    "more": ("more", _requirements),
    "exclude-newer": ("exclude_newer", _moment),
    "python": ("python", _python),
    "epoch": ("epoch", _seconds),
    "clock": ("clock", _seconds),
    "timezone": ("timezone", _timezone),
    "umask": ("umask", _umask),
    "group-writable": ("group_writable", _flag),
    "line-ends": ("line_ends", _line_ends),
    "compiler": ("compiler", _flag),
    "environment": ("environment", _environment),
    "config-settings": ("config_settings", _settings),
}
"""Keys of a package's table, the field of `Recipe` that each is for, and what reads its value."""

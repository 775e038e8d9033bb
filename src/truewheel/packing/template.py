"""A commented ``[tool.truewheel.pack]`` to start from, with what is known already filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from truewheel.errors import RequestError
from truewheel.packing.globs import literal
from truewheel.toml import loads

_TABLE: Final = "[tool.truewheel.pack]"
_BARE: Final = re.compile("[A-Za-z0-9_-]+")
_HEAD: Final = f"""\
# Prebuilt programs as wheels: `truewheel pack -w dist` makes one of each target below, and with --check-only it makes
# them again and compares them with those that are published.
{_TABLE}
# With a name, all metadata stand here, written as in [project]. Without one they all come from [project].
"""
_METADATA: Final = """\
# build = 1
# description = "One line on what it is"
# readme = "README.md"
# requires-python = ">=3.8"
# authors = [{ name = "A. Uthor", email = "author@example.org" }]
# maintainers = [{ name = "M. Aintainer" }]
# keywords = ["compiler"]
# classifiers = ["Topic :: Software Development"]
# urls = { Homepage = "https://example.org" }
# dependencies = ["packaging>=24"]
# optional-dependencies = { more = ["rich"] }

# The licence of what is packed, as an SPDX expression.
# license = "MIT"
# Globs for files of the archives, or else of this folder. Without this line all files of an archive that look like
# licences are taken; with it, one that is neither named here nor excluded is an error.
"""
_LAYOUT: Final = """\
# Paths and globs mean names in the archive once the folders of `strip` are off; without `strip` that is the one folder
# that everything lies in, if there is one. ** stands for any number of folders.
# strip = 1
# include = ["bin", "lib"]
# exclude = ["doc", "**/*.a"]
# rename = { "tools/" = "bin/" }
# The package that takes the files. Those of `data` go to the root of the environment instead.
# into = "package"
# data = ["share/man"]
# Native files for other platforms than the wheel's: data of the program.
# foreign = ["lib/targets"]
# Files of this folder, by the path that they get in the package.
# add = { "py.typed" = "py.typed" }
# Libraries that programs need and other packages bring.
# exclude-libraries = ["libcuda.so.*"]

# Commands, and the program of each in the archive, without .exe. A program is started by a module of the package; with
# { path = "bin/program", script = true } it lies itself among the commands. Without this line there is a command for
# the only program, or for the one that is called as the project; with [] there are none.
"""
_TARGETS: Final = """\
# One archive, one wheel. {name}, {version} and {label} are filled in, in paths and addresses. A wrong sha256 is fatal;
# an address needs one. Each target may have strip, include, exclude, rename, into, data, foreign and programs of its
# own, and plat: platform tags that are stricter than those computed from the binaries.
"""
_TARGET: Final = f"""\
# {_TABLE[:-1]}.targets.linux-x64]
# url = "https://example.org/{{name}}-{{version}}-{{label}}.tar.gz"
# sha256 = "{"0" * 64}"
# plat = ["manylinux_2_28_x86_64"]
"""


class Origin(NamedTuple):
    """An archive to start with: its label, its path or address, and the sha256 of it ("" for a folder).

    ``programs`` are the paths of its commands, None where nobody knows them.
    """

    label: str
    source: str
    sha256: str = ""
    programs: Mapping[str, str] | None = None


def template(name: str, version: str, targets: Iterable[Origin], licences: Iterable[str] = ()) -> str:
    """The table as text in TOML, with comments on every key.

    `licences` are the paths of files. `name`, `version` and `licences` may be empty, where nobody knows them. Programs
    stand in one place if all targets have the same. Raises `RequestError` for what TOML can't hold: names of files that
    are no text.
    """
    origins = tuple(targets)
    first = origins[0].programs if origins else None
    same = all(origin.programs == first for origin in origins)
    parts = (
        _HEAD,
        *_project(name, version),
        _METADATA,
        *_content(first if same else None, tuple(licences)),
        *_origins(origin._replace(programs=None) if same else origin for origin in origins),
    )
    return "".join(parts)


def with_settings(table: str, settings: Mapping[str, object]) -> str:
    """The text of a table with keys set, in the place of their examples; those without one stand before the targets.

    Values are strings, numbers, truths, lists and tables of such. Raises `RequestError` for what TOML can't hold.
    """
    for key, value in settings.items():
        line = f"{key} = {_value(value)}\n"
        example = re.compile(rf"^(?:# )?{re.escape(key)} = .*\n", re.MULTILINE)
        place = example.search(table)
        start, end = place.span() if place else (table.index(_TARGETS),) * 2
        table = table[:start] + line + ("" if place else "\n") + table[end:]
    return table


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(key)} = {_value(inner)}' for key, inner in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else quoted(str(value))


def appended(existing: str, table: str) -> str:
    """A pyproject.toml with the table at its end.

    Raises `RequestError` where there is such a table already, or where the whole would not be what both are together.
    """
    before = _parsed(existing, "pyproject.toml can't be read as TOML")
    if _pack_of(before) is not None:
        raise RequestError(f"pyproject.toml has {_TABLE} already", hint="change what is there")
    added = table.replace("\n", "\r\n") if "\r\n" in existing else table
    line = "\r\n" if "\r\n" in existing else "\n"
    whole = existing + ("" if existing.endswith("\n") else line) + line + added if existing else added
    after = _parsed(whole, f"{_TABLE} can't stand behind what is in pyproject.toml")
    if _pack_of(after) != _pack_of(_parsed(table, f"{_TABLE} is no TOML")):
        raise RequestError(f"{_TABLE} can't stand behind what is in pyproject.toml", hint="write it into another file")
    return whole


def _project(name: str, version: str) -> Iterator[str]:
    yield f"name = {quoted(name)}\n" if name else '# name = "project"\n'
    if version:
        yield f"version = {quoted(version)}  # --version overrules it\n"
    else:
        yield '# version = "1.0"  # without it: --version\n'


def _content(programs: Mapping[str, str] | None, licences: tuple[str, ...]) -> Iterator[str]:
    globs = ", ".join(quoted(literal(path)) for path in licences)
    yield f"license-files = [{globs}]\n" if licences else '# license-files = ["LICENSE"]\n'
    yield "\n" + _LAYOUT
    yield '# programs = { command = "bin/program" }\n' if programs is None else _programs(programs)


def _programs(programs: Mapping[str, str]) -> str:
    if not programs:
        return "programs = []\n"
    pairs = ", ".join(f"{_key(command)} = {quoted(path)}" for command, path in programs.items())
    return f"programs = {{ {pairs} }}\n"


def _origins(targets: Iterable[Origin]) -> Iterator[str]:
    yield f"\n{_TARGETS}"
    tables = [_origin(target) for target in targets]
    yield "\n".join(tables or [_TARGET])


def _origin(target: Origin) -> str:
    key = "url" if target.source.lower().startswith(("https://", "http://")) else "path"
    source = target.source.replace("{", "{{").replace("}", "}}")
    sha256 = f"sha256 = {quoted(target.sha256)}\n" if target.sha256 else ""
    programs = "" if target.programs is None else _programs(target.programs)
    return f"{_TABLE[:-1]}.targets.{_key(target.label)}]\n{key} = {quoted(source)}\n{sha256}{programs}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else quoted(key)


def quoted(text: str) -> str:
    """A basic string of TOML, in ASCII: who redirects it into a file may have another encoding than TOML's.

    Raises `RequestError` for what is no Unicode.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise RequestError(f"TOML can't hold a name that is no text: {text!r}", hint="rename the file") from None
    return "".join(('"', *map(_character, text), '"'))


def _character(one: str) -> str:
    if one in {'"', "\\"}:
        return f"\\{one}"
    if " " <= one <= "~":
        return one
    return f"\\u{ord(one):04x}" if ord(one) <= 0xFFFF else f"\\U{ord(one):08x}"


def _parsed(text: str, wrong: str) -> dict[str, object]:
    try:
        return loads(text)
    except ValueError as error:
        hint = "write the table into another file, and name that with --config"
        raise RequestError(f"{wrong}: {error}", hint=hint) from None


def _pack_of(document: Mapping[str, object]) -> object:
    """What stands under ``tool.truewheel.pack``; None for nothing."""
    place: object = document
    for key in ("tool", "truewheel", "pack"):
        place = place.get(key) if isinstance(place, Mapping) else None
    return place

"""The targets of ``[tool.truewheel.pack]``: which archive, what of it goes where, which commands it brings."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from truewheel.errors import RequestError
from truewheel.packing.launcher import COMMAND
from truewheel.packing.layout_places import BOTH_FOLDERS, may_become
from truewheel.packing.model import Layout, Names, Program, Target
from truewheel.packing.settings_values import Table, demand_path
from truewheel.wheel.paths import fault

LAYOUT: Final = ("strip", "include", "exclude", "rename", "into", "data", "foreign")
SHARED: Final = (*LAYOUT, "programs", "plat")
"""What may stand in the table of a target, or else in the one above for all targets."""

_SOURCE: Final = ("path", "url", "sha256")
_MOST_STRIPPED: Final = 1_000
_SHA256: Final = re.compile("[0-9A-Fa-f]{64}")
_PLATFORM: Final = re.compile("[A-Za-z0-9_]+")
_ADDRESS: Final = re.compile("https?://", re.IGNORECASE)
_BRACES: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_EXE: Final = re.compile(r"(?<=[^/])\.exe\Z", re.IGNORECASE)
_FRAGMENT: Final = "#sha256="
_PROGRAMS: Final = "a table of commands and their paths in the archive"


def targets_of(pack: Table, filled: Mapping[str, str], package: str) -> Iterator[Target]:
    """The targets in the order in which they stand.

    `filled` is what ``{name}`` and ``{version}`` mean in paths and addresses, `package` where the files go if nobody
    says. Raises `RequestError`.
    """
    table = pack.table("targets", "a table with a table, or a path, for each target")
    for label in table.values:
        if not label.strip():
            raise RequestError(f"[{table.name}] has a target without a label", hint="call it as its platform is called")
        own = _own(table, label)
        own.demand_known((*_SOURCE, *SHARED), {"file": "a file of this machine is its path", "hash": "write sha256"})
        one = Table(own.name, own.values, outer=pack)
        source, sha256 = _source(own, {**filled, "label": label})
        yield Target(label, source, sha256, _layout(one, package), _programs(one), _platforms(one))


def _own(table: Table, label: str) -> Table:
    """The table of a target; a string is the path of its archive, or an address, with its hash."""
    value = table.value(label)
    if not isinstance(value, str):
        return table.table(label, "a table, or the path of an archive")
    source, fragment, sha256 = value.rpartition(_FRAGMENT)
    if _ADDRESS.match(value):
        return Table(table.below(label), {"url": source, "sha256": sha256} if fragment else {"url": value})
    # A file may be called so, too, unless there is the whole hash.
    known = fragment and _SHA256.fullmatch(sha256)
    return Table(table.below(label), {"path": source, "sha256": sha256} if known else {"path": value})


# --- the archive ---------------------------------------------------------------------------------------------
def _source(table: Table, filled: Mapping[str, str]) -> tuple[str, str]:
    """The path or address, and the hash."""
    if ("path" in table) == ("url" in table):
        raise RequestError(f"[{table.name}] should have either path or url")
    key = "path" if "path" in table else "url"
    should = "the path of an archive" if key == "path" else "an address"
    source = _filled(table.text(key, should), table.place(key), filled)
    sha256 = table.text("sha256", "a hash")
    if "sha256" in table and not _SHA256.fullmatch(sha256):
        raise RequestError(f"{table.place('sha256')} is no hash: 64 hexadecimal digits")
    if key == "path":
        _demand_local(source, table.place(key))
    else:
        _demand_address(source, table.place(key))
        if not sha256:
            raise RequestError(
                f"[{table.name}] has an address and no sha256: nobody would know whether it is the same archive",
                hint=f"write sha256 into the table; on the command line add {_FRAGMENT}… to the address",
            )
    return source, sha256.lower()


def _demand_local(path: str, place: str) -> None:
    if not path or "\0" in path:
        raise RequestError(f"{place} is {'empty' if not path else 'no path: it has a NUL'}")
    if _ADDRESS.match(path):
        raise RequestError(f"{place} is an address", hint="write url, and sha256")


def _demand_address(address: str, place: str) -> None:
    if not _ADDRESS.match(address):
        raise RequestError(f"{place} doesn't start with https://", hint="a file of this machine is its path")
    if "#" in address:
        raise RequestError(f"{place} has a fragment, which no server gets to see", hint="write the hash as sha256")
    if not address.isascii() or not address.isprintable() or " " in address:
        raise RequestError(f"{place} has characters that addresses don't have", hint="write them as %XX")


def _filled(text: str, place: str, known: Mapping[str, str]) -> str:
    """The text with ``{name}`` and the like filled in; doubled braces are single ones."""

    def value(found: re.Match[str]) -> str:
        if found[0] in {"{{", "}}"}:
            return found[0][0]
        if found[1] is None or found[1] not in known:
            raise RequestError(
                f"{place}: nothing stands for {found[0][:80]}",
                hint=f"filled in are {', '.join(f'{{{key}}}' for key in known)}; a brace itself is written twice",
            )
        return known[found[1]]

    return _BRACES.sub(value, text)


# --- what of it goes where -----------------------------------------------------------------------------------
def _layout(table: Table, package: str) -> Layout:
    return Layout(
        strip=_strip(table),
        include=table.globs("include") or (),
        exclude=table.globs("exclude") or (),
        rename=MappingProxyType(_renames(table)),
        into=_into(table, package),
        data=table.globs("data") or (),
        foreign=table.globs("foreign") or (),
    )


def _strip(table: Table) -> int | None:
    value = table.value("strip")
    if value is None:
        return None
    if type(value) is not int or not 0 <= value <= _MOST_STRIPPED:
        should = f"a number of folders, 0 to {_MOST_STRIPPED:,}"
        if type(value) is int:
            raise RequestError(f"{table.place('strip')} is out of range; it should be {should}")
        raise table.wrong("strip", should, "without it, a single folder at the top is taken off")
    return value


def _renames(table: Table) -> dict[str, str]:
    """Old and new paths; that of a folder ends in a slash, and its new one may be "": what is in it moves up."""
    inner = table.table("rename", "a table of old and new paths")
    found = inner.pairs("the new path")
    for old, new in found.items():
        if not may_become(old, new):
            raise RequestError(f"{inner.place(old)} can't become {new[:80]!r}", hint=BOTH_FOLDERS)
        if new:
            demand_path(new.removesuffix("/"), inner.place(old))
    return found


def _into(table: Table, package: str) -> str:
    """The folder of a package, each part of which can be imported by its name."""
    into = table.text("into", "the folder of a package")
    given = "into" in table
    parts = (into if given else package).split("/")
    if all(part.isascii() and part.isidentifier() and not keyword.iskeyword(part) for part in parts):
        return "/".join(parts)
    what = f"{table.place('into')} is {into[:80]!r}, which" if given else f"the project's name gives {package!r}, which"
    raise RequestError(
        f"{what} is no package that can be imported",
        hint='name one (--into) whose parts are letters, digits and _, such as into = "ziglang", or "ziglang/lib"',
    )


# --- commands and platforms ----------------------------------------------------------------------------------
def _programs(table: Table) -> tuple[Program, ...] | None:
    """The commands by name; None where nobody says which."""
    value = table.value("programs")
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        found = [_program(table, command, command) for command in table.texts("programs", _PROGRAMS) or ()]
    else:
        inner = table.table("programs", f"{_PROGRAMS}, or a list")
        found = [_listed(inner, command) for command in inner.values]
    seen: set[str] = set()
    for program in found:
        if program.command.lower() in seen:
            raise RequestError(
                f"{table.place('programs')} has {program.command} twice; upper case is no other on Windows"
            )
        seen.add(program.command.lower())
    return tuple(sorted(found, key=lambda program: program.command))


def _listed(table: Table, command: str) -> Program:
    value = table.value(command)
    if not isinstance(value, Mapping):
        return _program(table, command, table.text(command, "a path, or a table with path and script"))
    inner = table.table(command)
    inner.demand_known(("path", "script"), {})
    script = inner.value("script")
    if script is not None and not isinstance(script, bool):
        raise inner.wrong("script", "true or false")
    return _program(inner, command, inner.text("path", "a path") or command, script=script is True)


def _program(table: Table, command: str, path: str, *, script: bool = False) -> Program:
    problem = "" if COMMAND.fullmatch(command) else "it is made of letters, digits and _.+-"
    problem = problem or fault(command) or ("Windows adds .exe itself" if command.lower().endswith(".exe") else "")
    if problem:
        raise RequestError(f"[{table.name}]: {command[:80]!r} is no name for a command: {problem}")
    return Program(command, without_exe(demand_path(path, f"[{table.name}] {command}")), script)


def without_exe(path: str) -> str:
    """The path of a program without what it ends in on Windows."""
    return _EXE.sub("", path)


def _platforms(table: Table) -> Names:
    should = "a platform tag, or a list of them"
    value = table.value("plat")
    tags = (value,) if isinstance(value, str) else table.texts("plat", should) or ()
    for tag in tags:
        if not _PLATFORM.fullmatch(tag):
            raise RequestError(f"{table.place('plat')}: {tag[:80]!r} is no platform tag, such as macosx_11_0_arm64")
    return tags

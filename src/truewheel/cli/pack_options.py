"""The options of ``truewheel pack``, and what they mean as keys of ``[tool.truewheel.pack]``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import click

from truewheel import api
from truewheel.errors import RequestError
from truewheel.wheel import Profile

_T = TypeVar("_T")
_PATH = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, file_okay=False)


def pack_options(command: Callable[..., _T]) -> Callable[..., _T]:
    """Add the options that say what is packed, how, and what becomes of it."""
    for option in reversed((*_PROJECT, *_LAYOUT, *_PLATFORM, *_RUN, *_PUBLISHED)):
        command = option(command)
    return command


def _several(name: str, metavar: str, said: str) -> Callable[[Callable[..., _T]], Callable[..., _T]]:
    return click.option(name, multiple=True, metavar=metavar, help=f"{said} (repeatable).")


_PROJECT = (
    click.option("--name", metavar="NAME", help="The project's name."),
    click.option("--version", metavar="VERSION", help="Its version; overrules the one in the settings."),
    click.option("--summary", metavar="TEXT", help="One line on what it is."),
    click.option("--license", "license_", metavar="SPDX", help="The licence, as an SPDX expression: MIT."),
    _several("--license-file", "GLOB", "Licence files of the archive; by default all that look like it"),
    click.option("--requires-python", metavar="RANGE", help="Which Pythons may install it: >=3.8."),
    click.option("--build-number", metavar="N", help="The build number in the wheel's name."),
    click.option("--config", type=_PATH, metavar="FILE", help="Settings, instead of the pyproject.toml here."),
)

_LAYOUT = (
    click.option("--strip", type=click.IntRange(min=0), metavar="N", help="Take N folders off the archive's names."),
    _several("--include", "GLOB", "Take these files alone"),
    _several("--exclude", "GLOB", "Leave these files out"),
    _several("--rename", "OLD=NEW", "Another path for a file, or for a folder with a slash at its end"),
    click.option("--into", metavar="PACKAGE", help="The package that takes the files; by default NAME."),
    _several("--program", "COMMAND[=PATH]", "A command that starts this program of the archive"),
    _several("--script", "COMMAND[=PATH]", "The same, with the program itself in the folder of commands"),
    click.option("--no-programs", is_flag=True, help="Bring no command: libraries, or data."),
    _several("--data", "GLOB", "Files that belong at the root of the environment, such as share/man/**"),
    _several("--foreign", "GLOB", "Native files that are data, for other platforms than the wheel's"),
    click.option("--derive-modes", is_flag=True, help="Make programs executable by their first bytes alone."),
)

_PLATFORM = (
    _several("--plat", "TAG", "Write this platform tag; one that promises too much is an error"),
    _several("--exclude-library", "GLOB", "Don't miss these libraries: another package brings them"),
    click.option("-L", "--lib-dir", multiple=True, metavar="DIR", help="Graft libraries found there (repeatable)."),
    click.option("--sysroot", metavar="DIR", help="Graft libraries of the system below DIR."),
    click.option("--host-libs", is_flag=True, help="Graft libraries of this machine."),
    click.option("--sbom", is_flag=True, help="Add a bill of materials (CycloneDX) for what is grafted."),
)

_RUN = (
    _several("--target", "LABEL", "Of the targets in the settings, do these alone"),
    click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing."),
    click.option("--init", "begin", is_flag=True, help="Write settings to start from, of the archives that are named."),
    click.option("-j", "--workers", type=click.IntRange(min=1), metavar="N", help="Work on N targets at a time."),
    click.option(
        "--profile",
        type=click.Choice([profile.value for profile in Profile if profile is not Profile.KEEP]),
        default=Profile.LD1.value,
        show_default=True,
        help="ld1: libdeflate 6. zlib6: as most published wheels.",
    ),
    click.option("--offline", is_flag=True, help="Take archives with an address from the cache alone."),
    click.option("--cache-dir", type=_FOLDER, metavar="DIR", help="Keep fetched archives there."),
)

_PUBLISHED = (
    click.option("--check-only", is_flag=True, help="Compare with the published wheels, and write nothing."),
    click.option("--against", type=_FOLDER, metavar="DIR", help="With --check-only: they are in DIR."),
    click.option("-i", "--index-url", metavar="URL", help="With --check-only: they are on this index."),
)

_PLAIN = {
    "name": "name",
    "version": "version",
    "summary": "description",
    "license_": "license",
    "requires_python": "requires-python",
    "build_number": "build",
    "strip": "strip",
    "into": "into",
}
_LISTS = {
    "license_file": "license-files",
    "include": "include",
    "exclude": "exclude",
    "data": "data",
    "foreign": "foreign",
    "plat": "plat",
    "exclude_library": "exclude-libraries",
}


def table_of(values: Mapping[str, object]) -> dict[str, object]:
    """What was given, as the settings write it. Raises `RequestError` where that makes no sense."""
    table: dict[str, object] = {key: values[name] for name, key in _PLAIN.items() if values[name] is not None}
    table |= {key: list(_texts(values[name])) for name, key in _LISTS.items() if values[name]}
    if renamed := _texts(values["rename"]):
        table["rename"] = _once("--rename", map(_renaming, renamed))
    started = map(_program, _texts(values["program"]))
    scripts = [(command, {"path": path, "script": True}) for command, path in map(_program, _texts(values["script"]))]
    programs = _once("--program or --script", (*started, *scripts))
    if programs and values["no_programs"]:
        raise RequestError("--no-programs and --program or --script contradict each other")
    if programs or values["no_programs"]:
        table["programs"] = programs
    return table


def places_of(values: Mapping[str, object]) -> api.Places:
    """Where libraries are looked for. Raises `RequestError` for an empty path."""
    folders, sysroot = _texts(values["lib_dir"]), values["sysroot"]
    if "" in folders or sysroot == "":
        # A variable that nobody has set isn't the current folder.
        raise RequestError(f"{'--sysroot' if sysroot == '' else '--lib-dir'} is empty, and names no folder")
    return api.Places(
        lib_dirs=folders, sysroot=None if sysroot is None else str(sysroot), host=bool(values["host_libs"])
    )


def _once(option: str, pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    """The pairs as a table. Raises `RequestError` where one key is given twice: neither may get lost."""
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise RequestError(f"{option} is given twice for {key}", hint="leave one of them out")
        found[key] = value
    return found


def _renaming(word: str) -> tuple[str, str]:
    old, given, new = word.partition("=")
    if not (old and given):
        raise RequestError(f"--rename {word} is not OLD=NEW", hint="such as usr/bin/=bin/")
    return old, new


def _program(word: str) -> tuple[str, str]:
    command, _, path = word.partition("=")
    return command, path or command


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else ()

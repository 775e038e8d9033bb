"""The options of ``truewheel repair``, in sections: what holds everywhere, and what for one system alone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click

from truewheel import api
from truewheel.cli.writing import wheelhouse_option
from truewheel.errors import RequestError, WheelError
from truewheel.policy import floor_of, format_of
from truewheel.wheel import WheelName

_T = TypeVar("_T")
_NO_FOLDER = frozenset('/\\$:@<>"|?*')
"""What parts paths, is expanded by loaders, or is in no name of Windows."""
_VERSION = re.compile(r"(\d{1,4})(?:\.(\d{1,4}))?(?:\.(\d{1,4}))?")

_EVERYWHERE = (
    wheelhouse_option,
    click.option(
        "-L",
        "--lib-dir",
        multiple=True,
        metavar="DIR",
        help="Look for libraries in DIR (repeatable; before the others).",
    ),
    click.option(
        "--ldpaths",
        "--add-path",
        "ldpaths",
        multiple=True,
        metavar="DIRS",
        help="More such folders, separated as in PATH.",
    ),
    click.option("--sysroot", metavar="DIR", help="Look for libraries in the system below DIR, as its loader would."),
    click.option("--host-libs", is_flag=True, help="Look for libraries on this machine too, as its loader would."),
    click.option(
        "--plat",
        multiple=True,
        metavar="TAG",
        help="Fail unless the wheel is true to TAG (repeatable). The default, auto, takes what comes out. "
        "[env, for Linux: AUDITWHEEL_PLAT]",
    ),
    click.option("--only-plat", is_flag=True, help="Write the tags of --plat alone, not the lowest true ones."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Leave libraries to another package (repeatable)."),
    click.option(
        "--include",
        multiple=True,
        metavar="GLOB",
        help="Graft libraries that the platform promises, or that are opened at run time (repeatable).",
    ),
    click.option(
        "--lib-sdir",
        metavar="SUFFIX",
        help="The folder for grafts: NAME+SUFFIX [.libs], on macOS PACKAGE/SUFFIX [.dylibs].",
    ),
    click.option("--sbom", is_flag=True, help="Add a bill of the grafted libraries (CycloneDX)."),
    click.option("--dry-run", is_flag=True, help="Say what would be done, and write nothing."),
    click.option("--strict", is_flag=True, help="Exit 1 on warnings, such as an --exclude that matches nothing."),
)
_LINUX = (
    click.option(
        "--expand-relr/--keep-relr", default=None, help="Write DT_RELR out or leave it. [default: written out for musl]"
    ),
    click.option("--keep-exec-stack", is_flag=True, help="Leave executable stacks, which glibc 2.41 no longer loads."),
    click.option("--strip", is_flag=True, help="Drop symbol tables and debug information from ELF files."),
)
_MACOS = (
    click.option(
        "--require-archs",
        multiple=True,
        metavar="ARCHS",
        help="Fail unless every file has these (x86_64, arm64, universal2, intel, …; with commas).",
    ),
    click.option(
        "--require-target-macos-version",
        "target",
        metavar="VERSION",
        envvar="MACOSX_DEPLOYMENT_TARGET",
        help="Fail unless every file runs on this macOS. [env: MACOSX_DEPLOYMENT_TARGET]",
    ),
    click.option("--executable-path", metavar="DIR", help="The folder that @executable_path means."),
    click.option(
        "--sanitize-rpaths/--no-sanitize-rpaths",
        default=True,
        help="Drop or leave run paths and names of the build machine. [default: they are dropped]",
    ),
    click.option("--resign", is_flag=True, help="Replace signatures of an identity, where a file has to be edited."),
)
_WINDOWS = (
    click.option("--no-mangle", multiple=True, metavar="GLOB", help="Leave DLLs their names (repeatable)."),
    click.option("--no-mangle-all", is_flag=True, help="Leave all DLLs their names."),
    click.option(
        "--namespace-pkg",
        multiple=True,
        metavar="PACKAGE",
        help="A package whose __init__.py isn't this project's alone, and is left as it is (repeatable).",
    ),
)
_SECTIONS = {
    "For Linux": ("expand_relr", "keep_exec_stack", "strip"),
    "For macOS": ("require_archs", "target", "executable_path", "sanitize_rpaths", "resign"),
    "For Windows": ("no_mangle", "no_mangle_all", "namespace_pkg"),
}


class SectionedCommand(click.Command):
    """A command whose help tells the options for one system apart."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options that hold everywhere, then those for each system."""
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        rows = {option.name: option.get_help_record(ctx) for option in options}
        special = {name for names in _SECTIONS.values() for name in names}
        general = tuple(name for name in rows if name not in special)
        for title, names in {"Options": general, **_SECTIONS}.items():
            with formatter.section(title):
                formatter.write_dl([row for name in names if (row := rows[name]) is not None])


def repair_options(command: Callable[..., _T]) -> Callable[..., _T]:
    """Add all of them."""
    for option in reversed((*_EVERYWHERE, *_LINUX, *_MACOS, *_WINDOWS)):
        command = option(command)
    return command


def wants_of(values: Mapping[str, object]) -> api.Wants:
    """What is asked for by the values of click's parameters. Raises `RequestError` where that makes no sense."""
    platforms = tuple(tag for tag in _texts(values["plat"]) or _of_image() if tag != "auto")
    only, folder, relr = bool(values["only_plat"]), values["lib_sdir"], values["expand_relr"]
    if only and not platforms:
        raise RequestError("--only-plat needs a --plat TAG that it could be")
    if isinstance(folder, str) and (not folder or _NO_FOLDER & set(folder)):
        raise RequestError(f"--lib-sdir {folder} is no suffix for the name of a folder", hint="such as .libs")
    return api.Wants(
        platforms=platforms,
        only=only,
        exclude=_texts(values["exclude"]),
        include=_texts(values["include"]),
        folder=None if folder is None else str(folder),
        expand_relr=None if relr is None else bool(relr),
        keep_exec_stack=bool(values["keep_exec_stack"]),
        bill=bool(values["sbom"]),
        strip=bool(values["strip"]),
        archs=_texts(values["require_archs"]),
        macos=_version(str(values["target"] or "")),
        resign=bool(values["resign"]),
        keep_rpaths=not values["sanitize_rpaths"],
        no_mangle=("*",) if values["no_mangle_all"] else _texts(values["no_mangle"]),
        namespaces=_texts(values["namespace_pkg"]),
    )


def wants_for(wheel: Path, wants: api.Wants, values: Mapping[str, object]) -> api.Wants:
    """What is asked for of one wheel: the platform of an image of manylinux is no demand on those for other systems."""
    try:
        floors = [floor_of(platform) for platform in WheelName.parse(wheel.name).platforms]
    except WheelError:  # opening the file says so
        return wants
    if not _texts(values["plat"]) and all(floor and format_of(floor) != "elf" for floor in floors):
        return replace(wants, platforms=(), only=False)
    return wants


def places_of(values: Mapping[str, object]) -> api.Places:
    """Where to look, by the values of click's parameters. Raises `RequestError` for an empty path."""
    for option in ("lib_dir", "sysroot", "executable_path"):
        given = values[option]
        if given == "" or (isinstance(given, tuple) and "" in given):
            # A variable that nobody has set isn't the current folder.
            raise RequestError(f"--{option.replace('_', '-')} is empty, and names no folder")
    listed = [os.environ.get("AUDITWHEEL_LD_LIBRARY_PATH", ""), *_texts(values["ldpaths"])]
    sysroot, executable = values["sysroot"], values["executable_path"]
    return api.Places(
        lib_dirs=_texts(values["lib_dir"]),
        ldpaths=tuple(folder for text in listed for folder in text.split(os.pathsep) if folder),
        sysroot=None if sysroot is None else str(sysroot),
        host=bool(values["host_libs"]),
        executable_path=None if executable is None else str(executable),
    )


def _of_image() -> tuple[str, ...]:
    return tuple(os.environ.get("AUDITWHEEL_PLAT", "").split())


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else ()


def _version(text: str) -> tuple[int, ...] | None:
    """A release of macOS, such as 10.13 or 11."""
    if not text:
        return None
    match = _VERSION.fullmatch(text)
    if match is None:
        raise RequestError(f"{text} is no version of macOS", hint="such as 10.13 or 11.0")
    return tuple(int(part) for part in match.groups() if part is not None)

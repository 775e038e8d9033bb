"""The tables of C libraries: what each release exports and what each platform tag promises.

The files in ``data/`` are read when first asked for, and of each only the part for the architecture at hand is
unfolded. They name their sources; ``scripts/refresh_glibc.py`` and ``refresh_musl.py`` make them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple, TypeAlias, TypedDict

from truewheel.errors import DataError
from truewheel.policy.datafile import table_text

Release: TypeAlias = tuple[int, ...]
"""A release of a C library, such as (2, 17) or (1, 2, 3)."""

Words: TypeAlias = list[str]
"""Names, several to a line."""

_NEVER = "never"

_SAME_PORT = {"armv6l": "armv7l"}  # musl's armhf


class _GlibcFile(TypedDict):
    oldest: dict[str, str]
    markers: dict[str, str]
    libraries: dict[str, Words]
    forbidden: dict[str, dict[str, Words]]
    versions: dict[str, dict[str, Words]]


class _SymbolsFile(TypedDict):
    archs: list[str]
    groups: dict[str, Words]


class _MuslFile(TypedDict):
    ports: dict[str, str]
    relr: str
    tlsdesc: dict[str, str]
    common: dict[str, Words]
    only: dict[str, dict[str, Words]]
    without: dict[str, Words]
    remap64: Words
    zlib: Words
    forbidden: dict[str, Words]


class _AndroidFile(TypedDict):
    abis: dict[str, str]
    libraries: dict[str, Words]


class GlibcPolicy(NamedTuple):
    """What the manylinux tags of one architecture promise.

    ``oldest`` is the release of the lowest tag. ``markers`` are the versions that are not numbers, with the
    release that first had them. ``libraries`` are the allowed libraries with the first tag that promises them,
    ``versions`` the symbol versions of those that are not glibc's (``GLIBCXX_3.4.19``), likewise. ``forbidden``
    holds for each library the names that must not be used, with the tag from which on they may (None: never).
    """

    oldest: Release
    markers: Mapping[str, Release]
    libraries: Mapping[str, Release]
    versions: Mapping[str, Release]
    forbidden: Mapping[str, Mapping[str, Release | None]]


class MuslTable(NamedTuple):
    """What the musl releases export on one architecture.

    ``port`` is the first release for the architecture, ``since`` the release that first exported each name,
    ``relr`` and ``tlsdesc`` the first releases whose loader knows DT_RELR and TLS descriptors (None: none does).
    ``zlib`` are the public names of the one library that musllinux promises besides, ``forbidden`` names that
    must not be taken from a library.
    """

    port: Release
    since: Mapping[str, Release]
    relr: Release
    tlsdesc: Release | None
    zlib: frozenset[str]
    forbidden: Mapping[str, frozenset[str]]


class AndroidTable(NamedTuple):
    """The Android ABIs by the architecture of the file, and the API level from which on each library exists."""

    abis: Mapping[str, str]
    libraries: Mapping[str, int]


def release(text: str) -> Release:
    """``2.17`` as numbers. Raises `DataError`."""
    try:
        return tuple(int(part) for part in text.split("."))
    except ValueError:
        raise DataError(f"a table holds {text!r} where a release number is expected") from None


def _allowed_from(text: str) -> Release | None:
    return None if text == _NEVER else release(text)


@cache
def glibc_policy(arch: str) -> GlibcPolicy | None:
    """The manylinux promises of an architecture, or None if no manylinux tag exists for it."""
    table = _glibc_file()
    if arch not in table["oldest"]:
        return None
    forbidden = {
        library: {name: _allowed_from(since) for since, lines in groups.items() for name in _words(lines)}
        for library, groups in table["forbidden"].items()
    }
    return GlibcPolicy(
        oldest=release(table["oldest"][arch]),
        markers=MappingProxyType({name: release(since) for name, since in table["markers"].items()}),
        libraries=_dated(table["libraries"]),
        versions=_dated(table["versions"][arch]),
        forbidden=MappingProxyType(forbidden),
    )


@cache
def glibc_symbols(arch: str) -> Mapping[str, Release]:
    """The glibc release in which each name first appeared on an architecture; empty for unknown ones."""
    table: _SymbolsFile = json.loads(table_text("glibc-symbols.json"))
    if arch not in table["archs"]:
        return MappingProxyType({})
    column = table["archs"].index(arch)
    first: dict[str, Release] = {}
    for dates, lines in table["groups"].items():
        date = dates.split(" ")[column]
        if date != "-":
            first.update(dict.fromkeys(_words(lines), release(date)))
    return MappingProxyType(first)


@cache
def musl_table(arch: str) -> MuslTable | None:
    """What musl exports on an architecture, or None if the table has no such port."""
    table: _MuslFile = json.loads(table_text("musl-symbols.json"))
    arch = _SAME_PORT.get(arch, arch)
    if arch not in table["ports"]:
        return None
    since = dict(_dated(table["common"]))
    for name in _words(table["without"].get(arch, [])):
        since.pop(name, None)
    for archs, groups in table["only"].items():
        if arch in archs.split():
            since.update(_dated(groups))
    for name in _words(table["remap64"]):
        # From 1.2.4 on the loader itself binds NAME64 to NAME (get_lfs64 in ldso/dynlink.c).
        since.setdefault(f"{name}64", since.get(name, release(table["ports"][arch])))
    tlsdesc = table["tlsdesc"].get(arch)
    return MuslTable(
        port=release(table["ports"][arch]),
        since=MappingProxyType(since),
        relr=release(table["relr"]),
        tlsdesc=release(tlsdesc) if tlsdesc else None,
        zlib=frozenset(_words(table["zlib"])),
        forbidden=MappingProxyType({lib: frozenset(_words(lines)) for lib, lines in table["forbidden"].items()}),
    )


@cache
def android_table() -> AndroidTable:
    """What the Android NDK promises."""
    table: _AndroidFile = json.loads(table_text("android.json"))
    levels = {name: int(level) for level, lines in table["libraries"].items() for name in _words(lines)}
    return AndroidTable(MappingProxyType(table["abis"]), MappingProxyType(levels))


@cache
def _glibc_file() -> _GlibcFile:
    table: _GlibcFile = json.loads(table_text("glibc.json"))
    return table


def _words(lines: Iterable[str]) -> list[str]:
    return " ".join(lines).split()


def _dated(groups: Mapping[str, Words]) -> Mapping[str, Release]:
    return MappingProxyType(
        {name: date for text, lines in groups.items() for date in (release(text),) for name in _words(lines)}
    )

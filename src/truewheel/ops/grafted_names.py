"""The names that grafted libraries get: the library's own, with a hash of its content.

Two wheels that bring one library in two builds then never share a name, and a loader that has loaded the one
doesn't take it for the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from truewheel.wheel.paths import fault

_LONGEST: Final = 255
"""Bytes of a file name that file systems store (NAME_MAX, limits.h)."""

_FEWEST: Final = 8
_MOST: Final = 64
"""Hexadecimal digits of a hash: as many as are readable, and as SHA-256 has."""

_STRANGE: Final = re.compile("[^A-Za-z0-9._+,=@~-]")
"""What isn't kept: ``$`` is expanded by loaders (ld.so(8)), slashes and colons part paths, controls and bytes that are
not UTF-8 are in no wheel. Nobody types the name of a graft, so letters that some system writes in two ways go too."""

_LIBRARY: Final = re.compile(r"(.*)([.]so(?:[.].{1,100})?)")
_OTHER: Final = re.compile(r"(.*?)([.][^.]{1,20})?")
_VERSION: Final = re.compile(r"(?:[-._]\d+)+\Z")
_HASHED: Final = re.compile(rf"(.+)-[0-9a-f]{{{_FEWEST},{_MOST}}}")


def grafted_name(soname: str, sha256: str, digits: int = _FEWEST) -> str:
    """The name of a graft: ``libldap-2.5.so.0`` becomes ``libldap-2.5-062bb940.so.0``.

    The first `digits` of the hash stand before ``.so`` and its version; in a name without ``.so`` before the last
    extension, or at the end. Of a path only the last part counts. Characters that would mean something to a loader or
    a file system become ``_``; what is longer than 255 bytes is cut before the hash.
    """
    stem, suffix = _split(_cleaned(soname))
    tail = f"-{sha256[:digits]}{suffix}"
    return stem[: _LONGEST - len(tail)] + tail


def shorter_names(name: str, sha256: str) -> Iterator[str]:
    """Names for a graft where there is no room for the usual one, each shorter than the one before.

    Without the version, without the hash, and the hash alone, at last some digits of it: what they have in common is
    that a loader which goes by paths, as dyld does, is content with them. Whether they are free is another question.
    """
    stem, suffix = _split(_cleaned(name))
    versionless = grafted_name(f"{_VERSION.sub('', stem[:_LONGEST])}{suffix}", sha256)
    longest = len(grafted_name(name, sha256))
    for shorter in (versionless, f"{stem}{suffix}", sha256[:_FEWEST], sha256[: _FEWEST // 2]):
        if len(shorter) < longest and not fault(shorter):
            longest = len(shorter)
            yield shorter


def original_name(name: str) -> str:
    """The name of a graft without its hash; other names as they are. A date of eight digits looks like a hash."""
    stem, suffix = _split(name)
    hashed = _HASHED.fullmatch(stem)
    return f"{hashed[1]}{suffix}" if hashed else name


def unique_names(items: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The names of several grafts, by soname and hash; they don't depend on the order of `items`.

    Different files that would get one name, or names that differ in case alone, get more digits of their hashes.
    """
    digits = dict.fromkeys(sorted(set(items)), _FEWEST)
    while clashing := _clashing(digits):
        digits.update({item: digits[item] * 2 for item in clashing})
    first: dict[tuple[str, str], str] = {}
    # One file that goes by two names which differ in case can lie in a wheel under one of them.
    return {item: first.setdefault((name.lower(), item[1]), name) for item, name in _named(digits).items()}


def _clashing(digits: Mapping[tuple[str, str], int]) -> list[tuple[str, str]]:
    """The items whose name another file has as well, and that have digits left."""
    files: dict[str, set[str]] = {}
    names = {item: name.lower() for item, name in _named(digits).items()}
    for (_, sha256), name in zip(names, names.values(), strict=True):
        files.setdefault(name, set()).add(sha256)
    return [item for item, name in names.items() if len(files[name]) > 1 and digits[item] < _MOST]


def _named(digits: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], str]:
    return {item: grafted_name(*item, count) for item, count in digits.items()}


def _cleaned(name: str) -> str:
    """The last part of a path, of characters that every loader and every file system takes as they are."""
    stem, suffix = _split(_STRANGE.sub("_", name.rpartition("/")[2]).rstrip("."))
    # A name that starts with a dash would be an option of every program that it is given to.
    return f"{stem.lstrip('-.') or 'lib'}{suffix}"


def _split(name: str) -> tuple[str, str]:
    """A name in two: what stands before the hash, and the suffix behind it."""
    found = _LIBRARY.fullmatch(name) or _OTHER.fullmatch(name)
    return (found[1], found[2] or "") if found else (name, "")

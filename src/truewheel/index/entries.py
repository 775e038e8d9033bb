"""A file that a page lists: what can be trusted of it, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from packaging.version import InvalidVersion, Version

from truewheel.errors import RequestError, WheelError
from truewheel.index.addresses import file_name, in_full
from truewheel.index.model import IndexFile
from truewheel.wheel.name import WheelName, canonical_project

_LONGEST_NAME: Final = 240  # file systems take 255 bytes
_LONGEST_TEXT: Final = 4096
_LARGEST: Final = 1 << 50
_STRANGE: Final = re.compile("[^A-Za-z0-9_.!+-]")
_ALGORITHM: Final = re.compile(r"[a-z0-9_-]{1,32}")
_HEXADECIMAL: Final = re.compile(r"(?:[0-9a-f]{2}){8,64}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)")
_MOST: Final = 100_000
"""Files of a page; no project has a tenth of it, and each takes a moment to be looked at."""

SDISTS: Final = (".tar.gz", ".zip")


class Page(NamedTuple):
    """The page that is read: its own address, from which links count, that of its index, and the project."""

    url: str
    origin: str
    project: str


class Said(NamedTuple):
    """What a page says of a file, as it is written. ``yanked`` is None for a file that isn't."""

    link: str
    name: str = ""
    hashes: Mapping[str, str] = {}
    size: int | None = None
    uploaded: str = ""
    requires_python: str = ""
    yanked: str | None = None
    provenance: str = ""


def demand_few(count: int) -> None:
    """Raise `RequestError` where a page lists more files than any project has."""
    if count > _MOST:
        raise RequestError(f"the page lists more than {_MOST:,} files", hint="check the address of the index")


def entry(said: Said, page: Page) -> IndexFile | None:
    """The file, or None where it is neither wheel nor sdist of the project, or leads nowhere.

    A hash or a moment that isn't one is left out; so are addresses of other schemes.
    """
    url = in_full(said.link, page.url)
    if url is None:
        return None
    name = said.name or file_name(url)
    version = version_in(name, page.project)
    if version is None:
        return None
    return IndexFile(
        project=page.project,
        version=version,
        name=name,
        url=url,
        index=page.origin,
        hashes=_hashes(said.hashes),
        size=said.size if said.size is not None and 0 <= said.size <= _LARGEST else None,
        uploaded=said.uploaded if _MOMENT.fullmatch(said.uploaded) else "",
        requires_python=_line(said.requires_python),
        yanked=None if said.yanked is None else _line(said.yanked),
        provenance=(said.provenance and in_full(said.provenance, page.url)) or "",
    )


def version_in(name: str, project: str) -> str | None:
    """The version, normalized (PEP 440), in the name of a wheel or sdist of a project; None for all other names."""
    if len(name) > _LONGEST_NAME or _STRANGE.search(name):
        return None
    if name.endswith(".whl"):
        try:
            wheel = WheelName.parse(name)
        except WheelError:
            return None
        return _version(wheel.version.replace("_", "-")) if wheel.project == project else None
    suffix = next((end for end in SDISTS if name.endswith(end)), "")
    parts = name[: -len(suffix)].split("-") if suffix else []
    for cut in range(1, len(parts)):
        if canonical_project("-".join(parts[:cut])) == project:
            return _version("-".join(parts[cut:]))
    return None


def _version(text: str) -> str | None:
    try:
        return str(Version(text))
    except InvalidVersion:
        return None


def _hashes(found: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    pairs = ((name.lower(), value.lower()) for name, value in found.items())
    return tuple(sorted((n, v) for n, v in pairs if _ALGORITHM.fullmatch(n) and _HEXADECIMAL.fullmatch(v)))


def _line(text: str) -> str:
    """A text that is shown: on one line, and of a length that can be read."""
    return " ".join(text[:_LONGEST_TEXT].split())

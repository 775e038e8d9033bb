"""Which causes may explain a difference in which file, so that nobody can shape one that explains itself.

`compare` says why two sides differ as well as it can, for people who own both. Here one side may be an attacker's, and
"the same but for the time of the build" must not be had by a change of code that looks like one. So a cause counts only
where what it explains can't do much:

- **Code** (Python, scripts, anything that isn't known to be something else, and all of ``.dist-info`` that installers
  act upon) is explained by line ends alone, and only where nothing else differs, which is checked here.
- **Members that one side alone has** are explained by nothing, but for a licence that is there on both sides and lies
  in another folder, and for signatures of RECORD.
- **METADATA and WHEEL** are explained field by field: requirements by nothing but another spelling, what follows the
  version of the backend by that; no cause explains Root-Is-Purelib, which decides where files land.
- **RECORD** is explained where it has been found to be true of the members.
- **Native files** are explained by the toolchain, but for what they load (`toolchain`). That is no proof, for compilers
  change everything; it is why this rung isn't one of the first three.
- **Bytecode** is explained by the time of its source and by how marshal refers to objects, never by another Python.
- **Bills of materials, texts and archives** are explained by what their makers write into them, and the members of an
  archive as they would be by themselves.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from truewheel.binary import HEAD, identify
from truewheel.compare import Cause, Difference, Kind, Reason
from truewheel.compare.reasons import (
    BACKEND,
    BUILD_ID,
    BUILD_PATH,
    BUILD_TIME,
    BYTECODE_REFERENCES,
    BYTECODE_SOURCE,
    COMPILER,
    COMPILER_OPTIONS,
    DEBUG_INFO,
    DEFLATE,
    ENVIRONMENT,
    HASH_ORDER,
    HOST,
    LINE_ENDS,
    LINK_ORDER,
    LINKER,
    ORDER,
    PDB,
    PE_TIME,
    PLATFORM,
    SBOM_SERIAL,
    SIGNATURE,
    TAG,
    UMASK,
    VERSION,
    ZIP_TOOL,
)
from truewheel.verdict.members import SPECIAL_BITS, runs
from truewheel.verdict.toolchain import follows_tools, of_loading, other_tools
from truewheel.wheel import Data, Entry


class Sort(Enum):
    """What a member is, as far as it decides what may explain it."""

    CODE = "code"
    HEADERS = "headers"
    RECORD = "record"
    SIGNATURE = "signature"
    LICENCE = "licence"
    BILL = "bill of materials"
    NATIVE = "native file"
    BYTECODE = "bytecode"
    ARCHIVE = "archive"
    TEXT = "text"


_TOOLCHAIN: Final = frozenset(
    {
        BUILD_ID, BUILD_PATH, BUILD_TIME, COMPILER, COMPILER_OPTIONS, DEBUG_INFO, DEFLATE, ENVIRONMENT, HASH_ORDER,
        HOST, LINKER, LINK_ORDER, PDB, PE_TIME, SIGNATURE,
    }
)  # fmt: skip
_PERMITTED: Final[dict[Sort, frozenset[Reason]]] = {
    Sort.CODE: frozenset(),
    Sort.HEADERS: frozenset(),  # field by field, below
    Sort.RECORD: frozenset(),
    Sort.SIGNATURE: frozenset({SIGNATURE}),
    Sort.LICENCE: frozenset({BACKEND}),
    Sort.BILL: frozenset({BUILD_PATH, BUILD_TIME, ENVIRONMENT, HASH_ORDER, HOST, SBOM_SERIAL, VERSION}),
    Sort.NATIVE: _TOOLCHAIN,
    Sort.BYTECODE: frozenset({BYTECODE_REFERENCES, BYTECODE_SOURCE}),
    Sort.ARCHIVE: frozenset({BUILD_TIME, DEFLATE, HOST, ORDER, UMASK, ZIP_TOOL}),
    Sort.TEXT: frozenset({BUILD_TIME, HASH_ORDER, SBOM_SERIAL}),
}
"""The table. Causes that are not sure count as well, except for code, for which there are none."""

_OF_BACKENDS: Final = frozenset({BACKEND, HASH_ORDER})
_FIELDS: Final[dict[str, frozenset[Reason]]] = {
    "line ends": frozenset({LINE_ENDS}),
    "description": frozenset({BACKEND, LINE_ENDS}),
    "order of fields": frozenset({BACKEND}),
    "generator": frozenset({BACKEND}),
    "metadata-version": frozenset({BACKEND}),
    "dynamic": _OF_BACKENDS,
    "platform": _OF_BACKENDS,
    "license-file": _OF_BACKENDS,
    "requires-dist": _OF_BACKENDS,  # of these, compare gives them only where the requirements mean the same
    "requires-python": _OF_BACKENDS,
    "provides-dist": _OF_BACKENDS,
    "obsoletes-dist": _OF_BACKENDS,
    "provides-extra": frozenset({HASH_ORDER}),
    "classifier": frozenset({HASH_ORDER}),
    "project-url": frozenset({HASH_ORDER}),
    "version": frozenset({VERSION}),
    "tag": frozenset({HASH_ORDER}),
}
"""What may explain a field of METADATA or WHEEL; nothing explains one that isn't here. Of tags, see `_explains`."""

_LICENCES: Final = re.compile(
    r"[^/]+\.dist-info/(?:licenses/|license_files/)?[^/]*(?i:licen[cs]e|copying|notice|authors)[^/.]*(?:\.(?:txt|md|rst))?"
).fullmatch
_BILLS: Final = re.compile(r"[^/]+\.dist-info/sboms/[^/]+\.(?:json|xml|spdx)").fullmatch
_HEADERS: Final = re.compile(r"[^/]+\.dist-info/(?:METADATA|WHEEL)").fullmatch
_INFO: Final = re.compile(r"[^/]+\.dist-info/").match
_SCRIPTS: Final = re.compile(r"[^/]+\.data/scripts/").match
_CODE: Final = re.compile(r"(?i).*\.(?:py[wi]?|pyx|pth|sh|bash|bat|cmd|ps1|js|mjs|wasm|html?|egg-link)").fullmatch
_TEXTS: Final = (".txt", ".md", ".rst", ".csv", ".json", ".xml")
_ARCHIVES: Final = (b"PK\x03\x04", b"\x1f\x8b")
_NATIVE_NAMES: Final = re.compile(r"(?i).*\.(?:so|pyd|dll|dylib|a|lib|exe)(?:\.\d+)*").fullmatch
_LIBRARY: Final = b"!<arch>\n"
_LARGEST_TEXT: Final = 16 << 20
"""Bytes of a member above which it isn't read once more to look at its line ends."""
_BITLESS: Final = frozenset({0, 10, 14})
"""The systems that have no executable bits to keep: DOS, NTFS, VFAT (APPNOTE 4.4.2.2)."""


def sort_of(member: str, *heads: bytes) -> Sort:
    """What a member is, by its name and by the first bytes of both sides; code where anything doubts the rest."""
    if _INFO(member):
        return _sort_of_info(member)
    if _CODE(member):
        return Sort.CODE
    formats = {_LIBRARY if head.startswith(_LIBRARY) else identify(head[:HEAD]) for head in heads}
    if len(formats) == 1 and formats != {None}:
        return Sort.NATIVE
    return Sort.CODE if _SCRIPTS(member) else _sort_of_data(member, heads)


def _sort_of_data(member: str, heads: tuple[bytes, ...]) -> Sort:
    if member.endswith(".pyc") and all(head[2:4] == b"\r\n" for head in heads):
        return Sort.BYTECODE
    if heads and all(head.startswith(_ARCHIVES) for head in heads):
        return Sort.ARCHIVE
    return Sort.TEXT if member.endswith(_TEXTS) else Sort.CODE


def _sort_of_info(member: str) -> Sort:
    """What a file of .dist-info is: installers act upon those that aren't known here."""
    name = member.partition("/")[2]
    if name == "RECORD":
        return Sort.RECORD
    if name in {"RECORD.jws", "RECORD.p7s"}:
        return Sort.SIGNATURE
    if _HEADERS(member):
        return Sort.HEADERS
    if _BILLS(member):
        return Sort.BILL
    return Sort.LICENCE if _LICENCES(member) else Sort.CODE


def line_ends_alone(ours: Entry, theirs: Entry) -> Cause | None:
    """Line ends as the cause, where two members differ in nothing but CR LF for LF. Raises `WheelError`."""
    if max(ours.size, theirs.size) > _LARGEST_TEXT:
        return None
    published, rebuilt = ours.read(), theirs.read()
    if not only_line_ends(published, rebuilt):
        return None
    crlf = ["CRLF" if b"\r\n" in data else "LF" for data in (published, rebuilt)]
    if crlf[0] == crlf[1]:
        return Cause(LINE_ENDS, "lines end with CRLF here and LF there, and nothing else differs")
    return Cause(LINE_ENDS, f"{crlf[0]} in the published wheel, {crlf[1]} in the rebuilt one, and nothing else differs")


def plain_headers(data: Data) -> bool:
    """Whether all readers find the same lines in headers: some take a carriage return by itself for the end of one."""
    return b"\r" not in data.replace(b"\r\n", b"\n")


def only_line_ends(published: Data, rebuilt: Data) -> bool:
    """Whether two texts differ, and in nothing but CR LF for LF."""
    if published == rebuilt or b"\0" in published or b"\0" in rebuilt:
        return False
    return published.replace(b"\r\n", b"\n") == rebuilt.replace(b"\r\n", b"\n")


def counting(difference: Difference, sort: Sort) -> tuple[Cause, ...]:
    """The causes that account for all of a member's difference; none where they don't, or may not.

    `sort` is what `sort_of` says of it. RECORD is for the caller, who knows whether it is true.
    """
    if difference.kind in {Kind.ONLY_LEFT, Kind.ONLY_RIGHT} and sort not in {Sort.LICENCE, Sort.SIGNATURE}:
        return ()
    if difference.kind is Kind.MODE:
        return ()
    explained = _fields(difference) if sort is Sort.HEADERS else _inside(difference, sort)
    return _told_once(difference) if explained else ()


def _told_once(difference: Difference) -> tuple[Cause, ...]:
    """All causes of a difference, and of a reason that is sure somewhere the sure ones."""
    causes = dict.fromkeys(cause for part in difference.walk() for cause in part.causes)
    sure = {cause.reason for cause in causes if cause.sure}
    return tuple(cause for cause in causes if cause.sure or cause.reason not in sure)


def _fields(difference: Difference) -> bool:
    """Whether every field that differs is explained by what may explain it."""
    return bool(difference.inside) and all(
        any(_explains(cause.reason, part) for cause in part.causes) for part in difference.inside
    )


def _explains(reason: Reason, field: Difference) -> bool:
    """Whether a field may be explained so; another tag for one platform only where it is for the same Pythons."""
    name = field.place.lower()
    if reason is TAG:
        sides = [{tag.rpartition("-")[0] for tag in (side or "").split("\n")} for side in (field.left, field.right)]
        return name == "tag" and sides[0] == sides[1]
    return reason in _FIELDS.get(name, frozenset())


def _inside(difference: Difference, sort: Sort) -> bool:
    """Whether something that may do so explains this place, or everything in it."""
    if sort is Sort.NATIVE:
        return _native(difference, tools=other_tools(difference))
    if sort is Sort.ARCHIVE and difference.kind is not Kind.STORAGE and "!/" in difference.place:
        return _member(difference)
    if any(cause.reason in _PERMITTED[sort] for cause in difference.causes):
        return True
    return bool(difference.inside) and all(_inside(part, sort) for part in difference.inside)


def _native(difference: Difference, *, tools: bool) -> bool:
    """The same for parts of a native file, in which `tools` says whether other ones are proven to have made it."""
    loading = of_loading(difference)
    if loading is False:
        return False
    if difference.follows or any(cause.reason in _PERMITTED[Sort.NATIVE] for cause in difference.causes):
        # What is in the dynamic table is looked at entry by entry; a cause for all of it may stand for one of them.
        return all(of_loading(part) is not False for part in difference.walk())
    if tools and follows_tools(difference):
        return True
    return bool(difference.inside) and all(_native(part, tools=tools) for part in difference.inside)


def _member(difference: Difference) -> bool:
    """A member of an archive inside of a member, as it would be by itself; nothing explains what only one side has."""
    if difference.kind in {Kind.ONLY_LEFT, Kind.ONLY_RIGHT}:
        return False
    return _inside(difference, _sort_inside(difference.place.rpartition("!/")[2]))


def _sort_inside(name: str) -> Sort:
    """What a member of an archive is, by its name alone."""
    if _NATIVE_NAMES(name):
        return Sort.NATIVE
    return Sort.TEXT if name.endswith(_TEXTS) and not _INFO(name) else Sort.CODE


def of_lost_bits(ours: Entry) -> Cause | None:
    """The platform as the cause, where the published member has no bits at all because it was zipped without any.

    A wheel that was zipped where there are no executable bits has lost them; it can't have gained any.
    """
    stored = ours.stored
    if stored is None or stored.system not in _BITLESS or any(runs(ours)) or stored.mode & SPECIAL_BITS:
        return None
    return Cause(PLATFORM, "the published wheel was zipped on a system that has no such bits")

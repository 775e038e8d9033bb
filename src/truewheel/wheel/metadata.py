"""WHEEL and METADATA: the headers that a wheel carries about itself, and what a repair writes anew in WHEEL."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from truewheel import rules
from truewheel.errors import WheelError
from truewheel.findings import Finding
from truewheel.wheel.model import Data, Entry, Wheel
from truewheel.wheel.name import canonical_project

_FOLDED: Final = (b" ", b"\t")
_MOST_TAGS: Final = 10_000
_MOST_LINES: Final = 100_000
_LARGEST: Final = {"WHEEL": 1 << 20, "METADATA": 16 << 20}
"""Bytes that are more than anybody writes: a WHEEL has some hundreds, a METADATA with its README some thousands."""
_TAG: Final = re.compile(r"[\w.!+-]+", re.ASCII).fullmatch
"""What can stand in a file name, and so in a tag."""


@dataclass(frozen=True)
class WheelFile:
    """What WHEEL says (PEP 427, binary distribution format).

    ``version`` is Wheel-Version as written, ``generators`` every Generator in file order (tools that change a wheel
    add theirs), ``build`` the build number or "", and ``tags`` the Tag lines as written, compressed sets and all.
    """

    version: str
    generators: tuple[str, ...]
    root_is_purelib: bool
    build: str
    tags: tuple[str, ...]

    @cached_property
    def expanded_tags(self) -> tuple[str, ...]:
        """The full tags that the lines stand for, sorted and without repetition: what `with_tags` should get."""
        return expanded(self.tags)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The few fields of METADATA that decide something here; ``license_files`` are paths below ``licenses/``."""

    name: str
    version: str
    license_files: tuple[str, ...]


def read_wheel_file(wheel: Wheel) -> WheelFile:
    """The wheel's WHEEL. Raises `WheelError` where it is missing, over 1 MiB, or of a format that isn't known here."""
    entry = wheel.info("WHEEL")
    try:
        return parse_wheel_file(_contents(entry, "WHEEL"))
    except WheelError as error:
        raise error.within(member=entry.name) from None


def read_metadata(wheel: Wheel) -> Metadata:
    """The wheel's METADATA. Raises `WheelError` where it is missing, over 16 MiB, or lacks a name or a version."""
    entry = wheel.info("METADATA")
    try:
        return parse_metadata(_contents(entry, "METADATA"))
    except WheelError as error:
        raise error.within(member=entry.name) from None


def parse_wheel_file(data: Data) -> WheelFile:
    """Read WHEEL. Raises `WheelError` without a Wheel-Version, and for a major version other than 1 (PEP 427)."""
    fields = _fields(data)
    version = "".join(fields.get("wheel-version", ())[:1])
    major, _, minor = version.partition(".")
    if not (_number(major) and _number(minor)):
        raise WheelError(f"WHEEL has no Wheel-Version such as 1.0, it has {version[:100]!r}")
    if int(major) != 1:
        raise WheelError(f"wheels of version {version} are not known here, 1.0 is", hint="look for a newer truewheel")
    return WheelFile(
        version,
        fields.get("generator", ()),
        "".join(fields.get("root-is-purelib", ())[:1]).lower() == "true",
        "".join(fields.get("build", ())[:1]),
        fields.get("tag", ()),
    )


def parse_metadata(data: Data) -> Metadata:
    """Read METADATA (core metadata specification). Raises `WheelError` without a name or a version."""
    fields = _fields(data)
    for name in ("name", "version"):
        if not "".join(fields.get(name, ())):
            raise WheelError(f"METADATA has no {name.capitalize()}")
    return Metadata(fields["name"][0], fields["version"][0], fields.get("license-file", ()))


def check_metadata(wheel: Wheel) -> Finding | None:
    """Whether METADATA names the project and the version of the file name, as PEP 503 and PEP 440 compare them.

    Raises `WheelError` where METADATA is missing, too large or can't be inflated.
    """
    entry = wheel.info("METADATA")
    data = _contents(entry, "METADATA")
    try:
        found = parse_metadata(data)
    except WheelError as error:
        return Finding(rules.METADATA_DISAGREES, error.what, entry.name)
    said, named = f"{found.name} {found.version}", f"{wheel.name.project} {wheel.name.version}"
    if canonical_project(found.name) == wheel.name.project and _same_version(found.version, wheel.name.version):
        return None
    return Finding(rules.METADATA_DISAGREES, f"METADATA says {said}, the file name says {named}", entry.name)


def _same_version(one: str, other: str) -> bool:
    """Whether two texts are one version (PEP 440): 1.0 and 1.0.0 are."""
    if one == other:
        return True
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415  # texts that differ are rare

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return False


def expanded(tags: Iterable[str]) -> tuple[str, ...]:
    """Full tags, sorted, for tags whose parts may be compressed sets (PEP 425): ``py2.py3-none-any`` is two.

    Raises `WheelError` where there would be more than 10,000 of them, those that come again counted too, and for what
    can't be in the name of a file.
    """
    full: set[str] = set()
    left = _MOST_TAGS
    for tag in tags:
        if not _TAG(tag):
            raise WheelError(f"WHEEL has a tag with characters that no tag has: {tag[:100]!r}")
        parts = [part.split(".") for part in tag.split("-")]
        count = 1
        for part in parts:
            count *= len(part)
            if count > left:
                raise WheelError(f"the tags of WHEEL stand for more than {_MOST_TAGS} full tags")
        left -= count
        full.update(map("-".join, itertools.product(*parts)))
    return tuple(sorted(full))


def with_tags(data: Data, tags: Iterable[str]) -> bytes:
    """WHEEL with other Tag lines, one for each of `tags` in the given order, and not another byte changed.

    The new lines stand where the first Tag line stood, or else behind the last header. They end as the first line of
    the file does.
    """
    return _with_lines(data, b"tag", [b"Tag: " + tag.encode("utf-8") for tag in tags])


def with_purelib(data: Data, pure: bool) -> bytes:
    """WHEEL with Root-Is-Purelib saying whether the wheel goes to purelib (PEP 427), and not another byte changed.

    A line that says so already stays as it is. A missing one is put before the first Tag line, or else behind the
    last header; several that disagree become one. The new line ends as the first line of the file does.
    """
    word = "true" if pure else "false"
    said = _fields(data).get("root-is-purelib", ())
    if {value.lower() for value in said} == {word}:
        return bytes(data)
    return _with_lines(data, b"root-is-purelib", [f"Root-Is-Purelib: {word}".encode()], before=b"tag")


def without_tags(data: Data) -> bytes:
    """WHEEL without its Tag lines: what is left when a wheel is tagged anew."""
    return _without(data, b"tag")


def without_origin(data: Data) -> bytes:
    """WHEEL without its Tag and Generator lines: what is left when a build for another platform is compared."""
    return _without(data, b"tag", b"generator")


def _without(data: Data, *headers: bytes) -> bytes:
    return b"".join(line for name, line in _lines(data) if name not in headers)


def _with_lines(data: Data, header: bytes, new: Iterable[bytes], before: bytes = b"") -> bytes:
    """The file with `new` lines, without their ends, in place of all lines of a header.

    They stand where its first line stood, or else before the first line of another header, or else behind the last.
    """
    lines = list(_lines(data))
    names = [name for name, _ in lines]
    place = next((names.index(name) for name in (header, before, b"") if name in names), len(names))
    end = b"\r\n" if lines and lines[0][1].endswith(b"\r\n") else b"\n"
    above = b"".join(line for _, line in lines[:place])
    if above and not above.endswith(b"\n"):
        above += end
    below = b"".join(line for name, line in lines[place:] if name != header)
    text = above + b"".join(line + end for line in new) + below
    return text if data.endswith(b"\n") else text.removesuffix(end)


def _contents(entry: Entry, file: str) -> Data:
    """What a file of headers holds. Raises `WheelError`, before it is inflated, where it is too large to be one."""
    if entry.size > _LARGEST[file]:
        raise WheelError(f"{file} has {entry.size:,} bytes, and no more than {_LARGEST[file]:,} are read")
    return entry.read()


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _fields(data: Data) -> dict[str, tuple[str, ...]]:
    """The values of every header by its name in small letters, in file order; a fold inside a value stays."""
    fields: dict[str, list[list[str]]] = {}
    for name, line in _lines(data):
        if not name:
            break
        text = line.decode("utf-8", "surrogateescape")
        values = fields.setdefault(name.decode("utf-8", "surrogateescape"), [])
        if values and line.startswith(_FOLDED):
            values[-1].append(text.strip())
        else:
            values.append([text.partition(":")[2].strip()])
    return {name: tuple("\n".join(pieces).strip() for pieces in values) for name, values in fields.items()}


def _lines(data: Data) -> Iterator[tuple[bytes, bytes]]:
    """Every line with its end, and the name of the header it belongs to in small letters, b"" behind the headers.

    Raises `WheelError` for more of them than any headers have.
    """
    name = b"?"
    for number, line in enumerate(io.BytesIO(data)):
        if number == _MOST_LINES:
            raise WheelError(f"there are more than {_MOST_LINES:,} lines of headers")
        if name and not (number and line.startswith(_FOLDED)):
            head, colon, _ = line.partition(b":")
            name = head.strip().lower() if colon else b""
        yield name, line

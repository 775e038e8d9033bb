"""Requirements files as pip reads them: lines joined, comments cut, variables put in, files within files followed.

Source: pip's documentation, "Requirements File Format".
"""

from __future__ import annotations

import codecs
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from truewheel.errors import RequestError, Where
from truewheel.world.regular import read_small

_LARGEST: Final = 16 << 20
_DEEPEST: Final = 16
_MOST_FILES: Final = 256
_MOST_LINES: Final = 100_000
_LONGEST_LINE: Final = 1 << 18
_SLOW: Final = {"idna", "punycode"}
"""Encodings whose readers take time that grows with the square of the length."""

_COMMENT: Final = re.compile(r"(?:^|(?<=\s))#.*$")
_VARIABLE: Final = re.compile(r"\$\{([A-Z0-9_]+)\}")
_CODING: Final = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_OPTIONS: Final = re.compile(r"(?:^|\s)-")
_WITH_VALUE: Final = {
    "-r": "--requirement",
    "-c": "--constraint",
    "-i": "--index-url",
    "-e": "--editable",
    "-f": "--find-links",
}
_NESTED: Final = {"--requirement", "--constraint"}


class Line(NamedTuple):
    """A line that asks for something: what, with which hashes (``sha256:…``), and where it stands.

    ``constraint`` says that it asks for nothing by itself. ``editable`` is that of ``-e``.
    """

    text: str
    hashes: tuple[str, ...]
    place: str
    constraint: bool = False
    editable: bool = False


@dataclass(slots=True)
class Lines:
    """What stands in files: requirements, the index that they name, further indexes."""

    found: list[Line] = field(default_factory=list)
    index: str = ""
    more: list[str] = field(default_factory=list)


def read(paths: Iterator[Path], environment: Mapping[str, str]) -> Lines:
    """All lines of requirements files and of those that they include, in order. Raises `RequestError`."""
    reader = _Reader(environment)
    for path in paths:
        reader.read(path, depth=0, constraint=False)
    return reader.lines


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self.lines = Lines()
        self._environment = environment
        self._files = 0
        self._open: list[str] = []

    def read(self, path: Path, *, depth: int, constraint: bool) -> None:
        """One file, and those in it; a file within itself is left out there."""
        self._files += 1
        if depth > _DEEPEST or self._files > _MOST_FILES:
            raise RequestError("too many requirements files within each other", where=Where(file=str(path)))
        resolved = os.path.realpath(path)
        if resolved in self._open:
            return
        self._open.append(resolved)
        for number, text in _logical(_text(path)):
            place = f"{path}:{number}"
            if len(text) > _LONGEST_LINE:
                raise RequestError("is longer than any line that asks for something", where=Where(file=place))
            self._line(_expanded(text, self._environment), path, place, depth=depth, constraint=constraint)
            if len(self.lines.found) > _MOST_LINES:
                raise RequestError(f"more than {_MOST_LINES:,} requirements", where=Where(file=str(path)))
        self._open.pop()

    def _line(self, text: str, path: Path, place: str, *, depth: int, constraint: bool) -> None:
        option = _OPTIONS.search(text)
        wanted = text[: option.start()].strip() if option else text
        try:
            options = list(_options(text[option.start() :])) if option else []
        except ValueError as error:
            raise RequestError(f"can't be taken apart: {error}", where=Where(file=place)) from None
        if wanted:
            hashes = tuple(value for name, value in options if name == "--hash" and value)
            self.lines.found.append(Line(wanted, hashes, place, constraint))
            return
        for name, value in options:
            if name in _NESTED:
                self._follow(value, path, place, depth=depth, constraint=constraint or name == "--constraint")
            elif name == "--index-url":
                self.lines.index = value
            elif name == "--extra-index-url":
                self.lines.more.append(value)
            elif name == "--editable":
                self.lines.found.append(Line(value, (), place, constraint, editable=True))

    def _follow(self, name: str, path: Path, place: str, *, depth: int, constraint: bool) -> None:
        if "://" in name and not name.startswith("file:"):
            raise RequestError(
                "names requirements on the network, which aren't fetched",
                where=Where(file=place),
                hint="download the file, and name that",
            )
        if not name or "\0" in name:
            raise RequestError("names no file", where=Where(file=place))
        self.read(path.parent / name, depth=depth + 1, constraint=constraint)


def _text(path: Path) -> str:
    """The text of a file: with a byte order mark as that says, with a coding comment as that, else UTF-8."""
    where = Where(file=str(path))
    data = read_small(path, _LARGEST)
    try:
        return data.decode(_encoding(data))
    except (ValueError, LookupError) as error:
        raise RequestError(f"is no text: {error}", where=where, hint="save it as UTF-8") from None


def _encoding(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"  # what PowerShell's > writes
    for line in data.split(b"\n", 2)[:2]:
        if match := _CODING.match(line):
            name = codecs.lookup(match[1].decode("ascii", "replace")).name
            if name in _SLOW:
                raise LookupError(f"{name} is for names of hosts")
            return name
    return "utf-8-sig"


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines that say something, joined where a backslash ends one, each with the number of its first part."""
    parts: list[str] = []
    began = 1
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if not parts:
            began = number
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            parts.append(line[:-1])
            continue
        # A comment ends what goes on, and is none of it.
        joined = "".join([*parts, " " * is_comment, line])
        parts.clear()
        said = _COMMENT.sub("", joined).strip()
        if said:
            yield began, said


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    """``${NAME}`` replaced by what the environment has; left as it is where that has nothing."""
    return _VARIABLE.sub(lambda match: environment.get(match[1]) or match[0], text)


def _options(text: str) -> Iterator[tuple[str, str]]:
    """Options by their long names, with their values; "" for switches."""
    words = shlex.split(text)
    position = 0
    while position < len(words):
        name, equals, value = words[position].partition("=")
        position += 1
        if not name.startswith("--") and name[:2] in _WITH_VALUE and len(name) > 2:
            name, value, equals = name[:2], words[position - 1][2:], "="
        if not name.startswith("-"):
            continue
        if not equals and position < len(words) and not words[position].startswith("-"):
            value = words[position]
            position += 1
        yield _WITH_VALUE.get(name, name), value

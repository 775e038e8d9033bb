"""Versions, version specifiers and requirements (PEP 440, PEP 508, PEP 685), each in one spelling.

packaging decides what is valid. The spelling is our own, since that of packaging changes with its version: METADATA
mustn't depend on what is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import InvalidSpecifier, Specifier
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from truewheel.packing.metadata_lines import line, shown, wrong

_LONGEST: Final = 100
"""Characters of a version or a name: they stand in a file name, which has 255 bytes and the tags to hold besides."""

_MOST_PARENTHESES: Final = 50
_NAME: Final = re.compile("[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.IGNORECASE | re.ASCII)
_TOKEN: Final = re.compile(r"""'[^']*'|"[^"]*"|[()]|[<>=!~]+|[^\s()<>=!~'"]+""")
_EXTRAS: Final = frozenset({"extra", "extras", "dependency_groups"})
_BEFORE_RELEASE: Final = re.compile("[-_.]?(?:snapshot|nightly|canary|next|git)[-_.]?", re.IGNORECASE)


class Needed(NamedTuple):
    """A requirement in two parts: what is needed, and the marker that says where, or ""."""

    what: str
    marker: str

    def __str__(self) -> str:
        return self.within("")

    def within(self, extra: str) -> str:
        """The requirement, and for the extra alone if one is named."""
        marker = self.marker
        if extra:
            asked = f'extra == "{extra}"'
            either = "or" in _TOKEN.findall(marker)
            marker = f"({marker}) and {asked}" if either else f"{marker} and {asked}" if marker else asked
        # The address of a direct reference ends at a blank (PEP 508).
        return f"{self.what}{' ' if ' @ ' in self.what else ''}; {marker}" if marker else self.what


def name(key: str, text: str) -> str:
    """The name of a project or an extra, as it is spelled. Raises `RequestError` for what is none (core metadata)."""
    text = line(key, text)
    if len(text) <= _LONGEST and _NAME.fullmatch(text):
        return text
    better = re.sub("[^A-Za-z0-9._-]+", "-", text).strip("-_.")[:_LONGEST].strip("-_.")
    raise wrong(
        key,
        f"{shown(text)} is no name: ASCII letters and digits, with dots, dashes and underscores between, "
        f"{_LONGEST} characters at most",
        hint=f"{better!r} would do" if better else "",
    )


def extra_name(key: str, text: str) -> str:
    """The name of an extra, normalized (PEP 685). Raises `RequestError` for what is none."""
    return str(canonicalize_name(name(key, text)))


def version(text: str) -> str:
    """The version in its normal form (PEP 440). Raises `RequestError` for what is none."""
    text = line("version", text)
    normal = _normal(text)
    if not normal:
        raise wrong("version", f"{shown(text)} is no version that installers can compare (PEP 440)", _hint(text))
    return normal


def _normal(text: str) -> str:
    try:
        return str(Version(text)) if len(text) <= _LONGEST else ""
    except InvalidVersion:
        return ""


def _hint(text: str) -> str:
    """A version that may be meant: dates with dashes, snapshots, words before or behind the number."""
    number = re.search(r"[0-9]+(?:\.[0-9]+)*", text)
    guesses = (re.sub("[-_ ]+", ".", text), _BEFORE_RELEASE.sub(".dev", text), number[0] if number else "1.0")
    return f"write {next(filter(None, map(_normal, guesses)), '1.0')}, or something like 1.2.3, 1.2rc1, 1.2.dev3"


def specifiers(key: str, text: str) -> str:
    """Version specifiers (PEP 440), sorted as text, each once. Raises `RequestError` for what is none."""
    text = line(key, text)
    try:
        return _sorted(text)
    except InvalidSpecifier:
        number = re.fullmatch(r"[=^~ ]*([0-9]+(?:\.[0-9]+)*)(?:\.[*x])?\+?", text)
        oldest = number[1] if number else "3.8"
        raise wrong(
            key,
            f"{shown(text)} is no set of version specifiers (PEP 440)",
            hint=f'for a version and all later ones write ">={oldest}"',
        ) from None


def _sorted(text: str) -> str:
    if not (parts := [part.strip() for part in text.split(",") if part.strip()]):
        raise InvalidSpecifier
    return ",".join(sorted({str(Specifier(part)) for part in parts}))


def requirement(key: str, text: str) -> Needed:
    """A requirement (PEP 508): extras and specifiers sorted, one blank between the words of a marker.

    Raises `RequestError` for what is none, and for one whose marker asks for an extra.
    """
    text = line(key, text.replace("\t", " "))
    try:
        if "\\" in text or text.count("(") > _MOST_PARENTHESES:  # packaging would evaluate escapes, and recurse
            raise ValueError("a backslash, or too many parentheses")  # noqa: TRY301  # said as packaging's are
        parsed = Requirement(text)
        what, marker = _halves(text, parsed)
    except ValueError as error:
        why = str(error).strip().split("\n", 1)[0]
        hint = "write requirements as pip takes them, such as \"colorama>=0.4; sys_platform == 'win32'\""
        raise wrong(key, f"{shown(text)} is no requirement (PEP 508): {why}", hint=hint) from None
    words = _TOKEN.findall(marker)
    if _EXTRAS.intersection(words):
        raise wrong(
            key,
            f"{shown(text)} asks for an extra in its marker",
            hint="put the requirement into the table [project.optional-dependencies], without that marker",
        )
    return Needed(what, " ".join(map(_quoted, words)).replace("( ", "(").replace(" )", ")"))


def _halves(text: str, parsed: Requirement) -> tuple[str, str]:
    """What is needed, in its one spelling, and the marker as it is written."""
    extras = ",".join(sorted({str(canonicalize_name(extra)) for extra in parsed.extras}))
    start = f"{parsed.name}[{extras}]" if extras else parsed.name
    if parsed.url:
        behind = text.partition("@")[2].lstrip()[len(parsed.url) :]
        return f"{start} @ {parsed.url}", behind.partition(";")[2]
    before, _, marker = text.partition(";")
    asked = before.strip()[len(parsed.name) :].lstrip()
    if asked.startswith("["):
        asked = asked.partition("]")[2]
    asked = asked.strip().removeprefix("(").removesuffix(")")
    return start + (_sorted(asked) if asked.strip() else ""), marker


def _quoted(word: str) -> str:
    """A word of a marker; what is quoted has double quotes, as far as there are none within."""
    return f'"{word[1:-1]}"' if word[0] == "'" and '"' not in word else word


def optional(extras: Iterable[tuple[str, Iterable[str]]]) -> Iterator[tuple[str, list[Needed]]]:
    """Extras by their normalized names, with what they need. Raises `RequestError` where two have the same one."""
    key, seen = "optional-dependencies", dict[str, str]()
    for written, texts in extras:
        extra = extra_name(key, written)
        if extra in seen:
            raise wrong(
                key,
                f"{shown(seen[extra])} and {shown(written)} are the same extra (PEP 685)",
                hint="put what they need into one list",
            )
        seen[extra] = written
        yield extra, [requirement(key, text) for text in texts]

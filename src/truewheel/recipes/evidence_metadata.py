"""What METADATA tells of the tools that wrote it: fields, spellings and ends of lines."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_LARGEST: Final = 4 << 20
"""Bytes; more isn't read, and nobody writes more."""
_MOST_LINES: Final = 20_000
_LONGEST: Final = 500
"""Characters of a Requires-Python; real ones have some dozens."""
_PARENTHESISED: Final = re.compile(r"[\w.-]+ ?(?:\[[^]]*\] ?)?\([<>=!~]")
_SPACED: Final = re.compile(r"[\w.-]+ ?(?:\[[^]]*\])? [<>=!~]")


class MetadataFacts(NamedTuple):
    """What stands in METADATA, and how.

    ``version`` is Metadata-Version. ``license_file`` says that there is a License-File, ``platform_unknown`` a
    ``Platform: UNKNOWN``, ``dynamic`` a Dynamic (PEP 643). ``requires`` is how Requires-Dist spells versions:
    ``parenthesised`` as in ``six (>=1)``, ``spaced`` as in ``six >=1``, ``tight`` as in ``six>=1``, "" where it has
    none. ``crlf`` says that lines end in CR LF, ``newlines`` how many line feeds stand at the end.
    """

    version: str = ""
    license_file: bool = False
    platform_unknown: bool = False
    dynamic: bool = False
    requires: str = ""
    requires_python: str = ""
    crlf: bool = False
    newlines: int = 0


def metadata_facts(data: bytes) -> MetadataFacts:
    """Read METADATA (core metadata specification), whatever it holds; only its first 4 MiB count."""
    data = bytes(data[:_LARGEST])
    fields = list(_fields(data))
    plain = data.replace(b"\r\n", b"\n")
    return MetadataFacts(
        version=_first(fields, "metadata-version"),
        license_file=any(name == "license-file" for name, _ in fields),
        platform_unknown=("platform", "UNKNOWN") in fields,
        dynamic=any(name == "dynamic" for name, _ in fields),
        requires=_spelling([value for name, value in fields if name == "requires-dist"]),
        requires_python=_first(fields, "requires-python")[:_LONGEST],
        crlf=b"\r\n" in data[: data.find(b"\n") + 1],
        newlines=len(plain) - len(plain.rstrip(b"\n")),
    )


def _fields(data: bytes) -> list[tuple[str, str]]:
    """Names in small letters and values, up to the first empty line; what is folded is left out."""
    found: list[tuple[str, str]] = []
    for line in data.decode("utf-8", "replace").split("\n", _MOST_LINES)[:_MOST_LINES]:
        if not line.strip("\r"):
            break
        name, colon, value = line.partition(":")
        if colon and not line.startswith((" ", "\t")):
            found.append((name.strip().lower(), value.strip()))
    return found


def _first(fields: list[tuple[str, str]], name: str) -> str:
    return next((value for key, value in fields if key == name), "")


def _spelling(requires: list[str]) -> str:
    if any(_PARENTHESISED.match(value) for value in requires):
        return "parenthesised"
    if any(_SPACED.match(value) for value in requires):
        return "spaced"
    return "tight" if any(re.match(r"[^;]*[<>=!~]", value) for value in requires) else ""

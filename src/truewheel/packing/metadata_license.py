"""Licence expressions (PEP 639, SPDX 2.3 annex D), spelled as SPDX spells them.

Our own reader decides on parentheses and operators, and packaging on single licences: its versions differ in which
parentheses they take, and the METADATA of a wheel may not depend on the one that is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from truewheel.packing.metadata_lines import line, shown, wrong

KEY: Final = "license"
_TOKEN: Final = re.compile(r"[()]|[^\s()]+")
_OPERATORS: Final = frozenset({"and", "or"})
_WORDS: Final = frozenset({"and", "or", "with", "(", ")"})
_REFERENCE: Final = re.compile("licenseref-[a-z0-9.-]+", re.IGNORECASE | re.ASCII)
_MEANT: Final = {
    "apache": "Apache-2.0",
    "apache2": "Apache-2.0",
    "apache20": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd2": "BSD-2-Clause",
    "bsd3": "BSD-3-Clause",
    "expat": "MIT",
    "gpl2": "GPL-2.0-only",
    "gpl3": "GPL-3.0-only",
    "lgpl21": "LGPL-2.1-only",
    "lgpl3": "LGPL-3.0-only",
    "mit": "MIT",
    "mpl2": "MPL-2.0",
    "mpl20": "MPL-2.0",
    "proprietary": "LicenseRef-Proprietary",
    "publicdomain": "LicenseRef-Public-Domain",
}
"""What people write for a licence, letters and digits alone, and its identifier in the SPDX list."""


def license_expression(text: str) -> str:
    """The expression with identifiers and operators as SPDX spells them. Raises `RequestError` where it is none."""
    text = line(KEY, " ".join(text.split()))  # any blanks separate its words, ends of lines as well
    tokens = _TOKEN.findall(text)
    try:
        parts = list(_parts(iter(tokens)))
    except InvalidLicenseExpression as error:
        raise wrong(KEY, f"{shown(text)} is no licence expression: {error}", hint=_hint(text)) from None
    return " ".join(parts).replace("( ", "(").replace(" )", ")")


def _parts(tokens: Iterator[str]) -> Iterator[str]:
    """The tokens as SPDX spells them, what stands on both sides of WITH as one."""
    depth = 0
    word = next(tokens, "")
    while True:
        while word == "(":
            depth += 1
            yield word
            word = next(tokens, "")
        simple, word = _simple(word, tokens)
        yield simple
        while word == ")" and depth:
            depth -= 1
            yield word
            word = next(tokens, "")
        if word.lower() not in _OPERATORS:
            break
        yield word.upper()
        word = next(tokens, "")
    if word or depth:
        raise InvalidLicenseExpression(f"{word!r} can't stand where it does" if word else "a parenthesis stays open")


def _simple(token: str, tokens: Iterator[str]) -> tuple[str, str]:
    """A licence, with its exception where it has one, and the token behind it."""
    simple = _word(token)
    after = next(tokens, "")
    if after.lower() == "with":
        simple = f"{simple} WITH {_word(next(tokens, ''))}"
        after = next(tokens, "")
    if simple.lower().startswith("licenseref-") and not _REFERENCE.fullmatch(simple.partition(" ")[0]):
        raise InvalidLicenseExpression(f"{simple!r} may have letters, digits, dots and dashes")
    return canonicalize_license_expression(simple), after


def _word(token: str) -> str:
    """A token that names something."""
    if not token:
        raise InvalidLicenseExpression("it ends where the name of a licence should stand")
    if token.lower() in _WORDS:
        raise InvalidLicenseExpression(f"{token!r} stands where the name of a licence should")
    return token


def _hint(text: str) -> str:
    """What to write instead."""
    plain = re.sub("licen[cs]e|version|the|[^a-z0-9]|v(?=[0-9])", "", text.lower())
    if plain in _MEANT:
        return f'write license = "{_MEANT[plain]}"'
    return "write identifiers of https://spdx.org/licenses with AND and OR, and LicenseRef-NAME for any other licence"

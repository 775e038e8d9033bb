"""What in a line follows the circumstances of a build: paths, times, names of machines, versions.

A line is taken apart into such tokens and the rest, its skeleton. Two lines with one skeleton differ in tokens alone,
and the kind of these says why.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"
_CLOCK: Final = r"\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?: ?(?:Z|UTC|GMT|CES?T|[EP][SD]T|[+-]\d\d:?\d\d)\b)?"
_DAY: Final = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? )"
_REST: Final = r"[^\x00-\x20\"'`<>|*?;,()\[\]{}\x7f-\x9f]{0,1024}"

_RULES: Final = {
    "url": (r"\b(?:https?|git|ssh|ftp)://" + _REST,),
    "compiler": (
        r"GCC: \([^)\n]{0,80}\) [\w.]{1,40}(?: \d{8})?",
        r"\bclang version [\w.+~-]{1,60}",
        r"\brustc (?:version )?\d[\w.-]{0,40}",
        r"/rustc/[0-9a-f]{40}\b",  # where rustc says that its own sources were: by its commit
        r"\bgo1\.\d+(?:\.\d+)?",
        r"\bGNU (?:C|C\+\+|GIMPLE|Fortran|AS)\d{0,4} \d[\d.]{0,20}",
        r"\bCython \d[\w.]{0,20}",
        r"\bLLD \d[\d.]{0,20}",
    ),
    "place": tuple(
        start + _REST
        for start in (
            r"(?:/private)?/(?:var/)?tmp/[^/\s]",
            r"(?:/private)?/var/folders/",
            r"/(?:host/)?(?:home|Users)/[\w.-]{1,64}",
            r"/root/[.\w]",
            r"/build(?:er|dir)?/[\w.-]",
            r"/opt/hostedtoolcache/",
            r"/__w/",
            r"/github/",
            r"/project/",
            r"\b[A-Za-z]:[\\/]{1,2}(?:Users|a|Te?mp|TEMP|tmp|Windows[\\/]{1,2}Temp|hostedtoolcache|cibw)[\\/]",
            r"\bpip-(?:req-build|build-env|wheel|install|ephem\w{0,20}|modern-metadata)-[a-z0-9_]{8}",
            r"\bbuild-(?:env|via-sdist)-[a-z0-9_]{8}",
            r"\btmp[a-z0-9_]{8}\b",
            r"\.mesonpy-[a-z0-9_]{8}",
            r"\.tmp[A-Za-z0-9]{6}\b",
            r"\.tmp-[\w.-]{1,64}-[a-z0-9_]{8}\b",  # of backends that projects bring themselves, as aio-libs' do
        )
    ),
    "path": (r"(?:(?<![\w/:.~\\-])|(?<=-[IL]))/(?:[\w.+@~-]{1,255}/){1,64}[\w.+@~-]{0,255}",),
    "time": (
        rf"(?<!\d)\d{{4}}-[01]\d-[0-3]\d(?:[T ]{_CLOCK})?",
        rf"{_DAY}?{_MONTH} +\d{{1,2}}(?:,? \d{{4}}\b| {_CLOCK}(?: \d{{4}}\b)?)",
        rf"{_DAY}?\d{{1,2}} {_MONTH} \d{{4}}\b(?: {_CLOCK})?",
        rf"(?<![\d:.]){_CLOCK}",
        r"(?<!\d)20[0-4]\d[01]\d[0-3]\d(?:T?\d{6}Z?)?(?!\d)",
        r"(?<![\w.])1[0-9]{9}(?:\.\d{1,9}|(?:\d{3}){1,3})?(?![\w.])",  # seconds, or thousandths of them and less
    ),
    "serial": (r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b",),
    "digest": (
        r"\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9A-F]{32})\b",
        r"\bsha256[=:-][\w+/=-]{43,64}",
    ),
    "python": (r"\b(?:cpython-|cp|pypy|pp|python|py)[23]\.?\d{1,2}(?:\.\d{1,2})?t?\b",),
    "platform": (
        r"\b(?:many|musl)?linux(?:\d+|_\d+_\d+)?_(?:x86_64|i686|aarch64|armv7l|ppc64le|s390x|riscv64)\b",
        r"\b(?:macosx_\d+_\d+_(?:x86_64|arm64|universal2)|win_amd64|win_arm64|win32)\b",
        r"\b(?:x86_64|amd64|aarch64|arm64|i[36]86)\b",
    ),
    "host": (
        (
            r"(?i:\b(?:host ?name|build[_ ](?:host|user)|user ?name|built[_ ]by|packager|nodename)\b)"
            r"[\"' ]{0,3}[=:]?[\"' ]{0,3}[\w.@-]{1,64}"
        ),
        r"\b[a-z_][\w-]{1,31}@[a-z0-9][\w-]{3,62}\b(?![.\w])",  # shorter ones are there in all noise
    ),
    "version": (
        (
            r"(?<![\w.])v?\d{1,9}(?:\.\d{1,9}){1,5}"
            r"(?:\.?(?:a|b|rc|dev|post|alpha|beta)\.?\d{0,9}){0,3}(?:\+[\w.]{1,64})?"
        ),
    ),
}
_TOKENS: Final = re.compile("|".join(f"(?P<{kind}>{'|'.join(rules)})" for kind, rules in _RULES.items()))
_WITHIN: Final = re.compile(
    "|".join(f"(?P<{kind}>{'|'.join(_RULES[kind])})" for kind in ("python", "platform"))
    + r"|(?P<version>\d{1,9}(?:\.\d{1,9}){1,5}\w{0,9})"
)
_MAY_HOLD: Final = re.compile(r"[0-9/\\@]|tmp|pip-|build|mesonpy|(?i:host|user|built|packager|nodename)").search
"""Finds what at least one of is in any token: most lines hold nothing of it, and needn't be taken apart."""


class Token(NamedTuple):
    """A stretch of text that follows the circumstances: the kind of these, and the text."""

    kind: str
    text: str


class Parted(NamedTuple):
    """A text as its skeleton, in which a kind stands for each token, and the tokens."""

    skeleton: str
    tokens: tuple[Token, ...]


def part(text: str) -> Parted:
    """Take a text apart."""
    return _part(_TOKENS, text) if _MAY_HOLD(text) else Parted(text, ())


def part_path(text: str) -> Parted:
    """Take a path or an address apart, in which versions of Python and of other things may stand."""
    return _part(_WITHIN, text)


def _part(rules: re.Pattern[str], text: str) -> Parted:
    tokens: list[Token] = []

    def stand_in(match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        tokens.append(Token(kind, match[0]))
        return f"\0{kind}\0"

    return Parted(rules.sub(stand_in, text), tuple(tokens))

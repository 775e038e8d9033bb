"""What compilers write of themselves and their options: DW_AT_producer, -frecord-gcc-switches, sources of rustc.

GCC names a language and its version and then all options that change the code (``GNU C17 12.2.0 -O2 -g``); clang does
so with -grecord-command-line; Go writes options behind a semicolon. Rust's own sources are at ``/rustc/`` and the
commit of the compiler, wherever it was built.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from truewheel.compare.model import Cause
from truewheel.compare.reasons import COMPILER, COMPILER_OPTIONS

_PRODUCER: Final = re.compile(
    r"(?P<name>GNU (?:C\+\+|GIMPLE|Fortran\w*|Ada|Go|D|AS|[A-Z][\w+]*)\d* [\d.]+(?: [\d]{8})?(?: \([^()]*\))*"
    r"|(?:[A-Z]\w+ )?clang version [\d.]+\S*(?: \([^()]*\))*|clang LLVM \([^()]*\([^()]*\)\)|rustc version [\d.]+\S*"
    r"|Go cmd/compile go[\d.]+)(?P<options>.*)",
    re.DOTALL,
)
_RUST: Final = re.compile(r"/rustc/([0-9a-f]{7,40})\b")
_COMMIT: Final = re.compile(rb"/rustc/[0-9a-f]{7,40}\b")
_PATHS: Final = re.compile(r"[/\\]")
_MOST: Final = 4096
_SHOWN: Final = 120


class Strings(NamedTuple):
    """The strings that one side has and the other has not, each once and in their order."""

    left: tuple[str, ...]
    right: tuple[str, ...]


def is_of_compiler(text: str) -> bool:
    """Whether a string is told by `compilers`: of a producer, or with a path of rustc's own sources."""
    return _RUST.search(text) is not None or (_PRODUCER.match(text) is not None and not _PATHS.search(text))


def neutral(text: bytes) -> bytes:
    """A string of bytes without the commit of rustc."""
    return _COMMIT.sub(b"/rustc/@", text)


def compilers(strings: Strings) -> Iterator[Cause]:
    """Other compilers, and other options of the same ones, as far as strings that differ name them.

    Options that hold paths aren't looked at: these are told as paths.
    """
    commits = [sorted({match[1] for text in side[:_MOST] for match in _RUST.finditer(text)}) for side in strings]
    producers = [_producers(side) for side in strings]
    names = [sorted(side) for side in producers]
    if names[0] != names[1] and all(names):
        yield Cause(COMPILER, _both(names[0], names[1]))
    elif commits[0] != commits[1] and all(commits):
        yield Cause(COMPILER, _both(*([f"/rustc/{commit}" for commit in side] for side in commits)))
    for name in names[0]:
        one, other = producers[0][name], producers[1].get(name)
        if other is not None and one != other:
            yield Cause(COMPILER_OPTIONS, f"{name}: {_both((one - other).elements(), (other - one).elements())}")
            return


def _producers(side: Iterable[str]) -> dict[str, Counter[str]]:
    """The options of each compiler, those that come twice as often as they do; of several runs, those of the first."""
    found: dict[str, Counter[str]] = {}
    for text in side:
        if match := _PRODUCER.match(text):
            options = (word for word in match["options"].split() if not _PATHS.search(word))
            found.setdefault(match["name"], Counter(options))
    return found


def _both(left: Iterable[str], right: Iterable[str]) -> str:
    one, other = (" ".join(side) or "nothing more" for side in (left, right))
    return f"{_short(one)} on the left, {_short(other)} on the right"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"

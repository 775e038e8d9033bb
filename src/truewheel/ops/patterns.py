"""Patterns for libraries, as ``--exclude`` and ``--include`` take them: shell globs that tell upper from lower case."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Final, NamedTuple


class Patterns(NamedTuple):
    """Some globs; a library is meant by them if one matches its name, or the path where it was found."""

    globs: tuple[str, ...] = ()

    def mean(self, *names: str) -> bool:
        """Whether a glob matches one of the names."""
        return any(fnmatchcase(name, glob) for glob in self.globs for name in names)

    def idle(self, names: Iterable[str]) -> tuple[str, ...]:
        """The globs that match none of the names."""
        seen = tuple(names)
        return tuple(glob for glob in self.globs if not any(fnmatchcase(name, glob) for name in seen))


NO_PATTERNS: Final = Patterns()


def near(glob: str, names: Collection[str]) -> str:
    """The name that somebody may have meant who wrote `glob`, or ""."""
    plain = glob.replace("*", "").replace("?", "")
    return next(iter(get_close_matches(plain, sorted(names), n=1, cutoff=0.5)), "")

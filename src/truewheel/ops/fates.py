"""What becomes of the libraries that a wheel needs: the words that the planners of all systems share."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum
from typing import NamedTuple, TypeVar

from truewheel import rules
from truewheel.errors import RequestError, Where
from truewheel.findings import Finding
from truewheel.ops.libraries import Libraries, LibraryFile
from truewheel.ops.patterns import Patterns, near
from truewheel.wheel import Limits

_CHUNK = 1 << 20
_SHOWN = 8

_Key = TypeVar("_Key", bound=tuple[str, ...])


class Fate(Enum):
    """What becomes of a needed library.

    It is in the wheel; the platform gives it; it is excluded, for another package brings it; it is the interpreter's
    own; it is grafted; it isn't found, and can be done without or not.
    """

    INSIDE = "inside"
    GIVEN = "given"
    EXCLUDED = "excluded"
    PYTHON = "python"
    GRAFTED = "grafted"
    OPTIONAL = "optional"
    LOST = "lost"


def needing(fates: Mapping[_Key, Fate], fate: Fate) -> dict[str, tuple[str, ...]]:
    """The libraries of a fate, each with the files that need it; a key begins with a file, and ends with a library."""
    users: dict[str, set[str]] = {}
    for key, found in fates.items():
        if found is fate:
            users.setdefault(key[-1], set()).add(key[0])
    return {library: tuple(sorted(users[library])) for library in sorted(users)}


class Lost(NamedTuple):
    """A library that was not found, those that need it, and what spoke against the files of its name.

    One that is ``never`` carried isn't looked for.
    """

    library: str
    askers: tuple[str, ...]
    against: tuple[str, ...]
    never: bool = False


def not_found(
    lost: list[Lost], inside: Collection[str], libraries: Libraries, option: str = "--exclude"
) -> RequestError:
    """The error for all libraries that are nowhere; `inside` are the members of the wheel that ask.

    `option` is the one that leaves a library to others.
    """
    places = " or ".join(libraries.searched)
    words = []
    for library, askers, against, _ in lost[:_SHOWN]:
        others = f" and {len(askers) - 1} more" if len(askers) > 1 else ""
        reasons = f" ({'; '.join(against[:_SHOWN])})" if against else ""
        words.append(f"{library}, which {askers[0]}{others} {'need' if others else 'needs'}{reasons}")
    rest = f"; and {len(lost) - _SHOWN} more libraries" if len(lost) > _SHOWN else ""
    first = lost[0]
    return RequestError(
        f"not found{f' in {places}' if places else ', for no place to look was named'}: {'; '.join(words)}{rest}",
        where=Where(member=first.askers[0] if first.askers[0] in inside else ""),
        hint=_way_out(first, option),
    )


def _way_out(lost: Lost, option: str) -> str:
    """What helps against a lost library. Its name is untrusted, and hints are pasted into shells."""
    name = base_name(lost.library)
    if not name:
        return "no file has such a name: link the binary again"
    quoted = shlex.quote(name) if "'" in name else f"'{name}'"
    exclude = f"say {option} {quoted} if another package brings it"
    if lost.never:
        return f"no -L helps; {exclude}"
    return f"name the folder of {name} with -L DIR, search this machine with --host-libs, or {exclude}"


def idle_exclusions(
    exclude: Patterns, needed: Collection[str], found: Iterable[str], option: str = "--exclude"
) -> Iterator[Finding]:
    """The findings for exclusions that mean no library that is `needed`, nor the path of one that was `found`."""
    for glob in exclude.idle([*needed, *found]):
        meant = near(glob, needed)
        suggestion = f"; did you mean {meant}?" if meant else ""
        yield Finding(rules.LIB_EXCLUDE_IDLE, f"{option} {glob} matches no library that is needed{suggestion}")


class Scales:
    """Holds files from outside to the limits, one by one and together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._size = 0

    def weigh(self, file: LibraryFile) -> None:
        """Count a file, before it is read whole. Raises `LimitError`."""
        size = len(file.data)
        self._size += size
        for limit, found, what in (
            ("member_size", size, f"{file.path} has {size:,} bytes"),
            ("total_size", self._size, f"the libraries up to {file.path} have {self._size:,} bytes"),
        ):
            if found > getattr(self._limits, limit):
                raise self._limits.exceeded(limit, what)


def sha256_of(file: LibraryFile) -> str:
    """The hash of a file in hexadecimal."""
    digest = hashlib.sha256()
    with memoryview(file.data) as view:
        for start in range(0, len(view), _CHUNK):
            digest.update(view[start : start + _CHUNK])
            file.forget()
    return digest.hexdigest()


def base_name(path: str) -> str:
    """The last part of a path of any system."""
    return path.replace("\\", "/").rpartition("/")[2]

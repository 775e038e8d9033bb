"""The members of two wheels held against each other here, byte by byte: what a verdict rests on.

`compare` explains differences; that there are none is never taken from it.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from typing import Final, NamedTuple

from truewheel.compare import Kind
from truewheel.errors import WheelError
from truewheel.wheel import Entry, Mapper, Wheel, batches, serially

SPECIAL_BITS: Final = stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX
"""Bits with which a program runs as its owner, and the sticky bit (POSIX, sys/stat.h)."""


class Contrast(NamedTuple):
    """A member in which two wheels differ, in what, and in one sentence how."""

    member: str
    kind: Kind
    said: str


def contrasts(published: Wheel, rebuilt: Wheel, mapper: Mapper = serially) -> tuple[Contrast, ...]:
    """Every member that only one wheel has, whose bytes differ, or that may be run in one alone; sorted by name.

    All members of both are read. Raises `WheelError` where one can't be, or where two have the same name.
    """
    for wheel in (published, rebuilt):
        if len(wheel.by_name) != len(wheel.entries):
            raise WheelError("two members of the wheel have the same name")
    ours, theirs = published.by_name, rebuilt.by_name
    found = [
        Contrast(name, Kind.ONLY_LEFT, f"only in the published wheel: {ours[name].size:,} bytes")
        for name in ours.keys() - theirs.keys()
    ]
    found += [
        Contrast(name, Kind.ONLY_RIGHT, f"only in the rebuilt wheel: {theirs[name].size:,} bytes")
        for name in theirs.keys() - ours.keys()
    ]
    both = [entry for entry in published.entries if entry.name in theirs]
    found += [contrast for entry in both for contrast in _modes(entry, theirs[entry.name])]

    def differing(batch: tuple[Entry, ...]) -> list[Contrast]:
        return [contrast for entry in batch for contrast in _contents(entry, theirs[entry.name])]

    found += [contrast for batch in mapper(differing, batches(both)) for contrast in batch]
    return tuple(sorted(found, key=lambda contrast: (contrast.member, contrast.kind.value)))


def runs(entry: Entry) -> tuple[bool, bool, bool]:
    """Whether a member may be run: for us, for an installer that ignores which system zipped it, and for pip.

    pip sets the executable bit where the mode has any of the three and says that the file is a regular one, whatever
    the system; uv asks for the bits alone. Which of the three bits are set, and for whom, no installer keeps.
    """
    mode = entry.stored.mode if entry.stored else 0
    return entry.executable, bool(mode & 0o111), bool(mode & 0o111) and stat.S_ISREG(mode)


def _modes(ours: Entry, theirs: Entry) -> Iterable[Contrast]:
    """Whether executable bits differ in what they mean, or bits that let a program run as somebody else."""
    one, other = runs(ours), runs(theirs)
    if any(one) != any(other):
        said = "executable in the published wheel only" if any(one) else "executable in the rebuilt wheel only"
        yield Contrast(ours.name, Kind.MODE, said)
    elif one != other:
        yield Contrast(ours.name, Kind.MODE, "executable in both, and not for the same installers")
    special = [(entry.stored.mode if entry.stored else 0) & SPECIAL_BITS for entry in (ours, theirs)]
    if special[0] != special[1]:
        said = f"set-id and sticky bits are {special[0]:#o} in the published wheel, {special[1]:#o} in the rebuilt one"
        yield Contrast(ours.name, Kind.MODE, said)


def _contents(ours: Entry, theirs: Entry) -> Iterable[Contrast]:
    if ours.read() != theirs.read():
        sizes = f"{ours.size:,} bytes in the published wheel, {theirs.size:,} in the rebuilt one"
        yield Contrast(ours.name, Kind.CONTENT, f"the contents differ: {sizes}")

"""What differs between two things, and why: values alone.

Both sides are trees of members, wherever these come from. A comparison is a tree too: what differs in a member may
stand in a section of it, and there in a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from truewheel.wheel import Content


class Fact(NamedTuple):
    """Something that a container says besides the contents: a label in words (``time``, ``mode``), and its value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A member of a tree: a file, or a link where ``link`` says where it leads.

    ``facts`` is how the container stored it (times, modes, methods), in an order that is the same for all leaves of
    one form. What no container can tell, such as times in a directory, isn't there, and isn't compared.
    """

    name: str
    executable: bool
    content: Content
    facts: tuple[Fact, ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """One side of a comparison.

    ``form`` is the word for what it is: wheel, sdist, zip, tar, directory or file. ``name`` is its name without
    folders, ``leaves`` stand in the container's own order, and ``facts`` are those of the container as a whole (the
    header of a gzip stream, a comment). ``size`` and ``sha256`` are those of the file; None for a directory. The order
    of a directory's leaves is that of names and means nothing (``ordered`` is false).
    """

    form: str
    name: str
    leaves: tuple[Leaf, ...]
    facts: tuple[Fact, ...] = ()
    size: int | None = None
    sha256: str | None = None
    ordered: bool = True


class Kind(Enum):
    """In what two sides differ at a place."""

    ONLY_LEFT = "only-left"
    ONLY_RIGHT = "only-right"
    CONTENT = "content"
    MODE = "mode"
    """The executable bit, or what a link leads to."""
    STORAGE = "storage"
    """How a container stores it: times, order, compression. Contents are equal."""


class Mark(Enum):
    """What a line of a difference is."""

    SAME = " "
    LEFT = "-"
    RIGHT = "+"
    GAP = "@"
    """Lines in between are left out; the text says how many."""


class Line(NamedTuple):
    """A line of a unified difference, without its end. Numbers count from 1, None on the side that has no such line."""

    mark: Mark
    left: int | None
    right: int | None
    text: str


class Reason(NamedTuple):
    """A row in the table of causes: why two builds of one source differ.

    ``id`` is stable (``build-path``), ``title`` a few words, ``why`` what happens, ``remedy`` what mends it.
    """

    id: str
    title: str
    why: str
    remedy: str


class Cause(NamedTuple):
    """A reason that was recognized at a place. ``evidence`` is what shows it, in words with the facts.

    ``sure`` is false where the evidence fits and doesn't prove it; it is told as "probably" then.
    """

    reason: Reason
    evidence: str
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two sides differ.

    ``place`` names it within what it stands in: a member's path, a section, a field. ``summary`` is one sentence with
    the facts. ``left`` and ``right`` are short values, None where there is none to show. ``lines`` is the unified
    difference of texts, cut to a readable length. ``causes`` explain this place, ``inside`` are the places within it.
    ``follows`` is true where the difference is nothing but the consequence of others: a RECORD that lists changed
    members, a build id that hashes changed sections.
    """

    place: str
    kind: Kind
    summary: str
    left: str | None = None
    right: str | None = None
    lines: tuple[Line, ...] = ()
    causes: tuple[Cause, ...] = ()
    inside: tuple[Difference, ...] = ()
    follows: bool = False

    def walk(self) -> Iterator[Difference]:
        """This difference and all inside it, outer ones first."""
        yield self
        for part in self.inside:
            yield from part.walk()


@dataclass(frozen=True)
class Comparison:
    """What two trees differ in.

    ``identical`` says that the files' bytes are the same; it is false for directories, which have none. With
    ``contents_only`` the form of the containers took no part. ``differences`` are sorted by place, those of the
    container as a whole (with an empty place) first. ``compared`` counts the members that both sides have.
    """

    left: Tree
    right: Tree
    identical: bool
    contents_only: bool
    compared: int
    differences: tuple[Difference, ...]

    @property
    def equal(self) -> bool:
        """Whether nothing differs of what was compared."""
        return not self.differences

    @cached_property
    def same_contents(self) -> bool:
        """Whether members, their bytes and their executable bits are the same, however they are stored."""
        return all(difference.kind is Kind.STORAGE for difference in self.differences)

    @cached_property
    def causes(self) -> tuple[tuple[Reason, tuple[str, ...]], ...]:
        """Every reason that was recognized, with the members it explains; those that explain most first."""
        places: dict[Reason, dict[str, None]] = {}
        for top in self.differences:
            for difference in top.walk():
                for cause in difference.causes:
                    places.setdefault(cause.reason, {})[top.place] = None
        ranked = sorted(places.items(), key=lambda item: (-len(item[1]), item[0].id))
        return tuple((reason, tuple(members)) for reason, members in ranked)

    @cached_property
    def unexplained(self) -> tuple[str, ...]:
        """The members with a difference for which no cause was recognized, and which follows from no other."""
        return tuple(top.place for top in self.differences if not _explained(top))


def _explained(difference: Difference) -> bool:
    """Whether a cause stands here, or everything inside is explained."""
    if difference.causes or difference.follows:
        return True
    return bool(difference.inside) and all(_explained(part) for part in difference.inside)

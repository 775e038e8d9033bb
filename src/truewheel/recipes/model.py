"""Recipes as values: how a published wheel may have been built, and why that is thought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One way to build a wheel from its sources.

    ``pins`` are constraints on build requirements, each as ``name==version``; ``more`` are requirements that the
    project doesn't state and its publisher had. ``exclude_newer`` is a moment (RFC 3339) after which no release counts.
    ``python`` is a version such as ``3.12``, None for whichever runs. ``epoch`` is SOURCE_DATE_EPOCH in seconds since
    1970 UTC, None for a build in which it isn't set. ``clock`` is the time that the build sees for its own, standing
    still, in seconds since 1970 UTC; None for the real one. ``timezone`` is a value of TZ. ``umask`` is that of the
    build. ``group_writable`` says that the publisher's sources were (the sdist unpacked under umask 002). ``line_ends``
    is what Python writes for a line feed into text files: LF, or CR LF as on Windows. ``compiler`` is false where a
    build must find none: a pure wheel of a project with optional native parts. ``canonical`` says that the published
    wheel is in truewheel's canonical form, and so is what is built. ``environment`` are further variables.
    """

    pins: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    exclude_newer: str | None = None
    python: str | None = None
    epoch: int | None = None
    clock: int | None = None
    timezone: str = "UTC"
    umask: int = 0o022
    group_writable: bool = False
    line_ends: str = "\n"
    compiler: bool = True
    canonical: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    config_settings: Mapping[str, str | list[str]] = field(default_factory=dict)


class Step(NamedTuple):
    """A decision on the way to a recipe: the rule's id (``generator``), what was decided, and from what it follows."""

    rule: str
    what: str
    why: str


class Symptom(Enum):
    """What is wrong with a rebuild, as far as another recipe may mend it."""

    FAILED = "failed"
    """Nothing was built: requirements that can't be had, or a backend that failed."""
    MEMBERS = "members"
    """Files are missing or added."""
    METADATA = "metadata"
    """Files of .dist-info differ, other than RECORD."""
    PAYLOAD = "payload"
    """Other files differ."""
    LINE_ENDS = "line-ends"
    """Texts differ in their line ends alone."""
    EXECUTABLE = "executable"
    """Executable bits differ."""
    TAG = "tag"
    """The name of the wheel is another: a native wheel where a pure one was published."""
    STORAGE = "storage"
    """Contents are the same; times, modes, order or compression aren't."""


class Choice(NamedTuple):
    """A recipe, and the decisions that led to it, in the order of the table of rules."""

    recipe: Recipe
    steps: tuple[Step, ...]


class Tried(NamedTuple):
    """A choice that was built, and what was wrong with what came out; nothing where it was bit-for-bit."""

    choice: Choice
    symptoms: frozenset[Symptom]
    complaint: str = ""
    """The end of the log where the build failed."""
    versions: Mapping[str, str] = {}
    """Versions of the build requirements that took part, by normalized name; empty where the build failed."""


class Override(NamedTuple):
    """What a user says of how a package was built, in place of what is inferred.

    ``changes`` are fields of `Recipe` with their values, ``reason`` is why, in the user's words.
    """

    changes: Mapping[str, object]
    reason: str

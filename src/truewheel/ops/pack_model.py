"""What is asked of a packing, and what comes of it, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from truewheel.findings import Finding
from truewheel.ops.patterns import NO_PATTERNS, Patterns
from truewheel.ops.plan import Changes, Plan
from truewheel.ops.verdict import Tags
from truewheel.ops.wishes import USUAL_LIMITS
from truewheel.packing.layout import Idle
from truewheel.packing.model import About, Program, Target
from truewheel.policy import Requirement
from truewheel.wheel import Limits, Wheel


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of the packing of one archive.

    ``added`` are files that the archive lacks, by their path in the wheel below ``into``; ``beside`` those of the
    project's folder that may hold licences, by the path that they get. With ``derive_modes`` programs get their execute
    bits by their first bytes, whatever the archive says. ``exclude`` are globs for libraries that other packages bring.
    With ``graft`` libraries that the platform doesn't promise are looked for and carried, and ``bill`` adds a bill of
    materials for them, which carries ``timestamp`` (seconds since 1970) if that isn't None. ``limits`` hold for what
    comes out as they do for wheels, and for libraries from outside.
    """

    about: About
    target: Target
    build: str = ""
    added: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    beside: Mapping[str, bytes] = field(default_factory=lambda: MappingProxyType({}))
    derive_modes: bool = False
    exclude: Patterns = NO_PATTERNS
    graft: bool = False
    bill: bool = False
    timestamp: int | None = None
    limits: Limits = USUAL_LIMITS


@dataclass(frozen=True)
class Packed:
    """A wheel made of an archive, not yet in canonical form.

    ``tags`` is the verdict on its name. ``programs`` are the commands that it brings, by name; ``licences`` the members
    that hold licences; ``findings`` what an examination would say of its binaries. ``plan`` is what was grafted and
    edited: empty unless that was asked for and needed. ``idle`` are patterns of the layout that meant no file here,
    ``copies`` the sizes in bytes of the files that symbolic links became.
    """

    wheel: Wheel
    tags: Tags
    programs: tuple[Program, ...]
    licences: tuple[str, ...]
    findings: tuple[Finding, ...]
    plan: Plan[Changes] = field(default_factory=Plan)
    idle: tuple[Idle, ...] = ()
    copies: tuple[int, ...] = ()

    @property
    def why(self) -> tuple[Requirement, ...]:
        """What decided on the tags, one requirement for each family and processor."""
        return self.tags.deciding

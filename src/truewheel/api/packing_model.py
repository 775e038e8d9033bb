"""What `pack` is told, and what comes of it, as values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from truewheel.api.common import AnyPath, Options
from truewheel.api.libraries import Places
from truewheel.findings import Finding
from truewheel.ops import Tags
from truewheel.packing.model import Program

SAME: Final = "same"
DIFFERENT: Final = "different"
ABSENT: Final = "absent"
"""How a wheel compares with the published one of its name."""

_HERE: Final = Path()


@dataclass(frozen=True, slots=True)
class PackTerms:
    """How archives are packed.

    Paths of the settings count from the folder ``project``. Where files lack libraries, those found in ``places`` are
    grafted as `repair` would do it, and ``bill`` adds a bill of materials for them; by default nowhere is looked.
    ``options`` say how wheels are written; of them ``verify`` and ``drop_signatures`` have no meaning here. Archives
    that stand at an address are kept in the folder ``cache`` (None for the user's own); with ``offline`` nobody is
    asked for what isn't there.
    """

    project: AnyPath = _HERE
    places: Places | None = None
    options: Options | None = None
    cache: Path | None = None
    offline: bool = False
    bill: bool = False


@dataclass(frozen=True, slots=True)
class Against:
    """Where published wheels are: in a folder, or else on an index, the configured one where ``index`` is "".

    With ``whole`` all wheels of the version have to come from the targets.
    """

    folder: Path | None = None
    index: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Published:
    """The published wheel of the same name: ``same``, ``different`` or ``absent``, and its sha256 ("" for none).

    ``place`` says in words where it was looked for.
    """

    state: str
    sha256: str
    place: str


@dataclass(frozen=True, slots=True)
class PackedTarget:
    """One target's wheel.

    ``source`` is the archive as it was named, but for a password, ``source_sha256`` its hash, None for a folder.
    ``path`` is where the wheel was written, or would be where ``written`` is false; ``sha256`` and ``size`` in bytes
    are its own. ``tags`` tells the platforms and why; ``programs`` are its commands, ``licences`` the members that hold
    licences, ``members`` how many files it holds, ``grafted`` the libraries from outside that went in. ``idle`` are
    settings with a pattern that means no file of this archive, such as ``exclude docs``; ``copies`` counts the links
    that became copies of files, ``copied`` are the bytes of these; ``published`` is what a check found.
    """

    label: str
    source: str
    source_sha256: str | None
    path: Path
    written: bool
    size: int
    sha256: str
    tags: Tags
    programs: tuple[Program, ...]
    licences: tuple[str, ...]
    members: int
    grafted: tuple[str, ...]
    findings: tuple[Finding, ...]
    idle: tuple[str, ...] = ()
    copies: int = 0
    copied: int = 0
    published: Published | None = None


@dataclass(frozen=True, slots=True)
class PackRun:
    """All targets in their order. ``extra`` are published wheels of the version that no target makes."""

    targets: tuple[PackedTarget, ...]
    extra: tuple[str, ...] = ()

    @property
    def idle(self) -> tuple[str, ...]:
        """The patterns of settings that mean no file of any target: misspelled, or of another release."""
        told = dict.fromkeys(said for one in self.targets for said in one.idle)
        return tuple(said for said in told if all(said in one.idle for one in self.targets))

    @property
    def same(self) -> bool:
        """Whether what is published is what was packed, no more and no less, as far as anybody looked."""
        return not self.extra and all(one.published is None or one.published.state == SAME for one in self.targets)

"""Verdicts as values: what was compared with what, how it was rebuilt, and how far up the ladder it came."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from truewheel.recipes.model import Choice


class Rung(Enum):
    """The ladder of verdicts, the best first. The first three say that what is installed is what the source builds."""

    BIT_FOR_BIT = "bit-for-bit"
    """The rebuilt file has the published file's sha256."""
    ZIP_METADATA = "zip-metadata"
    """It has, once written with the published zip's order, times, modes and versions."""
    SAME_CONTENTS = "same-contents"
    """The members, their bytes and their executable bits are the same."""
    EXPLAINED = "same-but-for"
    """Some members differ, and every difference has a cause that was recognized."""
    DIFFERENT = "different"
    """Some member differs and nothing explains it."""
    NOT_REBUILT = "not-rebuilt"
    """Nothing was built that could be compared."""

    @property
    def height(self) -> int:
        """0 for the best, counting up."""
        return list(Rung).index(self)

    @property
    def same(self) -> bool:
        """Whether it is one of the first three."""
        return self.height < Rung.EXPLAINED.height


class File(NamedTuple):
    """A file: its name without folders, its sha256 in hexadecimal, its size in bytes, and where it comes from."""

    name: str
    sha256: str
    size: int
    origin: str = ""


class Transplanted(NamedTuple):
    """What was taken from the published zip to write rebuilt contents as it does.

    ``size`` is the number of bytes of zip metadata that the rebuild alone would have written otherwise, counted field
    by field as `tally.taken` says. ``fields`` says which, each with the number of members concerned: ``time``,
    ``mode``, ``order``, ``system``, ``version``, ``flags``, ``method``, ``extra``, ``attributes``, ``descriptor``,
    ``deflate``, ``folder``, ``end``. ``deflate`` names the compressor that gives the published streams (``zlib level
    6``), "" where none was needed.
    """

    size: int
    fields: tuple[tuple[str, int], ...]
    deflate: str


class Deviation(NamedTuple):
    """A member in which published and rebuilt wheel differ.

    ``kind`` is a value of `compare.Kind`. ``causes`` are pairs of a reason's id and the evidence; ``follows`` says that
    it is nothing but the consequence of others, as RECORD is.
    """

    member: str
    kind: str
    summary: str
    causes: tuple[tuple[str, str], ...] = ()
    follows: bool = False

    @property
    def explained(self) -> bool:
        """Whether a cause was recognized, or it follows from others."""
        return self.follows or bool(self.causes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """How a rebuild compares with what was published.

    ``transplanted`` is there for `Rung.ZIP_METADATA`. ``deviations`` are the members that differ, executable bits among
    them, unexplained ones first. ``storage`` says in sentences how the archives store equal contents otherwise, and
    what a published zip holds beside its members. ``record`` is what is wrong with the published RECORD: sentences.
    """

    rung: Rung
    transplanted: Transplanted | None = None
    deviations: tuple[Deviation, ...] = ()
    storage: tuple[str, ...] = ()
    record: tuple[str, ...] = ()

    @property
    def unexplained(self) -> tuple[Deviation, ...]:
        """Those for which nothing accounts."""
        return tuple(each for each in self.deviations if not each.explained)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A build that was tried, with why.

    ``rebuilt`` is None where nothing came out, and ``failure`` says why then. ``python`` and ``requirements`` (each as
    ``name==version``) are what took part. ``seconds`` is how long it took by the clock.
    """

    choice: Choice
    judgement: Judgement | None
    rebuilt: File | None = None
    failure: str = ""
    python: str = ""
    requirements: tuple[str, ...] = ()
    isolation: str = ""
    seconds: float = 0.0

    @property
    def rung(self) -> Rung:
        """How far it came."""
        return self.judgement.rung if self.judgement else Rung.NOT_REBUILT


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """What published attestations (PEP 740) say of a file.

    ``state`` is ``verified``, ``absent``, ``unverifiable`` (nobody could check it here) or ``invalid``; ``said`` is one
    sentence about it. ``publisher`` is who published, ``repository`` and ``commit`` what the certificate says was
    built, ``workflow`` by what; each "" where it isn't said.
    """

    state: str
    said: str
    publisher: str = ""
    repository: str = ""
    ref: str = ""
    commit: str = ""
    workflow: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """An sdist compared with the commit that it claims to be of.

    ``chosen`` says in words how repository and commit were found. ``added`` are files that only the sdist has,
    ``missing`` those that only the commit has, ``changed`` those whose bytes differ. ``generated`` are those of
    ``added`` and ``changed`` that build backends write (PKG-INFO, egg-info, _version.py), with why. ``programs`` are
    files with the same bytes whose executable bit differs. ``traits`` say what is known of single files of ``added``
    and ``changed``: that line ends alone differ, or that git archive filled them in. ``subdirectory`` is the folder of
    the repository that the sdist was compared with, ``remarks`` are sentences about the comparison, as of a tag that
    leads elsewhere by now. ``problem`` is why nothing could be compared, else "".
    """

    repository: str
    ref: str
    commit: str
    chosen: str
    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    generated: tuple[tuple[str, str], ...] = ()
    programs: tuple[str, ...] = ()
    traits: tuple[tuple[str, str], ...] = ()
    subdirectory: str = ""
    remarks: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The answer to one question: whether a wheel is what its source builds.

    ``target`` is what was asked for, ``wheel`` and ``source`` what was compared (``source`` None where there is none),
    ``uploaded`` the moment of the upload (RFC 3339, "" where the index doesn't tell), ``generator`` what WHEEL says,
    ``backend`` the backend's name as far as that tells. ``attempts`` stand in the order in which they were made;
    ``best`` is the index of the one that came furthest, None where there is none. ``problem`` is why there is no
    verdict, else "". ``seconds`` is how long all of it took.
    """

    target: str
    project: str
    version: str
    wheel: File | None
    source: File | None
    uploaded: str = ""
    generator: str = ""
    backend: str = ""
    attempts: tuple[Attempt, ...] = ()
    best: int | None = None
    attested: tuple[Attested, ...] = ()
    history: History | None = None
    problem: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def attempt(self) -> Attempt | None:
        """The one that came furthest."""
        return None if self.best is None else self.attempts[self.best]

    @property
    def judgement(self) -> Judgement | None:
        """That of the best attempt."""
        return self.attempt.judgement if self.attempt else None

    @property
    def rung(self) -> Rung:
        """The verdict."""
        return self.attempt.rung if self.attempt else Rung.NOT_REBUILT

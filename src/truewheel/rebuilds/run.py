"""One wheel verified: fetched, traced, rebuilt until nothing better can be hoped for, and judged."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

from truewheel.builds import interpreter, resolve_uv
from truewheel.builds.model import Progress
from truewheel.errors import TruewheelError
from truewheel.index.model import Index, Target
from truewheel.index.settings import uv_variables
from truewheel.rebuilds import attestations, history, keeping
from truewheel.rebuilds.given import client, configured, demand, override_of, tags_here
from truewheel.rebuilds.hiding import places
from truewheel.rebuilds.model import Terms
from truewheel.rebuilds.subject import Subject, subject
from truewheel.rebuilds.workshop import Result, Workshop
from truewheel.recipes.evidence import Evidence, trace
from truewheel.recipes.planner import propose
from truewheel.verdict import Attested, History, Verification, best_of, check_record
from truewheel.world import OpenWheel, open_wheel
from truewheel.world.own import own_version
from truewheel.world.regular import read_small
from truewheel.world.sdists import open_sdist

_LARGEST_PROVENANCE = 8 << 20
_SCRATCH = "truewheel-verify-"
_NONE = "none"
_OPEN = (
    "nothing kept the build apart from this machine: a backend that looks for the published wheel could have copied it"
)


class _Nobody:
    """Is told how it goes on, and doesn't care."""

    def phase(self, name: str) -> None:
        """Hear of a phase."""

    def line(self, text: str) -> None:
        """Hear of a line."""


def verify(target: Target, terms: Terms, *, progress: Progress | None = None) -> Verification:
    """Whether the wheel of `target` is what its source builds.

    What can't be verified is an answer too: a `Verification` with ``problem``. Raises `RequestError` alone, where
    `terms` ask for the impossible.
    """
    demand(terms)
    started, watcher = monotonic(), progress or _Nobody()
    found = _Found(target)
    try:
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, ignore_cleanup_errors=True) as scratch:
            _Run(target, terms, watcher, Path(scratch).resolve(), found).all()
    except TruewheelError as error:
        if _SCRATCH in error.where.file:  # a copy, which is gone when this is read: its name remains
            error.where = replace(error.where, file=Path(error.where.file).name)
        found.problem, found.hint = str(error), error.hint
    except OSError as error:
        found.problem = f"{error.filename or 'a file'} can't be used: {error.strerror or error}"
    return found.verification(monotonic() - started)


@dataclass
class _Found:
    """What is known so far: an error must not take it away."""

    target: Target
    subject: Subject | None = None
    evidence: Evidence | None = None
    results: list[Result] = field(default_factory=list)
    attested: tuple[Attested, ...] = ()
    history: History | None = None
    notes: list[str] = field(default_factory=list)
    project: str = ""
    version: str = ""
    generator: str = ""
    backend: str = ""
    problem: str = ""
    hint: str = ""

    @property
    def best(self) -> int | None:
        """The index of the attempt that came furthest."""
        return best_of([result.attempt for result in self.results])

    def verification(self, seconds: float) -> Verification:
        """All of it as a value."""
        known = self.subject
        problem, best = self.problem, self.best
        if not problem and best is None:
            problem = self.results[-1].attempt.failure if self.results else "nothing was built"
        return Verification(
            target=self.target.asked,
            project=self.project or self.target.project,
            version=self.version or self.target.version,
            wheel=known.published if known else None,
            source=known.origin if known else None,
            uploaded=known.listed.uploaded if known and known.listed else "",
            generator=self.generator,
            backend=self.backend,
            attempts=tuple(result.attempt for result in self.results),
            best=best,
            attested=self.attested,
            history=self.history,
            problem=problem,
            hint=self.hint,
            notes=tuple(self.notes),
            seconds=seconds,
        )


class _Run:
    """The steps for one wheel; what they find goes into `found`."""

    def __init__(self, target: Target, terms: Terms, progress: Progress, scratch: Path, found: _Found) -> None:
        self._target, self._terms, self._progress = target, terms, progress
        self._scratch, self._found = scratch, found

    def all(self) -> None:
        """Everything, in order."""
        terms, found, progress = self._terms, self._found, self._progress
        progress.phase(f"fetch {self._target.asked}")
        with ExitStack() as stack:
            index = stack.enter_context(client(terms))
            try:
                known = subject(self._target, terms, index, tags_here(terms), self._scratch / "published")
            finally:
                found.notes += index.notes
            found.subject = known
            found.notes += known.notes
            published = stack.enter_context(open_wheel(known.wheel, terms.limits))
            found.project, found.version = published.wheel.name.project, str(published.wheel.name.version)
            self._attest(known, index)
            self._rebuild(known, published)
            self._trace_history(known, published)
            if terms.out:
                progress.phase("write the evidence")
                best = found.best
                results, verification = tuple(found.results), found.verification(0.0)
                keeping.keep(terms.out, verification, results, best, version=own_version(), sign=terms.sign)

    def _rebuild(self, known: Subject, published: OpenWheel) -> None:
        """Attempt after attempt, until there is none left that promises more."""
        found, terms = self._found, self._terms
        wheel = published.wheel
        record = check_record(wheel)
        environment = self._caller()
        pythons = (terms.python,) if terms.python else interpreter.at_hand(environment, resolve_uv.find(environment))
        evidence = self._evidence(known, published, pythons)
        found.generator, found.backend = evidence.generator, evidence.backend
        found.notes += evidence.notes
        override = override_of(terms, found.project, found.version)
        hidden = places(self._target, terms, self._scratch, known.published.name)
        workshop = Workshop(published, known, self._scratch, terms, environment, self._progress, hidden)
        while len(found.results) < terms.tries:
            tried = [result.tried for result in found.results]
            choice = propose(evidence, tried, override, most=terms.tries)
            if choice is None:
                break
            found.results.append(workshop.attempt(choice, len(found.results) + 1))
        if found.best is None:
            found.notes += record
        elif found.results[found.best].attempt.isolation == _NONE:
            found.notes.append(_OPEN)

    def _evidence(self, known: Subject, published: OpenWheel, pythons: Sequence[str]) -> Evidence:
        uploaded = known.listed.uploaded if known.listed else ""
        if uploaded and self._terms.installer == "pip":
            self._found.notes.append("pip resolves as of today: requirements that aren't pinned may be newer")
            uploaded = ""
        with ExitStack() as stack:
            sdist = stack.enter_context(open_sdist(known.sdist, self._terms.limits)).sdist if known.sdist else None
            own = platform.python_version()
            return trace(published.wheel, sdist, uploaded=uploaded, pythons=pythons, default_python=own)

    def _caller(self) -> Mapping[str, str]:
        """The environment that uv, pip and git are run with: requirements come from the same indexes."""
        settings = self._terms.settings or configured()
        return {**os.environ, **uv_variables(settings)}

    def _attest(self, known: Subject, index: Index) -> None:
        terms = self._terms
        if not terms.attestations:
            return
        self._progress.phase("look for attestations")
        provenance: bytes | None = None
        try:
            if terms.provenance:
                provenance = read_small(terms.provenance, _LARGEST_PROVENANCE)
            elif known.listed and known.listed.provenance:
                provenance = index.document(known.listed.provenance, most=_LARGEST_PROVENANCE)
        except TruewheelError as error:
            if terms.provenance:
                raise
            said = f"the index names attestations, and doesn't give them: {error.what}"
            self._found.attested = (Attested(state="unverifiable", said=said),)
            return
        # Those beside a wheel of this machine count too.
        place = self._target.path or known.wheel
        self._found.attested = attestations.attested(
            place, provenance=provenance, demanded=terms.provenance is not None
        )

    def _trace_history(self, known: Subject, published: OpenWheel) -> None:
        terms = self._terms
        if not terms.vcs:
            return
        if known.sdist is None:
            self._found.notes.append("no sdist was compared with a repository: the source is none")
            return
        self._progress.phase("compare the sdist with its repository")
        self._found.history = history.history(
            known.sdist,
            metadata=bytes(published.wheel.info("METADATA").read()),
            repository=terms.repository,
            attested=self._found.attested,
            caller=self._caller(),
            seconds=terms.seconds,
            limits=terms.limits,
        )

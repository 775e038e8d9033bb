"""Where one wheel is rebuilt, again and again if need be, and each rebuild is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from truewheel.builds.model import Made, Progress
from truewheel.builds.project import make
from truewheel.compare import Comparison, Tree, compare, tree_facts, zip_leaves
from truewheel.errors import RequestError, TruewheelError
from truewheel.rebuilds.asked import asked
from truewheel.rebuilds.model import Terms
from truewheel.rebuilds.subject import Subject
from truewheel.recipes.model import Choice, Symptom, Tried
from truewheel.verdict import Attempt, File, Judgement, Side, judge, symptoms
from truewheel.world import OpenWheel, file_sha256, open_wheel

_TAIL = 12
"""Lines of a failed build's log that are kept."""


class Result(NamedTuple):
    """What an attempt left: ``wheel`` and ``made`` are None where the build failed, ``comparison`` likewise."""

    attempt: Attempt
    tried: Tried
    log: Path
    wheel: Path | None = None
    made: Made | None = None
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all attempts for one wheel share.

    ``subject`` says what is built, ``folder`` takes what they make, and ``caller`` is the environment of uv, pip and
    git. ``hidden`` are all places where the published wheel lies, which no build may copy.
    """

    published: OpenWheel
    subject: Subject
    folder: Path
    terms: Terms
    caller: Mapping[str, str]
    progress: Progress
    hidden: tuple[Path, ...] = ()

    def attempt(self, choice: Choice, number: int) -> Result:
        """Build by a recipe and judge what comes out; a build that fails is a result too."""
        place = self.folder / f"attempt-{number}"
        place.mkdir()
        log, started = place / "build.log", monotonic()
        try:
            made = self._made(choice, place, log)
            self._demand_another(made)
        except TruewheelError as error:
            attempt = _failed(Attempt(choice=choice, judgement=None), _sentence(error), started)
            return Result(attempt, Tried(choice, frozenset({Symptom.FAILED}), attempt.failure), log)
        wheel = made.artefacts[-1]
        attempt = Attempt(
            choice=choice,
            judgement=None,
            rebuilt=File(wheel.path.name, wheel.sha256, wheel.size),
            python=made.python,
            requirements=tuple(f"{each.project}=={each.version}" for each in made.requirements),
            isolation=made.isolation.kind,
        )
        result = Result(attempt, Tried(choice, frozenset({Symptom.FAILED})), log, wheel.path, made)
        try:
            judgement, found, comparison = self._judged(wheel.path)
        except TruewheelError as error:
            attempt = _failed(attempt, f"what was built can't be compared: {_sentence(error)}", started)
            return result._replace(attempt=attempt)
        versions = {str(canonicalize_name(each.project)): each.version for each in made.requirements}
        return result._replace(
            attempt=replace(attempt, judgement=judgement, seconds=monotonic() - started),
            tried=Tried(choice, found, "", versions),
            comparison=comparison,
        )

    def _made(self, choice: Choice, place: Path, log: Path) -> Made:
        request, conditions = asked(
            choice.recipe, self.subject.source, constraints_folder=place, terms=self.terms, hidden=self.hidden
        )
        return make(
            request,
            place / "built",
            conditions=conditions,
            progress=self.progress,
            caller_environment=self.caller,
            log=log,
        )

    def _demand_another(self, made: Made) -> None:
        """Raise `RequestError` where the published wheel took part in the build: it may be made of itself then."""
        name = self.published.wheel.name
        for each in made.requirements:
            same = canonicalize_name(each.project) == canonicalize_name(name.project)
            if each.sha256 == self.subject.published.sha256 or (same and _alike(each.version, str(name.version))):
                raise RequestError(
                    f"the build requires {name.project} {name.version} itself, and what is made of the published wheel "
                    "proves nothing of it"
                )

    def _judged(self, path: Path) -> tuple[Judgement, frozenset[Symptom], Comparison]:
        self.progress.phase("compare")
        with open_wheel(path, self.terms.limits) as rebuilt:
            one, other = self.published, rebuilt

            def forget() -> None:
                one.forget_pages()
                other.forget_pages()

            left, right = side(one), side(other)
            if left.sha256 != self.subject.published.sha256:
                raise RequestError("the published wheel has changed since it was fetched")
            comparison = compare(_tree(one, left.sha256), _tree(other, right.sha256), forget=forget)
            judgement = judge(left, right, comparison)
            return judgement, symptoms(judgement, left, right), comparison


def side(opened: OpenWheel) -> Side:
    """One side of a judgement."""
    return Side(opened.wheel, opened.mapping, file_sha256(opened))


def _alike(one: str, other: str) -> bool:
    """Whether two versions are the same (PEP 440), or at least are written so."""
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other


def _tree(opened: OpenWheel, sha256: str) -> Tree:
    wheel = opened.wheel
    facts = tree_facts(wheel.directories)
    return Tree("wheel", opened.path.name, zip_leaves(wheel.entries), facts, opened.size, sha256)


def _failed(attempt: Attempt, why: str, started: float) -> Attempt:
    return replace(attempt, failure=why, seconds=monotonic() - started)


def _sentence(error: TruewheelError) -> str:
    """What went wrong; of a program's output the end, as folders and logs are gone by the time that it is read."""
    tail = [line for line in getattr(error, "tail", ()) if line.strip()]
    return "\n".join((error.what, *tail[-_TAIL:]))

"""What a rule is: a function from what is known to the options that it sees, the best first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from truewheel.recipes.evidence import Evidence
from truewheel.recipes.model import Recipe, Symptom, Tried


class Option(NamedTuple):
    """Something that a rule would have done.

    ``what`` is the decision in words and ``why`` the facts that speak for it; an option without ``what`` leaves things
    as they are. ``changes`` are fields of `Recipe`: ``pins`` and ``more`` add to what other rules said (a pin of the
    same project takes the place of an earlier one), ``environment`` likewise, and the others take its place.
    """

    what: str
    why: str
    changes: Mapping[str, object]


NOTHING = Option("", "", {})
"""The option to leave things as they are."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a rule may look at: the evidence, what the rules before it have decided, and what came of earlier tries."""

    evidence: Evidence
    recipe: Recipe = field(default_factory=Recipe)
    tried: tuple[Tried, ...] = ()

    @property
    def pins(self) -> dict[str, str]:
        """Versions that are pinned so far, by project."""
        return {name: version for name, _, version in (pin.partition("==") for pin in self.recipe.pins)}

    @property
    def failed(self) -> bool:
        """Whether a build has failed."""
        return any(Symptom.FAILED in each.symptoms for each in self.tried)

    @property
    def complaints(self) -> tuple[str, ...]:
        """The ends of the logs of builds that failed."""
        return tuple(each.complaint for each in self.tried if Symptom.FAILED in each.symptoms and each.complaint)


class Rule(NamedTuple):
    """A row of the table: an id for reports, what it is about, the function, and what its alternatives may mend.

    Those of ``last`` rules are tried after those of all others.
    """

    id: str
    title: str
    options: Callable[[Scene], Sequence[Option]]
    mends: frozenset[Symptom]
    last: bool = False

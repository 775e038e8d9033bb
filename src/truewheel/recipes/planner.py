"""The next recipe to try: every rule's best option first, and then what may mend what was wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from truewheel.recipes.evidence import Evidence
from truewheel.recipes.model import Choice, Override, Recipe, Step, Symptom, Tried
from truewheel.recipes.rule import Option, Rule, Scene
from truewheel.recipes.table import RULES

_WEIGHTS: Final = {
    Symptom.FAILED: 1000,
    Symptom.TAG: 400,
    Symptom.MEMBERS: 200,
    Symptom.PAYLOAD: 100,
    Symptom.EXECUTABLE: 50,
    Symptom.METADATA: 40,
    Symptom.LINE_ENDS: 20,
    Symptom.STORAGE: 1,
}
"""How bad symptoms are, to say which attempt came furthest, and what is mended first."""

_CR_LF: Final = "\r\n"

_IN_TURN: Final = sorted(RULES, key=lambda rule: rule.last)


def propose(
    evidence: Evidence, tried: Sequence[Tried], override: Override | None = None, *, most: int = 4
) -> Choice | None:
    """The recipe to try next, with the decisions that led to it; None where nothing promising is left.

    The first is made of every rule's best option. Later ones change one decision of the attempt that came furthest,
    by a rule that may mend one of its symptoms, the worst first. No recipe comes twice, and there are at most `most`.
    What differs in storage alone is not tried again: no build gives the times that the publisher's files had.
    What an `override` says takes the place of what the rules say. Nothing is raised; the same input gives the same
    choice.
    """
    if len(tried) >= most:
        return None
    past = tuple(tried)
    if not past:
        return _choice(evidence, past, {}, override)
    best = _furthest(past)
    known = [each.choice.recipe for each in past]
    chosen = {step.rule: step.what for step in best.choice.steps}
    # The wish for no step has to be told from no wish at all.
    chosen = {rule.id: chosen.get(rule.id, "") for rule in RULES}
    for symptom in sorted(best.symptoms, key=lambda each: -_WEIGHTS[each]):
        for rule in (each for each in _IN_TURN if symptom in each.mends):
            for other in _alternatives(evidence, past, chosen, rule):
                choice = _choice(evidence, past, {**chosen, rule.id: other.what}, override)
                if choice.recipe not in known:
                    return choice
    return None


def _furthest(tried: tuple[Tried, ...]) -> Tried:
    """The attempt with the least wrong, the first of several; of those that failed, the last with a new complaint."""
    new: dict[str, int] = {}
    for number, each in enumerate(tried):
        new.setdefault(each.complaint, number)

    def badness(number: int) -> tuple[int, int]:
        each = tried[number]
        got_on = Symptom.FAILED in each.symptoms and new[each.complaint] == number
        return sum(_WEIGHTS[symptom] for symptom in each.symptoms), -number if got_on else number

    return tried[min(range(len(tried)), key=badness)]


def _alternatives(
    evidence: Evidence, tried: tuple[Tried, ...], chosen: Mapping[str, str], rule: Rule
) -> tuple[Option, ...]:
    """What a rule offers besides what was chosen, seen where its turn comes."""
    scene = Scene(evidence, tried=tried)
    for earlier in RULES[: RULES.index(rule)]:
        scene = replace(scene, recipe=_applied(scene.recipe, _picked(earlier, scene, chosen).changes))
    return tuple(option for option in rule.options(scene) if option.what != chosen[rule.id])


def _choice(
    evidence: Evidence, tried: tuple[Tried, ...], wishes: Mapping[str, str], override: Override | None
) -> Choice:
    """The recipe that follows from a wish for some rules (what an option says), and the best option of the others."""
    scene = Scene(evidence, tried=tried)
    steps: list[Step] = []
    for rule in RULES:
        option = _picked(rule, scene, wishes)
        scene = replace(scene, recipe=_applied(scene.recipe, option.changes))
        if option.what:
            steps.append(Step(rule.id, option.what, option.why))
    recipe = scene.recipe
    if override:
        recipe = replace(recipe, **_fields(override.changes))
        steps += [Step("override", _told(name, value), override.reason) for name, value in override.changes.items()]
    return Choice(recipe, tuple(steps))


def _picked(rule: Rule, scene: Scene, wishes: Mapping[str, str]) -> Option:
    """The option that was wished for, where the rule still has it, else its best."""
    options = rule.options(scene)
    if rule.id in wishes:
        return next((option for option in options if option.what == wishes[rule.id]), options[0])
    return options[0]


def _applied(recipe: Recipe, changes: Mapping[str, object]) -> Recipe:
    """The recipe with an option's changes."""
    if not changes:
        return recipe
    fields = _fields(changes)
    pins = {pin.partition("==")[0]: pin for pin in (*recipe.pins, *fields.pop("pins", ()))}
    for name in fields.pop("unpinned", ()):
        pins.pop(name, None)
    more = dict.fromkeys((*recipe.more, *fields.pop("more", ())))
    environment = {**recipe.environment, **fields.pop("environment", {})}
    return replace(recipe, pins=tuple(sorted(pins.values())), more=tuple(more), environment=environment, **fields)


def _fields(changes: Mapping[str, object]) -> dict[str, Any]:
    """Changes as keyword arguments; whoever wrote them knows the types."""
    return dict(changes)


def _told(field: str, value: object) -> str:
    """A field of a recipe in words, as a file of overrides calls it."""
    name = field.replace("_", "-")
    if value is None:
        return f"{name}: none"
    if isinstance(value, (tuple, list)):
        return f"{name}: {', '.join(map(str, value))}"
    if isinstance(value, Mapping):
        return f"{name}: {' '.join(f'{key}={item}' for key, item in value.items())}"
    if field == "umask" and isinstance(value, int):
        return f"{name}: {value:03o}"
    if field == "line_ends":
        return f"{name}: {'CR LF' if value == _CR_LF else 'LF'}"
    return f"{name}: {value}"

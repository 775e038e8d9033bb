"""A verification as JSON's values and back: what a campaign keeps, and what machines are told.

The keys of an object are the names of the value's fields in their order (`verdict.model`, `recipes.model`), a rung is
its word, and tuples are lists. Reading is strict: what was not written here is refused.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from truewheel.errors import DataError
from truewheel.recipes.model import Choice, Recipe, Step
from truewheel.verdict.model import (
    Attempt,
    Attested,
    Deviation,
    File,
    History,
    Judgement,
    Rung,
    Transplanted,
    Verification,
)

_T = TypeVar("_T")
_Reader = Callable[[object, str], _T]
_HINT: Final = "this is not a verification, or one that another version of truewheel wrote"


# --- writing -------------------------------------------------------------------------------------------------
def to_document(verification: Verification) -> dict[str, object]:
    """The verification as objects, lists, texts, numbers, booleans and None, whose keys always stand in one order."""
    it = verification
    return {
        "target": it.target,
        "project": it.project,
        "version": it.version,
        "wheel": None if it.wheel is None else it.wheel._asdict(),
        "source": None if it.source is None else it.source._asdict(),
        "uploaded": it.uploaded,
        "generator": it.generator,
        "backend": it.backend,
        "attempts": [_attempt(attempt) for attempt in it.attempts],
        "best": it.best,
        "attested": [_attested(attested) for attested in it.attested],
        "history": None if it.history is None else _history(it.history),
        "problem": it.problem,
        "hint": it.hint,
        "notes": list(it.notes),
        "seconds": it.seconds,
    }


def _attempt(it: Attempt) -> dict[str, object]:
    return {
        "choice": {"recipe": _recipe(it.choice.recipe), "steps": [step._asdict() for step in it.choice.steps]},
        "judgement": None if it.judgement is None else _judgement(it.judgement),
        "rebuilt": None if it.rebuilt is None else it.rebuilt._asdict(),
        "failure": it.failure,
        "python": it.python,
        "requirements": list(it.requirements),
        "isolation": it.isolation,
        "seconds": it.seconds,
    }


def _recipe(it: Recipe) -> dict[str, object]:
    settings = {
        key: value if isinstance(value, str) else list(value) for key, value in sorted(it.config_settings.items())
    }
    return {
        "pins": list(it.pins),
        "more": list(it.more),
        "exclude_newer": it.exclude_newer,
        "python": it.python,
        "epoch": it.epoch,
        "clock": it.clock,
        "timezone": it.timezone,
        "umask": it.umask,
        "group_writable": it.group_writable,
        "line_ends": it.line_ends,
        "compiler": it.compiler,
        "canonical": it.canonical,
        "environment": dict(sorted(it.environment.items())),
        "config_settings": settings,
    }


def _judgement(it: Judgement) -> dict[str, object]:
    transplanted = it.transplanted
    return {
        "rung": it.rung.value,
        "transplanted": None
        if transplanted is None
        else {
            "size": transplanted.size,
            "fields": [list(pair) for pair in transplanted.fields],
            "deflate": transplanted.deflate,
        },
        "deviations": [
            {
                "member": each.member,
                "kind": each.kind,
                "summary": each.summary,
                "causes": [list(cause) for cause in each.causes],
                "follows": each.follows,
            }
            for each in it.deviations
        ],
        "storage": list(it.storage),
        "record": list(it.record),
    }


def _attested(it: Attested) -> dict[str, object]:
    return {
        "state": it.state,
        "said": it.said,
        "publisher": it.publisher,
        "repository": it.repository,
        "ref": it.ref,
        "commit": it.commit,
        "workflow": it.workflow,
    }


def _history(it: History) -> dict[str, object]:
    return {
        "repository": it.repository,
        "ref": it.ref,
        "commit": it.commit,
        "chosen": it.chosen,
        "added": list(it.added),
        "missing": list(it.missing),
        "changed": list(it.changed),
        "generated": [list(pair) for pair in it.generated],
        "programs": list(it.programs),
        "traits": [list(pair) for pair in it.traits],
        "subdirectory": it.subdirectory,
        "remarks": list(it.remarks),
        "problem": it.problem,
    }


# --- reading -------------------------------------------------------------------------------------------------
def from_document(document: Mapping[str, object]) -> Verification:
    """The verification that `to_document` has written. Raises `DataError` for anything else, and names the place."""
    it = _Object(document, "", len(Verification.__dataclass_fields__))
    attempts = it.tuple("attempts", _read_attempt)
    best = it.optional("best", _integer)
    if best is not None and not 0 <= best < len(attempts):
        raise _wrong("best", f"one of {len(attempts)} attempts")
    return Verification(
        target=it.text("target"),
        project=it.text("project"),
        version=it.text("version"),
        wheel=it.optional("wheel", _read_file),
        source=it.optional("source", _read_file),
        uploaded=it.text("uploaded"),
        generator=it.text("generator"),
        backend=it.text("backend"),
        attempts=attempts,
        best=best,
        attested=it.tuple("attested", _read_attested),
        history=it.optional("history", _read_history),
        problem=it.text("problem"),
        hint=it.text("hint"),
        notes=it.tuple("notes", _text),
        seconds=it.get("seconds", _number),
    )


class _Object:
    """An object of so many keys, whose values are read by kind; errors name the way to them."""

    def __init__(self, value: object, place: str, keys: int) -> None:
        if not isinstance(value, Mapping) or len(value) != keys:
            raise _wrong(place or "the document", f"an object with {keys} keys")
        self._values, self._place = value, place

    def get(self, key: str, reader: _Reader[_T]) -> _T:
        """What a reader makes of the value of a key."""
        place = f"{self._place}.{key}" if self._place else key
        if key not in self._values:
            raise _wrong(place, "there")
        value: object = self._values[key]
        return reader(value, place)

    def optional(self, key: str, reader: _Reader[_T]) -> _T | None:
        """The same, where null stands for nothing."""
        return self.get(key, lambda value, place: None if value is None else reader(value, place))

    def tuple(self, key: str, reader: _Reader[_T]) -> tuple[_T, ...]:
        """What a reader makes of the items of a list."""
        return self.get(key, lambda value, place: _items(value, place, reader))

    def text(self, key: str) -> str:
        """A text."""
        return self.get(key, _text)

    def flag(self, key: str) -> bool:
        """A boolean."""
        return self.get(key, _flag)


def _wrong(place: str, expected: str) -> DataError:
    return DataError(f"{place} is not {expected}", hint=_HINT)


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise _wrong(place, "a text")
    return value


def _flag(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(place, "true or false")
    return value


def _integer(value: object, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(place, "a whole number")
    return value


def _number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _wrong(place, "a number")
    return float(value)


def _items(value: object, place: str, reader: _Reader[_T]) -> tuple[_T, ...]:
    if not isinstance(value, (list, tuple)):
        raise _wrong(place, "a list")
    return tuple(reader(item, f"{place}[{index}]") for index, item in enumerate(value))


def _pair(value: object, place: str) -> tuple[str, str]:
    pair = _items(value, place, _text)
    if len(pair) != 2:
        raise _wrong(place, "a pair of texts")
    return pair[0], pair[1]


def _count(value: object, place: str) -> tuple[str, int]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise _wrong(place, "a name and a number")
    return _text(value[0], place), _integer(value[1], place)


def _mapping(value: object, place: str, reader: _Reader[_T]) -> dict[str, _T]:
    if not isinstance(value, Mapping):
        raise _wrong(place, "an object")
    return {_text(key, place): reader(item, f"{place}.{key}") for key, item in value.items()}


def _setting(value: object, place: str) -> str | list[str]:
    return value if isinstance(value, str) else list(_items(value, place, _text))


def _read_file(value: object, place: str) -> File:
    it = _Object(value, place, len(File._fields))
    return File(it.text("name"), it.text("sha256"), it.get("size", _integer), it.text("origin"))


def _read_step(value: object, place: str) -> Step:
    it = _Object(value, place, len(Step._fields))
    return Step(it.text("rule"), it.text("what"), it.text("why"))


def _read_choice(value: object, place: str) -> Choice:
    it = _Object(value, place, len(Choice._fields))
    return Choice(it.get("recipe", _read_recipe), it.tuple("steps", _read_step))


def _read_recipe(value: object, place: str) -> Recipe:
    it = _Object(value, place, len(Recipe.__dataclass_fields__))
    return Recipe(
        pins=it.tuple("pins", _text),
        more=it.tuple("more", _text),
        exclude_newer=it.optional("exclude_newer", _text),
        python=it.optional("python", _text),
        epoch=it.optional("epoch", _integer),
        clock=it.optional("clock", _integer),
        timezone=it.text("timezone"),
        umask=it.get("umask", _integer),
        group_writable=it.flag("group_writable"),
        line_ends=it.text("line_ends"),
        compiler=it.flag("compiler"),
        canonical=it.flag("canonical"),
        environment=it.get("environment", lambda held, at: _mapping(held, at, _text)),
        config_settings=it.get("config_settings", lambda held, at: _mapping(held, at, _setting)),
    )


def _read_attempt(value: object, place: str) -> Attempt:
    it = _Object(value, place, len(Attempt.__dataclass_fields__))
    return Attempt(
        choice=it.get("choice", _read_choice),
        judgement=it.optional("judgement", _read_judgement),
        rebuilt=it.optional("rebuilt", _read_file),
        failure=it.text("failure"),
        python=it.text("python"),
        requirements=it.tuple("requirements", _text),
        isolation=it.text("isolation"),
        seconds=it.get("seconds", _number),
    )


def _read_judgement(value: object, place: str) -> Judgement:
    it = _Object(value, place, len(Judgement.__dataclass_fields__))
    return Judgement(
        rung=it.get("rung", _read_rung),
        transplanted=it.optional("transplanted", _read_transplanted),
        deviations=it.tuple("deviations", _read_deviation),
        storage=it.tuple("storage", _text),
        record=it.tuple("record", _text),
    )


def _read_rung(value: object, place: str) -> Rung:
    try:
        return Rung(value)
    except ValueError:
        raise _wrong(place, "a rung of the ladder") from None


def _read_transplanted(value: object, place: str) -> Transplanted:
    it = _Object(value, place, len(Transplanted._fields))
    return Transplanted(it.get("size", _integer), it.tuple("fields", _count), it.text("deflate"))


def _read_deviation(value: object, place: str) -> Deviation:
    it = _Object(value, place, len(Deviation._fields))
    return Deviation(
        it.text("member"), it.text("kind"), it.text("summary"), it.tuple("causes", _pair), it.flag("follows")
    )


def _read_attested(value: object, place: str) -> Attested:
    it = _Object(value, place, len(Attested.__dataclass_fields__))
    return Attested(
        state=it.text("state"),
        said=it.text("said"),
        publisher=it.text("publisher"),
        repository=it.text("repository"),
        ref=it.text("ref"),
        commit=it.text("commit"),
        workflow=it.text("workflow"),
    )


def _read_history(value: object, place: str) -> History:
    it = _Object(value, place, len(History.__dataclass_fields__))
    return History(
        repository=it.text("repository"),
        ref=it.text("ref"),
        commit=it.text("commit"),
        chosen=it.text("chosen"),
        added=it.tuple("added", _text),
        missing=it.tuple("missing", _text),
        changed=it.tuple("changed", _text),
        generated=it.tuple("generated", _pair),
        programs=it.tuple("programs", _text),
        traits=it.tuple("traits", _pair),
        subdirectory=it.text("subdirectory"),
        remarks=it.tuple("remarks", _text),
        problem=it.text("problem"),
    )

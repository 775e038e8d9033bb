"""Verifications as JSON's values: there and back, and nothing else in."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from truewheel.errors import DataError
from truewheel.recipes.model import Choice, Recipe, Step
from truewheel.verdict import (
    Attempt,
    Attested,
    Deviation,
    File,
    History,
    Judgement,
    Rung,
    Transplanted,
    Verification,
    from_document,
    to_document,
)

_TEXT = st.text(max_size=8)
_TEXTS = st.lists(_TEXT, max_size=3).map(tuple)
_PAIRS = st.lists(st.tuples(_TEXT, _TEXT), max_size=2).map(tuple)
_NUMBER = st.integers(-(1 << 40), 1 << 70)
_SECONDS = st.floats(0, 1e6, allow_nan=False)
_FILES = st.builds(File, _TEXT, _TEXT, _NUMBER, _TEXT)
_RECIPES = st.builds(
    Recipe,
    pins=_TEXTS,
    more=_TEXTS,
    exclude_newer=st.none() | _TEXT,
    python=st.none() | _TEXT,
    epoch=st.none() | _NUMBER,
    clock=st.none() | _NUMBER,
    timezone=_TEXT,
    umask=st.integers(0, 0o777),
    group_writable=st.booleans(),
    line_ends=st.sampled_from(["\n", "\r\n"]),
    compiler=st.booleans(),
    canonical=st.booleans(),
    environment=st.dictionaries(_TEXT, _TEXT, max_size=2),
    config_settings=st.dictionaries(_TEXT, _TEXT | st.lists(_TEXT, max_size=2), max_size=2),
)
_DEVIATIONS = st.builds(Deviation, _TEXT, _TEXT, _TEXT, _PAIRS, st.booleans())
_COUNTS = st.lists(st.tuples(_TEXT, _NUMBER), max_size=2).map(tuple)
_JUDGEMENTS = st.builds(
    Judgement,
    rung=st.sampled_from(Rung),
    transplanted=st.none() | st.builds(Transplanted, _NUMBER, _COUNTS, _TEXT),
    deviations=st.lists(_DEVIATIONS, max_size=2).map(tuple),
    storage=_TEXTS,
    record=_TEXTS,
)
_ATTEMPTS = st.builds(
    Attempt,
    choice=st.builds(Choice, _RECIPES, st.lists(st.builds(Step, _TEXT, _TEXT, _TEXT), max_size=2).map(tuple)),
    judgement=st.none() | _JUDGEMENTS,
    rebuilt=st.none() | _FILES,
    failure=_TEXT,
    python=_TEXT,
    requirements=_TEXTS,
    isolation=_TEXT,
    seconds=_SECONDS,
)
_ATTESTED = st.builds(
    Attested, state=_TEXT, said=_TEXT, publisher=_TEXT, repository=_TEXT, ref=_TEXT, commit=_TEXT, workflow=_TEXT
)
_HISTORIES = st.builds(
    History,
    repository=_TEXT,
    ref=_TEXT,
    commit=_TEXT,
    chosen=_TEXT,
    added=_TEXTS,
    missing=_TEXTS,
    changed=_TEXTS,
    generated=_PAIRS,
    problem=_TEXT,
)


@st.composite
def verifications(draw: st.DrawFn) -> Verification:
    """Any verification."""
    attempts = tuple(draw(st.lists(_ATTEMPTS, max_size=3)))
    return Verification(
        target=draw(_TEXT),
        project=draw(_TEXT),
        version=draw(_TEXT),
        wheel=draw(st.none() | _FILES),
        source=draw(st.none() | _FILES),
        uploaded=draw(_TEXT),
        generator=draw(_TEXT),
        backend=draw(_TEXT),
        attempts=attempts,
        best=draw(st.none() | st.integers(0, len(attempts) - 1)) if attempts else None,
        attested=tuple(draw(st.lists(_ATTESTED, max_size=2))),
        history=draw(st.none() | _HISTORIES),
        problem=draw(_TEXT),
        hint=draw(_TEXT),
        notes=draw(_TEXTS),
        seconds=draw(_SECONDS),
    )


@settings(max_examples=80, deadline=None)
@given(verifications())
def test_there_and_back(verification: Verification) -> None:
    document = to_document(verification)
    assert from_document(document) == verification
    text = json.dumps(document)
    assert from_document(json.loads(text)) == verification
    assert json.dumps(to_document(from_document(json.loads(text)))) == text


FULL = Verification(
    target="sample==1.0",
    project="sample",
    version="1.0",
    wheel=File("a.whl", "00", 1),
    source=File("a.tar.gz", "11", 2, "an index"),
    attempts=(
        Attempt(
            choice=Choice(
                Recipe(environment={"B": "1", "A": "2"}, config_settings={"a": ["1", "2"], "A": "b"}, epoch=1),
                (Step("generator", "setuptools==70.0.0", "WHEEL says so"),),
            ),
            judgement=Judgement(
                rung=Rung.ZIP_METADATA,
                transplanted=Transplanted(8, (("time", 1),), "zlib level 6"),
                deviations=(Deviation("a", "content", "b", (("backend", "c"),), follows=True),),
                storage=("s",),
                record=("r",),
            ),
            rebuilt=File("a.whl", "22", 3),
            requirements=("setuptools==70.0.0",),
            seconds=1.5,
        ),
    ),
    best=0,
    attested=(Attested(state="absent", said="there is none"),),
    history=History(repository="r", ref="v1", commit="c", chosen="tag", generated=(("PKG-INFO", "setuptools"),)),
    notes=("a note",),
)


def test_keys_stand_in_one_order() -> None:
    document = to_document(FULL)
    assert list(document) == list(Verification.__dataclass_fields__)
    text = json.dumps(document)
    assert text.index('"A": "2"') < text.index('"B": "1"')
    assert text.index('"A": "b"') < text.index('"a": ["1", "2"]')


def _places(value: object, way: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    """The way to every value in a document."""
    if way:
        yield way
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _places(item, (*way, key))


_DOCUMENT = json.loads(json.dumps(to_document(FULL)))


def _changed(way: tuple[object, ...], new: object) -> dict[str, object]:
    document: dict[str, object] = copy.deepcopy(_DOCUMENT)
    inner: object = document
    for key in way[:-1]:
        inner = inner[key]  # type: ignore[index]
    if new is _MISSING:
        del inner[way[-1]]  # type: ignore[attr-defined]
    else:
        inner[way[-1]] = new  # type: ignore[index]
    return document


_MISSING = object()


@pytest.mark.parametrize("way", list(_places(_DOCUMENT)), ids=lambda way: ".".join(map(str, way)))
def test_another_type_is_refused_everywhere(way: tuple[object, ...]) -> None:
    """What nothing is: a set of bytes. And a boolean is no number, nor a number a boolean."""
    with pytest.raises(DataError):
        from_document(_changed(way, {b"bytes"}))
    inner: object = _DOCUMENT
    for key in way:
        inner = inner[key]  # type: ignore[index]
    other: object = 1 if isinstance(inner, bool) else True
    with pytest.raises(DataError):
        from_document(_changed(way, other))


@pytest.mark.parametrize("way", [way for way in _places(_DOCUMENT) if isinstance(way[-1], str)], ids=str)
def test_a_key_that_is_missing_or_too_much_is_refused(way: tuple[object, ...]) -> None:
    if way[-2:-1] in {("environment",), ("config_settings",)}:
        return
    with pytest.raises(DataError):
        from_document(_changed(way, _MISSING))
    with pytest.raises(DataError, match=str(way[-1])):
        from_document({**_changed(way[:-1], _renamed(way))} if way[:-1] else _renamed(way))


def _renamed(way: tuple[object, ...]) -> dict[str, object]:
    inner: object = _DOCUMENT
    for key in way[:-1]:
        inner = inner[key]  # type: ignore[index]
    assert isinstance(inner, dict)
    return {f"{key}2" if key == way[-1] else key: value for key, value in inner.items()}


@pytest.mark.parametrize(
    ("way", "new"),
    [
        (("best",), 1),
        (("best",), -1),
        (("seconds",), float("nan")),
        (("seconds",), float("inf")),
        (("attempts", 0, "judgement", "rung"), "perfect"),
        (("attempts", 0, "judgement", "transplanted", "fields"), [["time"]]),
        (("attempts", 0, "judgement", "transplanted", "fields"), [["time", 1.5]]),
        (("attempts", 0, "judgement", "deviations", 0, "causes"), [["one"]]),
        (("attempts", 0, "judgement", "storage"), "text"),
    ],
)
def test_values_that_are_none_are_refused(way: tuple[object, ...], new: object) -> None:
    with pytest.raises(DataError) as raised:
        from_document(_changed(way, new))
    assert raised.value.hint

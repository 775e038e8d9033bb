"""Two trees of code objects, compared function by function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from struct import Struct
from typing import Final, NamedTuple

from truewheel.compare.marshal_model import Code, Collection, Number, Singleton, Value
from truewheel.compare.model import Cause, Difference, Kind
from truewheel.compare.native_clues import clipped, clues, told
from truewheel.compare.native_parts import existing, values
from truewheel.compare.native_producers import Strings
from truewheel.compare.reasons import BUILD_PATH, HASH_ORDER

_MOST_CODES: Final = 1000
"""How many functions that differ are told one by one."""
_DEEPEST: Final = 20
_FLOAT, _COMPLEX = Struct("<d"), Struct("<2d")


class _Two(NamedTuple):
    """Two code objects that stand in the same place; ``path`` is its name with those around it."""

    path: str
    left: Code
    right: Code


def compare_codes(left: Code, right: Code) -> tuple[Difference, ...]:
    """In what two modules differ; empty where all values in them are the same."""
    if left == right:
        return ()
    pairs = tuple(_pairs(_Two(left.name, left, right)))
    found = [*_filenames(pairs)]
    for two in pairs:
        if inside := existing(_parts(two)):
            if len(found) == _MOST_CODES:
                summary = "more code differs, which isn't shown"
                found.append(Difference("code", Kind.CONTENT, summary))
                break
            found.append(Difference(two.path, Kind.CONTENT, "the code differs", inside=inside))
    return tuple(found) or (Difference(left.name, Kind.CONTENT, "the code differs"),)


def _pairs(two: _Two) -> Iterator[_Two]:
    """The two, and the code objects among their constants that belong together by their order and name."""
    yield two
    ones, others = ([value for value in code.constants if isinstance(value, Code)] for code in (two.left, two.right))
    if [code.name for code in ones] == [code.name for code in others]:
        for one, other in zip(ones, others, strict=True):
            if one != other:
                path = one.name if two.left.name == "<module>" else f"{two.path}.{one.name}"
                yield from _pairs(_Two(path, one, other))


def _filenames(pairs: Sequence[_Two]) -> Iterator[Difference]:
    """The names of sources: every code object has its own, and nearly always they are all the same."""
    unlike = [(two.left.filename, two.right.filename) for two in pairs if two.left.filename != two.right.filename]
    if unlike:
        one, other = unlike[0]
        absolute = all(name.startswith("/") or name[1:2] == ":" for name in unlike[0])
        causes = clues(Strings((one,), (other,)))
        if BUILD_PATH not in [cause.reason for cause in causes]:
            causes = (Cause(BUILD_PATH, f"{one} on the left, {other} on the right", sure=absolute), *causes)
        summary = f"the source's name differs, in {len(unlike):,} code object{'s' if len(unlike) > 1 else ''}"
        shown = clipped(one), clipped(other)
        yield Difference("co_filename", Kind.CONTENT, summary, *shown, causes=causes)


def _parts(two: _Two) -> Iterator[Difference | None]:
    left, right = two.left, two.right
    yield values("co_name", "the name", (left.name, right.name))
    yield _bytes("co_code", "of bytecode", left.bytecode, right.bytecode)
    yield _constants(left.constants, right.constants)
    yield _names("co_names", "names", left.names, right.names)
    yield _names("variables", "variables", left.locals, right.locals)
    lines = left.first_line, right.first_line
    yield values("co_firstlineno", "the first line", [str(line) for line in lines])
    yield values("co_qualname", "the qualified name", (left.qualname, right.qualname))
    yield _bytes("line table", "of the line table", left.lines, right.lines)
    yield _bytes("exception table", "of the exception table", left.exceptions or b"", right.exceptions or b"")
    counts = dict(right.numbers)
    for name, number in left.numbers:
        yield values(name, f"the number of {name}" if name != "flags" else "flags", [str(number), str(counts[name])])


def _bytes(place: str, what: str, left: bytes, right: bytes) -> Difference | None:
    if left == right:
        return None
    if len(left) != len(right):
        return Difference(place, Kind.CONTENT, f"{len(left):,} bytes {what} on the left, {len(right):,} on the right")
    number = sum(one != other for one, other in zip(left, right, strict=True))
    return Difference(place, Kind.CONTENT, f"{number:,} of {len(left):,} bytes {what} differ")


def _names(place: str, what: str, left: tuple[Value, ...], right: tuple[Value, ...]) -> Difference | None:
    if left == right:
        return None
    return _listed(place, what, left, right)


def _listed(place: str, what: str, left: Sequence[Value], right: Sequence[Value]) -> Difference:
    """Two lists that differ: in order alone, or in values, which are told as far as they can be told apart."""
    ones, others = (Counter(map(_shown_whole, side)) for side in (left, right))
    if ones != others:
        alone = Strings(
            tuple(_shown(value) for value in left if _shown_whole(value) not in others),
            tuple(_shown(value) for value in right if _shown_whole(value) not in ones),
        )
        return Difference(place, Kind.CONTENT, f"the {what} differ", *told(alone))
    shown = Strings(*(tuple(map(_shown, side)) for side in (left, right)))
    return Difference(place, Kind.CONTENT, f"the {what} stand in another order", *told(shown))


def _alone(left: Sequence[str], right: Sequence[str]) -> Strings:
    ones, others = set(left), set(right)
    return Strings(
        tuple(value for value in left if value not in others), tuple(value for value in right if value not in ones)
    )


def _constants(left: tuple[Value, ...], right: tuple[Value, ...]) -> Difference | None:
    """Constants but for code: those in the same place that differ, and sets that differ in their order alone."""
    ones, others = ([value for value in side if not isinstance(value, Code)] for side in (left, right))
    codes, other_codes = ([value.name for value in side if isinstance(value, Code)] for side in (left, right))
    if codes != other_codes:
        return _listed("co_consts", "functions and classes", tuple(codes), tuple(other_codes))
    if ones == others:
        kinds = [[isinstance(value, Code) for value in side] for side in (left, right)]
        if kinds[0] == kinds[1]:
            return None
        return Difference("co_consts", Kind.CONTENT, "functions stand elsewhere among the constants")
    unlike = [(one, other) for one, other in zip(ones, others, strict=False) if one != other]
    if len(ones) == len(others) and all(_same_set(one, other) for one, other in unlike):
        one, other = (_shown(value) for value in unlike[0])
        cause = Cause(HASH_ORDER, f"{one} on the left, {other} on the right")
        summary = "the items of a set stand in another order"
        return Difference("co_consts", Kind.CONTENT, summary, one, other, causes=(cause,))
    texts, other_texts = ([value for value in side if isinstance(value, str)] for side in (ones, others))
    told_of = _listed("co_consts", "constants", ones, others)
    causes = clues(_alone(texts, other_texts))
    if causes and _others(ones) != _others(others):
        inside = (
            Difference("strings", Kind.CONTENT, "some strings that differ are explained", causes=causes),
            Difference("other constants", Kind.CONTENT, "no cause is known of the others"),
        )
        return replace(told_of, inside=inside)
    return replace(told_of, causes=causes)


def _others(constants: Sequence[Value]) -> Counter[str]:
    """The constants that are no strings."""
    return Counter(_shown_whole(value) for value in constants if not isinstance(value, str))


def _same_set(left: Value, right: Value) -> bool:
    """Whether two values are the same but for the order in sets, at any depth."""
    if isinstance(left, Collection) and isinstance(right, Collection) and left.kind == right.kind:
        if left.kind in ("set", "frozenset"):
            return sorted(map(_shown_whole, left.items)) == sorted(map(_shown_whole, right.items))
        return _all_same(left.items, right.items)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return _all_same(left, right)
    return left == right


def _all_same(left: tuple[Value, ...], right: tuple[Value, ...]) -> bool:
    return len(left) == len(right) and all(_same_set(one, other) for one, other in zip(left, right, strict=True))


def _shown_whole(value: Value) -> str:
    """A value as text that is the same for equal values alone; sets are told in the order of their items' texts."""
    if isinstance(value, Collection):
        items = list(map(_shown_whole, value.items))
        return f"{value.kind}({', '.join(sorted(items) if value.kind in ('set', 'frozenset') else items)})"
    if isinstance(value, tuple):
        return f"({', '.join(map(_shown_whole, value))},)"
    return repr(value)


def _shown(value: Value, depth: int = 0) -> str:
    """A value as Python writes it, roughly."""
    if isinstance(value, str):
        return repr(value) if depth else value
    if isinstance(value, Singleton):
        return value.name
    if isinstance(value, Number):
        return _number(value)
    if isinstance(value, Code):
        return f"<code {value.name}>"
    if isinstance(value, (Collection, tuple)):
        items = value.items if isinstance(value, Collection) else value
        inside = ", ".join(_shown(item, depth + 1) for item in items[:_DEEPEST]) if depth < _DEEPEST else "…"
        kind = value.kind if isinstance(value, Collection) else ""
        return f"{kind}({inside}{', …' if len(items) > _DEEPEST else ''})"
    return clipped(repr(value))


def _number(value: Number) -> str:
    if value.kind == "float":
        return repr(_FLOAT.unpack(value.raw)[0])
    if value.kind == "complex":
        return repr(complex(*_COMPLEX.unpack(value.raw)))
    return f"an integer of {len(value.raw) // 2:,} digits of 15 bits"

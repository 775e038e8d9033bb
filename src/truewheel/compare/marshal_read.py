"""A bounded reader of marshalled values, as .pyc files of CPython 3.8 to 3.14 have them.

`marshal.loads` is not for data from elsewhere: it may crash the process. This reads what the compiler writes
(``Python/marshal.c``, format versions 4 and 5), takes no more memory than a small multiple of the file, and refuses
everything else. References to objects that were read before can make a small file stand for an endless value: the
values are counted as often as they are referred to.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final

from truewheel.binary.fields import Fields
from truewheel.compare.marshal_model import Code, Collection, Number, Singleton, Value
from truewheel.errors import BinaryError

_FLAG_REF: Final = 0x80
_DEEPEST: Final = 100
_SHARING: Final = 16
_LEAST_ROOM: Final = 1 << 12
_LONGEST_DIGITS: Final = 1 << 10
_INT, _SHORT, _LONG = Struct("<i"), Struct("<H"), Struct("<I")
_SINGLETONS: Final = {
    ord("0"): Singleton("nothing"),
    ord("N"): Singleton("None"),
    ord("T"): Singleton("True"),
    ord("F"): Singleton("False"),
    ord("S"): Singleton("StopIteration"),
    ord("."): Singleton("Ellipsis"),
}
_SEQUENCES: Final = {ord("["): "list", ord("<"): "set", ord(">"): "frozenset"}
_COUNTS_38: Final = ("arguments", "positional-only", "keyword-only", "locals", "stack size", "flags")
_COUNTS_311: Final = ("arguments", "positional-only", "keyword-only", "stack size", "flags")


def read_marshal(data: bytes, offset: int, version: tuple[int, int]) -> Value:
    """The value that stands at `offset`, up to the end, as a Python of this version wrote it.

    Raises `BinaryError` for what the compiler doesn't write: damage, other types, nesting beyond 100 levels.
    """
    reader = _Reader(Fields(data, offset), version)
    value = reader.value(0)
    if reader.at != reader.fields.size:
        raise reader.fields.error("there is more behind the marshalled value", reader.at)
    return value


class _Reader:
    """Reads one value after the other. ``refs`` are the objects that can be referred to, with how much each counts."""

    def __init__(self, fields: Fields, version: tuple[int, int]) -> None:
        self.fields = fields
        self.at = 0
        self._version = version
        self._refs: list[tuple[Value, int] | None] = []
        self._room = max(_LEAST_ROOM, _SHARING * fields.size)
        self._count = 0
        self._readers: dict[int, Callable[[int, int], Value]] = {
            ord("i"): self._integer,
            ord("l"): self._long,
            ord("g"): self._number,
            ord("y"): self._number,
            ord("s"): self._bytes,
            ord("("): self._tuple,
            ord(")"): self._tuple,
            ord("["): self._sequence,
            ord("<"): self._sequence,
            ord(">"): self._sequence,
            ord("{"): self._dictionary,
            ord(":"): self._slice,
            ord("c"): self._code,
            **{ord(kind): self._text for kind in "utaAzZ"},
        }

    def value(self, depth: int) -> Value:
        """The next value, with the reference that it may be or may be given."""
        (kind,) = self._take(1)
        flagged, kind = kind & _FLAG_REF, kind & ~_FLAG_REF
        if kind == ord("r"):
            return self._reference()
        if depth > _DEEPEST:
            raise self._error(f"values lie in each other more than {_DEEPEST} levels deep")
        before = self._count
        self._spend(1)
        if kind in _SINGLETONS:
            return _SINGLETONS[kind]
        if kind not in self._readers:
            raise self._error(f"{bytes([kind])!r} is no type of marshalled values")
        place = len(self._refs)
        if flagged:
            self._refs.append(None)
        value = self._readers[kind](kind, depth + 1)
        if flagged:
            self._refs[place] = value, self._count - before
        return value

    def _reference(self) -> Value:
        index = self._size()
        known = self._refs[index] if index < len(self._refs) else None
        if known is None:
            raise self._error(f"there is no value {index} that could be referred to")
        self._spend(known[1])
        return known[0]

    def _spend(self, number: int) -> None:
        self._count += number
        if self._count > self._room:
            raise self._error("references make the values endless")

    def _error(self, what: str) -> BinaryError:
        return self.fields.error(what, self.at)

    def _take(self, size: int) -> bytes:
        taken = self.fields.take(self.at, size, "a marshalled value")
        self._count += size >> 5  # to compare long texts takes time too, wherever they are referred to
        self.at += size
        return taken

    def _size(self) -> int:
        """A length or an index: no value can have more parts than the file has bytes."""
        (size,) = _LONG.unpack(self._take(4))
        return int(size)

    def _integer(self, _: int, __: int) -> Value:
        return int(_INT.unpack(self._take(4))[0])

    def _long(self, _: int, __: int) -> Value:
        """An integer of digits of 15 bits; a negative number of them stands for a negative integer."""
        (number,) = _INT.unpack(self._take(4))
        raw = self._take(2 * abs(number))
        if abs(number) > _LONGEST_DIGITS:
            return Number("int", raw + (b"-" if number < 0 else b"+"))
        total = 0
        for index, (digit,) in enumerate(_SHORT.iter_unpack(raw)):
            total |= digit << 15 * index
        return -total if number < 0 else total

    def _number(self, kind: int, _: int) -> Value:
        return Number("float", self._take(8)) if kind == ord("g") else Number("complex", self._take(16))

    def _bytes(self, _: int, __: int) -> Value:
        return self._take(self._size())

    def _text(self, kind: int, _: int) -> Value:
        short = kind in b"zZ"
        raw = self._take(self._take(1)[0] if short else self._size())
        return raw.decode("utf-8", "surrogatepass" if _passes(raw) else "backslashreplace")

    def _items(self, number: int, depth: int) -> tuple[Value, ...]:
        self.fields.check(self.at, number, "the items of a marshalled value")
        return tuple(self.value(depth) for _ in range(number))

    def _tuple(self, kind: int, depth: int) -> Value:
        return self._items(self._take(1)[0] if kind == ord(")") else self._size(), depth)

    def _sequence(self, kind: int, depth: int) -> Value:
        return Collection(_SEQUENCES[kind], self._items(self._size(), depth))

    def _dictionary(self, _: int, depth: int) -> Value:
        items: list[Value] = []
        while (key := self.value(depth)) != _SINGLETONS[ord("0")]:
            items += (key, self.value(depth))
        return Collection("dict", tuple(items))

    def _slice(self, _: int, depth: int) -> Value:
        return Collection("slice", self._items(3, depth))

    # --- code objects ----------------------------------------------------------------------------------------
    def _code(self, _: int, depth: int) -> Value:
        new = self._version >= (3, 11)
        counts = tuple((name, self._word()) for name in (_COUNTS_311 if new else _COUNTS_38))
        bytecode, constants, names = self._raw(depth), self._many(depth), self._many(depth)
        if new:
            variables: tuple[Value, ...] = (*self._many(depth), self._raw(depth))
        else:
            variables = (self._many(depth), self._many(depth), self._many(depth))
        filename, name = self._name(depth), self._name(depth)
        qualname = self._name(depth) if new else None
        first_line, lines = self._word(), self._raw(depth)
        exceptions = self._raw(depth) if new else None
        return Code(
            name, qualname, filename, first_line, counts, bytecode, constants, names, variables, lines, exceptions
        )

    def _word(self) -> int:
        return int(_INT.unpack(self._take(4))[0])

    def _raw(self, depth: int) -> bytes:
        value = self.value(depth)
        if not isinstance(value, bytes):
            raise self._error("a code object has no bytes where they belong")
        return value

    def _many(self, depth: int) -> tuple[Value, ...]:
        value = self.value(depth)
        if not isinstance(value, tuple):
            raise self._error("a code object has no tuple where one belongs")
        return value

    def _name(self, depth: int) -> str:
        value = self.value(depth)
        if not isinstance(value, str):
            raise self._error("a code object has no name where one belongs")
        return value


def _passes(raw: bytes) -> bool:
    """Whether the bytes are UTF-8, or would be if surrogates were allowed, as marshal allows them."""
    try:
        raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True

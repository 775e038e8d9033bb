"""What a marshalled file holds, as values: code objects, and the constants that Python has no safe value for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Code:
    """A code object. Fields of other versions are None: ``qualname`` and ``exceptions`` are there from 3.11 on.

    ``numbers`` are counts and flags by name; ``lines`` is the table of line numbers, ``names`` those of globals and
    attributes, and ``locals`` of variables of all kinds.
    """

    name: str
    qualname: str | None
    filename: str
    first_line: int
    numbers: tuple[tuple[str, int], ...]
    bytecode: bytes
    constants: tuple[Value, ...]
    names: tuple[Value, ...]
    locals: tuple[Value, ...]
    lines: bytes
    exceptions: bytes | None


@dataclass(frozen=True, slots=True)
class Collection:
    """A list, a set, a frozenset, a dictionary (its keys and values in turns) or a slice, in the file's order."""

    kind: str
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A float or a complex number as the file has it, so that NaN and zeros with a sign are told apart.

    Integers of more than 4,000 digits are numbers of this kind too, for nobody reads them.
    """

    kind: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Singleton:
    """None, True, False, Ellipsis, StopIteration, or the absence of a value."""

    name: str


Value: TypeAlias = "Code | Collection | Number | Singleton | tuple[Value, ...] | str | bytes | int"
"""A marshalled value. Booleans are singletons, so that they differ from 0 and 1."""

"""Tables of settings whose values are asked for by type: what is wrong in one is said by its key."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from truewheel.errors import RequestError
from truewheel.packing.globs import Globs
from truewheel.packing.model import Names
from truewheel.wheel.paths import fault

_BARE: Final = re.compile("[A-Za-z0-9_-]{1,80}")
_LONGEST_SHOWN: Final = 80
_KINDS: Final = {bool: "true or false", int: "an integer", float: "a float", str: "a string"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of TOML, called ``name`` with dots; what it lacks may stand in the ``outer`` one.

    Where a value isn't what it should be, each method raises `RequestError`.
    """

    name: str
    values: Mapping[str, object]
    outer: Table | None = None

    def __contains__(self, key: str) -> bool:
        return key in self.values or (self.outer is not None and key in self.outer)

    def value(self, key: str) -> object:
        """The value as it stands; None where there is none."""
        if key in self.values:
            return self.values[key]
        return None if self.outer is None else self.outer.value(key)

    def text(self, key: str, should: str = "a string") -> str:
        """A string, "" where there is none."""
        value = self.value(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.wrong(key, should)
        return value

    def texts(self, key: str, should: str = "a list of strings") -> Names | None:
        """A list of strings; None where there is none."""
        value = self.value(key)
        if value is None:
            return None
        if not isinstance(value, (list, tuple)):
            raise self.wrong(key, should)
        for item in value:
            if not isinstance(item, str):
                raise RequestError(f"{self.place(key)} holds {kind(item)}; it should be {should}")
        return tuple(value)

    def globs(self, key: str) -> Names | None:
        """A list of globs that `Globs` takes; None where there is none."""
        patterns = self.texts(key, "a list of globs")
        try:
            Globs(patterns or ())
        except RequestError as error:
            raise RequestError(f"{self.place(key)}: {error.what}", hint=error.hint) from None
        return patterns

    def table(self, key: str, should: str = "a table") -> Table:
        """A table, empty where there is none."""
        value = self.value(key)
        if value is None:
            return Table(self.below(key), {})
        if not isinstance(value, Mapping):
            raise self.wrong(key, should)
        return Table(self.below(key), value)

    def tables(self, key: str, should: str) -> Iterator[Table]:
        """The tables of a list."""
        value = self.value(key)
        if value is None:
            return
        if not isinstance(value, (list, tuple)):
            raise self.wrong(key, should)
        for item in value:
            if not isinstance(item, Mapping):
                raise RequestError(f"{self.place(key)} holds {kind(item)}; it should be {should}")
            yield Table(self.below(key), item)

    def pairs(self, should: str) -> dict[str, str]:
        """The whole table, all of whose values are strings; `should` says what they are."""
        return {key: self.text(key, should) for key in self.values}

    def demand_known(self, known: Collection[str], hints: Mapping[str, str]) -> None:
        """Refuse keys that nobody reads, with what the writer may have meant: `hints` for those that are foreseen."""
        unknown = sorted(set(self.values) - set(known))
        if not unknown:
            return
        key = unknown[0]
        near = next(iter(get_close_matches(key[:_LONGEST_SHOWN], sorted(known), n=1)), "")
        hint = hints.get(key) or (f"did you mean {near}?" if near else "")
        it_may = f"it may have {', '.join(sorted(known))}"
        raise RequestError(f"[{self.name}] has no key {_shown(key)}", hint=f"{hint} ({it_may})" if hint else it_may)

    def wrong(self, key: str, should: str, hint: str = "") -> RequestError:
        """The error for a value of another kind than it should be."""
        return RequestError(f"{self.place(key)} is {kind(self.value(key))}; it should be {should}", hint=hint)

    def place(self, key: str) -> str:
        """A key and the table that it stands in, in words."""
        if key in self.values or self.outer is None:
            return f"[{self.name}] {_shown(key)}"
        return self.outer.place(key)

    def below(self, key: str) -> str:
        """What the table under a key is called."""
        if key in self.values or self.outer is None:
            return f"{self.name}.{_shown(key)}"
        return self.outer.below(key)


def kind(value: object) -> str:
    """What a value of TOML is, in words."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, (list, tuple)):
        return "a list"
    return _KINDS.get(type(value), "a date or a time")


def demand_path(path: str, place: str) -> str:
    """A path with slashes that means the same file on every system; `place` says where it is written.

    Raises `RequestError` for any other, absolute ones and those that lead out among them.
    """
    if problem := path_fault(path):
        raise RequestError(
            f"{place}: {_shown(path)} is no path for a file: {problem}",
            hint="write it with slashes, below the folder that it starts from",
        )
    return path


def path_fault(path: str) -> str:
    """What is wrong with the path of a file, as a sentence; empty if nothing is."""
    try:
        path.encode()
    except UnicodeEncodeError:  # an argument that is no text
        return "it is no Unicode"
    return fault(path) or ("it ends in a slash, as a folder does" if path.endswith("/") else "")


def _shown(key: str) -> str:
    """A key as it may be written in TOML, and no longer than anybody wants to read."""
    if _BARE.fullmatch(key):
        return key
    return json.dumps(key if len(key) <= _LONGEST_SHOWN else f"{key[:_LONGEST_SHOWN]}…", ensure_ascii=False)

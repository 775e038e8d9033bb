"""What of a recipe is not what every build gets, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from truewheel.recipes.model import Recipe


class Trait(NamedTuple):
    """A part of a recipe that is not what every build gets: its name in words, and what it is."""

    name: str
    value: str


def traits(recipe: Recipe) -> Iterator[Trait]:
    """What of a recipe is not what every build gets."""
    usual = Recipe()
    if recipe.pins:
        yield Trait("pinned", ", ".join(recipe.pins))
    if recipe.more:
        yield Trait("required besides", ", ".join(recipe.more))
    if recipe.exclude_newer is not None:
        yield Trait("no release after", recipe.exclude_newer)
    if recipe.python is not None:
        yield Trait("Python", recipe.python)
    if recipe.epoch is not None:
        yield Trait("SOURCE_DATE_EPOCH", str(recipe.epoch))
    if recipe.clock is not None:
        yield Trait("clock stands still at", str(recipe.clock))
    if recipe.timezone != usual.timezone:
        yield Trait("time zone", recipe.timezone)
    if recipe.umask != usual.umask:
        yield Trait("umask", f"{recipe.umask:03o}")
    yield from _more_traits(recipe)


def _more_traits(recipe: Recipe) -> Iterator[Trait]:
    if recipe.group_writable:
        yield Trait("sources", "writable for the group")
    if recipe.line_ends != "\n":
        yield Trait("line ends", "CR LF" if recipe.line_ends == "\r\n" else repr(recipe.line_ends))
    if not recipe.compiler:
        yield Trait("compiler", "none")
    if recipe.canonical:
        yield Trait("form", "canonical")
    for name, value in recipe.environment.items():
        yield Trait("variable", f"{name}={value}")
    for name, setting in recipe.config_settings.items():
        values = [setting] if isinstance(setting, str) else setting
        yield from (Trait("setting", f"{name}={value}") for value in values)

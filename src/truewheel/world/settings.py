"""What the surroundings ask for: environment variables, ``[tool.truewheel]``, the number of cores."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from truewheel.errors import RequestError, Where
from truewheel.rules import selected
from truewheel.wheel import epoch
from truewheel.world.toml import read_toml

_OPTIONS = {"select", "ignore", "strict", "exclude"}


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of ``[tool.truewheel.check]`` in pyproject.toml; the command line overrules them."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool = False
    exclude: tuple[str, ...] = ()


def core_count() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def source_date_epoch(environment: Mapping[str, str] | None = None) -> int | None:
    """The seconds in ``SOURCE_DATE_EPOCH``, or None where it isn't set. Raises `RequestError` if it is no number."""
    text = (os.environ if environment is None else environment).get("SOURCE_DATE_EPOCH", "")
    return epoch(text) if text else None


def load_settings(folder: Path | None = None) -> Settings:
    """The settings of the nearest pyproject.toml at or above `folder` (the current one by default)."""
    try:
        start = (folder or Path.cwd()).resolve()
    except OSError:  # the current folder was removed
        return Settings()
    found = next((path for place in (start, *start.parents) if _is_file(path := place / "pyproject.toml")), None)
    return Settings() if found is None else _settings_of(found)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder above that may not be looked into
        return False


def _settings_of(path: Path) -> Settings:
    document = read_toml(path)
    tools: object = document.get("tool", {})
    ours: object = tools.get("truewheel", {}) if isinstance(tools, dict) else {}
    if not isinstance(ours, dict):
        raise RequestError("[tool.truewheel] is not a table", where=Where(file=str(path)))
    misplaced = sorted(set(ours) & _OPTIONS)
    if misplaced:
        raise RequestError(
            f"[tool.truewheel] has no option {misplaced[0]!r}",
            where=Where(file=str(path)),
            hint=f"it belongs into [tool.truewheel.check]: {', '.join(sorted(_OPTIONS))}",
        )
    table: object = ours.get("check", {})
    if not isinstance(table, dict):
        raise RequestError("[tool.truewheel.check] is not a table", where=Where(file=str(path)))
    unknown = sorted(set(table) - _OPTIONS)
    if unknown:
        raise RequestError(
            f"[tool.truewheel.check] has no option {unknown[0]!r}",
            where=Where(file=str(path)),
            hint="the options are select, ignore, strict and exclude",
        )
    strict = table.get("strict", False)
    if not isinstance(strict, bool):
        raise RequestError("[tool.truewheel.check] strict is true or false", where=Where(file=str(path)))
    return Settings(
        select=_selectors(table, "select", path),
        ignore=_selectors(table, "ignore", path),
        strict=strict,
        exclude=_words(table, "exclude", "patterns for libraries", path),
    )


def _selectors(table: Mapping[str, object], key: str, path: Path) -> tuple[str, ...]:
    chosen = _words(table, key, "rule ids", path)
    try:
        selected(chosen)
    except RequestError as error:
        raise error.within(file=str(path)) from None
    return chosen


def _words(table: Mapping[str, object], key: str, what: str, path: Path) -> tuple[str, ...]:
    """An option that is a list of strings; `what` says of what kind."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RequestError(f"[tool.truewheel.check] {key} is a list of {what}", where=Where(file=str(path)))
    return tuple(value)

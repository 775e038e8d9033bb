"""The backend that `truewheel.backend` stands in for, as ``[tool.truewheel]`` in a pyproject.toml names it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from truewheel.errors import RequestError, TruewheelError
from truewheel.world.toml import read_toml

_OURS: Final = "truewheel.backend"
_KEYS: Final = {"backend", "backend-path", "check", "pack"}
_EXAMPLE: Final = '\n  [tool.truewheel]\n  backend = "setuptools.build_meta"'


@dataclass(frozen=True, slots=True)
class Wrapped:
    """What ``[tool.truewheel]`` of a project says: a backend as ``module`` or ``module:object``, and where it lies.

    ``path`` are the folders of ``backend-path`` from the root; empty for a backend that is installed.
    """

    project: Path
    backend: str
    path: tuple[str, ...] = ()

    @classmethod
    def of(cls, project: Path) -> Wrapped:
        """The backend that the pyproject.toml in the folder names. Raises `RequestError` where it doesn't."""
        file = project / "pyproject.toml"
        try:
            return cls._of(project, _table(file))
        except TruewheelError as error:
            raise error.within(file=str(file)) from None

    @classmethod
    def _of(cls, project: Path, table: Mapping[str, object]) -> Wrapped:
        if unknown := sorted(set(table) - _KEYS):
            known = ", ".join(sorted(_KEYS))
            raise RequestError(f"[tool.truewheel] has no option {unknown[0]!r}", hint=f"it may have {known}")
        backend = table.get("backend")
        if backend is None:
            raise RequestError(
                f"{_OURS} wraps another build backend, and nothing says which",
                hint=f"say it in pyproject.toml:\n{_EXAMPLE}",
            )
        if not isinstance(backend, str) or not _is_object(backend):
            raise RequestError(
                "[tool.truewheel] backend is no module, nor an object in one (module:object)",
                hint=f"write it as it would stand in [build-system] build-backend:\n{_EXAMPLE}",
            )
        if backend.partition(":")[0] == _OURS:
            raise RequestError(
                f"{_OURS} can't wrap itself",
                hint="[tool.truewheel] backend names the one that built the project before",
            )
        return cls(project, backend, _folders(project, table.get("backend-path", [])))


def _table(file: Path) -> Mapping[str, object]:
    """``[tool.truewheel]``, empty where there is none."""
    if not os.path.lexists(file):
        raise RequestError("there is no such file", hint=f"{_OURS} runs in the folder of a project")
    document = read_toml(file)
    tools: object = document.get("tool", {})
    table: object = tools.get("truewheel", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise RequestError("[tool.truewheel] is not a table")
    return table


def _is_object(name: str) -> bool:
    """Whether it has the form of an entry point: ``module`` or ``module:object``."""
    module, colon, attributes = name.partition(":")
    parts = [*module.split("."), *(attributes.split(".") if colon else ())]
    return all(part.isidentifier() for part in parts)


def _folders(project: Path, value: object) -> tuple[str, ...]:
    """The folders of ``backend-path``, which lie in the project (PEP 517)."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise RequestError('[tool.truewheel] backend-path is a list of folders, as in ["."]')
    root = project.resolve()
    for item in value:
        if "\0" in item:
            raise RequestError("[tool.truewheel] backend-path has a folder with a NUL in its name")
        place = root / item
        if Path(item).is_absolute() or not place.resolve().is_relative_to(root):
            raise RequestError(f"[tool.truewheel] backend-path leads out of the project: {item!r}")
        if not place.is_dir():
            raise RequestError(f"[tool.truewheel] backend-path names no folder of the project: {item!r}")
    return tuple(os.path.normpath(root / item) for item in value)

"""The ``[build-system]`` of a project: what builds it, and what that needs (PEP 517, PEP 518)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement

from truewheel.errors import RequestError, Where
from truewheel.toml import loads

_LARGEST: Final = 16 << 20
_REFERENCE: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?::[^\W\d]\w*(?:\.[^\W\d]\w*)*)?")
_KEYS: Final = {"requires", "build-backend", "backend-path"}


class BuildSystem(NamedTuple):
    """Requirements as they are written, the backend as ``module`` or ``module:object``, and where it lies itself."""

    requires: tuple[str, ...]
    backend: str
    backend_path: tuple[str, ...] = ()


LEGACY: Final = BuildSystem(("setuptools>=40.8.0",), "setuptools.build_meta:__legacy__")
"""What PEP 517 says of a project without ``[build-system]``, or without ``build-backend`` in it."""


def build_system(project: Path) -> BuildSystem:
    """Read the ``[build-system]`` in a project's folder. Raises `RequestError` where there is none to go by."""
    path = project / "pyproject.toml"
    try:
        if path.is_file():
            return _of(_parsed(path))
        if (project / "setup.py").is_file():
            return LEGACY
    except RequestError as error:
        raise error.within(file="pyproject.toml") from None
    raise RequestError(
        "there is neither pyproject.toml nor setup.py at the top of the sources",
        hint="name the folder of the project; in a repository, #subdirectory= says where it is",
    )


_LOCAL: Final = re.compile(r"(?i)(?:git\+|hg\+|svn\+|bzr\+)?file:|[^:]*$|[a-z]:").match
"""Addresses of files, and paths."""


def demand_requirements(words: object, who: str) -> tuple[str, ...]:
    """A list of requirements (PEP 508), checked. Raises `RequestError` that names `who` wrote it."""
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise RequestError(f"{who} is not a list of strings")
    for word in words:
        if reason := _no_requirement(word):
            raise RequestError(f"{who} holds {word!r}, which is no requirement: {reason}")
    return tuple(words)


def _no_requirement(word: str) -> str:
    """Why a string is no requirement, or "" where it is one that may be handed to an installer."""
    # Of two lines, the second would be an option for pip or uv; and both put variables of the caller's into ${NAME}.
    if not word.replace("\t", " ").isprintable():
        return "it has characters that can't be printed"
    if "${" in word:
        return "it asks for a variable of the environment"
    try:
        address = Requirement(word).url or ""
    except InvalidRequirement as error:
        return str(error).partition("\n")[0]
    # It is read outside of all isolation, and the build gets to see what is in it.
    return "it names a file of this machine" if address and _LOCAL(address) else ""


def _parsed(path: Path) -> dict[str, object]:
    if path.stat().st_size > _LARGEST:
        raise RequestError("is larger than 16 MiB")
    try:
        return loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RequestError(f"can't be read as TOML: {error}", where=Where(file=path.name)) from None


def _of(document: dict[str, object]) -> BuildSystem:
    table = document.get("build-system")
    if table is None:
        return LEGACY
    if not isinstance(table, dict):
        raise RequestError("build-system is not a table")
    if unknown := sorted(set(table) - _KEYS):
        raise RequestError(f"[build-system] has no key {unknown[0]!r}", hint=f"its keys are {', '.join(sorted(_KEYS))}")
    if "requires" not in table:
        raise RequestError("[build-system] lacks requires", hint='say what the backend needs, as in requires = ["…"]')
    requires = demand_requirements(table["requires"], "[build-system] requires")
    backend: object = table.get("build-backend")
    if backend is None:
        return LEGACY._replace(requires=requires)
    if not isinstance(backend, str) or not _REFERENCE.fullmatch(backend):
        raise RequestError("[build-system] build-backend is not of the form module or module:object")
    path: object = table.get("backend-path", [])
    if not isinstance(path, list) or not all(isinstance(part, str) and part for part in path):
        raise RequestError("[build-system] backend-path is not a list of folders")
    for part in path:
        if _leads_out(part):
            raise RequestError(f"[build-system] backend-path leads out of the sources, to {part!r}")
    return BuildSystem(requires, backend, tuple(path))


def _leads_out(part: str) -> bool:
    """Whether a path goes above the folder that it starts from, or names a place of its own (PEP 517)."""
    depth = 0
    for name in part.replace("\\", "/").split("/"):
        depth += {"..": -1, ".": 0, "": 0}.get(name, 1)
        if depth < 0:
            return True
    return part.startswith(("/", "\\")) or ":" in part or "\0" in part

"""Folders to search in, and what is found there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from truewheel.world.libraries import LibrarySearch
from truewheel.world.mapped import MappedLibrary


def put(path: Path, data: bytes = b"") -> Path:
    """A file, with its own path in it or other `data`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data or str(path).encode())
    return path.resolve()


def found(
    search: LibrarySearch, name: str, *run_paths: str, beside: Path | None = None, kind: str = "elf"
) -> list[Path]:
    """Where the candidates for a name are; `beside` is the file that asks."""
    asking = None if beside is None else MappedLibrary(str(beside))
    return [Path(file.path) for file in search.candidates(name, run_paths, asking, kind=kind)]


def matched(search: LibrarySearch, pattern: str, kind: str) -> list[Path]:
    """Where the files are that a pattern means."""
    return [Path(file.path) for file in search.matching(pattern, kind=kind)]


def resolved(base: Path, names: Iterable[str]) -> list[Path]:
    """Real paths below a folder."""
    return [(base / name).resolve() for name in names]

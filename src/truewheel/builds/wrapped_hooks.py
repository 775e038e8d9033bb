"""What `truewheel.backend` does around the hooks of the backend that it wraps: fixed circumstances, canonical results.

A hook works in the current folder, which is the project's (PEP 517).
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from truewheel.builds.artefacts import canonical_info, canonical_sdist, canonical_wheel, kind_of
from truewheel.builds.wrapped import Wrapped
from truewheel.builds.wrapped_call import Caller
from truewheel.builds.wrapped_surroundings import UMASK, fixed, with_stand_ins
from truewheel.errors import RequestError, SdistError, WheelError
from truewheel.world.settings import source_date_epoch

Settings: TypeAlias = "Mapping[str, str | list[str]] | None"


def optional_hooks() -> frozenset[str]:
    """The optional hooks that the backend has."""
    return _optional_hooks(Path.cwd())


@lru_cache(maxsize=1)
def _optional_hooks(project: Path) -> frozenset[str]:
    """Kept, as frontends ask for one hook after the other."""
    return Caller(Wrapped.of(project), fixed(os.environ), UMASK).hooks()


def built(hook: str, folder: str, *arguments: object) -> str:
    """Build a wheel or an sdist, write its canonical form into a folder, and give its name.

    ``arguments`` are those of the hook behind its folder. Nothing else comes into the folder, and nothing at all where
    it fails.
    """
    timestamp = source_date_epoch()
    with _room() as (caller, room):
        (out := room / "out").mkdir()
        name = caller.call(hook, str(out), *arguments)
        made = _made(caller.wrapped, hook, out, name, stat.S_IFREG)
        with _refused(caller.wrapped, made.name):
            return _canonical(made, Path(folder), caller.wrapped.project, timestamp)


def _canonical(made: Path, folder: Path, project: Path, timestamp: int | None) -> str:
    """Write the canonical form of what was made into a folder; its name there."""
    if made.suffix != ".whl":
        return canonical_sdist(made, folder, timestamp=timestamp).name
    canonical_wheel(made, folder / made.name, timestamp=timestamp, folders=(str(project), str(project.resolve())))
    return made.name


@contextmanager
def _refused(wrapped: Wrapped, name: str) -> Iterator[None]:
    """Have errors in what was made say whose they are: the place where it was made is gone already."""
    try:
        yield
    except (WheelError, SdistError) as error:
        error.where = replace(error.where, file=name)
        error.hint = f"{wrapped.backend} wrote this, and nothing of it is passed on"
        raise


def prepared(folder: str, settings: Settings) -> str:
    """Have the metadata of a wheel prepared, in the form that it has in the canonical wheel."""
    with _room() as (caller, _):
        hook = "prepare_metadata_for_build_wheel"
        name = caller.call(hook, folder, settings)
        canonical_info(_made(caller.wrapped, hook, Path(folder), name, stat.S_IFDIR))
        return str(name)


def requirements(hook: str, settings: Settings) -> object:
    """What the backend needs besides, for a wheel or an sdist."""
    with _room() as (caller, _):
        return caller.call(hook, settings)


def passed_on(hook: str, *arguments: object) -> object:
    """A hook for editable installs: nothing is changed, the environment included."""
    return Caller(Wrapped.of(Path.cwd()), os.environ).call(hook, *arguments)


def _made(wrapped: Wrapped, hook: str, folder: Path, name: object, kind: int) -> Path:
    """What a hook says that it made: a file or a folder, as ``kind`` of `stat` has it; links aren't followed.

    Raises `RequestError` where that isn't there, or is something else.
    """
    found = kind_of(folder / name) if isinstance(name, str) and name and Path(name).name == name else 0
    if not isinstance(name, str) or found != kind:
        other = "which is no folder" if kind == stat.S_IFDIR else "which is no regular file"
        what = other if found else "which is not there"
        raise RequestError(
            f"{wrapped.backend} says that {hook} made {name!r}, {what}",
            hint="this is a defect of the backend; build without truewheel.backend to report it",
        )
    return folder / name


@contextmanager
def _room() -> Iterator[tuple[Caller, Path]]:
    """Who calls hooks under fixed circumstances, and a folder for what they make."""
    wrapped = Wrapped.of(Path.cwd())
    with tempfile.TemporaryDirectory(prefix="truewheel-", ignore_cleanup_errors=True) as name:
        room = Path(name)
        environment = with_stand_ins(fixed(os.environ), room / "bin", wrapped.project)
        yield Caller(wrapped, environment, UMASK), room

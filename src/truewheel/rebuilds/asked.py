"""From a recipe to a build: what is asked of it, and the conditions that its publisher had."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from truewheel.builds.model import Conditions, Request
from truewheel.errors import RequestError, Where
from truewheel.rebuilds.model import Terms
from truewheel.recipes.model import Recipe

_PINS: Final = "constraints.txt"
_WHEEL: Final = "wheel"


def asked(
    recipe: Recipe, source: str, *, constraints_folder: Path, terms: Terms, hidden: Sequence[Path] = ()
) -> tuple[Request, Conditions]:
    """The build of `source` by a recipe, and what that build sees of the world.

    ``source`` is an sdist, a folder, or ``git+URL[@REV]``. Pins are written to a file in `constraints_folder`, which
    must outlive the build. An sdist's files keep the times that they have in it, as every unpacker leaves them: where
    SOURCE_DATE_EPOCH wasn't set, these times are in the wheel. What is asked for by a user comes before what was
    inferred. ``hidden`` are places where the published wheel lies. Raises `RequestError` where the file can't be
    written.
    """
    request = Request(
        source=source,
        sdist=False,
        wheel=True,
        python=terms.python or _own(recipe.python),
        installer=terms.installer,
        constraints=_constraints(recipe, constraints_folder),
        exclude_newer=recipe.exclude_newer,
        more=_more(recipe),
        config_settings=recipe.config_settings,
        environment=recipe.environment,
        network=terms.network,
        isolation=terms.isolation,
        hidden=tuple(hidden),
        epoch=recipe.epoch,
        seconds=terms.seconds,
        memory=terms.memory,
        canonical=recipe.canonical,
        limits=terms.limits,
    )
    conditions = Conditions(
        umask=recipe.umask,
        timezone=recipe.timezone,
        epoch_set=recipe.epoch is not None,
        sources_kept=True,
        group_writable=recipe.group_writable,
        frozen=recipe.clock,
        line_ends=recipe.line_ends,
        compiler=recipe.compiler,
    )
    return request, conditions


def _more(recipe: Recipe) -> tuple[str, ...]:
    """What is required besides: also ``wheel`` where it is pinned.

    It is pinned where it took part. Older setuptools ask for it when they run, and the environment, which a program of
    the build has seen by then, is made anew for what it lacks: that takes half of the time of a small build.
    """
    took_part = any(pin.partition("==")[0].strip() == _WHEEL for pin in recipe.pins)
    return (*recipe.more, _WHEEL) if took_part and _WHEEL not in recipe.more else recipe.more


def _own(version: str | None) -> str | None:
    """The Python that runs this, where it is of the version: of several it is the likeliest to be the publisher's."""
    return sys.executable if version == ".".join(map(str, sys.version_info[:2])) else version


def _constraints(recipe: Recipe, folder: Path) -> tuple[Path, ...]:
    """The pins as a file in pip's format; none where nothing is pinned."""
    if not recipe.pins:
        return ()
    path = folder / _PINS
    try:
        path.write_text("".join(f"{pin}\n" for pin in recipe.pins), encoding="utf-8", newline="\n")
    except OSError as error:
        raise RequestError(f"can't be written: {error.strerror}", where=Where(file=str(path))) from None
    return (path,)

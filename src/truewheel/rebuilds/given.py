"""What verifying is given: indexes, Pythons and files, as `Terms` and this machine's configuration say."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from truewheel.builds import interpreter, resolve_uv
from truewheel.builds.default_index import default_index
from truewheel.builds.isolation import possible
from truewheel.errors import DataError, RequestError
from truewheel.index.client import Client
from truewheel.index.model import IndexSettings
from truewheel.index.settings import load
from truewheel.rebuilds import signing
from truewheel.rebuilds.model import Terms
from truewheel.recipes.model import Override
from truewheel.recipes.overrides import Overrides, parse
from truewheel.world.regular import read_small

_LARGEST_OVERRIDES: Final = 1 << 20


def demand(terms: Terms) -> None:
    """Raise `RequestError` or `DataError` for what no wheel can be verified under: it is said once, before all else."""
    possible(terms.isolation)
    if terms.sign:
        if terms.out is None:
            raise RequestError("a signed statement has to be kept somewhere", hint="name a folder: --out DIR")
        signing.demand()
    _overrides(terms.overrides)
    if terms.tries < 1:
        raise RequestError("no build is allowed", hint="--tries 1, at least")
    if terms.python:
        tags_here(terms)


def client(terms: Terms) -> Client:
    """What speaks to the index. To be closed when nothing more is asked of it."""
    settings = terms.settings or configured()
    return Client(settings, terms.cache, offline=terms.offline, limits=terms.limits)


def configured(indexes: Sequence[str] = (), *, alone: bool = False) -> IndexSettings:
    """Where files come from: the addresses given, then what the user has configured for pip or uv unless `alone`."""
    return load(environment=dict(os.environ), default=default_index, indexes=indexes, alone=alone)


def tags_here(terms: Terms) -> tuple[str, ...]:
    """The tags of wheels that fit the Python that builds, the best first. Raises `RequestError` where there is none."""
    environment = dict(os.environ)
    return interpreter.find(terms.python, environment, resolve_uv.find(environment)).tags


def override_of(terms: Terms, project: str, version: str) -> Override | None:
    """What the user says of how a package was built. Raises `DataError` and `RequestError` for a file that is wrong."""
    overrides = _overrides(terms.overrides)
    return overrides.of(project, version) if overrides else None


def _overrides(path: Path | None) -> Overrides | None:
    if path is None:
        return None
    try:
        text = read_small(path, _LARGEST_OVERRIDES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError("isn't UTF-8").within(file=str(path)) from error
    return parse(text, str(path))

"""The published wheels that packed ones are compared with: names and hashes, of a folder or of an index."""

from __future__ import annotations

import os
from pathlib import Path

from truewheel.api.packing_model import Against, PackTerms
from truewheel.errors import RequestError, Where
from truewheel.packing.model import About
from truewheel.world.mapped import MappedLibrary, sha256_of


def published_wheels(about: About, against: Against, terms: PackTerms) -> tuple[str, dict[str, str]]:
    """Where the wheels of the version were looked for, in words, and their sha256 by name ("" where nobody tells).

    Raises `RequestError` where the folder can't be read, or the index has no answer.
    """
    if against.folder is not None:
        return os.fspath(against.folder), _in_folder(against.folder, f"{about.distribution}-{about.version}-")
    from truewheel.index.client import Client  # noqa: PLC0415  # what only those need who ask an index
    from truewheel.index.published import published  # noqa: PLC0415  # the same
    from truewheel.rebuilds.given import configured  # noqa: PLC0415  # the same

    settings = configured((against.index,) if against.index else (), alone=bool(against.index))
    with Client(settings, terms.cache, offline=terms.offline) as client:
        return "the index", published(client, about.name, about.version)


def _in_folder(folder: Path, stem: str) -> dict[str, str]:
    """The hashes of the wheels in a folder whose names begin so."""
    try:
        names = sorted(path.name for path in folder.iterdir() if path.name.startswith(stem))
    except OSError as error:
        raise RequestError(f"can't be read: {error.strerror}", where=Where(file=str(folder))) from None
    return {name: _sha256(folder / name) for name in names if name.endswith(".whl")}


def _sha256(path: Path) -> str:
    file = MappedLibrary(str(path))
    try:
        return sha256_of(file.data)
    finally:
        file.close()

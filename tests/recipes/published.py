"""Published wheels and sdists that the rules rest on, pinned by sha256 in ``published.json``, fetched once.

They come from whatever index the user has configured, by truewheel's own client, since pip runs an sdist's build to
download it. They are kept beside the corpus.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.corpus import CorpusError, cache_folder, locked, sha256_of
from truewheel.builds.default_index import default_index
from truewheel.errors import RequestError
from truewheel.index.client import Client
from truewheel.index.settings import load
from truewheel.recipes import Evidence, trace
from truewheel.sdist import Sdist, SdistName
from truewheel.sdist import read as read_sdist
from truewheel.wheel import Wheel, WheelName
from truewheel.wheel import read as read_wheel

PYTHONS = ("3.13.0", "3.12.1", "3.11.7", "3.10.13", "3.9.18", "3.8.18")
"""At hand, as far as the tests are concerned."""
DEFAULT = "3.12.1"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table; without ``sdist`` the rules that it is for need none."""

    project: str
    version: str
    uploaded: str
    wheel: str
    wheel_sha256: str
    sdist: str
    sdist_sha256: str


ROWS = {f"{row.project} {row.version}": row for row in (Row(**facts) for facts in json.loads(
    Path(__file__).with_name("published.json").read_text(encoding="utf-8")
))}  # fmt: skip


@cache
def wheel_of(release: str) -> Wheel:
    """The wheel of a release such as ``six 1.16.0``. Raises `CorpusError` where it can't be had."""
    row = ROWS[release]
    data = _file(row, row.wheel, row.wheel_sha256).read_bytes()
    return read_wheel(data, WheelName.parse(row.wheel))


@cache
def sdist_of(release: str) -> Sdist | None:
    """The sdist of a release, None where the table has none."""
    row = ROWS[release]
    if not row.sdist:
        return None
    data = _file(row, row.sdist, row.sdist_sha256).read_bytes()
    return read_sdist(data, SdistName.parse(row.sdist))


@cache
def evidence_of(release: str) -> Evidence:
    """What a release tells, with all Pythons of the tests at hand."""
    row = ROWS[release]
    return trace(wheel_of(release), sdist_of(release), uploaded=row.uploaded, pythons=PYTHONS, default_python=DEFAULT)


def _file(row: Row, name: str, sha256: str) -> Path:
    folder = cache_folder() / "recipes"
    target = folder / name
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / f".{name}.lock"):
        if not target.exists():
            _fetch(row, name, target)
    if (found := sha256_of(target)) != sha256:
        raise CorpusError(f"{name} has sha256 {found}, the table says {sha256}")
    return target


def _fetch(row: Row, name: str, target: Path) -> None:
    settings = load(environment=dict(os.environ), default=default_index)
    try:
        with Client(settings, target.parent / "index") as client:
            file = next((file for file in client.files(row.project) if file.name == name), None)
            if file is None:
                raise CorpusError(f"no index lists {name}")
            part = target.with_name(f".{name}.part")
            part.write_bytes(client.fetch(file).path.read_bytes())
            part.replace(target)
    except RequestError as error:
        raise CorpusError(f"{name} can't be fetched: {error}") from error

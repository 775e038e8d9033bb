"""What is to be packed: read from settings and a command line, or written as settings to start from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import truewheel.ops.pack as verb
from truewheel.api.common import AnyPath
from truewheel.api.libraries import Places, library_search
from truewheel.errors import RequestError, TruewheelError
from truewheel.index.addresses import without_credentials
from truewheel.packing.model import Packing
from truewheel.packing.settings_about import METADATA
from truewheel.packing.template import Origin, appended, template, with_settings
from truewheel.wheel import Limits
from truewheel.world import packing as outside
from truewheel.world import replacing
from truewheel.world.archives import open_archive
from truewheel.world.regular import read_small
from truewheel.world.toml import read_toml

_USUAL: Final = "pyproject.toml"
_LARGEST: Final = 16 << 20


def load_packing(
    archives: Iterable[str] = (),
    options: Mapping[str, object] | None = None,
    *,
    config: AnyPath | None = None,
    targets: Iterable[str] = (),
) -> Packing:
    """What the settings in `config` ask to pack; by default those of the pyproject.toml here, if there is one.

    `archives`, paths or addresses with ``#sha256=``, take the place of their targets, and `options`, keys as
    ``[tool.truewheel.pack]`` has them, that of theirs. Of the targets, those labelled as in `targets` are kept, all for
    none. Raises `RequestError`, which names the file.
    """
    path, words, given = _config(config), list(archives), dict(options or {})
    if path is None and not words:
        raise RequestError(
            "there is nothing to pack: no archive is named, and there is no pyproject.toml here",
            hint="truewheel pack ARCHIVE --name NAME --version VERSION",
        )
    if path is None and "name" not in given:
        raise RequestError("the project has no name", hint="add --name NAME and --version VERSION")
    return outside.load_packing(path, options=given, archives=words, wanted=targets)


def project_folder(config: AnyPath | None = None) -> Path:
    """The folder that paths of the settings count from."""
    return Path() if config is None else Path(config).parent


def begin_packing(
    archives: Iterable[str] = (),
    options: Mapping[str, object] | None = None,
    *,
    config: AnyPath | None = None,
    limits: Limits | None = None,
) -> Path:
    """Write settings to start from into `config`, by default pyproject.toml here; the path of the file.

    Of `archives` they name paths and hashes, and where all can be packed, programs and licences; `options` stand in
    them as given. A file that is there gets the table at its end. Raises `RequestError` where it has such a table
    already, and for archives that can't be read.
    """
    path, given = Path(_USUAL if config is None else config), dict(options or {})
    words = list(archives)
    if "name" not in given and (metadata := [key for key in METADATA if key in given]):
        raise RequestError(
            f"{', '.join(metadata)} without a name: all metadata come from [project] then", hint="add --name NAME"
        )
    name, version = (str(given.get(key) or "") for key in ("name", "version"))
    if words:
        packing = outside.load_packing(None, options={"name": "x", "version": "0", **given}, archives=words)
        text = _of_archives(packing, name, version, path.parent, limits or Limits())
    else:
        text = template(name, version, ())
    text = with_settings(text, {key: value for key, value in given.items() if key not in {"name", "version"}})
    before = ""
    if path.exists():
        read_toml(path)  # what isn't TOML stays as it is
        before = read_small(path, _LARGEST).decode("utf-8")
    try:
        whole = appended(before, text)
    except TruewheelError as error:
        raise error.within(file=str(path)) from None
    with replacing(path) as file:
        file.write(whole.encode("utf-8"))
    return path


def _of_archives(packing: Packing, name: str, version: str, folder: Path, limits: Limits) -> str:
    """The settings, to lie in `folder`, for archives that are here: those with an address say their hash themselves."""
    origins: list[Origin] = []
    licences: list[tuple[str, ...]] = []
    for target in packing.targets:
        if target.remote:
            # User and password have no place in a file that is shared; netrc is for them.
            origins.append(Origin(target.label, without_credentials(target.source), target.sha256))
            continue
        with open_archive(Path(target.source), limits, sha256=target.sha256) as opened:
            origin = Origin(target.label, _from(folder, target.source), opened.sha256 or "")
            wanted = verb.Wanted(packing.about, target, limits=limits)
            # What can't be packed as it is needs settings all the more.
            with suppress(RequestError), library_search(Places()) as libraries:
                packed = verb.pack(opened.archive, wanted, libraries)
                if wanted.target.programs is None:
                    origin = origin._replace(programs={one.command: one.path for one in packed.programs})
                licences.append(tuple(path.rpartition(".dist-info/licenses/")[2] for path in packed.licences))
            origins.append(origin)
    # A list holds for all archives, and it is metadata, which stand elsewhere where there is no name.
    common = licences[0] if name and len(set(licences)) == 1 else ()
    return template(name, version, origins, common)


def _from(folder: Path, source: str) -> str:
    """The path of an archive as settings in a folder name it, on every system."""
    if folder == Path():
        return Path(source).as_posix()
    try:
        return Path(os.path.relpath(source, folder)).as_posix()
    except ValueError:  # on another drive
        return Path(source).absolute().as_posix()


def _config(config: AnyPath | None) -> Path | None:
    """The file with the settings; None for none."""
    if config is not None:
        return Path(config)
    usual = Path(_USUAL)
    return usual if usual.exists() else None

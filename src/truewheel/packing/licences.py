"""The licences that a wheel brings: files of the archive, or of the project's folder, below ``.dist-info/licenses``."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, NamedTuple

from truewheel.archives import Item
from truewheel.binary.magic import HEAD, identify
from truewheel.errors import RequestError, WheelError
from truewheel.packing.globs import Globs, literal
from truewheel.packing.licences_names import is_licence
from truewheel.packing.metadata import license_path
from truewheel.packing.model import Names
from truewheel.packing.words import listed
from truewheel.wheel import Bytes, Content, Limits
from truewheel.wheel.paths import read_names

__all__ = ["Licence", "is_licence", "licences"]

_MOST_SHOWN: Final = 8


class Licence(NamedTuple):
    """A file of ``.dist-info/licenses``; ``path`` is relative to that, as License-File has it (PEP 639)."""

    path: str
    content: Content


def licences(
    stripped: Mapping[str, Item],
    excluded: Callable[[str], bool],
    globs: Names | None,
    beside: Mapping[str, bytes],
) -> tuple[Licence, ...]:
    """The licences of a wheel, sorted by path, which is the one in the archive or the project's folder.

    ``stripped`` is the whole archive, ``beside`` what the globs mean in the project's folder. Without globs they are
    the files of the archive that look like licences, but for excluded and native ones: a program may be called
    ``license``. With globs they are what these match, excluded or not, since ``exclude`` is about the other places of a
    file; a glob that matches nothing in the archive stands for files of the project's folder. So the archive's file
    wins where both have one of that name, and no two ever meet.

    Their bytes are taken as they are: PEP 639 wants text, but licences come as PDF, too.

    Raises `RequestError` for globs that match nothing, for files of the archive that look like licences and are
    neither matched nor excluded, and for native files, names that License-File can't have, and names that are one on
    some systems.
    """
    alike = [name for name in stripped if is_licence(name) and not _format(stripped[name].content)]
    if globs is None:
        taken = {name: stripped[name].content for name in alike if not excluded(name)}
    else:
        taken = _matched(stripped, globs, beside)
        if left := sorted(name for name in alike if name not in taken and not excluded(name)):
            raise _left_out(left, globs)
    for name in sorted(taken):
        _check(name, taken[name])
    _check_clashes(sorted(taken))
    return tuple(Licence(name, taken[name]) for name in sorted(taken))


def _matched(stripped: Mapping[str, Item], globs: Names, beside: Mapping[str, bytes]) -> dict[str, Content]:
    """What the globs mean. Raises `RequestError` where one means nothing."""
    inside = Globs(globs)
    absent = inside.idle(stripped)
    outside = Globs(absent)
    if nothing := outside.idle(beside):
        raise RequestError(
            f"license-files: nothing in the archive or the project's folder matches {listed(nothing)}",
            hint="paths are those in the archive without the stripped folders; ** stands for any folders: **/LICENSE*",
        )
    taken: dict[str, Content] = {name: item.content for name, item in stripped.items() if inside.match(name)}
    if absent:  # else nobody looks through the folder
        taken.update({name: Bytes(beside[name]) for name in beside if outside.match(name)})
    return taken


def _left_out(left: Collection[str], globs: Names) -> RequestError:
    """The error for files that look like licences, and of which nothing is said."""
    count = "a file looks like a licence and is" if len(left) == 1 else f"{len(left)} files look like licences and are"
    named = [literal(name) for name in left]
    if len(left) > _MOST_SHOWN:
        files = sorted({f"**/{name.rpartition('/')[2]}" for name in named})
        named = files if len(files) <= _MOST_SHOWN else ["**/LICENSE*", "**/COPYING*", "**/NOTICE*"]
    return RequestError(
        f"license-files: {count} neither in it nor excluded: {listed(left)}",
        hint=f"write license-files = {_list([*globs, *named])}, or leave it out, then all of them are taken; those "
        f"that don't belong to the program need exclude = {_list(named)}",
    )


def _check(name: str, content: Content) -> None:
    """Refuse a path that License-File can't have, and what is no licence for sure."""
    license_path(name)
    if found := _format(content):
        raise RequestError(
            f"license-files: {name!r} is no licence but a native file ({found})",
            hint="write globs that match the licences alone",
        )


def _check_clashes(names: Iterable[str]) -> None:
    """Refuse names that would be one file where case or composition don't count, and a file where others need a folder.

    They may come from two places: the archive, and the project's folder.
    """
    try:
        read_names([name.encode() for name in names], Limits(), lambda _: None)
    except WheelError as error:
        raise RequestError(
            f"license-files: {error.what}",
            hint="rename the one in the project's folder, or match only one of them",
        ) from None


def _format(content: Content) -> str:
    """The native format that a file claims to have; "" for none."""
    return identify(content.head(HEAD)) or ""


def _list(values: Iterable[str]) -> str:
    """A list as TOML writes it."""
    return f"[{', '.join(json.dumps(value, ensure_ascii=False) for value in values)}]"

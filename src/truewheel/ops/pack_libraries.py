"""Libraries that packed files need: in the archive, promised, left to others, grafted, or an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from truewheel.binary import Elf, Image, Pe
from truewheel.binary.graph import Graph
from truewheel.ops.fates import Lost, base_name, not_found
from truewheel.ops.libraries import Libraries
from truewheel.ops.pack_model import Wanted
from truewheel.ops.pack_programs import is_program
from truewheel.ops.wishes import Wishes
from truewheel.policy import Outcome, macos, windows
from truewheel.policy.group import is_libpython

if TYPE_CHECKING:
    from truewheel.ops.repair import Request

_OPTION: Final = "--exclude-library"
"""What leaves a library to others, on the command line."""


def missing(outcome: Outcome) -> list[Lost]:
    """The libraries that are neither there nor promised, and that nothing works without."""
    found: dict[str, set[str]] = {}
    for lack in outcome.missing:
        found.setdefault(lack.library, set()).update(lack.members)
    return [Lost(library, tuple(sorted(found[library])), ()) for library in sorted(found)]


def interpreters(images: Mapping[str, Image], graph: Graph, wanted: Wanted) -> list[Lost]:
    """The libraries of an interpreter that programs need: that of the Python which starts them isn't loaded there."""
    users = {library: _programs(members, images) for library, members in sorted(graph.external.items())}
    why = "a program is no part of the Python that starts it, and must find one of its own"
    return [
        Lost(library, members, (why,), never=True)
        for library, members in users.items()
        if members and _is_interpreters(library, images[members[0]]) and not wanted.exclude.mean(library)
    ]


def _programs(members: tuple[str, ...], images: Mapping[str, Image]) -> tuple[str, ...]:
    return tuple(member for member in sorted(members) if is_program(images[member]))


def _is_interpreters(library: str, image: Image) -> bool:
    if isinstance(image, Elf):
        return is_libpython(base_name(library))
    if isinstance(image, Pe):
        return windows.is_interpreter(base_name(library).lower())
    return macos.is_interpreter(library)


def demand(lost: list[Lost], images: Mapping[str, Image], libraries: Libraries) -> None:
    """Raise `RequestError` where a library is lost."""
    if lost:
        raise not_found(lost, images.keys(), libraries, _OPTION)


def request(wanted: Wanted) -> Request:
    """What is asked of a repair that grafts: nothing is edited but what must find the grafts."""
    from truewheel.ops.repair import Request  # noqa: PLC0415  # with all planners, where something lacks

    wishes = Wishes(
        exclude=wanted.exclude,
        excluding=_OPTION,
        limits=wanted.limits,
        expand_relr=False,
        keep_exec_stack=True,
        keep_rpaths=True,
    )
    platforms = wanted.target.platforms
    return Request(wishes, platforms=platforms, only=bool(platforms), bill=wanted.bill, timestamp=wanted.timestamp)

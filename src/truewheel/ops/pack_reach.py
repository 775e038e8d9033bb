"""Whether programs find the libraries that lie beside them in the wheel.

An extension module may find a library by its mere name, for its package may have loaded that before. Nobody loads
anything before a program: its own run paths have to lead there, on Windows its own folder.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from truewheel.binary import Elf, Image, MachO, Pe
from truewheel.binary.graph import Graph
from truewheel.errors import RequestError, Where
from truewheel.ops.fates import base_name
from truewheel.policy import macos, windows
from truewheel.policy.given import is_given

_RUN_PATH = "run-path"


class Unreached(NamedTuple):
    """A library at ``provider`` in the wheel that ``user`` doesn't find there, which is ``program`` or loaded by it."""

    program: str
    user: str
    library: str
    provider: str


def demand_reached(
    programs: Collection[str],
    images: Mapping[str, Image],
    graph: Graph,
    libcs: Mapping[str, str],
    *,
    left: Callable[[str], bool],
    called: Callable[[str], str],
) -> None:
    """Raise `RequestError` where one of the `programs` can't be started for a library that only lies there.

    Those that are `left` to others aren't missed. `called` gives the name that a member has in the archive.
    """
    for program in sorted(programs):
        lost = next((one for one in _unreached(program, images, graph, libcs) if not left(one.library)), None)
        if lost is not None:
            raise _unstartable(lost, images[program], called)


def _unreached(
    program: str, images: Mapping[str, Image], graph: Graph, libcs: Mapping[str, str]
) -> Iterator[Unreached]:
    """The libraries that a program, or one that it loads, doesn't find, in order."""
    if isinstance(images.get(program), Pe):
        return _unreached_dlls(program, images, graph)
    return _off_run_paths(program, images, graph, libcs)


def _off_run_paths(
    program: str, images: Mapping[str, Image], graph: Graph, libcs: Mapping[str, str]
) -> Iterator[Unreached]:
    """Those to which no run path leads, and that the platform doesn't have besides.

    A library that was loaded for somebody else answers to its name from then on (ld.so(8), dyld(1)).
    """
    loaded, waiting = {program}, [program]
    found: set[str] = set()
    astray: list[Unreached] = []
    while waiting:
        user = waiting.pop()
        for edge in graph.loads.get(user, ()):
            if edge.provider is None or edge.strength:
                continue
            if edge.how != _RUN_PATH:
                astray.append(Unreached(program, user, edge.needed, edge.provider))
                continue
            found.add(base_name(edge.needed))
            if edge.provider not in loaded:
                loaded.add(edge.provider)
                waiting.append(edge.provider)
    for one in sorted(astray):
        if base_name(one.library) not in found and not _is_platforms(one, images[one.user], libcs):
            yield one


def _is_platforms(lost: Unreached, user: Image, libcs: Mapping[str, str]) -> bool:
    """Whether the platform has the library as well, which is the one that is loaded then."""
    if isinstance(user, Elf):
        return is_given(libcs.get(lost.user, ""), user.arch, lost.library)
    return isinstance(user, MachO) and macos.is_system(lost.library)


def _unreached_dlls(program: str, images: Mapping[str, Image], graph: Graph) -> Iterator[Unreached]:
    """Those that don't lie in the folder of the program, whoever asks (Dynamic-link library search order, Win32)."""
    folder = program.rpartition("/")[0]
    beside = {base_name(member).lower(): member for member in images if member.rpartition("/")[0] == folder}
    loaded, waiting = {program}, [program]
    while waiting:
        user = waiting.pop()
        for edge in graph.loads.get(user, ()):
            if edge.provider is None or edge.strength:
                continue
            there = beside.get(edge.needed)
            if there is not None and there not in loaded:
                loaded.add(there)
                waiting.append(there)
            elif there is None and not windows.promised(edge.needed, edge.arch):
                yield Unreached(program, user, edge.needed, edge.provider)


def _unstartable(lost: Unreached, image: Image, called: Callable[[str], str]) -> RequestError:
    who = (
        called(lost.user) if lost.user == lost.program else f"{called(lost.user)}, which {called(lost.program)} loads,"
    )
    way = "it isn't in the folder of the program" if isinstance(image, Pe) else "no run path leads there"
    help_ = {
        Pe: "keep DLLs in the folder of the program",
        Elf: "link with a run path such as $ORIGIN/../lib, and keep both where it leads",
    }.get(type(image), "link with a run path such as @loader_path/../lib, and keep both where it leads")
    name = base_name(lost.library)
    return RequestError(
        f"{who} needs {lost.library}, which is in the archive as {called(lost.provider)}, and {way}: "
        "the program wouldn't start",
        where=Where(member=called(lost.program)),
        hint=f"{help_}; or say --exclude-library {shlex.quote(name)} if something else sees to it",
    )

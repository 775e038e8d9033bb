"""The Mach-O files of a wheel as a repair looks at them: who asks for what, and who in the wheel could be meant."""

from __future__ import annotations

from collections.abc import Mapping

from truewheel.binary import MachO
from truewheel.binary.graph import Edge
from truewheel.ops.examine import Examination
from truewheel.ops.fates import base_name
from truewheel.ops.macho_closure import Asker, Key, Members, Searched, lengthened
from truewheel.ops.macho_slices import DYLIB, architectures_of, is_for, linked_slices, platforms_of
from truewheel.ops.places import reachable

_MOST_LOADERS = 32


def members_of(examination: Examination, folder: str) -> Members:
    """The members that a loader of the wheel's platform takes; `folder` is the one for grafts, with its slash."""
    name = examination.wheel.name
    needed = examination.outcome.requirements
    platforms, archs = platforms_of(name, needed), architectures_of(name, needed)
    images = {member: image for member, image in sorted(examination.images.items()) if isinstance(image, MachO)}
    provided = [(edge, edge.provider) for edge in examination.graph.edges if edge.provider and edge.member in images]
    led = {_key(edge): provider for edge, provider in provided if edge.how == "run-path"}
    loaders = _loaders(led)
    askers = [
        Asker(member, part, is_for(part.arch, archs), None, chain)
        for member, image in images.items()
        for chain in (_chain(member, images, loaders),)
        for part in linked_slices(image, platforms)
    ]
    return Members(
        tuple(askers),
        led,
        {_key(edge): provider for edge, provider in provided if edge.how != "run-path" and provider != edge.member},
        _named(askers),
        tuple(entry.name.removeprefix(folder) for entry in examination.wheel if entry.name.startswith(folder)),
        archs,
        platforms,
    )


def _key(edge: Edge) -> Key:
    return edge.member, edge.arch, edge.needed


def _loaders(led: Mapping[Key, str]) -> dict[str, list[str]]:
    """Who loads each member, sorted."""
    found: dict[str, set[str]] = {}
    for (member, _, _), provider in led.items():
        found.setdefault(provider, set()).add(member)
    return {provider: sorted(members) for provider, members in found.items()}


def _chain(member: str, images: Mapping[str, MachO], loaders: Mapping[str, list[str]]) -> tuple[Searched, ...]:
    """What of the run paths of a member, and of those that load it, leads to libraries outside of the wheel."""
    reached = dict.fromkeys([member])
    ahead = [member]
    while ahead and len(reached) < _MOST_LOADERS:
        new = [each for each in loaders.get(ahead.pop(0), ()) if each not in reached]
        reached |= dict.fromkeys(new)
        ahead += new
    rpaths = (path for each in reached for part in images[each].slices for path in part.rpaths)
    outside = dict.fromkeys(path for path in rpaths if path.startswith(("/", "@executable_path")))
    return lengthened((), Searched(tuple(outside), None))


def _named(askers: list[Asker]) -> dict[tuple[str, str], tuple[str, ...]]:
    """The libraries that can be linked from all over the packages, by architecture and each of their names."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for asker in askers:
        if asker.part.filetype == DYLIB and reachable(asker.path):
            own = asker.part.install_name or asker.path
            for name in {own, base_name(own), base_name(asker.path)}:
                found.setdefault((asker.part.arch, name), {})[asker.path] = None
    return {key: tuple(paths) for key, paths in found.items()}

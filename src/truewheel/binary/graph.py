"""Who needs whom inside a wheel: each library that a binary asks for, and the member that provides it.

The loaders' own rules come first (ld.so(8): DT_RPATH, DT_RUNPATH and ``$ORIGIN``; dyld(1): ``@loader_path``,
``@executable_path`` and ``@rpath``; Windows: the base name). Where they don't lead to a member, a member of the
same name and architecture still counts as the provider, because packages load libraries beforehand by their
path, and because it is the one that a repair has to point to; `Edge.how` tells the two apart.

Nothing here knows what a platform promises: libc is as external as any other library.
"""

from __future__ import annotations

from collections.abc import Mapping

from truewheel.binary.graph_elf import is_system_folder, of_elves
from truewheel.binary.graph_macho import is_of_system, of_machos
from truewheel.binary.graph_model import Edge, Graph
from truewheel.binary.graph_names import of_pes, of_wasms
from truewheel.binary.graph_search import installed_path, join
from truewheel.binary.model import Elf, Image, MachO, Pe, Wasm

__all__ = ["Edge", "Graph", "installed_path", "is_of_system", "is_system_folder", "join", "resolve"]


def resolve(images: Mapping[str, Image]) -> Graph:
    """The graph of a wheel's native files, given by their member paths. The order of `images` has no meaning."""
    ordered = dict(sorted(images.items()))
    elves = {member: image for member, image in ordered.items() if isinstance(image, Elf)}
    machos = {member: image for member, image in ordered.items() if isinstance(image, MachO)}
    pes = {member: image for member, image in ordered.items() if isinstance(image, Pe)}
    wasms = {member: image for member, image in ordered.items() if isinstance(image, Wasm)}
    edges = [*of_elves(elves), *of_machos(machos), *of_pes(pes), *of_wasms(wasms)]
    return Graph(tuple(sorted(set(edges), key=lambda e: (e.member, e.arch, e.needed, e.strength))))

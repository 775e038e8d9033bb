"""What macOS and iOS have in common: which slices count, and how their platforms and releases are named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from truewheel.binary.graph import Edge, is_of_system
from truewheel.binary.model import MachO, Platform, Slice, Version3
from truewheel.policy.modules import module

LOADABLE = (2, 6, 8)
"""The file types that are run or loaded: MH_EXECUTE, MH_DYLIB, MH_BUNDLE."""
_DYLIB = 6


def loadable(images: Mapping[str, MachO]) -> Iterator[tuple[str, Slice]]:
    """Every slice that is run or loaded, with its member, sorted by member."""
    for member in sorted(images):
        yield from ((member, part) for part in images[member].slices if part.filetype in LOADABLE)


def shared(found: Iterable[tuple[str, str]]) -> set[str]:
    """The architectures that all files have, of pairs of a member and one of its own; all where they share none."""
    archs: dict[str, set[str]] = {}
    for member, arch in found:
        archs.setdefault(member, set()).add(arch)
    if not archs:
        return set()
    return set.intersection(*archs.values()) or set.union(*archs.values())


def helpers(images: Mapping[str, MachO], edges: Iterable[Edge]) -> frozenset[str]:
    """The libraries that take no architecture away from a wheel: slices that need them load them, and no others ask.

    One processor's files may be linked with a library that those of another do without. That is known of a library
    that something else in the wheel loads; what nothing loads, opened at run time by a path of its own, may be wanted
    on every processor, and so may modules and programs. A library counts, too, where a slice of an architecture that
    it lacks asks for its name and a run path leads nowhere else.
    """
    loads: dict[str, set[str]] = {}
    asked: dict[str, set[str]] = {}
    for edge in edges:
        if edge.provider is not None and edge.provider != edge.member:
            loads.setdefault(edge.member, set()).add(edge.provider)
        if edge.how != "run-path" and not is_of_system(edge.needed):
            asked.setdefault(edge.arch, set()).add(_base(edge.needed))
    archs = {part.arch for _, part in loadable(images)}
    found: set[str] = set()
    for member in _loaded(images, loads):
        image = images[member]
        names = {_base(member), *(_base(part.install_name) for part in image.slices if part.install_name)}
        if not any(names & asked.get(arch, set()) for arch in archs.difference(image.archs)):
            found.add(member)
    return frozenset(found)


def _loaded(images: Mapping[str, MachO], loads: Mapping[str, set[str]]) -> set[str]:
    """The libraries that are reached from modules, programs, and libraries that nothing loads."""
    there = {member for member, _ in loadable(images)}
    users = {member: provided for member, provided in loads.items() if member in there}
    inner = set().union(*users.values())
    roots = {member for member in there if member not in inner or not _is_library(member, images[member])}
    reached, ahead = set(roots), list(roots)
    while ahead:
        new = users.get(ahead.pop(), set()) - reached
        reached |= new
        ahead += new
    return reached - roots


def _is_library(member: str, image: MachO) -> bool:
    """Whether a file can't be anything but a library: neither a program nor a bundle, nor called like a module."""
    return module(member) is None and all(part.filetype == _DYLIB for part in image.slices)


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def label(platform: Platform) -> str:
    """The name of a Mach-O platform in a sentence."""
    return "an unknown platform" if platform is Platform.UNKNOWN else platform.name.lower().replace("_", " ")


def trimmed(version: Version3) -> tuple[int, ...]:
    """A version without a patch level of zero."""
    return version if version[2] else version[:2]


def loaded_on_use(image: MachO, library: str) -> bool:
    """Whether every slice that names a library looks for it on first use (LC_LAZY_LOAD_DYLIB), or can do without."""
    kinds = {dylib.kind for part in image.slices for dylib in part.dylibs if dylib.name == library}
    return "lazy" in kinds and kinds <= {"lazy", "weak"}

"""What macOS and iOS have in common: which slices count, and how their platforms and releases are named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from truewheel.binary.model import MachO, Platform, Slice, Version3

LOADABLE = (2, 6, 8)
"""The file types that are run or loaded: MH_EXECUTE, MH_DYLIB, MH_BUNDLE."""


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

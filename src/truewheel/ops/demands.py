"""What may be demanded of a repaired wheel: processors, and the release of macOS that it must run on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from truewheel.binary import Image, MachO
from truewheel.binary.graph import Graph
from truewheel.errors import RequestError, Where
from truewheel.policy import MAC_ARCHS, Requirement
from truewheel.policy.apple import LOADABLE, helpers

_FIRST_ARM64 = (11, 0)
_SHOWN = 3


def architectures(words: Iterable[str]) -> tuple[str, ...]:
    """The architectures that words of macOS mean: those of platform tags, universal2 and intel included, by commas.

    Raises `RequestError` for another word.
    """
    found: set[str] = set()
    for word in filter(None, (part.strip() for text in words for part in text.split(","))):
        if word not in MAC_ARCHS:
            known = ", ".join(sorted(MAC_ARCHS))
            raise RequestError(f"{word} is no architecture of macOS", hint=f"one of these, or several: {known}")
        found |= MAC_ARCHS[word]
    return tuple(sorted(found))


def demand_architectures(images: Mapping[str, Image], graph: Graph, archs: Iterable[str]) -> None:
    """Raise `RequestError` unless all Mach-O files that are run or loaded have slices for all architectures.

    A library that the files of one architecture alone load isn't wanted on another.
    """
    wanted = set(archs)
    machos = {member: image for member, image in sorted(images.items()) if isinstance(image, MachO)}
    spared = helpers(machos, graph.edges)
    lacking = {
        member: sorted(wanted - {part.arch for part in image.slices})
        for member, image in machos.items()
        if member not in spared and any(part.filetype in LOADABLE for part in image.slices)
    }
    poor = [(member, without) for member, without in lacking.items() if without]
    if poor:
        words = "; ".join(f"{member} has no {' and no '.join(without)}" for member, without in poor[:_SHOWN])
        rest = f"; and {len(poor) - _SHOWN} more" if len(poor) > _SHOWN else ""
        raise RequestError(
            f"{' and '.join(sorted(wanted))} {'is' if len(wanted) == 1 else 'are'} demanded: {words}{rest}",
            where=Where(member=poor[0][0]),
            hint="name a folder with fat builds of the libraries with -L, or `truewheel fuse` two wheels",
        )


def demand_release(requirements: Iterable[Requirement], version: tuple[int, ...]) -> None:
    """Raise `RequestError` where a file needs a newer macOS than `version`; on arm64 there is none before 11.0."""
    newer = []
    for requirement in requirements:
        floor = requirement.floor
        allowed = max(version, _FIRST_ARM64) if floor.arch == "arm64" else version
        needed = requirement.exact or floor.version
        if floor.family == "macosx" and _padded(needed) > _padded(allowed):
            newer.append(f"{requirement.member}: {requirement.reason}")
    if newer:
        rest = f"; and {len(newer) - _SHOWN} more" if len(newer) > _SHOWN else ""
        raise RequestError(
            f"macOS {'.'.join(map(str, version))} is demanded, and newer ones are needed: "
            f"{'; '.join(newer[:_SHOWN])}{rest}",
            where=Where(member=newer[0].partition(":")[0]),
            hint="build the library for the older release (MACOSX_DEPLOYMENT_TARGET), or raise the demand",
        )


def _padded(version: tuple[int, ...]) -> tuple[int, ...]:
    return (*version, 0, 0)[:3]

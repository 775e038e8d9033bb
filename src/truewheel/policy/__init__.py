"""What platforms promise, and what binaries ask of them: requirements whose maximum is the tag.

`examine` asks every policy that a wheel's files call for, and loads no other. `floor_of`, `admits`,
`canonical_platform` and `installable_problem` know platform tags; the values are in `truewheel.policy.model`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from truewheel.binary.graph import Graph
from truewheel.binary.model import Elf, Image, MachO, Pe, Platform, Wasm
from truewheel.findings import in_order
from truewheel.policy import python
from truewheel.policy.installable import MAC_ARCHS, admits, floor_of, promises, spelled
from truewheel.policy.installable import canonical as canonical_platform
from truewheel.policy.installable import problem as installable_problem
from truewheel.policy.machines import fits, format_of, places, system
from truewheel.policy.model import Floor, Missing, Outcome, Requirement, merged, strongest
from truewheel.policy.python import unserved
from truewheel.wheel.name import WheelName

__all__ = [
    "MAC_ARCHS",
    "Floor",
    "Missing",
    "Outcome",
    "Requirement",
    "admits",
    "canonical_platform",
    "examine",
    "fits",
    "floor_of",
    "format_of",
    "installable_problem",
    "merged",
    "places",
    "promises",
    "spelled",
    "strongest",
    "system",
    "unserved",
]

_I = TypeVar("_I", Elf, MachO, Pe, Wasm)
_IOS = {Platform.IOS, Platform.IOS_SIMULATOR}


def examine(
    name: WheelName, images: Mapping[str, Image], graph: Graph, brought: Callable[[str], bool] = lambda _: False
) -> Outcome:
    """What the native files of a wheel need, lack and do wrong, by all policies together.

    The file name tells which Pythons load the wheel, and decides between macOS and iOS where it holds files for
    both; floors never depend on it. The order of `images` has no meaning. Libraries that are `brought` by another
    package count as if they were in the wheel, and ask for nothing, unless the platform promises them.
    """
    archs = frozenset(image.arch for image in images.values() if isinstance(image, Elf))
    external = {library: m for library, m in graph.external.items() if not (brought(library) and _free(library, archs))}
    elves, machos = _only(Elf, images), _only(MachO, images)
    pes, wasms = _only(Pe, images), _only(Wasm, images)
    outcomes: list[Outcome] = []
    if elves:
        from truewheel.policy import linux  # noqa: PLC0415  # with its tables, where files call for it

        outcomes.append(linux.examine(elves, _external(external, elves), graph.by_name))
    if machos:
        from truewheel.policy import ios, macos  # noqa: PLC0415  # with its tables, where files call for it

        needs = _external(external, machos)
        for_ios = _for_ios(name, machos)
        judged = ios.examine(machos, needs) if for_ios else macos.examine(machos, needs, graph.edges, name.platforms)
        outcomes.append(judged)
    if pes:
        from truewheel.policy import windows  # noqa: PLC0415  # with its tables, where files call for it

        outcomes.append(windows.examine(pes, _external(external, pes), name))
    if wasms:
        from truewheel.policy import emscripten  # noqa: PLC0415  # with its tables, where files call for it

        outcomes.append(emscripten.examine(wasms))
    together = merged(outcomes)
    modules = python.examine(name, images, together.libc)
    return Outcome(
        requirements=together.requirements,
        findings=in_order([*together.findings, *modules]),
        missing=together.missing,
        unknown=together.unknown,
        libc=together.libc,
    )


def _free(library: str, archs: frozenset[str]) -> bool:
    """Whether a library that another package brings asks for nothing: no platform promises it as well."""
    from truewheel.policy.given import is_always_given  # noqa: PLC0415  # with tables, where something is left out

    return not is_always_given(library, archs)


def _only(kind: type[_I], images: Mapping[str, Image]) -> dict[str, _I]:
    return {member: image for member, image in sorted(images.items()) if isinstance(image, kind)}


def _external(external: Mapping[str, tuple[str, ...]], images: Mapping[str, Image]) -> dict[str, tuple[str, ...]]:
    """The unresolved libraries of some members."""
    chosen = {library: tuple(m for m in members if m in images) for library, members in external.items()}
    return {library: members for library, members in chosen.items() if members}


def _for_ios(name: WheelName, images: Mapping[str, MachO]) -> bool:
    """Whether Mach-O files are judged as iOS: by what they are, and by the claim where they are both."""
    from truewheel.policy.apple import loadable  # noqa: PLC0415  # with its tables, where files call for it

    platforms = {part.platform for _, part in loadable(images)}
    if not platforms & _IOS:
        return False
    return Platform.MACOS not in platforms or any(tag.startswith("ios_") for tag in name.platforms)

"""The names that grafted DLLs get: with a hash, or their own where no other would be found.

A process of Windows has one DLL of a name, wherever a second one lies. So a name must say which DLL this is, and which
ones it loads in its turn: the hash is that of the file, and of all grafts that it reaches.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from truewheel.binary import Pe
from truewheel.binary.graph_names import forwarded
from truewheel.errors import RequestError
from truewheel.ops.fates import Fate, base_name
from truewheel.ops.grafted_names import unique_names
from truewheel.ops.patterns import Patterns
from truewheel.ops.pe_circles import circles
from truewheel.ops.pe_closure import Asker, Closure, folded

_VCRUNTIME = re.compile(r"vcruntime\d+(?:_\d)?\.dll")
"""What every process with a Python has loaded under this name, or may load from several packages: its interface never
changes. Under a hash, all parts of Microsoft's runtime that import it would have to be edited, which are to be handed
on as they are."""
_FORCE_INTEGRITY = 0x80


@dataclass(frozen=True)
class Names:
    """What the files from outside are called in the wheel, by their paths.

    ``own`` are the names that they go by outside, in lower case, ``plugins`` the files that nobody asks for by name.
    """

    new: Mapping[str, str]
    own: Mapping[str, str]
    plugins: frozenset[str]


def names_of(closure: Closure, askers: Iterable[Asker], no_mangle: Patterns) -> Names:
    """The names for all files that were found.

    Raises `RequestError` where one file is asked for by two names, neither of which can be changed.
    """
    everybody = {asker.path: asker for asker in (*askers, *(found.asker for found in closure.loaded.values()))}
    asked, bound = _asked(closure, everybody)
    never = folded(no_mangle)
    kept: dict[str, str] = {}
    own: dict[str, str] = {}
    for path in sorted(closure.loaded):
        name, fixed = base_name(path), sorted(bound.get(path, ()))
        if len(fixed) > 1:
            raise RequestError(f"{path} is asked for as {' and as '.join(fixed)}, and neither can be changed")
        goes_by = asked.get(path, set()) if not fixed else set(fixed)
        # Disks spell one name in several ways, and Windows takes all of them for the same.
        own[path] = name.lower() if not goes_by or name.lower() in goes_by else min(goes_by)
        if fixed or not goes_by or never.mean(own[path], *sorted(goes_by)) or _VCRUNTIME.fullmatch(own[path]):
            kept[path] = own[path]
    hashes = _hashes(closure, own, kept)
    items = {path: (own[path], hashes[path]) for path in own if path not in kept}
    names = unique_names(items.values())
    new = {**kept, **{path: names[item] for path, item in items.items()}}
    return Names(new, own, frozenset(path for path in own if path not in asked))


def is_fixed(pe: Pe) -> bool:
    """Whether a file can't be edited: with tables for two processors (ARM64X), or loaded with its signature only."""
    return (pe.hybrid and pe.arch == "arm64") or bool(pe.dll_characteristics & _FORCE_INTEGRITY)


def _asked(closure: Closure, everybody: Mapping[str, Asker]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The names that files are asked for by, and those among them that can't be changed where they stand."""
    asked: dict[str, set[str]] = {}
    bound: dict[str, set[str]] = {}
    for (path, library), answer in closure.found.items():
        if closure.fates[path, library] is Fate.GRAFTED:
            asked.setdefault(answer, set()).add(library)
            if is_fixed(everybody[path].pe) or library in forwarded(everybody[path].pe):
                bound.setdefault(answer, set()).add(library)
    return asked, bound


def _hashes(closure: Closure, own: Mapping[str, str], kept: Mapping[str, str]) -> dict[str, str]:
    """The hashes for names: that of a file, and if it loads grafts, with what tells which these are.

    Of files that load each other each has what tells of them all.
    """
    tells: dict[str, str] = {}
    for group in circles({path: closure.grafts_of(path) for path in own}):
        inside = [f"{closure.loaded[path].sha256} {path in kept} {own[path]}" for path in group]
        beyond = {tells[other] for path in group for other in closure.grafts_of(path) if other not in group}
        for path in group:
            sha256 = closure.loaded[path].sha256
            if len(group) > 1 or beyond:
                sha256 = _sha256([sha256, *sorted(inside), "", *sorted(beyond)])
            tells[path] = f"{sha256} {path in kept} {own[path]}"
    return {path: words.partition(" ")[0] for path, words in tells.items()}


def _sha256(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

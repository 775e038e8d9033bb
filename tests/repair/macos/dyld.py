"""What dyld would load: the files of a wheel as an installer lays them out, and what each of their names leads to.

Written from dyld(1); nothing of truewheel takes part. Run paths hold for the file that has them and for all that it
loads, directly or through others, so every file is followed from all that could load it.
"""

from __future__ import annotations

import hashlib
import posixpath
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.macho.layout import LOADS, MH_EXECUTE, Part, parts
from tests.macho.real import machos

SYSTEM, NOTHING = "the system", "nothing"
"""What a name leads to that isn't a file of the wheel."""

_SITE, _BIN, _DATA = "/env/lib/site-packages", "/env/bin", "/env"
_SCHEMES = {"platlib": _SITE, "purelib": _SITE, "scripts": _BIN, "data": _DATA, "headers": "/env/include"}
_OBJECTS = {1, 10}  # MH_OBJECT and MH_DSYM, which nobody loads


def installed(member: str) -> str:
    """Where an installer puts a member."""
    folder, _, rest = member.partition("/")
    if not folder.endswith(".data"):
        return f"{_SITE}/{member}"
    scheme, _, rest = rest.partition("/")
    return f"{_SCHEMES[scheme]}/{rest}"


def fingerprint(part: Part) -> str:
    """What a slice is, whatever it is called and loads: its code and data, by the contents of its sections."""
    digest = hashlib.sha256(part.arch.encode())
    for segment in part.segments:
        for name, (start, size) in sorted(segment.sections.items()):
            digest.update(f"{name} {size} ".encode() + part.data[start : start + size])
    return digest.hexdigest()[:16]


def code(wheel: Path) -> dict[str, dict[str, Part]]:
    """The slices that can be loaded from each file of a wheel, by architecture."""
    found = {name: {part.arch: part for part in parts(data)} for name, data in machos(wheel).items()}
    return {name: kept for name, slices in found.items() if (kept := _loadable(slices))}


def _loadable(slices: Mapping[str, Part]) -> dict[str, Part]:
    return {arch: part for arch, part in slices.items() if filetype(part) not in _OBJECTS}


def filetype(part: Part) -> int:
    """The MH_* number of a slice."""
    (number,) = struct.unpack_from("<I", part.data, 12)
    return int(number)


@dataclass(frozen=True)
class Installed:
    """A wheel where it is installed."""

    wheel: Path

    @cached_property
    def code(self) -> dict[str, dict[str, Part]]:
        """The slices by member and architecture."""
        return code(self.wheel)

    @cached_property
    def _members(self) -> dict[str, str]:
        return {installed(member): member for member in self.code}

    @cached_property
    def links(self) -> dict[tuple[str, str], dict[str, frozenset[str]]]:
        """Of each slice, by member and architecture: where every name leads, over all ways to load it."""
        found: dict[tuple[str, str], dict[str, set[str]]] = {}
        for arch in sorted({arch for slices in self.code.values() for arch in slices}):
            loaded = {member for member in self.code for member in self._loads(member, arch)}
            starts = [member for member, slices in self.code.items() if arch in slices and member not in loaded]
            done: set[tuple[str, tuple[str, ...]]] = set()
            pending: list[tuple[str, tuple[str, ...], str]] = [
                (member, (), self._program_folder(member, arch)) for member in starts
            ]
            while pending:
                member, chain, program = pending.pop()
                chain = tuple(dict.fromkeys((*self._rpaths(member, arch, program), *chain)))
                if (member, chain) in done:
                    continue
                done.add((member, chain))
                targets = found.setdefault((member, arch), {})
                for name in self.code[member][arch].dylibs:
                    target = self._target(member, arch, name, chain, program)
                    targets.setdefault(name, set()).add(target)
                    if target in self.code:
                        pending.append((target, chain, program))
        return {key: {name: frozenset(to) for name, to in targets.items()} for key, targets in found.items()}

    def _program_folder(self, member: str, arch: str) -> str:
        own = filetype(self.code[member][arch]) == MH_EXECUTE
        return posixpath.dirname(installed(member)) if own else _BIN

    def _loads(self, member: str, arch: str) -> Iterator[str]:
        """What a file surely loads, by its own run paths."""
        part = self.code[member].get(arch)
        program = self._program_folder(member, arch) if part else ""
        for name in part.dylibs if part else ():
            yield self._target(member, arch, name, self._rpaths(member, arch, program), program)

    def _rpaths(self, member: str, arch: str, program: str) -> tuple[str, ...]:
        own = posixpath.dirname(installed(member))
        return tuple(_expanded(path, own, program) for path in self.code[member][arch].rpaths)

    def _target(self, member: str, arch: str, name: str, chain: tuple[str, ...], program: str) -> str:
        if name.startswith("@rpath/"):
            paths = [f"{path}/{name.removeprefix('@rpath/')}" for path in chain]
        else:
            paths = [_expanded(name, posixpath.dirname(installed(member)), program)]
        for path in map(posixpath.normpath, paths):
            if path in self._members and arch in self.code[self._members[path]]:
                return self._members[path]
            if path.startswith(("/usr/lib/", "/System/")):
                return SYSTEM
        return NOTHING

    def astray(self) -> list[str]:
        """The names that lead to nothing, or to different files depending on who loads, but for weak ones."""
        return [
            f"{member} ({arch}): {name} leads to {', '.join(sorted(targets))}"
            for (member, arch), names in sorted(self.links.items())
            for name, targets in names.items()
            if (targets == {NOTHING} and name not in _weak(self.code[member][arch])) or len(targets) > 1
        ]

    def graph(self, grafts: str) -> dict[tuple[str, str], tuple[str, ...]]:
        """What each slice loads, in order; files under a folder whose name ends in `grafts` go by what they are."""

        def called(member: str, arch: str, name: str = "") -> str:
            if member in {SYSTEM, NOTHING}:
                return name if member == SYSTEM else member
            inside = posixpath.dirname(member).endswith(grafts)
            return fingerprint(self.code[member][arch]) if inside else member

        return {
            (called(member, arch), arch): tuple(
                called(next(iter(names[name])), arch, name) for name in self.code[member][arch].dylibs
            )
            for (member, arch), names in self.links.items()
        }


def _weak(part: Part) -> set[str]:
    return {command.name for command in part.commands if LOADS.get(command.kind) == "weak"}


def _expanded(path: str, own: str, program: str) -> str:
    head, _, rest = path.partition("/")
    folder = {"@loader_path": own, "@executable_path": program}.get(head)
    return path if folder is None else f"{folder}/{rest}"

"""What LLVM, LIEF and macholib see in a Mach-O file, and what LLVM makes of the same edit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import lief
from macholib.mach_o import LC_ID_DYLIB, LC_RPATH
from macholib.MachO import MachO

from tests.elf.toolchains import call
from tests.macho.checker import Intended
from tests.macho.layout import SEGMENT, Command, arch_name, parts
from tests.tools import need


class Names(NamedTuple):
    """What a slice loads, is called ("" where it isn't), and where it searches."""

    dylibs: tuple[str, ...]
    install_name: str
    rpaths: tuple[str, ...]


Told = dict[str, Names]
"""The names by architecture."""


def disagreeing(path: Path, expected: Told) -> dict[str, Told]:
    """The oracles that say something else of the names in a file, with what they say."""
    told = {"llvm-objdump": by_objdump(path), "LIEF": _by_lief(path), "macholib": _by_macholib(path)}
    return {oracle: names for oracle, names in told.items() if names != expected}


def by_checker(data: bytes) -> Told:
    """What our checker says."""
    return {part.arch: Names(tuple(part.dylibs), part.install_name or "", tuple(part.rpaths)) for part in parts(data)}


def _listing(path: Path, what: str) -> dict[str, list[str]]:
    """The lines that llvm-objdump prints of each slice, without the last words in brackets."""
    text = call([*need("llvm-objdump-19"), "--macho", "--arch=all", what, path])
    found: dict[str, list[str]] = {}
    single = parts(path.read_bytes())[0].arch
    lines = found.setdefault(single, [])
    for line in text.splitlines():
        if line.startswith(str(path)):
            match = re.fullmatch(r"(?: \(architecture (\w+)\))?:", line[len(str(path)) :])
            assert match, line
            lines = found.setdefault(match[1] or single, [])
        elif line:
            lines.append(re.sub(r" \((?:compatibility version|offset) .*\)$", "", line.strip()))
    return found


def by_objdump(path: Path) -> Told:
    """What LLVM says."""
    used, ids, rpaths = (_listing(path, what) for what in ("--dylibs-used", "--dylib-id", "--rpaths"))
    return {
        arch: Names(tuple(used[arch][len(ids.get(arch, ())) :]), "".join(ids.get(arch, ())), tuple(rpaths[arch]))
        for arch in used
    }


def _by_lief(path: Path) -> Told:
    binary = lief.MachO.parse(str(path))
    assert binary is not None
    result = {}
    for part in binary:
        own = [library.name for library in part.libraries if library.command.name == "ID_DYLIB"]
        used = [library.name for library in part.libraries if library.command.name != "ID_DYLIB"]
        arch = arch_name(int(part.header.cpu_type.value), part.header.cpu_subtype)
        result[arch] = Names(tuple(used), "".join(own), tuple(rpath.path for rpath in part.rpaths))
    return result


def _by_macholib(path: Path) -> Told:
    result = {}
    for header in MachO(str(path)).headers:
        names = {
            kind: tuple(data.rstrip(b"\0").decode() for command, _, data in header.commands if command.cmd == kind)
            for kind in (LC_ID_DYLIB, LC_RPATH)
        }
        used = tuple(name for _, _, name in header.walkRelocatables())
        result[arch_name(header.header.cputype, header.header.cpusubtype)] = Names(
            used, "".join(names[LC_ID_DYLIB]), names[LC_RPATH]
        )
    return result


def faults(path: Path, folder: Path) -> list[str]:
    """What LIEF has against the layout of a file. llvm-objcopy and llvm-otool must be able to read it, too."""
    binary = lief.MachO.parse(str(path))
    assert binary is not None
    call([*need("llvm-objcopy-19"), path, folder / f"{path.name}.copy"])
    assert "truncated or malformed" not in call([*need("llvm-otool-19"), "-l", "-L", "-D", path])
    return [said for right, said in map(lief.MachO.check_layout, binary) if not right]


_MOVED = {SEGMENT, 0x2, 0xB, 0x1D, 0x22, 0x80000022, 0x26, 0x29, 0x80000033, 0x80000034}
"""Commands with places in the file: LLVM lays __LINKEDIT out anew, and all of what zig has linked, to its ruin."""


def commands(data: bytes) -> list[list[tuple[int, bytes, str]]]:
    """The load commands of each slice, as far as two editors must agree: all but the places of segments and tables."""
    return [[(command.kind, _fields(command), command.name) for command in part.commands] for part in parts(data)]


def _fields(command: Command) -> bytes:
    return b"" if command.kind in _MOVED else command.frame


def edited_by_llvm(path: Path, intended: Mapping[str, Intended], target: Path) -> bytes:
    """The same edit by LLVM's install_name_tool, which edits all slices alike: only one is meant, or all the same."""
    (change,) = {_key(change): change for change in intended.values()}.values()
    was = parts(path.read_bytes())[0]
    words = [word for old, new in change.dylibs.items() if old in was.dylibs for word in ("-change", old, new)]
    if change.install_name is not None:
        words += ["-id", change.install_name]
    if change.rpaths is not None:
        words += [word for old in was.rpaths if old not in change.rpaths for word in ("-delete_rpath", old)]
        words += [word for new in change.rpaths if new not in was.rpaths for word in ("-add_rpath", new)]
    target.write_bytes(path.read_bytes())
    call([*need("llvm-install-name-tool-19"), *words, target])
    return target.read_bytes()


def _key(change: Intended) -> tuple[tuple[tuple[str, str], ...], str | None, tuple[str, ...] | None]:
    return tuple(sorted(change.dylibs.items())), change.install_name, change.rpaths

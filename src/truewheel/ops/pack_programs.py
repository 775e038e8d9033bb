"""The programs of an archive: those that were named, or the one that there is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from typing import Final, NamedTuple

from truewheel.archives import FILE, Archive, Item
from truewheel.binary import HEAD, Elf, Image, MachO, Pe, identify
from truewheel.binary import read as read_binary
from truewheel.errors import BinaryError, RequestError, Where
from truewheel.ops.pack_model import Wanted
from truewheel.packing.layout import Laid
from truewheel.packing.model import Program
from truewheel.policy.apple import LOADABLE
from truewheel.policy.group import ET_EXEC, is_loaded
from truewheel.policy.windows import is_firmware
from truewheel.wheel.name import canonical_project

_EXE: Final = ".exe"
_LIBRARY: Final = re.compile(r".*\.so(\.\d+)*", re.DOTALL)
_MH_EXECUTE: Final = 2
_SHOWN: Final = 8
_NEAR: Final = 3
_COMPARED: Final = 10_000
"""Of how many names at most one is looked for that reads alike, which takes time."""


class Found(NamedTuple):
    """A program, and the name that its file has in the archive, with what it ends in on Windows."""

    program: Program
    name: str


def is_program(image: Image) -> bool:
    """Whether a file is one that people start, and not a library: static and position-independent programs too.

    Libraries that can be started as well (libc.so.6 has an interpreter) have a soname, which no program has.
    """
    if isinstance(image, Elf):
        started = image.type == ET_EXEC or image.pie or (image.interpreter is not None and image.soname is None)
        return is_loaded(image) and started
    if isinstance(image, MachO):
        kinds = {part.filetype for part in image.slices if part.filetype in LOADABLE}
        return kinds == {_MH_EXECUTE}
    return isinstance(image, Pe) and not image.dll and not is_firmware(image)


def starts(item: Item) -> bool:
    """Whether a file of an archive is a program. A damaged one is none here; who loads it is told elsewhere."""
    if identify(item.head(HEAD)) is None:
        return False
    try:
        image = read_binary(item.read())
    except BinaryError:
        return False
    return image is not None and is_program(image)


def _may_start(item: Item) -> bool:
    return item.head(2) == b"#!" or starts(item)


def name_alone(archive: Archive, wanted: Wanted) -> str:
    """What a file that is no archive is to be called: as its command, or "" for its own name."""
    programs = wanted.target.programs
    if archive.form != FILE or programs == ():
        return ""
    if programs:
        return programs[0].path
    return wanted.about.name if any(map(starts, archive.items)) else ""


def named(programs: Iterable[Program], laid: Laid) -> tuple[Found, ...]:
    """The files of the programs that somebody named. Raises `RequestError` where one isn't there, or is data.

    One that is a link is started as what it leads to, if that is packed: scripts look for others beside themselves.
    """
    packed = {item.name: name for name, item in laid.chosen.items() if not item.linked}
    found = tuple(Found(program, _followed(program, _file(program, laid), laid, packed)) for program in programs)
    commands: set[str] = set()
    for program, name in found:
        if name in laid.foreign:
            raise RequestError(
                f"it is the program of {program.command}, and `foreign` means it as well",
                where=Where(member=name),
                hint="what is foreign is data; a narrower pattern leaves the program out",
            )
        if program.command.lower() in commands:
            raise RequestError(f"two programs have the command {program.command}", hint="give each its own name")
        commands.add(program.command.lower())
    return found


def _followed(program: Program, name: str, laid: Laid, packed: Mapping[str, str]) -> str:
    """Where a link to a program leads, unless it is to become a command itself."""
    item = laid.chosen[name]
    return packed.get(item.linked, name) if item.linked and not program.script else name


def _file(program: Program, laid: Laid) -> str:
    """The name of a program's file in the archive; one that is called as the command may lie anywhere, if alone."""
    names = (program.path, program.path + _EXE, program.path + _EXE.upper())
    if program.path == program.command and not any(name in laid.stripped for name in names):
        called = [name for name, item in laid.chosen.items() if _command(name) == program.command and _may_start(item)]
        if len(called) == 1:
            return called[0]
    for name in names:
        if name in laid.chosen:
            return name
    for name in names:
        if name in laid.stripped:
            raise RequestError(
                f"it is the program of {program.command}, and was not chosen",
                where=Where(member=name),
                hint="`include` and `exclude` decide what is taken",
            )
    near = _near(program.path, laid.chosen)
    raise RequestError(
        f"there is no {program.path} in the archive, which the command {program.command} should start",
        hint=f"did you mean {' or '.join(near)}?" if near else "paths are those without the stripped folders",
    )


def _near(path: str, names: Collection[str]) -> list[str]:
    """The names that somebody may have meant: files called so elsewhere, or others that read alike."""
    base = _command(path).lower()
    same = sorted(name for name in names if _command(name).lower() == base)
    return same[:_NEAR] or get_close_matches(path, sorted(names)[:_COMPARED], n=_NEAR, cutoff=0.6)


def demand_programs(found: Iterable[Found], laid: Laid, images: Mapping[str, Image]) -> None:
    """Raise `RequestError` for a program that was named, and that can't be started.

    Native programs and, where no Windows program is among the `images` (by their name in the archive), scripts can.
    """
    windows = any(isinstance(image, Pe) for image in images.values())
    for program, name in found:
        image = images.get(name)
        if image is not None and is_program(image):
            continue
        script = image is None and laid.chosen[name].head(2) == b"#!"
        if script and not windows:
            continue
        what = "a script, which Windows can't start" if script else "no program"
        if image is not None:
            what = "a library, and no program" if not isinstance(image, Elf) or is_loaded(image) else "an object file"
        raise RequestError(
            f"it is {what}, and the command {program.command} should start it",
            where=Where(member=name),
            hint="programs are ELF, Mach-O and PE executables, and scripts that begin with #! but on Windows",
        )


def looked_for(images: Mapping[str, Image], wanted: Wanted) -> tuple[Found, ...]:
    """The one program that there is, or the one called as the project; none where there are only libraries.

    `images` are native files by their name in the archive. Raises `RequestError` where there are several.
    """
    names = [name for name, image in sorted(images.items()) if is_program(image) and _is_called(name, image)]
    called = [name for name in names if _same(_command(name), wanted.about.name)]
    chosen = names if len(names) < 2 else called
    if len(chosen) > 1 or (names and not chosen):
        shown = ", ".join((called or names)[:_SHOWN])
        rest = len(called or names) - _SHOWN
        which = f"called {wanted.about.name}" if called else f"and none is called {wanted.about.name}"
        example = _plain((called or names)[0])
        raise RequestError(
            f"there are {len(called or names)} programs {which}: {shown}{f' and {rest} more' if rest > 0 else ''}",
            hint=f"say which: --program {_command(example)}={example}, or --no-programs for none",
        )
    return tuple(Found(Program(_command(name), _plain(name)), name) for name in chosen)


def _is_called(name: str, image: Image) -> bool:
    """Whether a program has the name of one: Windows starts .exe, and what ends in .so is a library elsewhere."""
    base = name.rpartition("/")[2].lower()
    return base.endswith(_EXE) if isinstance(image, Pe) else _LIBRARY.fullmatch(base) is None


def _plain(name: str) -> str:
    """A path without what programs end in on Windows."""
    return name[: -len(_EXE)] if name.lower().endswith(_EXE) else name


def _command(name: str) -> str:
    """What a program is called by those who start it."""
    return _plain(name).rpartition("/")[2]


def _same(command: str, project: str) -> bool:
    return canonical_project(command) == canonical_project(project)

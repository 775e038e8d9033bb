"""Mach-O files and plans for tests of repairs for macOS; the disk is that of `tests.ops.fakes`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tests.ops.fakes import Disk, examined
from tests.strategies import macho as build
from tests.strategies.macho import ARM64, BUNDLE, DYLIB, IDENTITY, UNDEFINED, Command, MachFile, packed
from truewheel.binary import read_macho
from truewheel.binary.macho_edit import MachChanges, SliceChanges
from truewheel.binary.model import Slice
from truewheel.ops.applied import applied
from truewheel.ops.macho_planner import plan_macho
from truewheel.ops.plan import Change, Graft, Plan
from truewheel.ops.wishes import Wishes
from truewheel.wheel import Wheel

MAC = "pkg-1.0-cp312-cp312-macosx_11_0_arm64.whl"
BOTH = "pkg-1.0-cp312-cp312-macosx_11_0_universal2.whl"
IOS = "pkg-1.0-cp313-cp313-ios_13_0_arm64_iphoneos.whl"
SYSTEM = "/usr/lib/libSystem.B.dylib"
INIT = {"pkg/__init__.py": b""}
MACOS, FOR_IOS, FOR_SIMULATOR = 1, 2, 7


def mach(
    *needed: str | Command,
    id: str | None = None,  # noqa: A002 - what install_name_tool calls it
    cpu: tuple[int, int] = ARM64,
    filetype: int = DYLIB,
    rpaths: Collection[str] = (),
    platform: int | None = MACOS,
    compatibility: int = packed(1),
    room: int = 1024,
    signed: bytes | build.Sealing | None = None,
    opens: bool = False,
    contents: bytes = b"\xcc" * 16,
) -> bytes:
    """A file that loads `needed` and the system's library; on arm64 its signature fits unless other bytes are given."""
    commands = [
        *([build.dylib(id, IDENTITY, compatibility=compatibility)] if id is not None else []),
        *(each if isinstance(each, Command) else build.dylib(each) for each in (*needed, SYSTEM)),
        *map(build.rpath, rpaths),
        *([build.build_version(platform, packed(11))] if platform is not None else []),
    ]
    symbols = [("_dlopen", UNDEFINED, 0)] if opens else []
    recipe = MachFile(
        cpu=cpu,
        filetype=filetype,
        commands=commands,
        symbols=symbols,
        signature=signed if isinstance(signed, bytes) else b"",
        room=room + (16 if signed is None and cpu == ARM64 else 0),
        contents=contents,
    )
    if isinstance(signed, build.Sealing):
        return build.signed(recipe, signed)
    return sealed(recipe.encode()) if signed is None and cpu == ARM64 else recipe.encode()


def sealed(data: bytes) -> bytes:
    """A file with a signature that fits, as linkers make it."""
    from truewheel.binary.macho_edit import edit_macho  # noqa: PLC0415 - for those that seal alone

    return bytes(edit_macho(data, MachChanges(sign=True, identifier="made")).applied(data))


def module(*needed: str | Command, rpaths: Collection[str] = (), cpu: tuple[int, int] = ARM64, **more: object) -> bytes:
    """An extension module."""
    return mach(*needed, rpaths=rpaths, cpu=cpu, filetype=BUNDLE, **more)  # type: ignore[arg-type]


def planned(
    files: Mapping[str, bytes],
    outside: Mapping[str, bytes] | Disk | None = None,
    wanted: Wishes | None = None,
    *,
    name: str = MAC,
) -> Plan[MachChanges]:
    """The plan for a wheel of `files` and a package, with libraries `outside` of it."""
    libraries = Disk(outside) if isinstance(outside, Mapping) else outside or Disk({}, folders=())
    wanted = wanted or Wishes()
    return plan_macho(examined({**INIT, **files}, name, exclude=wanted.exclude.globs), libraries, wanted)


def repaired(
    files: Mapping[str, bytes],
    outside: Mapping[str, bytes] | Disk | None = None,
    wanted: Wishes | None = None,
    *,
    name: str = MAC,
) -> Wheel:
    """The wheel after its plan."""
    wanted = wanted or Wishes()
    libraries = Disk(outside) if isinstance(outside, Mapping) else outside or Disk({}, folders=())
    examination = examined({**INIT, **files}, name, exclude=wanted.exclude.globs)
    return applied(examination, plan_macho(examination, libraries, wanted))[0]


def slices(data: bytes) -> dict[str, Slice]:
    """The slices of a file by architecture."""
    return {part.arch: part for part in read_macho(data).slices}


def links(data: bytes) -> list[str]:
    """What the first slice of a file loads, without the system's library."""
    return [dylib.name for dylib in read_macho(data).slices[0].dylibs if dylib.name != SYSTEM]


def edits(made: Plan[MachChanges], path: str, arch: str = "arm64") -> SliceChanges:
    """What is changed in a slice of a member, or of the graft that comes from a path outside."""
    found = [change.changes for change in made.changes if change.member == path]
    found += [graft.changes for graft in made.grafts if graft.file.path == path]
    (changes,) = found or [MachChanges()]
    return changes.slices.get(arch, SliceChanges())


def graft_of(made: Plan[MachChanges], path: str) -> Graft[MachChanges]:
    """The graft that comes from a path outside."""
    (found,) = [graft for graft in made.grafts if graft.file.path == path]
    return found


def change_of(made: Plan[MachChanges], member: str) -> Change[MachChanges]:
    """The change of a member."""
    (found,) = [change for change in made.changes if change.member == member]
    return found

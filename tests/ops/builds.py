"""Builds of one wheel for single processors of macOS, made in memory, for tests of `fuse`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tests.strategies.macho import (
    ARM64,
    BUNDLE,
    DYLIB,
    X86_64,
    Command,
    MachFile,
    build_version,
    dylib,
    packed,
    signature,
)
from tests.strategies.wheels import written
from tests.support import wheel_bytes
from truewheel.ops import Examination, examine
from truewheel.ops.fuse import Fusion, Request, fuse
from truewheel.wheel import Wheel, WheelName, canonicalize, read

MODULE = "pkg/_x.cpython-312-darwin.so"
INTEL, APPLE = "macosx_10_9_x86_64", "macosx_11_0_arm64"
SHARED = {"pkg/__init__.py": b"from pkg._x import *\n", "pkg/data.txt": b"the same\n"}


def mach(
    cpu: tuple[int, int],
    minos: tuple[int, int] | None = None,
    *commands: Command,
    filetype: int = BUNDLE,
    platform: int = 1,
    contents: bytes = b"\xcc" * 16,
) -> bytes:
    """A thin file; signed, as the loader demands it on arm64."""
    least = minos or ((11, 0) if cpu == ARM64 else (10, 9))
    signed = signature() if cpu == ARM64 else b""
    version = build_version(platform, packed(*least))
    bits = 64 if cpu[0] & 0x01000000 else 32
    return MachFile(
        cpu, filetype, bits=bits, commands=(version, *commands), contents=contents, signature=signed
    ).encode()


def needing(cpu: tuple[int, int], *libraries: str) -> bytes:
    """A module that loads libraries."""
    return mach(cpu, None, *map(dylib, libraries))


def graft(cpu: tuple[int, int], minos: tuple[int, int] | None = None) -> bytes:
    """A library."""
    return mach(cpu, minos, filetype=DYLIB)


def name_for(platform: str, stem: str = "pkg-1.0-cp312-cp312") -> str:
    """The file name of a build."""
    return f"{stem}-{platform}.whl"


def of(platform: str, files: Mapping[str, bytes], *, name: str = "", executable: Collection[str] = ()) -> Examination:
    """A build that holds these files besides those that all share."""
    name = name or name_for(platform)
    return examine(read(wheel_bytes({**SHARED, **files}, name=name, executable=executable), WheelName.parse(name)))


def intel(files: Mapping[str, bytes] | None = None, platform: str = INTEL) -> Examination:
    """The build for x86_64, with a module."""
    return of(platform, {MODULE: mach(X86_64), **(files or {})})


def apple(files: Mapping[str, bytes] | None = None, platform: str = APPLE) -> Examination:
    """The build for arm64, with a module."""
    return of(platform, {MODULE: mach(ARM64), **(files or {})})


def fused(*builds: Examination, request: Request | None = None) -> Fusion:
    """What comes of builds."""
    return fuse(builds, request or Request())


def archive(wheel: Wheel) -> bytes:
    """The canonical archive of a wheel, every byte of which was checked against RECORD."""
    return written(canonicalize(wheel))

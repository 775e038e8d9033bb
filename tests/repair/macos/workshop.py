"""Tiny Mach-O files for wheels and what they lack: compiled once by zig, linked by LLVM's linker as a case wants it.

Three sources in a row (``tests/macho/sources``): ``program`` asks for a function of ``ay``, which asks one of ``bee``.
The first is linked as an extension module, or as a program.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.elf.toolchains import call
from tests.macho.codesign import Style, signed, unsigned
from tests.macho.layout import parts
from tests.macho.toolchains import SOURCES, Case, build
from tests.support import wheel_members, zip_bytes
from tests.tools import need

ARM64, X86_64 = "arm64", "x86_64"
BOTH = (X86_64, ARM64)
_LOWEST = {ARM64: "11.0", X86_64: "10.13"}
_KINDS = {"bundle": ["-bundle"], "dylib": ["-dylib"], "execute": ["-execute", "-e", "_main"]}
BUILD_VERSION, BUILD_ID = 0x32, "/opt/build/lib"


class Workshop:
    """A folder in which files are made; ``outside`` is for what lies beside the wheel. Objects are in `root`."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.outside = folder / "outside"
        self.outside.mkdir(parents=True)
        self._root = root
        self._number = 0

    def linked(
        self,
        source: str,
        *against: str | Path,
        kind: str = "bundle",
        name: str = "",
        rpaths: Iterable[str] = (),
        archs: Iterable[str] = (ARM64,),
        minos: str = "",
        pad: str = "0x400",
        target: Path | None = None,
    ) -> Path:
        """A file made of one source, loading `against` (paths, or options of the linker with a path behind).

        ``name`` is its own name; ``target`` is where it goes.
        """
        self._number += 1
        target = target or self.folder / f"linked-{self._number}"
        target.parent.mkdir(parents=True, exist_ok=True)
        own = ["-install_name", name] if name else []
        words = [*_KINDS[kind], *own, *(word for path in rpaths for word in ("-rpath", path)), *against]
        thin = []
        for arch in archs:
            lowest = minos or _LOWEST[arch]
            objects = build(Case(arch, "lld"), self._root).with_name(f"objects-{arch}")
            thin.append(self.folder / f"thin-{self._number}-{arch}")
            command: list[str | Path] = [*need("ld64.lld-19"), "-arch", arch, "-headerpad", pad]
            command += ["-platform_version", "macos", lowest, lowest, objects / f"{source}.o", *words]
            call([*command, SOURCES / "libSystem.tbd", "-o", thin[-1]])
        if len(thin) == 1:
            thin[0].replace(target)
        else:
            call([*need("llvm-lipo-19"), "-create", *thin, "-output", target])
        return target

    def bee(
        self, name: str = f"{BUILD_ID}/libbee.1.dylib", *against: str | Path, folder: str = "", **more: object
    ) -> Path:
        """The library at the bottom, outside."""
        target = self.outside / folder / name.rpartition("/")[2]
        return self.linked("bee", *against, kind="dylib", name=name, target=target, **more)  # type: ignore[arg-type]

    def ay(self, *against: str | Path, name: str = f"{BUILD_ID}/libay.dylib", folder: str = "", **more: object) -> Path:
        """The library in the middle, outside."""
        target = self.outside / folder / name.rpartition("/")[2]
        return self.linked("ay", *against, kind="dylib", name=name, target=target, **more)  # type: ignore[arg-type]

    def wheel(
        self, files: Mapping[str, Path | bytes], platform: str = "macosx_11_0_arm64", *, init: str = "probe/__init__.py"
    ) -> Path:
        """A wheel of these files and a package (none with an empty ``init``)."""
        name = f"probe-1.0-cp312-cp312-{platform}.whl"
        data = {path: file if isinstance(file, bytes) else file.read_bytes() for path, file in files.items()}
        members = wheel_members({init: b"", **data} if init else data, name=name)
        target = self.folder / name
        target.write_bytes(zip_bytes(members, executable=[path for path in data if ".data/scripts/" in path]))
        return target


def for_ios(path: Path) -> bytes:
    """A file that says that it is for iOS 13, signed."""
    data = bytearray(path.read_bytes())
    (part,) = parts(data)
    (command,) = (command for command in part.commands if command.kind == BUILD_VERSION)
    struct.pack_into("<3I", data, command.offset + 8, 2, 13 << 16, 13 << 16)
    return signed(bytes(data), Style(path.name, linker=True))


def without_signature(path: Path) -> bytes:
    """A file as linkers leave it that don't sign."""
    return unsigned(path.read_bytes())


def as_object(path: Path, filetype: int) -> bytes:
    """A file with another MH_* number, and without a signature."""
    data = bytearray(without_signature(path))
    struct.pack_into("<I", data, 12, filetype)
    return bytes(data)


def archive(data: bytes) -> bytes:
    """A static library with one object file."""
    head = f"{'static.o':<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n"
    return b"!<arch>\n" + head.encode() + data + bytes(len(data) % 2)

"""The names of extension modules: which Python imports them (PEP 3149), and for which platform they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from truewheel.binary.model import Elf, Image, MachO, Pe, Platform

_NAME = re.compile(
    r"(?P<stem>.+?)"
    r"(?:\.(?P<tag>cpython-\d+[a-z]*|cp\d+[a-z]*|abi3t?|pypy\d+-pp\d+|graalpy\w*-\d+-native)"
    r"(?:-(?P<platform>[\w-]+))?)?"
    r"\.(?P<ending>so|pyd)"
)
_CPYTHON = re.compile(r"(?:cpython-|cp)(\d)(\d+)([a-z]*)")
_LINUX = re.compile(r"(?P<arch>\w+)-linux-(?P<libc>gnu|musl|android)(?:eabihf|eabi|f64)?")
# The processor words of Debian's multiarch names, which CPython takes over, in those of platform tags.
_ARCHS = {
    "aarch64": "aarch64",
    "arm": "armv7l",
    "i386": "i686",
    "i686": "i686",
    "loongarch64": "loongarch64",
    "powerpc64": "ppc64",
    "powerpc64le": "ppc64le",
    "riscv64": "riscv64",
    "s390x": "s390x",
    "x86_64": "x86_64",
}
_LIBCS = {"gnu": "glibc", "musl": "musl", "android": "bionic"}
_APPLE = {
    "darwin": Platform.MACOS,
    "iphoneos": Platform.IOS,
    "iphonesimulator": Platform.IOS_SIMULATOR,
}


@dataclass(frozen=True, slots=True)
class Module:
    """A member that is called as extension modules are.

    ``stem`` is the path without any suffix, ``tag`` the interpreter part of the suffix ("cpython-312", "abi3",
    "cp312", "pypy310-pp73", "" for a plain name), ``platform`` what follows it ("x86_64-linux-gnu", "darwin",
    "win_amd64"), ``ending`` so or pyd.
    """

    member: str
    stem: str
    tag: str
    platform: str
    ending: str

    @property
    def suffix(self) -> str:
        """The whole suffix, such as ``.cpython-312-darwin.so``."""
        return self.member[len(self.stem) :]

    @property
    def initializer(self) -> str:
        """The function that the interpreter calls (PEP 489, ASCII names)."""
        return f"PyInit_{self.stem.rpartition('/')[2]}"

    @property
    def cpython(self) -> tuple[int, int] | None:
        """The CPython that the suffix names, if it names one."""
        match = _CPYTHON.fullmatch(self.tag)
        return (int(match[1]), int(match[2])) if match else None

    @property
    def flags(self) -> str:
        """The ABI flags in the suffix: "t" for free-threaded, "d" for debug."""
        match = _CPYTHON.fullmatch(self.tag)
        return match[3] if match else ""


def module(member: str) -> Module | None:
    """The member as a module, if it is called like one; ``libfoo.so`` is, ``libfoo.so.1`` isn't.

    The modules of a Python that lies in the wheel itself (``lib-dynload``) are none of the installing Python's.
    """
    match = _NAME.fullmatch(member)
    if match is None or "/lib-dynload/" in member:
        return None
    return Module(member, match["stem"], match["tag"] or "", match["platform"] or "", match["ending"])


def python_release(python: str) -> tuple[int, int] | None:
    """The release in a CPython tag: (3, 12) for cp312; None for others."""
    match = _CPYTHON.fullmatch(python)
    return (int(match[1]), int(match[2])) if match else None


def accepted(python: str, abi: str, ending: str) -> frozenset[str] | None:
    """The suffix tags that the interpreter of a python and abi tag imports; None where that isn't known.

    CPython takes its own, the stable ABI's and plain names (importlib.machinery.EXTENSION_SUFFIXES); from 3.15
    on ``.abi3t`` too (PEP 803). On Windows there is no ``.abi3.pyd`` before that. PyPy takes its own alone.
    """
    release = python_release(python) or (0, 0)
    new = {"abi3", "abi3t"} if release >= (3, 15) else set()
    stable = {"abi3"} if ending == "so" else set()
    if abi == "abi3":
        return frozenset({"", *stable, *new})
    if abi == "abi3t":
        return frozenset({"", "abi3t"})
    if abi.startswith(("pypy", "graalpy")):
        own = abi.replace("_", "-")
        return frozenset({own} if abi.startswith("pypy") else {own, ""})
    match = _CPYTHON.fullmatch(abi)
    if match is None:
        return None
    free = "t" in match[3]
    windows = f"cp{match[1]}{match[2]}{'t' if free else ''}"
    own = f"cpython-{abi[2:]}" if ending == "so" else windows
    return frozenset({"", own, *(new & {"abi3t"} if free else stable | new)})


def other_target(found: Module, image: Image, libc: str) -> str | None:
    """What contradicts the platform part of a module's suffix, in words; None if nothing does.

    `libc` is what the file was found to be built for. Before CPython 3.11 a musl Python called its modules
    ``-linux-gnu`` as well, so there the C library isn't compared; other interpreters' habits differ.
    """
    linux = _LINUX.fullmatch(found.platform)
    if linux:
        return _other_linux(found, image, libc, linux["arch"], linux["libc"])
    if found.platform in _APPLE:
        wanted = _APPLE[found.platform]
        platforms = {part.platform for part in image.slices} if isinstance(image, MachO) else set()
        fits = wanted in platforms or platforms == {Platform.UNKNOWN}
        return None if fits else f"it is {_described(image)}"
    if found.platform.startswith("win"):
        arch = found.platform.removeprefix("win_")
        return None if isinstance(image, Pe) and image.arch == arch else f"it is {_described(image)}"
    return None


def _other_linux(found: Module, image: Image, libc: str, arch: str, named: str) -> str | None:
    if not isinstance(image, Elf) or (arch in _ARCHS and not _same_machine(_ARCHS[arch], image.arch)):
        return f"it is {_described(image)}"
    release = found.cpython or ((3, 15) if found.tag.startswith("abi3") else None)
    if release is None or libc not in _LIBCS.values() or libc == _LIBCS[named]:
        return None
    if release < (3, 11) and "android" not in (named, libc) and libc != "bionic":
        return None
    return f"it is built for {libc}"


def _same_machine(wanted: str, arch: str) -> bool:
    return wanted == arch or (wanted == "armv7l" and arch.startswith("arm"))


def _described(image: Image) -> str:
    formats = {"elf": "an ELF file", "macho": "a Mach-O file", "pe": "a PE file", "wasm": "a WebAssembly file"}
    return f"{formats[image.format]} for {', '.join(image.archs)}"


def named(modules: Iterable[Module]) -> dict[str, list[Module]]:
    """Modules by the name that they are imported by: a wheel may hold one file for each of several Pythons."""
    groups: dict[str, list[Module]] = {}
    for found in modules:
        groups.setdefault(found.stem, []).append(found)
    return groups

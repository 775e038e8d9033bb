"""Windows: a tag names the processor alone; the rest is which DLLs a machine has.

Promised are the DLLs of every Windows 10 and 11 (``data/windows-dlls.json`` names its sources), the API sets, the
interpreter's own DLLs, and the parts of the Visual C++ runtime that the tagged interpreters bring. Of these,
CPython has vcruntime140.dll since 3.5, and vcruntime140_1.dll on 64-bit machines since 3.9; msvcp140.dll is
brought by none. A wheel for any Python (``py3-none-win_amd64``) can't count on either.

Windows is meant as most people have it: the N editions lack Media Foundation (mfplat.dll and its kin) until somebody
adds it, servers without a desktop lack more, and no tag tells them apart.

ARM64EC code calls itself amd64 and runs in x64 programs on Windows on ARM alone, so no tag is true of it. ARM64X,
which holds both kinds of code, calls itself arm64 and is what the Python for ARM loads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TypedDict

from truewheel import rules
from truewheel.binary.graph_names import dll_name
from truewheel.binary.model import Pe
from truewheel.findings import Finding, in_order
from truewheel.policy.datafile import table_text
from truewheel.policy.model import Floor, Missing, Outcome, Requirement
from truewheel.wheel.name import WheelName

_TAGGED = ("amd64", "arm64", "win32")
_EFI = (10, 11, 12, 13)  # IMAGE_SUBSYSTEM_EFI_*: firmware loads these, not Windows
_NEWEST = (10, 0)
_WHOLE = (".cpl", ".drv")  # names that the table has with their extension
_INTERPRETER = re.compile(r"python\d+t?(?:_d)?\.dll|libpypy[\d.]+-c\.dll|python-native\.dll")
_MSYS = re.compile(r"libpython\d+(?:\.\d+)?t?\.dll")
_RUNTIME = re.compile(r"(?:atl|concrt|mfcm?|msvcp|msvcr|vcamp|vccorlib|vcomp|vcruntime)\d+\w*\.dll|ucrtbased\.dll")
_DEBUG = re.compile(r"[a-z]+\d+(?:_[a-z\d]+)*?u?d(?:_\w+)?\.dll|ucrtbased\.dll")
# NVIDIA's CUDA, NVML, NVAPI, video and OptiX; AMD's HIP, ADL and AMF; Intel's Level Zero and VPL; Khronos' loaders.
_DRIVER = re.compile(
    r"(?:nvcuda|nvml|nvapi(?:64)?|nvcuvid|nvencodeapi(?:64)?|nvofapi(?:64)?|nvoptix|amdhip64(?:_\d+)?|ati?adl\w+|amfrt\d+"
    r"|ze_(?:loader|intel_\w+)|libmfxhw\d+|opencl|vulkan-1)\.dll"
)
_CPYTHON = re.compile(r"cp(\d)(\d+)")


class _Table(TypedDict):
    prefixes: list[str]
    dlls: dict[str, list[str]]
    later: dict[str, list[str]]


def examine(images: Mapping[str, Pe], external: Mapping[str, tuple[str, ...]], name: WheelName) -> Outcome:
    """The processors, faults and missing DLLs of a wheel's PE files.

    `external` are the DLLs (lower case) that no member provides, with the members that need them; `name` tells
    which Pythons load the wheel.
    """
    ours = {member: images[member] for member in sorted(images) if not is_firmware(images[member])}
    emulated = {member for member, image in ours.items() if image.hybrid and image.arch == "amd64"}
    tagged = {m: image for m, image in ours.items() if image.arch in _TAGGED and m not in emulated}
    requirements = (
        Requirement(Floor("win", image.arch, ()), member, f"its machine type is {image.arch}")
        for member, image in tagged.items()
    )
    strange: tuple[str, ...] = ()
    if not tagged:
        strange = tuple(f"{m} is for {pe.arch}, which no tag names" for m, pe in ours.items() if m not in emulated)
    if not any(image.arch == "arm64" for image in tagged.values()):
        strange += tuple(f"{m} is ARM64EC code: only x64 programs on ARM load it" for m in sorted(emulated))
    missing = tuple(_missing(tagged, external, name))
    needed = tuple(needed for found in missing if (needed := _at_once(found, tagged)).members)
    return Outcome(
        requirements=tuple(requirements),
        findings=in_order([*_optional(missing, tagged), *_newer(tagged)]),
        missing=needed,
        unknown=strange,
    )


def is_firmware(image: Pe) -> bool:
    """Whether a file is not for Windows, but for the firmware that starts a machine."""
    return image.subsystem in _EFI


def promised(library: str, arch: str) -> bool:
    """Whether every Windows 10 and 11 of an architecture, or its Python, has the DLL of that (lower-case) name.

    The loader adds the usual extension to a bare name.
    """
    library = library if "." in library else f"{library}.dll"
    return library in _dlls(arch) or library.startswith(tuple(_table()["prefixes"])) or is_interpreter(library)


def later(library: str) -> str:
    """The release of Windows, such as ``10 version 1903``, that a (lower-case) DLL came with; "" if none is known.

    A wheel can neither count on such a DLL, since no tag names a release, nor bring it.
    """
    releases = (release for release, lines in _table()["later"].items() if library[:-4] in " ".join(lines).split())
    return next(releases, "") if library.endswith(".dll") else ""


def is_interpreter(library: str) -> bool:
    """Whether a (lower-case) DLL is the interpreter's own."""
    return _INTERPRETER.fullmatch(library) is not None


def is_msys_interpreter(library: str) -> bool:
    """Whether a (lower-case) DLL is the Python of MSYS2, which the one from python.org doesn't have."""
    return _MSYS.fullmatch(library) is not None


def is_runtime(library: str) -> bool:
    """Whether a (lower-case) DLL belongs to the Visual C++ runtime, which installers of it bring, or interpreters."""
    return _RUNTIME.fullmatch(library) is not None


def is_debug_runtime(library: str) -> bool:
    """Whether a (lower-case) DLL is of the debug runtime, which comes with Visual Studio and may not be passed on."""
    return is_runtime(library) and _DEBUG.fullmatch(library) is not None


def is_driver(library: str) -> bool:
    """Whether a (lower-case) DLL comes with the driver of a graphics card, and must be of the driver's own release."""
    return _DRIVER.fullmatch(library) is not None


def brought_by_python(name: WheelName, arch: str) -> frozenset[str]:
    """The runtime DLLs that all Pythons of a wheel's tags bring."""
    sets = [_brings(python, abi, arch) for python in name.pythons for abi in name.abis]
    return frozenset.intersection(*sets)


def _brings(python: str, abi: str, arch: str) -> frozenset[str]:
    if python.startswith("graalpy"):
        return frozenset({"vcruntime140.dll", "vcruntime140_1.dll"})
    if python.startswith("pp"):
        return frozenset({"vcruntime140.dll"})
    match = _CPYTHON.fullmatch(python)
    if match is None:
        return frozenset()
    version = (int(match[1]), int(match[2]))
    if version < (3, 5):  # as delvewheel has it: Visual C++ 2010 for 3.3 and 3.4, 2008 before
        return frozenset({"msvcr100.dll" if version >= (3, 3) else "msvcr90.dll"})
    if re.fullmatch(r"cp\d+t?d", abi):
        return frozenset({"vcruntime140d.dll", "ucrtbased.dll"})
    second = version >= (3, 9) and arch != "win32"
    return frozenset({"vcruntime140.dll", "vcruntime140_1.dll"} if second else {"vcruntime140.dll"})


def _missing(images: Mapping[str, Pe], external: Mapping[str, tuple[str, ...]], name: WheelName) -> Iterator[Missing]:
    brought = {arch: brought_by_python(name, arch) for arch in _TAGGED}
    for library in sorted(external):
        members = tuple(
            member
            for member in sorted(external[library])
            if member in images
            and not promised(library, images[member].arch)
            and library not in brought[images[member].arch]
        )
        if members:
            rule = rules.LIB_WINDOWS_RUNTIME if is_runtime(library) else rules.LIB_MISSING
            yield Missing(library, members, _lack(library), rule)


def _lack(library: str) -> str:
    """What goes on behind the name of a DLL that is nowhere."""
    if is_debug_runtime(library):
        return "is of the debug runtime, which may not be passed on: build without /MDd"
    if is_runtime(library):
        return "is neither in the wheel nor part of Windows or of the Python"
    if release := later(library):
        return f"is neither in the wheel nor part of every Windows 10: it came with {release}"
    if is_driver(library):
        return "is neither in the wheel nor part of Windows: a graphics driver brings it"
    return "is neither in the wheel nor part of Windows"


def _at_once(missing: Missing, images: Mapping[str, Pe]) -> Missing:
    """What is missing, with the members that can't be loaded without it."""
    return missing._replace(members=tuple(m for m in missing.members if not _delayed(images[m], missing.library)))


def _delayed(image: Pe, library: str) -> bool:
    """Whether a DLL is looked for when one of its functions is called or asked for first, and not before."""
    return all(wanted.delayed for wanted in image.imports if dll_name(wanted.name) == library)


def _optional(missing: tuple[Missing, ...], images: Mapping[str, Pe]) -> Iterator[Finding]:
    for library, members, searched, _ in missing:
        for member in members:
            if _delayed(images[member], library):
                imported = any(dll_name(wanted.name) == library for wanted in images[member].imports)
                use = "loaded on first use" if imported else "which exports are forwarded to"
                yield Finding(rules.LIB_OPTIONAL, f"{library}, {use}, {searched}", member)


def _newer(images: Mapping[str, Pe]) -> Iterator[Finding]:
    for member, image in images.items():
        needed = max(image.os_version, image.subsystem_version)
        if needed > _NEWEST:
            yield Finding(rules.WIN_OS_VERSION, f"its header asks for Windows {needed[0]}.{needed[1]}", member)


@cache
def _dlls(arch: str) -> frozenset[str]:
    groups = (lines for archs, lines in _table()["dlls"].items() if arch in archs.split())
    names = (name for lines in groups for name in " ".join(lines).split())
    return frozenset(name if name.endswith(_WHOLE) else f"{name}.dll" for name in names)


@cache
def _table() -> _Table:
    table: _Table = json.loads(table_text("windows-dlls.json"))
    return table

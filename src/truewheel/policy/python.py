"""Python's side of a tag: whether the extension modules fit the python and abi tags.

Only what the interpreter imports is judged: files called as modules are (PEP 3149) and, where the name is plain,
only those that export ``PyInit_NAME``. Libraries for ctypes, programs and data are nobody's extension modules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TypedDict

from truewheel import rules
from truewheel.binary.model import Binding, Elf, Image, MachO, Pe
from truewheel.findings import Finding, in_order
from truewheel.policy.datafile import table_text
from truewheel.policy.machines import fits
from truewheel.policy.model import Floor
from truewheel.policy.modules import Module, accepted, module, named, other_target, python_release
from truewheel.wheel.name import WheelName

_API = re.compile(r"_?Py[A-Z_]\w*")
_DLL = re.compile(r"python(\d)(\d*)(t?)(_d)?\.dll")
# What Py_DECREF calls in headers of the free-threaded build alone (Include/refcount.h, Py_GIL_DISABLED).
_FREE_THREADED = {"_Py_DecRefShared", "_Py_MergeZeroLocalRefcount"}
_SHOWN = 5


class _Table(TypedDict):
    added: dict[str, list[str]]


def examine(name: WheelName, images: Mapping[str, Image], libc: Mapping[str, str]) -> tuple[Finding, ...]:
    """What is wrong with a wheel's extension modules under its python and abi tags.

    `libc` names the C library of ELF members (`Outcome.libc`).
    """
    ordered = {member: images[member] for member in sorted(images)}
    modules = tuple(found for found in map(module, ordered) if found)
    findings = [
        *_suffixes(name, ordered, modules),
        *_targets(ordered, modules, libc),
        *_free_threaded(name, ordered, modules),
        *_dlls(name, ordered),
    ]
    if {"abi3", "abi3t"} & set(name.abis):
        findings += _stable_abi(name, ordered)
    if "none" in name.abis:
        findings += _without_abi(ordered, modules)
    return in_order(findings)


# --- names ---------------------------------------------------------------------------------------------------
def _suffixes(name: WheelName, images: Mapping[str, Image], modules: tuple[Module, ...]) -> Iterator[Finding]:
    """Each tag of the wheel finds a file for each module."""
    for files_ in named(modules).values():
        first, tags = files_[0], {found.tag for found in files_}
        asked = ((python, abi, accepted(python, abi, first.ending)) for python, abi in _pairs(name))
        without = [(python, abi, wanted) for python, abi, wanted in asked if wanted is not None and not wanted & tags]
        if without and not first.tag and not _initializes(first, images[first.member]):
            continue
        for python, abi, wanted in without:
            message = f"{first.suffix} is not a suffix that {python}-{abi} imports"
            mixed = tags & {_other_threading(tag) for tag in wanted}
            yield Finding(rules.ABI_FREE_THREADED if mixed else rules.ABI_SUFFIX, message, first.member)


def _pairs(name: WheelName) -> Iterator[tuple[str, str]]:
    """The python and abi tags that can meet: cp312 goes with cp312, abi3 and none, not with cp311."""
    for python in name.pythons:
        for abi in name.abis:
            theirs = python_release(abi)
            if theirs is None or theirs == python_release(python):
                yield python, abi


def _other_threading(tag: str) -> str:
    """The suffix tag with and without the ``t`` exchanged."""
    return tag[:-1] if tag.endswith("t") else f"{tag}t"


def _targets(images: Mapping[str, Image], modules: tuple[Module, ...], libc: Mapping[str, str]) -> Iterator[Finding]:
    for found in modules:
        contradiction = other_target(found, images[found.member], libc.get(found.member, ""))
        if contradiction:
            message = f"the suffix {found.suffix} names another target: {contradiction}"
            yield Finding(rules.ABI_SUFFIX_LIBC, message, found.member)


def _without_abi(images: Mapping[str, Image], modules: tuple[Module, ...]) -> Iterator[Finding]:
    for found in modules:
        image = images[found.member]
        if _initializes(found, image) or (found.tag and any(map(_API.fullmatch, _imports(image)))):
            evidence = f"its suffix is {found.suffix}" if found.tag else f"it exports {found.initializer}"
            message = f"an extension module of one Python ABI ({evidence}) under the abi tag none"
            yield Finding(rules.ABI_NONE_WITH_EXTENSION, message, found.member)


def unserved(promises: Iterable[Floor], images: Mapping[str, Image]) -> tuple[tuple[str, tuple[Floor, ...]], ...]:
    """The extension modules that some promises leave without a file: one member of each, and those promises.

    `promises` are for one processor each. A library with a plain name is a module if it exports ``PyInit_NAME``.
    """
    asked = tuple(promises)
    result: list[tuple[str, tuple[Floor, ...]]] = []
    for files in named(filter(None, map(module, sorted(images)))).values():
        without = tuple(floor for floor in asked if not any(fits(images[found.member], floor) for found in files))
        if without and any(found.tag or _initializes(found, images[found.member]) for found in files):
            result.append((files[0].member, without))
    return tuple(result)


# --- symbols -------------------------------------------------------------------------------------------------
def _initializes(found: Module, image: Image) -> bool:
    return found.initializer in _exports(image)


def _exports(image: Image) -> Iterator[str]:
    if isinstance(image, Elf):
        yield from (symbol.name for symbol in image.symbols.exports)
    elif isinstance(image, MachO):
        yield from (name.removeprefix("_") for part in image.slices for name in part.symbols.exports)
    elif isinstance(image, Pe):
        yield from image.exports


def _imports(image: Image) -> Iterator[str]:
    """The names that the loader must find; of PE files, those asked of a Python DLL."""
    if isinstance(image, Elf):
        yield from (symbol.name for symbol in image.symbols.imports if symbol.binding is not Binding.WEAK)
    elif isinstance(image, MachO):
        yield from (name.removeprefix("_") for part in image.slices for name in part.symbols.imports)
    elif isinstance(image, Pe):
        yield from (name for dll in image.imports if _DLL.fullmatch(dll.name.lower()) for name in dll.symbols)


def _stable_abi(name: WheelName, images: Mapping[str, Image]) -> Iterator[Finding]:
    """Nothing but the stable ABI of the oldest tagged Python is imported.

    Names that a member of the wheel defines are its own affair, and a file for one CPython is imported by no other.
    """
    releases = [release for release in map(python_release, name.pythons) if release]
    oldest = min(releases, default=None)
    table = _stable()
    suspects: dict[str, list[str]] = {}
    for member, image in images.items():
        found = module(member)
        if found is None or not found.tag or found.tag.startswith("abi3"):
            names = {symbol for symbol in _imports(image) if _API.fullmatch(symbol)}
            suspects[member] = sorted(n for n in names if n not in table or (oldest and table[n] > oldest))
    own: set[str] = set()
    if any(suspects.values()):
        own = {symbol for image in images.values() for symbol in _exports(image) if _API.fullmatch(symbol)}
    for member, names_ in suspects.items():
        foreign = [symbol for symbol in names_ if symbol not in table and symbol not in own]
        late = [f"{s} ({'.'.join(map(str, table[s]))})" for s in names_ if s in table and s not in own]
        if foreign:
            yield Finding(rules.ABI3_VIOLATED, f"{_listed(foreign)} not in the stable ABI", member)
        if late and oldest:
            since = ".".join(map(str, oldest))
            yield Finding(
                rules.ABI3_TOO_NEW, f"{_listed(late)} newer than Python {since}, which the tag admits", member
            )


def _listed(names: list[str]) -> str:
    rest = len(names) - _SHOWN
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(names[:_SHOWN])}{f' and {rest} more' if rest > 0 else ''} {verb}"


def _free_threaded(name: WheelName, images: Mapping[str, Image], modules: tuple[Module, ...]) -> Iterator[Finding]:
    """A plainly named module tells its kind by what its reference counting calls."""
    if not any(python_release(abi) for abi in name.abis) or any("t" in abi for abi in name.abis):
        return
    for found in modules:
        calls = _FREE_THREADED.intersection(_imports(images[found.member])) if not found.tag else ()
        if calls:
            message = f"it imports {', '.join(sorted(calls))}, which only a free-threaded Python has"
            yield Finding(rules.ABI_FREE_THREADED, message, found.member)


# --- DLLs ----------------------------------------------------------------------------------------------------
def _dlls(name: WheelName, images: Mapping[str, Image]) -> Iterator[Finding]:
    """Windows modules name the DLL of their Python: python3.dll for the stable ABI, else that of the release."""
    allowed = {dll for python, abi in _pairs(name) for dll in _python_dlls(abi)}
    if not allowed:
        return
    carried = {member.rpartition("/")[2].lower() for member in images}  # by a wheel that embeds a Python of its own
    for member, image in images.items():
        if not isinstance(image, Pe) or not image.dll:
            continue
        for dll in sorted({wanted.name.lower() for wanted in image.imports}):
            if not _DLL.fullmatch(dll) or dll in allowed or dll in carried:
                continue
            message = f"it imports {dll}, and the tag calls for {' or '.join(sorted(allowed))}"
            threading = _toggled(dll) in allowed
            yield Finding(rules.ABI_FREE_THREADED if threading else rules.ABI_PYTHON_DLL, message, member)


def _python_dlls(abi: str) -> set[str]:
    if abi in {"abi3", "abi3t"}:
        return {"python3.dll"} if abi == "abi3" else {"python3t.dll", "python3.dll"}
    release = python_release(abi)
    if release is None:
        return set()
    free = "t" if "t" in abi else ""
    debug = "_d" if abi.endswith("d") else ""
    return {f"python{release[0]}{release[1]}{free}{debug}.dll", f"python3{free}{debug}.dll"}


def _toggled(dll: str) -> str:
    """The DLL's name with and without the ``t`` exchanged."""
    match = _DLL.fullmatch(dll)
    if match is None:
        return dll
    return f"python{match[1]}{match[2]}{'' if match[3] else 't'}{match[4] or ''}.dll"


@cache
def _stable() -> dict[str, tuple[int, int]]:
    """Every name of the stable ABI with the release that added it (PEP 652)."""
    table: _Table = json.loads(table_text("stable-abi.json"))
    return {
        name: (int(major), int(minor))
        for release, lines in table["added"].items()
        for major, _, minor in (release.partition("."),)
        for name in " ".join(lines).split()
    }

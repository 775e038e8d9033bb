"""Which C library an ELF file is built for, from the file alone.

The rules, in this order; the first that applies decides:
0. EI_OSABI: what is neither System V's nor GNU's is another system's (``VALID_ELF_OSABI`` of glibc's loader,
   which takes the two numbers of ARM on ARM as well), and so is what names another one in notes or segments;
1. the interpreter: ``ld-musl-*`` musl, ``ld-linux*`` glibc, and so ``ld.so.1`` and ``ld64.so.*`` on the processors
   where its loader is called so (``shlib-versions``; elsewhere these are Solaris', Fuchsia's and Redox'), ``linker``
   or ``linker64`` Android;
2. the Android note, or a version ``LIBC*`` needed from ``libc.so``: Android, whose libc has musl's soname;
3. a version ``GLIBC_*`` needed *from a file of glibc*: on i386 Alpine's libgcc_s defines GLIBC_2.0 as well,
   and libstdc++ needs it from there, so the version alone lies;
4. a needed library: ``libc.musl-*`` or ``ld-musl-*`` musl, ``libc.so.6`` and its companions glibc, ``libc.so``
   (zig, musl-cross, Rust) musl, ``libc.so.7`` and the like another system's;
5. nothing needed and nothing undefined, or no dynamic segment: no C library, the file is self-contained;
6. the undefined names, where only one of the two defines them; none but Python's own: no C library;
7. the suffix of an extension module, where an interpreter looks for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from truewheel.binary.model import Elf
from truewheel.policy.glibc import is_glibc
from truewheel.policy.group import ET_EXEC, is_program, is_python_name, listed, strong_imports

GLIBC, MUSL, BIONIC, NONE, UNKNOWN = "glibc", "musl", "bionic", "none", "unknown"


class Libc(NamedTuple):
    """The C library of a file (glibc, musl, bionic, none or unknown), and the evidence in words."""

    name: str
    evidence: str


_INTERPRETERS = (
    (re.compile(r"ld-musl-.*"), MUSL),
    (re.compile(r"ld-linux.*"), GLIBC),
    (re.compile(r"linker(64)?"), BIONIC),
)
_PLAIN_LOADER = re.compile(r"ld(64)?\.so\.[12]")
_PLAIN_LOADER_ARCHS = ("ppc", "ppc64", "ppc64le", "s390", "s390x", "mips", "mipsel", "mips64", "mips64el")
_OWN_SYSTEMS = ("Linux", "Android")
_SYSTEMS = {2: "NetBSD", 4: "Hurd", 6: "Solaris", 9: "FreeBSD", 12: "OpenBSD", 17: "CloudABI"}
_EM_ARM = 40
_ARM_ABIS = (64, 97)  # ELFOSABI_ARM_AEABI, ELFOSABI_ARM
_OTHER_LIBC = re.compile(r"libc\.so\.(?!6\.1$)\d+(\.\d+)*")  # 6.1 is glibc's on Alpha
_GLIBC_NAME = re.compile(r"__\w+_chk|__isoc23_\w+|__cxa_thread_atexit_impl|gnu_get_libc_version")
# musl and glibc call the 64-bit time functions of 32-bit systems differently; these spellings are musl's.
_MUSL_NAME = re.compile(r"__(dlsym|[fl]?stat|fstatat|select|pselect|nanosleep|gettimeofday|utimes|utimensat)_time64")
# CPython looks for the triplet of its C library from 3.11 on; before, and on PyPy, -linux-gnu says little.
_SUFFIX = re.compile(r"\.cpython-3(\d+)\w*-\w+-linux-(gnu|musl|android)\w*\.so")
_TRIPLET_KNOWN = 11


def libc_of(elf: Elf, member: str = "") -> Libc:
    """The C library that a file is built for. `member` is its path in the wheel, for the suffix."""
    for rule in _RULES:
        if (found := rule(elf, member)) is not None:
            return found
    names = listed(s.name for s in strong_imports(elf))
    return Libc(UNKNOWN, f"it names no C library, and its undefined names ({names}) fit more than one")


def other_system(elf: Elf) -> Libc | None:
    """What says that a file is for another system than Linux and Android, None if nothing does; the name is its own."""
    if elf.osabi in (0, 3) or (elf.machine == _EM_ARM and elf.osabi in _ARM_ABIS):
        if elf.system is None or elf.system.name in _OWN_SYSTEMS:
            return None
        return Libc(elf.system.name, f"{elf.system.evidence}, another system")
    name = _SYSTEMS.get(elf.osabi, "neither System V nor GNU")
    return Libc(name, f"its EI_OSABI is {elf.osabi} ({name}), that of another system")


def suffix_hint(member: str) -> Libc | None:
    """What the suffix of an extension module says of the C library, where it says anything."""
    found = _SUFFIX.search(member)
    if found is None or (found[2] == "gnu" and int(found[1]) < _TRIPLET_KNOWN):
        return None
    return Libc({"gnu": GLIBC, "musl": MUSL, "android": BIONIC}[found[2]], f"its name ends in {found[0]}")


def _by_system(elf: Elf, _: str) -> Libc | None:
    other = other_system(elf)
    return other and other._replace(name=UNKNOWN)


def _by_interpreter(elf: Elf, _: str) -> Libc | None:
    if elf.interpreter is None:
        return None
    name = elf.interpreter.rpartition("/")[2]
    for pattern, libc in _INTERPRETERS:
        if pattern.fullmatch(name):
            return Libc(libc, f"its interpreter is {name}")
    if elf.arch in _PLAIN_LOADER_ARCHS and _PLAIN_LOADER.fullmatch(name):
        return Libc(GLIBC, f"its interpreter is {name}")
    return Libc(UNKNOWN, f"its interpreter is {elf.interpreter}, which no platform tag knows")


def _by_android(elf: Elf, member: str) -> Libc | None:
    if elf.android_api is not None:
        return Libc(BIONIC, f"its Android note names API level {elf.android_api}")
    for need in elf.version_needs:
        if need.library in ("libc.so", "libm.so", "libdl.so") and re.fullmatch(r"LIBC(_\w+)?", need.version):
            return Libc(BIONIC, f"it needs version {need.version} of {need.library}")
    hint = suffix_hint(member)
    return hint if hint and hint.name == BIONIC else None


def _by_versions(elf: Elf, _: str) -> Libc | None:
    for need in elf.version_needs:
        if need.version.startswith("GLIBC_") and is_glibc(need.library):
            return Libc(GLIBC, f"it needs {need.version} of {need.library}")
    return None


def _by_needed(elf: Elf, _: str) -> Libc | None:
    for library in elf.needed:
        if library.startswith(("libc.musl-", "ld-musl-")):
            return Libc(MUSL, f"it needs {library}")
    for library in elf.needed:
        if is_glibc(library):
            return Libc(GLIBC, f"it needs {library}")
        if library == "libc.so":
            return Libc(MUSL, "it needs libc.so, which is musl's own name")
        if _OTHER_LIBC.fullmatch(library):
            return Libc(UNKNOWN, f"it needs {library}, the C library of another system")
    return None


def _by_absence(elf: Elf, _: str) -> Libc | None:
    if not elf.dynamic and (elf.type == ET_EXEC or not elf.needed):
        return Libc(NONE, "it is linked statically")
    if not elf.needed and next(strong_imports(elf), None) is None:
        return Libc(NONE, "it is linked statically" if is_program(elf) else "it needs nothing from outside")
    return None


def _by_names(elf: Elf, _: str) -> Libc | None:
    names = [s.name for s in strong_imports(elf) if not is_python_name(s.name)]
    if not names:
        return Libc(NONE, "it takes nothing but Python's own names")
    for pattern, libc in ((_GLIBC_NAME, GLIBC), (_MUSL_NAME, MUSL)):
        for name in sorted(names):
            if pattern.fullmatch(name):
                return Libc(libc, f"it takes {name}, which only {libc} defines")
    return None


def _by_suffix(_: Elf, member: str) -> Libc | None:
    return suffix_hint(member)


_RULES: tuple[Callable[[Elf, str], Libc | None], ...] = (
    _by_system,
    _by_interpreter,
    _by_android,
    _by_versions,
    _by_needed,
    _by_absence,
    _by_names,
    _by_suffix,
)

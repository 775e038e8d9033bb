"""Which libraries a platform brings itself, so that a wheel need not, and which ones a wheel must never carry."""

from __future__ import annotations

import re
from collections.abc import Iterable

from truewheel.policy import glibc, musl
from truewheel.policy.libc import BIONIC, GLIBC, MUSL, NONE
from truewheel.policy.model import Floor
from truewheel.policy.tables import android_table, glibc_policy

_SEPARATE = "libnsl.so.2"  # its name is like one of glibc's, and it left glibc in 2.26 to be a library like others
# What talks to the kernel's graphics or GPU driver must be of the driver's own release (GLVND's and NVIDIA's files).
_DRIVER = re.compile(
    r"lib(cuda|nvcuvid|nvidia-[\w-]+|GLdispatch|GLX|GLX_\w+|EGL|EGL_\w+|OpenGL|GLESv[12]\w*)\.so[.\d]*"
)


def is_given(libc: str, arch: str, library: str, ceiling: Floor | None = None) -> bool:
    """Whether the platform promises a library to files of a C library and an architecture.

    Some libraries are promised from a release on: under a `ceiling`, the highest platform that the wheel may ask
    for, they count only if it has them.
    """
    if libc == MUSL:
        return musl.is_promised(library)
    if libc == BIONIC:
        level = android_table().libraries.get(library)
        return level is not None and (ceiling is None or (level,) <= ceiling.version)
    if libc == NONE and musl.is_itself(library):
        return True
    return _given_by_glibc(arch, library, ceiling)


def _given_by_glibc(arch: str, library: str, ceiling: Floor | None) -> bool:
    policy = glibc_policy(arch)
    if policy is None:
        return glibc.is_glibc(library)
    since = policy.libraries.get(library)
    if since is None:
        return glibc.is_loader(library)
    # Below the oldest tag of the architecture nothing is promised, and the wheel is refused for that reason.
    return ceiling is None or ceiling.family != glibc.FAMILY or since <= max(ceiling.version, policy.oldest)


def is_always_given(library: str, archs: Iterable[str]) -> bool:
    """Whether all platforms of some C library promise a library to ELF files.

    Whoever else brings it, its versions count: a process has one of a name, and which is a matter of luck.
    """
    oldest = (Floor(glibc.FAMILY, arch, ()) for arch in archs)
    return any(is_given(libc, floor.arch, library, floor) for floor in oldest for libc in (GLIBC, MUSL))


def is_libc_part(libc: str, library: str) -> bool:
    """Whether a library belongs to the C library itself, promised or not: a copy fits one build of it alone."""
    if libc == MUSL:
        return musl.is_itself(library)
    return libc == GLIBC and glibc.is_glibc(library) and library != _SEPARATE


def is_driver(library: str) -> bool:
    """Whether a library comes with the graphics driver of the machine that a program runs on."""
    return _DRIVER.fullmatch(library) is not None

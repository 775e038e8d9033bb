"""What platforms bring themselves, and what must not be carried."""

from __future__ import annotations

import pytest

from truewheel.policy import Floor
from truewheel.policy.given import is_driver, is_given, is_libc_part
from truewheel.policy.libc import BIONIC, GLIBC, MUSL, NONE, UNKNOWN


@pytest.mark.parametrize(
    ("libc", "arch", "library", "given"),
    [
        (GLIBC, "x86_64", "libc.so.6", True),
        (GLIBC, "x86_64", "libstdc++.so.6", True),
        (GLIBC, "x86_64", "libz.so.1", True),
        (GLIBC, "x86_64", "libnsl.so.1", True),
        (GLIBC, "x86_64", "libnsl.so.2", False),
        (GLIBC, "x86_64", "ld-linux-x86-64.so.2", True),
        (GLIBC, "x86_64", "libcrypt.so.1", False),
        (GLIBC, "x86_64", "libstdc++.so.5", False),
        (GLIBC, "x86_64", "libc.so", False),
        (GLIBC, "x86_64", "libssl.so.3", False),
        (GLIBC, "x86_64", "/lib/libz.so.1", False),
        (GLIBC, "x86_64", "", False),
        (GLIBC, "s390x", "ld64.so.1", True),
        # Of a processor that no manylinux tag names, glibc itself is all that is sure.
        (GLIBC, "mips64", "libc.so.6", True),
        (GLIBC, "mips64", "libz.so.1", False),
        (UNKNOWN, "x86_64", "libz.so.1", True),
        (NONE, "x86_64", "libc.so.6", True),
        (NONE, "x86_64", "libc.musl-x86_64.so.1", True),
        (NONE, "x86_64", "libssl.so.3", False),
        (MUSL, "x86_64", "libc.musl-x86_64.so.1", True),
        (MUSL, "x86_64", "libpthread.so.0", True),
        (MUSL, "x86_64", "libz.so.1", True),
        (MUSL, "x86_64", "libstdc++.so.6", False),
        (MUSL, "x86_64", "libgcc_s.so.1", False),
        (BIONIC, "aarch64", "libc.so", True),
        (BIONIC, "aarch64", "liblog.so", True),
        (BIONIC, "aarch64", "libc++_shared.so", False),
        (BIONIC, "aarch64", "libc.so.6", False),
    ],
)
def test_what_a_platform_promises(libc: str, arch: str, library: str, *, given: bool) -> None:
    assert is_given(libc, arch, library) is given


@pytest.mark.parametrize(
    ("libc", "arch", "library", "family", "since"),
    [
        (GLIBC, "x86_64", "libexpat.so.1", "manylinux", (2, 12)),
        (GLIBC, "x86_64", "libmvec.so.1", "manylinux", (2, 24)),
        (BIONIC, "aarch64", "libvulkan.so", "android", (24,)),
        (BIONIC, "aarch64", "libneuralnetworks.so", "android", (27,)),
    ],
)
def test_some_are_promised_from_a_release_on(
    libc: str, arch: str, library: str, family: str, since: tuple[int, ...]
) -> None:
    before = (*since[:-1], since[-1] - 1)
    assert is_given(libc, arch, library)
    assert is_given(libc, arch, library, Floor(family, arch, since))
    assert not is_given(libc, arch, library, Floor(family, arch, before))


def test_the_ceiling_of_one_platform_says_nothing_of_another() -> None:
    assert is_given(GLIBC, "x86_64", "libexpat.so.1", Floor("android", "x86_64", (21,)))
    assert is_given(MUSL, "x86_64", "libz.so.1", Floor("manylinux", "x86_64", (2, 5)))


@pytest.mark.parametrize(
    ("libc", "library", "part"),
    [
        (GLIBC, "libc.so.6", True),
        (GLIBC, "libnss_files.so.2", True),
        (GLIBC, "libnss_compat.so.2", True),
        (GLIBC, "libthread_db.so.1", True),
        (GLIBC, "libnsl.so.1", True),
        (GLIBC, "libnsl.so.2", False),
        (GLIBC, "libz.so.1", False),
        (GLIBC, "libcrypt.so.1", False),
        (GLIBC, "ld-linux-aarch64.so.1", True),
        (MUSL, "libc.musl-aarch64.so.1", True),
        (MUSL, "libm.so.6", True),
        (MUSL, "libz.so.1", False),
        (BIONIC, "libc.so", False),
        (NONE, "libc.so.6", False),
    ],
)
def test_parts_of_the_c_library_fit_one_build_of_it(libc: str, library: str, *, part: bool) -> None:
    assert is_libc_part(libc, library) is part


@pytest.mark.parametrize(
    "library",
    [
        "libcuda.so.1",
        "libnvidia-ml.so.1",
        "libnvidia-ptxjitcompiler.so.550.54.14",
        "libnvcuvid.so",
        "libGLdispatch.so.0",
        "libGLX.so.0",
        "libGLX_nvidia.so.0",
        "libEGL.so.1",
        "libEGL_mesa.so.0",
        "libOpenGL.so.0",
        "libGLESv2.so.2",
        "libGLESv1_CM.so.1",
    ],
)
def test_drivers(library: str) -> None:
    assert is_driver(library)


@pytest.mark.parametrize(
    "library",
    ["libcudart.so.12", "libGLU.so.1", "libcublas.so.12", "libcuda.so.1x", "xlibcuda.so", "libGLEW.so.2.2", ""],
)
def test_what_only_sounds_like_one(library: str) -> None:
    assert not is_driver(library)

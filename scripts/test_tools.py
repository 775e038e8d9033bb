"""Have the programs that the tests ask: compilers and linkers for every processor, emulators, independent readers.

usage: python scripts/test_tools.py

Does nothing where they are all there. As root on Debian or Ubuntu it installs what is missing; elsewhere it says
what the tests have to leave out.
"""

from __future__ import annotations

import os
import shutil
import subprocess  # noqa: TID251 - apt-get is a program; the ban protects src
import sys
from collections.abc import Iterable
from pathlib import Path

CROSS = {
    "aarch64-linux-gnu": "arm64",
    "arm-linux-gnueabihf": "armhf",
    "i686-linux-gnu": "i386",
    "powerpc64le-linux-gnu": "ppc64el",
    "riscv64-linux-gnu": "riscv64",
    "s390x-linux-gnu": "s390x",
}
"""The triplets that programs are compiled for besides the host's, and what Debian calls the processor."""

PACKAGES = {
    "7z": "p7zip-full",
    "apt-get": "apt",
    "ar": "binutils",
    "bsdtar": "libarchive-tools",
    "bwrap": "bubblewrap",
    "bzip2": "bzip2",
    "cargo": "cargo",
    "chromium": "chromium",
    "cmake": "cmake",
    "diffoscope": "diffoscope-minimal",
    "dpkg-deb": "dpkg",
    "eu-elflint": "elfutils",
    "eu-strip": "elfutils",
    "faketime": "faketime",
    "g++": "g++",
    "gcc": "gcc",
    "gdb": "gdb",
    "git": "git",
    "gzip": "gzip",
    "ld.gold": "binutils",
    "ld.lld": "lld",
    "lld-link": "lld",
    "ld64.lld-19": "lld-19",
    "llvm-ar-19": "llvm-19",
    "llvm-install-name-tool-19": "llvm-19",
    "llvm-lipo-19": "llvm-19",
    "llvm-objcopy-19": "llvm-19",
    "llvm-objdump-19": "llvm-19",
    "llvm-otool-19": "llvm-19",
    "llvm-readobj-19": "llvm-19",
    "llvm-strip": "llvm",
    "mold": "mold",
    "ninja": "ninja-build",
    "musl-gcc": "musl-tools",
    "npm": "npm",
    "objcopy": "binutils",
    "objdump": "binutils",
    "openssl": "openssl",
    "osslsigncode": "osslsigncode",
    "pg_config": "libpq-dev",
    "readelf": "binutils",
    "rpm": "rpm",
    "rpmbuild": "rpm",
    "strip": "binutils",
    "strip-nondeterminism": "strip-nondeterminism",
    "tar": "tar",
    "unshare": "util-linux",
    "unzip": "unzip",
    "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64-win32",
    "x86_64-w64-mingw32-strip": "binutils-mingw-w64-x86-64",
    "x86_64-w64-mingw32-windres": "binutils-mingw-w64-x86-64",
    "xml2-config": "libxml2-dev",
    "xslt-config": "libxslt1-dev",
    "xz": "xz-utils",
    "zip": "zip",
    "zstd": "zstd",
    "/lib/ld-musl-x86_64.so.1": "musl",
    "/usr/lib/wine/wine64": "wine64",
    "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/kernel32.dll": "libwine",
    "/usr/include/stdio.h": "libc6-dev",
    "/usr/include/x86_64-linux-musl/stdio.h": "musl-dev",
    "/usr/include/yaml.h": "libyaml-dev",
    **{
        f"qemu-{processor}": "qemu-user"
        for processor in ("aarch64", "arm", "i386", "loongarch64", "ppc64le", "riscv64", "s390x")
    },
    **{f"{triplet}-gcc": f"gcc-{triplet}" for triplet in CROSS},
    **{f"{triplet}-strip": f"binutils-{triplet}" for triplet in CROSS},
    # gcc only recommends the C library that its programs run with.
    **{f"/usr/{triplet}/include/stdio.h": f"libc6-dev-{debian}-cross" for triplet, debian in CROSS.items()},
    **{f"/usr/{triplet}/lib/libc.so.6": f"libc6-{debian}-cross" for triplet, debian in CROSS.items()},
}
"""The Debian package of each program, and of each file where the name starts with a slash."""


def where(tool: str) -> Path | None:
    """The path of a program or file, or None where it isn't there."""
    if tool.startswith("/"):
        return Path(tool) if Path(tool).exists() else None
    found = shutil.which(tool)
    return Path(found) if found else None


def missing() -> dict[str, str]:
    """The tools that aren't there, with their packages."""
    return {tool: package for tool, package in PACKAGES.items() if where(tool) is None}


def can_install() -> bool:
    """Whether this process may install packages, so that a tool that lacks is our own fault."""
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run apt-get, in `folder` where one is given: it downloads into the current one."""
    options = ["-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3", "-o", "Dpkg::Use-Pty=0"]
    settings = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    command = ["apt-get", *options, *words]
    return subprocess.run(
        command, cwd=folder, env=settings, capture_output=True, encoding="utf-8", errors="replace", check=False
    )


def install(packages: Iterable[str]) -> str:
    """Install the packages. What apt-get said where it failed, else ""."""
    done = apt("update")
    if done.returncode:  # a mirror between two states is whole again a moment later
        done = apt("update")
    wanted = sorted(set(packages))
    done = apt("install", "--yes", "--no-install-recommends", *wanted)
    return (done.stderr or done.stdout) if done.returncode else ""


def main() -> int:
    """Do it; the exit status."""
    lacking = missing()
    if not lacking:
        print(f"test tools: all {len(PACKAGES)} are there")
        return 0
    packages = sorted(set(lacking.values()))
    if not can_install():
        print(f"test tools: the tests that need one of these are left out: {', '.join(sorted(lacking))}")
        print(f"test tools: on Debian they come with: apt-get install --no-install-recommends {' '.join(packages)}")
        return 0
    complaint = install(packages)
    if left := missing():
        print(f"test tools: still missing: {', '.join(sorted(left))}\n{complaint}", file=sys.stderr)
        return 1
    print(f"test tools: installed {' '.join(packages)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Which ways of making a file the editor is tried on."""

from __future__ import annotations

from tests.elf.toolchains import Case

CASES = (
    *(Case("x86_64", linker) for linker in ("bfd", "gold", "lld", "mold", "zig")),
    *(Case("i686", linker) for linker in ("bfd", "gold", "lld", "mold", "zig")),
    *(Case("aarch64", linker) for linker in ("bfd", "gold", "lld", "mold", "zig")),
    *(Case("armv7l", linker) for linker in ("bfd", "gold", "lld", "mold")),
    *(Case("ppc64le", linker) for linker in ("bfd", "gold", "lld", "mold")),
    *(Case("s390x", linker) for linker in ("bfd", "gold", "mold", "zig")),
    *(Case("riscv64", linker) for linker in ("bfd", "mold", "zig")),
    Case("loongarch64", "zig"),
    *(Case("x86_64", linker, libc="musl") for linker in ("bfd", "lld", "zig")),
    Case("aarch64", "zig", libc="musl"),
    Case("loongarch64", "zig", libc="musl"),
    *(Case(arch, "bfd", "nopie") for arch in ("x86_64", "i686", "aarch64", "armv7l", "ppc64le", "s390x")),
    Case("x86_64", "lld", "nopie"),
    Case("x86_64", "mold", "nopie"),
    Case("x86_64", "bfd", "cxx"),
    Case("x86_64", "lld", "cxx"),
    Case("x86_64", "bfd", "nosections"),
    Case("x86_64", "lld", "nosections"),
    Case("aarch64", "bfd", "nosections"),
    Case("x86_64", "bfd", "execstack", options=("-Wl,-z,execstack",)),
    Case("x86_64", "bfd", "joined", options=("-Wl,-z,noseparate-code",)),
    Case("x86_64", "bfd", "sysvhash", options=("-Wl,--hash-style=sysv",)),
    Case("s390x", "bfd", "sysvhash", options=("-Wl,--hash-style=both",)),
    Case("x86_64", "bfd", "hugepages", options=("-Wl,-z,max-page-size=0x200000",)),
    Case("x86_64", "bfd", "now", options=("-Wl,-z,relro,-z,now",)),
)

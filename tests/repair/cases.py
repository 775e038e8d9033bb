"""Small wheels with one peculiarity each: those that the peers repair wrongly, and those that they repair well."""

from __future__ import annotations

import stat
import zipfile  # noqa: TID251 - symbolic links are written by hand; the ban protects src
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.repair.workshop import Workshop
from tests.support import wheel_members, zip_bytes

LINUX = "probe-1.0-py3-none-linux_x86_64.whl"
CPYTHON = "probe-1.0-cp311-cp311-linux_x86_64.whl"
EXTENSION = "native.cpython-311-x86_64-linux-gnu.so"

FIRST = "int b(void); int a(void) { return 1 + b(); }"
SECOND = "int b(void) { return 10; }"
USER = "int a(void); int func(void) { return a(); }"
"""Three files in a row: the last asks the first, which asks the second; func() is 11."""


def _wheel(shop: Workshop, files: dict[str, Path | bytes], name: str = LINUX, executable: tuple[str, ...] = ()) -> Path:
    data = {path: file if isinstance(file, bytes) else file.read_bytes() for path, file in files.items()}
    members = wheel_members({"probe/__init__.py": b"", **data}, name=name)
    target = shop.folder / name
    target.write_bytes(zip_bytes(members, executable=executable))
    return target


def _calling(shop: Workshop, name: str = LINUX, /, **versions: str) -> Path:
    """A wheel with one library that calls functions of the C library."""
    native = shop.library("native.so", calls=versions, against=[shop.libc(**versions)])
    return _wheel(shop, {"probe/native.so": native}, name)


def too_low(shop: Workshop) -> Path:
    """The name claims manylinux_2_17, the library needs GLIBC_2.36."""
    return _calling(shop, "probe-1.0-py3-none-manylinux_2_17_x86_64.whl", arc4random="GLIBC_2.36")


def future(shop: Workshop) -> Path:
    """The library needs GLIBC_2.99, which nobody knows."""
    return _calling(shop, tomorrow="GLIBC_2.99")


def processor(shop: Workshop) -> Path:
    """The library says that it needs an x86-64-v3 processor."""
    native = shop.library("native.so", calls=["puts"], against=[shop.libc()], flags=["-Wl,-z,x86-64-v3"])
    return _wheel(shop, {"probe/native.so": native})


def private_zlib(shop: Workshop) -> Path:
    """The library calls `inflate_table` of the platform's zlib, which is not for others."""
    zlib = shop.stub("libz.so.1", {"": ["inflate_table"]})
    native = shop.library("native.so", calls=["puts", "inflate_table"], against=[shop.libc(), zlib])
    return _wheel(shop, {"probe/native.so": native})


def zlib_ng(shop: Workshop) -> Path:
    """The library needs ZLIB_NG_2.1.0 of a libz-ng that the wheel carries."""
    own = shop.stub("libz-ng.so.2", {"ZLIB_NG_2.1.0": ["zng_inflate"]})
    native = shop.library(
        "native.so", calls=["puts", "zng_inflate"], against=[shop.libc(), own], flags=["-Wl,-rpath,$ORIGIN"]
    )
    return _wheel(shop, {"probe/native.so": native, "probe/libz-ng.so.2": own})


def pyfpe(shop: Workshop) -> Path:
    """An extension module needs `PyFPE_jbuf`, which no Python that can be had exports."""
    code = "extern char PyFPE_jbuf[]; void *PyInit_native(void) { return PyFPE_jbuf; }"
    native = shop.library("native.so", calls=["puts"], against=[shop.libc()], code=code)
    return _wheel(shop, {f"probe/{EXTENSION}": native}, CPYTHON)


def unlisted(shop: Workshop) -> Path:
    """RECORD doesn't list the library, which needs GLIBC_2.36."""
    native = shop.library("native.so", calls=["arc4random"], against=[shop.libc(arc4random="GLIBC_2.36")])
    innocent = shop.library("innocent.so", calls=["puts"], against=[shop.libc()])
    members = wheel_members({"probe/innocent.so": innocent.read_bytes()}, name=LINUX)
    target = shop.folder / LINUX
    target.write_bytes(zip_bytes({"probe/native.so": native.read_bytes(), **members}))
    return target


def any_platform(shop: Workshop) -> Path:
    """A library in a wheel for any platform."""
    return _calling(shop, "probe-1.0-py3-none-any.whl", puts="GLIBC_2.2.5")


def link(shop: Workshop) -> Path:
    """A symbolic link beside its target."""
    wheel = _calling(shop, puts="GLIBC_2.2.5")
    members = wheel_members({}, name=LINUX)
    with zipfile.ZipFile(wheel) as old:
        files = {name: old.read(name) for name in old.namelist()}
    data = {name: data for name, data in files.items() if name not in members}
    everything = wheel_members({**data, "probe/link.so": b"native.so"}, name=LINUX)
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in everything.items():
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            kind = stat.S_IFLNK | 0o777 if name.endswith("link.so") else stat.S_IFREG | 0o644
            info.external_attr = kind << 16
            archive.writestr(info, content)
    return wheel


def missing(shop: Workshop) -> Path:
    """A library is nowhere to be found."""
    lost = shop.stub("liblost.so.1", {"": ["lost"]})
    return _wheel(shop, {"probe/native.so": shop.library("native.so", calls=["lost"], against=[shop.libc(), lost])})


def absolute(shop: Workshop) -> Path:
    """A run path of the build machine in a file that needs no graft."""
    flags = ["-Wl,-rpath,/home/builder/secret/lib", "-Wl,--enable-new-dtags"]
    native = shop.library("native.so", calls=["puts"], against=[shop.libc()], flags=flags)
    return _wheel(shop, {"probe/native.so": native})


def executable_stack(shop: Workshop) -> Path:
    """The library asks for an executable stack, which glibc 2.41 refuses."""
    native = shop.library("native.so", calls=["puts"], against=[shop.libc()], flags=["-Wl,-z,execstack"])
    return _wheel(shop, {"probe/native.so": native})


def _static(shop: Workshop, name: str) -> Path:
    flags = ["-static", "-nostdlib", "-Wl,--build-id=none"]
    program = shop.program("tool", code="void _start(void) { for (;;) ; }", flags=flags)
    return _wheel(shop, {"probe-1.0.data/scripts/tool": program}, name, ("probe-1.0.data/scripts/tool",))


def static_program(shop: Workshop) -> Path:
    """A program that needs nobody."""
    return _static(shop, LINUX)


def both_families(shop: Workshop) -> Path:
    """The same in a wheel that is tagged manylinux and musllinux at once."""
    return _static(shop, "probe-1.0-py3-none-manylinux_2_17_x86_64.musllinux_1_2_x86_64.whl")


def mixed_case(shop: Workshop) -> Path:
    """The name of the distribution has capitals."""
    return _calling(shop, "ProbeCase-1.0-py3-none-linux_x86_64.whl", puts="GLIBC_2.2.5")


def comma(shop: Workshop) -> Path:
    """The name of the library has a comma, which RECORD must quote."""
    native = shop.library("native.so", calls=["puts"], against=[shop.libc()])
    return _wheel(shop, {"probe/one,two.so": native})


def python_library(shop: Workshop) -> Path:
    """An extension module that was linked with libpython."""
    python = shop.stub("libpython3.11.so.1.0", {"": ["PyLong_FromLong"]})
    code = "extern void *PyLong_FromLong(void); void *PyInit_native(void) { return PyLong_FromLong(); }"
    native = shop.library("native.so", calls=["puts"], against=[shop.libc(), python], code=code)
    return _wheel(shop, {f"probe/{EXTENSION}": native}, CPYTHON)


def _row(shop: Workshop, first_flags: tuple[str, ...] = ()) -> tuple[Path, Path]:
    """The first and the second library, outside of the wheel."""
    libc = shop.libc()
    second = shop.library("outside/libb.so", code=SECOND, soname="libb.so", calls=["puts"], against=[libc])
    first = shop.library("outside/liba.so", code=FIRST, soname="liba.so", against=[second, libc], flags=first_flags)
    return first, second


def _user(shop: Workshop, path: str, *against: Path, flags: Iterable[str] = ()) -> Path:
    """The third, which needs the C library as well."""
    flags = ["-Wl,--allow-shlib-undefined", *flags]
    return shop.library(path, code=USER, calls=["puts"], against=[*against, shop.libc()], flags=flags)


def _asking(shop: Workshop, first_flags: tuple[str, ...]) -> Path:
    first, _ = _row(shop, first_flags)
    return _wheel(shop, {"probe/native.so": _user(shop, "native.so", first)})


def plain_chain(shop: Workshop) -> Path:
    """A library, and one that this one needs, without run paths."""
    return _asking(shop, ())


def rpath_chain(shop: Workshop) -> Path:
    """The same, where the first finds the second by DT_RPATH."""
    return _asking(shop, (f"-Wl,-rpath,{shop.outside}", "-Wl,--disable-new-dtags"))


def runpath_chain(shop: Workshop) -> Path:
    """The same with DT_RUNPATH."""
    return _asking(shop, (f"-Wl,-rpath,{shop.outside}", "-Wl,--enable-new-dtags"))


def inside(shop: Workshop) -> Path:
    """Both libraries are in the wheel, beside the one that asks, whose DT_RPATH counts for the first too."""
    first, second = _row(shop)
    files: dict[str, Path | bytes] = {"probe/liba.so": first.read_bytes(), "probe/libb.so": second.read_bytes()}
    flags = ["-Wl,-rpath,$ORIGIN", "-Wl,--disable-new-dtags"]
    files["probe/native.so"] = _user(shop, "native.so", first, flags=flags)
    first.unlink()
    second.unlink()
    return _wheel(shop, files)


def out_of_reach(shop: Workshop) -> Path:
    """Both libraries are in the wheel, in a folder to which no run path leads."""
    first, second = _row(shop)
    native = _user(shop, "native.so", first)
    wheel = _wheel(shop, {"probe/native.so": native, "probe/lib/liba.so": first, "probe/lib/libb.so": second})
    first.unlink()
    second.unlink()
    return wheel


def half_inside(shop: Workshop) -> Path:
    """The first library is in the wheel, the second isn't."""
    first, _ = _row(shop)
    native = _user(shop, "native.so", first, flags=["-Wl,-rpath,$ORIGIN/internal"])
    return _wheel(shop, {"probe/native.so": native, "probe/internal/liba.so": first})


def two_packages(shop: Workshop) -> Path:
    """Two top-level packages share a library that is grafted."""
    first, _ = _row(shop)
    native = _user(shop, "native.so", first)
    return _wheel(shop, {"probe/native.so": native, "other/deep/native.so": native})


def plain_library(shop: Workshop) -> Path:
    """A library of the wheel that is no extension module needs the grafted one, by a run path of its own."""
    _, second = _row(shop)
    own = shop.library("libown.so", code=FIRST, soname="libown.so", against=[second], flags=["-Wl,-rpath,$ORIGIN"])
    native = _user(shop, "native.so", own, flags=["-Wl,-rpath,$ORIGIN/lib"])
    return _wheel(shop, {"probe/native.so": native, "probe/lib/libown.so": own})


def same_names(shop: Workshop) -> Path:
    """Two libraries in the wheel have one name, in two folders, and each has its user."""
    left = shop.library("left/libsame.so", code="int a(void) { return 1; }", soname="libsame.so")
    right = shop.library("right/libsame.so", code="int a(void) { return 2; }", soname="libsame.so")
    flags = ["-Wl,-rpath,$ORIGIN"]
    _, second = _row(shop)
    return _wheel(
        shop,
        {
            "probe/left/libsame.so": left,
            "probe/left/native.so": _user(shop, "l/native.so", left, second, flags=flags),
            "probe/right/libsame.so": right,
            "probe/right/native.so": _user(shop, "r/native.so", right, flags=flags),
        },
    )


def script(shop: Workshop) -> Path:
    """A program among the scripts needs a library that is grafted; its exit status is 11."""
    first, _ = _row(shop)
    code = """
    int a(void);
    int answer(void) { return a(); }
    __asm__(".globl _start\\n_start: and $-16, %rsp\\n call answer\\n mov %eax, %edi\\n mov $60, %eax\\n syscall");
    """
    flags = ["-pie", "-fPIC", "-nostdlib", str(first), "-Wl,--allow-shlib-undefined", "-Wl,--build-id=none"]
    tool = shop.program("tool", code=code, flags=flags)
    return _wheel(shop, {"probe-1.0.data/scripts/tool": tool}, executable=("probe-1.0.data/scripts/tool",))


CASES: dict[str, Callable[[Workshop], Path]] = {
    case.__name__.replace("_", "-"): case
    for case in (
        *(too_low, future, processor, private_zlib, zlib_ng, pyfpe, unlisted, any_platform, link, missing, absolute),
        *(executable_stack, both_families, static_program, mixed_case, comma, python_library),
        *(
            plain_chain,
            rpath_chain,
            runpath_chain,
            inside,
            out_of_reach,
            half_inside,
            two_packages,
            plain_library,
            same_names,
        ),
        script,
    )
}
"""Every case by its name, as docs/peers.md has it."""

"""Small wheels for macOS with one peculiarity each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.macho.codesign import Style, signed
from tests.repair.macos.workshop import BOTH, Workshop, archive, as_object, for_ios, without_signature

MODULE = "probe/native.cpython-312-darwin.so"
PROGRAM = "probe-1.0.data/scripts/tool"
ENTITLEMENTS = b"<plist><dict><key>com.apple.security.cs.allow-jit</key><true/></dict></plist>"
INTEL, BOTH_TAG, IOS = "macosx_10_13_x86_64", "macosx_10_13_universal2", "ios_13_0_arm64_iphoneos"
IDENTITY = Style("com.example.probe", entitlements=ENTITLEMENTS, cms=b"a certificate", runtime=True)


def absolute(shop: Workshop) -> Path:
    """A library and one that this one needs, by paths of the build machine."""
    return shop.wheel({MODULE: shop.linked("program", shop.ay(shop.bee()))})


def intel(shop: Workshop) -> Path:
    """The same for Intel's processors."""
    ay = shop.ay(shop.bee(archs=["x86_64"]), archs=["x86_64"])
    return shop.wheel({MODULE: shop.linked("program", ay, archs=["x86_64"])}, INTEL)


def universal2(shop: Workshop) -> Path:
    """The same for both processors in each file."""
    ay = shop.ay(shop.bee(archs=BOTH), archs=BOTH)
    return shop.wheel({MODULE: shop.linked("program", ay, archs=BOTH)}, BOTH_TAG)


def half_fat(shop: Workshop) -> Path:
    """A module for both processors needs a library that there is for one alone."""
    thin = shop.ay(shop.bee())
    fat = shop.ay(shop.bee(archs=BOTH, folder="fat"), archs=BOTH, folder="fat")
    wheel = shop.wheel({MODULE: shop.linked("program", fat, archs=BOTH)}, BOTH_TAG)
    for path in (fat, fat.with_name("libbee.1.dylib")):
        path.unlink()
    assert thin.exists()
    return wheel


def two_halves(shop: Workshop) -> Path:
    """The same, where there is one for each processor, in two folders."""
    wheel = half_fat(shop)
    thin = shop.ay(shop.bee(archs=["x86_64"], folder="intel"), archs=["x86_64"], folder="intel")
    assert thin.exists()
    return wheel


def cycle(shop: Workshop) -> Path:
    """Two libraries load each other."""
    names = {name: f"{shop.outside}/{name}.dylib" for name in ("libay", "libbee.1")}
    ay = shop.ay(shop.bee(names["libbee.1"]), name=names["libay"])
    shop.bee(names["libbee.1"], "-needed_library", ay)
    return shop.wheel({MODULE: shop.linked("program", ay)})


def own_rpath(shop: Workshop) -> Path:
    """Both are asked for by `@rpath`, and who asks has the run path."""
    ay = shop.ay(shop.bee("@rpath/libbee.1.dylib"), name="@rpath/libay.dylib", rpaths=[str(shop.outside)])
    return shop.wheel({MODULE: shop.linked("program", ay, rpaths=[str(shop.outside)])})


def chain_rpath(shop: Workshop) -> Path:
    """The same, where the module alone has the run path, which leads to the second library, too."""
    ay = shop.ay(shop.bee("@rpath/libbee.1.dylib", folder="deep"), name="@rpath/libay.dylib")
    rpaths = [str(shop.outside), str(shop.outside / "deep")]
    return shop.wheel({MODULE: shop.linked("program", ay, rpaths=rpaths)})


def loader_path(shop: Workshop) -> Path:
    """The first library asks for the second by `@loader_path`."""
    return shop.wheel({MODULE: shop.linked("program", shop.ay(shop.bee("@loader_path/libbee.1.dylib")))})


def weak(shop: Workshop) -> Path:
    """The first library loads the second weakly, and that one is nowhere."""
    bee = shop.bee()
    wheel = shop.wheel({MODULE: shop.linked("program", shop.ay("-weak_library", bee))})
    bee.unlink()
    return wheel


def weak_found(shop: Workshop) -> Path:
    """The same where it is there."""
    return shop.wheel({MODULE: shop.linked("program", shop.ay("-weak_library", shop.bee()))})


def reexport(shop: Workshop) -> Path:
    """The first library passes the second on as its own."""
    return shop.wheel(
        {MODULE: shop.linked("program", shop.ay("-reexport_library", shop.bee(f"{shop.outside}/libbee.1.dylib")))}
    )


def missing(shop: Workshop) -> Path:
    """A library is nowhere to be found."""
    bee = shop.bee()
    wheel = shop.wheel({MODULE: shop.linked("ay", bee)})
    bee.unlink()
    return wheel


def single_module(shop: Workshop) -> Path:
    """There is no package, but a module."""
    return shop.wheel({MODULE.partition("/")[2]: shop.linked("program", shop.ay(shop.bee()))}, init="")


def namespace(shop: Workshop) -> Path:
    """The package is a namespace, without an `__init__.py`."""
    return shop.wheel({"space/probe/" + MODULE.partition("/")[2]: shop.linked("program", shop.ay(shop.bee()))}, init="")


def platlib(shop: Workshop) -> Path:
    """The package lies in `.data/platlib`."""
    native = shop.linked("program", shop.ay(shop.bee()))
    return shop.wheel({f"probe-1.0.data/platlib/{MODULE}": native}, init="probe-1.0.data/platlib/probe/__init__.py")


def script(shop: Workshop) -> Path:
    """A program among the scripts needs them."""
    return shop.wheel({PROGRAM: shop.linked("program", shop.ay(shop.bee()), kind="execute")})


def two_packages(shop: Workshop) -> Path:
    """Two packages share them."""
    native = shop.linked("program", shop.ay(shop.bee()))
    return shop.wheel({MODULE: native, "other/__init__.py": b"", "other/native.so": native})


def same_names(shop: Workshop) -> Path:
    """Two libraries in two folders have one name."""
    names = {side: f"{shop.outside / side}/libbee.dylib" for side in ("left", "right")}
    libraries = {side: shop.bee(name, folder=side, pad=str(len(side))) for side, name in names.items()}
    return shop.wheel({f"probe/{side}.so": shop.linked("ay", bee) for side, bee in libraries.items()})


def inside(shop: Workshop) -> Path:
    """Both are in the wheel, and found there."""
    bee = shop.bee("@loader_path/libbee.1.dylib")
    ay = shop.ay(bee, name="@loader_path/libay.dylib")
    files = {"probe/libbee.1.dylib": bee.read_bytes(), "probe/libay.dylib": ay.read_bytes()}
    return shop.wheel({MODULE: shop.linked("program", ay), **files})


def out_of_reach(shop: Workshop) -> Path:
    """Both are in the wheel, and asked for by paths of the build machine."""
    bee = shop.bee()
    ay = shop.ay(bee)
    wheel = shop.wheel(
        {MODULE: shop.linked("program", ay), "probe/lib/libbee.1.dylib": bee, "probe/lib/libay.dylib": ay}
    )
    for path in (ay, bee):
        path.unlink()
    return wheel


def leaf(shop: Workshop) -> Path:
    """A module that needs no library has a run path of the build machine."""
    return shop.wheel({MODULE: shop.linked("bee", rpaths=["/Users/builder/secret/lib"])})


def tight(shop: Workshop) -> Path:
    """Behind the load commands is room for the shortest names only."""
    name = "/usr/local/opt/bee/lib/libbee.1.dylib"
    return shop.wheel({MODULE: shop.linked("ay", shop.bee(name), pad="0x0")})


def no_room(shop: Workshop) -> Path:
    """Behind the load commands is no room."""
    return shop.wheel({MODULE: shop.linked("ay", shop.bee("/l/b.dylib"), pad="0x0")})


def identity(shop: Workshop) -> Path:
    """The module is signed with a Developer ID."""
    native = shop.linked("program", shop.ay(shop.bee()))
    return shop.wheel({MODULE: signed(native.read_bytes(), IDENTITY)})


def entitlements(shop: Workshop) -> Path:
    """A program has entitlements, and is signed ad hoc."""
    native = shop.linked("program", shop.ay(shop.bee()), kind="execute")
    return shop.wheel({"probe/bin/tool": signed(native.read_bytes(), Style("tool", entitlements=ENTITLEMENTS))})


def unsigned(shop: Workshop) -> Path:
    """A module for Apple's processors isn't signed."""
    return shop.wheel({MODULE: without_signature(shop.linked("bee"))})


def trailing(shop: Workshop) -> Path:
    """Data is appended behind a module that needs a library."""
    native = shop.linked("ay", shop.bee()).read_bytes()
    return shop.wheel({MODULE: native + b"appended to the file"})


def too_low(shop: Workshop) -> Path:
    """The name claims macOS 11.0, the module needs 14.0."""
    return shop.wheel({MODULE: shop.linked("bee", minos="14.0")})


def minor(shop: Workshop) -> Path:
    """The module needs macOS 12.3."""
    return shop.wheel({MODULE: shop.linked("bee", minos="12.3")})


def too_strict(shop: Workshop) -> Path:
    """The name claims macOS 14.0, the module needs 11.0."""
    return shop.wheel({MODULE: shop.linked("bee")}, "macosx_14_0_arm64")


def newer_library(shop: Workshop) -> Path:
    """The module needs macOS 11.0, the second library 13.0."""
    return shop.wheel({MODULE: shop.linked("program", shop.ay(shop.bee(minos="13.0")))})


def objects(shop: Workshop) -> Path:
    """An object file, a static library and a dSYM for macOS 15 are in the wheel."""
    newer = shop.linked("bee", minos="15.0")
    files = {"probe/static.o": as_object(newer, 1), "probe/n.dSYM/Contents/Resources/DWARF/n": as_object(newer, 10)}
    files["probe/libstatic.a"] = archive(files["probe/static.o"])
    return shop.wheel({MODULE: shop.linked("bee"), **files})


def unsorted(shop: Workshop) -> Path:
    """The tags in the name are not sorted."""
    native = shop.linked("bee", archs=BOTH)
    return shop.wheel({MODULE: native}, "macosx_11_0_arm64.macosx_10_13_x86_64.macosx_10_13_universal2")


def ios(shop: Workshop) -> Path:
    """A wheel for iOS that is complete."""
    return shop.wheel({"probe/native.cpython-312-iphoneos.so": for_ios(shop.linked("bee"))}, IOS)


CASES: dict[str, Callable[[Workshop], Path]] = {
    case.__name__.replace("_", "-"): case
    for case in (
        *(absolute, intel, universal2, half_fat, cycle, own_rpath, chain_rpath, loader_path),
        *(weak, weak_found, reexport),
        *(missing, single_module, namespace, platlib, script, two_packages, same_names, inside, out_of_reach, leaf),
        *(tight, no_room, identity, entitlements, unsigned, trailing),
        *(too_low, minor, too_strict, newer_library, objects, unsorted, ios),
    )
}
"""Every case by its name, as docs/peers.md has it."""

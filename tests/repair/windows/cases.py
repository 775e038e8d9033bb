"""Small wheels for Windows with one peculiarity each: what the peers repair wrongly, and what they repair well.

In each something asks for ``a()`` of a.dll, which asks for ``b()`` of b.dll, and gives 42.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.repair.windows.workshop import DllWorkshop
from tests.support import wheel_members, zip_bytes

CPYTHON = "probe-1.0-cp312-cp312-win_amd64.whl"
OLD_CPYTHON = "probe-1.0-cp39-cp39-win_amd64.whl"
ANY_PYTHON = "probe-1.0-py3-none-win_amd64.whl"
EXTENSION = "native.cp312-win_amd64.pyd"

SECOND = "__declspec(dllexport) int b(void) { return 40; }"
FIRST = "__declspec(dllimport) int b(void); __declspec(dllexport) int a(void) { return b() + 2; }"
USER = "__declspec(dllimport) int a(void); __declspec(dllexport) int answer(void) { return a(); }"
_IMPORTED = "__declspec(dllimport)"
LATE, _LATE_FIRST = USER.replace(_IMPORTED, ""), FIRST.replace(_IMPORTED, "")
PROGRAM = "__declspec(dllimport) int a(void); int start(void) { return a(); }"
DOCUMENTED = b'"""A probe."""\n\nfrom __future__ import annotations\n\nVALUE = 1\n'

Files = dict[str, Path | bytes]


def _wheel(shop: DllWorkshop, files: Files, name: str = CPYTHON) -> Path:
    data = {path: file if isinstance(file, bytes) else file.read_bytes() for path, file in files.items()}
    target = shop.folder / name
    target.write_bytes(zip_bytes(wheel_members(data, name=name)))
    return target


def _row(shop: DllWorkshop, first: str = "a.dll", second: str = "b.dll") -> Path:
    """The first DLL, outside; the second lies in a folder of its own there."""
    below = shop.dll(f"outside/deep/{second}", SECOND)
    return shop.dll(f"outside/{first}", FIRST, below)


def _user(shop: DllWorkshop, first: Path, code: str = USER) -> Path:
    return shop.dll(f"made/{EXTENSION}", code, first)


def plain(shop: DllWorkshop) -> Path:
    """An extension module needs a DLL, which needs another."""
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, f"probe/{EXTENSION}": _user(shop, _row(shop))})


def two_packages(shop: DllWorkshop) -> Path:
    """Extension modules of two top-level packages share a DLL."""
    user = _user(shop, _row(shop))
    inits: Files = dict.fromkeys(("probe/__init__.py", "other/__init__.py", "other/deep/__init__.py"), DOCUMENTED)
    return _wheel(shop, {**inits, f"probe/{EXTENSION}": user, f"other/deep/{EXTENSION}": user})


def sub_packages(shop: DllWorkshop) -> Path:
    """Extension modules of two sub-packages share a DLL, and a second package has none."""
    user = _user(shop, _row(shop))
    inits: Files = dict.fromkeys(
        (f"{name}/__init__.py" for name in ("probe", "probe/x", "probe/y", "idle")), DOCUMENTED
    )
    return _wheel(shop, {**inits, f"probe/x/{EXTENSION}": user, f"probe/y/{EXTENSION}": user})


def top_level(shop: DllWorkshop) -> Path:
    """The extension module lies in no package."""
    return _wheel(shop, {EXTENSION: _user(shop, _row(shop)), "probe.py": DOCUMENTED})


def namespace(shop: DllWorkshop) -> Path:
    """Two packages of a namespace without an `__init__.py` share a DLL."""
    user = _user(shop, _row(shop))
    inits: Files = {f"space/{name}/__init__.py": DOCUMENTED for name in ("one", "two")}
    return _wheel(shop, {**inits, f"space/one/{EXTENSION}": user, f"space/two/{EXTENSION}": user})


def bare_namespace(shop: DllWorkshop) -> Path:
    """Two folders without any `__init__.py` share a DLL."""
    user = _user(shop, _row(shop))
    return _wheel(shop, {f"space/one/{EXTENSION}": user, f"space/two/{EXTENSION}": user})


def shared_init(shop: DllWorkshop) -> Path:
    """Two packages of a namespace whose `__init__.py` says so, by pkgutil, share a DLL."""
    user = _user(shop, _row(shop))
    inits: Files = {f"space/{name}/__init__.py": DOCUMENTED for name in ("one", "two")}
    inits["space/__init__.py"] = b'__path__ = __import__("pkgutil").extend_path(__path__, __name__)\n'
    return _wheel(shop, {**inits, f"space/one/{EXTENSION}": user, f"space/two/{EXTENSION}": user})


def platlib(shop: DllWorkshop) -> Path:
    """The package lies in the scheme platlib of the folder for data."""
    root = "probe-1.0.data/platlib/probe"
    return _wheel(shop, {f"{root}/__init__.py": DOCUMENTED, f"{root}/{EXTENSION}": _user(shop, _row(shop))})


def script(shop: DllWorkshop) -> Path:
    """A program among the scripts needs the DLL; its exit status is 42."""
    tool = shop.program("made/tool.exe", PROGRAM, _row(shop))
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, "probe-1.0.data/scripts/tool.exe": tool}, ANY_PYTHON)


def plain_dll(shop: DllWorkshop) -> Path:
    """A DLL that is opened by ctypes needs another; the wheel has no extension module."""
    own = shop.dll("made/own.dll", USER, _row(shop))
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, "probe/own.dll": own}, ANY_PYTHON)


def late(shop: DllWorkshop) -> Path:
    """The extension module looks for the DLL when it first calls it."""
    user = shop.late(f"made/{EXTENSION}", LATE, _row(shop).name, "a")
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, f"probe/{EXTENSION}": user})


def late_graft(shop: DllWorkshop) -> Path:
    """The first DLL looks for the second when it first calls it."""
    shop.dll("outside/deep/b.dll", SECOND)
    late = shop.late("outside/a.dll", _LATE_FIRST, "b.dll", "b")
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, f"probe/{EXTENSION}": _user(shop, late)})


def late_top_level(shop: DllWorkshop) -> Path:
    """The same in no package, so that nothing of the wheel runs before."""
    return _wheel(shop, {EXTENSION: shop.late(f"made/{EXTENSION}", LATE, _row(shop).name, "a")})


def late_script(shop: DllWorkshop) -> Path:
    """The same by a program among the scripts."""
    tool = shop.late("made/tool.exe", PROGRAM.replace(_IMPORTED, ""), _row(shop).name, "a")
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, "probe-1.0.data/scripts/tool.exe": tool}, ANY_PYTHON)


def forwarded(shop: DllWorkshop) -> Path:
    """The DLL forwards its only export to another."""
    shop.dll("outside/deep/c.dll", SECOND.replace("b(void) { return 40", "c(void) { return 42"))
    exports = shop.folder / "a.def"
    exports.write_text("LIBRARY a.dll\nEXPORTS\n  a = c.c\n", encoding="ascii")
    first = shop.dll("outside/a.dll", "int unused;", exports)
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, f"probe/{EXTENSION}": _user(shop, first)})


def signed(shop: DllWorkshop) -> Path:
    """The extension module and both DLLs are signed."""
    first = _row(shop)
    user = shop.signed(_user(shop, first))
    shop.signed(first)
    shop.signed(shop.deep / "b.dll")
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, f"probe/{EXTENSION}": user})


def called(shop: DllWorkshop, first: str, *seconds: str, overlay: bool = False) -> Path:
    """DLLs of other names: the first, and those that it needs."""
    functions = [f"b{number}" for number in range(len(seconds))]
    below = [
        shop.dll(f"outside/deep/{name}", SECOND.replace("b(", f"{function}("))
        for name, function in zip(seconds, functions, strict=True)
    ]
    imports = "".join(f"__declspec(dllimport) int {function}(void);" for function in functions)
    total = " + ".join(f"{function}()" for function in functions)
    code = f"{imports} __declspec(dllexport) int a(void) {{ return {total} - {40 * len(seconds) - 42}; }}"
    dll = shop.dll(f"outside/{first}", code, *below)
    user = _user(shop, dll)
    for file in (dll, user) if overlay else ():
        shop.with_overlay(file)
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, f"probe/{EXTENSION}": user})


def overlay(shop: DllWorkshop) -> Path:
    """The extension module and the first DLL have bytes behind their end, and no padding for the names."""
    return called(shop, "a.dll", *(f"{letter * 200}.dll" for letter in "bcd"), overlay=True)


def other_case(shop: DllWorkshop) -> Path:
    """The DLL is called in capitals where it is asked for, and not where it lies."""
    first = _row(shop, "A.DLL")
    user = _user(shop, first)
    first.rename(first.with_name("a.dll"))
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, f"probe/{EXTENSION}": user})


def inside(shop: DllWorkshop) -> Path:
    """Both DLLs lie in the wheel, beside the module that needs them."""
    first = _row(shop)
    user, second = _user(shop, first), shop.deep / "b.dll"
    files: Files = {"probe/a.dll": first.read_bytes(), "probe/b.dll": second.read_bytes()}
    first.unlink()
    second.unlink()
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, f"probe/{EXTENSION}": user, **files})


def half_inside(shop: DllWorkshop) -> Path:
    """The first DLL lies beside the module that needs it, the second isn't in the wheel."""
    first = _row(shop)
    files: Files = {f"probe/{EXTENSION}": _user(shop, first), "probe/a.dll": first.read_bytes()}
    first.unlink()
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, **files})


def missing(shop: DllWorkshop) -> Path:
    """The second DLL is nowhere to be found."""
    first = _row(shop)
    (shop.deep / "b.dll").unlink()
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, f"probe/{EXTENSION}": _user(shop, first)})


def driver(shop: DllWorkshop) -> Path:
    """The extension module needs nvcuda.dll, which comes with the driver of a graphics card."""
    user = _user(shop, shop.dll("machine/nvcuda.dll", "__declspec(dllexport) int a(void) { return 42; }"))
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, f"probe/{EXTENSION}": user})


def old_python(shop: DllWorkshop) -> Path:
    """The wheel is for Python 3.9."""
    user = shop.dll("made/native.cp39-win_amd64.pyd", USER, _row(shop))
    return _wheel(shop, {"probe/__init__.py": DOCUMENTED, "probe/native.cp39-win_amd64.pyd": user}, OLD_CPYTHON)


def future(shop: DllWorkshop) -> Path:
    """An `__init__.py` begins with what must stay in front: a docstring in Latin-1, two imports from `__future__`."""
    user = _user(shop, _row(shop))
    head = b'#!/usr/bin/env python\n# -*- coding: latin-1 -*-\nr"""\xe9\x0c""" ; from __future__ import annotations\n'
    init = head + b"from __future__ import (division,\n    generators)\nVALUE = 1\n"
    inits: Files = {"probe/__init__.py": init, "probe/x/__init__.py": b"", "probe/y/__init__.py": b""}
    return _wheel(shop, {**inits, f"probe/x/{EXTENSION}": user, f"probe/y/{EXTENSION}": user})


CASES: dict[str, Callable[[DllWorkshop], Path]] = {
    case.__name__.replace("_", "-"): case
    for case in (
        *(
            plain,
            two_packages,
            sub_packages,
            top_level,
            namespace,
            bare_namespace,
            shared_init,
            platlib,
            script,
            plain_dll,
        ),
        *(late, late_graft, late_top_level, late_script, forwarded, signed, overlay, other_case, inside, half_inside),
        *(missing, driver, future, old_python),
    )
}
"""Every case by its name, as docs/peers.md has it."""

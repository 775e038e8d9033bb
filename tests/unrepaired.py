"""Published wheels taken apart: as their builds leave them, with the libraries that they lack in a folder beside them.

What is published has been repaired, and what hasn't been can't be published. So an example of a repair takes a wheel
of the corpus and gives its libraries their own names back. truewheel does it, so the bytes are the same on every host;
what proves repairs (`tests.repair`) is taken apart by other tools.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.corpus import Corpus
from truewheel.binary import Pe, read
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf
from truewheel.binary.macho_edit import MachChanges, SliceChanges, edit_macho
from truewheel.binary.patch import Patch
from truewheel.binary.pe_edit import PeChanges, edit_pe
from truewheel.ops.retag import retag
from truewheel.wheel import Bytes, Entry, Wheel, amended, canonicalize, write
from truewheel.world import open_wheel

LINUX = "pyzmq-27.3.0-cp312-abi3-linux_i686.whl"
MACOS = "pyzmq-27.3.0-cp312-abi3-macosx_10_13_universal2.whl"
WINDOWS = "shapely-2.2.0-cp312-cp312-win_amd64.whl"
SPREAD = "numpy-2.5.5-cp312-cp312-win_amd64.whl"
"""The last one has modules in several folders that need DLLs."""


class Apart(NamedTuple):
    """A wheel taken apart, and the libraries that it lacks, by the names that it asks for."""

    wheel: Wheel
    libraries: dict[str, bytes]


class _Unrepaired(NamedTuple):
    """The wheel of the corpus, the folder for the libraries, and what takes it apart."""

    published: str
    folder: str
    apart: Callable[[Wheel], Apart]


def take_apart(name: str, corpus: Corpus, folder: Path) -> None:
    """Write the wheel of that name into `folder`, and its libraries into a folder there."""
    published, libraries, apart = UNREPAIRED[name]
    (folder / libraries).mkdir(exist_ok=True)
    with open_wheel(corpus(published)) as opened:
        bare = apart(opened.wheel)
        for library, data in bare.libraries.items():
            (folder / libraries / library).write_bytes(data)
        with (folder / name).open("wb") as file:
            write(canonicalize(bare.wheel), file)


# --- Linux
_LINUX_GRAFTS = {
    "pyzmq.libs/libsodium-f3034866.so.26.4.0": "libsodium.so.26",
    "pyzmq.libs/libzmq-79356aae.so.5.2.5": "libzmq.so.5",
}
_OWN_NAMES = {path.rpartition("/")[2]: name for path, name in _LINUX_GRAFTS.items()}
_MODULE = "zmq/backend/cython/_zmq.abi3.so"
_BUILT_IN = RunPath(("/project/build/lib",), runpath=True)


def _for_linux(wheel: Wheel) -> Apart:
    libraries = {
        name: _elf(wheel.by_name[path], ElfChanges(needed=_OWN_NAMES, soname=name, run_path=RunPath(())))
        for path, name in _LINUX_GRAFTS.items()
    }
    data = _elf(wheel.by_name[_MODULE], ElfChanges(needed=_OWN_NAMES, run_path=_BUILT_IN))
    bare = amended(wheel, _changed(wheel, _MODULE, data), without=_LINUX_GRAFTS)
    return Apart(retag(bare, ("linux_i686",)), libraries)


def _elf(entry: Entry, changes: ElfChanges) -> bytes:
    data = entry.read()
    return bytes(edit_elf(data, changes).applied(data))


# --- macOS
_PREFIX = "/tmp/zmq/lib"  # noqa: S108 - where pyzmq's builds have them
_MACOS_GRAFTS = {name: f"zmq/.dylibs/{name}" for name in ("libsodium.26.dylib", "libzmq.5.dylib")}


def _for_macos(wheel: Wheel) -> Apart:
    sodium, zmq = _MACOS_GRAFTS
    by_path = SliceChanges({f"@loader_path/{sodium}": f"{_PREFIX}/{sodium}"}, install_name=f"@rpath/{zmq}")
    by_rpath = SliceChanges({f"@loader_path/../../.dylibs/{zmq}": f"@rpath/{zmq}"}, rpaths=(_PREFIX,))
    libraries = {
        sodium: _macho(wheel.by_name[_MACOS_GRAFTS[sodium]], SliceChanges(install_name=f"{_PREFIX}/{sodium}")),
        zmq: _macho(wheel.by_name[_MACOS_GRAFTS[zmq]], by_path),
    }
    data = _macho(wheel.by_name[_MODULE], by_rpath)
    bare = amended(wheel, _changed(wheel, _MODULE, data), without=_MACOS_GRAFTS.values())
    return Apart(retag(bare, ("macosx_10_13_universal2",)), libraries)


def _macho(entry: Entry, changes: SliceChanges) -> bytes:
    data = entry.read()
    edit = edit_macho(data, MachChanges({"x86_64": changes, "arm64": changes}))
    return bytes(edit.applied(data) if isinstance(edit, Patch) else edit.onto(bytearray(data)))


# --- Windows
_HASHED = re.compile(r"-[0-9a-f]{32}(?=\.dll$)")
_LINES = re.compile(rb"(?:\r?\n)*# start delvewheel patch\r?\n.*?# end delvewheel patch\r?\n", re.DOTALL)


def _for_windows(wheel: Wheel) -> Apart:
    grafts = [name for name in wheel.by_name if name.endswith(".dll") and ".libs/" in name]
    own = {_base(name).lower(): _HASHED.sub("", _base(name)) for name in grafts}
    libraries = {own[_base(name).lower()]: _pe(wheel.by_name[name], own) for name in grafts}
    modules = {name: _pe(wheel.by_name[name], own) for name in wheel.by_name if name.endswith(".pyd")}
    sources = {name: bytes(wheel.by_name[name].read()) for name in wheel.by_name if name.endswith("/__init__.py")}
    cleaned = {name: _LINES.sub(b"\n", text) for name, text in sources.items()}
    changed = [_changed(wheel, name, data) for name, data in {**modules, **cleaned}.items()]
    return Apart(amended(wheel, *changed, without=(*grafts, wheel.info_path("DELVEWHEEL"))), libraries)


def _pe(entry: Entry, own: dict[str, str]) -> bytes:
    data = entry.read()
    image = read(data)
    imports = image.imports if isinstance(image, Pe) else ()
    dlls = {dll.name.lower(): own[dll.name.lower()] for dll in imports if dll.name.lower() in own}
    return bytes(edit_pe(data, PeChanges(dlls)).applied(data))


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _changed(wheel: Wheel, name: str, data: bytes) -> Entry:
    return Entry(name, wheel.by_name[name].executable, Bytes(data))


UNREPAIRED = {
    LINUX: _Unrepaired("pyzmq-27.3.0-cp312-abi3-manylinux_2_28_i686.whl", "lib", _for_linux),
    MACOS: _Unrepaired("pyzmq-27.3.0-cp312-abi3-macosx_10_15_universal2.whl", "dylibs", _for_macos),
    WINDOWS: _Unrepaired(WINDOWS, "dlls", _for_windows),
    SPREAD: _Unrepaired(SPREAD, "numpy-dlls", _for_windows),
}
"""The wheels before their repair, by name. Those for Windows take the place of the published ones: no page has both."""

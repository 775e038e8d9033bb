"""A published wheel taken apart: as its build leaves it, with the libraries that it lacks in a folder beside it.

What is published has been repaired, and what hasn't been can't be published. So an example of a repair takes a wheel
of the corpus and gives its libraries their own names back. truewheel does it, so the bytes are the same on every host.
"""

from __future__ import annotations

from pathlib import Path

from tests.corpus import Corpus
from truewheel.binary.elf_edit import ElfChanges, RunPath, edit_elf
from truewheel.ops.retag import retag
from truewheel.wheel import Bytes, Entry, Wheel, amended, canonicalize, write
from truewheel.world import open_wheel

NAME = "pyzmq-27.3.0-cp312-abi3-linux_i686.whl"
"""The wheel before its repair."""

PUBLISHED = "pyzmq-27.3.0-cp312-abi3-manylinux_2_28_i686.whl"
"""The wheel of the corpus that it is made from."""

_GRAFTS = {
    "pyzmq.libs/libsodium-f3034866.so.26.4.0": "libsodium.so.26",
    "pyzmq.libs/libzmq-79356aae.so.5.2.5": "libzmq.so.5",
}
_OWN_NAMES = {path.rpartition("/")[2]: name for path, name in _GRAFTS.items()}
_MODULE = "zmq/backend/cython/_zmq.abi3.so"
_BUILT_IN = RunPath(("/project/build/lib",), runpath=True)


def take_apart(corpus: Corpus, folder: Path) -> None:
    """Write the wheel into `folder`, and its libraries into ``lib`` there."""
    (folder / "lib").mkdir()
    with open_wheel(corpus(PUBLISHED)) as opened:
        for path, name in _GRAFTS.items():
            changes = ElfChanges(needed=_OWN_NAMES, soname=name, run_path=RunPath(()))
            (folder / "lib" / name).write_bytes(_edited(opened.wheel.by_name[path], changes))
        with (folder / NAME).open("wb") as file:
            write(canonicalize(_unrepaired(opened.wheel)), file)


def _unrepaired(wheel: Wheel) -> Wheel:
    module = wheel.by_name[_MODULE]
    data = _edited(module, ElfChanges(needed=_OWN_NAMES, run_path=_BUILT_IN))
    bare = amended(wheel, Entry(_MODULE, module.executable, Bytes(data)), without=_GRAFTS)
    return retag(bare, ("linux_i686",))


def _edited(entry: Entry, changes: ElfChanges) -> bytes:
    data = entry.read()
    return bytes(edit_elf(data, changes).applied(data))

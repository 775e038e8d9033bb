"""Published wheels taken apart: as their builds left them, with the DLLs that they lack in a folder beside them.

delvewheel repaired what is published; its own editor gives the names back, and its lines in ``__init__.py`` go. So
nothing of ours takes part in making the input.
"""

from __future__ import annotations

import gc
import re
import zipfile  # noqa: TID251 - an independent reader; the ban protects src
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pefile
from delvewheel._dll_utils import replace_needed

from tests.support import record_text, zip_bytes

_HASHED = re.compile(r"-[0-9a-f]{32}(?=\.dll$)")
_KEPT = ("/METADATA", "/WHEEL")
_LINES = re.compile(rb"(?:\r?\n)*# start delvewheel patch\r?\n.*?# end delvewheel patch\r?\n", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Undone:
    """A wheel before its repair, and the folder with what it lacks."""

    wheel: Path
    lacking: Path

    @classmethod
    def kept(cls, folder: Path) -> Undone:
        """What `undo` has left in a folder."""
        (wheel,) = folder.glob("*.whl")
        return cls(wheel, folder / "lacking")


def undo(published: Path, folder: Path, *, only: tuple[str, ...] = (), patched: bool = False) -> Undone:
    """Take a wheel apart: the DLLs of its ``.libs``, or of all its folders where it has none, are lacking then.

    With `only`, just the extension modules stay whose paths begin so: enough of a large wheel. The lines of delvewheel
    stay where it is `patched`.
    """
    files = _files(published)
    dlls = {name for name in files if name.lower().endswith(".dll")}
    dlls = {name for name in dlls if name.split("/")[0].endswith(".libs")} or dlls
    own = {name.rpartition("/")[2]: _HASHED.sub("", name.rpartition("/")[2]) for name in dlls}
    lacking = folder / "lacking"
    lacking.mkdir(parents=True)
    for name in dlls:
        target = lacking / own[name.rpartition("/")[2]]
        target.write_bytes(files[name])
        _rename(target, own)
    kept = {}
    for name, data in files.items():
        gone = name in dlls or name.endswith(("/RECORD", "/DELVEWHEEL"))
        if gone or (only and not name.startswith(only) and not name.endswith((*_KEPT, "__init__.py"))):
            continue
        kept[name] = data
        if name.endswith(".pyd"):
            scratch = folder / "scratch.pyd"
            scratch.write_bytes(data)
            _rename(scratch, own)
            kept[name] = scratch.read_bytes()
        elif name.endswith("__init__.py") and not patched:
            kept[name] = _LINES.sub(b"\n", data)
    return Undone(_packed(published.name, kept, folder), lacking)


def _files(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def imports(data: bytes) -> tuple[str, ...]:
    """The DLLs that a file imports from, as pefile reads them, in lower case."""
    image = pefile.PE(data=data, fast_load=True)
    image.parse_data_directories([1, 13], import_dllnames_only=True)
    tables = ("DIRECTORY_ENTRY_IMPORT", "DIRECTORY_ENTRY_DELAY_IMPORT")
    return tuple(row.dll.decode().lower() for table in tables for row in getattr(image, table, ()))


def _rename(path: Path, names: Mapping[str, str]) -> None:
    """Give imported DLLs the names that they had before delvewheel."""
    changed = [name for name in imports(path.read_bytes()) if names.get(name, name) != name]
    if changed:
        gc.freeze()  # it collects garbage after each step, and finds none among what was there before
        replace_needed(str(path), changed, dict(names), strip=False, direct=False)


def _packed(name: str, files: Mapping[str, bytes], folder: Path) -> Path:
    (info,) = {path.partition("/")[0] for path in files if path.partition("/")[0].endswith(".dist-info")}
    record = f"{info}/RECORD"
    wheel = folder / name
    wheel.write_bytes(zip_bytes({**files, record: record_text(files, record)}, store=True))
    return wheel


def runtime(wheel: Path, folder: Path, names: Iterable[str]) -> Path:
    """A folder with some of Microsoft's DLLs out of a wheel that brings them."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {_HASHED.sub("", name.rpartition("/")[2]).lower(): data for name, data in _files(wheel).items()}
    for name in names:
        (folder / name).write_bytes(files[name])
    return folder

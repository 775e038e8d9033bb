"""DLLs that have nothing but names, for the imports that a test can't fill: Python's, above all.

A module that imports from python312.dll is mapped, linked and started with a stub as with the real one; only its
``PyInit`` function can't be called.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pefile

from tests.elf.toolchains import call
from tests.pe.toolchains import GCC, SOURCES
from tests.tools import need


def imported(files: Iterable[bytes], dlls: Iterable[str]) -> dict[str, set[str]]:
    """What the files import from each of these DLLs, by pefile; a "#" stands before an ordinal."""
    found: dict[str, set[str]] = {dll: set() for dll in dlls}
    for data in files:
        image = pefile.PE(data=data, fast_load=True)
        image.parse_data_directories([1, 13])
        for table in ("DIRECTORY_ENTRY_IMPORT", "DIRECTORY_ENTRY_DELAY_IMPORT"):
            for row in getattr(image, table, []):
                names = found.get(row.dll.decode().lower())
                if names is not None:
                    names |= {x.name.decode() if x.name else f"#{x.ordinal}" for x in row.imports}
    return found


def stub(dll: str, names: Iterable[str], folder: Path) -> Path:
    """A DLL in `folder` that exports these names: functions that return 0, and zeros for who reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"ordinal{name[1:]}=stub @{name[1:]} NONAME" if name[0] == "#" else f'"{name}"=stub' for name in names]
    exports = folder / f"{dll}.def"
    exports.write_text("\n".join([f'LIBRARY "{dll}"', "EXPORTS", *sorted(lines), ""]), encoding="ascii")
    call([*need(GCC), "-shared", "-nostdlib", "-Wl,--entry=0", "-s", SOURCES / "stub.c", exports, "-o", folder / dll])
    return folder / dll


def python_stubs(files: Iterable[bytes], folder: Path) -> tuple[Path, ...]:
    """Stubs of python3.dll and python312.dll, with all that the files import from them."""
    symbols = imported(files, ("python3.dll", "python312.dll"))
    return tuple(stub(dll, names, folder) for dll, names in symbols.items() if names)

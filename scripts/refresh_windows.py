"""Write src/truewheel/policy/data/windows-dlls.json from the delvewheel package, as installed.

    python -m pip install delvewheel && python scripts/refresh_windows.py

delvewheel (MIT) lists, for each architecture, the DLLs that every Windows from 7 on (10 on for arm64) has in its
system folder. The table groups them by the architectures that have them. Two names are added: the UCRT, to which
the api-ms-win-crt-* sets forward and which every supported CPython needs itself, and combase.dll, which
delvewheel treats apart (in Windows since 8).
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from delvewheel._dll_list import MachineType, ignore_names

from tabletext import Node, lines, write

TARGET = Path(__file__).resolve().parent.parent / "src/truewheel/policy/data/windows-dlls.json"
ARCHS = {"amd64": MachineType.AMD64, "arm64": MachineType.ARM64, "win32": MachineType.I386}
ADDED = {"combase.dll", "ucrtbase.dll"}


def table() -> dict[str, Node]:
    """The table as it is written: where it comes from, name prefixes, and names by architectures (without ``.dll``)."""
    names = {arch: {n.lower() for n in ignore_names[machine]} | ADDED for arch, machine in ARCHS.items()}
    groups: dict[str, list[str]] = {}
    for name in sorted(set.union(*names.values())):
        groups.setdefault(" ".join(arch for arch in ARCHS if name in names[arch]), []).append(name)
    return {
        "source": f"delvewheel {version('delvewheel')} (MIT); ucrtbase.dll and combase.dll added",
        "prefixes": ["api-ms-win-", "ext-ms-"],
        "dlls": {archs: lines(n.removesuffix(".dll") for n in groups[archs]) for archs in sorted(groups)},
    }


if __name__ == "__main__":
    write(TARGET, table())
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")

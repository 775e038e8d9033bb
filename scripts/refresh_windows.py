"""Write src/truewheel/policy/data/windows-dlls.json from the delvewheel and ziglang packages, as installed.

    python -m pip install delvewheel ziglang && python scripts/refresh_windows.py

delvewheel (MIT) lists the DLLs in the system folders of install media: for amd64 and win32 those that every Windows
from 7 to 11 has, for arm64 those of 10 and 11. So what is new since 7 is on none but the last list. Of this, a name is
promised on the other two as well where three sources agree: it is on delvewheel's list of arm64; mingw-w64, which zig
bundles, has an import definition of it for the processor; and it is said to be in Windows 10's first release or an
older one (`NEW`). A definition alone proves nothing: there are some for the DirectX SDK's redistributables, for
drivers, and for services that left Windows with XP.

What is said to come with a later release (`LATER`) is not promised, since no tag says which Windows 10 is meant; the
table keeps the release, so that a message can name it. Other names that the sources differ on are left out: a DLL that
is wrongly missed can be excluded by whoever knows better, and one that is wrongly promised makes a wheel that fails.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from importlib.metadata import distribution, version
from pathlib import Path

from delvewheel._dll_list import MachineType, ignore_names

from tabletext import Node, lines, write

TARGET = Path(__file__).resolve().parent.parent / "src/truewheel/policy/data/windows-dlls.json"
ARCHS = {"amd64": MachineType.AMD64, "arm64": MachineType.ARM64, "win32": MachineType.I386}
DEFINITIONS = {"amd64": ("lib-common", "lib64"), "win32": ("lib-common", "lib32")}
LIBRARY = re.compile(rb"^\s*LIBRARY\s+\"?([^\"\s]+)", re.IGNORECASE | re.MULTILINE)

# The first release with each. Looked up at learn.microsoft.com: icu, directml, dxcore, computecore, webauthn. The rest
# is by common account, which the two lists above bear out: none of `NEW` is promised on this word alone.
NEW = {
    "8": "bluetoothapis dcomp dismapi dpapi mi ninput websocket xaudio2_8 xinput1_4",
    "8.1": "d3dcompiler_47 shcore windows.data.pdf wofutil",
    "10": "d3d12 ucrtbase xaudio2_9 xinputuap",
    "XP, side by side until it came into the system folder": "gdiplus",
}
LATER = {
    "10 version 1703": "icuin icuuc",
    "10 version 1709": "wslapi",
    "10 version 1809": "computecore computenetwork computestorage windows.ai.machinelearning",
    "10 version 1903": "directml icu webauthn",
    "10 version 2004": "dxcore glu32 opengl32",  # the latter two on arm64, where the SDK has had them since
}
# On every Windows: combase.dll (since 8) is treated apart by delvewheel, and bthprops.cpl, which has the functions for
# Bluetooth radios, is neither a .dll nor a .drv.
ADDED = {"combase.dll": ("amd64", "arm64", "win32"), "bthprops.cpl": ("amd64", "win32")}
# OpenSSH's own library, which has a name that everybody else's copy has.
PRIVATE = {"libcrypto.dll"}


def defined(folders: Iterable[str]) -> set[str]:
    """The names, in lower case, of the libraries that mingw-w64 has import definitions of."""
    names = set[bytes]()
    for folder in folders:
        for file in Path(str(distribution("ziglang").locate_file(f"ziglang/lib/libc/mingw/{folder}"))).glob("*.def*"):
            names.update(match.lower() for match in LIBRARY.findall(file.read_bytes()))
    return {name.decode() if b"." in name else f"{name.decode()}.dll" for name in names}


def promised() -> dict[str, set[str]]:
    """The names that every Windows 10 and 11 has, by architecture. Exits where sources no longer agree."""
    names = {arch: {n.lower() for n in ignore_names[machine]} - PRIVATE for arch, machine in ARCHS.items()}
    for arch, folders in DEFINITIONS.items():
        new = {f"{name}.dll" for listed in NEW.values() for name in listed.split()}
        differ = new - (names["arm64"] & defined(folders))
        if differ:
            sys.exit(f"{arch}: no longer on Windows 10 and 11, or without a definition: {' '.join(sorted(differ))}")
        names[arch] |= new
    for name, archs in ADDED.items():
        for arch in archs:
            names[arch].add(name)
    return names


def table() -> dict[str, Node]:
    """The table as it is written: its sources, name prefixes, names by architectures, and names of later releases.

    Names are without ``.dll``.
    """
    names = promised()
    groups: dict[str, list[str]] = {}
    for name in sorted(set.union(*names.values())):
        groups.setdefault(" ".join(arch for arch in ARCHS if name in names[arch]), []).append(name)
    return {
        "sources": [
            f"delvewheel {version('delvewheel')} (MIT): install media of Windows 7 SP1 to 11, for arm64 of 10 and 11",
            f"mingw-w64 in ziglang {version('ziglang')}: import definitions for each processor",
            "first releases: learn.microsoft.com (icu, directml, dxcore, computecore, webauthn), or common account",
        ],
        "prefixes": ["api-ms-win-", "ext-ms-"],
        "dlls": {archs: lines(n.removesuffix(".dll") for n in groups[archs]) for archs in sorted(groups)},
        "later": {release: lines(listed.split()) for release, listed in LATER.items()},
    }


if __name__ == "__main__":
    write(TARGET, table())
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")

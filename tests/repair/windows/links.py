"""What the DLLs of a wheel are and whom they load, by pefile: nothing of ours takes part."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import pefile

from tests.repair.anatomy import members
from tests.repair.windows.imports import installed, led
from tests.repair.windows.undone import imports

_HASH = re.compile(r"-(?:[0-9a-f]{8}|[0-9a-f]{32})(?=\.dll$)")

Links = frozenset[tuple[str, str]]


def own_name(name: str) -> str:
    """What a DLL was called before a repair gave it a hash, in lower case."""
    return _HASH.sub("", name.rpartition("/")[2].lower())


def dlls_of(wheel: Path) -> dict[str, str]:
    """The DLLs of a wheel by their own names, and of each what no repair touches: the sections with code."""
    return {own_name(name): _code(data) for name, data in members(wheel).items() if name.lower().endswith(".dll")}


def _code(data: bytes) -> str:
    image = pefile.PE(data=data, fast_load=True)
    sections = [section.get_data() for section in image.sections if section.Characteristics & 0x20]
    assert sections
    return hashlib.sha256(b"".join(sections)).hexdigest()


def modules_of(wheel: Path) -> list[str]:
    """The extension modules, sorted by where they are."""
    return sorted(name for name in members(wheel) if name.endswith(".pyd"))


def links(wheel: Path, folder: Path, roots: Iterable[str], lines: str) -> Links:
    """Who loads whom when modules are imported, by their own names; what isn't in the wheel is "outside: NAME".

    Looked up as Windows does for an extension module: in its folder, then where the ``__init__.py`` leads by the
    statements with the word `lines`. The wheel is installed into `folder`.
    """
    site = installed(wheel, folder)
    found: set[tuple[str, str]] = set()
    for root in roots:
        folders = [(site / root).parent, *led(site, root, lines).folders]
        pending, seen = [site / root], set[Path]()
        while pending:
            asker = pending.pop()
            if asker in seen:
                continue
            seen.add(asker)
            for name in imports(asker.read_bytes()):
                here = next((path for place in folders if (path := _there(place, name)) is not None), None)
                found.add((own_name(asker.name), own_name(name) if here else f"outside: {name}"))
                pending += [here] if here else []
    return frozenset(found)


def _there(folder: Path, name: str) -> Path | None:
    """The file of a (lower-case) name in a folder, as Windows compares names."""
    return next((path for path in sorted(folder.iterdir()) if path.name.lower() == name), None)

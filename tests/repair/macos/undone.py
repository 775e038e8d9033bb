"""A published wheel before its repair: its libraries in a folder of their own, and everything called as builds call it.

LLVM's install_name_tool undoes the names, and the signer of the tests makes the signatures of a linker again, so that
nothing of ours has ever touched what is repaired.
"""

from __future__ import annotations

import posixpath
import zipfile  # noqa: TID251 - the wheels are read with a reader that isn't ours
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.elf.toolchains import call
from tests.macho.codesign import Style, signed
from tests.macho.layout import FAT, THIN, parts
from tests.support import record_text, zip_bytes
from tests.tools import need

GRAFTS = "/.dylibs"
"""Where delocate puts libraries, in a package."""


@dataclass(frozen=True)
class Names:
    """How the files were called where they were built.

    ``links`` makes of the file name of a library what it is called, and asked for by; ``members`` and ``libraries`` are
    the run paths of those of the wheel and of those outside that need one of them.
    """

    links: Callable[[str], str]
    members: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()


def _of_homebrew(name: str) -> str:
    return f"/opt/homebrew/opt/{name.partition('.')[0].removeprefix('lib')}/lib/{name}"


def _by_rpath(name: str) -> str:
    return f"@rpath/{name}"


HOMEBREW = Names(_of_homebrew)
LOCAL = Names("/usr/local/lib/{}".format)
RPATHS = Names(_by_rpath, ("/opt/d/lib",), ("/opt/d/lib",))
CHAIN = Names(_by_rpath, ("/opt/d/lib",))
"""Only what loads the first library has a run path, which holds for the others, too."""


@dataclass(frozen=True)
class Undone:
    """A wheel that lacks libraries, and the folder in which they are."""

    wheel: Path
    libraries: Path


def undone(published: Path, folder: Path, names: Names) -> Undone:
    """Take a wheel apart."""
    libraries = folder / "libraries"
    libraries.mkdir(parents=True)
    with zipfile.ZipFile(published) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    (record,) = (name for name in files if name.endswith(".dist-info/RECORD"))
    del files[record]
    for name in [name for name, data in files.items() if data.startswith((FAT, THIN))]:
        inside = not posixpath.dirname(name).endswith(GRAFTS)
        data = _as_built(files[name], name, folder, names, inside=inside)
        if inside:
            files[name] = data
        else:
            del files[name]
            (libraries / posixpath.basename(name)).write_bytes(data)
    wheel = folder / published.name
    wheel.write_bytes(zip_bytes({**files, record: record_text(files, record)}, level=1))
    return Undone(wheel, libraries)


def _as_built(data: bytes, name: str, folder: Path, names: Names, *, inside: bool) -> bytes:
    """A file with the names that it had before delocate; itself if it had the same."""
    own = posixpath.basename(name)
    links = sorted({link for part in parts(data) for link in part.dylibs if link.startswith("@loader_path/")})
    words = [word for link in links for word in ("-change", link, names.links(posixpath.basename(link)))]
    if not inside:
        words += ["-id", names.links(own)]
    present = {path for part in parts(data) for path in part.rpaths}
    paths = names.members if inside else names.libraries
    words += [word for path in paths if links and path not in present for word in ("-add_rpath", path)]
    if not words:
        return data
    work = folder / "work"
    work.write_bytes(data)
    call([*need("llvm-install-name-tool-19"), *words, work])
    return signed(work.read_bytes(), Style(own, linker=True))

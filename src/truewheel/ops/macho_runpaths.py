"""What stays of the run paths and the own name of a Mach-O file: nothing that names the machine that built it.

Who can write to a folder of that machine's name decides what is loaded, and dyld of macOS 15 refuses a file that has
one run path twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from truewheel.binary.graph import join
from truewheel.binary.leaks import NEUTRAL_NAMES
from truewheel.binary.model import Slice

_SYSTEM: Final = ("/usr/lib/", "/System/")
_INSTALLED: Final = ("/Library/", "/Applications/")  # of Pythons and developer tools: the same on every machine
_LOADER: Final = "@loader_path"


def kept_rpaths(part: Slice, folder: str, *, others: bool, python: bool) -> tuple[str, ...]:
    """The run paths of a member that stay, each once; `folder` is where it is installed.

    With `others` it needs libraries that this wheel leaves to others, so relative entries stay wherever they lead,
    and with `python` those of the interpreter, so the folders stay, too, in which that is installed.
    """
    # Only the installer knows where scripts and data lie, and what is beside them.
    anywhere = others or python or folder.startswith("/")
    return tuple(path for path in dict.fromkeys(part.rpaths) if _stays(path, folder, anywhere=anywhere, python=python))


def moved_rpaths(part: Slice, *, python: bool) -> tuple[str, ...]:
    """The run paths that stay of a file which doesn't stay where it was: none that begin there."""
    kept = kept_rpaths(part, "", others=False, python=python)
    return tuple(path for path in kept if _relative(path) is None and not path.startswith("@executable_path"))


def _stays(path: str, folder: str, *, anywhere: bool, python: bool) -> bool:
    rest = _relative(path)
    if rest is not None:
        return anywhere or join(folder, rest) is not None
    if path.startswith("/"):
        return f"{path}/".startswith(_SYSTEM) or (python and path.startswith(_INSTALLED))
    return path.startswith("@")


def _relative(path: str) -> str | None:
    """What follows ``@loader_path``; None for other paths."""
    head, _, rest = path.partition("/")
    return rest if head == _LOADER else None


def neutral_names(part: Slice) -> Iterator[str]:
    """The names that a library may be called by instead of a path of the build machine; none if it isn't called so."""
    own = part.install_name or ""
    # Some linkers write the path that they were given, from the folder that they were started in.
    from_somewhere = "/" in own and not own.startswith(("/", "@")) and ".framework/" not in own
    if from_somewhere or (own.startswith("/") and not own.startswith(NEUTRAL_NAMES)):
        # What asks for it by its own name, or by the file in it, still means it.
        name = own.rpartition("/")[2]
        yield from (f"@rpath/{name}", name) if name else ()

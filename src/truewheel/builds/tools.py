"""Versions of the programs that took part in a build, for its provenance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from truewheel.builds.model import Tool

Said = Callable[[Sequence[str]], str]
"""Somebody who runs a command where the build ran, and returns what it printed; "" where it doesn't run."""

_ASKED = {
    "go": ("version",),
    "rustc": ("--version", "--verbose"),
    "nasm": ("-v",),
    "swig": ("-version",),
}
"""What programs are asked with that don't know ``--version``, or say more with something else."""

_LINKERS = ("cc", "c++", "gcc", "g++", "clang", "clang++")


def versions(names: Iterable[str], said: Said) -> tuple[Tool, ...]:
    """What each program says of its version, sorted by name; a program that says nothing is listed all the same.

    The linker and the assembler that a compiler uses are asked of the compiler, as nobody else knows.
    """
    wanted = sorted(set(names))
    found = {name: _first(said([name, *_ASKED.get(name, ("--version",))])) for name in wanted}
    driver = next((name for name in wanted if name in _LINKERS), None)
    if driver is not None:
        for part in ("as", "ld"):
            path = _first(said([driver, f"-print-prog-name={part}"]))
            if path:
                found[part] = _first(said([path, "--version"]))
    return tuple(Tool(name, version) for name, version in sorted(found.items()))


def _first(text: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")

"""Tiny native files, linked with nothing of the host: the libraries they ask are stubs, with whatever versions.

So a file that needs ``GLIBC_2.99`` exists, and the same comes out on every distribution.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.repair.building import run
from tests.tools import need

_NEUTRAL = (
    *("-shared", "-fPIC", "-O1", "-nostdlib", "-fno-builtin", "-fcf-protection=none", "-w"),
    *("-Wl,--no-as-needed", "-Wl,--build-id=none", "-Wl,--hash-style=both"),
)
_OLDEST = {"libc.so.6": "GLIBC_2.2.5"}


class Workshop:
    """A folder in which files are made. Libraries that are not part of a wheel belong into ``outside``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.outside = folder / "outside"
        self.outside.mkdir(parents=True)
        self._stubs = 0

    def stub(self, soname: str, versions: Mapping[str, Iterable[str]]) -> Path:
        """A library to link with, which has these symbols under these versions ("" for none)."""
        self._stubs += 1
        home = self.folder / f"stub{self._stubs}"
        home.mkdir()
        names = [name for symbols in versions.values() for name in symbols]
        script = home / "versions"
        nodes = (f"{version} {{ {' '.join(f'{name};' for name in names)} }};" for version, names in versions.items())
        script.write_text("\n".join(nodes) + "\n", encoding="utf-8")
        flags = [] if "" in versions else [f"-Wl,--version-script={script}"]
        return self._linked(home / soname, "".join(f"void {name}(void){{}}\n" for name in names), soname, flags)

    def libc(self, **versions: str) -> Path:
        """A C library: ``libc(arc4random="GLIBC_2.36")``. Without any it has ``puts`` of the oldest version."""
        named = versions or {"puts": _OLDEST["libc.so.6"]}
        nodes: dict[str, list[str]] = {}
        for name, version in named.items():
            nodes.setdefault(version, []).append(name)
        return self.stub("libc.so.6", nodes)

    def library(
        self,
        path: str,
        *,
        calls: Iterable[str] = (),
        against: Iterable[Path] = (),
        code: str = "",
        soname: str = "",
        flags: Iterable[str] = (),
    ) -> Path:
        """A shared library that calls functions without arguments from the libraries in `against`.

        Besides, it has what `code` says. It has no soname unless one is given.
        """
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        lines = [f"extern void {name}(void); void call_{name}(void) {{ {name}(); }}" for name in calls]
        return self._linked(target, "\n".join([*lines, code]), soname, [*map(str, against), *flags])

    def program(self, path: str, *, code: str, flags: Iterable[str] = ()) -> Path:
        """A program as the host's compiler makes it."""
        return self._compiled(self.folder / path, code, ["-O1", "-w", *flags])

    def _linked(self, target: Path, code: str, soname: str, flags: Iterable[str]) -> Path:
        named = [f"-Wl,-soname,{soname}"] if soname else []
        return self._compiled(target, code, [*_NEUTRAL, *named, *flags])

    def _compiled(self, target: Path, code: str, flags: Iterable[str]) -> Path:
        (gcc,) = need("gcc")
        target.parent.mkdir(parents=True, exist_ok=True)
        source = self.folder / f"{target.name}.c"
        source.write_text(code, encoding="utf-8")
        run([gcc, "-o", target, source, *flags])
        return target

"""Small native files that are made twice, with exactly one thing otherwise, and what is said of them in short."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from tests.corpus import locked
from tests.elf.toolchains import call, once
from truewheel.compare.context import Pair
from truewheel.compare.model import Difference
from truewheel.compare.native import compare_native

ADD = """
#include <stdio.h>
#ifdef WHERE
const char *where(void) { return __FILE__; }
const char *behind(void) { return "a text that stands behind"; }
const char *other(void) { return "one more text that is longer"; }
#endif
#ifdef WHEN
const char *when(void) { return __DATE__ " " __TIME__; }
#endif
#ifndef FACTOR
#define FACTOR 3
#endif
int add(int a, int b) { return a + b * FACTOR; }
int twice(int a) { printf("%d\\n", a); return add(a, a); }
"""
MUL = """
static int help(int x) { return x * 3; }
int mul(int a) { return help(a) - 4; }
"""
PLAIN = """
#ifdef WHERE
const char *where(void) { return __FILE__; }
const char *behind(void) { return "a text that stands behind"; }
const char *other(void) { return "one more text that is longer"; }
#endif
int add(int a, int b) { return a + b * 3; }
"""
CALL = """
__declspec(dllimport) int __stdcall Beep(int, int);
__declspec(dllimport) void __stdcall Sleep(int);
int mul(int a) {
#ifdef LATER
    Sleep(a);
#endif
    return Beep(a, a);
}
"""
KEYS = """
#include <stdio.h>
#ifndef LIMIT
#define LIMIT 1000
#define KEY 0x11223344
#define WORD "ABCD"
#endif
#ifdef LONGER
#define TEXT "%s"
#else
#define TEXT "a short text"
#endif
#ifdef WHERE
const char *where_from(void) { return __FILE__; }
#endif
char pad[] = WORD, one[] = "xyz1", two[] = "uvwx2";
int limit[8] = {100, 200, 300, 7};
const unsigned key[4] = {KEY, 0x55667788, 1, 2};
int *where[] = {&limit[3]};
void (*other)(void);
const char *text(void) { return TEXT; }
const char *behind(void) { return "what stands behind it"; }
static __attribute__((constructor)) void start(void) { printf("%%d", limit[0]); }
int check(unsigned u) {
    if (u == LIMIT) return 1;
    printf("%%s%%s%%s%%d%%u", pad, one, two, limit[u & 7], key[u & 3]);
    if (other) other();
    return 0;
}
""" % ("a text that is longer " * 4000)
SOURCES = {"keys.c": KEYS, "call.c": CALL, "add.c": ADD, "mul.c": MUL, "plain.c": PLAIN}
ONE, TWO, LONGER = "build-aaaaaaaa", "build-bbbbbbbb", "another/build-of-it"
"""Folders to build in: two whose names are equally long, and a longer one."""

Command = Sequence[str | Path]


class Makes:
    """Makes files once for all processes of a test run."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, name: str, make: Callable[[Path], None]) -> Path:
        """A folder that `make` has filled."""
        return once(self._root / name, make)

    def made(self, name: str, commands: Iterable[Command], *, within: str = ONE, epoch: int | None = None) -> Path:
        """The folder that holds what the commands made of the sources, when it was at ``at/within``.

        Builds that differ in something else than the folder were so at one place, one after the other.
        """
        place = self._root / "at" / within

        def make(folder: Path) -> None:
            with locked(self._root / "at.lock"):
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir(parents=True)
                for file, text in SOURCES.items():
                    (place / file).write_text(text, encoding="ascii")
                environment = {} if epoch is None else {"SOURCE_DATE_EPOCH": str(epoch)}
                for command in commands:
                    words = [str(word).replace("$PWD", str(place)) for word in command]
                    call(["env", "-C", place, *words], environment=environment)
                for path in place.iterdir():
                    path.rename(folder / path.name)

        return self.folder(f"{name}-{within.replace('/', '-')}", make)


def shared(factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this test run share."""
    own = factory.getbasetemp()
    return (own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own) / "compare-makes"


def compared(left: Path | bytes, right: Path | bytes, name: str = "pkg/_c.so") -> tuple[Difference, ...]:
    """What is said of two files."""
    one, other = (side if isinstance(side, bytes) else side.read_bytes() for side in (left, right))
    return compare_native(Pair(name, one, other))


def places(found: Iterable[Difference]) -> list[str]:
    """Where the differences are, sorted."""
    return sorted(difference.place for difference in found)


def at(found: Iterable[Difference], place: str) -> Difference:
    """The difference at a place, which is there once."""
    (difference,) = [part for top in found for part in top.walk() if part.place == place]
    return difference


def reasons(found: Iterable[Difference]) -> set[str]:
    """The reasons that are given anywhere, "?" behind those that aren't sure."""
    return {
        cause.reason.id + ("" if cause.sure else "?") for top in found for part in top.walk() for cause in part.causes
    }


def unexplained(found: Iterable[Difference]) -> list[str]:
    """The places for which no cause is given, and that follow from no other."""
    return [difference.place for difference in found if not _explained(difference)]


def _explained(difference: Difference) -> bool:
    if difference.causes or difference.follows:
        return True
    return bool(difference.inside) and all(map(_explained, difference.inside))

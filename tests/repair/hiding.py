"""Programs run where the libraries of the system are hidden, but for those that every platform tag promises.

Where bubblewrap may make namespaces, the program sees a root that holds the C library, its family and Python, and
nothing else. Where it may not, an audit library of the loader refuses every other file of the system's folders.
"""

from __future__ import annotations

import json
import subprocess  # noqa: TID251 - what is tested are programs; the ban protects src
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.repair.building import run
from tests.tools import need

PROMISED = (
    "ld-linux-x86-64.so.2",
    *("libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0", "libresolv.so.2", "librt.so.1", "libutil.so.1"),
    *("libanl.so.1", "libnsl.so.1", "libmvec.so.1", "libgcc_s.so.1", "libstdc++.so.6", "libatomic.so.1"),
    *("libz.so.1", "libexpat.so.1"),
)
"""What manylinux promises, without the libraries of desktops."""

_AUDIT = r"""
#define _GNU_SOURCE
#include <link.h>
#include <stdlib.h>
#include <string.h>

unsigned int la_version(unsigned int version) { return version < LAV_CURRENT ? version : LAV_CURRENT; }

/* A file of the system's folders is found only if its name is among those that were promised. */
char *la_objsearch(const char *name, uintptr_t *cookie, unsigned int flag)
{
    (void)cookie;
    if (flag != LA_SER_DEFAULT && flag != LA_SER_CONFIG)
        return (char *)name;
    const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    const char *at = getenv("PROMISED");
    size_t length = strlen(base);
    while (at && (at = strstr(at, base)) && at[length] != ':' && at[length])
        at += length;
    return at ? (char *)name : NULL;
}
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """How a program ended, what it said, and the shared objects that were mapped when it said so."""

    status: int
    said: str
    mapped: frozenset[str]


_TAIL = """
import json
with open("/proc/self/maps") as maps:
    paths = {line.split(None, 5)[5].strip() for line in maps if line.count("/")}
print(json.dumps(sorted(path for path in paths if ".so" in path)))
"""


def promised() -> dict[str, Path]:
    """Where the system keeps the libraries that are promised, by soname."""
    (gcc,) = need("gcc")
    found = {name: Path(run([gcc, f"-print-file-name={name}"]).strip()) for name in PROMISED}
    return {name: path.resolve() for name, path in found.items() if path.is_absolute()}


def system_folder() -> Path:
    """Where the system keeps its libraries, as ``-L`` wants it."""
    return promised()["libc.so.6"].parent


@cache
def can_wrap() -> bool:
    """Whether bubblewrap is allowed to make namespaces here (as root always; on Ubuntu, users often may not)."""
    (bwrap,) = need("bwrap")
    return not subprocess.run([bwrap, "--ro-bind", "/", "/", "true"], capture_output=True, check=False).returncode


def _python_folders() -> tuple[Path, ...]:
    """What Python needs of itself: its prefix where that holds nothing else, its library otherwise."""
    if Path(sys.base_prefix) not in (Path("/"), Path("/usr")):
        return (Path(sys.base_prefix),)
    executable = Path(sys.executable).resolve()
    return (executable, Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("platstdlib")))


def _wrapped(shown: Sequence[Path]) -> list[str]:
    """The command line of bubblewrap for a root that holds what is promised, Python, and the folders in `shown`."""
    libraries = promised()
    bare = {Path("/lib64/ld-linux-x86-64.so.2"): libraries["ld-linux-x86-64.so.2"]}
    bare |= {Path("/lib", path.parent.name, name): path for name, path in libraries.items()}
    command = [str(need("bwrap")[0]), "--die-with-parent", "--proc", "/proc", "--dev", "/dev", "--clearenv"]
    for target, source in bare.items():
        command += ["--ro-bind", str(source), str(target)]
    for folder in (*_python_folders(), *shown):
        command += ["--ro-bind", str(folder), str(folder)]
    return command


def audit_library(folder: Path) -> Path:
    """The audit library, compiled into `folder`."""
    (gcc,) = need("gcc")
    library = folder / "hide.so"
    if not library.exists():
        source = folder / "hide.c"
        source.write_text(_AUDIT, encoding="utf-8")
        run([gcc, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source])
    return library


def look(python: Path, code: str, *, scratch: Path, wrap: bool) -> Seen:
    """Run `code` in the environment of `python` where the system's libraries are hidden.

    `wrap` chooses bubblewrap, else the audit library, which is kept in `scratch`.
    """
    command = [str(python), "-I", "-c", code + _TAIL]
    if wrap:
        settings = {}
        command = [*_wrapped([python.parent.parent]), *command]
    else:
        settings = {"LD_AUDIT": str(audit_library(scratch)), "PROMISED": ":".join(PROMISED)}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    if done.returncode:
        return Seen(done.returncode, done.stderr, frozenset())
    *said, mapped = done.stdout.splitlines()
    return Seen(0, "\n".join(said), frozenset(json.loads(mapped)))


def mapped_from(seen: Seen, folder: Path) -> frozenset[str]:
    """The mapped files below `folder`, as paths relative to it."""
    inside = [Path(path) for path in seen.mapped if Path(path).is_relative_to(folder)]
    return frozenset(str(path.relative_to(folder)) for path in inside)


def foreign(seen: Seen, environment: Path) -> frozenset[str]:
    """The mapped files that are neither of the environment, nor of Python, nor promised."""
    own = (environment, *_python_folders())
    allowed = {path.name for path in promised().values()} | set(PROMISED) | {"hide.so"}
    strangers = [Path(path) for path in seen.mapped if Path(path).name not in allowed]
    return frozenset(str(path) for path in strangers if not any(path.is_relative_to(home) for home in own))

"""The Python that builds: found by version or path, and asked what it is."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import packaging
from packaging.version import Version

from truewheel.builds.capture import asked
from truewheel.builds.interpreter_places import everywhere, of_version
from truewheel.errors import RequestError

OLDEST: Final = Version("3.8")
"""pyproject-hooks' and packaging's own limit, which run in it."""

_PROBE: Final = """
import json, platform, sys, sysconfig
sys.path.insert(0, sys.argv[1])
try:
    from packaging.markers import default_environment
    from packaging.tags import sys_tags
except Exception:  # it is too new for this Python, which brings a pip along that isn't
    for name in [name for name in sys.modules if name.partition(".")[0] == "packaging"]:
        del sys.modules[name]
    try:
        import ensurepip, glob, os
        sys.path[:1] = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl"))
        from pip._vendor.packaging.markers import default_environment
        from pip._vendor.packaging.tags import sys_tags
    except ImportError:
        default_environment, sys_tags = dict, list
markers, tags = default_environment(), [str(tag) for tag in sys_tags()]
try:
    import venv
except ImportError:
    tags = None
print(json.dumps({
    "executable": getattr(sys, "_base_executable", None) or sys.executable,
    "version": platform.python_version(),
    "implementation": platform.python_implementation(),
    "prefixes": [sys.base_prefix, getattr(sys, "base_exec_prefix", sys.base_prefix)],
    "compilers": {name: sysconfig.get_config_var(name) or "" for name in ("CC", "CXX")},
    "markers": markers,
    "tags": tags,
}))
"""
_BRIEF: Final = """
import sys
from importlib.util import find_spec
print(sys.implementation.name, sys.version.split()[0], find_spec("venv") is not None)
"""
"""A tenth of the time that `_PROBE` takes; of most interpreters nobody wants to know more."""
_CPYTHON: Final = re.compile(r"cpython (3\.\d+\.\d+(?:(?:a|b|rc)\d+)?\+?) True\s*", re.ASCII)
_AT_ONCE: Final = 4
"""Interpreters that are asked at the same time."""
_VERSION: Final = re.compile(r"3(?:\.\d+){0,2}t?")


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter: the program outside of all virtual environments, its installation, and what fits it.

    ``compilers`` are CC and CXX as it was built with. ``tags`` are those of wheels, the best first (packaging.tags),
    ``markers`` the values of environment markers.
    """

    executable: Path
    implementation: str
    version: str
    prefixes: tuple[Path, ...]
    compilers: Mapping[str, str]
    markers: Mapping[str, str]
    tags: tuple[str, ...]

    @property
    def packages(self) -> tuple[Path, ...]:
        """Folders in which packages are installed for it, outside of all virtual environments; some may not exist."""
        minor = ".".join(self.version.split(".")[:2])
        folders = [prefix / "lib" / f"python{minor}" for prefix in self.prefixes]
        folders += [Path("/usr/lib/python3"), Path(f"/usr/local/lib/python{minor}")]
        return tuple(folder / name for folder in folders for name in ("site-packages", "dist-packages"))

    @property
    def name(self) -> str:
        """Implementation and version, as in ``CPython 3.12.1``."""
        return f"{self.implementation} {self.version}"


def find(wanted: str | None, caller: Mapping[str, str], uv: str | None) -> Python:
    """The Python for a build: by path, by name, or by version; None for the one that runs this.

    Raises `RequestError` where there is none, or it doesn't run, is too old or lacks ``venv``.
    """
    if wanted is None:
        return probed(sys.executable, caller)
    if not _VERSION.fullmatch(wanted):
        program = shutil.which(os.path.expanduser(wanted), path=caller.get("PATH"))  # noqa: PTH111 - it may be a name
        if program is None:
            raise RequestError(f"there is no Python {wanted!r}", hint="name a version, as in 3.12, or a path")
        return probed(program, caller)
    for program in of_version(wanted, caller, uv):
        found = _usable(program, caller)
        if found and (found.version == wanted or found.version.startswith(f"{wanted.rstrip('t')}.")):
            return found
    raise RequestError(
        f"there is no Python {wanted} here",
        hint="install it (`uv python install` can), have it on PATH, or give --python a path",
    )


def at_hand(caller: Mapping[str, str], uv: str | None) -> tuple[str, ...]:
    """The versions of CPython that builds can have here, such as 3.12.1, the newest first; `find` finds each.

    All that may be one are started, once in a process.
    """
    return _at_hand(frozenset(caller.items()), uv)


@functools.lru_cache(maxsize=8)
def _at_hand(caller: frozenset[tuple[str, str]], uv: str | None) -> tuple[str, ...]:
    variables = dict(caller)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = list(pool.map(lambda program: _version(program, variables), everywhere(variables, uv)))
    known = {text: Version(text.rstrip("+")) for text in found if text}
    return tuple(sorted((text for text in known if known[text] >= OLDEST), key=known.__getitem__, reverse=True))


def _version(program: str, caller: Mapping[str, str]) -> str:
    """The version of a CPython that can make environments; "" for anything else."""
    try:
        answer = asked([program, "-I", "-S", "-c", _BRIEF], Path.cwd(), _own_alone(caller), seconds=60)
    except RequestError:
        return ""
    said = _CPYTHON.fullmatch(answer.output.decode("ascii", "replace"))
    return said[1] if said and not answer.status else ""


def _usable(program: str, caller: Mapping[str, str]) -> Python | None:
    """What an interpreter is, None where it can't be used: a link that leads nowhere, say, or an old one."""
    try:
        return probed(program, caller)
    except RequestError:
        return None


def probed(program: str, caller: Mapping[str, str]) -> Python:
    """Ask an interpreter what it is, once in a process. Raises `RequestError` where it can't be used."""
    environment = _own_alone(caller)
    with suppress(OSError):  # whoever starts it will say
        facts = os.stat(program)  # noqa: PTH116 - a name on PATH, or a path
        known = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns)
        return _probed(program, frozenset(environment.items()), known)
    return _asked(program, environment)


def _own_alone(caller: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without what it tells Pythons."""
    return {name: value for name, value in caller.items() if not name.startswith("PYTHON")}


@functools.lru_cache(maxsize=64)
def _probed(program: str, environment: frozenset[tuple[str, str]], _: tuple[int, ...]) -> Python:
    return _asked(program, dict(environment))


def _asked(program: str, environment: Mapping[str, str]) -> Python:
    library = str(Path(packaging.__file__).parent.parent)
    answer = asked([program, "-I", "-c", _PROBE, library], Path.cwd(), environment, seconds=60)
    try:
        facts = json.loads(answer.output)
    except (ValueError, RecursionError):
        facts = None
    if answer.status or not isinstance(facts, dict):
        said = answer.complaint.strip().rpartition("\n")[2] or f"it ends with status {answer.status}"
        raise RequestError(f"{program} is no Python that runs: {said}")
    if Version(facts["version"].rstrip("+")) < OLDEST:
        raise RequestError(f"{program} is Python {facts['version']}; builds need {OLDEST} or later")
    if facts["tags"] is None:
        raise RequestError(f"{program} has no module venv", hint="on Debian: apt install python3-venv")
    return Python(
        Path(facts["executable"]),
        facts["implementation"],
        facts["version"],
        tuple(Path(prefix) for prefix in dict.fromkeys(facts["prefixes"])),
        facts["compilers"],
        facts["markers"],
        tuple(facts["tags"]),
    )

"""The Python that builds: found by version or path, and asked what it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import packaging
from packaging.version import Version

from truewheel.builds.capture import asked
from truewheel.errors import RequestError

OLDEST: Final = Version("3.8")
"""pyproject-hooks' and packaging's own limit, which run in it."""

_PROBE: Final = """
import json, platform, sys, sysconfig
sys.path.insert(0, sys.argv[1])
try:
    from packaging.markers import default_environment
    from packaging.tags import sys_tags
    markers, tags = default_environment(), [str(tag) for tag in sys_tags()]
except SyntaxError:
    markers, tags = {}, []
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
    for program in _candidates(wanted, caller, uv):
        try:
            found = probed(program, caller)
        except RequestError:
            continue  # a shim of pyenv for a version that isn't switched on, say
        if found.version == wanted or found.version.startswith(f"{wanted.rstrip('t')}."):
            return found
    raise RequestError(
        f"there is no Python {wanted} on PATH", hint="install it (`uv python install` can), or give --python a path"
    )


def probed(program: str, caller: Mapping[str, str]) -> Python:
    """Ask an interpreter what it is. Raises `RequestError` where it can't be used."""
    library = str(Path(packaging.__file__).parent.parent)
    environment = {name: value for name, value in caller.items() if not name.startswith("PYTHON")}
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


def _candidates(version: str, caller: Mapping[str, str], uv: str | None) -> Iterator[str]:
    """Programs that may be of a version, those on PATH first."""
    names = dict.fromkeys((f"python{version}", f"python{'.'.join(version.split('.')[:2])}", "python3", "python"))
    for name in names:
        for folder in caller.get("PATH", os.defpath).split(os.pathsep):
            if folder and (program := shutil.which(name, path=folder)):
                yield program
    if uv:
        command = [uv, "python", "find", "--no-project", "--no-python-downloads", "--color=never", version]
        answer = asked(command, Path.cwd(), caller, seconds=60)
        if answer.status == 0:
            yield answer.output.decode("utf-8", "replace").strip()

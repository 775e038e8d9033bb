"""Where Pythons may be: on PATH, at pyenv's, at uv's, by the launcher of Windows, and the one that runs this.

None of them is started here. pyenv's stand-ins on PATH come last: each takes as long as a Python, and most say that
their version isn't switched on.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from truewheel.builds.capture import asked
from truewheel.errors import RequestError

_WINDOWS: Final = os.name == "nt"
_SECONDS: Final = 20.0
_NAME: Final = re.compile(r"python(3(?:\.\d+)?)?(?:\.exe)?")
_OF_UV: Final = re.compile(r"cpython-(3\.\d+\.\d+)-.+")
_OF_PYENV: Final = re.compile(r"3\.\d+\.\d+")
_OF_LAUNCHER: Final = re.compile(r"^ *-(?:V:)?(3\.\d+)(?:-\d+)?\s+(?:\*\s+)?(\S.*)$", re.MULTILINE)


def of_version(version: str, caller: Mapping[str, str], uv: str | None) -> Iterator[str]:
    """Programs that may be of a version such as 3.12, 3.12.1 or 3.13t, the likeliest first; each is looked for late."""
    names = dict.fromkeys((f"python{version}", f"python{'.'.join(version.split('.')[:2])}"))
    stand_ins = _stand_ins(caller)
    found = [program for name in names for program in _on_path(name, caller)]
    yield from (program for program in found if Path(program).parent != stand_ins)
    here = (".".join(map(str, sys.version_info[:3])), sys.executable)
    for known, program in (here, *_at_pyenv(caller), *_at_launcher(caller)):
        if f"{known}.".startswith(f"{version}.") or f"{version}.".startswith(f"{known}."):
            yield program
    yield from (program for known, program in _at_uv(caller, uv) if f"{known}.".startswith(f"{version}."))
    found += [program for name in ("python3", "python") for program in _on_path(name, caller)]
    yield from (program for program in found if Path(program).parent != stand_ins)
    if uv:
        command = [uv, "python", "find", "--no-project", "--no-python-downloads", "--color=never", version]
        yield from (line for line in _said(command, caller).split("\n")[:1] if line)
    yield from (program for program in found if Path(program).parent == stand_ins)


def everywhere(caller: Mapping[str, str], uv: str | None) -> tuple[str, ...]:
    """Programs that may be a Python of some version 3, each once."""
    stand_ins = _stand_ins(caller)
    found = [sys.executable]
    for folder in _folders(caller):
        if folder != stand_ins:
            found += sorted(str(folder / name) for name in _names(folder) if _NAME.fullmatch(name))
    found += [program for _, program in (*_at_pyenv(caller), *_at_uv(caller, uv), *_at_launcher(caller))]
    once = {os.path.realpath(program): program for program in reversed(found)}
    return tuple(reversed(once.values()))


def _folders(caller: Mapping[str, str]) -> list[Path]:
    parts = caller.get("PATH", os.defpath).split(os.pathsep)
    return [Path(part) for part in dict.fromkeys(parts) if part]


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def _on_path(name: str, caller: Mapping[str, str]) -> Iterator[str]:
    for folder in _folders(caller):
        if program := shutil.which(name, path=str(folder)):
            yield program


def _pyenv(caller: Mapping[str, str]) -> Path:
    home = caller.get("HOME") or caller.get("USERPROFILE") or ""
    return Path(caller.get("PYENV_ROOT") or f"{home}/.pyenv")


def _stand_ins(caller: Mapping[str, str]) -> Path:
    return _pyenv(caller) / "shims"


def _at_pyenv(caller: Mapping[str, str]) -> list[tuple[str, str]]:
    """Versions and programs of what pyenv has installed, the newest first."""
    folder = _pyenv(caller) / ("pyenv-win/versions" if _WINDOWS else "versions")
    versions = _newest_first(name for name in _names(folder) if _OF_PYENV.fullmatch(name))
    return [(version, str(_program(folder / version))) for version in versions]


def _at_uv(caller: Mapping[str, str], uv: str | None) -> list[tuple[str, str]]:
    """Versions and programs of what uv has installed, the newest first."""
    place = _said([uv, "python", "dir", "--color=never"], caller) if uv else ""
    if not place:
        return []
    named = {found[1]: name for name in sorted(_names(Path(place))) if (found := _OF_UV.fullmatch(name))}
    return [(version, str(_program(Path(place) / named[version]))) for version in _newest_first(named)]


def _at_launcher(caller: Mapping[str, str]) -> list[tuple[str, str]]:
    """Versions and programs that the launcher of Windows knows (PEP 514)."""
    launcher = shutil.which("py", path=caller.get("PATH")) if _WINDOWS else None
    return listed_by_launcher(_said([launcher, "-0p"], caller)) if launcher else []


def listed_by_launcher(text: str) -> list[tuple[str, str]]:
    """Versions and programs in what ``py -0p`` prints."""
    return [(found[1], found[2].strip()) for found in _OF_LAUNCHER.finditer(text.replace("\r", ""))]


def _program(installation: Path) -> Path:
    return installation / ("python.exe" if _WINDOWS else "bin/python3")


def _newest_first(versions: Iterable[str]) -> list[str]:
    return sorted(versions, key=lambda version: tuple(map(int, version.split("."))), reverse=True)


def _said(command: list[str], caller: Mapping[str, str]) -> str:
    """What a program answers, "" where it fails."""
    try:
        answer = asked(command, Path.cwd(), caller, seconds=_SECONDS)
    except RequestError:
        return ""
    return "" if answer.status else answer.output.decode("utf-8", "replace").strip()

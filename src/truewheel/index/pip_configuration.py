"""What the user has configured for pip: its files in its places, then its variables, the later over the earlier.

Sources: pip's documentation, "Configuration", for the places, their order, the sections and the variables; platformdirs
for what the systems call those places. What is read is what `pip install` and `pip download` would take.
"""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from truewheel.errors import RequestError, Where
from truewheel.world.regular import read_small

_SECTIONS: Final = ("global", "install", "download")
"""The later overrules the earlier, in whichever file it stands."""

_TRUE: Final = {"1", "y", "yes", "t", "true", "on"}
_LARGEST: Final = 1 << 20


class Option(NamedTuple):
    """The value of one of pip's options, and who gave it, in words."""

    value: str
    origin: str


def options(environment: Mapping[str, str]) -> dict[str, Option]:
    """Options of pip by their long names (``index-url``), as files and variables give them; empty ones aren't there.

    Raises `RequestError` for a file that pip could not read either.
    """
    by_section: dict[str, dict[str, Option]] = {section: {} for section in _SECTIONS}
    for path in _files(environment):
        for section, name, value in _said_by(path):
            if section in by_section:
                by_section[section][name] = Option(value, f"[{section}] of {path}")
    merged: dict[str, Option] = {}
    for section in _SECTIONS:
        merged |= {name: option for name, option in by_section[section].items() if option.value}
    for variable, value in environment.items():
        if variable.startswith("PIP_") and value:
            merged[_normalized(variable[4:])] = Option(value, variable)
    return merged


def is_true(option: Option | None) -> bool:
    """Whether a switch is on."""
    return option is not None and option.value.strip().lower() in _TRUE


def _normalized(name: str) -> str:
    return name.lower().replace("_", "-").removeprefix("--")


def _files(environment: Mapping[str, str]) -> Iterator[Path]:
    """The files that are there, in pip's order. PIP_CONFIG_FILE replaces the user's; os.devnull replaces all."""
    own = environment.get("PIP_CONFIG_FILE")
    if own == os.devnull:
        return
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    places = [folder / name for folder in _global_folders(environment)]
    if not (own and Path(own).exists()):
        places += [folder / name for folder in _user_folders(environment)]
    places.append(Path(sys.prefix, name))
    if own:
        places.append(Path(own))
    yield from (place for place in places if _is_file(place))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a folder that may not be looked into
        return False


def _home(environment: Mapping[str, str]) -> Path | None:
    name = "USERPROFILE" if sys.platform == "win32" else "HOME"
    if environment.get(name):
        return Path(environment[name])
    try:
        return Path.home()
    except RuntimeError:
        return None


def _global_folders(environment: Mapping[str, str]) -> list[Path]:
    if sys.platform == "win32":
        return [Path(environment.get("PROGRAMDATA") or "C:/ProgramData", "pip")]
    if sys.platform == "darwin":
        return [Path("/Library/Application Support/pip")]
    listed = environment.get("XDG_CONFIG_DIRS", "").strip() or "/etc/xdg"
    return [*(Path(folder, "pip") for folder in listed.split(os.pathsep) if folder), Path("/etc")]


def _user_folders(environment: Mapping[str, str]) -> list[Path]:
    """The old place, then the new one."""
    home = _home(environment)
    if home is None:
        return []
    if sys.platform == "win32":
        return [home / "pip", Path(environment.get("APPDATA") or home / "AppData" / "Roaming", "pip")]
    configured = Path(environment.get("XDG_CONFIG_HOME", "").strip() or home / ".config", "pip")
    if sys.platform == "darwin":
        support = home / "Library" / "Application Support" / "pip"
        configured = support if support.is_dir() else home / ".config" / "pip"
    return [home / ".pip", configured]


def _said_by(path: Path) -> Iterator[tuple[str, str, str]]:
    """Section, option and value, one after the other."""
    parser = configparser.RawConfigParser()
    data = read_small(path, _LARGEST)
    try:
        parser.read_string(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, configparser.Error) as error:
        said = " ".join(str(error).split())
        raise RequestError(f"is no configuration of pip: {said}", where=Where(file=str(path))) from None
    for section in parser.sections():
        for name, value in parser.items(section):
            yield section, _normalized(name), value or ""

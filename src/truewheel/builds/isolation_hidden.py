"""Which places of the machine a build doesn't see, and which of the things below them it needs all the same."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

_PLACES = ("/home", "/root", "/run", "/var/run", "/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - they are hidden
"""Folders that are empty in a build: homes with keys, sockets of services (Docker, agents, buses), other's files."""

_SECRETS = (
    *("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/krb5.keytab"),
    *("/etc/ssl/private", "/etc/pki/tls/private", "/etc/letsencrypt", "/etc/ssh", "/etc/wireguard", "/etc/openvpn"),
    *("/etc/NetworkManager/system-connections", "/etc/kubernetes", "/etc/rancher", "/var/lib/kubelet"),
    *("/var/lib/docker", "/var/lib/containers", "/etc/apt/auth.conf", "/etc/apt/auth.conf.d"),
    *("/etc/pip.conf", "/etc/xdg/pip", "/etc/uv", "/etc/gitconfig"),
)
"""What root alone may read, and a build of root's must not; and settings of the machine that may hold passwords."""

_OF_PREFIX = ("bin", "lib", "lib64", "include", "pyvenv.cfg")
"""What is brought back of an installation whose prefix is a home."""

_NEEDED_BY_NAMES = "/etc/resolv.conf"
"""Points below /run on many systems; without what it points to, there are no names in the network."""


def hidden(environment: Mapping[str, str], more: Iterable[Path] = ()) -> tuple[Path, ...]:
    """The folders, and some files, that are hidden; none lies below another. Those that aren't there are left out.

    `more` are hidden besides.
    """
    places = [Path(place) for place in (*_PLACES, *_SECRETS, *_homes(environment), environment.get("TMPDIR", ""))]
    places += [Path(os.path.abspath(place)) for place in more]  # noqa: PTH100 - links are resolved below
    real = {place.resolve() for place in places if place.is_absolute() and _there(place)}
    # A home of "/" or "/usr" is a service's or a container's: the system itself can't be hidden.
    return _outermost(place for place in real if not _system(place))


def hidden_again(more: Iterable[Path], shown: Iterable[Path]) -> tuple[Path, ...]:
    """Which of the places that are hidden besides came back below something that is needed: packages of a Python."""
    back = [_real(place) for place in shown]
    places = {_real(place) for place in more if place.is_absolute() and _there(place)}
    return _outermost(
        place for place in places if not _system(place) and any(place.is_relative_to(outer) for outer in back)
    )


def _homes(environment: Mapping[str, str]) -> list[str]:
    return [environment.get("HOME", ""), _home_of_user()]


def _home_of_user() -> str:
    """The home of the caller according to the system's own table, which no variable can bend."""
    if sys.platform == "win32":
        return ""
    import pwd  # noqa: PLC0415 - POSIX alone has it

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return ""


def _there(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:
        return False


def _system(place: Path) -> bool:
    """Whether the machine's own programs would be hidden with it."""
    return any(Path(part).resolve().is_relative_to(place) for part in ("/usr", "/bin", "/lib", "/etc", "/proc", "/dev"))


def _outermost(places: Iterable[Path]) -> tuple[Path, ...]:
    found: list[Path] = []
    for place in sorted(places):
        if not any(place.is_relative_to(outer) for outer in found):
            found.append(place)
    return tuple(found)


def needed(hiding: Sequence[Path], wanted: Iterable[Path], *, network: bool) -> tuple[Path, ...]:
    """What must be there to be read although it lies below a hidden folder, outer ones first.

    That are `wanted`, the Python that runs this and its base, and what the network's names need. What would bring a
    whole hidden folder back, or the caller's home, is left out but for its programs and their libraries.
    """
    places = [*wanted, *_interpreter()]
    if network:
        places.append(Path(_NEEDED_BY_NAMES).resolve().parent)
    places += [_real(place) for place in places]
    never = [*hiding, *(_real(Path(home)) for home in _homes(os.environ) if home)]
    places = [part for place in places if ".." not in place.parts for part in _parts(place, never)]
    below = {
        place
        for place in places
        if place.is_absolute()
        and _there(place)
        and any(place.is_relative_to(outer) and place != outer for outer in hiding)
    }
    return tuple(sorted(below, key=lambda place: (len(place.parts), place)))


def _real(place: Path) -> Path:
    """A path without links; unlike `Path.resolve`, also where they go in a circle."""
    return Path(os.path.realpath(place))


def _parts(place: Path, never: Iterable[Path]) -> list[Path]:
    """A place, or what may be seen of one that holds something that never may be, be it through a link."""
    real = _real(place)
    if any(secret.is_relative_to(real) for secret in never):
        return [place / name for name in _OF_PREFIX]
    return [place]


def _interpreter() -> list[Path]:
    """The Python that runs truewheel: its environment, its base, and where its packages are."""
    folders = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix]
    folders += [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    return [Path(folder) for folder in folders]


def programs(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders on PATH, and the tool chains of rustup; never the credentials beside them."""
    found = [Path(part) for part in environment.get("PATH", "").split(os.pathsep) if part]
    home = environment.get("HOME") or _home_of_user()
    toolchains = environment.get("RUSTUP_HOME") or (f"{home}/.rustup" if home else "")
    found.append(Path(toolchains or "."))
    return tuple(folder for folder in found if folder.is_absolute() and not _secret(folder))


def _secret(folder: Path) -> bool:
    """Whether a folder on PATH is a home itself, whose contents no PATH may bring back."""
    return folder.name in {".ssh", ".aws", ".gnupg", ".cargo", ".docker", ".kube"}

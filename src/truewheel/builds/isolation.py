"""What keeps a build apart from the machine: the best of bubblewrap, namespaces and nothing that works here.

Each kind is tried once with a program that does nothing, as only that tells: containers, Ubuntu's AppArmor rules and
settings of kernels forbid namespaces in ways that can't be looked up.
"""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from truewheel.builds import bubblewrap, namespaces
from truewheel.builds.isolation_hidden import programs
from truewheel.builds.isolation_model import KINDS, Sandbox, Setting
from truewheel.builds.model import Conditions, Workroom
from truewheel.builds.plain import Plain
from truewheel.errors import RequestError

_SECONDS = 20.0
"""A probe takes 20 ms; what takes a thousand times as long will not do for a build."""

_APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_USERNS = Path("/proc/sys/user/max_user_namespaces")


class Possible(NamedTuple):
    """The kind of isolation that works here, and why each better one doesn't."""

    kind: str
    notes: tuple[str, ...]


def possible(wanted: str = "auto") -> Possible:
    """The best kind of isolation that works here, found by trying; ``wanted`` demands one.

    Raises `RequestError` where the demanded one doesn't work or isn't known.
    """
    if wanted not in {"auto", *KINDS}:
        raise RequestError(f"there is no isolation {wanted!r}", hint=f"choose of auto, {', '.join(KINDS)}")
    if wanted == "none":
        return Possible("none", ("isolation was not wanted",))
    notes: list[str] = []
    for kind in KINDS[:-1] if wanted == "auto" else (wanted,):
        reason = _obstacle(kind)
        if not reason:
            return Possible(kind, tuple(notes))
        if kind == wanted:
            raise RequestError(
                f"isolation by {wanted} doesn't work here: {reason}",
                hint="leave the choice to truewheel (auto), which says what was in force",
            )
        notes.append(f"no {kind}: {reason}")
    return Possible("none", tuple(notes))


def choose(
    room: Workroom,
    conditions: Conditions,
    *,
    wanted: str = "auto",
    network: bool = False,
    memory: int | None = None,
    visible: tuple[Path, ...] = (),
    hidden: tuple[Path, ...] = (),
) -> Sandbox:
    """The best place that works here to run the programs of a build in.

    ``network`` leaves the network reachable. ``memory`` is how many bytes each program may take. ``visible`` are files
    and folders of the host that must be there to be read wherever they lie; the folders on PATH, rustup's tool chains
    and this Python are there without. ``hidden`` are such that must not be found. Raises `RequestError` where the
    isolation that was demanded doesn't work.
    """
    found = possible(wanted)
    seen = (*programs(os.environ), *visible)
    setting = Setting(room=room, conditions=conditions, network=network, memory=memory, visible=seen, hidden=hidden)
    return _made(found.kind, setting, found.notes)


def _made(kind: str, setting: Setting, notes: tuple[str, ...]) -> Sandbox:
    if kind == "bubblewrap":
        return bubblewrap.Bubblewrap(setting)
    if kind == "namespaces":
        return namespaces.Namespaces(setting, notes)
    return Plain(setting, notes)


_LACKING: dict[str, Callable[[], str]] = {"bubblewrap": bubblewrap.lacking, "namespaces": namespaces.lacking}


@functools.cache
def _obstacle(kind: str) -> str:
    """Why a kind doesn't work here, or "" where it does."""
    if sys.platform != "linux":
        return f"Linux alone has what it needs; this is {sys.platform}"
    return _LACKING[kind]() or _tried(kind)


def _tried(kind: str) -> str:
    """What a program that does nothing says when it is run so, or "" where it runs."""
    said: list[str] = []
    with tempfile.TemporaryDirectory(prefix="truewheel-probe-") as folder:
        setting = Setting(room=Workroom(Path(folder).resolve()), conditions=Conditions(), visible=programs(os.environ))
        sandbox = _made(kind, setting, ())
        try:
            status = sandbox.run(
                ["true"], folder=setting.room.host, environment=_BARE, output=said.append, seconds=_SECONDS
            )
        except RequestError as error:
            return error.what
    if status == 0:
        return ""
    reason = said[-1] if said else f"it ends with status {status}"
    return f"{reason}{_why()}"


_BARE = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


def _why() -> str:
    """The usual reasons why namespaces are forbidden, where the kernel tells."""
    with suppress(OSError):
        if _APPARMOR.read_text("ascii").strip() == "1":
            return f" (AppArmor forbids it to ordinary users: sysctl {_APPARMOR.name})"
    with suppress(OSError):
        if _USERNS.read_text("ascii").strip() == "0":
            return " (the kernel allows no user namespaces: sysctl user.max_user_namespaces)"
    return ""

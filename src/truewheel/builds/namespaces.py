"""Isolation by namespaces alone: ``unshare`` and ``mount`` of util-linux, where bubblewrap is missing.

The system itself can be written to as far as the user may; everything else is as with bubblewrap.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from shlex import join, quote

from truewheel.builds.isolation_hidden import hidden, hidden_again, needed
from truewheel.builds.isolation_model import Setting, moved, personality
from truewheel.builds.model import Isolation
from truewheel.builds.processes import Output, run

_TOOLS = ("unshare", "mount", "umount", "env", "sh")
_NOTES = (
    "bubblewrap alone makes the system read-only; what this user may write outside the workroom, the build may too",
)
_STAGE = "/sys"
"""Where folders stand by while what hides them is mounted: on every machine, and itself again before the build."""


class Namespaces:
    """Programs run in namespaces of their own, which a shell script furnishes."""

    def __init__(self, setting: Setting, notes: tuple[str, ...] = ()) -> None:
        self._setting = setting
        self.isolation = Isolation(
            kind="namespaces",
            fixed_path=True,
            network_cut=not setting.network,
            read_only=False,
            home_hidden=True,
            notes=(*notes, *_NOTES),
        )

    def inside(self, path: Path) -> str:
        """The path with the workroom at `Conditions.root`."""
        return moved(self._setting.room, self._setting.conditions.root, path)

    def run(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        output: Output,
        also: Sequence[Path] = (),
        seconds: float | None = None,
    ) -> int:
        """Run a program (see `Sandbox.run`)."""
        setting, conditions = self._setting, self._setting.conditions
        # What the loader obeys names files that are there inside only, and must not reach the programs that mount.
        loader = {name: value for name, value in sorted(environment.items()) if name.startswith("LD_")}
        assigned = ["--unset=OLDPWD", *(f"{name}={value}" for name, value in loader.items())]
        script = "\n".join(
            (*self._mounts(also), f"cd {quote(self.inside(folder))}", f"exec {self._as_user([*assigned, *command])}")
        )
        unshare = [_tool("unshare"), "--user", "--map-root-user", "--mount", "--pid", "--ipc", "--uts"]
        unshare += ["--fork", "--kill-child", "--mount-proc", *([] if setting.network else ["--net"])]
        return run(
            [*personality(conditions), *unshare, "--", _tool("sh"), "-e", "-c", script],
            setting.room.host,
            {name: value for name, value in environment.items() if name not in loader},
            output=output,
            umask=conditions.umask,
            seconds=seconds,
            cores=conditions.cores,
            memory=self._setting.memory,
            called=Path(command[0]).name,
        )

    def _as_user(self, words: Sequence[str]) -> str:
        """The command in one user namespace more: with the wanted user, and without rights over these mounts."""
        conditions = self._setting.conditions
        user = os.getuid() if conditions.user is None else conditions.user
        group = os.getgid() if conditions.group is None else conditions.group
        mapped = [f"--map-user={user}", f"--map-group={group}"]
        return join([_tool("unshare"), "--user", *mapped, "--", _tool("env"), *words])

    def _mounts(self, also: Sequence[Path]) -> Iterator[str]:
        """Lines of the script: set aside what shall be seen, hide what shall not, put back."""
        setting, root = self._setting, Path(self._setting.conditions.root)
        mount, hiding = quote(_tool("mount")), hidden(os.environ, setting.hidden)
        shown = needed(hiding, setting.visible, network=setting.network)
        kept = [*((place, place) for place in shown), (setting.room.host, root), *((place, place) for place in also)]
        name = quote(setting.conditions.host_name)
        yield "ip link set lo up 2>/dev/null || :"  # some tests of projects talk to themselves
        yield f"hostname {name} 2>/dev/null || echo {name} 2>/dev/null >/proc/sys/kernel/hostname || :"
        yield f"{mount} -t tmpfs none {_STAGE}"
        for number, (place, _) in enumerate(kept):
            stage = f"{_STAGE}/{number}"
            yield f"mkdir {stage}" if place.is_dir() else f": >{stage}"
            yield f"{mount} --rbind {quote(str(place))} {stage}"
        for place in hiding:
            what = "-t tmpfs -o mode=1777 none" if place.is_dir() else "--bind /dev/null"
            yield f"{mount} {what} {quote(str(place))}"
        for number, (source, place) in enumerate(kept):
            target = quote(str(place))
            parent = quote(str(place.parent))
            yield f"mkdir -p {target}" if source.is_dir() else f"mkdir -p {parent}; [ -e {target} ] || : >{target}"
            yield f"{mount} --rbind {_STAGE}/{number} {target}"
        for place in hidden_again(setting.hidden, shown):
            what = "-t tmpfs -o mode=1777 none" if place.is_dir() else "--bind /dev/null"
            yield f"{mount} {what} {quote(str(place))}"
        yield f"{quote(_tool('umount'))} -R -l {_STAGE}"
        # What was put back is the caller's own, and root may write the kernel's settings by its number alone.
        yield f"{mount} --bind /proc/sys /proc/sys"
        for place in (Path("/proc/sys"), *shown):
            yield f"{mount} -o remount,bind,ro {quote(str(place))}"


def _tool(name: str) -> str:
    """The path of a program, by the caller's PATH and not the build's."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") or name


def lacking() -> str:
    """Why namespaces can't be tried here, or "" where they can."""
    missing = [tool for tool in _TOOLS if not os.path.isabs(_tool(tool))]  # noqa: PTH117 - a word, no path yet
    return f"{', '.join(missing)} of util-linux and coreutils not found" if missing else ""

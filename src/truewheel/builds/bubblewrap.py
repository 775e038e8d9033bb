"""Isolation by bubblewrap: the whole system to be read, nothing of the user's, and a workroom at a fixed path."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from truewheel.builds.isolation_hidden import hidden, hidden_again, needed
from truewheel.builds.isolation_model import Setting, moved, personality
from truewheel.builds.model import Isolation
from truewheel.builds.processes import Output, run


class Bubblewrap:
    """Programs run below ``bwrap`` (bubblewrap 0.5 or later, which knows ``--clearenv``)."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.isolation = Isolation(
            kind="bubblewrap", fixed_path=True, network_cut=not setting.network, read_only=True, home_hidden=True
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
        words = [*self._world(also), "--chdir", self.inside(folder), "--clearenv"]
        for name, value in sorted(environment.items()):
            words += ["--setenv", name, value]
        conditions = self._setting.conditions
        # In a file without a name: an environment is nobody's business who can list processes, and may be long.
        with tempfile.TemporaryFile() as file:
            file.write(b"".join(os.fsencode(word) + b"\0" for word in words))
            file.flush()
            file.seek(0)
            return run(
                [*personality(conditions), "bwrap", "--args", str(file.fileno()), "--", *command],
                self._setting.room.host,
                # bwrap itself needs PATH alone; what LD_PRELOAD names is there inside only.
                {"PATH": os.environ.get("PATH", os.defpath)},
                output=output,
                umask=conditions.umask,
                seconds=seconds,
                cores=conditions.cores,
                memory=self._setting.memory,
                called=Path(command[0]).name,
                keep_open=(file.fileno(),),
            )

    def _world(self, also: Sequence[Path]) -> list[str]:
        """The namespaces, and what the build sees of the file system."""
        setting, conditions = self._setting, self._setting.conditions
        words = ["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"]
        words += [] if setting.network else ["--unshare-net"]
        words += ["--uid", str(os.getuid() if conditions.user is None else conditions.user)]
        words += ["--gid", str(os.getgid() if conditions.group is None else conditions.group)]
        # What root starts would keep its rights over the namespaces, and could take away what hides and protects.
        words += ["--hostname", conditions.host_name, "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        words += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
        # The kernel's settings obey the number of a user: root's may write them, without any rights.
        words += ["--ro-bind", "/proc/sys", "/proc/sys"]
        hiding = [place for place in hidden(os.environ, setting.hidden) if not place.is_relative_to("/dev")]
        for place in hiding:
            # As a device, or it couldn't be read at all, which git takes for an error; what is empty says nothing.
            words += ["--tmpfs", str(place)] if place.is_dir() else ["--dev-bind", "/dev/null", str(place)]
        shown = needed(hiding, setting.visible, network=setting.network)
        for place in shown:
            words += ["--ro-bind-try", str(place), str(place)]
        for place in hidden_again(setting.hidden, shown):
            words += ["--tmpfs", str(place)] if place.is_dir() else ["--dev-bind", "/dev/null", str(place)]
        words += ["--bind", str(setting.room.host), conditions.root]
        for place in also:
            words += ["--bind", str(place), str(place)]
        return words


def lacking() -> str:
    """Why bubblewrap can't be tried here, or "" where it can."""
    return "" if shutil.which("bwrap") else "bwrap isn't installed (Debian, Fedora, Alpine: bubblewrap)"

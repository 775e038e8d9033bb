"""A script that runs the last command of a build again, for whoever wants to see why it failed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from truewheel.builds.isolation_model import Sandbox
from truewheel.builds.model import Conditions, Workroom

NAME: Final = "repeat.sh"


def write(
    room: Workroom,
    conditions: Conditions,
    sandbox: Sandbox,
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
) -> None:
    """Write ``repeat.sh`` into a workroom: the command with its variables and in its folder, where a build saw it."""
    variables = [f"{name}={value}" for name, value in sorted(environment.items())]
    words = [*_way(sandbox, room, conditions), "env", "-i", *variables, *command]
    lines = [
        "#!/bin/sh",
        "# Runs the last command of this build again, with the variables and in the folder that it had.",
        f"umask {conditions.umask:04o}",
        f"cd {shlex.quote(str(room.host if sandbox.isolation.fixed_path else folder))} || exit",
        f"exec {_places(sandbox, folder)}{' '.join(shlex.quote(word) for word in words)}",
        "",
    ]
    script = room.host / NAME
    script.unlink(missing_ok=True)  # the build may have left a link there
    script.write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape")
    script.chmod(0o755)


def _places(sandbox: Sandbox, folder: Path) -> str:
    """What the script in `_way` reads, as variables of the shell."""
    return f"env FOLDER={shlex.quote(sandbox.inside(folder))} " if sandbox.isolation.fixed_path else ""


def _way(sandbox: Sandbox, room: Workroom, conditions: Conditions) -> list[str]:
    """Words before the command that have the workroom lie where the build saw it. The network stays as it is."""
    if not sandbox.isolation.fixed_path:
        return []
    root, host = shlex.quote(conditions.root), shlex.quote(str(room.host))
    # The way to the root may not exist, and the workroom lie in the same folder: it is set aside while that is hidden.
    script = (
        f"mount --rbind {host} /mnt && mount -t tmpfs none /tmp && mkdir -p {root} && mount --rbind /mnt {root} && "
        'umount -l /mnt && cd "$FOLDER" && exec "$@"'
    )
    return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]

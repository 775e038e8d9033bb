"""No isolation: programs run where the workroom lies, with nothing but their environment made for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from truewheel.builds.isolation_model import Setting, personality
from truewheel.builds.model import Isolation
from truewheel.builds.processes import Output, run


class Plain:
    """Programs run as any other. ``notes`` says why it is no better."""

    def __init__(self, setting: Setting, notes: tuple[str, ...] = ()) -> None:
        self._setting = setting
        self.isolation = Isolation(
            kind="none", fixed_path=False, network_cut=False, read_only=False, home_hidden=False, notes=notes
        )

    def inside(self, path: Path) -> str:
        """The path itself."""
        return str(path)

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
        del also  # everything is there already
        conditions = self._setting.conditions
        return run(
            [*personality(conditions), *command],
            folder,
            {**environment, "PWD": str(folder)},  # as the other kinds have it
            output=output,
            umask=conditions.umask,
            seconds=seconds,
            cores=conditions.cores,
            memory=self._setting.memory,
            called=Path(command[0]).name,
        )

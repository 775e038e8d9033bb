"""Where the programs of a build run: what keeps them apart, what they see of the world, and which of them took part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from truewheel.builds import crates, repeat
from truewheel.builds.bounds import limited
from truewheel.builds.hooks import Run
from truewheel.builds.installers import Ground, program_in
from truewheel.builds.isolation import choose
from truewheel.builds.isolation_model import Sandbox
from truewheel.builds.isolation_workroom import remove
from truewheel.builds.model import Conditions, Epoch, Tool
from truewheel.builds.shims import Shims, folder_maps, used_tools, write_shims
from truewheel.builds.shims_none import without_compilers
from truewheel.builds.shuffle import circumstances, together
from truewheel.builds.surroundings import environment, passed_on
from truewheel.builds.tools import versions
from truewheel.errors import RequestError

_SAID: Final = 16
"""Lines in which a program has said its version."""
_PATIENCE: Final = 20.0
"""Seconds that it has for that."""


class Workplace:
    """The place, for one build. To be made when sources and requirements are there, as it notes what is older.

    ``sandbox`` is what keeps the programs apart, ``variables`` are all that they see.
    """

    def __init__(self, ground: Ground, conditions: Conditions, moment: Epoch, notes: Sequence[str]) -> None:
        self._ground, self._conditions = ground, conditions
        self.sandbox = self._sandbox(network=ground.request.network)
        self._stand_ins: frozenset[str] = frozenset()
        self._path = ""
        self.variables = self._variables(moment, notes)

    def run(self, folder: Path) -> Run:
        """How the hooks of a project in `folder` are run."""
        inside = self.sandbox.inside

        def call(command: Sequence[str], more: Mapping[str, str]) -> int:
            return self._call(command, more, folder, self.sandbox)

        return Run(call, inside, inside(program_in(self._ground.room.env, "python")))

    def fetch(self, folder: Path) -> None:
        """Have crates and modules of other languages there before the network is cut.

        To be called before any of the project's own code has run. Its files say what is fetched, and nothing else: the
        programs are the machine's own, and start in a folder where no settings of the project apply, for these may name
        programs to be run.
        """
        ground = self._ground
        commands = crates.commands(folder, self.sandbox.inside, self._path)
        if not commands or ground.request.network or not self._conditions.compiler:
            return
        ground.record.phase("fetch crates and modules")
        online = self._sandbox(network=True)
        aside = ground.room.host / "fetch"
        remove(aside)
        aside.mkdir()
        more = {**crates.variables(ground.caller), "PATH": self._path}
        for command in commands:
            if self._call(command, more, aside, online):
                ground.record.line("this could not be fetched; the build goes on with what is there")
        remove(aside)

    def recorded(self) -> dict[str, str]:
        """The variables of the build that provenance tells: none that only this machine has, none that are given."""
        root = self.sandbox.inside(self._ground.room.host)
        known = passed_on(self._ground.caller)
        return {
            name: value if known.get(name) == value else value.replace(root, "$ROOM")
            for name, value in self.variables.items()
            if name not in {"PATH", "RUSTUP_HOME", *self._ground.request.environment}
        }

    def tools(self) -> tuple[Tool, ...]:
        """The programs that took part, asked where they were run."""

        def said(command: Sequence[str]) -> str:
            lines: list[str] = []

            def keep(line: str) -> None:
                if len(lines) < _SAID:
                    lines.append(line)

            with suppress(RequestError):  # one that hangs has done its work all the same
                place, variables = self._ground.room.host, self.variables
                status = self.sandbox.run(command, folder=place, environment=variables, output=keep, seconds=_PATIENCE)
                return "" if status else "\n".join(lines)
            return ""

        marks = used_tools(self._ground.room.host / "used")  # the build may have left others there
        return versions(self._stand_ins.intersection(marks), said)

    def _call(self, command: Sequence[str], more: Mapping[str, str], folder: Path, place: Sandbox) -> int:
        """Run a program of the build, and give its exit status."""
        ground, variables = self._ground, {**self.variables, **more}
        if ground.request.keep:
            repeat.write(ground.room, self._conditions, place, command, folder=folder, environment=variables)
        ground.record.command(command)
        return place.run(
            command, folder=folder, environment=variables, output=ground.record.line, seconds=ground.request.seconds
        )

    def _sandbox(self, *, network: bool) -> Sandbox:
        ground = self._ground
        python, request = ground.python, ground.request
        return choose(
            ground.room,
            self._conditions,
            wanted=request.isolation,
            network=network,
            memory=request.memory,
            visible=(*python.prefixes, python.executable, python.executable.resolve()),
            # What is installed may be what is built: where that mustn't be found, no packages are.
            hidden=(*request.hidden, *python.packages) if request.hidden else (),
        )

    def _variables(self, moment: Epoch, notes: Sequence[str]) -> dict[str, str]:
        ground, inside, conditions = self._ground, self.sandbox.inside, self._conditions
        room, request = ground.room, ground.request
        path, shims = self._compilers()
        self._path = path
        if settings := crates.cargo_settings(ground.caller):
            cargo = room.host / conditions.home / ".cargo"
            cargo.mkdir(parents=True, exist_ok=True)
            (cargo / "config.toml").write_text(settings, encoding="utf-8")
        for note in (*notes, *self.sandbox.isolation.notes, *shims.notes, limited(request.memory)):
            if note:
                ground.record.line(note)
        variables = environment(
            room,
            inside,
            conditions,
            epoch=moment.seconds,
            given=request.environment,
            caller=ground.caller,
            shims=shims,
            offline=not request.network,
            path=path,
        )
        # Ours stands first: a sitecustomize that is given is run by it, and wouldn't run ours.
        return together(circumstances(room, inside, conditions), variables)

    def _compilers(self) -> tuple[str, Shims]:
        """PATH without the build's own folders, and the stand-ins."""
        ground, inside = self._ground, self.sandbox.inside
        room, given, python = ground.room, ground.request.environment, ground.python
        path = given.get("PATH", ground.caller.get("PATH", ""))
        if not self._conditions.compiler:
            return without_compilers(room.shims, path, inside)
        maps = folder_maps([inside(room.source)], environments=[inside(room.env)], pythons=python.prefixes)
        shims = write_shims(
            room.shims,
            maps=maps,
            caller={**ground.caller, **given},
            configured=python.compilers,
            used=room.host / "used",
            inside=inside,
        )
        self._stand_ins = frozenset((*shims.names, "rustc"))
        return path, shims

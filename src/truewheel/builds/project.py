"""One build of one project, from sources to sdist and wheel in canonical form, with lock and provenance."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from truewheel.builds import archived, interpreter, repeat, resolve_uv, tree
from truewheel.builds.bounds import out_of_memory
from truewheel.builds.environment import BuildEnvironment
from truewheel.builds.epochs import epoch
from truewheel.builds.errors import BuildError
from truewheel.builds.git import Git
from truewheel.builds.hooks import Hooks
from truewheel.builds.installers import Ground, Installer
from truewheel.builds.isolation import possible
from truewheel.builds.isolation_workroom import Lodging, remove, workroom
from truewheel.builds.made import Delivery, delivery
from truewheel.builds.model import Conditions, Epoch, Made, Progress, Request
from truewheel.builds.provenance_facts import Circumstances, provenance
from truewheel.builds.pyproject import BuildSystem, build_system, demand_requirements
from truewheel.builds.record import Record, recording
from truewheel.builds.resolve_pip import Pip
from truewheel.builds.resolve_uv import Uv
from truewheel.builds.sources import Staged, settled, stage
from truewheel.builds.workplace import Workplace
from truewheel.errors import RequestError, SdistError, WheelError

_SHOWN: Final = 5
"""Names of files that an error lists."""


def make(
    request: Request,
    folder: Path,
    *,
    conditions: Conditions | None = None,
    progress: Progress | None = None,
    caller_environment: Mapping[str, str] | None = None,
    log: Path | None = None,
    leave: Sequence[Path] = (),
) -> Made:
    """Build what is asked and put it into `folder`, which is made if need be; nothing is put there on failure.

    ``caller_environment`` (os.environ by default) is what uv, pip and git are run with, and what little the build gets
    of it (`surroundings`). The whole log is written to ``log``. A source that is an sdist gives a wheel alone.
    What a build writes is no part of a folder's sources, and neither is what stands in ``leave``.

    Raises `BuildError` where something that was run has failed or made what can't be trusted, and `RequestError`
    where it didn't come to that: no such source, no such Python, requirements that can't be had.
    """
    caller = dict(os.environ if caller_environment is None else caller_environment)
    conditions = conditions or Conditions()
    kind = possible(request.isolation).kind
    with recording(log, progress) as record, workroom(conditions, kind, keep=request.keep) as lodging:
        try:
            with _scratch() as scratch:
                build = _Build(request, conditions, caller, record=record, lodging=lodging, scratch=scratch)
                return build.made(folder, leave)
        except BuildError as error:
            more = _by_hand(lodging, error, keep=request.keep)
            error.hint = "; ".join(filter(None, (error.hint, _memory_lacked(error, request.memory), more)))
            raise


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder that no build sees."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="truewheel-scratch-", ignore_cleanup_errors=True)
    except OSError as error:
        raise RequestError(
            f"no temporary folder can be made: {error.strerror}", hint="set TMPDIR to a folder with room"
        ) from None
    with folder as name:
        yield Path(name).resolve()


def _by_hand(lodging: Lodging, error: BuildError, *, keep: bool) -> str:
    """How a failed command can be run again."""
    host = lodging.room.host
    if not keep:
        return "run again with --keep to repeat the command by hand" if error.repeatable else ""
    script = host / repeat.NAME
    again = f": {script} repeats the command" if error.repeatable and script.exists() else ""
    return f"the build is kept in {host}{again}"


def _memory_lacked(error: BuildError, memory: int | None) -> str:
    """What to do where a program seems to have found no memory, as far as its end tells."""
    if memory is None or not out_of_memory(error.status, error.tail):
        return ""
    return f"each program may take {memory >> 20} MiB of memory, and this one seems to have wanted more: allow it"


class _Build:
    """The phases of a build, and what they hand on."""

    def __init__(
        self,
        request: Request,
        conditions: Conditions,
        caller: Mapping[str, str],
        *,
        record: Record,
        lodging: Lodging,
        scratch: Path,
    ) -> None:
        self.scratch = scratch
        self.request, self.conditions, self.caller, self.record = request, conditions, caller, record
        self.room, self.notes = lodging
        self.folder = self.room.source
        self.git = Git(caller, request.seconds)
        self.uv = resolve_uv.find(caller)

    def made(self, folder: Path, leave: Sequence[Path]) -> Made:
        """Everything, in order."""
        request, room = self.request, self.room
        self.record.phase("copy sources")
        own = [folder, self.record.path] if self.record.path else [folder]
        staged = stage(
            request.source,
            room,
            caller=self.caller,
            leave=[*own, *leave, *request.hidden],
            limits=request.limits,
            seconds=request.seconds,
        )
        want_sdist = self._demand_purpose(staged)
        moment = epoch(request.epoch, staged, time.time())
        settled(staged, moment.seconds + self.conditions.mtime, self.git, self.conditions)
        self.folder = staged.project
        system = build_system(self.folder)
        python = interpreter.find(request.python, self.caller, self.uv)
        self.ground = Ground(room, self.scratch, python, request, self.caller, self.record)
        self.environment = BuildEnvironment(self.ground, self._installer())
        self.environment.create(
            [*system.requires, *demand_requirements(list(request.more), "what is required besides")]
        )
        self.place = Workplace(self.ground, self.conditions, moment, self.notes)
        built_in = (self.place.sandbox.inside(room.source),)
        with self._faults(), delivery(folder, request, moment.seconds, built_in=built_in) as results:
            self._build(staged, system, moment, results, want_sdist=want_sdist)
            self.record.phase("note what took part")
            made = self._result(staged, moment, results)
            results.deliver()
        if request.keep:
            self.record.line(f"the build is kept in {room.host}")
        return made

    def _demand_purpose(self, staged: Staged) -> bool:
        """Whether an sdist is built."""
        if staged.kind == "sdist" and not self.request.wheel:
            raise RequestError("is an sdist already", hint="ask for its wheel").within(file=self.request.source)
        if not (self.request.sdist or self.request.wheel):
            raise RequestError("neither an sdist nor a wheel is asked for")
        return self.request.sdist and staged.kind != "sdist"

    def _installer(self) -> Installer:
        wanted = self.request.installer
        if wanted not in {"auto", "uv", "pip"}:
            raise RequestError(f"there is no installer {wanted!r}", hint="choose of auto, uv and pip")
        if wanted == "uv" and self.uv is None:
            raise RequestError("uv isn't installed", hint="pip install uv, or --installer pip")
        return Uv(self.uv) if self.uv and wanted != "pip" else Pip()

    def _build(
        self, staged: Staged, system: BuildSystem, moment: Epoch, results: Delivery, *, want_sdist: bool
    ) -> None:
        request, settings = self.request, self.request.config_settings
        self.place.fetch(self.folder)
        hooks = self._hooks(system)
        self.record.phase("ask the backend what it requires")
        more: list[str] = [*(hooks.requires_for_sdist(settings) if want_sdist else ())]
        more += hooks.requires_for_wheel(settings) if request.wheel else ()
        self.environment.add(more)
        if want_sdist:
            self.record.phase("build sdist")
            sources = frozenset(tree.listed(self.folder))
            sdist = results.sdist(hooks.build_sdist(settings))
            if request.wheel:
                with self._naming_what_lacks(sources):
                    self._wheel(self._unpacked(sdist, staged, moment), results)
        elif request.wheel:
            self._wheel(hooks, results)

    def _wheel(self, hooks: Hooks, results: Delivery) -> None:
        self.record.phase("build wheel")
        built = hooks.build_wheel(self.request.config_settings)
        self.record.phase("bring into canonical form" if self.request.canonical else "take what was built")
        results.wheel(built)

    @contextmanager
    def _naming_what_lacks(self, sources: frozenset[str]) -> Iterator[None]:
        """Say, where the wheel of an sdist fails, which of the sources aren't in it."""
        try:
            yield
        except BuildError as error:
            lacking: list[str] = []
            with suppress(RequestError):  # a build may leave folders that nobody can read
                lacking = sorted(sources - set(tree.listed(self.folder)))
            if lacking:
                some = ", ".join(lacking[:_SHOWN]) + (" and others" if len(lacking) > _SHOWN else "")
                said = f"the wheel is built from the sdist, which lacks {some}; --wheel builds it from the sources"
                error.hint = "; ".join(filter(None, (said, error.hint)))
            raise

    def _unpacked(self, sdist: Path, staged: Staged, moment: Epoch) -> Hooks:
        """Have the contents of an sdist in the place of the sources that it was built from."""
        self.record.phase("unpack sdist")
        remove(staged.folder)
        found = archived.unpacked(sdist, self.room, self.request.limits)
        archived.settle(staged.folder, moment.seconds + self.conditions.mtime, self.conditions, found.files)
        self.folder = self.room.source
        system = build_system(self.folder)
        hooks = self._hooks(system)
        self.environment.add(system.requires)
        self.environment.add(hooks.requires_for_wheel(self.request.config_settings))
        return hooks

    def _hooks(self, system: BuildSystem) -> Hooks:
        return Hooks(system, self.folder, self.room, self.place.run(self.folder), self.record)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Say in which phase something went wrong that isn't a program's own failure."""
        try:
            yield
        except BuildError:
            raise
        except (RequestError, SdistError, WheelError) as error:
            raise BuildError.at(self.record, str(error), hint=error.hint) from None
        except OSError as error:  # a build that has put something else where its folders were
            what = f"{error.filename or 'a file'} can't be used: {error.strerror or error}"
            raise BuildError.at(self.record, what) from None

    def _result(self, staged: Staged, moment: Epoch, results: Delivery) -> Made:
        python, isolation = self.ground.python, self.place.sandbox.isolation
        requirements = tuple(choice.requirement for choice in self.environment.choices)
        tools = self.place.tools()
        circumstances = Circumstances(
            staged, self.request, self.conditions, isolation, moment, python, self.place.recorded(), tools
        )
        return Made(
            artefacts=results.artefacts,
            lock=self.environment.text,
            provenance=provenance(circumstances, results.artefacts, requirements, self.environment.text),
            epoch=moment,
            isolation=isolation,
            python=python.name,
            requirements=requirements,
            tools=tools,
        )

"""The hooks of a build backend (PEP 517), called where nothing but the build can be seen, and their answers checked."""

from __future__ import annotations

import os
import re
import shutil
import stat
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from truewheel.builds.errors import BuildError
from truewheel.builds.model import Workroom
from truewheel.builds.processes import OverTimeError
from truewheel.builds.pyproject import BuildSystem, demand_requirements
from truewheel.builds.record import Record
from truewheel.errors import RequestError

try:
    from pyproject_hooks import BackendUnavailable, BuildBackendHookCaller, HookMissing, UnsupportedOperation
except ImportError:
    raise RequestError("building needs pyproject-hooks", hint="pip install 'truewheel[build]'") from None

_LARGEST: Final = 32 << 20
"""Bytes of an answer: a file name or a list of requirements, and all warnings, of which setuptools gives megabytes."""

_KINDS: Final = {stat.S_IFLNK: "a link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a FIFO", stat.S_IFSOCK: "a socket"}
_FRAME: Final = re.compile(r' +File "')
_RAISED: Final = re.compile(r"\w+: ")
"""Lines of a traceback."""

Settings: TypeAlias = Mapping[str, str | list[str]]


class Run(NamedTuple):
    """How programs of the build are run: the arguments, and further variables; gives the exit status."""

    call: Callable[[Sequence[str], Mapping[str, str]], int]
    inside: Callable[[Path], str]
    python: str


class Hooks:
    """The hooks of one project's backend.

    `project` is the folder that the backend builds, a path of the host.
    """

    def __init__(self, system: BuildSystem, project: Path, room: Workroom, run: Run, record: Record) -> None:
        self._room, self._run, self._record = room, run, record
        self._system = system
        self._caller = BuildBackendHookCaller(
            run.inside(project),
            system.backend,
            list(system.backend_path) or None,
            runner=self._runner,
            python_executable=run.python,
        )

    def requires_for_sdist(self, settings: Settings) -> tuple[str, ...]:
        """What building an sdist needs besides ``requires``."""
        with self._faults("get_requires_for_build_sdist"):
            answer: object = self._caller.get_requires_for_build_sdist(dict(settings))
            return demand_requirements(answer, "the answer of get_requires_for_build_sdist")

    def requires_for_wheel(self, settings: Settings) -> tuple[str, ...]:
        """What building a wheel needs besides ``requires``."""
        with self._faults("get_requires_for_build_wheel"):
            answer: object = self._caller.get_requires_for_build_wheel(dict(settings))
            return demand_requirements(answer, "the answer of get_requires_for_build_wheel")

    def build_sdist(self, settings: Settings) -> Path:
        """Build an sdist; its path on the host."""
        with self._faults("build_sdist"):
            answer: object = self._caller.build_sdist(self._run.inside(self._room.out), dict(settings))
            return self._made(answer, "build_sdist", (".tar.gz", ".zip"))

    def build_wheel(self, settings: Settings) -> Path:
        """Build a wheel; its path on the host."""
        with self._faults("build_wheel"):
            answer: object = self._caller.build_wheel(self._run.inside(self._room.out), dict(settings))
            return self._made(answer, "build_wheel", (".whl",))

    def _runner(
        self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None
    ) -> None:
        """Run pyproject-hooks' own script, with all that it reads and writes at the same path in every build."""
        del cwd  # the folder of the project, where everything is run
        _, script, hook, control = cmd
        folder = self._room.host / "hook"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copyfile(script, folder / "call.py")
        shutil.copyfile(Path(control) / "input.json", folder / "input.json")
        inside = self._run.inside
        # Without buffers, lines come when they are printed, and those of both streams in their order.
        words = [self._run.python, "-u", inside(folder / "call.py"), hook, inside(folder)]
        called = f"{hook} of {self._system.backend}"
        try:
            status = self._run.call(words, extra_environ or {})
        except OverTimeError as error:
            raise BuildError.at(self._record, OverTimeError(called, error.seconds).what, hint=error.hint) from None
        if status:
            raise self._known(hook) or BuildError.of(self._record, called, status)
        answer = _contents(folder / "output.json")
        if answer is None:
            raise BuildError.at(self._record, f"{hook} left no answer")
        (Path(control) / "output.json").write_bytes(answer)

    def _known(self, hook: str) -> BuildError | None:
        """The error in a sentence where the script itself failed, whose traceback would say less."""
        tail = self._record.tail
        frames = [line for line in tail if _FRAME.match(line)]
        backend = self._system.backend
        if not frames or not tail[-1]:
            return None
        lacks = any(re.match(rf"AttributeError: .* has no attribute '{hook}'", line) for line in tail)
        if lacks and "call.py" in frames[-1]:
            error = BuildError.at(
                self._record, f"the backend {backend} has no hook {hook}, which every backend must have"
            )
        elif any("call.py" in frame and frame.endswith("in write_json") for frame in frames):
            reason = next((line for line in tail[tail.index(frames[-1]) :] if _RAISED.match(line)), "no JSON")
            error = BuildError.at(self._record, f"{hook} of {backend} answers what can't be told: {reason}")
        else:
            return None
        error.tail = ()
        return error

    @contextmanager
    def _faults(self, hook: str) -> Iterator[None]:
        """Tell in words what pyproject-hooks says, and what an answer that nobody expects would raise."""
        backend = self._system.backend
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they were printed by the backend, and are in the log
                yield
        except BackendUnavailable as error:
            self._tell(error.traceback)
            hint = "check build-backend, backend-path and requires in [build-system]"
            reason = str(error.traceback or error).strip().rpartition("\n")[2]
            raise BuildError.at(self._record, f"the backend {backend} can't be imported: {reason}", hint=hint) from None
        except HookMissing:
            raise BuildError.at(self._record, f"the backend {backend} has no {hook}") from None
        except UnsupportedOperation as error:
            self._tell(error.traceback)
            reason = str(error.traceback or "").strip().rpartition("\n")[2]
            raise BuildError.at(self._record, f"the backend {backend} can't do {hook} here: {reason}") from None
        except BuildError:
            raise
        except RequestError as error:
            raise BuildError.at(self._record, error.what, hint=error.hint) from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            what = f"the answer of {hook} can't be understood: {type(error).__name__}: {error}"
            raise BuildError.at(self._record, what) from None

    def _tell(self, text: str | None) -> None:
        for line in str(text or "").rstrip().split("\n"):
            self._record.line(line)

    def _made(self, answer: object, hook: str, ends: tuple[str, ...]) -> Path:
        """The file that a hook says it has made. Raises `RequestError` where that can't be."""
        if not isinstance(answer, str) or not answer.endswith(ends) or set(answer) & set("/\\\0:"):
            raise RequestError(
                f"{hook} answers {answer!r}, which is no name of a file that ends in {' or '.join(ends)}"
            )
        path = self._room.out / answer
        if _kind(path.parent) != stat.S_IFDIR or not (kind := _kind(path)):
            raise RequestError(f"{hook} says that it made {answer}, and there is no such file")
        if kind != stat.S_IFREG:
            raise RequestError(f"{hook} answers {answer}, which is {_KINDS.get(kind, 'no file')}")
        return path


def _kind(path: Path) -> int:
    try:
        return stat.S_IFMT(path.lstat().st_mode)
    except (OSError, ValueError):
        return 0


def _contents(path: Path) -> bytes | None:
    """The bytes of a file that a build has left, unless it is something else, or huge."""
    if _kind(path) != stat.S_IFREG or path.lstat().st_size > _LARGEST:
        return None
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as file:
        return file.read(_LARGEST + 1)

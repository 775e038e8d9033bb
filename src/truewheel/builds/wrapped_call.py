"""Hooks of a wrapped backend, called: each in a process of its own, with the streams of this one.

A hash seed, a time zone or a locale that is set in a running Python comes too late.
"""

from __future__ import annotations

import json
import signal
import subprocess  # noqa: TID251 - a hook's process has the frontend's own streams, which `processes` doesn't pass on
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from truewheel.builds.wrapped import Wrapped
from truewheel.errors import RequestError, TruewheelError, Where

if TYPE_CHECKING:
    from truewheel.builds.child import Answer, Request

OPTIONAL: Final = (
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_wheel",
    "get_requires_for_build_editable",
    "prepare_metadata_for_build_editable",
    "build_editable",
)
"""The hooks that a backend may leave out (PEP 517, PEP 660)."""

_GUARD: Final = "_TRUEWHEEL_WRAPPED"
"""Names the project whose backend is running: a wrapper that is reached from there would call itself without end."""


class HookError(TruewheelError):
    """A hook ended its process, and has said why itself. ``status`` is what a shell would see."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(what)
        self.status = status


class UnsupportedError(TruewheelError):
    """The backend says that it can't build this here (UnsupportedOperation in PEP 517)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls hooks of a backend with exactly this environment; with ``umask`` None it is that of this process."""

    wrapped: Wrapped
    environment: Mapping[str, str]
    umask: int | None = None

    def hooks(self) -> frozenset[str]:
        """Those of the optional hooks that the backend has. Raises as `call` does."""
        found = self._asked("", ())
        return frozenset(map(str, found)) if isinstance(found, list) else frozenset()

    def call(self, hook: str, *arguments: object) -> object:
        """Call a hook in the project's folder, and give what it gives. Its output goes where that of this process goes.

        The arguments are all that PEP 517 gives the hook, in that order: backends that call them otherwise are built by
        pip and build, which pass them by position.

        Raises `HookError` where it fails, after it has said why; `UnsupportedError` where it says that it can't;
        `RequestError` where there is no such backend or hook.
        """
        return self._asked(hook, arguments)

    def _asked(self, hook: str, arguments: Sequence[object]) -> object:
        if self.environment.get(_GUARD) == str(self.wrapped.project):
            raise RequestError(
                f"{self.wrapped.backend} leads back to truewheel.backend, which can't wrap itself",
                hint="[tool.truewheel] backend names the one that does the work",
            )
        request: Request = {
            "path": sys.path,
            "backend": self.wrapped.backend,
            "backend_path": list(self.wrapped.path),
            "hook": hook,
            "hooks": list(OPTIONAL),
            "arguments": list(arguments),
            "umask": self.umask,
        }
        with tempfile.TemporaryDirectory(prefix="truewheel-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
            status = self._run(folder)
            answer: Answer | None = None
            with suppress(FileNotFoundError):
                answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
        if status or answer is None:
            raise self._ended(hook, status)
        if "fault" in answer:
            raise self._fault(hook, answer)
        return answer.get("value")

    def _run(self, folder: Path) -> int:
        """The status of the process that answers the request in a folder."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        command = [sys.executable, str(Path(__file__).with_name("child.py")), str(folder)]
        project = self.wrapped.project
        environment = {**self.environment, _GUARD: str(project)}
        return subprocess.run(command, cwd=project, env=environment, check=False).returncode  # noqa: S603 - ours

    def _ended(self, hook: str, status: int) -> HookError:
        """The error for a process that left no answer. Where it has said why, that stands above."""
        doing = f"{self.wrapped.backend} failed " + (f"in {hook}" if hook else "while it was imported")
        if status < 0:
            return HookError(f"{doing}: {_signal_name(-status)} ended it", 128 - status)
        if status == 0:
            return HookError(f"{doing}: it ended its process before it had a result", 1)
        return HookError(f"{doing}: the lines above say why", status)

    def _fault(self, hook: str, answer: Answer) -> TruewheelError:
        """The error for a hook that was not called."""
        backend, places = self.wrapped.backend, ", ".join(self.wrapped.path)
        where = Where(file=str(self.wrapped.project / "pyproject.toml"))
        reason, fault = answer.get("reason", ""), answer.get("fault")
        if fault == "unsupported":
            return UnsupportedError(reason or f"{backend} can't do that here")
        if fault == "missing":
            return RequestError(f"{backend} has no hook {hook}, which every backend has to have", where=where)
        if fault == "elsewhere":
            return RequestError(
                f"{backend} was found in {reason}, and not in {places}",
                where=where,
                hint="[tool.truewheel] backend-path names the folder that holds the backend's module",
            )
        hint = f"its module has to be in {places}" if places else _remedy(answer.get("module", ""), backend)
        return RequestError(f"the backend {backend} can't be imported: {reason}", where=where, hint=hint)


def _remedy(module: str, backend: str) -> str:
    """What to do about a module that could not be imported for the backend."""
    ours = module and backend.partition(":")[0].startswith(module)
    what = "it" if ours or not module else f"what brings the module {module}"
    return f"{what} has to stand in [build-system] requires, beside truewheel"


def _signal_name(number: int) -> str:
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"

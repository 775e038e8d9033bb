"""One hook of a build backend, called in a process of its own, so that its circumstances hold from the start.

usage: python child.py FOLDER

``request.json`` in the folder says what to call, ``answer.json`` is what came of it. What the backend prints, its
tracebacks and its exit status are its own. Runs as a program, and imports nothing of truewheel: sys.path is that of the
frontend, and this file's folder isn't in it.
"""

from __future__ import annotations

import sys

if __name__ == "__main__" and not getattr(sys.flags, "safe_path", False):
    del sys.path[0]  # the folder of this file, whose modules would take the place of others

import importlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TypedDict


class Request(TypedDict):
    """What to call.

    ``backend`` is ``module`` or ``module:object`` (PEP 517), ``backend_path`` folders that it must come from, if any.
    Without a ``hook`` the answer is which of ``hooks`` there are. ``arguments`` are positional, as pip and build pass
    them. ``umask`` is None where it stays as it is.
    """

    path: list[str]
    backend: str
    backend_path: list[str]
    hook: str
    hooks: list[str]
    arguments: list[object]
    umask: int | None


class Answer(TypedDict, total=False):
    """What came of it: a ``value``, or the ``fault`` that kept the hook from being called, and its ``reason``.

    A fault is ``unavailable`` (``reason`` is the error of the import, ``module`` what could not be imported),
    ``elsewhere`` (``reason`` is where the backend was found), ``missing`` or ``unsupported``.
    """

    value: object
    fault: str
    reason: str
    module: str


def answered(request: Request) -> Answer:
    """Call the hook. Whatever the backend itself raises passes."""
    sys.path[:] = [*request["backend_path"], *request["path"]]
    if request["umask"] is not None:
        os.umask(request["umask"])
    name, _, attributes = request["backend"].partition(":")
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        return {"fault": "unavailable", "reason": str(error), "module": error.name or ""}
    if request["backend_path"] and not _within(module, request["backend_path"]):
        return {"fault": "elsewhere", "reason": str(getattr(module, "__file__", "Python itself"))}
    backend: object = module
    for attribute in filter(None, attributes.split(".")):
        backend = getattr(backend, attribute)
    if not request["hook"]:
        return {"value": [hook for hook in request["hooks"] if hasattr(backend, hook)]}
    return _called(backend, request["hook"], request["arguments"])


def _called(backend: object, name: str, arguments: Sequence[object]) -> Answer:
    hook: object = getattr(backend, name, None)
    if not callable(hook):
        return {"fault": "missing"}
    unsupported: object = getattr(backend, "UnsupportedOperation", None)
    try:
        return {"value": hook(*arguments)}
    except Exception as error:
        # PEP 517: a backend's own class of this name says that there is nothing to build such an sdist from.
        if isinstance(unsupported, type) and isinstance(error, unsupported):
            return {"fault": "unsupported", "reason": str(error)}
        raise


def _within(module: ModuleType, folders: list[str]) -> bool:
    """Whether a module, or a package without ``__init__``, lies in one of the folders."""
    places = [getattr(module, "__file__", None) or "", *getattr(module, "__path__", ())]
    real = [os.path.realpath(place) for place in places if place]
    return any(place.startswith(os.path.realpath(folder) + os.sep) for place in real for folder in folders)


def main(folder: Path) -> None:
    """Answer the request in the folder."""
    request: Request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    answer = json.dumps(answered(request))
    (folder / "answer.json").write_text(answer, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

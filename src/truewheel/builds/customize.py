"""What Python programs of a build are told at their start, by a ``sitecustomize`` on PYTHONPATH.

It works on every system and needs no compiler. Programs that aren't Python don't hear of it, nor does a Python that is
started with -E, -I or -S, which keep PYTHONPATH or ``site`` out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from truewheel.builds.customize_clock import CLOCK
from truewheel.builds.customize_lines import LINES
from truewheel.builds.model import Conditions, Workroom
from truewheel.builds.shuffle_text import SHUFFLE
from truewheel.errors import RequestError

_HEAD: Final = '''\
"""Has Python programs of a build see the world as its conditions want. Written by truewheel."""

import os
import sys


class _Stands:
    """Stands for a built-in function. Like that it isn't bound to an object whose class has it (pathlib, to 3.10)."""

    def __init__(self, real, function):
        self.__wrapped__, self._function = real, function
        self.__name__ = self.__qualname__ = real.__name__
        self.__doc__, self.__module__ = real.__doc__, real.__module__
        for name in ("supports_fd", "supports_dir_fd", "supports_follow_symlinks"):
            if real in getattr(os, name):
                getattr(os, name).add(self)

    def __call__(self, *given, **named):
        return self._function(*given, **named)


def _put(module, name, function):
    """Have `function` in the place of one of a module, and where pathlib has taken note of that already."""
    real = getattr(module, name)
    stands = _Stands(real, function)
    setattr(module, name, stands)
    accessor = getattr(sys.modules.get("pathlib"), "_NormalAccessor", object)
    if vars(accessor).get(name) is real:
        setattr(accessor, name, stands)

'''
_TAIL: Final = '''

def _go_on():
    """Run the sitecustomize that would have been found without this one."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    here = os.path.dirname(os.path.abspath(__file__))
    others = [path for path in sys.path if os.path.abspath(path) != here]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        module = sys.modules["sitecustomize"] = module_from_spec(spec)
        spec.loader.exec_module(module)


_go_on()
'''


def customized(room: Workroom, inside: Callable[[Path], str], conditions: Conditions) -> dict[str, str]:
    """The variable that has Python programs see what `conditions` want, or none where they want nothing of Python.

    To be called when all sources and requirements are there: what is written later is the build's own. Raises
    `RequestError` where the file can't be written.
    """
    if not (conditions.shuffled or conditions.frozen is not None or conditions.line_ends != "\n"):
        return {}
    folder = room.host / "customize"
    path = folder / "sitecustomize.py"
    try:
        folder.mkdir(exist_ok=True)
        # The file's own time is the file system's, which may lag a little behind the clock.
        path.write_bytes(b"")
        path.write_text(text(conditions, began=path.stat().st_mtime_ns), encoding="utf-8", newline="\n")
    except OSError as error:
        raise RequestError(f"{folder} can't be written: {error.strerror}") from None
    return {"PYTHONPATH": inside(folder)}


def text(conditions: Conditions, *, began: int) -> str:
    """The module. ``began`` is when the build did, in nanoseconds since 1970 UTC."""
    return "".join((_HEAD, *_parts(conditions, began), _TAIL))


def _parts(conditions: Conditions, began: int) -> Iterable[str]:
    if conditions.shuffled:
        yield SHUFFLE
    if conditions.frozen is not None:
        yield f"{CLOCK}\n\n_stop_clock({conditions.frozen}, {began})\n"
    if conditions.line_ends != "\n":
        yield f"{LINES}\n\n_end_lines({conditions.line_ends!r})\n"

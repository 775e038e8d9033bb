"""What is asked of the plan of a repair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from truewheel.ops.patterns import NO_PATTERNS, Patterns
from truewheel.policy import Floor
from truewheel.wheel import Limits

USUAL_LIMITS: Final = Limits()
"""The limits that hold where nobody says anything else."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked of a repair, whatever the wheel is for.

    ``exclude`` and ``include`` are globs for libraries: left to others; carried though the platform promises them, or
    though nothing needs them but at run time. ``excluding`` is the option that says the former, for hints. ``folder``
    is the suffix of the folder for grafts, None for the usual one of the system. ``limits`` hold for libraries from
    outside.

    For Linux: ``ceiling`` is the platform that the wheel must run on, None for whatever comes out. ``expand_relr`` of
    None expands DT_RELR where the platform's loader may be too old for it. ``keep_exec_stack`` leaves PT_GNU_STACK.
    ``strip`` takes symbol tables and debug information out of every file.

    For macOS: ``resign`` lets signatures of somebody's identity be replaced, ``keep_rpaths`` leaves run paths that name
    the build machine.

    For Windows: ``no_mangle`` are globs for DLLs that keep their names, ``namespaces`` the packages (``a.b``) whose
    ``__init__.py`` belongs to other distributions too.
    """

    ceiling: Floor | None = None
    exclude: Patterns = NO_PATTERNS
    include: Patterns = NO_PATTERNS
    excluding: str = "--exclude"
    folder: str | None = None
    expand_relr: bool | None = None
    keep_exec_stack: bool = False
    limits: Limits = USUAL_LIMITS
    strip: bool = False
    resign: bool = False
    keep_rpaths: bool = False
    no_mangle: Patterns = NO_PATTERNS
    namespaces: tuple[str, ...] = ()

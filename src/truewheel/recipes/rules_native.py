"""Native parts: pure wheels of projects that could have some, and what left them out."""

from __future__ import annotations

from collections.abc import Sequence

from truewheel.recipes.rule import NOTHING, Option, Scene


def compiler(scene: Scene) -> Sequence[Option]:
    """A wheel for any platform has no native parts; where the project can have them, no compiler was found.

    Projects with optional extensions go on without: they catch the compiler's failure, as in simplejson's setup.py.
    """
    evidence = scene.evidence
    with_one = Option("a compiler is found", "the build failed without one", {"compiler": True})
    without = {"compiler": False}
    if not evidence.pure:
        return (NOTHING,)
    native = evidence.sources.native if evidence.sources else ()
    if not native:
        return (NOTHING,)
    why = f"the wheel is pure, and the sdist could be native: {native[0]}"
    return (Option("no compiler is found", why, without), with_one)


def switches(scene: Scene) -> Sequence[Option]:
    """Some projects look at a variable of their own that leaves native parts out, such as ``YARL_NO_EXTENSIONS``.

    Only variables that the sdist's own build scripts name are set.
    """
    evidence = scene.evidence
    if not evidence.pure or evidence.sources is None or not evidence.sources.switches:
        return (NOTHING,)
    names = evidence.sources.switches
    why = f"the wheel is pure, and the build scripts look at {', '.join(names)}"
    what = " ".join(f"{name}=1" for name in names)
    return (Option(what, why, {"environment": dict.fromkeys(names, "1")}), NOTHING)

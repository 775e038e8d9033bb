"""After a build that failed: what its log asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from truewheel.recipes.rule import NOTHING, Option, Scene

_MISSING: Final = re.compile(r"No module named ['\"]?([A-Za-z_]\w{0,60})")
_UNSOLVED: Final = re.compile(
    r"No solution found|no versions? of|unsatisfiable|Could not find a version|No matching distribution|"
    r"can't be had|not found in the (?:package )?(?:registry|index)",
    re.IGNORECASE,
)
_PROVIDED: Final = {
    "Cython": "cython",
    "numpy": "numpy",
    "packaging": "packaging",
    "pbr": "pbr",
    "requests": "requests",
    "setuptools": "setuptools",
    "setuptools_scm": "setuptools-scm",
    "six": "six",
    "toml": "toml",
    "tomli": "tomli",
    "wheel": "wheel",
}
"""Modules that builds of old projects import without saying so, and the projects that bring them."""


def missing(scene: Scene) -> Sequence[Option]:
    """Before PEP 518, projects couldn't say what their builds import: it was there on the publisher's machine."""
    options = [NOTHING]
    for complaint in scene.complaints:
        if "invalid command 'bdist_wheel'" in complaint:
            options.append(Option("wheel as well", "the build failed: bdist_wheel is unknown", {"more": ("wheel",)}))
        for module in _MISSING.findall(complaint):
            why = f"the build failed: No module named {module!r}"
            if module == "pkg_resources":
                # It went with setuptools 82.
                pin = ("setuptools==80.9.0",)
                options.append(Option(pin[0], why, {"pins": pin, "more": ("setuptools",)}))
            elif project := _PROVIDED.get(module):
                options.append(Option(f"{project} as well", why, {"more": (project,)}))
    return options


def two_to_three(scene: Scene) -> Sequence[Option]:
    """Setuptools 58.0.0 took ``use_2to3`` away (its changelog); 57.5.0 is the last that has it."""
    if not any("use_2to3" in complaint for complaint in scene.complaints):
        return (NOTHING,)
    pin = ("setuptools==57.5.0",)
    return (NOTHING, Option(pin[0], "the build failed: use_2to3 is gone from setuptools 58", {"pins": pin}))


def unsolved(scene: Scene) -> Sequence[Option]:
    """Requirements that can't be had as of the upload, or in the version of a pin, are had as they are now."""
    unsolved = [complaint for complaint in scene.complaints if _UNSOLVED.search(complaint)]
    if not unsolved:
        return (NOTHING,)
    named = [pin for pin in scene.recipe.pins if any(pin in complaint for complaint in unsolved)]
    without = [
        Option(f"without {pin}", "the index has it no longer", {"unpinned": (pin.partition("==")[0],)}) for pin in named
    ]
    return (NOTHING, *without, *_loosened(scene, "requirements can't be had"))


def looser(scene: Scene) -> Sequence[Option]:
    """When nothing else helps, a build with today's releases says more than none."""
    return (NOTHING, *_loosened(scene, "the build failed")) if scene.failed else (NOTHING,)


def _loosened(scene: Scene, why: str) -> Iterator[Option]:
    recipe = scene.recipe
    if recipe.exclude_newer:
        yield Option("releases of any date", f"{why} as of the upload", {"exclude_newer": None})
    if recipe.pins:
        names = tuple(scene.pins)
        yield Option("no pins", f"{why} with {', '.join(recipe.pins)}", {"exclude_newer": None, "unpinned": names})

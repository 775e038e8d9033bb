"""Which tools built a wheel: the backend that WHEEL names, and what was on the index on that day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from truewheel.recipes.moments import same_or_after
from truewheel.recipes.rule import NOTHING, Option, Scene


def generator(scene: Scene) -> Sequence[Option]:
    """WHEEL's Generator names the tool that wrote it, mostly with its version (PEP 427 asks for the field).

    A wheel of ``bdist_wheel (X)`` was written by wheel X beside a setuptools that it doesn't name. Constraints on
    projects that don't take part do no harm, so backends that build themselves need no exception.
    """
    maker = scene.evidence.maker
    if maker is None or not maker.version or not maker.distribution:
        return (NOTHING,)
    pin = f"{maker.distribution}=={maker.version}"
    said = f"WHEEL says `{scene.evidence.generator}`"
    return (Option(f"{pin}", said, {"pins": (pin,)}), NOTHING)


_FIRST_BUILD_META: Final = "2019-02-06T00:00:00Z"
"""The day after setuptools 40.8.0 came out, the first that builds projects without pyproject.toml (PEP 517)."""


def exclude_newer(scene: Scene) -> Sequence[Option]:
    """Requirements without a version are resolved to what was newest when the wheel was made, so at its upload.

    Measured on 96 popular wheels that pins and date together give back: without the date 14 to 57 fewer of a hundred.
    """
    moment = scene.evidence.uploaded
    if not moment:
        return (NOTHING,)
    said = f"the wheel was uploaded at {moment}"
    if not same_or_after(moment, _FIRST_BUILD_META):
        said += f"; builds by PEP 517 need setuptools 40.8.0 of {_FIRST_BUILD_META[:10]}"
        moment = _FIRST_BUILD_META
    return (Option(f"releases up to {moment}", said, {"exclude_newer": moment}), NOTHING)


def tags(scene: Scene) -> Sequence[Option]:
    """``bdist_wheel --universal`` and ``--python-tag`` give a pure wheel other tags than the running Python's major.

    Where setup.cfg, setup.py and pyproject.toml don't ask for them, the publisher did by hand. Setuptools puts
    ``--global-option`` behind its own command, where naming bdist_wheel again gives that its options; wheel has to be
    there when the backend is first asked, since egg_info comes with the same options. Tried with setuptools 56 to 68.
    """
    evidence = scene.evidence
    pythons = evidence.tag_pythons
    asked_for = evidence.sources is None or evidence.sources.tagged
    if not evidence.setuptools or not evidence.pure or asked_for or not pythons or pythons == ("py3",):
        return (NOTHING,)
    tag = ".".join(pythons)
    options = ["--universal"] if pythons == ("py2", "py3") else ["--python-tag", tag]
    why = f"the wheel's tag is {tag}, and nothing in the sdist asks for it"
    settings = {"--global-option": ["bdist_wheel", *options]}
    changes = {"config_settings": settings, "more": ("wheel",)}
    return (Option(f"bdist_wheel {' '.join(options)}", why, changes), NOTHING)

